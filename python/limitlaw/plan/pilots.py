"""What a pilot says of the variances that a plan rests on: between tasks, and within them."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_within, shown
from limitlaw._elementary import hypot, log1p, power, products
from limitlaw._random import Random
from limitlaw.decisions.reading import Reading
from limitlaw.errors import MisfitWarning
from limitlaw.sampling.clusters import warn_independent
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.tasks import BetaTasks, CountsTasks, FixedTasks, PoolTasks, RecordedTasks

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.sampling.tasks import Tasks

    Floats = npt.NDArray[np.float64]

#: Resamples of a pilot's tasks.
_RESAMPLES = 1_000
#: The most weights that are held at a time.
_MAX_WEIGHTS = 1_000_000


@dataclasses.dataclass(frozen=True)
class Pilot:
    """Variances of a mean over tasks, from :func:`pilot` or stated.

    With K attempts at each of T tasks the mean difference of two systems (or the accuracy of one) has the variance
    ``(between + sum(within) / K) / T``.

    Args:
        between: Variance over tasks of the true difference (of the true rate, of one system).
        within: Of each system the mean over tasks of p (1 - p): the variance of one attempt.
        difference: The mean difference, or the accuracy of one system; ``None`` where it is not known.
        rates: Each system's rates, task by task, for simulations: the shares that were seen, drawn towards their mean
            so that they spread as the rates behind them do; ``None`` where they are not known.
        resampled: ``between`` and the sum of ``within`` in resamples of the pilot's tasks and of tasks that it may have
            missed, shape ``(resamples, 2)``.

    Example:
        >>> import limitlaw as ll
        >>> stated = ll.plan.Pilot(between=0.09, within=(0.04, 0.07))
        >>> ll.plan.tasks(stated, difference=0.05, attempts=[1, 5])["tasks"].to_list()
        [628, 352]
    """

    between: float
    within: tuple[float, ...]
    difference: float | None = None
    rates: tuple[Floats, ...] | None = dataclasses.field(default=None, repr=False, compare=False)
    resampled: Floats | None = dataclasses.field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        as_within(self.between, "between", 0.0, 1.0)
        if not isinstance(self.within, tuple) or len(self.within) not in {1, 2}:
            raise TypeError(f"within must be a tuple of one or two numbers, got {shown(self.within)}")
        for value in self.within:
            as_within(value, "within", 0.0, 0.5)  # an unbiased estimate may exceed .25

    def variance(self, attempts: Any) -> Any:
        """Of one task's difference, with so many attempts by each system."""
        return self.between + sum(self.within) / attempts

    def ends(self, attempts: float) -> Floats:
        """The ends of the middle 90 % of that variance over resamples of the pilot."""
        assert self.resampled is not None  # asked where there are any
        return np.asarray(np.quantile(self.resampled[:, 0] + self.resampled[:, 1] / attempts, (0.05, 0.95)))

    @property
    def tells_between(self) -> bool:
        """Whether the variance between tasks is told from 0: at most 5 % of the resamples have none."""
        return self.resampled is None or float((self.resampled[:, 0] <= 0.0).mean()) <= 0.05  # noqa: PLR2004


