"""How many tasks and attempts tell the best number of attempts to within a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, as_whole, as_within
from limitlaw._frames import whole
from limitlaw._random import Random
from limitlaw.plan.sizes import grid_of
from limitlaw.sampling.clusters import warn_independent
from limitlaw.sampling.optimum import optimal_attempts
from limitlaw.sampling.scenario import SamplingScenario, check_scenario
from limitlaw.sampling.tasks import BetaTasks, CountsTasks, FixedTasks, PoolTasks, RecordedTasks, Tasks
from limitlaw.seed import Seed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: The most data sets of one call: rows times sets.
_MAX_SETS = 1_000_000
#: The most numbers of all rates that are drawn.
_MAX_RATES = 20_000_000
#: The most rates that are drawn in one call.
_MAX_DRAWN = 500_000


def best_attempts(
    scenario: SamplingScenario,
    *,
    tasks: int | npt.ArrayLike,
    attempts: int | npt.ArrayLike,
    within: float = 2.0,
    wrong_cost: float | None = None,
    sets: int = 200,
    confidence: float = 0.9,
    seed: Seed = 0,
) -> pl.DataFrame:
    """With how many tasks and attempts the best number of attempts is found to within a factor.

    Data sets are drawn from the scenario's tasks (T of them, with n attempts at each and with their weights), and in
    each the best number is found from the counts, as ``ll.optimal_attempts`` does; it is held against the one at the
    rates themselves. All rows use the same tasks as far as they reach. The verifier's error rates are taken as known; a
    pool has no more than n attempts, so that a best number beyond them cannot be found.

    Args:
        scenario: Tasks with known rates, counts (whose shares serve as rates), a pool or recorded attempts (whose
            shares of accepted and correct ones do) or a Beta law; one policy; its verifier and utility.
        tasks: T, one or several.
        attempts: n, attempts at each task, one or several.
        within: The factor f: from 1/f to f times the best number; no answer (0) and more is always better
            (null) must be found as such.
        wrong_cost: Of a wrong answer; the scenario's unless given.
        sets: Data sets of each row.
        confidence: Of the middle range of what is found.
        seed: Of the data sets: a whole number, or a ``numpy.random.SeedSequence``.

    Returns:
        One row per T and n: ``tasks``, ``attempts``, ``p_within`` (share of data sets within the factor) and
        ``p_within_se``, ``optimal_attempts`` (at the rates; null: unbounded), ``found_low``, ``found_high`` (the middle
        range of what is found; null: unbounded), ``sets``.

    Raises:
        ValueError: A number is out of range, or there are several policies, or limits.
        TypeError: The tasks are of another kind.
        NoClosedFormError: As ``ll.optimal_attempts``.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(
        ...     tasks=ll.Tasks.beta(alpha=0.6, beta=1.4, count=100),
        ...     verifier=ll.Verifier.rates(false_positive_rate=0.05),
        ...     max_attempts=[1],
        ...     utility=ll.Utility(wrong_cost=1),
        ... )
        >>> found = ll.plan.best_attempts(scenario, tasks=[30, 300], attempts=20, sets=50)
        >>> found["p_within"].to_list()
        [0.96, 1.0]
    """
    check_scenario(scenario)
    if len(scenario.policies) != 1 or scenario.limits is not None:
        raise ValueError("scenario must have one policy and no limits, for one best number")
    if isinstance(scenario.tasks, RecordedTasks):
        optimal_attempts(scenario, bootstrap=0, wrong_cost=wrong_cost)  # refuses what the counts of a log do not show
    warn_independent(scenario.tasks)
    sizes, tries = grid_of(tasks, "tasks"), grid_of(attempts, "attempts")
    factor, tail = as_within(within, "within", 1.0), 0.5 - 0.5 * as_confidence(confidence)
    count = as_whole(sets, "sets", 1, _MAX_SETS // (len(sizes) * len(tries)))
    if float(sizes.max()) * count > _MAX_RATES:
        raise ValueError(f"tasks must be at most {_MAX_RATES // count} with sets={count}, got {int(sizes.max())}")
    random = Random(seed)
    kinds, drawn, weight, truth = _population(scenario, random, (count, int(sizes.max())))
    options: dict[str, Any] = {"bootstrap": 0, "wrong_cost": wrong_cost}
    best = _best(scenario, truth, options)
    rows = []
    for t in sizes:
        for n in tries:
            found = np.empty(count)
            for at, rows_of in enumerate(drawn[:, : int(t)]):
                one = _attempted(random, kinds, rows_of, int(n), None if weight is None else weight[at, : int(t)])
                found[at] = _best(scenario, one, options)
            inside = (found == best) | (
                (found > 0) & np.isfinite(found) & (found <= best * factor) & (found * factor >= best)
            )
            low, high = np.quantile(found, [tail, 1.0 - tail], method="inverted_cdf")
            share = float(inside.mean())
            rows.append((int(t), int(n), share, np.sqrt(share * (1.0 - share) / count), best, low, high))
    names = ("tasks", "attempts", "p_within", "p_within_se", "optimal_attempts", "found_low", "found_high")
    frame = pl.DataFrame(rows, schema=list(names), orient="row")
    numbers = (whole(frame[name].to_numpy()).alias(name) for name in names[4:])
    return frame.with_columns(*numbers, pl.lit(count, pl.Int64).alias("sets"))


def _best(scenario: SamplingScenario, tasks: Any, options: dict[str, Any]) -> float:
    """The best number of attempts; infinite where more is always better."""
    # A pool has the verdicts of its attempts, and so have recorded ones of which it is made.
    verifier = None if isinstance(tasks, PoolTasks) else scenario.verifier
    one = scenario.replace(tasks=tasks, verifier=verifier, max_attempts=[1])
    found = optimal_attempts(one, **options)["optimal_attempts"].item()
    return np.inf if found is None else float(found)


def _population(scenario: SamplingScenario, random: Random, shape: tuple[int, int]) -> tuple[Any, Any, Any, Any]:
    """Shares of the kinds of attempts (none: rates are drawn), what data sets draw, its weights, and all tasks.

    Data sets draw numbers of tasks where there are kinds, else rates.
    """
    given = scenario.tasks
    if isinstance(given, BetaTasks):
        alpha, beta, unsolvable = given.alpha, given.beta, given.unsolvable
        rates = _drawn(lambda size: random.beta(np.full(size, alpha), np.full(size, beta)), shape)
        rates[_drawn(lambda size: random.uniform(size) < unsolvable, shape)] = 0.0
        return None, rates, None, given
    if isinstance(given, RecordedTasks):
        given = given.counted()
    if not isinstance(given, PoolTasks | FixedTasks | CountsTasks):
        raise TypeError(f"scenario must have observed or known tasks, or a Beta law, got {type(given).__name__}")
    counting = np.arange(len(given)) if given.weight is None else np.flatnonzero(given.weight)
    number = counting[_drawn(lambda size: random.below(len(counting), size), shape)]
    weight = None if given.weight is None else np.asarray(given.weight)[number]
    if isinstance(given, PoolTasks):
        right, accepted = given.accepted_correct, given.accepted
        kinds = [right, accepted - right]
        if given.correct is not None and getattr(scenario.policies[0], "fallback", None) == "last":
            kinds.append(given.correct - right)
        kinds.append(given.attempts - sum(kinds))
        return np.stack(kinds, axis=1) / given.attempts[:, None], number, weight, given
    success = given.success if isinstance(given, FixedTasks) else given.correct / given.attempts
    return None, success[number], weight, Tasks.fixed(success=success, weight=given.weight)


def _drawn(draw: Callable[[int], Any], shape: tuple[int, int]) -> Any:
    """What is drawn in pieces, so that Ctrl-C is heard between them."""
    count = shape[0] * shape[1]
    pieces = [draw(min(_MAX_DRAWN, count - at)) for at in range(0, count, _MAX_DRAWN)]
    return np.concatenate(pieces).reshape(shape)


def _attempted(random: Random, kinds: Any, drawn: Any, n: int, weight: Any) -> Tasks:
    """One data set: n attempts at each of these tasks."""
    attempts = np.full(len(drawn), n)
    if kinds is None:
        return Tasks.counts(attempts=attempts, correct=random.binomial(n, drawn), weight=weight)
    right, wrong, *missed, _ = random.multinomial(n, kinds[drawn]).T
    correct = right + missed[0] if missed else None
    accepted = right + wrong
    return Tasks.pool(attempts=attempts, accepted=accepted, accepted_correct=right, correct=correct, weight=weight)
