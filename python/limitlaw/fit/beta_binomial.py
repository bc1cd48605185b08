"""A Beta population of tasks from counts: maximum likelihood, its intervals, and their likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_number, as_whole, check_choice, check_flag
from limitlaw.fit._counts import MAX_RESAMPLES, closing, counts, resampling

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from limitlaw.seed import Seed

_QUANTITIES = ("alpha", "beta", "mean", "icc", "unsolvable")


def fit_beta_binomial(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    unsolvable: bool = False,
    stopped_at: int | None = None,
    interval: Literal["profile", "bootstrap"] = "profile",
    bootstrap: int = 1_000,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Fit p ~ Beta(alpha, beta) over tasks, with a share of unsolvable ones if asked, by maximum likelihood.

    A task with c of n attempts correct has the likelihood C(n, c) B(alpha+c, beta+n-c)/B(alpha, beta); with a share z
    of tasks at p = 0 it is (1-z) times that, plus z where c = 0. A task that stopped at its r-th success has the
    negative binomial coefficient C(n-1, r-1) instead: the fit is the same, but c/n is then biased upwards and pass@k
    has no unbiased estimate, so the population is what such data can give.

    Args:
        attempts: n, attempts of each task; one number serves all tasks. Tasks without any say nothing and are left out.
        correct: c, correct ones among them.
        unsolvable: Fit the share z as well.
        stopped_at: r, where tasks stopped at that number of correct attempts; tasks below it ran out of attempts.
        interval: Both hold the values whose best log likelihood is within half a cut of the maximum.
            ``"profile"``: the cut is the squared quantile of Student's t with one degree of freedom less than tasks;
            ``"bootstrap"``: that of the likelihood ratio over resampled tasks, where larger.
        bootstrap: Resamples, for ``interval="bootstrap"``.
        confidence: Of the intervals, in (0, 1).
        seed: The seed of the bootstrap; required for ``interval="bootstrap"``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per quantity: ``quantity`` (``alpha``, ``beta``, ``mean`` of the Beta, its intra-class correlation
        ``icc`` = 1/(alpha + beta + 1), and ``unsolvable`` if fitted), ``estimate``, ``low``, ``high`` (infinite where
        the data set no bound), ``reason``, ``log_likelihood``, ``tasks``, ``interval``, ``confidence``, ``seed``. What
        the data do not identify is null, and ``reason`` says why: with one attempt per task alpha, beta and icc (with
        ``unsolvable``, all below three attempts); on the boundary icc = 0 or 1, where the best alpha and beta are
        infinite or 0, their estimates.

    Raises:
        ValueError: A count is out of range; no attempt is correct or none is wrong; a seed is missing.

    Source: Griffiths, Biometrics 29 (1973), for the beta-binomial; Schaeffer et al., arXiv 2502.17578, for pass@k.

    Example:
        >>> from limitlaw import fit
        >>> frame = fit.fit_beta_binomial(20, [0, 0, 1, 2, 4, 7, 13, 20])
        >>> frame.select("quantity", pl.col("estimate", "low", "high").round(3)).rows()[2:]
        [('mean', 0.34, 0.119, 0.663), ('icc', 0.537, 0.242, 0.84)]
    """
    check_choice(interval, "interval", ("profile", "bootstrap"))
    check_flag(unsolvable, "unsolvable")
    again = as_whole(bootstrap, "bootstrap", 1, MAX_RESAMPLES) if interval == "bootstrap" else 0
    options, text = resampling(again, seed, confidence=confidence, threads=threads, progress=progress)
    n, c = counts(attempts, correct)
    if len(n) == len(c):  # else the core says so
        said = (n != 0.0) | (c != 0.0)
        n, c = n[said], c[said]
    found = _core.fit_beta_binomial(n, c, stopped_at=stop(stopped_at), unsolvable=unsolvable, **options)
    rows = len(_QUANTITIES) if unsolvable else len(_QUANTITIES) - 1
    return pl.DataFrame(
        {
            "quantity": _QUANTITIES,
            "estimate": found["estimate"],
            "low": found["low"],
            "high": found["high"],
            "reason": pl.Series(found["reason"], dtype=pl.String),
            "log_likelihood": found["ln_likelihood"],
        }
    )[:rows].with_columns(
        pl.col("estimate", "low", "high").fill_nan(None), *closing(len(c), options, text, interval=interval)
    )


def beta_binomial_log_likelihood(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    alpha: float,
    beta: float,
    unsolvable: float = 0.0,
    stopped_at: int | None = None,
) -> float:
    """The log likelihood that :func:`fit_beta_binomial` maximises, with coefficients; -inf where the data cannot be.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        correct: c, correct ones among them.
        alpha: First parameter of the Beta, in [1e-300, 1e300].
        beta: Second parameter, in [1e-300, 1e300].
        unsolvable: Share of tasks with p = 0, in [0, 1].
        stopped_at: As in :func:`fit_beta_binomial`.

    Raises:
        ValueError: An argument is out of its range.

    Source: as :func:`fit_beta_binomial`.

    Example:
        >>> from limitlaw import fit
        >>> round(fit.beta_binomial_log_likelihood(2, [0, 1, 2], alpha=1, beta=1), 4)  # three times ln 1/3
        -3.2958
    """
    n, c = counts(attempts, correct)
    population = (as_number(alpha, "alpha"), as_number(beta, "beta"), as_number(unsolvable, "unsolvable"))
    return _core.beta_binomial_likelihood(n, c, stop(stopped_at), population)


def stop(stopped_at: int | None) -> int | None:
    """The number of successes at which tasks stopped."""
    return None if stopped_at is None else as_whole(stopped_at, "stopped_at", 1, 2**53)
