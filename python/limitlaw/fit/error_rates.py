"""False positive and false negative rates of a verifier, from its counts beside those of a stronger one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, check_choice
from limitlaw.closed_form._evaluate import evaluate
from limitlaw.fit._counts import column
from limitlaw.fit.beta_binomial import fit_beta_binomial

if TYPE_CHECKING:
    import numpy.typing as npt

    Counts = npt.NDArray[np.float64]


def fit_error_rates(
    attempts: npt.ArrayLike,
    accepted: npt.ArrayLike,
    accepted_correct: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    by: Literal["population", "task"] = "population",
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Fit a weak verifier's error rates, taking a stronger verifier as the truth.

    Of a task's n - c wrong attempts A - t were accepted, and of its c correct ones c - t were rejected; across tasks
    each rate is Beta-distributed (:func:`fit_beta_binomial`), and a task's own rate is its posterior under that
    population: alpha + its count over alpha + beta + its attempts. Tasks with few attempts shrink to the mean. What
    the strong verifier misses is missed here too.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        accepted: A, accepted by the weak verifier.
        accepted_correct: t, accepted and correct.
        correct: c, correct by the strong verifier.
        by: ``"population"``: the distribution of each rate over tasks; ``"task"``: each task's own rates.
        confidence: Of the intervals, in (0, 1): profile likelihood for the population, posterior for a task.

    Returns:
        ``by="population"``: a row per ``rate`` (``false_positive_rate``, ``false_negative_rate``) and ``quantity``
        (``alpha``, ``beta``, ``mean``, ``icc``), with ``estimate``, ``low``, ``high``, ``log_likelihood``, ``tasks``.
        ``by="task"``: a row per task and ``rate``, with ``task`` (from 0), ``errors``, ``of`` (attempts that could
        err), ``raw`` (null where ``of`` is 0), ``estimate``, ``low``, ``high``. A rate whose errors never or always
        occur has its mean 0 or 1 and no interval (null).

    Raises:
        ValueError: A count is out of range, or counts contradict each other.

    Source: beta-binomial shrinkage, as in Efron and Morris, JASA 70 (1975), for proportions.

    Example:
        >>> from limitlaw import fit
        >>> frame = fit.fit_error_rates(20, [9, 5, 12, 3], [8, 5, 10, 1], [10, 5, 14, 1], by="task")
        >>> frame.filter(rate="false_positive_rate").select("errors", "of", pl.col("raw", "estimate").round(3)).rows()
        [(1, 10, 0.1, 0.1), (0, 15, 0.0, 0.1), (2, 6, 0.333, 0.1), (2, 19, 0.105, 0.1)]
    """
    check_choice(by, "by", ("population", "task"))
    confidence = as_confidence(confidence)
    n, a = column("attempts", attempts), column("accepted", accepted)
    t, c = column("accepted_correct", accepted_correct), column("correct", correct)
    n, a, t, c = _checked(n.repeat(len(c)) if len(n) == 1 else n, a, t, c)
    counts = {"false_positive_rate": (a - t, n - c), "false_negative_rate": (c - t, c)}
    make = _population if by == "population" else _tasks
    frames = [make(rate, errors, of, confidence) for rate, (errors, of) in counts.items()]
    return pl.concat(frames)


def _checked(*counts: Counts) -> tuple[Counts, ...]:
    n, a, t, c = counts
    if len({len(x) for x in counts}) > 1:
        lengths = ", ".join(str(len(x)) for x in counts)
        raise ValueError(f"attempts, accepted, accepted_correct and correct must be equally long, got {lengths}")
    # The formula of a finite pool refuses counts that contradict each other, by name.
    names = ("attempts", "accepted", "accepted_correct", "correct", "max_attempts", "fallback")
    evaluate("finite_pool", dict(zip(names, (n, a, t, c, 0.0, 0.0), strict=True)))
    return counts


def _fit(errors: Counts, of: Counts, confidence: float) -> pl.DataFrame:
    total, possible = errors.sum(), of.sum()
    if 0 < total < possible:
        return fit_beta_binomial(of, errors, confidence=confidence).select(
            "quantity", "estimate", "low", "high", "log_likelihood", "tasks"
        )
    mean = None if possible == 0 else float(total / possible)
    schema = {"quantity": pl.String, "estimate": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    rows = [(name, mean if name == "mean" else None, None, None) for name in ("alpha", "beta", "mean", "icc")]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(None if mean is None else 0.0, pl.Float64).alias("log_likelihood"),
        pl.lit(len(of), pl.Int64).alias("tasks"),
    )


def _population(rate: str, errors: Counts, of: Counts, confidence: float) -> pl.DataFrame:
    return _fit(errors, of, confidence).select(pl.lit(rate).alias("rate"), pl.all())


def _tasks(rate: str, errors: Counts, of: Counts, confidence: float) -> pl.DataFrame:
    population = dict(_fit(errors, of, confidence).select("quantity", "estimate").iter_rows())
    raw = np.divide(errors, of, out=np.full(len(of), np.nan), where=of > 0)
    nowhere = np.full(len(of), np.nan)
    if population["alpha"] is None:
        mean = population["mean"]
        estimate, low, high = np.full(len(of), np.nan if mean is None else mean), nowhere, nowhere
    else:
        alpha, beta = population["alpha"] + errors, population["beta"] + (of - errors)
        estimate = alpha / (alpha + beta)
        tail = (1 - confidence) / 2
        low, high = (evaluate("beta_quantile", {"alpha": alpha, "beta": beta, "p": p})[0] for p in (tail, 1 - tail))
    columns = {"raw": raw, "estimate": estimate, "low": low, "high": high}
    counts = {"errors": errors.astype(np.int64), "of": of.astype(np.int64)}
    return pl.DataFrame({"task": np.arange(len(of))} | counts | columns).select(
        "task", pl.lit(rate).alias("rate"), "errors", "of", pl.col(*columns).fill_nan(None)
    )
