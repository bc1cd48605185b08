"""How well a judge's scores tell correct from wrong attempts: AUC, d', error rates and kappa, by tasks."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_confidence, as_number, as_numbers, check_choice, check_flag, shown
from limitlaw._elementary import exp, normal_cdf, normal_quantile
from limitlaw._frames import Alike
from limitlaw._show import Frames
from limitlaw.errors import MisfitWarning
from limitlaw.fit.clusters import Clusters, alike, logit_limits
from limitlaw.sampling.labels import by_task
from limitlaw.sampling.verifier import JudgeVerifier, LabelledVerifier, Verifier

Array = npt.NDArray[np.float64]
_SQRT_2_PI = math.sqrt(2.0 * math.pi)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class JudgeFit(Alike, Frames):
    """A judge as its labelled scores show it; made by :func:`fit_judge`.

    Attributes:
        estimates: A row per ``quantity`` with ``estimate``, ``se``, ``low``, ``high`` and a ``reason`` where a value
            is null: ``auc``, P(a correct attempt scores above a wrong one), ties counting half, over all pairs;
            ``auc_within``, the same over pairs of one task, a mean over the tasks that have both; ``d_prime`` and
            ``d_prime_within``, sqrt(2) times the normal quantile of these; with a threshold ``false_positive_rate``,
            ``false_negative_rate`` and ``kappa`` (Cohen's, of verdict and label).
        roc: The corners of the convex hull of the receiver operating curve: ``threshold`` (scores above it are
            accepted; null accepts all), ``false_positive_rate``, ``true_positive_rate``.
    """

    estimates: pl.DataFrame
    roc: pl.DataFrame
    _threshold: float | None
    _counts: Sequence[Array] | None = dataclasses.field(repr=False)

    @overload
    def verifier(
        self, *, pairs: Literal["all", "task"] = "all", posterior: Literal[False] = False
    ) -> JudgeVerifier: ...
    @overload
    def verifier(self, *, posterior: Literal[True]) -> LabelledVerifier: ...
    def verifier(
        self, *, pairs: Literal["all", "task"] = "all", posterior: bool = False
    ) -> JudgeVerifier | LabelledVerifier:
        """The judge as a verifier of scenarios, with the fitted d' and the fitted false positive rate, if any.

        Args:
            posterior: ``True`` gives what the labels leave open of the error rates at the threshold, as
                ``Verifier.from_labels`` of the same verdicts: for policies that ask for verdicts. ``False`` gives one
                judge, which has scores too.
            pairs: Whose d' it has: of ``"all"`` pairs (what a threshold sees), or of those of one ``"task"`` (what
                ``BestOf`` and votes see, where tasks differ in how high all their attempts score).

        Raises:
            ValueError: That d' is not known, or no threshold was given, without which there are no verdicts.

        Warns:
            MisfitWarning: The judge's scores are not normal with equal variances: at the threshold its d' implies a
                false negative rate outside the interval of the measured one.
        """
        check_flag(posterior, "posterior")
        if posterior:
            if self._counts is None:
                raise ValueError("posterior must be False for a judge that was fitted without a threshold, got True")
            return LabelledVerifier.of_counts(self._counts)
        check_choice(pairs, "pairs", ("all", "task"))
        name = "d_prime" if pairs == "all" else "d_prime_within"
        (d_prime, reason) = self.estimates.filter(quantity=name).select("estimate", "reason").row(0)
        if d_prime is None:
            raise ValueError(f"pairs must be of a known d', got {shown(pairs)}: {reason}")
        if self._threshold is not None:
            self._warn_outside(1.0 - normal_cdf(d_prime - self._threshold), pairs)
        return Verifier.judge(d_prime=d_prime, threshold=self._threshold)

    def _warn_outside(self, implied: float, pairs: str) -> None:
        """Says where normal scores with the fitted d' reject other shares of correct attempts than were seen."""
        columns = ("estimate", "low", "high")
        rate, low, high = self.estimates.filter(quantity="false_negative_rate").select(columns).row(0)
        if not low <= implied <= high:
            warnings.warn(
                f"false_negative_rate: at the threshold the labels show {rate:.3g} [{low:.3g}, {high:.3g}], a judge "
                f"with normal scores of equal variance and the d' of pairs={pairs!r} has {implied:.3g}. Its verdicts "
                "are not those that were labelled, and its highest scores need not be either: for policies that ask "
                "for verdicts take verifier(posterior=True), or Verifier.rates of the measured rates; for policies "
                "that read scores the recorded attempts, Tasks.from_attempts(score=)",
                MisfitWarning,
                stacklevel=3,
            )


