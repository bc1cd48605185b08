"""The published estimates of all text on the web: as draws to put into a scenario, and by platform.

The text on the indexed web is ``ll.dist.structural_stock()``. Source: Villalobos et al., *Will we run out of data?*
(ICML 2024, arXiv 2211.04325v2). Units: tokens.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

_NORMAL_TAIL = {0.90: 1.6448536269514722, 0.95: 1.959963984540054}

#: World population in billions by decade (United Nations, World Population Prospects 2022, medium variant, rounded).
_DECADES = np.arange(1950, 2060, 10)
_POPULATION = np.array([2.50, 3.02, 3.70, 4.44, 5.32, 6.15, 6.99, 7.84, 8.55, 9.19, 9.71])

#: Villalobos et al. 2024, Table 2, as printed: posted tokens, share of web traffic, the whole web these imply.
_DEEP_WEB = {
    "platform": ["Facebook", "Instagram", "Twitter", "Reddit"],
    "tokens": [1.0e14, 8.0e12, 1.7e13, 6.0e11],
    "traffic_share": [0.036, 0.015, 0.013, 0.0044],
    "whole_web_tokens": [3.0e15, 5.8e14, 1.37e15, 1.4e14],
}


def whole_web_stock(draws: int, *, seed: int, year: int = 2024) -> Floats:
    """Draws of all text people ever put online, posts and instant messages alike, for ``ll.dist.empirical``.

    ``S(y) = (P + IM) sum_{1950 <= t < y} pop(t) pen(t) / (pop(2024) pen(2024))``: what is written in 2024, times all
    years before y weighted by internet users, ``pen(t) = 1/(1 + exp(-0.1507 (t - 2016.72)))``. P is an equal mixture
    over four platforms, each its own volume over its share of web traffic; IM is 1e11 to 2e11 messages a day of 4 to 6
    tokens.

    Args:
        draws: How many, >= 1.
        seed: Of NumPy's generator, >= 0.
        year: At the start of which year, in [1951, 2051].

    Returns:
        ``draws`` values in tokens; the published 2024 result is 3.1e15 [1.9e15, 5.2e15] (95 %).

    Raises:
        ValueError: The year is outside the population table.

    Source: Villalobos et al. 2024, with the constants of the published code. That code multiplies
    Facebook's users by a *monthly* volume once, not twelve times; the published figure has it so, and so has this one.

    Example:
        >>> stock = whole_web_stock(100_000, seed=1)
        >>> f"{np.median(stock):.1e}"
        '3.1e+15'
    """
    if not 1951 <= year <= 2051:  # noqa: PLR2004  (the ends of the table)
        raise ValueError(f"year must be in [1951, 2051], got {year}")
    rng = np.random.default_rng(seed)

    def tokens(low: float, high: float, interval: float = 0.90) -> Floats:
        return _lognormal(rng, low, high, draws, interval)

    posts = np.stack(
        [
            3e8 * 1.3 * 365 * tokens(2, 25, 0.95) / 0.013,  # Twitter: users x posts a day
            3e9 * (tokens(40, 90) + 5 * tokens(17, 40)) / 0.036,  # Facebook: users x (posts + comments) in one month
            66e3 * 60 * 24 * 365 * tokens(10, 40) / 0.015,  # Instagram: posts a minute
            365 * (6e5 * tokens(32, 72) + 5e6 * tokens(14, 31)) / 0.0044,  # Reddit: posts and comments a day
        ]
    )
    posted = posts[rng.integers(len(posts), size=draws), np.arange(draws)]
    messages = tokens(1e11, 2e11) * 365 * tokens(4, 6)
    return np.asarray((posted + messages) * _user_years(year))


def deep_web_stock() -> pl.DataFrame:
    """What each platform's posts and its share of web traffic say about the size of the whole web.

    Returns:
        Columns ``platform``, ``tokens`` (posted), ``traffic_share`` and ``whole_web_tokens`` (the quotient, as printed;
        the quotients of the printed inputs agree within their rounding). The geometric mean of the last is 760T.

    Source: Villalobos et al. 2024, Table 2.

    Example:
        >>> mean = deep_web_stock()["whole_web_tokens"].log().mean()
        >>> f"{np.exp(mean):.2e}"
        '7.60e+14'
    """
    return pl.DataFrame(_DEEP_WEB)


def _user_years(year: int) -> float:
    """Internet users of all years before ``year``, in units of those of 2024."""
    years = np.arange(1950, max(year, 2025))
    users = np.interp(years, _DECADES, _POPULATION) / (1 + np.exp(-0.1507 * (years - 2016.72)))
    return float(users[years < year].sum() / users[years == 2024][0])  # noqa: PLR2004  (the reference year)


def _lognormal(rng: np.random.Generator, low: float, high: float, size: int, interval: float = 0.95) -> Floats:
    middle, half = np.log(low * high) / 2, np.log(high / low) / 2
    return np.asarray(np.exp(middle + half / _NORMAL_TAIL[interval] * rng.standard_normal(size)))
