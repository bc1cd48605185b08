"""Standard errors of the exhaustion and constraint families: none is 0 for want of draws, and they cover."""

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from exhaustion_cases import DEFAULT
from limitlaw import _core
from limitlaw.exhaustion.backtest import score
from limitlaw.exhaustion.indices import first_order, rank_correlation, total
from limitlaw.exhaustion.paired import probability_change, quantile_change

Z95 = 1.959963984540054
CONSTRAINT = ll.ConstraintScenario.epoch2030()


def share_errors(shares: np.ndarray, count: int) -> np.ndarray:
    return _core.share_errors(np.asarray(shares, dtype=float), np.full(len(shares), float(count)))


def errors_of(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.selectors.ends_with("_se"), pl.selectors.by_name("se", require_all=False))


def test_the_error_of_a_share_reaches_the_farther_end_of_wilsons_interval() -> None:
    """The roots of (p - x/n)^2 = z^2 p (1 - p) / n, by NumPy."""
    for n in (2, 7, 400):
        for x in range(0, n + 1, max(n // 9, 1)):
            ends = np.roots([1 + Z95**2 / n, -2 * x / n - Z95**2 / n, (x / n) ** 2])
            want = np.abs(ends - x / n).max() / Z95
            assert share_errors([x / n], n)[0] == pytest.approx(want, rel=1e-9)


def test_shares_within_two_errors_cover() -> None:
    """Exact coverage of p +- 1.96 se over a grid: at least .81 with two draws, .91 with five, .925 from twenty on."""
    for n, least in ((2, 0.81), (5, 0.91), (20, 0.925), (100, 0.935), (1000, 0.94)):
        counts = np.arange(n + 1)
        shares, reach = counts / n, Z95 * share_errors(counts / n, n)
        ln_choose = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in counts])
        grid = np.concatenate([np.linspace(0.001, 0.5, 400), np.linspace(0.01, 5, 400) / n])
        for p in grid[grid < 0.5]:
            mass = np.exp(ln_choose + counts * np.log(p) + (n - counts) * np.log1p(-p))
            assert mass[np.abs(shares - p) <= reach].sum() >= least, (n, p)


def test_one_draw_shows_no_error() -> None:
    result = ll.simulate(DEFAULT, trials=1, seed=1)
    constraint = ll.simulate(CONSTRAINT, trials=1, seed=1)
    levers = ll.levers(DEFAULT, {"private": {"private_share": 1}}, trials=1, seed=1)
    swept = ll.sweep(ll.Grid(DEFAULT, {"data_share": [0.5]}), trials=1, seed=1, progress=False).frame()
    frames = [result.trajectories, result.exhaustion, result.exhausted_by, constraint.bands, constraint.binding]
    for frame in (*frames, levers, swept):
        errors = errors_of(frame)
        assert errors.width
        assert errors.null_count().row(0) == (frame.height,) * errors.width


@pytest.mark.parametrize("trials", [2, 3, 5, 20, 64, 300])
def test_no_error_is_zero_for_want_of_draws(trials: int) -> None:
    """Probabilities have one from two draws on, quantiles where enough lie on either side; none is 0."""
    for replicate in range(10):
        result = ll.simulate(DEFAULT, trials=trials, seed=2, replicate=replicate)
        binding = ll.simulate(CONSTRAINT, trials=trials, seed=2, replicate=replicate).binding
        for frame in (result.exhaustion, result.exhausted_by, binding):
            for column in errors_of(frame).iter_columns():
                assert column.drop_nulls().gt(0).all(), (column.name, replicate)
                assert column.name.startswith("q") or not column.null_count()


@pytest.mark.parametrize("trials", [5, 8, 24, 60, 130, 3000])
def test_the_error_of_a_quantile_reaches_the_farther_end_of_its_interval(trials: int) -> None:
    """Order statistics by hand: null where the interval has no end among the draws that run out by the horizon."""
    result = ll.simulate(DEFAULT, trials=trials, seed=3, samples=["exhaustion_year"])
    for row in result.exhaustion.iter_rows(named=True):
        years = np.sort(result.samples[f"exhaustion_year_{row['definition']}"].fill_null(np.inf).to_numpy())
        for p in (0.05, 0.25, 0.5, 0.75, 0.95):
            step = Z95 * math.sqrt(p * (1 - p) / trials)
            found = row[f"q{round(100 * p):02}_se"]
            enough = trials * (min(p, 1 - p) - step) >= 1
            ranks = [math.ceil(trials * q) - 1 for q in (p - step, p, p + step)]
            if enough and np.isfinite(years[ranks[2]]):
                below, middle, above = years[ranks]
                assert found == pytest.approx(max(middle - below, above - middle) / Z95, abs=2.0**-9)
            else:
                assert found is None