def fit_judge(
    *,
    score: npt.ArrayLike,
    correct: npt.ArrayLike,
    task: Any = None,
    threshold: float | None = None,
    confidence: float = 0.95,
) -> JudgeFit:
    """Fit a judge to the scores of labelled attempts.

    Standard errors are those of sums over tasks (linearised; of the AUC by the placements of DeLong et al. and
    Obuchowski), limits have Student's t for the tasks: of shares and AUCs on the scale of the logit, of kappa on that
    of the share of attempts where judge and label differ. Where no error was seen the limit is the exact one of Clopper
    and Pearson, a task counted once; where all wrong, or all correct, attempts score (or are judged) alike, limits of
    AUC and kappa take in as many others as that number of tasks can miss. Tasks that hold unequal parts of the correct
    (or the wrong) attempts count as fewer, (sum of sizes)^2/(sum of squares); where one task holds all, the standard
    error is null and the limits are those of no knowledge.

    Args:
        score: Scores, shape ``(attempts,)``, of any scale: only their order counts.
        correct: Labels, shape ``(attempts,)``: booleans, or 0 and 1.
        task: Names or numbers of tasks, shape ``(attempts,)``; ``None`` takes each attempt for a task of its own.
        threshold: Scores above it are accepted; without it there are no error rates.
        confidence: Of the intervals, in (0, 1).

    Raises:
        ValueError: A label is not 0 or 1, lengths differ, or there are no correct or no wrong attempts.
        TypeError: Scores are no numbers.

    Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); Obuchowski, Biometrics 53 (1997), for clusters;
    Cohen (1960) for kappa.

    Example:
        >>> from limitlaw import fit
        >>> scores, labels = [0.9, 0.4, 0.7, 0.2, 0.8, 0.6], [1, 0, 1, 0, 0, 1]
        >>> judge = fit.fit_judge(score=scores, correct=labels, task=["a", "a", "b", "b", "c", "c"], threshold=0.5)
        >>> judge.estimates.select("quantity", pl.col("estimate").round(3)).head(3).rows()
        [('auc', 0.778), ('d_prime', 1.081), ('auc_within', 0.667)]
        >>> round(judge.verifier().d_prime, 3)
        1.081
    """
    s = as_numbers(score, "score", "a one-dimensional sequence of numbers", dimensions=(1,)).astype(np.float64)
    y = as_numbers(
        correct, "correct", "a one-dimensional sequence of booleans, or of 0 and 1", dimensions=(1,), counts=True
    )
    y = y.astype(np.float64)
    if not np.isfinite(s).all():
        raise ValueError(f"score must be finite, got {s[~np.isfinite(s)][0]}")
    if not ((y == 0) | (y == 1)).all():
        raise ValueError(f"correct must be booleans, or 0 and 1, got {y[(y != 0) & (y != 1)][0]:g}")
    if len(s) != len(y):
        raise ValueError(f"score and correct must be equally long, got {len(s)}, {len(y)}")
    if not 0 < y.sum() < len(y):
        raise ValueError(f"correct must have both correct and wrong attempts, got {int(y.sum())} correct of {len(y)}")
    clusters = Clusters.of(task, len(s), as_confidence(confidence))
    rows = _auc(s, y, clusters) + _auc_within(s, y, clusters, known=task is not None)
    at, counts = None, None
    if threshold is not None:
        accepted = (s > as_number(threshold, "threshold")).astype(np.float64)
        rows += _verdicts(accepted, y, clusters)
        counts = by_task(clusters.place, accepted.astype(np.int64), y.astype(np.int64))
        # On the scale of the judge the wrong scores are standard normal; a share of none or all is known less well.
        wrong = (y == 0).sum()
        at = normal_quantile(1.0 - float((accepted[y == 0].sum() + 0.5) / (wrong + 1)))
        share = accepted[y == 0].mean()
        at = normal_quantile(1.0 - float(share)) if 0 < share < 1 else at
    names = ("quantity", "estimate", "se", "low", "high", "reason")
    schema = {name: pl.String if name in ("quantity", "reason") else pl.Float64 for name in names}
    return JudgeFit(pl.DataFrame(rows, schema=schema, orient="row"), _corners(s, y), at, counts)


