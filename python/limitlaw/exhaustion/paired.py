"""Differences between two runs on the same random numbers, with standard errors that know the runs are paired.

Infinity stands for "not by the horizon", as in the samples of an exhaustion run: quantiles are order statistics, so
they stay meaningful, and a difference is NaN where one of the two is infinite.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw import _core

Floats = npt.NDArray[np.float64]


def quantile(years: Floats, p: float) -> float:
    """The ceil(n p)-th smallest, n p being whole where it is so but for rounding: as in the core."""
    at = _core.quantile_rank(p, len(years)) - 1
    return float(np.partition(years, at)[at])


def quantile_change(base: Floats, changed: Floats, p: float) -> tuple[float, float]:
    """``changed``'s quantile less ``base``'s, and its standard error.

    To first order a sample quantile errs by the mean of ``(p - [x <= q]) / f(q)`` (Bahadur), so the error of the
    difference is the mean of a difference of two such terms per draw, whose variance is taken over draws. The density
    f comes from the quantiles a little above and below.

    Args:
        base: Years by draw.
        changed: Years of the same draws after the change.
        p: The probability of the quantile, in (0, 1).

    Example:
        >>> base = np.random.default_rng(1).normal(2030, 3, 10_000)
        >>> quantile_change(base, base + 1.5, 0.5)
        (1.5, 0.0)
    """
    low, high = quantile(base, p), quantile(changed, p)
    if not (np.isfinite(low) and np.isfinite(high)):
        return np.nan, np.nan
    influence = _influence(changed, high, p) - _influence(base, low, p)
    return high - low, float(np.std(influence) / np.sqrt(len(base)))


def probability_change(base: npt.NDArray[np.bool_], changed: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The change of a probability and its standard error, from whether it happened in each draw.

    Example:
        >>> probability_change(np.array([True, False, False, False]), np.array([True, True, False, False]))[0]
        0.25
    """
    difference = changed.astype(np.float64) - base
    return float(difference.mean()), float(difference.std() / np.sqrt(len(difference)))


def _influence(years: Floats, at: float, p: float) -> Floats:
    """How much each draw moves the sample quantile, times the number of draws."""
    width = min(p, 1 - p) * len(years) ** -0.2
    below, above = quantile(years, p - width), quantile(years, p + width)
    sparsity = (above - below) / (2 * width) if np.isfinite(above) else (at - below) / width
    return np.asarray((p - (years <= at)) * sparsity)
