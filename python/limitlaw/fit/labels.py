"""The accuracy of many attempts from a judge's verdicts on all of them and labels of a few, with tasks as clusters."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_column, as_confidence, check_choice, naming
from limitlaw._elementary import hypot, power
from limitlaw._unused import warn_at_user
from limitlaw.errors import MisfitWarning
from limitlaw.fit.clusters import logit_limits, student, unseen
from limitlaw.sampling.attempts import check_once, flags

Array = npt.NDArray[np.float64]
#: How the accuracy is estimated.
Method = Literal["ppi", "rogan_gladen", "labels"]
#: Labels of one verdict alone are taken for chosen by it where as many at random are so at most this often.
RARE = 1e-3


def corrected_accuracy(
    labels: pl.DataFrame,
    verdicts: pl.DataFrame,
    *,
    accepted: str = "accepted",
    correct: str = "correct",
    task: str | None = "task",
    method: Method = "ppi",
    confidence: float = 0.95,
) -> pl.DataFrame:
    """The accuracy of attempts that a judge has judged, corrected by those that were also labelled.

    - ``"ppi"`` (prediction-powered inference): the mean label plus lam times what the mean verdict of the others is
      above that of the labelled, lam = cov(label, verdict)/(var(verdict) (1 + m/N)). The labelled attempts must be a
      random sample of all.
    - ``"rogan_gladen"``: (p + q0 - 1)/(q0 + q1 - 1), p the share of accepted verdicts, q0 and q1 the shares of wrong
      and of correct labelled attempts that are judged so. Correct and wrong ones may be labelled at different rates.
    - ``"labels"``: the mean label; the verdicts are not used.

    Attempts of one task resemble one another: an interval that takes them for independent is far too narrow. The
    standard error is that of a sum over tasks (linearised), the interval has Student's t for the labelled tasks: of
    labels alone and of PPI on the scale of the logit, of Rogan and Gladen that of a ratio (Fieller), which is all of
    [0, 1] where labels do not tell that the judge accepts correct attempts more often. Where no labelled attempt shows
    an error of a kind, the exact bound on its rate (Clopper and Pearson, a task counted once) widens the interval on
    the side where such errors would move it, by the square root of the sum of squares.

    Args:
        labels: One row per labelled attempt, with its verdict, its label and its task.
        verdicts: One row per attempt that is not labelled, with its verdict and its task.
        accepted: The column of verdicts: booleans, or 0 and 1.
        correct: The column of labels: booleans, or 0 and 1.
        task: The column of tasks, of one name in both frames; ``None`` takes attempts for independent (each a task of
            its own, and for Rogan and Gladen the adjusted interval of Lee et al.).
        method: The estimate, see above.
        confidence: Of the interval, in (0, 1).

    Returns:
        One row: ``method``, ``estimate``, ``se``, ``low``, ``high`` (all within [0, 1]), ``labels``, ``verdicts``
        (attempts), ``labelled_tasks``.

    Raises:
        ValueError: A column is missing or no column of verdicts or labels, there are too few labels or labelled tasks,
            by a column ``attempt`` one is in several rows, or the judge accepts wrong attempts as often as correct
            ones.
        TypeError: An argument is not a Polars frame.

    Warns:
        MisfitWarning: All labels are of one verdict, as a random sample hardly is.

    Source: Angelopoulos, Duchi, Zrnic, PPI++, arXiv 2311.01453; Rogan and Gladen, American Journal of Epidemiology 107
    (1978); Lee et al., arXiv 2511.21140; Fieller, Journal of the Royal Statistical Society B 16 (1954); Zou and Donner,
    Statistics in Medicine 27 (2008), for the sum of squares.

    Example:
        >>> import limitlaw as ll, polars as pl
        >>> seen = {"accepted": [1] * 180 + [0] * 20 + [1] * 60 + [0] * 140, "correct": [1] * 200 + [0] * 200}
        >>> labels = pl.DataFrame(seen)
        >>> verdicts = pl.DataFrame({"accepted": [1] * 400 + [0] * 600})
        >>> found = ll.corrected_accuracy(labels, verdicts, task=None, method="rogan_gladen")
        >>> found.select(pl.col("estimate", "low", "high").round(4)).row(0)
        (0.1667, 0.0564, 0.2627)
    """
    check_choice(method, "method", ("ppi", "rogan_gladen", "labels"))
    alpha = 1.0 - as_confidence(confidence)
    seen = _Seen.of(labels, verdicts, accepted, correct, task)
    estimators = {"ppi": _ppi, "rogan_gladen": _rogan_gladen, "labels": _labels}
    if method == "rogan_gladen" and task is None:
        estimate, se, low, high = _lee(seen, alpha)
    else:
        found = estimators[method](seen, alpha)
        estimate, se = found.estimate, found.se
        half = student(seen.labelled - 1, alpha) * se
        low, high = found.limits or (estimate - half, estimate + half)
        if found.limits is None and 0.0 < estimate < 1.0:
            low, high = logit_limits(estimate, half)
        low = estimate - hypot(estimate - low, found.below)
        high = estimate + hypot(high - estimate, found.above)
    within = [min(max(x, 0.0), 1.0) for x in (estimate, low, high)]
    columns = {"method": method, "estimate": within[0], "se": se, "low": within[1], "high": within[2]}
    sizes = {"labels": int(seen.labels.sum()), "verdicts": int(seen.others.sum()), "labelled_tasks": seen.labelled}
    return pl.DataFrame([columns | sizes])


@dataclasses.dataclass(frozen=True)
class _Seen:
    """Sums over the attempts of each task."""

    #: Labelled attempts; correct ones, accepted ones, and both.
    labels: Array
    correct: Array
    accepted: Array
    both: Array
    #: Attempts that are not labelled, and accepted ones among them.
    others: Array
    others_accepted: Array

    @staticmethod
    def of(labels: pl.DataFrame, verdicts: pl.DataFrame, accepted: str, correct: str, task: str | None) -> _Seen:
        """From a frame each, whose errors are named by it."""
        y, f = _flags(labels, "correct", correct, "labels"), _flags(labels, "accepted", accepted, "labels")
        g = _flags(verdicts, "accepted", accepted, "verdicts")
        if task is None:
            place, other = np.arange(len(y)), len(y) + np.arange(len(g))
        else:
            place, other = _places(labels, verdicts, task)
            for name, frame in (("labels", labels), ("verdicts", verdicts)):
                with naming(name):
                    check_once(frame, task)
        size = int(max([*place, *other], default=-1)) + 1
        sums = [np.bincount(place, w, size) for w in (np.ones(len(y)), y, f, y * f)]
        sums += [np.bincount(other, w, size) for w in (np.ones(len(g)), g)]
        seen = _Seen(*(s.astype(np.float64) for s in sums))
        if seen.labelled < 2:  # noqa: PLR2004  (one shows no spread)
            raise ValueError(f"labels must be of at least 2 tasks, got {len(y)} labels of {seen.labelled}")
        if not len(g):
            raise ValueError("verdicts must have a row for each attempt that is not labelled, got none")
        seen.warn_chosen()
        return seen

    def warn_chosen(self) -> None:
        """Says where labels are of one verdict alone, and as many tasks at random would hardly be."""
        labels, accepted = self.labels.sum(), self.accepted.sum()
        share = self.others_accepted.sum() / self.others.sum()
        if accepted in (0.0, labels) and power(share if accepted else 1.0 - share, self.labelled) < RARE:
            kind = "accepted" if accepted else "rejected"
            warn_at_user(
                f"all {labels:g} labels are of {kind} attempts, but {share:.3g} of the other attempts are accepted: "
                "labels that were chosen by the verdict do not tell the accuracy; label a random sample",
                MisfitWarning,
            )

    @property
    def labelled(self) -> int:
        """Tasks with a labelled attempt."""
        return int((self.labels > 0).sum())

    def se(self, influence: Array, least: float) -> float:
        """The standard error of a sum over tasks of what each contributes.

        At least that of independent attempts, whose variance is given: few tasks may agree by chance.
        """
        return math.sqrt(max(float((influence**2).sum()) * self.labelled / (self.labelled - 1), least))


@dataclasses.dataclass(frozen=True)
class _Found:
    """An estimate, and how much further errors that were not seen could move it."""

    estimate: float
    se: float
    below: float = 0.0
    above: float = 0.0
    #: Of an interval that is not the estimate and its error on either side.
    limits: tuple[float, float] | None = None


def _labels(seen: _Seen, alpha: float) -> _Found:
    m = seen.labels.sum()
    mean = float(seen.correct.sum() / m)
    bound = unseen(seen.labelled, alpha)
    below, above = bound * (mean == 1.0), bound * (mean == 0.0)
    least = mean * (1.0 - mean) / m
    return _Found(mean, seen.se((seen.correct - mean * seen.labels) / m, least), below, above)


def _ppi(seen: _Seen, alpha: float) -> _Found:
    m, n = seen.labels.sum(), seen.others.sum()
    y, f, g = seen.correct.sum() / m, seen.accepted.sum() / m, seen.others_accepted.sum() / n
    variance = f * (1.0 - f)
    lam = float((seen.both.sum() / m - y * f) / (variance * (1.0 + m / n))) if variance > 0.0 else 0.0
    label = (seen.correct - y * seen.labels) / m - lam * (seen.accepted - f * seen.labels) / m
    verdict = lam * (seen.others_accepted - g * seen.others) / n
    estimate = float(y + lam * (g - f))
    bound = unseen(seen.labelled, alpha)
    agree = seen.both.sum() == seen.correct.sum() == seen.accepted.sum()
    only = seen.correct.sum() in (0.0, m)
    below, above = bound * (agree or (only and y == 1.0)), bound * (agree or (only and y == 0.0))
    residual = y * (1.0 - y) - 2.0 * lam * (seen.both.sum() / m - y * f) + lam**2 * variance
    least = max(residual, 0.0) / m + lam**2 * g * (1.0 - g) / n
    return _Found(estimate, seen.se(label + verdict, least), below, above)


def _rates(seen: _Seen) -> tuple[float, float, float, Array, Array]:
    """The share of accepted verdicts, q0 and q1, and the wrong and the correct labelled attempts of each task."""
    right, wrong = seen.correct, seen.labels - seen.correct
    if not right.sum() or not wrong.sum():
        raise ValueError(
            f"labels must hold correct and wrong attempts, got {right.sum():g} correct of {seen.labels.sum():g}: "
            "method='labels' or 'ppi' takes them"
        )
    q0 = 1.0 - float((seen.accepted - seen.both).sum() / wrong.sum())
    q1 = float(seen.both.sum() / right.sum())
    if q0 + q1 <= 1.0:
        raise ValueError(
            f"labels must show a judge that accepts correct attempts more often than wrong ones, got {q1:g} "
            f"and {1 - q0:g}"
        )
    return float(seen.others_accepted.sum() / seen.others.sum()), q0, q1, wrong, right


def _rogan_gladen(seen: _Seen, alpha: float) -> _Found:
    p, q0, q1, wrong, right = _rates(seen)
    youden = q0 + q1 - 1.0
    estimate = (p + q0 - 1.0) / youden
    slopes = 1.0 / youden, (1.0 - estimate) / youden, estimate / youden
    taken = (seen.others_accepted - p * seen.others) / seen.others.sum()
    false = (seen.accepted - seen.both - (1.0 - q0) * wrong) / wrong.sum()
    true = (seen.both - q1 * right) / right.sum()
    influence = slopes[0] * taken - slopes[1] * false - slopes[2] * true
    # False positives that were not seen would lower the estimate, false negatives would raise it.
    below = max(slopes[1], 0.0) * unseen(int((wrong > 0).sum()), alpha) * (q0 == 1.0)
    above = max(slopes[2], 0.0) * unseen(int((right > 0).sum()), alpha) * (q1 == 1.0)
    shares = (p, seen.others.sum()), (q0, wrong.sum()), (q1, right.sum())
    apart = [x * (1.0 - x) / float(size) for x, size in shares]
    least = sum(slope**2 * variance for slope, variance in zip(slopes, apart, strict=True))
    numerator, denominator = taken - false, true - false
    spread = seen.labelled / (seen.labelled - 1)
    covariances = [
        spread * float((x * y).sum())
        for x, y in ((numerator, numerator), (numerator, denominator), (denominator, denominator))
    ]
    limits = [
        _fieller((p + q0 - 1.0, youden), student(seen.labelled - 1, alpha), of)
        for of in (covariances, [apart[0] + apart[1], apart[1], apart[1] + apart[2]])
    ]
    ends = min(low for low, _ in limits), max(high for _, high in limits)
    return _Found(estimate, seen.se(influence, least), below, above, ends)


def _fieller(parts: tuple[float, float], quantile: float, covariances: list[float]) -> tuple[float, float]:
    """The limits of numerator over denominator, from the variance of one, their covariance and that of the other.

    Infinite where the denominator is not told from 0.
    """
    (numerator, denominator), (first, both, second) = parts, (quantile**2 * x for x in covariances)
    square, middle, rest = denominator**2 - second, numerator * denominator - both, numerator**2 - first
    if square <= 0.0:
        return -math.inf, math.inf
    root = math.sqrt(max(middle**2 - square * rest, 0.0))
    return (middle - root) / square, (middle + root) / square


def _lee(seen: _Seen, alpha: float) -> tuple[float, float, float, float]:
    """Independent attempts: the adjusted interval, whose shares have pseudo-counts and whose centre is moved."""
    p, q0, q1, wrong, right = _rates(seen)
    z = student(0, alpha)
    n, m0, m1 = seen.others.sum() + z * z, wrong.sum() + 2.0, right.sum() + 2.0
    p_adjusted = (seen.others_accepted.sum() + z * z / 2.0) / n
    a0, a1 = (q0 * wrong.sum() + 1.0) / m0, (q1 * right.sum() + 1.0) / m1
    youden = a0 + a1 - 1.0
    middle = (p_adjusted + a0 - 1.0) / youden
    v0, v1 = a0 * (1.0 - a0) / m0, a1 * (1.0 - a1) / m1
    spread = p_adjusted * (1.0 - p_adjusted) / n + (1.0 - middle) ** 2 * v0 + middle**2 * v1
    se = math.sqrt(spread) / youden
    centre = middle + 2.0 * z * z * (middle * v1 - (1.0 - middle) * v0)
    return (p + q0 - 1.0) / (q0 + q1 - 1.0), se, centre - z * se, centre + z * se


def _places(labels: pl.DataFrame, verdicts: pl.DataFrame, task: str) -> list[npt.NDArray[np.int64]]:
    """The number of the task of every row, in both frames."""
    for name, frame in (("labels", labels), ("verdicts", verdicts)):
        with naming(name):
            as_column(frame, "task", task, of="names")
    columns = [frame.get_column(task) for frame in (labels, verdicts)]
    names = pl.concat(
        pl.Series([str(name) for name in column.to_list()]) if column.dtype.is_nested() else column.cast(pl.String)
        for column in columns
    )
    numbers = (names.rank("dense") - 1).to_numpy().astype(np.int64)
    return [numbers[: labels.height], numbers[labels.height :]]


def _flags(frame: pl.DataFrame, argument: str, column: str, of: str) -> Array:
    with naming(of):
        return flags(frame, argument, column).astype(np.float64)
