"""Can a weaker model with a verifier and any budget match a stronger one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_confidence, as_floats, as_numbers, shown
from limitlaw._elementary import hypot, normal_quantile
from limitlaw._unused import quietly
from limitlaw.sampling.clusters import weights
from limitlaw.sampling.frames import solve_frame
from limitlaw.sampling.optimum import ceilings
from limitlaw.sampling.policy import FirstAccepted
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.tasks import CountsTasks, PoolTasks, RecordedTasks
from limitlaw.sampling.verifier import LabelledVerifier, Verifier

if TYPE_CHECKING:
    import numpy.typing as npt

#: From the one that says least for the weak model.
VERDICTS = ["cannot", "too close to call", "can"]


def can_match(
    weak: SamplingScenario | npt.ArrayLike,
    strong: SamplingScenario | float,
    *,
    unaccepted: npt.ArrayLike = 0.0,
    standard_error: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Can a weak model with a verifier and any number of attempts match one attempt of a strong model?

    The weak model's accuracy ends at its ceiling over all tasks (a task that it never answers counts as 0), whatever
    the budget. The verdict compares that with the strong model's single attempt, and says ``too close to call`` where
    the interval of the difference holds 0. A task that was seen without a correct answer, or in a pool without an
    acceptance, may still have one: finite attempts leave the ceiling between two ends, and the interval spans both.

    Args:
        weak: The weak model's scenario, or ceilings from elsewhere, shape ``(models,)``, in [0, 1].
        strong: The strong model's scenario (its coverage at one attempt; its accuracy where coverage is not known), or
            the accuracy of its single attempt, in [0, 1].
        unaccepted: For ceilings from elsewhere that are means over the tasks with acceptances: the share of tasks that
            had none, in [0, 1], one for all or one per model. Their precision may be anything in [0, 1].
        standard_error: Of the difference, one for all or one per model; estimated from the observed attempts of counts
            and pools unless given (would other attempts at these tasks say the same?), and 0 for rates given.
        confidence: Of the interval, in (0, 1).

    Returns:
        One row per weak model: ``verdict`` (``cannot``, ``too close to call``, ``can``), ``difference`` (ceiling minus
        single attempt), ``difference_low``, ``difference_high`` (of the ends of the ceiling), ``difference_se`` (of the
        attempts; of the less certain end), ``ceiling`` (of the observed shares), ``ceiling_low`` and ``ceiling_high``
        (its ends, means over what labels leave open of a verifier: where tasks without a correct answer never have one,
        and where they have as many as can be. For counts that is what the posterior of a Beta population allows
        (:func:`limitlaw.fit.fit_error_rates` has the prior); where the counts identify none, rates between one for all
        and all or none, at the confidence limits of their mean; for a pool a precision of 1), ``single_attempt`` (the
        strong model's), ``max_attempts`` (the fewest attempts with which the weak scenario's
        accuracy reaches the single attempt; null where none does or where only ceilings are given).

    Raises:
        ValueError: A value is out of range.
        NoClosedFormError: The ceilings of a scenario have no closed form.

    Source: Stroebl, Kapoor, Narayanan, arXiv 2411.17501, figure 1.

    Example:
        >>> import limitlaw as ll
        >>> weak = ll.SamplingScenario(
        ...     tasks=ll.Tasks.fixed(success=[0.3, 0.05]),
        ...     verifier=ll.Verifier.rates(false_positive_rate=0.05),
        ...     max_attempts=[1],
        ... )
        >>> ll.can_match(weak, 0.8)["verdict"].to_list(), ll.can_match(weak, 0.5)["max_attempts"].to_list()
        (['cannot'], [6])
    """
    single, single_variance = _single_attempt(strong)
    attempts: int | None = None
    open_to = np.zeros(1)
    ends: tuple[npt.ArrayLike, float, npt.ArrayLike, float]
    if isinstance(weak, SamplingScenario):
        found = ceilings(weak)["ceiling_all_tasks"][0]
        ceiling = np.array([found])
        ends = _core.ceiling_ends(*weak.wire(), as_confidence(confidence))
        if isinstance(weak.verifier, LabelledVerifier):
            open_to = _over_verifiers(weak)
        attempts = _attempts_to_reach(weak, single) if found >= single else None
    else:
        ceiling = _shares("weak", weak, numbers="numbers", dimensions=(0, 1))
        unseen = _per_model(as_floats(unaccepted, "unaccepted", 0.0, 1.0), "unaccepted", len(ceiling))
        ends = ceiling * (1.0 - unseen), 0.0, ceiling * (1.0 - unseen) + unseen, 0.0
    # The ends are of another posterior than a fitted prior's ceiling, which may lie a little outside.
    at_means = ceiling - open_to.mean()
    low, high = np.minimum(ends[0], at_means), np.maximum(ends[2], at_means)
    if standard_error is None:
        errors = [np.full(len(ceiling), hypot(end, math.sqrt(single_variance))) for end in ends[1::2]]
    else:
        error = as_floats(standard_error, "standard_error", 0.0)
        errors = [_per_model(error, "standard_error", len(ceiling))] * 2
    tail = 0.5 - 0.5 * as_confidence(confidence)
    least, most = (
        np.array([_quantile(end + open_to, error, p) for end, error in zip(*pair, strict=True)])
        for *pair, p in ((low, errors[0], tail), (high, errors[1], 1.0 - tail))
    )
    least, most = np.maximum(least, 0.0) - single, np.minimum(most, 1.0) - single
    verdict = np.where(most < 0.0, 0, np.where(least >= 0.0, 2, 1))
    return pl.DataFrame(
        {
            "verdict": pl.Series(VERDICTS, dtype=pl.Enum(VERDICTS)).gather(verdict),
            "difference": ceiling - single,
            "difference_low": least,
            "difference_high": most,
            "difference_se": np.maximum(*errors),
            "ceiling": ceiling,
            "ceiling_low": np.clip(low + open_to.mean(), 0.0, 1.0),
            "ceiling_high": np.clip(high + open_to.mean(), 0.0, 1.0),
            "single_attempt": np.full(len(ceiling), single),
            "max_attempts": pl.Series([attempts] * len(ceiling), dtype=pl.Int64),
        }
    )


