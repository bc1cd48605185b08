"""Error rates of a verifier: from its counts beside those of a stronger one, and their exact upper bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_confidence, check_choice
from limitlaw.closed_form._evaluate import evaluate
from limitlaw.fit._counts import MAX_COUNT, column
from limitlaw.fit.beta_binomial import fit_beta_binomial

if TYPE_CHECKING:
    import numpy.typing as npt

    Counts = npt.NDArray[np.float64]


def fit_error_rates(
    *,
    attempts: npt.ArrayLike,
    accepted: npt.ArrayLike,
    accepted_correct: npt.ArrayLike,
    correct: npt.ArrayLike,
    by: Literal["population", "task"] = "population",
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Fit a weak verifier's error rates, taking a stronger verifier as the truth.

    Of a task's n - c wrong attempts A - t were accepted, and of its c correct ones c - t were rejected; across tasks
    each rate is Beta-distributed (:func:`fit_beta_binomial`). A task's own rate is a posterior: its count joined to a
    Beta population which is itself integrated over what all counts say of it (prior: Jeffreys' Beta(1/2, 1/2) for the
    mean, uniform for icc), so that tasks with few attempts shrink to the mean, and the intervals know how little
    of the population is known. What the strong verifier misses is missed here too.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        accepted: A, accepted by the weak verifier.
        accepted_correct: t, accepted and correct.
        correct: c, correct by the strong verifier.
        by: ``"population"``: the distribution of each rate over tasks; ``"task"``: each task's own rates.
        confidence: Of the intervals, in (0, 1).

    Returns:
        ``by="population"``: a row per ``rate`` (``false_positive_rate``, ``false_negative_rate``) and ``quantity``
        (``alpha``, ``beta``, ``mean``, ``icc``), with ``estimate``, ``low``, ``high`` (likelihood ratio, as
        :func:`fit_beta_binomial`), ``reason``, ``log_likelihood``, ``tasks``.
        ``by="task"``: a row per task and ``rate``, with ``task`` (from 0), ``errors``, ``of`` (attempts that could
        err), ``raw`` (null where ``of`` is 0), ``estimate``, ``low``, ``high`` (of the posterior, equal tails),
        ``reason``.
        What the counts do not tell is null, or said less sharply, with the ``reason``: where they do not identify the
        spread of rates (one task, at most one attempt each) a rate has the exact limits of its own count (Clopper and
        Pearson); where errors never or always occurred the mean is (errors + 1/2)/(attempts + 1), Jeffreys' estimate,
        so that no verifier is taken for perfect, and its limits are exact for independent attempts.

    Raises:
        ValueError: A count is out of range, or counts contradict each other.

    Source: beta-binomial shrinkage, as in Efron and Morris, JASA 70 (1975), for proportions; Gelman et al., Bayesian
    Data Analysis, 3rd ed., section 5.3, for the integral over the population; Clopper and Pearson, Biometrika 26
    (1934).

    Example:
        >>> from limitlaw import fit
        >>> counts = {"accepted": [9, 5, 12], "accepted_correct": [8, 5, 10], "correct": [10, 5, 14]}
        >>> frame = fit.fit_error_rates(attempts=20, **counts, by="task").filter(rate="false_positive_rate")
        >>> frame.select("errors", "of", pl.col("estimate", "low", "high").round(3)).rows()
        [(1, 10, 0.117, 0.007, 0.353), (0, 15, 0.032, 0.0, 0.174), (2, 6, 0.279, 0.034, 0.653)]
    """
    check_choice(by, "by", ("population", "task"))
    confidence = as_confidence(confidence)
    n, a = column("attempts", attempts), column("accepted", accepted)
    t, c = column("accepted_correct", accepted_correct), column("correct", correct)
    n, a, t, c = _checked(n.repeat(len(c)) if len(n) == 1 else n, a, t, c)
    counts = {"false_positive_rate": (a - t, n - c), "false_negative_rate": (c - t, c)}
    if by == "task":
        return _tasks(counts, confidence)
    frames = [_population(*pair, confidence).with_columns(rate=pl.lit(rate)) for rate, pair in counts.items()]
    return pl.concat(frames).select("rate", pl.exclude("rate"))


