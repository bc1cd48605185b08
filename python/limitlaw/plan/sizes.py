"""Tasks, attempts and power for a difference of two systems or the width of an interval."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_array, as_confidence, as_whole, as_within, shown
from limitlaw._elementary import normal_cdf, normal_quantile, products
from limitlaw._elementary import power as to_power
from limitlaw._frames import known
from limitlaw._random import Random
from limitlaw.errors import MisfitWarning
from limitlaw.plan.goal import Goal, alike, least_variance
from limitlaw.plan.intervals import MAX_TASKS, power_of_comparison
from limitlaw.plan.pilots import Pilot, as_pilot
from limitlaw.plan.split import cheapest, most_precise
from limitlaw.seed import Seed, child_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: The most sizes of one call.
_MAX_GRID = 10_000
#: The most numbers of one simulation.
_MAX_DRAWS = 50_000_000
#: Up to so many differences that a task can show, data sets are drawn by how many tasks show each.
_MAX_CELLS = 256
#: The most numbers that are drawn in one call.
_MAX_ROWS = 500_000


def tasks(
    pilot: Pilot | Any,
    *,
    difference: float | None = None,
    width: float | None = None,
    attempts: int | npt.ArrayLike = 1,
    power: float = 0.8,
    confidence: float = 0.95,
    task_cost: float = 0.0,
    attempt_cost: float = 1.0,
) -> pl.DataFrame:
    """Tasks to tell a difference of two systems, or for an interval's width, with so many attempts at each.

    ``n = (z_(alpha/2) + z_power)^2 (between + sum(within)/K) / difference^2``, of a variance of ``d (1 - d)/K`` at
    least, without which there is no difference d; and so many that ``ll.compare_systems``, which is more careful where
    tasks are few, has that power within .05. For a width: the fewest tasks whose interval is that narrow, of two
    systems that of ``ll.compare_systems``, of one that of ``ll.pass_at_k``: about ``(2 z_(alpha/2)/width)^2`` times
    the variance, and more where that is small.

    Args:
        pilot: What :func:`pilot` returns, or what it takes.
        difference: The true difference to be told, in (0, 1).
        width: The width of the interval (from low to high), in (0, 1); one of the two is given.
        attempts: K, attempts of each system at each task, one or several.
        power: P(the interval excludes 0), in (0, 1), at that difference.
        confidence: Of the interval.
        task_cost: What a task costs before its first attempt.
        attempt_cost: What an attempt costs.

    Returns:
        One row per K: ``attempts``, ``tasks``; ``tasks_low`` and ``tasks_high``, the middle 90 % over resamples of the
        pilot's tasks and of those that it may have missed (null where the variances were stated): a pilot without
        failures leaves the variance open, and ``tasks_high`` is what counts; ``se`` of the mean with so many; ``cost``
        of all systems; ``variance_between``, ``variance_within`` (of one task's mean).

    Raises:
        ValueError: A number is out of range, both or neither of ``difference`` and ``width`` are given, or a difference
            is asked of one system.

    Source: Miller, Adding Error Bars to Evals, arXiv 2411.00640, section 5.

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.evalperf()
        >>> names = ["o1-mini-2024-09-12", "Qwen/Qwen2.5-32B-Instruct"]
        >>> found = ll.plan.pilot({name: runs.filter(model=name) for name in names}, attempts="n")
        >>> ll.plan.tasks(found, difference=0.03, attempts=[1, 5, 100])["tasks"].to_list()
        [1344, 756, 616]
    """
    given, grid = as_pilot(pilot, systems=None if difference is None else 2), grid_of(attempts, "attempts")
    goal = Goal.of(given, difference, width, power, confidence)
    costs = _costs(task_cost, attempt_cost)
    variances = [given.variance(grid)]
    if given.resampled is not None:
        variances += list(np.transpose([given.ends(k) for k in grid]))
    planned = [goal.tasks(grid, variance) for variance in variances]
    rows = []
    for at, k in enumerate(grid):
        n = int(planned[0][at])
        ends = [min(int(planned[1][at]), n), max(int(planned[2][at]), n)] if planned[1:] else [None, None]
        rows.append(
            {
                "attempts": int(k),
                "tasks": n,
                "tasks_low": ends[0],
                "tasks_high": ends[1],
                "se": math.sqrt(goal.variance(k, given.variance(k)) / n),
                "cost": n * _price(given, costs, k),
                "variance_between": given.between,
                "variance_within": sum(given.within) / k,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"tasks_low": pl.Int64, "tasks_high": pl.Int64})


def attempts(
    pilot: Pilot | Any,
    *,
    task_cost: float,
    attempt_cost: float,
    budget: float | None = None,
    difference: float | None = None,
    width: float | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    max_attempts: int = 1_000_000,
) -> pl.DataFrame:
    """How many attempts at each task cost the least: the split of money between tasks and attempts.

    About ``K* = sqrt(sum(within) task_cost / (between systems attempt_cost))``: the best of all whole numbers, each
    with as many tasks as :func:`tasks` says.

    Args:
        pilot: As in :func:`tasks`.
        task_cost: What a task costs before its first attempt (to write it, to set it up), at least 0.
        attempt_cost: What an attempt of one system costs, above 0.
        budget: What is spent; or ``difference`` or ``width`` as in :func:`tasks`, which is reached for the least cost.
        difference: The true difference to be told.
        width: The width of the interval.
        power: As in :func:`tasks`.
        confidence: Of the interval.
        max_attempts: K at most.

    Returns:
        One row: ``attempts``, ``tasks``, ``cost``, ``se``, and ``cost_of_one``, what as good a plan with one attempt at
        each task costs; ``tasks_low`` and ``tasks_high`` as of :func:`tasks` (null of a budget); ``reason``, what the
        pilot does not tell (null where nothing).

    Raises:
        ValueError: A number is out of range, or not one of ``budget``, ``difference`` and ``width`` is given.

    Warns:
        MisfitWarning: The pilot does not tell the variance between tasks from 0, on which the split rests.

    Example:
        >>> import limitlaw as ll
        >>> stated = ll.plan.Pilot(between=0.09, within=(0.04, 0.07))
        >>> ll.plan.attempts(stated, task_cost=20, attempt_cost=0.5, difference=0.05).select("attempts", "tasks").row(0)
        (5, 352)
    """
    given = as_pilot(pilot, systems=None if difference is None else 2)
    costs, most = _costs(task_cost, attempt_cost), as_whole(max_attempts, "max_attempts", 1, 2**53)
    if budget is not None and (difference is not None or width is not None):
        raise ValueError("budget must stand alone, got difference or width too")
    as_within(attempt_cost, "attempt_cost", 0.0, above=True)
    ends: list[int | None] = [None, None]
    if budget is None:
        goal = Goal.of(given, difference, width, power, confidence)
        k, n = cheapest(
            lambda ks: goal.tasks(ks, given.variance(ks)),
            lambda ns, ks: goal.enough(ns, ks, given.variance(ks)),
            (costs[0], len(given.within) * costs[1]),
            most,
        )
        variance, at_one = goal.variance(k, given.variance(k)), goal.tasks(np.ones(1), given.variance(np.ones(1)))[0]
        if given.resampled is not None:
            low, high = (int(goal.tasks(np.array([k]), np.array([v]))[0]) for v in given.ends(k))
            ends = [min(low, n), max(high, n)]
    else:
        budget = as_within(budget, "budget", 0.0, above=True)
        if budget < _price(given, costs, 1):
            raise ValueError(
                f"budget must be at least the cost of one task, {_price(given, costs, 1):g}, got {budget:g}"
            )
        k, n = most_precise(given.variance, budget, (costs[0], len(given.within) * costs[1]), most)
        variance = given.variance(k)
        at_one = n * (given.variance(1) / variance if variance > 0.0 else 1.0)
    reason = None
    if not given.tells_between:
        reason = "the pilot does not tell the variance between tasks from 0, on which the split rests"
        warnings.warn(
            f"{reason}: {k} attempts at each task may be far too many; a pilot of more tasks or attempts tells it",
            MisfitWarning,
            stacklevel=2,
        )
    row: dict[str, Any] = {
        "attempts": int(k),
        "tasks": int(n),
        "cost": float(n * _price(given, costs, k)),
        "se": math.sqrt(variance / n),
    }
    row |= {"cost_of_one": float(at_one * _price(given, costs, 1)), "tasks_low": ends[0], "tasks_high": ends[1]}
    kinds = {"tasks_low": pl.Int64, "tasks_high": pl.Int64, "reason": pl.String}
    return pl.DataFrame([row | {"reason": reason}], schema_overrides=kinds)


def power(
    pilot: Pilot | Any,
    *,
    tasks: int | npt.ArrayLike,
    attempts: int | npt.ArrayLike = 1,
    difference: float | None = None,
    confidence: float = 0.95,
    sets: int = 10_000,
    seed: Seed = 0,
) -> pl.DataFrame:
    """P(two systems are told apart) with so many tasks and attempts: by the formula, and by simulation.

    Simulated are ``sets`` data sets, of tasks drawn from the pilot's: the rates of both systems as they were seen, in
    some tasks exchanged so that the mean difference is the one asked for (which leaves the variances nearly as they
    are). A row's numbers do not depend on the other rows. The variance is ``d (1 - d)/K`` at least, as for
    :func:`tasks`.

    Args:
        pilot: As in :func:`tasks`, of two systems.
        tasks: T, one or several.
        attempts: K of each system at each task, one or several.
        difference: The true difference; the pilot's unless given.
        confidence: Of the interval.
        sets: Data sets of the simulation; 0 for none.
        seed: Of the simulation: a whole number, or a ``numpy.random.SeedSequence``.

    Returns:
        One row per T and K: ``tasks``, ``attempts``, ``difference``, ``power`` (formula), ``power_compared`` (that the
        interval of ``ll.compare_systems``, which is wider where tasks are few, excludes 0), ``simulated`` (share of
        data sets with ``|mean| > z se``; null where the pilot has no rates or a smaller difference), ``simulated_se``,
        ``se`` of the difference.

    Raises:
        ValueError: A number is out of range, or the pilot has no difference and none is given.

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.evalperf()
        >>> names = ["gpt-4o-mini-2024-07-18", "Qwen/Qwen2.5-7B-Instruct"]
        >>> found = ll.plan.pilot({name: runs.filter(model=name) for name in names}, attempts="n")
        >>> ll.plan.power(found, tasks=[118, 300], attempts=[1, 5], sets=0)["power"].round(3).to_list()
        [0.264, 0.424, 0.562, 0.805]
    """
    given = as_pilot(pilot, systems=2)
    d = given.difference if difference is None else as_within(difference, "difference", -1.0, 1.0)
    if d is None:
        raise ValueError("difference must be given where the pilot has none, got None")
    own = child_of(seed)
    z = normal_quantile(0.5 + as_confidence(confidence) / 2.0)
    sizes, ks = grid_of(tasks, "tasks"), grid_of(attempts, "attempts")
    count = as_whole(sets, "sets", 0, 1_000_000)
    rows = []
    for n in sizes:
        for k in ks:
            share = _simulated(given, d, int(n), int(k), z, count, own)
            variance = max(given.variance(k), least_variance(d, k))
            se = math.sqrt(variance / n)
            at = abs(d) / se if se > 0.0 else 0.0
            formula = normal_cdf(at - z) + normal_cdf(-at - z)
            args = np.array([n]), d, np.array([variance]), as_confidence(confidence), alike(given, np.array([k]))
            careful = float(power_of_comparison(*args)[0]) if n > 1 and se > 0.0 else formula
            row = {
                "tasks": int(n),
                "attempts": int(k),
                "difference": d,
                "power": formula,
                "power_compared": careful,
            }
            error = math.sqrt(share * (1.0 - share) / count) if count else math.nan
            rows.append(row | {"simulated": share, "simulated_se": error, "se": se})
    frame = pl.DataFrame(rows)
    return frame.with_columns(known(frame[name].to_numpy()).alias(name) for name in ("simulated", "simulated_se"))


def _simulated(  # noqa: PLR0917
    given: Pilot, d: float, n: int, k: int, z: float, sets: int, seed: Seed
) -> float:
    """The share of data sets that tell two systems apart."""
    seen = given.difference
    if given.rates is None or not sets or not seen or abs(d) > abs(seen):
        return math.nan
    p, q = given.rates
    kept = 0.5 + 0.5 * d / seen  # of the tasks; in the others the systems are exchanged
    if n > _MAX_DRAWS // 8:
        raise ValueError(f"tasks must be at most {_MAX_DRAWS // 8} where they are simulated (sets=0: are not), got {n}")
    random = Random(child_of(seed, n, k))
    counted = 2 * k + 1 <= min(n, _MAX_CELLS)
    law = _law_of_differences(p, q, k, kept) if counted else None
    block = max(1, min(sets, _MAX_ROWS // (2 * k + 1) if counted else _MAX_DRAWS // (8 * n)))
    found = 0
    for start in range(0, sets, block):
        size = min(block, sets - start)
        if law is not None:
            tasks_with = random.multinomial(n, np.broadcast_to(law, (size, len(law))))
            x = np.arange(-k, k + 1)
            total = (tasks_with * x).sum(axis=1)
            square = (n * (tasks_with * x**2).sum(axis=1) - total**2) / (n * max(n - 1, 1))
        else:
            drawn = random.below(len(p), size * n).reshape(size, n)
            keep = random.uniform(size * n).reshape(size, n) < kept
            a, b = np.where(keep, p[drawn], q[drawn]), np.where(keep, q[drawn], p[drawn])
            x = _binomial(random, k, a) - _binomial(random, k, b)
            total, square = x.sum(axis=1), x.var(axis=1, ddof=1 if n > 1 else 0)
        found += int(np.count_nonzero(np.abs(total) > z * np.sqrt(square * n)))
    return found / sets


def _law_of_differences(p: Floats, q: Floats, k: int, kept: float) -> Floats:
    """P(one system has j more of k attempts right at a task drawn from the pilot's), j from -k to k."""
    j = np.arange(k + 1.0)
    ways = np.array([float(math.comb(k, i)) for i in range(k + 1)])
    first, second = (ways * to_power(x[:, None], j) * to_power(1.0 - x[:, None], k - j) for x in (p, q))
    both = products(first.T, second.T)  # by what both have right
    law = np.array([both.trace(-more) for more in range(-k, k + 1)])
    law = kept * law + (1.0 - kept) * law[::-1]
    return np.asarray(law / law.sum())


def _binomial(random: Random, k: int, p: Floats) -> npt.NDArray[np.int64]:
    """In pieces, so that Ctrl-C is heard between them."""
    each = p.ravel()
    pieces = [random.binomial(k, each[at : at + _MAX_ROWS]) for at in range(0, len(each), _MAX_ROWS)]
    return np.concatenate(pieces).reshape(p.shape)


def grid_of(value: Any, name: str) -> Floats:
    """One whole number or several."""
    if np.ndim(value) and len(value) > _MAX_GRID:
        raise ValueError(f"{name} must be at most {_MAX_GRID} numbers, got {len(value)}")
    grid = as_array([value] if np.ndim(value) == 0 else value, name, whole=True).astype(np.float64)
    if not len(grid) or (grid < 1).any() or (grid > MAX_TASKS).any():
        raise ValueError(f"{name} must be whole numbers in [1, {MAX_TASKS}], got {shown(value)}")
    return grid


def _costs(task_cost: float, attempt_cost: float) -> tuple[float, float]:
    return as_within(task_cost, "task_cost", 0.0), as_within(attempt_cost, "attempt_cost", 0.0)


def _price(pilot: Pilot, costs: tuple[float, float], k: float) -> float:
    """Of one task, with k attempts by each system."""
    return costs[0] + len(pilot.within) * k * costs[1]
