"""The published code of Villalobos et al. where its numerics, not its model, make the printed figures.

Versions are those of github.com/epoch-research/data-stock; each function says which file it does again, in NumPy.
"""

import math

import numpy as np


def density_at_one(ratio: np.ndarray) -> np.ndarray:
    """The density that Squiggle 0.3 gives for samples of a ratio at 1: a triangular kernel, Silverman's bandwidth.

    Samples lie along the last axis. The kernel is as wide as the bandwidth on either side. Squiggle counts into 1,000
    bins, which moves it by less.
    """
    low, high = np.quantile(ratio, [0.25, 0.75], axis=-1)
    width = 0.9 * np.minimum(ratio.std(axis=-1, ddof=1), (high - low) / 1.34) * ratio.shape[-1] ** -0.2
    inside = np.maximum(0.0, 1.0 - np.abs(ratio - 1.0) / width[..., None])
    return inside.mean(axis=-1) / width


def exhaustion_years(years: np.ndarray, density: np.ndarray, smoothing: int) -> np.ndarray:
    """5 %, 50 % and 95 % of the density of the year (2022: plot_intersection.py): always points of the grid.

    The mean that smooths is a *trailing* one, over the last ``smoothing`` points.
    """
    smooth = np.array([density[max(0, i - smoothing + 1) : i + 1].mean() for i in range(len(density))])
    cumulative = np.concatenate([[0.0], np.cumsum((smooth[1:] + smooth[:-1]) / 2)])
    return years[np.searchsorted(cumulative / cumulative[-1], [0.05, 0.5, 0.95])]


def profit_by_descent(
    log10_compute: float, scale: float, r: float, h: float, *, serving_limit: bool = True
) -> tuple[float, float]:
    """Parameters and tokens of a profit policy by the published descent (profit_maximization.py of 2024).

    2,000 steps of at most 0.05 (the 1-norm of the gradient is cut) uphill in ln N, ln D and ln P. After each, where
    training costs more than the budget, *both logarithms are divided by the same number*; where serving costs more than
    1,000 times the budget, *ln N alone is divided*. Neither is a projection, and the descent ends elsewhere than at the
    best point.
    """
    a, b, alpha, beta = 514.0, 2115.2, 0.35, 0.37
    root = math.log(10**log10_compute / 6) / 2
    n, d, p = root - math.log(5), root + math.log(5), -12.0
    budget = math.log(10) * log10_compute

    def sold() -> tuple[float, float, float]:
        by_parameters, by_tokens = a * math.exp(-alpha * n), b * math.exp(-beta * d)
        loss = by_parameters + by_tokens
        return by_parameters / loss, by_tokens / loss, scale * (loss / 0.1) ** -r * (math.exp(p) / 1e-6) ** -h

    for _ in range(2000):
        x, y, tokens_sold = sold()
        cost, price, training = 2e-18 * math.exp(n), math.exp(p), 6e-18 * math.exp(n + d)
        uphill = (
            tokens_sold * (r * alpha * x * (price - cost) - cost) - training,
            tokens_sold * r * beta * y * (price - cost) - training,
            tokens_sold * (price - h * (price - cost)),
        )
        step = 0.1 * min(1.0, 0.5 / (sum(map(abs, uphill)) + 1e-6))
        n, d, p = n + step * uphill[0], d + step * uphill[1], p + step * uphill[2]
        if (over := (n + d) / (budget - math.log(6))) > 1:
            n, d = n / over, d / over
        over = (n + math.log(sold()[2])) / (budget - math.log(2) + math.log(1000))
        if serving_limit and over > 1:
            n = n / over
    return math.exp(n), math.exp(d)