def upper_bound(errors: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> float | Counts:
    """The exact one-sided upper bound of an error rate: it is below this with the given confidence.

    The rate at which ``errors`` errors or fewer in ``n`` independent answers have probability 1 - confidence. With no
    error it is 1 - (1 - confidence)^(1/n), about 3/n at 95 % (the rule of three; (errors + 3)/n with any error is too
    small). Answers of one task err together: give one answer a task, or take :func:`fit_error_rates`.

    Args:
        errors: Errors seen, whole numbers in [0, n]; one number or one a rate.
        n: Answers that could err, whole numbers >= 0; without any the bound is 1.
        confidence: In (0, 1).

    Returns:
        The bound in [0, 1]: a float for single numbers, else an array.

    Raises:
        ValueError: A count is no whole number or out of its range.

    Source: Clopper and Pearson, Biometrika 26 (1934).

    Example:
        >>> from limitlaw import fit
        >>> fit.upper_bound([0, 1, 5], 300).round(4)
        array([0.0099, 0.0157, 0.0347])
    """
    wrong, of = column("errors", errors), column("n", n)
    single = np.ndim(errors) == 0 and np.ndim(n) == 0
    wrong, of = (np.repeat(x, max(len(wrong), len(of))) if len(x) == 1 else x for x in (wrong, of))
    _checked_pair(wrong, of)
    bound = np.ones(len(of))
    some = wrong < of
    shapes = {"alpha": wrong[some] + 1, "beta": of[some] - wrong[some]}
    bound[some] = evaluate("beta_quantile", shapes | {"p": as_confidence(confidence)})[0]
    return float(bound[0]) if single else bound


def _checked(*counts: Counts) -> tuple[Counts, ...]:
    n, a, t, c = counts
    if len({len(x) for x in counts}) > 1:
        lengths = ", ".join(str(len(x)) for x in counts)
        raise ValueError(f"attempts, accepted, accepted_correct and correct must be equally long, got {lengths}")
    # The formula of a finite pool refuses counts that contradict each other, by name.
    names = ("attempts", "accepted", "accepted_correct", "correct", "max_attempts", "fallback")
    evaluate("finite_pool", dict(zip(names, (n, a, t, c, 0.0, 0.0), strict=True)))
    return counts


def _checked_pair(errors: Counts, of: Counts) -> None:
    if len(errors) != len(of):
        raise ValueError(f"errors and n must be equally long, got {len(errors)}, {len(of)}")
    for name, counts in (("errors", errors), ("n", of)):
        if not (inside := (counts >= 0) & (counts <= MAX_COUNT) & (counts == np.floor(counts))).all():
            raise ValueError(f"{name} must be whole numbers in [0, 2**53], got {counts[~inside][0]:g}")
    if (errors > of).any():
        at = int(np.argmax(errors > of))
        raise ValueError(f"errors must be at most n = {of[at]:g}, got {errors[at]:g}")


def _population(errors: Counts, of: Counts, confidence: float) -> pl.DataFrame:
    total, possible = errors.sum(), of.sum()
    columns = ("quantity", "estimate", "low", "high", "reason", "log_likelihood", "tasks")
    if 0 < total < possible:
        fit = fit_beta_binomial(of, errors, confidence=confidence).select(columns)
        # One task, or one attempt each: the mean has the exact limits of what was seen together.
        single = (of > 0).sum() == 1
        return fit if not single else _with_mean(fit, *_exact(total, possible, confidence), None)
    reason = "no attempt could err" if possible == 0 else f"{'no' if total == 0 else 'every'} attempt erred"
    schema = {"quantity": pl.String, "estimate": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    rows = [(name, None, None, None) for name in ("alpha", "beta", "mean", "icc")]
    empty = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(reason).alias("reason"),
        pl.lit(None if possible == 0 else 0.0, pl.Float64).alias("log_likelihood"),
        pl.lit(len(of), pl.Int64).alias("tasks"),
    )
    if possible == 0:
        return empty
    middle = (total + 0.5) / (possible + 1)
    note = f"{reason}: Jeffreys' estimate, exact limits for independent attempts"
    return _with_mean(empty, *_exact(total, possible, confidence), note, middle)


def _exact(errors: float, of: float, confidence: float) -> tuple[float, float]:
    """The limits of Clopper and Pearson."""
    tail = (1 - confidence) / 2
    beta = {"alpha": errors, "beta": of - errors + 1, "p": tail}
    low = 0.0 if errors == 0 else evaluate("beta_quantile", beta)[0]
    return float(low), float(upper_bound(errors, of, confidence=1 - tail))


def _with_mean(
    frame: pl.DataFrame, low: float, high: float, reason: str | None, estimate: float | None = None
) -> pl.DataFrame:
    values = {"low": low, "high": high, "reason": reason} | ({} if estimate is None else {"estimate": estimate})
    here = pl.col("quantity") == "mean"
    return frame.with_columns(
        pl.when(here).then(pl.lit(value, frame.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def _tasks(counts: dict[str, tuple[Counts, Counts]], confidence: float) -> pl.DataFrame:
    errors, of = (np.concatenate(column) for column in zip(*counts.values(), strict=True))
    found = [_core.task_rates(of, errors, confidence) for errors, of in counts.values()]
    size = len(of) // len(found)
    raw = np.divide(errors, of, out=np.full(len(of), np.nan), where=of > 0)
    shares = {"raw": raw} | {name: np.concatenate([f[name] for f in found]) for name in ("estimate", "low", "high")}
    return pl.DataFrame(
        {
            "task": np.tile(np.arange(size), len(found)),
            "rate": np.repeat(list(counts), size).tolist(),
            "errors": errors.astype(np.int64),
            "of": of.astype(np.int64),
            **{name: pl.Series(share, nan_to_null=True) for name, share in shares.items()},
            "reason": pl.Series([f["reason"] for f in found for _ in range(size)], dtype=pl.String),
        }
    )
