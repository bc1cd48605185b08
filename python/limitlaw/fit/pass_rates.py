"""Mean pass@k and pass^k of a benchmark, with standard errors and intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_clusters, as_confidence, as_threads, as_whole, check_choice, check_progress
from limitlaw.fit._counts import MAX_RESAMPLES, column, counts
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Resample = Literal["tasks", "attempts"]


def pass_at_k(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    resample: Resample = "tasks",
    cluster: Sequence[object] | npt.ArrayLike | None = None,
    confidence: float = 0.95,
    bootstrap: int | None = None,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Mean pass@k over tasks: the share of tasks of which some of k attempts is correct.

    Each task's 1 - C(n-c, k)/C(n, k) is unbiased and exists for n >= k only: where any task has fewer than k attempts
    the mean is null, never a mean over other tasks and never 1.0, and ``reason`` says how many tasks are short.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        correct: c, correct ones among them; booleans for tasks attempted once.
        k: Numbers of attempts, whole numbers >= 1.
        resample: What the standard error and the interval are about. ``"tasks"``: would other tasks say the same?
            ``"attempts"``: would other answers to these tasks? The latter's standard error is unbiased and needs
            n >= 2k (null otherwise).
        cluster: The name of each task's cluster (questions about one text, bugs of one repository): other clusters are
            asked for in place of other tasks, with the standard error and the limits of as many equal clusters as know
            the mean as well (Kish); of clusters of one size that is the error of Liang and Zeger, with a degree of
            freedom less. Without it each task stands alone.
        confidence: Of the interval, in [1e-9, 1 - 1e-9]. Over tasks it has the limits of Gaffke for a mean of values
            in [0, 1], by their Beta approximation: Clopper and Pearson's where all values are 0 and 1. Over attempts
            it has Clopper and Pearson's limits with the effective number of independent trials (Korn and Graubard).
            ``docs/intervals.md`` has the coverage.
        bootstrap: Of no effect, as ``seed`` and ``threads``: the interval once was a bootstrap, and needs none.
        seed: Of no effect.
        threads: Of no effect.
        progress: Called with (0, 0) until the result is there.

    Returns:
        One row per k: ``k``, ``pass_at_k``, ``low``, ``high`` (null for one task, or cluster, resampled over tasks: it
        says nothing about others), ``pass_at_k_se``, ``reason`` (why one of these is null; null where none is),
        ``tasks``, ``clusters`` (where given), ``resample``, ``confidence``.

    Raises:
        ValueError: A count is out of range, or ``cluster`` is not as long as the tasks, has a null, or stands beside
            ``resample="attempts"``.
        TypeError: ``cluster`` is no sequence.

    Source: Chen et al., arXiv 2107.03374, equation 1; Gaffke, Mathematical Methods of Statistics 14 (2005); Korn and
    Graubard, Survey Methodology 24 (1998); clusters: Liang and Zeger, Biometrika 73 (1986), Miller, arXiv 2411.00640.

    Example:
        >>> import limitlaw as ll
        >>> frame = ll.pass_at_k([10, 10, 10, 10], [0, 1, 5, 10], [1, 5, 20])
        >>> frame.select("k", pl.col("pass_at_k", "pass_at_k_se").round(4)).rows()
        [(1, 0.4, 0.2273), (5, 0.624, 0.2388), (20, None, None)]
        >>> frame["reason"][2]
        '4 of 4 tasks have fewer than 20 attempts, the first is task 0 (from 0) with 10'
        >>> frame = ll.pass_at_k(1, [1, 1, 1, 0, 0, 1], 1, cluster=["a", "a", "a", "b", "b", "c"])
        >>> frame.select("clusters", pl.col("low", "high", "pass_at_k_se").round(3)).row(0)
        (3, 0.071, 0.995, 0.376)
    """
    _check_unused(bootstrap, seed, threads)
    return _pass_rates(
        "pass_at_k", attempts, correct, k, resample=resample, cluster=cluster, confidence=confidence, progress=progress
    )