def pilot(
    data: Mapping[str, pl.DataFrame | Tasks] | pl.DataFrame | Tasks | SamplingScenario,
    *,
    task: str = "task",
    attempts: str | None = None,
    correct: str = "correct",
) -> Pilot:
    """The variances that a pilot shows: of one system, or of the difference of two on the tasks that both tried.

    A task's share of correct attempts varies by p (1 - p)/n around its rate p, which is taken off the variance between
    tasks (not below 0). One attempt a task does not tell the two apart.

    Args:
        data: One system, or two by name as in ``ll.compare_systems``: frames with a row per attempt, or per task with
            ``attempts``; or tasks: with known rates, counted, pooled, recorded, or (of one system) from a Beta law. A
            scenario stands for its tasks.
        task: The column of tasks.
        attempts: The column of n; ``None`` for a row per attempt.
        correct: The column of c, or of whether an attempt is correct.

    Returns:
        A :class:`Pilot`.

    Raises:
        ValueError: Fewer than two tasks (that two systems share) have two attempts or more.
        TypeError: The data are of another kind.

    Warns:
        MisfitWarning: Tasks with fewer than two attempts are left out, tasks come in clusters (plans take them as
            independent), or they have weights (plans take all alike).

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.evalperf()
        >>> names = ["gpt-4o-mini-2024-07-18", "Qwen/Qwen2.5-7B-Instruct"]
        >>> found = ll.plan.pilot({name: runs.filter(model=name) for name in names}, attempts="n")
        >>> round(found.difference, 4), round(found.between, 4), [round(v, 4) for v in found.within]
        (0.0549, 0.0917, [0.0391, 0.0713])
    """
    systems = list(data.values()) if isinstance(data, Mapping) else [data]
    if len(systems) not in {1, 2}:
        raise ValueError(f"data must be of one system or two, got {len(systems)}")
    if len(systems) == 1 and isinstance(given := _tasks(systems[0]), BetaTasks):
        a, b, solvable = given.alpha, given.beta, 1.0 - given.unsolvable
        mean, square = a / (a + b), a * (a + 1.0) / ((a + b) * (a + b + 1.0))
        between = solvable * square - (solvable * mean) ** 2
        return Pilot(between=between, within=(solvable * (mean - square),), difference=solvable * mean)
    warn_independent(*map(_tasks, systems))
    if any(len(set(weight)) > 1 for one in systems if (weight := getattr(_tasks(one), "weight", None)) is not None):
        warnings.warn(
            "the tasks have weights, and a pilot takes all tasks alike: it is of their plain mean",
            MisfitWarning,
            stacklevel=2,
        )
    reading = Reading(task, attempts, correct, "pass_at_k", np.array([1.0]))
    read = [_counts(_tasks(one), reading) for one in systems]
    shared = [name for name in read[0] if all(name in one for one in read[1:])]
    if len(shared) < 2:  # noqa: PLR2004  (one task shows no spread)
        raise ValueError(f"data must be of at least two tasks (that both systems tried), got {len(shared)}")
    n, c = (np.array([[one[name][part] for name in shared] for one in read]) for part in (0, 1))
    enough = (n >= 2).all(axis=0)  # noqa: PLR2004  (one attempt shows no spread)
    if enough.sum() < 2:  # noqa: PLR2004
        short = shared[int(np.flatnonzero(~enough)[0])]
        raise ValueError(
            f"data must have two attempts or more at each task, to tell the variance between tasks from that within, "
            f"got fewer at {shown(short)}"
        )
    if not enough.all():
        warnings.warn(
            f"{int((~enough).sum())} of {len(shared)} tasks have fewer than two attempts and are left out of the "
            "pilot, which is then of tasks like the others",
            MisfitWarning,
            stacklevel=2,
        )
        n, c = n[:, enough], c[:, enough]
    rates = np.divide(c, n, out=c.copy(), where=np.isfinite(n))
    spread = rates * (1.0 - rates)
    of_share = np.divide(spread, n - 1.0, out=np.zeros_like(n), where=np.isfinite(n))
    within = np.where(np.isfinite(n), of_share * np.where(np.isfinite(n), n, 0.0), spread)
    x = rates[0] - rates[1] if len(rates) > 1 else rates[0]
    return Pilot(
        between=max(float(x.var(ddof=1) - of_share.sum(axis=0).mean()), 0.0),
        within=tuple(float(one.mean()) for one in within),
        difference=float(x.mean()),
        rates=tuple(_rates(rates, of_share.mean(axis=1))),
        resampled=_resampled(x, of_share.sum(axis=0), within.sum(axis=0), alone=len(rates) == 1),
    )


