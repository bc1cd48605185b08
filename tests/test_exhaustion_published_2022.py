"""Table 1 of the first version of *Will we run out of data?* (Villalobos et al. 2022, arXiv 2211.04325v1).

Median and 90 % interval of the year of exhaustion, by the historical trend. The printed figures are one run without a
seed: per point of a grid of years a density from 1,000 draws of log stock over log demand; quantiles are points of that
grid. So a figure may be off by a step of the grid, by rounding, and by the error of such a run, measured here.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from limitlaw.exhaustion import high_quality_stock_2022, image_stock_2022, low_quality_stock_2022
from reference.villalobos import density_at_one, exhaustion_years

SIGMAS = 4
#: Draws per year of the density without the error of a run; draws and repetitions of the published run.
DRAWS, PUBLISHED, RUNS = 20_000, 1000, 40
#: Orders of magnitude in a year, times the months in which datasets double.
DOUBLING = 12 * np.log10(2)


class Row(NamedTuple):
    """One row of the table: log10 of the stock by year, log10 of the demand, and how the script looks at them."""

    stock: Callable[[int, int, float], np.ndarray]  # (draws, seed, year)
    demand_2022: float
    growth: tuple[float, float]  # of log10 demand a year, 90 %
    since: float  # added to the years since 2022
    first: int
    last: int
    per_year: int
    stored: int  # distributions a year: the year is rounded down to one of them
    smoothing: int
    rounding: float
    printed: tuple[float, float, float]


def high_quality(draws: int, seed: int, year: float) -> np.ndarray:
    """Growing with the economy, 2 to 6 % a year."""
    z = np.random.default_rng([seed, 1]).standard_normal(draws)
    growth = np.log10(1.02 * 1.06) / 2 + np.log10(1.06 / 1.02) / 3.2897 * z
    return np.log10(high_quality_stock_2022(draws, seed=seed)) + growth * (year - 2022.01)


LANGUAGE = ((DOUBLING / 20.2 + DOUBLING / 10.3) / 2, (DOUBLING / 14.8 + DOUBLING / 6.7) / 2)
TABLE_1 = {
    # src/index.ts and src/scripts/plot_int.py of the first commit (f9a9a48).
    "low-quality language": Row(
        lambda n, seed, year: np.log10(low_quality_stock_2022(n, seed=seed, year=round(year))),
        *(np.log10(2e12), LANGUAGE, 1e-6, 2023, 2080, 5, 1, 10, 0.0, (2028.4, 2032.4, 2039.2)),
    ),
    # v1/src/scripts/plot_intersection.py.
    "high-quality language": Row(
        high_quality, np.log10(2e12), LANGUAGE, 1e-6, 2022, 2030, 20, 10, 20, 0.05, (2023.5, 2024.5, 2025.7)
    ),
    # src/scripts/plot_int_vision.py of the first commit: smoothed for the picture, not for the figures. Of the two
    # growth paths (5, 50 and 95 %) the code takes the 50 % as the 95 %.
    "images": Row(
        lambda n, seed, year: np.log10(image_stock_2022(n, seed=seed, year=round(year))),
        np.log10(3e9),
        ((DOUBLING / 48 + DOUBLING / 31) / 2, (DOUBLING / 39.9 + DOUBLING / 9.6) / 2),
        *(0.1, 2022, 2070, 5, 1, 1, 0.0, (2037.0, 2046.0, 2062.8)),
    ),
}


@pytest.mark.parametrize("row", TABLE_1.values(), ids=TABLE_1)
def test_villalobos_2022_table_1_by_the_historical_trend(row: Row) -> None:
    """The density itself within a step of the grid, rounding, and four standard deviations of the published run."""
    years = np.arange(row.first * row.per_year, row.last * row.per_year + 1) / row.per_year
    stored = np.floor((years - row.first) * row.stored + 1e-9).astype(int)
    at = row.first + np.arange(stored[-1] + 1) / row.stored
    mean, sd = (row.growth[0] + row.growth[1]) / 2, (row.growth[1] - row.growth[0]) / 3.2897
    elapsed = at - 2022 + row.since

    def density(i: int) -> float:
        stock = row.stock(DRAWS, i, at[i])
        z = (stock - row.demand_2022 - elapsed[i] * mean) / (elapsed[i] * sd)
        return float((stock * np.exp(-z * z / 2)).mean() / elapsed[i])

    expected = exhaustion_years(years, np.array([density(i) for i in range(len(at))])[stored], row.smoothing)

    def published(seed: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        stocks = [row.stock(PUBLISHED, seed, year) for year in at]  # the same draws in all years, as in the code
        demand = row.demand_2022 + elapsed[stored, None] * random.normal(mean, sd, (len(years), PUBLISHED))
        return exhaustion_years(
            years,
            np.array([density_at_one(random.permutation(stocks[i]) / d) for i, d in zip(stored, demand, strict=True)]),
            row.smoothing,
        )

    error = np.std([published(seed) for seed in range(RUNS)], axis=0, ddof=1)
    assert (error < 0.25).all()  # of a year: the tolerance stays narrow
    assert (np.abs(expected - row.printed) <= 1 / row.per_year + row.rounding + SIGMAS * error + 1e-9).all()


def test_villalobos_2022_stock_of_language() -> None:
    """Key takeaways: "currently between 7e13 and 7e16 words", the 90 % interval.

    The mixture of later commits, with recorded speech by itself in it, ends above 1e17.
    """
    found = np.quantile(low_quality_stock_2022(400_000, seed=1), [0.05, 0.95])
    # The published draws are 1,000 of each part; ours have an error of 0.5 %.
    np.testing.assert_allclose(found, [7e13, 7e16], rtol=0.5 / 7)


def test_trailing_mean_delays_the_year() -> None:
    """Without it high-quality language runs out in 2024.05, half a year before the printed median."""
    years = 2022 + np.arange(161) / 20
    density = np.exp(-((years - 2025) ** 2) / 0.08)
    assert exhaustion_years(years, density, 1)[1] == pytest.approx(2025, abs=0.05)
    assert exhaustion_years(years, density, 20)[1] == pytest.approx(2025.475, abs=0.05)