Row = tuple[str, float | None, float | None, float | None, float | None, str | None]


def _auc(s: Array, y: Array, clusters: Clusters) -> list[Row]:
    below, above = _above(s, s[y == 0]), 1.0 - _above(s, s[y == 1])
    auc = float(below[y == 1].mean())
    influence = np.where(y == 1, (below - auc) / y.sum(), (above - auc) / (1.0 - y).sum())
    effective = clusters.effective(y == 1, y == 0)
    se = clusters.se(influence, effective)
    ends = [*clusters.limits(auc, se, effective)]
    for of in (y == 0, y == 1):
        own = clusters.effective(of)
        if alike(clusters.se(np.where(of, influence, 0.0), own)):
            ends += clusters.missed(auc, own)
    found = (auc, se, min(ends), max(ends))
    return [("auc", *found, _unspread(se)), _d_prime("d_prime", found)]


def _unspread(se: float | None) -> str | None:
    return None if se is not None else "all correct or all wrong attempts are of one task"


def _above(scores: Array, others: Array) -> Array:
    """The share of the others that each score is above, half of those that it equals."""
    others = np.sort(others)
    places = [np.searchsorted(others, scores, side) for side in ("left", "right")]
    return np.asarray((places[0] + places[1]) / (2.0 * len(others)), dtype=np.float64)


def _auc_within(s: Array, y: Array, clusters: Clusters, *, known: bool) -> list[Row]:
    tasks = [(s[rows][y[rows] == 1], s[rows][y[rows] == 0]) for rows in (clusters.rows() if known else [])]
    each = [float(_above(right, wrong).mean()) for right, wrong in tasks if len(right) and len(wrong)]
    if len(each) < 2:  # noqa: PLR2004  (one shows no spread)
        reason = f"{len(each)} tasks have both correct and wrong attempts" if known else "no tasks are given"
        return [(name, None, None, None, None, reason) for name in ("auc_within", "d_prime_within")]
    mean, se = float(np.mean(each)), float(np.std(each, ddof=1)) / math.sqrt(len(each))
    found = (mean, se, *clusters.limits(mean, se, len(each)))
    return [("auc_within", *found, None), _d_prime("d_prime_within", found)]


def _d_prime(name: str, auc: tuple[float, float | None, float, float]) -> Row:
    """The d' of an AUC and its limits; infinite ones are null."""

    def of(area: float) -> float | None:
        return math.sqrt(2.0) * normal_quantile(area) if 0.0 < area < 1.0 else None

    estimate, se, low, high = auc
    d_prime = of(estimate)
    if d_prime is None:
        side = "above" if estimate == 1.0 else "below"
        return name, None, None, of(low), of(high), f"every correct attempt scores {side} every wrong one"
    slope = math.sqrt(2.0) * _SQRT_2_PI * exp(d_prime**2 / 4.0)  # over the normal density at d'/sqrt 2
    return name, d_prime, None if se is None else slope * se, of(low), of(high), _unspread(se)


