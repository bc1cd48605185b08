"""Labels for a verifier: so that a bound on its error rate holds, or an interval is narrow enough."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, as_whole, as_within, check_choice, shown
from limitlaw._elementary import exp, log, log1p, normal_quantile
from limitlaw.fit.clusters import student

#: The most labels of a plan.
MAX_LABELS = 10**8
#: Beyond so many labels a binomial is taken for normal.
_EXACT = 100_000


def labels(
    *,
    rate: float | None = None,
    bound: float | None = None,
    width: float | None = None,
    accuracy: float | None = None,
    false_positive_rate: float | None = None,
    false_negative_rate: float = 0.0,
    verdicts: float = math.inf,
    verdict_tasks: int | None = None,
    correct_icc: float | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    per_task: float = 1.0,
    icc: float = 0.0,
    total: int | None = None,
    accepted: float | None = None,
    pilot: int = 0,
    rule: Literal["variance", "lee"] = "variance",
) -> pl.DataFrame:
    """Labels for a bound on an error rate, for the width of its interval, or for the accuracy behind a judge.

    Four questions:

    - ``rate`` and ``bound``: of how many wrong (or correct) attempts must the verdicts be labelled, so that the
      one-sided limit on the verifier's error rate (exact: Clopper and Pearson) is at most ``bound`` with probability
      ``power``, where the rate truly is ``rate``?
    - ``rate`` and ``width``: so that its two-sided interval is that wide?
    - ``accuracy``, ``false_positive_rate``, ``false_negative_rate`` and ``width``: labels of attempts at random for
      that width of ``ll.corrected_accuracy(method="rogan_gladen")``. That is ``task=None`` of it, attempts of which
      none resemble one another, unless ``verdict_tasks`` and ``correct_icc`` say how many tasks the verdicts are of and
      how tasks differ: by tasks, as it is by default, the interval is wider, and labels do not make up for few tasks.
    - ``total`` and ``accepted`` with the judge's two rates: how are so many labels split between wrong and correct
      attempts?

    Labels of one task resemble one another: their number is multiplied by ``1 + (per_task - 1) icc``.

    Args:
        rate: The error rate that is expected, in [0, 1).
        bound: What is to be excluded, above ``rate``.
        width: Of the interval, from low to high, in (0, 1).
        accuracy: The share of correct attempts that is expected, in (0, 1).
        false_positive_rate: The judge's, in [0, 1).
        false_negative_rate: The judge's.
        verdicts: Attempts with a verdict and no label.
        verdict_tasks: The tasks that these are of, equally many of each, at least 2; the labels are of the same ones.
        correct_icc: The correlation of correctness at one task: the variance of the tasks' success rates over
            ``accuracy (1 - accuracy)``, in [0, 1].
        power: In (0, 1).
        confidence: Of the limit or interval.
        per_task: Labels of each task, at least 1.
        icc: The correlation of errors at one task, in [0, 1].
        total: Labels to be split, at least 2.
        accepted: The share of all attempts that the judge accepts, in (0, 1).
        pilot: Labels of either kind from which the judge's rates come, drawn a little towards 1/2: one
            error and one verdict without error are added to each. 0 takes them as they are.
        rule: ``"variance"`` makes the variance of Rogan and Gladen's estimate the least; ``"lee"`` splits
            as the published example of Lee et al. does: in the ratio ``(1/accepted - 1) sqrt((1 - q0)/(1 - q1))`` of
            specificity q0 and sensitivity q1, which takes the share of accepted attempts for the accuracy.

    Returns:
        One row: ``labels`` (of wrong attempts, of correct ones, or of attempts, as asked), ``independent`` (without the
        factor for tasks), ``tasks``; for a bound ``errors_allowed`` among the independent ones and ``power``
        (exact); for an accuracy ``split_wrong`` and ``split_correct``, the fewest labels that do the same where wrong
        and correct attempts can be labelled at different rates; of a total ``split_wrong``, ``split_correct`` and the
        ``se`` of the estimate.

    Raises:
        ValueError: A number is out of range, the arguments ask none of these questions, or no number of labels gives
            that width.

    Source: Clopper and Pearson, Biometrika 26 (1934); Rogan and Gladen, American Journal of Epidemiology 107
    (1978); Lee et al., arXiv 2511.21140.

    Example:
        >>> import limitlaw as ll
        >>> ll.plan.labels(rate=0.0, bound=0.05).select("labels", "errors_allowed").row(0)
        (59, 0)
        >>> ll.plan.labels(rate=0.01, bound=0.05).select("labels", "errors_allowed").row(0)
        (124, 2)
        >>> judge = {"total": 200, "accepted": 0.4, "false_positive_rate": 0.3, "false_negative_rate": 0.1}
        >>> ll.plan.labels(**judge, pilot=10, rule="lee").select("split_wrong", "split_correct").row(0)
        (136, 64)
    """
    z = normal_quantile(0.5 + as_confidence(confidence) / 2.0)
    factor = 1.0 + (as_within(per_task, "per_task", 1.0) - 1.0) * as_within(icc, "icc", 0.0, 1.0)
    row: dict[str, float | int | None]
    if (verdict_tasks is None) != (correct_icc is None) or (verdict_tasks is not None and accuracy is None):
        got = f"verdict_tasks={shown(verdict_tasks)}, correct_icc={shown(correct_icc)}, accuracy={shown(accuracy)}"
        raise ValueError(f"verdict_tasks must come with correct_icc and accuracy, got {got}")
    if total is not None or accepted is not None:
        if any(x is None for x in (total, accepted, false_positive_rate)) or any(
            x is not None for x in (rate, bound, width, accuracy)
        ):
            raise ValueError("total must come with accepted and false_positive_rate alone")
        return _split(total, accepted, [false_positive_rate, false_negative_rate], verdicts, pilot, rule)
    if accuracy is not None:
        if width is None or false_positive_rate is None or rate is not None or bound is not None:
            raise ValueError("accuracy must come with false_positive_rate and width alone")
        design = _Design.of(verdicts, verdict_tasks, correct_icc)
        row = _corrected(accuracy, [false_positive_rate, false_negative_rate], design, width, confidence)
    elif rate is None or (bound is None) == (width is None):
        got = ", ".join(f"{name}={shown(v)}" for name, v in (("rate", rate), ("bound", bound), ("width", width)))
        raise ValueError(f"rate must come with bound or width, or accuracy with width, got {got}")
    elif bound is not None:
        row = _bounded(rate, bound, as_confidence(power, "power"), confidence)
    else:
        share, whole = as_within(rate, "rate", 0.0, 1.0), as_within(width, "width", 0.0, 1.0, above=True)
        row = {
            "independent": _whole(
                4.0 * z * z * max(share * (1.0 - share), 0.25 * whole * (1.0 - 0.25 * whole)) / whole**2
            )
        }
    independent = int(row.pop("independent") or 0)
    many = _whole(independent * factor)
    head = {"labels": many, "independent": independent, "tasks": math.ceil(many / per_task)}
    return pl.DataFrame([head | row])


def _bounded(rate: float, bound: float, power: float, confidence: float) -> dict[str, float | int | None]:
    """The fewest labels with P(the exact upper limit is at most the bound) of at least the power, from there on."""
    rate, bound = as_within(rate, "rate", 0.0, 1.0), as_within(bound, "bound", 0.0, 1.0, above=True)
    if bound <= rate:
        raise ValueError(f"bound must be above rate = {rate:g}, got {bound:g}")
    errors = 0
    while True:
        # The fewest labels of which so many errors keep the limit within the bound: P(X <= errors; bound) <= the tail.
        n = _fewest(errors, bound, 1.0 - confidence)
        reached = _at_most(errors, n, rate)
        if reached >= power:
            return {"independent": n, "errors_allowed": errors, "power": reached}
        if n > _EXACT:
            spread = normal_quantile(power) * math.sqrt(rate * (1.0 - rate)) + normal_quantile(confidence) * math.sqrt(
                bound * (1.0 - bound)
            )
            n = _whole((spread / (bound - rate)) ** 2)
            return {
                "independent": n,
                "errors_allowed": math.floor(
                    n * bound - normal_quantile(confidence) * math.sqrt(n * bound * (1.0 - bound))
                ),
                "power": power,
            }
        errors += 1 if errors < 50 else errors // 50  # noqa: PLR2004  (within 2 % of the fewest)


def _fewest(errors: int, bound: float, tail: float) -> int:
    low, high = errors, max(2 * errors, 1)
    while _at_most(errors, high, bound) > tail:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _at_most(errors, middle, bound) > tail else (low, middle)
    return high


def _at_most(errors: int, n: int, rate: float) -> float:
    """P(at most so many errors of n): exact, summed from the largest term."""
    if errors >= n or rate == 0.0:
        return 1.0
    if rate == 1.0:
        return 0.0
    i = np.arange(errors + 1)
    logs = np.cumsum(np.concatenate([[n * log1p(-rate)], log((n - i[:-1]) / i[1:]) + log(rate / (1.0 - rate))]))
    return float(min(exp(logs).sum(), 1.0))


@dataclasses.dataclass(frozen=True)
class _Design:
    """The verdicts without a label: how many, of how many tasks, and how those differ."""

    verdicts: float
    tasks: int | None
    icc: float

    @staticmethod
    def of(verdicts: float, tasks: int | None, icc: float | None) -> _Design:
        """Checked; without tasks every attempt stands alone."""
        if tasks is None or icc is None:
            return _Design(_verdicts(verdicts), None, 0.0)
        many = as_whole(tasks, "verdict_tasks", 2, MAX_LABELS)
        if _verdicts(verdicts) < many:
            raise ValueError(f"verdict_tasks must be at most verdicts, {verdicts:g}, got {many}")
        return _Design(_verdicts(verdicts), many, as_within(icc, "correct_icc", 0.0, 1.0))


def _corrected(
    accuracy: float, errors: list[float], design: _Design, width: float, confidence: float
) -> dict[str, float | int | None]:
    """The variance of Rogan and Gladen's estimate, solved for the labels.

    That of the share of accepted verdicts is, by tasks, what tasks differ by over their number, and what is left within
    them over the number of verdicts. Labels count by their errors alone, which do not hang on how tasks differ.
    """
    theta = as_within(accuracy, "accuracy", 0.0, 1.0)
    q0 = 1.0 - as_within(errors[0], "false_positive_rate", 0.0, 1.0)
    q1 = 1.0 - as_within(errors[1], "false_negative_rate", 0.0, 1.0)
    if not 0.0 < theta < 1.0 or q0 + q1 <= 1.0:
        raise ValueError(
            "accuracy must be in (0, 1), of a judge that accepts correct attempts more often than wrong ones"
        )
    youden = q0 + q1 - 1.0
    accepted = theta * q1 + (1.0 - theta) * (1.0 - q0)
    between, tasks = design.icc * theta * (1.0 - theta), design.tasks
    # By tasks the interval has Student's t, and the variance their number less one.
    score = student(0 if tasks is None else tasks - 1, 1.0 - confidence)
    score *= 1.0 if tasks is None else math.sqrt(tasks / (tasks - 1.0))
    wanted = (as_within(width, "width", 0.0, 1.0, above=True) / (2.0 * score)) ** 2
    left = wanted - between / (tasks or 1) - (accepted * (1.0 - accepted) / youden**2 - between) / design.verdicts
    if left <= 0.0:
        least = 2.0 * score * math.sqrt(wanted - left)
        given = f"{design.verdicts:g} verdicts" + (f" of {tasks} tasks" if tasks else "")
        raise ValueError(f"width must be above {least:.3g}, which {given} allow with endless labels, got {width:g}")
    sides = [(1.0 - theta) * math.sqrt(q0 * (1.0 - q0)), theta * math.sqrt(q1 * (1.0 - q1))]
    # At random a share theta of the labels is of correct attempts.
    random = (sides[0] ** 2 / (1.0 - theta) + sides[1] ** 2 / theta) / (youden**2 * left)
    split = [side * sum(sides) / (youden**2 * left) for side in sides]
    names = ("split_wrong", "split_correct")
    return {"independent": _whole(random), **{name: _whole(side) for name, side in zip(names, split, strict=True)}}


def _split(  # noqa: PLR0917
    total: int | None, accepted: float | None, errors: list[float | None], verdicts: float, pilot: int, rule: str
) -> pl.DataFrame:
    """So many labels between wrong and correct attempts."""
    check_choice(rule, "rule", ("variance", "lee"))
    many, seen = as_whole(total, "total", 2, MAX_LABELS), as_whole(pilot, "pilot", 0, MAX_LABELS)
    p = as_within(accepted, "accepted", 0.0, 1.0)
    rates = [
        as_within(x, f"false_{kind}_rate", 0.0, 1.0) for x, kind in zip(errors, ("positive", "negative"), strict=True)
    ]
    q0, q1 = (1.0 - ((seen * x + 1.0) / (seen + 2.0) if seen else x) for x in rates)
    youden = q0 + q1 - 1.0
    theta = (p + q0 - 1.0) / youden if youden > 0.0 else math.nan
    if not (0.0 < theta < 1.0 and 0.0 < p < 1.0 and q0 < 1.0 and q1 < 1.0):
        raise ValueError(
            f"accepted must be between the judge's rates of acceptance, {1.0 - q0:.3g} of wrong attempts and {q1:.3g} "
            f"of correct ones, both within (0, 1), got {p:g}"
        )
    sides = [(1.0 - theta) * math.sqrt(q0 * (1.0 - q0)), theta * math.sqrt(q1 * (1.0 - q1))]
    ratio = (1.0 / p - 1.0) * math.sqrt((1.0 - q0) / (1.0 - q1)) if rule == "lee" else sides[0] / sides[1]
    wrong = min(max(round(many * ratio / (1.0 + ratio)), 1), many - 1)
    variance = p * (1.0 - p) / _verdicts(verdicts) + sides[0] ** 2 / wrong + sides[1] ** 2 / (many - wrong)
    found = {"labels": many, "split_wrong": wrong, "split_correct": many - wrong, "se": math.sqrt(variance) / youden}
    return pl.DataFrame([found])


def _verdicts(value: float) -> float:
    return math.inf if isinstance(value, float) and value == math.inf else as_within(value, "verdicts", 1.0)


def _whole(labels: float) -> int:
    if labels > MAX_LABELS:
        raise ValueError(f"labels must be at most {MAX_LABELS}, got a plan of {labels:.3g}: ask for less")
    return max(math.ceil(labels * (1.0 - 1e-12)), 1)