def _resampled(x: Floats, noise: Floats, within: Floats, *, alone: bool) -> Floats:
    """Variances between and within tasks under weights that are uniform on the simplex, under a seed of their own.

    Of the tasks and of those that were not seen, as the limits have them that the plan is for: of one system a task at
    the end of [0, 1] that is rarer (Gaffke), of two a task in each direction that differs by as much as a typical one
    (Bonett and Price). So a pilot without a failure leaves open what it has to.
    """
    squares = x * x
    typical = (squares * squares).sum() / squares.sum() if squares.any() else 1.0
    size = math.sqrt(max(typical, 1.0 / math.sqrt(len(x))))
    unseen = [float(x.mean() < 0.5)] if alone else [size, -size]  # noqa: PLR2004  (the far end)
    x = np.concatenate([x, unseen])
    noise, within = (np.concatenate([one, np.zeros(len(unseen))]) for one in (noise, within))
    random = Random(0)
    blocks, size = [], max(1, _MAX_WEIGHTS // len(x))
    for start in range(0, _RESAMPLES, size):
        rows = min(size, _RESAMPLES - start)
        weights = -log1p(-random.uniform(rows * len(x)).reshape(rows, -1))
        weights /= weights.sum(axis=1, keepdims=True)
        middle, square, lost, inside = products(weights, np.stack([x, x**2, noise, within])).T
        # Unbiased: of m values the weights leave (m - 1)/(m + 1) of their variance.
        spread = (square - middle**2) * (len(x) + 1.0) / (len(x) - 1.0)
        blocks.append(np.column_stack([np.maximum(spread - lost, 0.0), inside]))
    return np.concatenate(blocks)


def _rates(shares: Floats, noise: Floats) -> Floats:
    """Rates that vary over tasks as those behind the shares of few attempts do, around the same means.

    A linear map of the shares, under which the variances of their difference and of their sum lose the noise of
    attempts. What leaves [0, 1] is put back to its end.
    """
    mean = shares.mean(axis=1, keepdims=True)
    apart = shares - mean
    seen = products(apart, apart) / (shares.shape[1] - 1)
    axes = np.array([[1.0, -1.0], [1.0, 1.0]])[-len(shares) :, -len(shares) :]
    inverse = axes.T / len(shares)
    wanted = products(products(axes, seen - np.diag(noise)), axes)
    spread = np.sqrt(np.maximum(np.diag(wanted), 0.0))
    wanted = np.clip(wanted, -np.outer(spread, spread), np.outer(spread, spread))  # a correlation is at most 1
    back = products(products(inverse, wanted), inverse)
    moved = products(products(_power(back, 0.5), _power(seen, -0.5)), apart.T)
    return np.asarray(np.clip(mean + moved, 0.0, 1.0))


def _power(covariance: Floats, exponent: float) -> Floats:
    """Of a symmetric matrix of one row or two; 0 where nothing varies.

    It is the mean of its eigenvalues and, times half their distance, a reflection, and so is its power.
    """
    first, last, one = covariance[0, 0], covariance[-1, -1], np.eye(len(covariance))
    middle, radius = 0.5 * (first + last), hypot(0.5 * (first - last), covariance[0, -1]) if len(one) > 1 else 0.0
    values = np.array([middle + radius, middle - radius])
    kept = values > 1e-12 * max(values[0], 1e-300)
    high, low = np.where(kept, power(np.where(kept, values, 1.0), exponent), 0.0)
    reflection = (covariance - middle * one) / radius if radius > 0.0 else 0.0 * one
    return np.asarray(0.5 * (high + low) * one + 0.5 * (high - low) * reflection)


def _tasks(given: object) -> object:
    return given.tasks if isinstance(given, SamplingScenario) else given


def _counts(given: Any, reading: Reading) -> dict[str, tuple[float, float]]:
    """Attempts and correct ones by the name of the task; a known rate is a share of endlessly many."""
    if isinstance(given, FixedTasks):
        names, n, c = given.names, np.full(len(given), np.inf), given.success
    elif isinstance(given, (CountsTasks, PoolTasks)):
        if given.correct is None:
            raise ValueError("data must have the correct attempts of a pool, got none")
        names, n, c = given.names, given.attempts, given.correct
    else:
        found = reading.counts(given)
        names, n, c = tuple(found[0]), found[1], found[2]
    numbered = names or [str(at) for at in range(len(n))]
    return dict(zip(numbered, zip(np.asarray(n, dtype=float), np.asarray(c, dtype=float), strict=True), strict=True))


def as_pilot(value: object, *, systems: int | None = None) -> Pilot:
    """A pilot, of so many systems."""
    kinds = (RecordedTasks, FixedTasks, CountsTasks, PoolTasks, BetaTasks, SamplingScenario, pl.DataFrame, Mapping)
    if isinstance(value, kinds):
        value = pilot(value)
    if not isinstance(value, Pilot):
        raise TypeError(f"pilot must be what ll.plan.pilot returns or takes, got {shown(value)}")
    if systems is not None and len(value.within) != systems:
        raise ValueError(f"pilot must be of {systems} systems to plan for a difference, got {len(value.within)}")
    return value
