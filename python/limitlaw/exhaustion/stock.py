"""The published estimates of what there is to train on: as draws to put into a scenario, and by platform.

The text on the indexed web is ``ll.dist.structural_stock()``. Source: Villalobos et al., *Will we run out of data?*
(ICML 2024, arXiv 2211.04325v2), in tokens; its first version (2022, v1), in words and in images.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_whole
from limitlaw._elementary import exp, exp10, interpolated, log
from limitlaw._random import Random
from limitlaw.seed import Seed

Floats = npt.NDArray[np.float64]

#: The most draws of one call.
MAX_DRAWS = 10**8
_NORMAL_TAIL = {0.90: 1.6448536269514722, 0.95: 1.959963984540054}

#: World population in billions from 1950 to 2100 in steps of five years: United Nations, World Population Prospects
#: 2019, medium variant, the revision that the published code reads (github.com/epoch-research/data-stock, the file
#: data/UN-population-projection-medium-variant.csv). Between them it is interpolated, to 0.2 %.
_FIVE_YEARS = np.arange(1950.0, 2101.0, 5.0)
_POPULATION = np.array([
    2.537, 2.773, 3.035, 3.340, 3.701, 4.079, 4.458, 4.871, 5.328, 5.744, 6.144,
    6.542, 6.957, 7.380, 7.795, 8.184, 8.548, 8.888, 9.199, 9.482, 9.735,
    9.958, 10.151, 10.318, 10.459, 10.577, 10.674, 10.751, 10.810, 10.852, 10.875,
])  # fmt: skip

#: Villalobos et al. 2024, Table 2, as printed: posted tokens, share of web traffic, the whole web these imply.
_DEEP_WEB = {
    "platform": ["Facebook", "Instagram", "Twitter", "Reddit"],
    "tokens": [1.0e14, 8.0e12, 1.7e13, 6.0e11],
    "traffic_share": [0.036, 0.015, 0.013, 0.0044],
    "whole_web_tokens": [3.0e15, 5.8e14, 1.37e15, 1.4e14],
}


def whole_web_stock(draws: int, *, seed: Seed, year: int = 2024) -> Floats:
    """Draws of all text people ever put online, posts and instant messages alike, for ``ll.dist.empirical``.

    ``S(y) = (P + IM) sum_{1950 <= t < y} pop(t) pen(t) / (pop(2024) pen(2024))``: what is written in 2024, times all
    years before y weighted by internet users, ``pen(t) = 1/(1 + exp(-0.1507 (t - 2016.72)))``. P is an equal mixture
    over four platforms, each its own volume over its share of web traffic; IM is 1e11 to 2e11 messages a day of 4 to 6
    tokens.

    Args:
        draws: How many, >= 1.
        seed: Seed of the random numbers.
        year: At the start of which year, in [1951, 2101].

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
    year = as_whole(year, "year", 1951, 2101)  # the ends of the table
    rng, draws = Random(seed), as_whole(draws, "draws", 1, MAX_DRAWS)

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
    posted = posts[rng.below(len(posts), draws), np.arange(draws)]
    messages = tokens(1e11, 2e11) * 365 * tokens(4, 6)
    return np.asarray((posted + messages) * _user_years(year))


def high_quality_stock_2022(draws: int, *, seed: Seed) -> Floats:
    """Draws of the high-quality language data of 2022, as the first version of the paper has it: code, papers, books.

    ``(code + papers + books) / represented``, in words: 21 to 65 TB of repositories, 5 to 50 % of them source code, at
    2e11 words per TB; 1e8 to 1.7e8 papers of 6,000 words; books of 1e5 words, the mean of 1e7 to 3e7 counted and of
    yearly books (1e6 to 3e6, 2 to 20 % digital) over the growth rate of 2 to 6 % a year. Together these are 30 to 50 %
    of all. Ranges are 90 % intervals of lognormals.

    Args:
        draws: How many, >= 1.
        seed: Seed of the random numbers.

    Returns:
        ``draws`` values in words.

    Source: Villalobos et al. 2022 (arXiv 2211.04325v1) with the constants of its code
    (github.com/epoch-research/data-stock, v1/src/stocks/lang/high_quality.squiggle).

    Example:
        >>> stock = high_quality_stock_2022(100_000, seed=1)
        >>> f"{np.median(stock):.0e}"
        '8e+12'
    """
    rng, draws = Random(seed), as_whole(draws, "draws", 1, MAX_DRAWS)

    def between(low: float, high: float) -> Floats:
        return _lognormal(rng, low, high, draws, 0.90)

    code = between(21, 65) * between(0.05, 0.5) * 2e11
    papers = between(1e8, 1.7e8) * 6000
    # Growth above 0.1 % a year: the rate of books over it diverges at none (3 draws in 10,000 are moved).
    growth = log(np.maximum(between(1.02, 1.06), 1.001))
    books = 1e5 * (between(1e7, 3e7) + between(1e6, 3e6) * between(0.02, 0.2) / growth) / 2
    return np.asarray((code + papers + books) / between(0.3, 0.5))