def _over_verifiers(weak: SamplingScenario) -> npt.NDArray[np.float64]:
    """How far the ceiling is from that at the mean error rates, under each verifier that labels leave open."""
    verifier: Any = weak.verifier
    means = (float(rates.mean()) for rates in (verifier.false_positive_rate, verifier.false_negative_rate))
    names = ("false_positive_rate", "false_negative_rate")
    with quietly():
        at_means = weak.replace(verifier=Verifier.rates(**dict(zip(names, means, strict=True))))
    found = np.array(_core.ceilings_sampling(*weak.wire()))[:, 0]
    return found - float(ceilings(at_means)["ceiling_all_tasks"][0])


def _quantile(centres: npt.NDArray[np.float64], error: float, p: float) -> float:
    """The quantile of normal laws about equally likely centres."""
    if len(centres) == 1:
        return float(centres[0]) + normal_quantile(p) * error
    scores = normal_quantile((np.arange(200) + 0.5) / 200)
    return float(np.quantile(centres[:, None] + error * scores, p))


def _per_model(values: npt.NDArray[np.float64], name: str, models: int) -> npt.NDArray[np.float64]:
    if values.shape not in ((), (models,)):
        raise ValueError(f"{name} must be one number, or one for each of {models} models, got the shape {values.shape}")
    return np.broadcast_to(values, (models,))


def _shares(name: str, value: Any, *, numbers: str, dimensions: tuple[int, ...]) -> npt.NDArray[np.float64]:
    expected = f"a SamplingScenario or {numbers} in [0, 1]"
    shares = np.atleast_1d(as_numbers(value, name, expected, dimensions=dimensions).astype(np.float64))
    if shares.size == 0 or not ((shares >= 0.0) & (shares <= 1.0)).all():
        raise ValueError(f"{name} must be {expected}, got {shown(value)}")
    return shares


def _single_attempt(strong: SamplingScenario | float) -> tuple[float, float]:
    """The accuracy of one attempt and the variance that its observed attempts leave."""
    if not isinstance(strong, SamplingScenario):
        return float(_shares("strong", strong, numbers="a number", dimensions=(0,))[0]), 0.0
    with quietly():
        one = strong.replace(policies=[FirstAccepted()], max_attempts=[1], limits=None)
    row = solve_frame(one, by="policy", columns=["coverage", "accuracy"]).row(0, named=True)
    tasks = strong.tasks.counted() if isinstance(strong.tasks, RecordedTasks) else strong.tasks
    variance = 0.0
    if isinstance(tasks, (CountsTasks, PoolTasks)):
        correct = tasks.correct if tasks.correct is not None else tasks.accepted_correct  # type: ignore[union-attr]
        rate = (correct + 0.5) / (tasks.attempts + 1.0)
        variance = float((weights(tasks) ** 2 * rate * (1.0 - rate) / tasks.attempts).sum())
    return row["accuracy"] if row["coverage"] is None else row["coverage"], variance


def _attempts_to_reach(weak: SamplingScenario, target: float) -> int | None:
    """The fewest attempts at which accuracy, which grows with them, reaches the target."""
    most = int(weak.tasks.attempts.min()) if isinstance(weak.tasks, (PoolTasks, RecordedTasks)) else 10**12

    def reaches(cap: int) -> bool:
        with quietly():
            one = weak.replace(policies=[FirstAccepted()], max_attempts=[cap], limits=None)
        return bool(solve_frame(one, by="policy", columns=["accuracy"])["accuracy"][0] >= target)

    high = 1
    while not reaches(high):
        if high == most:
            return None
        high = min(2 * high, most)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high
