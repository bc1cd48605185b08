"""Differences between two runs on the same random numbers, with standard errors that know the runs are paired.

Infinity stands for "not by the horizon", as in the samples of an exhaustion run: quantiles are order statistics, so
they stay meaningful, and a difference is NaN where one of the two is infinite.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw import _core
from limitlaw._elementary import power

Floats = npt.NDArray[np.float64]
#: Of a 95 % interval of a normal distribution, the standard deviations on either side.
_Z_95 = 1.959963984540054


def quantile(years: Floats, p: float) -> float:
    """The ceil(n p)-th smallest, n p being whole where it is so but for rounding: as in the core."""
    at = _core.quantile_rank(p, len(years)) - 1
    return float(np.partition(years, at)[at])


def quantile_change(base: Floats, changed: Floats, p: float) -> tuple[float, float]:
    """``changed``'s quantile less ``base``'s, and its standard error.

    To first order a sample quantile errs by the mean of ``(p - [x <= q]) / f(q)`` (Bahadur), so the error of the
    difference is the mean of a difference of two such terms per draw, whose variance is taken over draws. The density
    f comes from the quantiles a little above and below.

    Where so few draws lie on one side that the quantile's 95 % interval has no end among them, the error is NaN.

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
    n = len(base)
    if n * (min(p, 1 - p) - _Z_95 * np.sqrt(p * (1 - p) / n)) < 1:
        return high - low, np.nan
    influence = _influence(changed, high, p) - _influence(base, low, p)
    return high - low, float(np.std(influence) / np.sqrt(len(base)))


def probability_change(base: npt.NDArray[np.bool_], changed: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The change of a probability and its standard error, from whether it happened in each draw.

    With one more draw that gained and one more that lost, so that no change among n draws has an error too; NaN for one
    draw.

    Source: Bonett & Price 2012, *Adjusted Wald confidence interval for a difference of binomial proportions*.

    Example:
        >>> probability_change(np.array([True, False, False, False]), np.array([True, True, False, False]))[0]
        0.25
    """
    n, gained, lost = len(base), int((changed & ~base).sum()), int((base & ~changed).sum())
    change = (gained - lost) / n
    if n == 1:
        return change, np.nan
    more, less = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    return change, float(np.sqrt((more + less - (more - less) ** 2) / (n + 2)))


def _influence(years: Floats, at: float, p: float) -> Floats:
    """How much each draw moves the sample quantile, times the number of draws."""
    width = min(p, 1 - p) * power(float(len(years)), -0.2)
    below, above = quantile(years, p - width), quantile(years, p + width)
    sparsity = (above - below) / (2 * width) if np.isfinite(above) else (at - below) / width
    return np.asarray((p - (years <= at)) * sparsity)
