"""Levers and sensitivities: against closed forms where the model has them, and what common random numbers promise.

False-alarm probability: each test asks at most 100 questions, each at 7 standard errors (two-sided 2.6e-12).
"""

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.exhaustion.draws import sample
from limitlaw.exhaustion.indices import first_order, rank_correlation, total
from limitlaw.exhaustion.paired import probability_change, quantile, quantile_change
from limitlaw.exhaustion.sensitivity import groups

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

Z = 7.0
DEFAULT = ll.ExhaustionScenario.preset("default")
#: Stock and demand are lognormal, everything else is fixed: whether data have run out is the sign of a sum of normals.
SUM = ll.ExhaustionScenario.preset("epoch2024", trend_weight=1, years=range(2024, 2041)).replace(
    text_stock=ll.dist.log_moments(32.0, 0.9),
    usable_fraction=1,
    multi_epoch_multiplier=1,
    stock_growth=1,
    trend_dataset=ll.dist.log_moments(29.5, 0.5),
    trend_growth=ll.dist.log_moments(0.5, 0.1),
    repetition_data=15,
    repetition_params=5,
    correlations={},
)
#: In 2029 the demand exceeds the stock in half of the draws; these are the shares of the variance of ln D - ln S.
VARIANCE = {"text_stock": 0.9**2, "trend_dataset": 0.5**2, "trend_growth": 25 * 0.1**2}


def test_levers_by_hand():
    """Multiplying the stock by k delays by ln k / growth in every draw when growth is fixed."""
    fixed = SUM.replace(trend_growth=np.exp(0.5), text_stock=1e14)
    changed = {"three times the stock": {"text_stock": 3e14}}
    frame = ll.levers(fixed, changed, trials=20_000, seed=1, quantiles=[0.1, 0.5], years=[2028])
    row = frame.filter(lever="three times the stock", definition="unique_tokens").row(0, named=True)
    assert row["q50_change"] == pytest.approx(np.log(3) / 0.5, abs=1e-9)
    assert row["q10_change"] == pytest.approx(np.log(3) / 0.5, abs=1e-9)
    assert row["q50_change_se"] == pytest.approx(0.0, abs=1e-9)
    base = frame.filter(pl.col("lever").is_null(), definition="unique_tokens").row(0, named=True)
    assert base["q50_change"] == 0
    assert row["p_by_2028"] - base["p_by_2028"] == pytest.approx(row["p_by_2028_change"])


def test_an_error_names_the_lever():
    with pytest.raises(ValueError, match=r"levers\['bad'\]: .*usable_fraction must be in \[0, 1\], got 2"):
        ll.levers(DEFAULT, {"bad": {"usable_fraction": 2}}, trials=100, seed=1)


def test_every_built_in_lever_applies_and_most_matter():
    frame = ll.levers(DEFAULT, trials=2000, seed=1)
    names = set(ll.exhaustion.default_levers(DEFAULT))
    assert len(names) == 28
    assert set(frame["lever"].drop_nulls()) == names
    idle = frame.filter(definition="effective_stock", p_not_by_horizon_change=0.0, p_by_2035_change=0.0)
    assert set(idle["lever"].drop_nulls()) == set()


def test_a_rank_that_is_whole_but_for_rounding_is_whole():
    """100 x .07 is 7.000000000000001 in floating point, and the seventh of a hundred all the same, as in the core."""
    assert 100 * 0.07 > 7
    years = np.arange(1.0, 101.0)
    assert [quantile(years, p) for p in (1e-9, 0.07, 0.071, 0.5, 0.95, 1.0)] == [1, 7, 8, 50, 95, 100]


def test_standard_errors_of_changes_cover_the_spread_of_repetitions():
    """20 repetitions: their spread over the stated error is chi-distributed; 0.35 to 1.9 holds but for 1e-9."""
    changes, errors, shares, share_errors = [], [], [], []
    for seed in range(20):
        names = ["exhaustion_year_effective_stock"]
        base, more = (
            sample(s, names, trials=4000, seed=seed)[names[0]] for s in (DEFAULT, DEFAULT.replace(private_share=0.5))
        )
        change, error = quantile_change(base, more, 0.4)
        share, share_error = probability_change(base <= 2035, more <= 2035)
        changes.append(change), errors.append(error), shares.append(share), share_errors.append(share_error)
    assert 0.35 < np.std(changes, ddof=1) / np.mean(errors) < 1.9
    assert 0.35 < np.std(shares, ddof=1) / np.mean(share_errors) < 1.9


def test_drawing_anew_changes_only_what_it_names():
    names = ["text_stock", "images", "alpha", "beta", "data_share"]
    base = sample(DEFAULT, names, trials=1000, seed=3)
    law = sample(DEFAULT, names, trials=1000, seed=3, redrawn=["law_parameters"])
    for name in names:
        assert (base[name] == law[name]).all() == (name not in ("alpha", "beta"))
    stock = sample(DEFAULT, names, trials=1000, seed=3, redrawn=["text_stock", "images", "video_seconds"])
    assert (base["alpha"] == stock["alpha"]).all()
    assert not (base["images"] == stock["images"]).any()
    with pytest.raises(ValueError, match="redrawn must be correlated inputs together, got only one of"):
        sample(DEFAULT, names, trials=1000, seed=3, redrawn=["images"])
    with pytest.raises(ValueError, match="redrawn must be inputs"):
        sample(DEFAULT, names, trials=1000, seed=3, redrawn=["stocks"])


