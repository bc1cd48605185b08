"""When a lognormal demand crosses a lognormal stock, in closed form: the oracle of the simplest exhaustion scenario.

Stock and demand start lognormal and grow by lognormal yearly factors, all independent: ``ln S_t = ln S_0 + t ln g_S``,
``ln D_t = ln D_0 + t ln g_D``. Each is given as the (mean, standard deviation) of its natural logarithm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw._arguments import as_floats, brief, shown
from limitlaw._elementary import normal_cdf, normal_quantile

#: Mean and standard deviation of a natural logarithm.
Moments = tuple[float, float]
Floats = npt.NDArray[np.float64]


def crossing_probability(
    years: npt.ArrayLike,
    *,
    log_stock: Moments,
    log_demand: Moments,
    log_stock_growth: Moments,
    log_demand_growth: Moments,
) -> Floats:
    """Probability that demand is at or above the stock after ``years`` years.

    ``ln D_t - ln S_t`` is normal with mean ``d + t m`` and variance ``v + t^2 w``, where d and v are the difference of
    the starting means and the sum of their variances, m and w those of the growths: so it is ``Phi((d + t m)/sqrt(v +
    t^2 w))``.

    Args:
        years: Years after the start, at most 1e100 in size; any shape.
        log_stock: Mean and standard deviation of ln S_0 (S_0 in tokens).
        log_demand: The same of ln D_0.
        log_stock_growth: The same of ln g_S, per year.
        log_demand_growth: The same of ln g_D, per year.

    Returns:
        Probabilities in the shape of ``years``.

    Raises:
        ValueError: A number is beyond 1e6 in size, a standard deviation is negative, or all are zero.

    Source: elementary; the comparison of Villalobos et al. 2024 with its inputs as lognormals.

    Example:
        >>> probability = crossing_probability(
        ...     [0, 5, 10], log_stock=(33.4, 0.83), log_demand=(29.46, 0.45),
        ...     log_stock_growth=(0.077, 0.025), log_demand_growth=(0.863, 0.123))
        >>> probability.round(3).tolist()
        [0.0, 0.496, 0.994]
    """
    d, m, v, w = _difference(log_stock, log_demand, log_stock_growth, log_demand_growth)
    t = as_floats(years, "years", -1e100, 1e100)
    z = (d + t * m) / np.sqrt(v + t**2 * w)
    return normal_cdf(z)


def crossing_year(
    probability: npt.ArrayLike,
    *,
    log_stock: Moments,
    log_demand: Moments,
    log_stock_growth: Moments,
    log_demand_growth: Moments,
) -> Floats:
    """The time after which the crossing probability is ``probability``: its quantile, where demand outgrows the stock.

    Solves ``d + t m = z sqrt(v + t^2 w)`` for t, z the normal quantile: a quadratic. With fixed growths (w = 0) it is
    ``(z sqrt(v) - d)/m``: the time is normal, and a stock k times larger comes ``ln(k)/m`` years later.

    Args:
        probability: In (0, 1), any shape.
        log_stock: Mean and standard deviation of ln S_0 (S_0 in tokens).
        log_demand: The same of ln D_0.
        log_stock_growth: The same of ln g_S, per year.
        log_demand_growth: The same of ln g_D, per year.

    Returns:
        Years after the start (negative: before it); infinity where the probability is never reached.

    Raises:
        ValueError: A probability is not in (0, 1), a standard deviation is negative, or demand does not outgrow the
            stock on average.

    Example:
        >>> year = crossing_year(
        ...     [0.05, 0.5, 0.95], log_stock=(33.4, 0.83), log_demand=(29.46, 0.45),
        ...     log_stock_growth=(0.077, 0.025), log_demand_growth=(0.863, 0.123))
        >>> (2024 + year).round(1).tolist()
        [2026.9, 2029.0, 2031.9]
    """
    p = as_floats(probability, "probability")
    if not ((p > 0) & (p < 1)).all():
        raise ValueError(f"probability must be in (0, 1), got {brief(p[~((p > 0) & (p < 1))].flat[0])}")
    d, m, v, w = _difference(log_stock, log_demand, log_stock_growth, log_demand_growth)
    if m <= 0:
        raise ValueError(f"log_demand_growth must have a mean above the stock's, got a difference of {brief(m)}")
    z = normal_quantile(p)
    a, b, c = m * m - z * z * w, d * m, d * d - z * z * v
    with np.errstate(divide="ignore", invalid="ignore"):
        q = -(b + np.copysign(np.sqrt(b * b - a * c), b))
        roots = np.stack([q / a, c / q])
        # Squaring added roots that belong to -z; of two that remain, the probability rises through one.
        belongs = np.sign(d + roots * m) == np.sign(z)
    rising = np.where(
        z < 0, np.where(belongs, roots, -np.inf).max(axis=0), np.where(belongs, roots, np.inf).min(axis=0)
    )
    return np.asarray(np.where(z == 0, -d / m, np.where(np.isneginf(rising), np.inf, rising)))


def _difference(
    stock: Moments, demand: Moments, stock_growth: Moments, demand_growth: Moments
) -> tuple[float, float, float, float]:
    given = {
        "log_stock": stock,
        "log_demand": demand,
        "log_stock_growth": stock_growth,
        "log_demand_growth": demand_growth,
    }
    for name, moments in given.items():
        if as_floats(moments, name, -1e6, 1e6).shape != (2,):
            raise ValueError(f"{name} must be a mean and a standard deviation, got {shown(moments)}")
        if not moments[1] >= 0:
            raise ValueError(f"{name}[1] must be at least 0, got {brief(moments[1])}")
    v = stock[1] ** 2 + demand[1] ** 2
    if v == 0:
        raise ValueError("log_stock[1] must be above 0 where log_demand[1] is 0, got 0")
    return demand[0] - stock[0], demand_growth[0] - stock_growth[0], v, stock_growth[1] ** 2 + demand_growth[1] ** 2
