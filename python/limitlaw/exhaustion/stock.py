"""The published estimates of all text on the web: as draws to put into a scenario, and by platform.

The text on the indexed web is ``ll.dist.structural_stock()``. Source: Villalobos et al., *Will we run out of data?*
(ICML 2024, arXiv 2211.04325v2). Units: tokens.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_whole

Floats = npt.NDArray[np.float64]

#: The most draws of one call.
MAX_DRAWS = 10**8
_NORMAL_TAIL = {0.90: 1.6448536269514722, 0.95: 1.959963984540054}

#: World population in billions from 1950 to 2050 in steps of five years: United Nations, World Population Prospects
#: 2019, medium variant, the revision that the published code reads (github.com/epoch-research/data-stock, the file
#: data/UN-population-projection-medium-variant.csv). Between them it is interpolated, to 0.2 %.
_FIVE_YEARS = np.arange(1950, 2051, 5)
_POPULATION = np.array([
    2.537, 2.773, 3.035, 3.340, 3.701, 4.079, 4.458, 4.871, 5.328, 5.744, 6.144,
    6.542, 6.957, 7.380, 7.795, 8.184, 8.548, 8.888, 9.199, 9.482, 9.735,
])  # fmt: skip

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
        ValueError: An argument is out of range (the year, of the population table).

    Source: Villalobos et al. 2024, with the constants of the published code. That code multiplies
    Facebook's users by a *monthly* volume once, not twelve times; the published figure has it so, and so has this one.

    Example:
        >>> stock = whole_web_stock(100_000, seed=1)
        >>> f"{np.median(stock):.1e}"
        '3.1e+15'
    """
    year = as_whole(year, "year", 1951, 2051)  # the ends of the table
    rng, draws = _generator(seed), as_whole(draws, "draws", 1, MAX_DRAWS)

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


def high_quality_stock_2022(draws: int, *, seed: int) -> Floats:
    """Draws of the high-quality language data of 2022, as the first version of the paper has it: code, papers, books.

    ``(code + papers + books) / represented``, in words: 21 to 65 TB of repositories, 5 to 50 % of them source code, at
    2e11 words per TB; 1e8 to 1.7e8 papers of 6,000 words; books of 1e5 words, the mean of 1e7 to 3e7 counted and of
    yearly books (1e6 to 3e6, 2 to 20 % digital) over the growth rate of 2 to 6 % a year. Together these are 30 to 50 %
    of all. Ranges are 90 % intervals of lognormals.

    Args:
        draws: How many, >= 1.
        seed: Of NumPy's generator, >= 0.

    Returns:
        ``draws`` values in words.

    Source: Villalobos et al. 2022 (arXiv 2211.04325v1) with the constants of its code
    (github.com/epoch-research/data-stock, v1/src/stocks/lang/high_quality.squiggle).

    Example:
        >>> stock = high_quality_stock_2022(100_000, seed=1)
        >>> f"{np.median(stock):.1e}"
        '8.1e+12'
    """
    rng, draws = _generator(seed), as_whole(draws, "draws", 1, MAX_DRAWS)

    def between(low: float, high: float) -> Floats:
        return _lognormal(rng, low, high, draws, 0.90)

    code = between(21, 65) * between(0.05, 0.5) * 2e11
    papers = between(1e8, 1.7e8) * 6000
    # Growth above 0.1 % a year: the rate of books over it diverges at none (3 draws in 10,000 are moved).
    growth = np.log(np.maximum(between(1.02, 1.06), 1.001))
    books = 1e5 * (between(1e7, 3e7) + between(1e6, 3e6) * between(0.02, 0.2) / growth) / 2
    return np.asarray((code + papers + books) / between(0.3, 0.5))


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


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(as_whole(seed, "seed", 0, 2**128 - 1))


def _user_years(year: int) -> float:
    """Internet users of all years before ``year``, in units of those of 2024."""
    years = np.arange(1950, max(year, 2025))
    users = np.interp(years, _FIVE_YEARS, _POPULATION) / (1 + np.exp(-0.1507 * (years - 2016.72)))
    return float(users[years < year].sum() / users[years == 2024][0])  # noqa: PLR2004  (the reference year)


def _lognormal(rng: np.random.Generator, low: float, high: float, size: int, interval: float = 0.95) -> Floats:
    middle, half = np.log(low * high) / 2, np.log(high / low) / 2
    return np.asarray(np.exp(middle + half / _NORMAL_TAIL[interval] * rng.standard_normal(size)))