def pass_hat_k(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    resample: Resample = "tasks",
    cluster: Sequence[object] | npt.ArrayLike | None = None,
    confidence: float = 0.95,
    bootstrap: int | None = None,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Mean pass^k over tasks: the share of tasks of which all of k attempts are correct.

    Each task's C(c, k)/C(n, k) is unbiased and exists for n >= k only: where any task has fewer than k attempts the
    mean is null, and ``reason`` says how many tasks are short.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        correct: c, correct ones among them; booleans for tasks attempted once.
        k: Numbers of attempts, whole numbers >= 1.
        resample: As in :func:`pass_at_k`, with ``cluster`` and ``confidence``.
        cluster: The name of each task's cluster.
        confidence: Of the interval.
        bootstrap: Of no effect, as in :func:`pass_at_k`.
        seed: Of no effect.
        threads: Of no effect.
        progress: As in :func:`pass_at_k`.

    Returns:
        One row per k: ``k``, ``pass_hat_k``, ``low``, ``high``, ``pass_hat_k_se``, ``reason``, ``tasks``,
        ``clusters`` (where given), ``resample``, ``confidence``.

    Raises:
        ValueError: A count is out of range, or ``cluster`` is not as long as the tasks, has a null, or stands beside
            ``resample="attempts"``.
        TypeError: ``cluster`` is no sequence.

    Source: Yao et al., tau-bench, arXiv 2406.12045, section 4.

    Example:
        >>> import limitlaw as ll
        >>> ll.pass_hat_k(4, [4, 3, 0], [1, 2, 4])["pass_hat_k"].round(4).to_list()
        [0.5833, 0.5, 0.3333]
    """
    _check_unused(bootstrap, seed, threads)
    return _pass_rates(
        "pass_hat_k", attempts, correct, k, resample=resample, cluster=cluster, confidence=confidence, progress=progress
    )


def _check_unused(bootstrap: object, seed: Seed | None, threads: object) -> None:
    """What once chose a bootstrap is still an error where it was one."""
    as_threads(threads)
    if bootstrap is not None:
        as_whole(bootstrap, "bootstrap", 0, MAX_RESAMPLES)
    if seed is not None:
        key_of(seed)


def _pass_rates(
    rate: str,
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    resample: str,
    cluster: Sequence[object] | npt.ArrayLike | None,
    confidence: float,
    progress: Callable[[int, int], object] | None,
) -> pl.DataFrame:
    check_choice(resample, "resample", ("tasks", "attempts"))
    check_progress(progress)
    confidence = as_confidence(confidence)
    n, c = counts(attempts, correct)
    ks = column("k", k, counts=False)
    of = None if cluster is None else as_clusters(cluster, "cluster")
    if of is not None and len(of) != len(c):
        raise ValueError(f"cluster must be as long as correct ({len(c)}), got {len(of)}")
    if of is not None and resample == "attempts":
        raise ValueError("cluster must be None where resample is 'attempts', which is about these very tasks; got one")
    sampled = len(c) if of is None else int(of.max()) + 1
    options: dict[str, Any] = {"resample": resample, "cluster": None if of is None else of.astype(np.float64)}
    found = _core.pass_rates(rate, n, c, ks, **options, confidence=confidence, progress=progress)
    estimates = {
        rate: found["estimate"],
        "low": found["low"],
        "high": found["high"],
        f"{rate}_se": found["standard_error"],
    }
    if resample == "tasks" and sampled == 1:  # one task, or cluster, says nothing about others
        estimates |= {name: np.full(len(ks), math.nan) for name in ("low", "high")}
    return pl.DataFrame({"k": ks.astype("int64")} | estimates).with_columns(
        pl.col(*estimates).fill_nan(None),
        pl.Series("reason", [_why_null(n, one, resample, sampled) for one in ks], pl.String),
        pl.lit(len(c), pl.Int64).alias("tasks"),
        *([] if of is None else [pl.lit(sampled, pl.Int64).alias("clusters")]),
        pl.lit(resample, pl.String).alias("resample"),
        pl.lit(confidence, pl.Float64).alias("confidence"),
    )


def _why_null(n: npt.NDArray[np.float64], k: float, resample: str, sampled: int) -> str | None:
    """What is missing where an estimate, its standard error or its interval is null."""
    needs = [(k, f"{k:.0f}")] + ([(2 * k, f"2k = {2 * k:.0f}")] if resample == "attempts" else [])
    for least, words in needs:
        short = np.flatnonzero(n < least)
        if len(short):
            first = f"the first is task {short[0]} (from 0) with {n[short[0]]:.0f}"
            return f"{len(short)} of {len(n)} tasks have fewer than {words} attempts, {first}"
    if resample == "attempts" or sampled > 1:
        return None
    return f"one {'task' if len(n) == 1 else 'cluster'} says nothing about others"