def test_groups_are_independent():
    found = groups(DEFAULT)
    assert found["text_stock + images + video_seconds"] == ["text_stock", "images", "video_seconds"]
    assert found["repetition_data + repetition_params"] == ["repetition_data", "repetition_params"]
    assert found["law_parameters"] == ["law_parameters"]
    data, params = ll.repetition_bootstrap()
    joint = DEFAULT.replace(repetition_data=data, repetition_params=params, correlations={}, law=ll.Law.muennighoff())
    assert groups(joint)["repetition_data + repetition_params"] == ["repetition_data", "repetition_params"]
    assert {"text_stock", "trend_dataset", "trend_growth", "law_parameters"} < set(groups(SUM))
    assert "usable_fraction" not in groups(SUM)
    # A constant keeps the random number that another input is correlated with, so the two are drawn anew together.
    capped = DEFAULT.replace(power_cap=1e30)
    assert groups(capped)["chip_cap"] == ["power_cap", "chip_cap"]
    assert ll.sensitivity(capped, trials=500, seed=1).correlations.filter(input="power_cap").is_empty()


def test_sensitivity_leaves_out_what_no_draw_uses():
    found = ll.sensitivity(DEFAULT.replace(law=ll.Law.besiroglu()), trials=500, seed=1)
    unused = {"log_a", "alpha", "repetition_data", "repetition_params", "trend_dataset", "trend_growth"}
    assert not unused & set(found.correlations["input"])
    assert not {"law_parameters", "trend_dataset"} & set(found.indices["group"])
    assert not any("repetition" in group for group in found.indices["group"])
    free = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90, "correlations": {}}
    path = DEFAULT.replace(compute_path=ll.ComputePath.besiroglu2022(), **free)
    assert "compute_growth" not in groups(path)
    assert "compute" in groups(path)
    # Half of the draws have constants of repetition, and the correlation is over those.
    half = DEFAULT.replace(law=ll.Law.mixture({"muennighoff": 1, "besiroglu": 1}))
    found = ll.sensitivity(half, trials=1000, seed=1).correlations.filter(input="repetition_data")
    names = ["repetition_data", "exhaustion_year_effective_stock"]
    values, years = sample(half, names, trials=1000, seed=1).values()
    used = np.isfinite(values)
    assert 400 < used.sum() < 600
    assert found.select("spearman", "spearman_se").row(0) == rank_correlation(values[used], years[used])
    assert "alpha" in ll.sensitivity(half, trials=10, seed=1).correlations["input"]


def test_sobol_indices_of_a_sign_of_a_sum_of_normals():
    """With a share v of the variance, P(both) is an orthant: first order 2/pi asin(v), total 1 - 2/pi asin(1 - v)."""
    found = ll.sensitivity(SUM, year=2029, definition="unique_tokens", trials=40_000, seed=5)
    whole = sum(VARIANCE.values())
    for row in found.indices.iter_rows(named=True):
        v = VARIANCE.get(row["group"], 0.0) / whole
        assert abs(row["first_order"] - 2 / np.pi * np.arcsin(v)) <= Z * row["first_order_se"] + 1e-12, row
        assert abs(row["total"] - (1 - 2 / np.pi * np.arcsin(1 - v))) <= Z * row["total_se"] + 1e-12, row
    assert set(found.indices["outcome"]) == {"unique_tokens by 2029"}
    assert set(found.correlations["outcome"]) == {"year of unique_tokens"}
    order = found.indices["total"].to_list()
    assert order == sorted(order, reverse=True)
    signs = dict(found.correlations.select("input", "spearman").rows())
    assert signs["text_stock"] > 0.5
    assert signs["trend_dataset"] < 0
    assert abs(signs["alpha"]) < Z / np.sqrt(40_000)


def test_an_event_that_always_happens_has_no_indices():
    found = ll.sensitivity(SUM.replace(text_stock=1.0), year=2030, definition="unique_tokens", trials=1000, seed=1)
    assert found.indices["total"].null_count() == found.indices.height
    always = np.ones(10, dtype=bool)
    assert np.isnan(first_order(always, always)[0])
    assert np.isnan(total(always, always)[0])


def test_rank_correlation_of_a_copula_is_the_one_asked_for():
    n = 100_000
    drawn = sample(DEFAULT, ["text_stock", "images", "power_cap", "chip_cap", "data_share"], trials=n, seed=9)
    for a, b, rho in (("text_stock", "images", 0.7), ("power_cap", "chip_cap", 0.5), ("text_stock", "data_share", 0.0)):
        found, error = rank_correlation(drawn[a], drawn[b])
        assert abs(found - rho) <= Z * error


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": "year"}, "output must be 'p_exhausted_by', got 'year'"),
        ({"definition": "epoch"}, "definition must be 'effective_stock', 'unique_tokens' or 'half_compute'"),
        ({"year": 2100}, r"year must be in \[2024, 2053\], got 2100"),
    ],
)
def test_bad_input_names_the_argument(changes, message):
    with pytest.raises(ValueError, match=message):
        ll.sensitivity(DEFAULT, trials=100, seed=1, **changes)
