"""Tasks at which the intervals of ``pass_at_k`` and ``compare_systems`` are as narrow as a plan says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from limitlaw._elementary import normal_cdf, normal_quantile
from limitlaw.closed_form._evaluate import evaluate
from limitlaw.fit.clusters import student

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: The most tasks of a plan.
MAX_TASKS = 10**9
#: From here on quantiles are taken from their expansions.
_LARGE = 200


def width_of_mean(n: Floats, mean: float | None, variance: Floats, confidence: float) -> Floats:
    """The width of the interval of ``pass_at_k`` (over tasks) of n tasks, whose rates have that mean and variance.

    Gaffke's limits by their Beta approximation, as in the core: never of width 0, also without any failure. Without a
    mean that of a normal mean.
    """
    if mean is None:
        return np.asarray(2.0 * normal_quantile(0.5 + confidence / 2.0) * np.sqrt(variance / n))
    variance = np.minimum(variance, 0.25)
    # Shares have at most the variance m (1 - m): of more, the mean is as far from 0 and 1 as it has to be.
    side = 0.5 - np.sqrt(0.25 - variance)
    middle = np.clip(mean, side, 1.0 - side)
    ends = []
    for m in (middle, 1.0 - middle):  # the lower limit, and that of the complement
        at = n * m / (n + 1.0)
        spread = (n * (variance + m * m) / (n + 1.0) - at * at) / (n + 2.0)
        some = spread > 0.0
        weight = np.where(some, at * (1.0 - at) / np.where(some, spread, 1.0) - 1.0, 1.0)
        shapes = np.where(some, at * weight, 1.0), np.where(some, (1.0 - at) * weight, 1.0)
        ends.append(np.where(some, _beta_quantile(*shapes, 0.5 - confidence / 2.0), 0.0))
    return np.asarray(1.0 - ends[0] - ends[1])


def width_of_difference(n: Floats, mean: float | None, variance: Floats, confidence: float, alike: Flags) -> Floats:
    """The width of the interval of ``compare_systems`` for n tasks whose differences have that mean and variance."""
    return np.asarray(2.0 * _student(n, confidence) * _error(n, mean or 0.0, variance, alike))


def power_of_comparison(n: Floats, difference: float, variance: Floats, confidence: float, alike: Flags) -> Floats:
    """P(the interval of ``compare_systems`` excludes 0), its width taken for the one that is expected."""
    half = _student(n, confidence) * _error(n, difference, variance, alike)
    spread, middle = np.sqrt(variance * n) / (n + 2.0), abs(difference) * n / (n + 2.0)
    return np.asarray(normal_cdf((middle - half) / spread) + normal_cdf((-middle - half) / spread))


def _error(n: Floats, mean: float, variance: Floats, alike: Flags) -> Floats:
    """The standard error with the two more tasks of ``compare_systems``.

    They differ by as much as a typical task, in the square by 1/sqrt(n) at least. The square of a typical difference is
    the mean of the fourth powers over that of the squares: 1 where differences are -1, 0 or 1 (``alike``), else taken
    for three times the mean square, as of a normal law.
    """
    square = variance + mean * mean
    typical = np.where(alike, 1.0, np.clip(3.0 * square, 1.0 / np.sqrt(n), 1.0))
    return np.asarray(np.sqrt(((n * square + 2.0 * typical) / (n + 2.0) - (n * mean / (n + 2.0)) ** 2) / (n + 2.0)))


def fewest(enough: Callable[[Floats], Flags], start: Floats, most: float = float(MAX_TASKS)) -> Floats:
    """The least whole numbers, from ``start`` on, that are enough; more than ``most`` where that is not."""
    low, high = start - 1.0, start.copy()
    while (short := ~enough(np.minimum(high, most)) & (high <= most)).any():
        low, high = np.where(short, high, low), np.where(short, 2.0 * high, high)
    high = np.where((high > most) & enough(np.full_like(high, most)), most, high)
    while (apart := (high - low > 1.0) & (high <= most)).any():
        middle = np.where(apart, np.floor((low + high) / 2.0), high)
        good = enough(middle)
        low, high = np.where(apart & ~good, middle, low), np.where(apart & good, middle, high)
    return high


def _beta_quantile(alpha: Floats, beta: Floats, p: float) -> Floats:
    """Of large shapes by Cornish and Fisher's expansion, within 2e-4 of the standard deviation at 99.9 %."""
    total = alpha + beta
    mean, sd = alpha / total, np.sqrt(alpha * beta / (total + 1.0)) / total
    skew = 2.0 * (beta - alpha) * np.sqrt(total + 1.0) / ((total + 2.0) * np.sqrt(alpha * beta))
    excess = (alpha - beta) ** 2 * (total + 1.0) - alpha * beta * (total + 2.0)
    excess = 6.0 * excess / (alpha * beta * (total + 2.0) * (total + 3.0))
    z = normal_quantile(p)
    cube = z * z * z
    found = z + skew * (z * z - 1.0) / 6.0 + excess * (cube - 3.0 * z) / 24.0
    found = np.asarray(mean + sd * (found - skew * skew * (2.0 * cube - 5.0 * z) / 36.0))
    small = np.minimum(alpha, beta) < _LARGE
    if small.any():
        found[small] = evaluate("beta_quantile", {"alpha": alpha[small], "beta": beta[small], "p": p})[0]
    return found


def _student(n: Floats, confidence: float) -> Floats:
    """The two-sided quantile of Student's t for n - 1 degrees of freedom; of many as Abramowitz and Stegun, 26.7.5."""
    df = np.maximum(n - 1.0, 1.0)
    z = normal_quantile(0.5 + confidence / 2.0)
    cube = z * z * z
    t = z + (cube + z) / (4.0 * df) + (5.0 * cube * z * z + 16.0 * cube + 3.0 * z) / (96.0 * df**2)
    for few in np.unique(df[df < _LARGE]):
        t[df == few] = student(float(few), 1.0 - confidence)
    return np.asarray(t)