def low_quality_stock_2022(draws: int, *, seed: Seed, year: int = 2022) -> Floats:
    """Draws of all language data by the end of ``year``, as the first version of the paper has it.

    A mixture of four estimates, in words. Weight 1: all internet users, 1e4 to 1e5 words a year each. Weight 2: posts
    of Twitter, YouTube and blogs over their share of the internet, 5 to 40 %. Weight 2: Common Crawl, 5 to 10 TB a
    month of which 30 to 70 % are new, compressed by 30 to 85 % (at most 99 %), since 2016. Weight 5: anything between
    that crawl and all recorded speech (5,000 to 20,000 words a day, 0.5 to 50 % of it recorded, within 0 to 1), with
    the density ``P(crawl < x) P(x < speech)`` in log x. Ranges are 90 % intervals, of lognormals but for the recorded
    share, which is normal. Users and people grow with the population; 73 % are users in the end.

    Args:
        draws: How many, >= 1.
        seed: Seed of the random numbers.
        year: In [2017, 2100].

    Returns:
        ``draws`` values in words.

    Raises:
        ValueError: An argument is out of range (the year, of the crawl and of the population table).

    Source: Villalobos et al. 2022 (arXiv 2211.04325v1) with the constants of its code
    (github.com/epoch-research/data-stock). Its Table 1 rests on the mixture of an early commit (f9a9a48), which this
    is; the final one has recorded speech itself, with weight 1, in place of the last part. The code counts the blogs'
    posts of one day, not of a year; so does this.

    Example:
        >>> stock = low_quality_stock_2022(100_000, seed=1)
        >>> f"{np.median(stock):.0e}"
        '8e+14'
    """
    year = as_whole(year, "year", 2017, 2100)
    rng, draws = Random(seed), as_whole(draws, "draws", 1, MAX_DRAWS)

    def between(low: float, high: float) -> Floats:
        return _lognormal(rng, low, high, draws, 0.90)

    def crawl() -> Floats:
        kept = 1 - _within(0, 0.99, lambda n: _lognormal(rng, 0.3, 0.85, n, 0.90), draws)
        return 12 * between(5, 10) * between(0.3, 0.7) / kept * 2e11 * (year - 2016)

    def speech() -> Floats:
        share = _within(0, 1, lambda n: 0.2525 + 0.2475 / _NORMAL_TAIL[0.90] * rng.normal(n), draws)
        return between(5000, 20_000) * 365 * share * _person_years(year, 1, 2000, 0.2)

    users = between(1e4, 1e5) * _person_years(year, 0.7286, 2011.6, 0.16)
    # Words of 2022: YouTube at 500 hours a minute and 150 words a minute, Twitter at 5e8 posts a day, blogs in one day.
    posted = 500 * 60 * 24 * 365 * 9000 * between(0.05, 0.5) + 5e8 * 365 * between(10, 50)
    posted = (posted + between(5e6, 1e7) * between(200, 2000)) / between(0.05, 0.4) * _user_years_2022(year)
    anything = _anywhere_between(rng, lambda: (crawl(), speech()), draws, 1e12, 1e20)
    parts = np.stack([users, posted, crawl(), anything])
    tenths = np.array([0, 1, 1, 2, 2, 3, 3, 3, 3, 3])
    return np.asarray(parts[tenths[rng.below(10, draws)], np.arange(draws)])


