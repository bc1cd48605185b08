"""The backtest: its scores against closed forms, and how the 2024 projection fared."""

import datetime as dt
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

import limitlaw as ll
from limitlaw.exhaustion.backtest import crps, score, year_of

TREND = ll.ExhaustionScenario.preset("epoch2024", trend_weight=1)
RECORDS = ll.datasets.record_runs()
AS_OF = dt.date(2024, 6, 6)


def test_crps_of_a_normal_projection():
    """Gneiting et al. 2005 (EMOS): s [z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)]; on a grid of quantiles, to 1e-3."""
    normal = NormalDist(2.0, 0.5)
    n = 20_000
    draws = np.array([normal.inv_cdf((i + 0.5) / n) for i in range(n)])
    for y in (0.5, 2.0, 2.3):
        z = (y - 2.0) / 0.5
        phi = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        exact = 0.5 * (z * (2 * NormalDist().cdf(z) - 1) + 2 * phi - 1 / np.sqrt(np.pi))
        assert crps(draws, y) == pytest.approx(exact, abs=1e-3)


def test_crps_is_unbiased_and_an_absolute_error_without_spread():
    # Pairs of normals, two in each of 900 cells of equal probability: 20,000 anywhere have five times the error.
    cells = np.stack(np.meshgrid(np.arange(30), np.arange(30)), axis=-1).reshape(-1, 2)
    drawn = norm.ppf((cells + np.random.default_rng(1).random((2, *cells.shape))) / 30)
    first, second = ([crps(pair, 0.0) for pair in half] for half in drawn)
    error = np.sqrt(np.square(np.subtract(first, second)).sum() / 4) / len(cells)
    exact = 2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi)
    assert abs(np.mean([first, second]) - exact) < 7 * error
    assert crps([3.0, 3.0, 3.0], 5.0) == 2.0
    with pytest.raises(ValueError, match="draws must be at least 2, got 1"):
        crps([1.0], 1.0)


def test_the_error_of_a_score_is_the_spread_of_repetitions():
    """100 repetitions: the ratio of spread to error has a relative sd of 0.071; seven of them."""
    rng = np.random.default_rng(2)
    found = [score(rng.normal(0.3, 0.5, size=2000), 10**0.9) for _ in range(100)]
    for name in ("crps", "percentile"):
        spread = np.std([row[name] for row in found], ddof=1)
        told = np.mean([row[f"{name}_se"] for row in found])
        assert spread / told == pytest.approx(1, abs=0.5), name


def test_a_score_counts_ties_by_half_and_knows_its_intervals():
    found = score(np.log10(np.arange(1.0, 101.0)), 50.0)
    assert found["percentile"] == 49.5
    assert found["inside_50"]
    assert not score(np.log10(np.arange(1.0, 101.0)), 97.0)["inside_90"]


def test_fractions_of_a_year():
    assert year_of(dt.date(2024, 1, 1)) == 2024
    assert year_of(dt.date(2024, 12, 31)) == 2024 + 365 / 366


def test_how_the_projection_of_villalobos_2024_fared():
    """Section 5: Llama 3.1 at the 83rd percentile of [4.8e12, 2.1e13], Qwen3 at the 90th of [9.0e12, 4.3e13]."""
    result = ll.backtest(TREND, RECORDS, as_of=AS_OF, trials=200_000, seed=1)
    rows = {row["model"]: row for row in result.observations.iter_rows(named=True)}
    llama, qwen = rows["Llama 3.1-405B"], rows["Qwen3-235B-A22B"]
    assert (round(llama["percentile"]), round(qwen["percentile"])) == (83, 90)
    assert llama["year"] == pytest.approx(2024.56, abs=0.005)
    assert qwen["year"] == pytest.approx(2025.33, abs=0.01)
    assert llama["q05"] == pytest.approx(4.8e12, abs=0.05e12 + 0.02e12)
    assert llama["q95"] == pytest.approx(2.1e13, abs=0.05e13 + 0.01e13)
    assert qwen["q05"] == pytest.approx(9.0e12, abs=0.05e12 + 0.04e12)
    assert qwen["q95"] == pytest.approx(4.3e13, abs=0.05e13 + 0.02e13)
    demand = result.scores.row(by_predicate=pl.col("variable") == "demand", named=True)
    assert demand["observations"] == 5
    assert demand["coverage_90"] == 1.0


def test_only_what_came_later_counts_and_columns_are_kept():
    result = ll.backtest(TREND, RECORDS.filter(variable="demand"), as_of=dt.date(2025, 1, 1), trials=1000, seed=1)
    assert result.observations["date"].min() > dt.date(2025, 1, 1)
    assert result.observations.columns[:4] == RECORDS.columns
    assert result.scores["variable"].to_list() == ["demand"]


@pytest.mark.parametrize(
    ("observations", "as_of", "message"),
    [
        (RECORDS.drop("value"), AS_OF, "observations must have a column 'value'"),
        (RECORDS, dt.date(2030, 1, 1), "observations must contain a date after 2030-01-01, got none"),
        (
            RECORDS.with_columns(value=pl.lit(-1.0)),
            AS_OF,
            r"observations\['value'\] must be finite and above 0, got -1.0",
        ),
        (
            RECORDS,
            dt.date(2020, 1, 1),
            r"observations\['date'\] must be in the scenario's years 2024 to 2053, got 2020",
        ),
        (
            RECORDS.with_columns(variable=pl.lit("size")),
            AS_OF,
            r"observations\['variable'\] must name some of \['compute', .*, got 'size'",
        ),
        (
            RECORDS.with_columns(date=pl.when(pl.int_range(pl.len()) == 1).then(None).otherwise("date")),
            AS_OF,
            r"observations\['date'\] must be a date in every row, got null in row 1",
        ),
    ],
)
def test_bad_observations_are_named(observations, as_of, message):
    with pytest.raises(ValueError, match=message):
        ll.backtest(TREND, observations, as_of=as_of, trials=100, seed=1)


def test_records_rise():
    for _, records in RECORDS.group_by("variable"):
        values = records.sort("date")["value"].to_numpy()
        assert (np.diff(values) > 0).all()


def test_observations_may_be_dated_by_text():
    """As the tables of fit_growth are; a month begins on its first day."""
    dated = RECORDS.filter(pl.col("date") > AS_OF)
    expected = ll.backtest(TREND, dated, as_of=AS_OF, trials=200, seed=1)
    for dates in (pl.col("date").cast(pl.String), pl.col("date").cast(pl.Datetime)):
        found = ll.backtest(TREND, dated.with_columns(dates), as_of="2024-06-06", trials=200, seed=1)
        assert found.observations.equals(expected.observations)
    month = dated.head(1).with_columns(date=pl.lit("2025-03"))
    assert ll.backtest(TREND, month, as_of=AS_OF, trials=200, seed=1).observations["date"][0] == dt.date(2025, 3, 1)
