"""Mean pass@k and pass^k of a benchmark, with standard errors and bootstrap intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import check_choice
from limitlaw.fit._counts import closing, column, counts, resampling

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from limitlaw.seed import Seed

    Resample = Literal["tasks", "attempts"]


def pass_at_k(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    resample: Resample = "tasks",
    bootstrap: int = 1_000,
    confidence: float = 0.95,
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
            n >= 2k (null otherwise); its interval is rough unless k is small against n.
        bootstrap: Resamples for the interval; 0 for none.
        confidence: Of the interval, in (0, 1): percentiles of the resampled means, moved so that their mean is the
            estimate.
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per k: ``k``, ``pass_at_k``, ``pass_at_k_se``, ``low``, ``high`` (null for one task resampled over
        tasks: it says nothing about others), ``reason`` (why one of these is null; null where none is, or where there
        is no bootstrap), ``tasks``, ``resample``, ``bootstrap``, ``confidence``, ``seed``.

    Raises:
        ValueError: A count is out of range, or a seed is missing.

    Source: Chen et al., arXiv 2107.03374, equation 1.

    Example:
        >>> import limitlaw as ll
        >>> frame = ll.pass_at_k([10, 10, 10, 10], [0, 1, 5, 10], [1, 5, 20], seed=1)
        >>> frame.select("k", pl.col("pass_at_k", "pass_at_k_se").round(4)).rows()
        [(1, 0.4, 0.2273), (5, 0.624, 0.2388), (20, None, None)]
        >>> frame["reason"][2]
        '4 of 4 tasks have fewer than 20 attempts, the first is task 0 (from 0) with 10'
    """
    return _pass_rates(
        "pass_at_k",
        attempts,
        correct,
        k,
        (resample, bootstrap, confidence),
        seed=seed,
        threads=threads,
        progress=progress,
    )


def pass_hat_k(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    resample: Resample = "tasks",
    bootstrap: int = 1_000,
    confidence: float = 0.95,
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
        resample: As in :func:`pass_at_k`.
        bootstrap: Resamples for the interval; 0 for none.
        confidence: Of the interval, in (0, 1).
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per k: ``k``, ``pass_hat_k``, ``pass_hat_k_se``, ``low``, ``high``, ``reason``, ``tasks``,
        ``resample``, ``bootstrap``, ``confidence``, ``seed``.

    Raises:
        ValueError: A count is out of range, or a seed is missing.

    Source: Yao et al., tau-bench, arXiv 2406.12045, section 4.

    Example:
        >>> import limitlaw as ll
        >>> ll.pass_hat_k(4, [4, 3, 0], [1, 2, 4], bootstrap=0)["pass_hat_k"].round(4).to_list()
        [0.5833, 0.5, 0.3333]
    """
    return _pass_rates(
        "pass_hat_k",
        attempts,
        correct,
        k,
        (resample, bootstrap, confidence),
        seed=seed,
        threads=threads,
        progress=progress,
    )


def _pass_rates(
    rate: str,
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    interval: tuple[str, int, float],
    *,
    seed: Seed | None,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
) -> pl.DataFrame:
    resample, bootstrap, confidence = interval
    check_choice(resample, "resample", ("tasks", "attempts"))
    options, text = resampling(bootstrap, seed, confidence=confidence, threads=threads, progress=progress)
    n, c = counts(attempts, correct)
    ks = column("k", k, counts=False)
    found = _core.pass_rates(rate, n, c, ks, resample=resample, **options)
    estimates = {
        rate: found["estimate"],
        f"{rate}_se": found["standard_error"],
        "low": found["low"],
        "high": found["high"],
    }
    if resample == "tasks" and len(c) == 1:  # one task says nothing about others
        estimates |= {name: np.full(len(ks), math.nan) for name in ("low", "high")}
    return pl.DataFrame({"k": ks.astype("int64")} | estimates).with_columns(
        pl.col(*estimates).fill_nan(None),
        pl.Series("reason", [_why_null(n, c, one, resample) for one in ks], pl.String),
        *closing(len(c), options, text, resample=resample, bootstrap=options["resamples"]),
    )


def _why_null(n: npt.NDArray[np.float64], c: npt.NDArray[np.float64], k: float, resample: str) -> str | None:
    """What is missing where an estimate, its standard error or its interval is null."""
    needs = [(k, f"{k:.0f}")] + ([(2 * k, f"2k = {2 * k:.0f}")] if resample == "attempts" else [])
    for least, words in needs:
        short = np.flatnonzero(n < least)
        if len(short):
            first = f"the first is task {short[0]} (from 0) with {n[short[0]]:.0f}"
            return f"{len(short)} of {len(n)} tasks have fewer than {words} attempts, {first}"
    return "one task says nothing about others" if resample == "tasks" and len(c) == 1 else None
