"""How much of the spread of an outcome each input explains: rank correlations, first-order and total Sobol' indices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw import _core

Floats = npt.NDArray[np.float64]
Events = npt.NDArray[np.bool_]


def rank_correlation(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """Spearman's rank correlation and its standard error; equal values, infinities too, share their mean rank.

    Args:
        x: Values by draw.
        y: As many.

    Returns:
        The correlation (NaN where either is constant) and ``(1 - rho^2) sqrt((1 + rho^2/2)/(n - 3))`` (NaN for three
        draws or fewer).

    Source: Bonett & Wright 2000 for the standard error.

    Example:
        >>> rank_correlation([1.0, 2.0, 3.0, 4.0], [1.0, 8.0, 27.0, np.inf])[0]
        1.0
    """
    ranks = np.stack([_ranks(np.asarray(x, dtype=np.float64)), _ranks(np.asarray(y, dtype=np.float64))])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=1).prod())
    rho = float((centred[0] * centred[1]).sum() / norm) if norm > 0 else np.nan
    beyond = ranks.shape[1] - 3
    return rho, float((1 - rho**2) * np.sqrt((1 + rho**2 / 2) / beyond)) if beyond > 0 else np.nan


def first_order(base: Events, others_redrawn: Events) -> tuple[float, float]:
    """First-order Sobol' index of a group: the share of the variance of an event that it explains by itself.

    ``Var(E[f | group]) / Var(f)``. The two runs share the group's draws and nothing else, so the covariance of their
    outcomes is the numerator; mean and variance are taken over both runs.

    Args:
        base: Whether the event happened, by draw.
        others_redrawn: The same, with every input but the group's drawn anew.

    Returns:
        The index and its standard error (delta method, at least that of the share of draws whose outcome differs); NaN
        where the event always or never happens.

    Source: Sobol' 1993; the estimator of Monod et al. 2006, asymptotically efficient (Janon et al. 2014).

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x, y, y2 = rng.normal(size=(3, 100_000))
        >>> round(first_order(x + y > 0, x + y2 > 0)[0], 2)  # exactly 1/3
        0.33
    """
    b, o = base.astype(np.float64), others_redrawn.astype(np.float64)
    both, either = b * o, (b + o) / 2
    mean = either.mean()
    variance = mean - mean**2
    if variance == 0:
        return np.nan, np.nan
    index = (both.mean() - mean**2) / variance
    of_mean = 2 * mean * (either - mean)
    influence = (both - both.mean() - of_mean - index * (either - mean - of_mean)) / variance
    return float(index), _error(influence, b != o, variance)


def total(base: Events, group_redrawn: Events) -> tuple[float, float]:
    """Total Sobol' index of a group: the share of the variance that goes once everything else is known.

    ``E[Var(f | all but the group)] / Var(f)``: half of how often the outcome changes when only the group is drawn anew.

    Args:
        base: Whether the event happened, by draw.
        group_redrawn: The same, with the group's inputs drawn anew.

    Returns:
        The index and its standard error (as of :func:`first_order`); NaN where the event always or never happens.

    Source: Jansen 1999.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x, y, x2 = rng.normal(size=(3, 100_000))
        >>> round(total(x + y > 0, x2 + y > 0)[0], 2)  # exactly 2/3
        0.67
    """
    b, r = base.astype(np.float64), group_redrawn.astype(np.float64)
    differs, either = (b - r) ** 2 / 2, (b + r) / 2
    mean = either.mean()
    variance = mean - mean**2
    if variance == 0:
        return np.nan, np.nan
    index = differs.mean() / variance
    influence = (differs - differs.mean() - index * (1 - 2 * mean) * (either - mean)) / variance
    return float(index), _error(influence, b != r, variance)


def _error(influence: Floats, differs: Events, variance: float) -> float:
    """Of both indices, which move with half the share of draws that differ, over the variance."""
    n = len(influence)
    of_share = _core.share_errors(np.array([differs.mean()]), np.array([float(n)]))[0] / (2 * variance)
    return float(np.fmax(influence.std() / np.sqrt(n), of_share))


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    after = counts.cumsum()
    return np.asarray((after - (counts - 1) / 2)[inverse])