def test_quantiles_within_two_errors_cover() -> None:
    """From the fewest draws that have an error on: .96 or more expected of 300 runs, whose sd is .011; .88 holds."""
    # The year is that of every year between the ends, listed or not.
    scenario = DEFAULT.replace(years=[min(DEFAULT.years), max(DEFAULT.years)])
    whole = ll.simulate(scenario, trials=400_000, seed=5).exhaustion.row(1, named=True)
    for name, trials in (("q25", 24), ("q50", 20), ("q50", 100)):
        runs = [
            ll.simulate(scenario, trials=trials, seed=6, replicate=i, threads=1).exhaustion.row(1, named=True)
            for i in range(300)
        ]
        told = [row for row in runs if row[f"{name}_se"] is not None]
        assert len(told) > 250
        covered = [abs(row[name] - whole[name]) <= Z95 * row[f"{name}_se"] for row in told]
        assert np.mean(covered) > 0.88, (name, trials)


def test_an_event_that_no_point_shows_has_an_error_with_sobol_points_too() -> None:
    never = DEFAULT.replace(text_stock=1e29)
    rows = ll.simulate(never, trials=1024, seed=1, sampler="sobol").exhausted_by
    assert rows["probability"].max() == 0
    assert rows["se"].to_list() == pytest.approx([Z95 / (1024 + Z95**2)] * rows.height)


@pytest.mark.parametrize("stock", [1e29, 5e14])
def test_replicates_of_a_share_have_the_error_of_all_draws(stock, tmp_path) -> None:
    swept = ll.Grid(DEFAULT, {"text_stock": [stock]})
    for replicate in range(5):
        ll.sweep(swept, trials=400, seed=7, replicate=replicate, frame="exhausted_by", store=tmp_path, progress=False)
    merged = ll.Store(tmp_path).scan().collect()
    assert merged["trials"].unique().to_list() == [2000]
    assert merged["se"].to_list() == pytest.approx(share_errors(merged["probability"].to_numpy(), 2000).tolist())


def test_differences_and_indices_of_nothing_seen_have_an_error() -> None:
    none, some = np.zeros(50, dtype=bool), np.arange(50) < 20
    assert probability_change(some, some) == (0.0, pytest.approx(math.sqrt(2) / 52))
    assert math.isnan(probability_change(some[:1], none[:1])[1])
    # Bonett and Price 2012, formula 7: 20 of 50 lost.
    more, less = 1 / 52, 21 / 52
    want = math.sqrt((more + less - (more - less) ** 2) / 52)
    assert probability_change(some, none) == (-0.4, pytest.approx(want))
    spread = 2 * some.mean() * (1 - some.mean())
    assert total(some, some) == (0.0, pytest.approx(Z95 / (50 + Z95**2) / spread))
    assert first_order(some, some) == (1.0, pytest.approx(Z95 / (50 + Z95**2) / spread))
    assert math.isnan(rank_correlation([1.0, 2.0], [1.0, 3.0])[1])
    assert math.isnan(quantile_change(np.array([2030.0, 2031.0]), np.array([2031.0, 2032.0]), 0.5)[1])
    beyond = score(np.log10(np.arange(1.0, 101.0)), 1000.0)
    assert beyond["percentile"] == 100
    assert beyond["percentile_se"] == pytest.approx(100 * Z95 / (100 + Z95**2))


def test_a_backtest_of_few_draws_has_no_error_of_zero() -> None:
    scenario = ll.ExhaustionScenario.preset("epoch2024", trend_weight=1)
    found = ll.backtest(scenario, ll.datasets.record_runs(), as_of=dt.date(2024, 6, 6), trials=2, seed=1)
    assert found.observations["percentile_se"].gt(0).all()