def _verdicts(accepted: Array, y: Array, clusters: Clusters) -> list[Row]:
    rows: list[Row] = []
    for name, of, error in (
        ("false_positive_rate", y == 0, accepted),
        ("false_negative_rate", y == 1, 1.0 - accepted),
    ):
        rate = float(error[of].mean())
        effective = clusters.effective(of)
        se = clusters.se(np.where(of, error - rate, 0.0) / of.sum(), effective)
        rows.append((name, rate, se, *clusters.limits(rate, se, effective), _unspread(se)))
    return [*rows, _kappa(accepted, y, clusters)]


def _kappa(accepted: Array, y: Array, clusters: Clusters) -> Row:
    """Cohen's, 1 less the share of disagreements over that of chance, whose limits are on the scale of the logit.

    Where the wrong attempts of all clusters were accepted alike, or the correct ones, as none or all of them are where
    no error was seen, limits take in what so many clusters can miss.
    """
    right, taken, both = float(y.mean()), float(accepted.mean()), float((y * accepted).mean())
    spread = right + taken - 2.0 * right * taken
    kappa = 2.0 * (both - right * taken) / spread

    def slope(other: float) -> float:
        return (-2.0 * other - kappa * (1.0 - 2.0 * other)) / spread

    influence = 2.0 / spread * (y * accepted - both) + slope(taken) * (y - right) + slope(right) * (accepted - taken)
    effective = clusters.effective(y == 1, y == 0)
    se = clusters.se(influence / len(y), effective)
    if se is None:
        return "kappa", kappa, None, -1.0, 1.0, _unspread(se)
    differ = right + taken - 2.0 * both
    low, high = differ, differ
    if 0.0 < differ < 1.0:
        low, high = logit_limits(differ, clusters.half(se, effective) * spread)
    ends = [1.0 - high / spread, 1.0 - low / spread]
    rates = [float(accepted[y == of].mean()) for of in (0, 1)]
    for of in (0, 1):
        own = clusters.effective(y == of)
        if alike(clusters.se(np.where(y == of, accepted - rates[of], 0.0) / len(y), own)):
            ends += [_agreement(right, *(*rates[:of], x, *rates[of + 1 :])) for x in clusters.missed(rates[of], own)]
    return "kappa", kappa, se, max(min(ends), -1.0), min(max(ends), 1.0), None


def _agreement(right: float, false: float, true: float) -> float:
    """Kappa of a share of correct attempts and the shares of wrong and of correct ones that are accepted."""
    both = right * true
    taken = both + (1.0 - right) * false
    return 2.0 * (both - right * taken) / (right + taken - 2.0 * right * taken)


def _corners(s: Array, y: Array) -> pl.DataFrame:
    """The upper convex hull of the curve, from accepting none to accepting all."""
    values, place = np.unique(s, return_inverse=True)
    right, wrong = (np.bincount(place, of, len(values)) for of in (y, 1.0 - y))
    above = [np.concatenate([[0.0], np.cumsum(x[::-1])]) / x.sum() for x in (wrong, right)]
    thresholds = [*values[::-1].tolist(), None]
    hull: list[int] = []
    points = list(zip(*(x.tolist() for x in above), strict=True))  # of plain numbers, which are read one by one
    for at, point in enumerate(points):
        while len(hull) > 1 and _turns_left(points[hull[-2]], points[hull[-1]], point):
            hull.pop()
        hull.append(at)
    return pl.DataFrame(
        {
            "threshold": pl.Series([thresholds[at] for at in hull], dtype=pl.Float64),
            "false_positive_rate": above[0][hull],
            "true_positive_rate": above[1][hull],
        }
    )


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    (x, y), (u, v), (p, q) = a, b, c
    return (u - x) * (q - y) - (v - y) * (p - x) >= 0.0
