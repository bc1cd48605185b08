"""The building blocks of the exhaustion model against the figures of their papers, enumeration and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw.exhaustion import (
    checkpoint_interval,
    crossing_probability,
    crossing_year,
    deep_web_stock,
    effective_training_time,
    failure_seconds,
    goodput,
    image_stock_2022,
    inference_at_budget,
    inference_overtraining,
    low_quality_stock_2022,
    plateau,
    profit_maximising_allocation,
    profit_overtraining,
    whole_web_stock,
)
from limitlaw.exhaustion.demand import coefficients

HOUR = 3600.0
BESIROGLU = ll.Law.besiroglu()
EPOCH_TOY = ll.Law.chinchilla(log_a=np.log(514), log_b=np.log(2115.2), log_e=0.0, alpha=0.35, beta=0.37)


def lognormal(low: float, high: float, z: float) -> tuple[float, float]:
    return np.log(low * high) / 2, np.log(high / low) / 2 / z


#: Villalobos et al. 2024 as lognormals: stock x quality x epochs, and the historical trend.
_PARTS = [lognormal(1.3e14, 2.1e15, 1.959964), lognormal(0.1, 0.4, 1.959964), lognormal(2, 5, 1.959964)]
VILLALOBOS = {
    "log_stock": (sum(m for m, _ in _PARTS), float(np.hypot.reduce([s for _, s in _PARTS]))),
    "log_demand": lognormal(3e12, 13e12, 1.644854),
    "log_stock_growth": (0.07737, 0.02481),
    "log_demand_growth": (0.375 * np.log(10), 0.0536 * np.log(10)),
}


# Hardware failures ---------------------------------------------------------------------------------------------------


def test_llama3_report_table_5_failure_rate():
    rate = 419 / 54 / (16_384 / 8)
    assert rate == pytest.approx(3.789e-3, abs=5e-7)
    hours = failure_seconds(gpus=16_384, failures_per_node_day=rate) / HOUR
    assert hours == pytest.approx(54 * 24 / 419)
    assert hours == pytest.approx(3.093, abs=5e-4)
    assert hours * 16_384 == pytest.approx(50_677, abs=0.5)


def test_kokolis_2024_mean_time_to_failure_of_large_jobs():
    hours = failure_seconds(gpus=[16_384, 131_072], failures_per_node_day=6.50e-3) / HOUR
    np.testing.assert_allclose(hours, [1.8, 0.23], atol=0.005)


def test_checkpoint_intervals_of_the_worked_case():
    case = {"checkpoint_seconds": 60, "failure_seconds": 3.09 * HOUR}
    hours = {rule: float(checkpoint_interval(**case, rule=rule)) / HOUR for rule in ("young", "daly", "exact")}
    assert hours == pytest.approx({"young": 0.3209, "daly": 0.3099, "exact": 0.3099}, abs=5e-5)
    best = goodput(interval=hours["exact"] * HOUR, restart_seconds=600, **case)
    assert best == pytest.approx(0.85246, abs=5e-6)


@given(st.floats(-12, 3), st.floats(1, 6), st.floats(0, 3))
def test_the_exact_interval_maximises_goodput(log_ratio, log_m, restart):
    m = np.exp(log_m)
    case = {"checkpoint_seconds": m * np.exp(log_ratio), "failure_seconds": m}
    tau = checkpoint_interval(**case)
    around = tau * np.exp(np.linspace(-0.5, 0.5, 401))
    at = goodput(interval=tau, restart_seconds=restart, **case)
    assert (goodput(interval=around, restart_seconds=restart, **case) <= at * (1 + 1e-12)).all()


@given(st.floats(-14, -5))
def test_daly_is_the_exact_argmax_for_short_saves(log_ratio):
    case = {"checkpoint_seconds": np.exp(log_ratio), "failure_seconds": 1.0}
    assert checkpoint_interval(**case, rule="daly") == pytest.approx(checkpoint_interval(**case), rel=1e-4)


def test_the_availability_rule_maximises_its_objective():
    save, m, restart = 60.0, 10_000.0, 900.0
    tau = checkpoint_interval(checkpoint_seconds=save, failure_seconds=m, restart_seconds=restart, rule="availability")

    def available(cycle):
        return (1 - save / cycle) / (1 + (restart + cycle / 2) / m)

    cycles = (tau + save) * np.exp(np.linspace(-1, 1, 2001))
    assert available(cycles).max() == pytest.approx(available(tau + save), rel=1e-12)


def test_without_saves_and_restarts_goodput_tends_to_one():
    taus = np.array([1e-1, 1e-3, 1e-6])
    np.testing.assert_allclose(goodput(interval=taus, checkpoint_seconds=0, failure_seconds=1), 1 - taus / 2, rtol=1e-3)


def test_effective_training_time_is_goodput_to_first_order():
    tau, restart = 1e-4, 2e-4
    exact = goodput(interval=tau, checkpoint_seconds=0, failure_seconds=1, restart_seconds=restart)
    ratio = effective_training_time(interval=tau, restart_seconds=restart, failure_seconds=1)
    assert ratio == pytest.approx(exact, abs=4 * (tau + restart) ** 2)


def test_goodput_against_simulated_failures():
    """Segments run until one survives. False alarm 1e-9: |mean - exact| < 6.11 standard errors."""
    rng = np.random.default_rng(20)
    tau, save, m, restart, segments = 0.5, 0.2, 1.0, 0.3, 400_000
    failures = rng.geometric(np.exp(-(tau + save) / m), segments) - 1
    restarts = rng.geometric(np.exp(-restart / m), failures.sum()) - 1  # failed restarts before one succeeds

    def cut(limit, size):  # an exponential given that it is below the limit
        return -m * np.log1p(rng.random(size) * np.expm1(-limit / m))

    of_failure = cut(tau + save, failures.sum()) + restart
    np.add.at(of_failure, np.repeat(np.arange(len(restarts)), restarts), cut(restart, restarts.sum()))
    time = np.full(segments, tau + save)
    np.add.at(time, np.repeat(np.arange(segments), failures), of_failure)
    exact = tau / goodput(interval=tau, checkpoint_seconds=save, failure_seconds=m, restart_seconds=restart)
    assert abs(time.mean() - exact) < 6.11 * time.std() / np.sqrt(segments)


# Stock ---------------------------------------------------------------------------------------------------------------


def assert_published(draws, median, low, high, digits=2):
    """The published figures up to their rounding and 3 standard errors of the 10,000 draws behind them."""
    for p, published in ((0.025, low), (0.5, median), (0.975, high)):
        ours = np.quantile(draws, p)
        unit = 10 ** (np.floor(np.log10(published)) - digits + 1)
        width = np.quantile(draws, [max(p - 0.002, 0), p + 0.002])
        se = (width[1] - width[0]) / 0.004 * np.sqrt(p * (1 - p) / 10_000)
        assert abs(ours - published) <= unit / 2 + 3 * se, (p, ours, published)


def test_villalobos_2024_indexed_web():
    assert_published(ll.dist.structural_stock().values, 5.1e14, 1.3e14, 2.1e15)


def test_villalobos_2024_whole_web():
    assert_published(whole_web_stock(400_000, seed=1), 3.1e15, 1.9e15, 5.2e15)


def test_villalobos_2024_table_2_deep_web():
    table = deep_web_stock()
    printed = dict(zip(table["platform"], table["whole_web_tokens"], strict=True))
    assert printed == {"Facebook": 3000e12, "Instagram": 580e12, "Twitter": 1370e12, "Reddit": 140e12}
    assert np.exp(table["whole_web_tokens"].log().mean()) == pytest.approx(760e12, abs=5e12)
    # The quotient of the printed inputs, each within its rounding, covers the printed quotient within its own.
    half = {"Facebook": (0.5e14, 5e-4, 5e14), "Instagram": (0.5e12, 5e-4, 5e12), "Twitter": (0.5e12, 5e-4, 5e12)}
    for platform, tokens, share, total in table.rows():
        of_tokens, of_share, of_total = half.get(platform, (0.05e12, 5e-5, 5e12))
        assert (tokens - of_tokens) / (share + of_share) <= total + of_total
        assert (tokens + of_tokens) / (share - of_share) >= total - of_total


# Crossing ------------------------------------------------------------------------------------------------------------


def test_exhaustion_year_of_villalobos_2024_with_lognormal_stock():
    years = 2024 + crossing_year([0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975], **VILLALOBOS)
    expected = [2026.57, 2026.94, 2027.37, 2028.13, 2029.05, 2030.09, 2031.17, 2031.91, 2032.63]
    np.testing.assert_allclose(years, expected, atol=0.005)


@given(st.floats(0.001, 0.999), st.floats(-0.5, 0.5), st.floats(0, 0.3))
def test_year_inverts_probability(p, shift, spread):
    case = VILLALOBOS | {"log_demand_growth": (0.6 + shift, spread)}
    year = crossing_year(p, **case)
    if np.isfinite(year):
        assert crossing_probability(year, **case) == pytest.approx(p, abs=1e-9)
    else:
        assert crossing_probability(1e9, **case) <= p


def test_stock_and_overtraining_shift_the_median():
    slope = VILLALOBOS["log_demand_growth"][0] - VILLALOBOS["log_stock_growth"][0]
    middle = crossing_year(0.5, **VILLALOBOS)

    def shifted(name, by):
        mean, sd = VILLALOBOS[name]
        return crossing_year(0.5, **VILLALOBOS | {name: (mean + by, sd)}) - middle

    assert shifted("log_stock", np.log(3)) == pytest.approx(np.log(3) / slope)
    assert shifted("log_demand", np.log(5) / 2) == pytest.approx(-1.02, abs=0.005)
    assert shifted("log_stock", np.log(3000 / 510)) == pytest.approx(2.25, abs=0.005)


# Demand --------------------------------------------------------------------------------------------------------------


def reducible(law, n, d):
    law = coefficients(law)
    return np.exp(law.log_a - law.alpha * np.log(n)) + np.exp(law.log_b - law.beta * np.log(d))


def test_besiroglu_2024_compute_optimal_runs():
    frame = inference_at_budget([5.76e23, 3.8e25, 5e28, 2e29], 0.0, BESIROGLU)
    np.testing.assert_allclose(frame["parameters"], [72.4e9, 620e9, 24.6e12, 50.1e12], rtol=2e-3)
    np.testing.assert_allclose(frame["tokens"], [1.327e12, 10.2e12, 339e12, 665e12], rtol=4e-3)
    np.testing.assert_allclose(frame["tokens"] / frame["parameters"], [18.3, 16.5, 13.8, 13.3], atol=0.05)
    assert np.sqrt(20 * 2e29 / 6) == pytest.approx(816e12, rel=1e-3)  # D = 20 N asks for 23 % more


@given(st.floats(45, 75), st.floats(15, 45))
def test_serving_costs_least_at_the_condition_of_sardana_and_frankle(log_c, log_served):
    base, served = coefficients(BESIROGLU), np.exp(log_served)
    row = inference_at_budget(np.exp(log_c), served, BESIROGLU).row(0, named=True)
    n, d = row["parameters"], row["tokens"]
    of_n = base.alpha * np.exp(base.log_a) * n**-base.alpha * 3 * d / (3 * d + served)
    of_d = base.beta * np.exp(base.log_b) * d**-base.beta
    assert of_n == pytest.approx(of_d, rel=1e-9)
    # Models of other sizes with the same loss cost more to train and serve.
    others = n * np.exp(np.linspace(-0.2, 0.2, 21))
    left = reducible(BESIROGLU, n, d) - np.exp(base.log_a) * others**-base.alpha
    others, left = others[left > 0], left[left > 0]
    tokens = np.exp((base.log_b - np.log(left)) / base.beta)
    cost = 6 * others * tokens + 2 * others * served
    assert (cost >= (6 * n * d + 2 * n * served) * (1 - 1e-12)).all()


@given(st.floats(0, 1e4), st.floats(45, 75))
def test_overtraining_by_inference_does_not_depend_on_the_budget(ratio, log_c):
    factor = inference_overtraining(ratio, BESIROGLU)
    tokens = np.sqrt(factor) * inference_at_budget(np.exp(log_c), 0.0, BESIROGLU)["tokens"][0]
    row = inference_at_budget(np.exp(log_c), ratio * tokens, BESIROGLU).row(0, named=True)
    assert row["tokens"] == pytest.approx(tokens, rel=1e-9)
    assert row["overtraining"] == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    ("scale", "r", "h"), [(1e13, 7, 1.1), (1e15, 7, 2.0), (1e16, 10, 2.4)], ids=["chinchilla", "5x", "100x"]
)
def test_villalobos_2024_appendix_f_policies_by_brute_force(scale, r, h):
    compute = 5e25
    n = np.exp(np.linspace(np.log(1e9), np.log(1e14), 4001))[:, None]
    share = np.exp(np.linspace(-4, 0, 201))[None]  # of the budget spent
    loss = reducible(EPOCH_TOY, n, share * compute / 6 / n)
    interest = scale * (loss / 0.1) ** -r
    factor = np.exp(np.linspace(0, 3, 301))[None]
    price = factor * h / (h - 1) * 2 * n / 1e18
    best = np.full((len(n), factor.size + 1), -np.inf)  # of these prices and all above, for an interest of 1
    earned = (price / 1e-6) ** -h * (price - 2 * n / 1e18)
    best[:, :-1] = np.maximum.accumulate(earned[:, ::-1], axis=1)[:, ::-1]
    # The dearer the fewer are sold: prices fit from the first on at which what is sold can be served.
    served = 1000 * compute / (2 * n)
    first = np.searchsorted(factor[0], (served / interest) ** (-1 / h) * (1e-6 / price[:, :1]))
    best_price = interest * np.take_along_axis(best, first, axis=1)
    profit = best_price - share * compute / 1e18
    at = np.unravel_index(profit.argmax(), profit.shape)
    row = profit_maximising_allocation(
        compute, EPOCH_TOY, demand_scale=scale, loss_elasticity=r, price_elasticity=h
    ).row(0, named=True)
    assert share[0, at[1]] == 1  # the budget is spent
    # The grid of prices is 1 % wide and its profit flat at the top: parameters to 10 %, profit to 1 %.
    assert row["parameters"] == pytest.approx(n[at[0], 0], rel=0.1)
    assert profit[at] <= row["profit"] * (1 + 1e-9)
    assert row["profit"] == pytest.approx(profit[at], rel=0.01)
    assert row["overtraining"] == pytest.approx(profit_overtraining((h - 1) / r, EPOCH_TOY), rel=1e-12)


def test_the_best_price_is_a_markup_on_serving():
    row = profit_maximising_allocation(
        1e24, BESIROGLU, demand_scale=1e13, loss_elasticity=7, price_elasticity=1.5, served_per_training_compute=1e9
    ).row(0, named=True)
    assert row["price"] == pytest.approx(1.5 / 0.5 * 2 * row["parameters"] / 1e18)


def test_no_inference_and_inelastic_prices_give_the_compute_optimum():
    assert inference_overtraining(0, BESIROGLU) == 1
    assert profit_overtraining(0, BESIROGLU) == 1


# Limits --------------------------------------------------------------------------------------------------------------


def test_villalobos_2024_appendix_g_plateau():
    assert plateau(3e14, EPOCH_TOY)["equivalent_compute"][0] == pytest.approx(2.99924e30, rel=2e-6)


def test_muennighoff_2023_loss_with_endless_compute():
    c4 = ll.Law.muennighoff_c4()
    frame = plateau(25e9, c4, repetition_data=15.387756, repetition_params=5.309743)
    assert frame["reducible_loss"][0] == pytest.approx(0.28675855868057765, rel=1e-12)


def test_the_plateau_is_the_limit_of_ever_larger_models():
    loss = plateau(1e13, BESIROGLU)["reducible_loss"][0]
    assert reducible(BESIROGLU, 1e60, 1e13) == pytest.approx(loss, rel=1e-9)
    repeated = plateau(1e13, BESIROGLU, repetition_data=0.0, repetition_params=0.0)["equivalent_compute"][0]
    at_u = inference_at_budget(repeated, 0.0, BESIROGLU)["tokens"][0]
    assert at_u == pytest.approx(1e13, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: failure_seconds(gpus=0, failures_per_node_day=1), r"gpus must be in \[1e-30, 1e30\], got 0"),
        (
            lambda: checkpoint_interval(checkpoint_seconds=1, failure_seconds=1, rule="best"),
            "rule must be 'exact', 'daly', 'young' or 'availability', got 'best'",
        ),
        (lambda: crossing_year(1.0, **VILLALOBOS), r"probability must be in \(0, 1\), got 1"),
        (lambda: inference_overtraining(-1, BESIROGLU), r"inference_ratio must be in \[0, 1e12\], got -1"),
        (lambda: profit_overtraining(0.4, BESIROGLU), "elasticity_ratio must be below alpha = 0.34781303, got 0.4"),
        (lambda: plateau(0.0, BESIROGLU), r"unique_tokens must be in \[1, 1e100\], got 0"),
        (lambda: whole_web_stock(10, seed=1, year=1900), r"year must be in \[1951, 2101\], got 1900"),
        (lambda: low_quality_stock_2022(10, seed=1, year=2016), r"year must be in \[2017, 2100\], got 2016"),
        (lambda: image_stock_2022(10, seed=1, year=2101), r"year must be in \[1951, 2100\], got 2101"),
    ],
)
def test_bad_input_names_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