def image_stock_2022(draws: int, *, seed: Seed, year: int = 2022) -> Floats:
    """Draws of all images online by the end of ``year``, as the first version of the paper has it.

    Anything between 0.63 times an outside estimate (5e10 to 2e11 images of 2022) and 2.5 times what popular platforms
    add up to (one frame a second of YouTube's 500 to 800 hours a minute, 10 to 50 % of them useful; 5e9 to 2e10 photos
    shared a day, each 5 to 15 times), with the density ``P(lower < x) P(x < upper)`` in log x. Ranges are 90 %
    intervals of lognormals. Both grow with the users of the internet.

    Args:
        draws: How many, >= 1.
        seed: Seed of the random numbers.
        year: In [1951, 2100].

    Returns:
        ``draws`` values in images.

    Raises:
        ValueError: An argument is out of range.

    Source: Villalobos et al. 2022 (arXiv 2211.04325v1) with the constants of an early commit (f9a9a48) of its
    code (github.com/epoch-research/data-stock); the final one fits a normal to a mixture of the two estimates.

    Example:
        >>> stock = image_stock_2022(100_000, seed=1)
        >>> f"{np.median(stock):.0e}"
        '4e+12'
    """
    year = as_whole(year, "year", 1951, 2100)
    rng, draws = Random(seed), as_whole(draws, "draws", 1, MAX_DRAWS)

    def between(low: float, high: float) -> Floats:
        return _lognormal(rng, low, high, draws, 0.90)

    def bounds() -> tuple[Floats, Floats]:
        video = between(500, 800) * 60 * 24 * 365 * 3600 * between(0.1, 0.5)
        photos = between(5e9, 2e10) * 365 / between(5, 15)
        return exp10(-0.2) * between(5e10, 2e11), exp10(0.4) * (video + photos)

    return _anywhere_between(rng, bounds, draws, 1e9, 1e15) * _user_years_2022(year)


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
    years = np.arange(1950.0, max(year, 2025))
    users = interpolated(years, _FIVE_YEARS, _POPULATION) / (1 + exp(-0.1507 * (years - 2016.72)))
    return float(users[years < year].sum() / users[years == 2024][0])  # noqa: PLR2004  (the reference year)


@functools.cache
def _person_years(year: int, ceiling: float, middle: float, rate: float) -> float:
    """People of 1951 to ``year``, each year weighted by a logistic curve: of internet users, of recorded speech."""
    years = np.arange(1951.0, year + 1)
    people = 1e9 * interpolated(years, _FIVE_YEARS, _POPULATION)
    return float((people * ceiling / (1 + exp(-rate * (years - middle)))).sum())


def _user_years_2022(year: int) -> float:
    """Internet users of 1951 to ``year`` in units of those of 2022, by the first version's curve."""
    curve = (0.7286, 2011.6, 0.16)
    return _person_years(year, *curve) / (_person_years(2022, *curve) - _person_years(2021, *curve))


def _anywhere_between(
    rng: Random,
    bounds: Callable[[], tuple[Floats, Floats]],
    draws: int,
    lowest: float,
    highest: float,
) -> Floats:
    """Draws of density proportional to ``P(low < x) P(x < high)`` in ln x, for independent bounds.

    By rejection: x is uniform in ln x from ``lowest`` to ``highest``, outside of which nothing to speak of may lie, and
    kept where it falls between a pair of bounds.
    """
    found: list[Floats] = []
    while sum(x.size for x in found) < draws:
        low, high = bounds()
        x = lowest * exp(log(highest / lowest) * rng.uniform(low.size))
        found.append(x[(low < x) & (x < high)])
    return np.concatenate(found)[:draws]


def _within(low: float, high: float, draw: Callable[[int], Floats], size: int) -> Floats:
    """Draws that lie between the bounds: the others are drawn again."""
    values = draw(size)
    while (outside := (values <= low) | (values >= high)).any():
        values[outside] = draw(int(outside.sum()))
    return values


def _lognormal(rng: Random, low: float, high: float, size: int, interval: float = 0.95) -> Floats:
    middle, sd = _of_logarithm(low, high, interval)
    return np.asarray(exp(middle + sd * rng.normal(size)))


@functools.cache  # of a few intervals, each drawn from again and again
def _of_logarithm(low: float, high: float, interval: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm."""
    return log(low * high) / 2, log(high / low) / 2 / _NORMAL_TAIL[interval]
