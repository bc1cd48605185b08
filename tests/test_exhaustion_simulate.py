"""The yearly exhaustion model: closed forms, its equations and limit cases, invariants."""

import math
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from exhaustion_cases import DEFAULT, FIXED, SIGMAS, path, years_out
from limitlaw.exhaustion.demand import inference_at_budget
from limitlaw.exhaustion.run import DEFINITIONS, VARIABLES

#: Public text and its growth against the historical trend: both lognormal, so crossing years have a closed form.
PLAIN = ll.ExhaustionScenario.preset(
    "epoch2024", trend_weight=1, usable_fraction=1, multi_epoch_multiplier=1, years=range(2024, 2081)
)


# Closed forms


def test_a_lognormal_race_has_the_closed_form_probability() -> None:
    """Stock and demand lognormal with lognormal growths: P(D >= S) is a normal probability in every year.

    Growths are so that the gap only rises in every plausible draw; P(run out by y) is then P(short in y).
    """
    n = 400_000
    result = ll.simulate(PLAIN, trials=n, seed=11)
    z95, z90 = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(0.95)

    def moments(low: float, high: float, z: float) -> tuple[float, float]:
        return (math.log(low) + math.log(high)) / 2, ((math.log(high) - math.log(low)) / (2 * z)) ** 2

    mu_s, v_s = moments(1.3e14, 2.1e15, z95)
    mu_d, v_d = moments(3e12, 1.3e13, z90)
    m_s, w_s = 0.07737, 0.02481**2
    m_d, w_d = 0.375 * math.log(10), (0.0536 * math.log(10)) ** 2
    frame = result.exhausted_by.filter(pl.col("definition") == "unique_tokens")
    for year, got in zip(frame["year"], frame["probability"], strict=True):
        t = year - 2024
        want = NormalDist().cdf((mu_d - mu_s + t * (m_d - m_s)) / math.sqrt(v_s + v_d + t * t * (w_s + w_d)))
        assert abs(got - want) <= SIGMAS * math.sqrt(want * (1 - want) / n) + 1e-7, year


def test_each_draw_crosses_at_its_own_exact_year() -> None:
    """T = 2024 + (ln S0 - ln D0) / (ln G - ln g) for every draw; log-linear, so interpolation is exact."""
    names = ["exhaustion_year_unique_tokens", "text_stock", "stock_growth", "trend_dataset", "trend_growth"]
    year, s0, g, d0, growth = ll.simulate(PLAIN, trials=20_000, seed=3, samples=names).samples.to_numpy().T
    exact = 2024 + np.log(s0 / d0) / np.log(growth / g)
    inside = (exact > 2024) & (exact < 2080)
    assert inside.mean() > 0.99
    np.testing.assert_allclose(year[inside], exact[inside], atol=1e-9)
    assert (year[exact <= 2024] == 2024).all()


@pytest.mark.parametrize("factor", [0.2, 3.0, 5.0])
def test_shifts_by_stock_and_overtraining(factor: float) -> None:
    """A stock times k shifts the year by ln k / (ln G - ln g); overtraining o by -ln(o) / 2 over the same."""
    fixed = PLAIN.replace(text_stock=5e14, stock_growth=1.08, trend_dataset=6e12, trend_growth=2.4)
    rate = math.log(2.4) - math.log(1.08)
    base = years_out(fixed)[1]
    assert years_out(fixed, text_stock=5e14 * factor)[1] - base == pytest.approx(math.log(factor) / rate, abs=1e-9)
    assert years_out(fixed, overtraining=factor)[1] - base == pytest.approx(-math.log(factor) / 2 / rate, abs=1e-9)


def test_a_neutral_data_share_leaves_the_ratio_and_the_demand_alone() -> None:
    """With sD = alpha / (alpha + beta): D*/N*, and the demand, do not depend on algorithmic progress."""
    alpha, beta = 0.34781303, 0.36585412
    neutral = DEFAULT.replace(**FIXED).replace(data_share=alpha / (alpha + beta))
    paths = [path(neutral.replace(algorithmic_halving_months=months)) for months in (4.0, 9.0, 1e12)]
    for other in paths[1:]:
        np.testing.assert_allclose(other["demand"], paths[0]["demand"], rtol=1e-12)
    assert paths[0]["loss"][-1] < paths[2]["loss"][-1]


def test_a_year_of_the_simulator_is_the_law_by_itself() -> None:
    """Without progress the yearly outputs are those of ``optimal_allocation`` at the same compute and stock."""
    exact = [ll.Law.muennighoff(), ll.Law.muennighoff(max_epochs=3), ll.Law.besiroglu()]
    for law in [*exact, ll.Law.penalty(), ll.Law.bounded()]:
        scenario = DEFAULT.replace(**FIXED).replace(algorithmic_halving_months=1e12, law=law)
        got = path(scenario)
        want = ll.optimal_allocation(got["compute"], got["unique_tokens"], law)
        assert want["lost_compute"][-1] > 0 or law == ll.Law.besiroglu()
        # A search finds a flat minimum to the square root of the rounding error, its value to all digits.
        place = 1e-10 if law in exact else 2e-6
        for name in ("parameters", "tokens", "epochs", "marginal_value"):
            np.testing.assert_allclose(
                got[name], want[name].to_numpy(), rtol=place, atol=1e-11, err_msg=f"{law} {name}"
            )
        for name in ("loss", "loss_unconstrained", "excess_loss", "lost_compute"):
            np.testing.assert_allclose(got[name], want[name].to_numpy(), rtol=1e-10, atol=1e-9, err_msg=f"{law} {name}")


def test_collapse_keeps_what_the_theory_says() -> None:
    """Replacing keeps 1/n of the gain; accumulating 1 / sum of i^-2, with the limit 6 / pi^2."""
    base = {**FIXED, "private_share": 0, "years": range(2024, 2054)}
    of = {c: path(DEFAULT.replace(**base, collapse=c))["unique_tokens"] for c in ("none", "accumulate", "replace")}
    nothing = path(DEFAULT.replace(**{**base, "synthetic_multiplier": 1}))["unique_tokens"]
    n = np.maximum(np.arange(30), 1)
    squares = np.array([sum(1 / i**2 for i in range(1, k + 1)) for k in n])
    gain = of["none"] - nothing
    np.testing.assert_allclose((of["replace"] - nothing) / gain, 1 / n, rtol=1e-9)
    np.testing.assert_allclose((of["accumulate"] - nothing) / gain, 1 / squares, rtol=1e-9)
    many = path(DEFAULT.replace(**base, collapse="accumulate", synthetic_generations=1e6))["unique_tokens"]
    np.testing.assert_allclose(((many - nothing) / gain)[1:], 6 / math.pi**2, rtol=2e-6)


def test_submodels_enter_by_their_equations() -> None:
    """Stock and compute of a certain draw against the equations written out."""
    got = path(DEFAULT.replace(**FIXED))
    t = np.arange(30.0)
    trend = 4e25 * 4.5**t
    caps = [2e29 * 1.8 ** (t - 6), 9e29 * 2.0 ** (t - 6), 3e31 * 1.3 ** (t - 6)]
    np.testing.assert_allclose(got["compute"], np.minimum.reduce([trend, *caps]), rtol=1e-12)
    media = 0.3 * ((1e13 + 8e12) * 20 + 8e11 * 20) * np.clip(t / 6, 0, 1)
    synthetic = 1 + 1 / (1 + np.exp(-(t - 3)))
    unique = 1.08**t * 0.2 * ((5e14 + media) * np.exp(-0.02 * t) * synthetic + 0.08 * 1e15)
    np.testing.assert_allclose(got["unique_tokens"], unique, rtol=1e-12)
    np.testing.assert_allclose(got["effective_stock"], 3 * unique, rtol=1e-12)
    loose = path(DEFAULT.replace(**FIXED, endogenous_quality=True))
    ratio = (1 - 0.8 / (1 + got["compute"] / 1e30)) / 0.2
    np.testing.assert_allclose(loose["unique_tokens"], unique * ratio, rtol=1e-12)
    smooth = path(DEFAULT.replace(**FIXED, smooth_caps=True))
    np.testing.assert_allclose(smooth["compute"], sum(x**-4 for x in [trend, *caps]) ** -0.25, rtol=1e-12)


def test_every_part_has_its_limit_case() -> None:
    """Each part switched off leaves what the model is without it."""
    base = DEFAULT.replace(**FIXED)
    t = np.arange(30.0)
    off = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90}
    np.testing.assert_allclose(path(base.replace(**off))["compute"], 4e25 * 4.5**t, rtol=1e-12)
    no_failures = path(base.replace(goodput=True, failures_per_node_day=0))
    np.testing.assert_allclose(no_failures["compute"], path(base)["compute"], rtol=1e-12)

    def unique(**changes: object) -> np.ndarray:
        return path(base.replace(**changes))["unique_tokens"]

    text = {"multimodal_transfer": 0, "private_share": 0, "access_loss": 0, "synthetic_multiplier": 1}
    np.testing.assert_allclose(unique(**text), 1.08**t * 0.2 * 5e14, rtol=1e-12)
    text_and_media = 5e14 + 0.3 * ((1e13 + 8e12) * 20 + 8e11 * 20) * np.clip(t / 6, 0, 1)
    np.testing.assert_allclose(
        unique(**text | {"multimodal_transfer": 0.3}), 1.08**t * 0.2 * text_and_media, rtol=1e-12
    )
    np.testing.assert_allclose(unique(**text | {"private_share": 1}), 1.08**t * 0.2 * (5e14 + 1e15), rtol=1e-12)
    faded = 1.08**t * 0.2 * 5e14 * np.exp(-0.1 * t)
    np.testing.assert_allclose(unique(**text | {"access_loss": 0.1}), faded, rtol=1e-12)
    late = path(base.replace(**text | {"synthetic_multiplier": 4}, years=[2024, 2124]))["unique_tokens"]
    assert late[1] == pytest.approx(4 * 1.08**100 * 0.2 * 5e14, rel=1e-12)
    strict, loose = (unique(**text, endogenous_quality=True, quality_compute=c) for c in (1e90, 1.0))
    np.testing.assert_allclose(strict, unique(**text), rtol=1e-12)
    np.testing.assert_allclose(loose, unique(**text) / 0.2, rtol=1e-12)

    still = path(base.replace(algorithmic_halving_months=1e12))
    free = ll.optimal_allocation(still["compute"], 1e60, ll.Law.besiroglu())
    np.testing.assert_allclose(still["demand"], free["tokens"], rtol=1e-9)
    once = path(base.replace(multi_epoch_multiplier=1))
    np.testing.assert_allclose(once["effective_stock"], once["unique_tokens"], rtol=1e-12)
    later = path(base.replace(overtraining=5, overtraining_from=2030))["demand"] / path(base)["demand"]
    np.testing.assert_allclose(later, np.where(t < 6, 1.0, np.sqrt(5)), rtol=1e-12)


def test_goodput_scales_compute_by_its_change_since_2024() -> None:
    got = path(DEFAULT.replace(**FIXED, goodput=True))["compute"]
    plain = path(DEFAULT.replace(**FIXED))["compute"]
    t = np.arange(30.0)
    failing = {"failure_seconds": 86400 / (2048 * plain / plain[0] / 1.35**t * 3.8e-3), "checkpoint_seconds": 60}
    best = ll.exhaustion.checkpoint_interval(**failing)
    with np.errstate(divide="ignore"):
        log_g = np.log(ll.exhaustion.goodput(interval=best, restart_seconds=600, **failing))
    left = np.isfinite(log_g)
    assert left[:6].all(), "later, nodes fail faster than they restart"
    want = np.maximum(np.log(plain) + log_g - log_g[0], 0)
    np.testing.assert_allclose(np.log(got)[left], want[left], rtol=1e-9, atol=1e-10)
    assert (got[~left] == 1).all()
    rising = path(DEFAULT.replace(**FIXED, goodput=True, monotone_compute=True))["compute"]
    np.testing.assert_allclose(rising, np.maximum.accumulate(got), rtol=1e-12)


def test_a_path_goes_on_as_it_says() -> None:
    """A certain path of three published years, as the caps hold it, before, between and after them."""
    orders = np.array([27.0, 28, 30])
    of_path = ll.ComputePath(
        years=[2026, 2028, 2032], low=orders, median=orders, high=orders, growth_before=0.6, growth_after=0.25
    )
    years = np.array([2024, 2025, 2026, 2027, 2028, 2031, 2032, 2033, 2040, 2100, 2224])
    want = np.interp(years, [2024, 2026, 2028, 2032, 2224], [25.8, 27, 28, 30, 30 + 0.25 * 192])
    free = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90}
    base = DEFAULT.replace(**FIXED | free, compute_path=of_path, years=years)
    np.testing.assert_allclose(np.log10(path(base)["compute"]), want, rtol=1e-12)
    capped = path(base.replace(chip_cap=1e29))["compute"]
    np.testing.assert_allclose(np.log10(capped), np.minimum(want, 29 + np.log10(2.0) * (years - 2030)), rtol=1e-12)
    # Where the path ends within the projection nothing goes on by itself; a year that the path does not cover is no
    # part of a draw.
    ended = of_path.replace(growth_before=None, growth_after=None)
    with pytest.raises(ValueError, match="compute_path must be a path from 2024 on, or with growth_before"):
        base.replace(compute_path=ended)
    inside = base.replace(compute_path=ended, years=[2026, 2032])
    assert ll.simulate(inside, trials=1, seed=1, samples=["compute"]).samples["compute"].to_list() == [None]
    np.testing.assert_allclose(np.log10(path(inside)["compute"]), [27, 30], rtol=1e-12)


def test_years_reach_as_far_as_is_documented() -> None:
    """What a cap holds may go on; the growth of what is replaced or switched off is not looked at."""
    every = {"years": range(2024, 2225)}
    last = ll.simulate(DEFAULT.replace(**every), trials=200, seed=1).trajectories.filter(year=2224)
    assert last["mean"].is_finite().all()
    assert last.height == 12
    for changes in (
        {"compute_growth": 900},
        {"trend_growth": 900},
        {
            "compute_growth": 900,
            "trend_growth": 900,
            "compute_path": ll.ComputePath.besiroglu2022().replace(growth_after=0.2),
        },
    ):
        found = ll.simulate(DEFAULT.replace(**every | changes), trials=8, seed=1)
        assert found.trajectories["mean"].is_finite().all()
    epoch = ll.ExhaustionScenario.preset("epoch2024")
    to_the_end = epoch.replace(compute_path=epoch.compute_path.replace(growth_after=0.2), trend_weight=0)
    assert ll.simulate(to_the_end.replace(**every), trials=8, seed=1).trajectories["mean"].is_finite().all()


def test_failures_saves_and_restarts_never_help_a_run_that_grows() -> None:
    """However many they are: nothing is lost to a floor (before, 8 failures a day cost less than 5, and 0.1)."""
    years = [2024, 2025, 2026, 2028, 2030, 2040, 2053]

    def compute(**changes: float) -> np.ndarray:
        scenario = DEFAULT.replace(**FIXED, goodput=True, years=years, node_growth=1.2)
        return path(scenario.replace(**changes))["compute"]

    plain = path(DEFAULT.replace(**FIXED, years=years))["compute"]
    rates = np.array([0, 1e-6, 1e-4, 3.8e-3, 0.1, 0.5, 1, 2, 5, 8, 8.5, 10, 100, 1000])
    for name, values in {
        "failures_per_node_day": rates,
        "checkpoint_seconds": np.geomspace(0.001, 1e7, 25),
        "restart_seconds": np.concatenate([[0], np.geomspace(0.1, 1e7, 20)]),
    }.items():
        found = np.array([compute(**{name: value}) for value in values])
        assert (np.diff(found, axis=0) <= 1e-12 * found[:-1]).all(), name
        assert (found <= plain * (1 + 1e-12)).all(), name
        assert (found[-1, 1:] < found[0, 1:]).all() or found[0, -1] == 1, name
    assert (compute(failures_per_node_day=8)[1:] == 1).all()
    # Around Daly's change of rule, delta = 2 M, too.
    at = 86400 / (2048 * 30)
    near = np.array([compute(failures_per_node_day=at * x, restart_seconds=0) for x in np.linspace(0.9, 1.1, 41)])
    assert (np.diff(near, axis=0) <= 1e-12 * near[:-1]).all()


def test_twenty_tokens_per_parameter() -> None:
    got = path(DEFAULT.replace(**FIXED, demand="twenty_per_parameter"))
    np.testing.assert_allclose(got["demand"], 20 * np.sqrt(got["compute"] / 120), rtol=1e-12)


def test_inference_asks_for_more_tokens_and_none_for_the_same() -> None:
    base = path(DEFAULT.replace(**FIXED))["demand"]
    for demand in ("inference_at_loss", "inference_at_budget"):
        none = path(DEFAULT.replace(**FIXED, demand=demand, inference_tokens=1))["demand"]
        some = path(DEFAULT.replace(**FIXED, demand=demand, inference_tokens=1e15))["demand"]
        np.testing.assert_allclose(none, base, rtol=1e-9)
        assert (some > base).all()


def test_the_two_demands_of_serving_are_the_two_formulas() -> None:
    """At C = 1e26 and I = 1e14: least 6 N D + 2 N I along the frontier's loss; the function along the budget."""
    compute, served = 1e26, 1e14
    fixed = DEFAULT.replace(**FIXED | {"compute": compute}, years=[2024], inference_tokens=served)
    at_loss, at_budget = (
        path(fixed.replace(demand=f"inference_at_{what}"))["demand"][0] for what in ("loss", "budget")
    )
    law = ll.Law.besiroglu()
    (log_a, log_b, _, alpha, beta), free = law.base, ll.optimal_allocation(compute, 1e90, law).row(0, named=True)
    reducible = free["loss_unconstrained"] - math.exp(law.base[2])
    log_d = np.linspace(np.log(free["tokens"]), np.log(free["tokens"]) + 3, 300_001)
    params = ((reducible - np.exp(log_b - beta * log_d)) / math.exp(log_a)) ** (-1 / alpha)
    cost = 6 * params * np.exp(log_d) + 2 * params * served
    assert np.log(at_loss) == pytest.approx(log_d[cost.argmin()], abs=2e-5)
    assert at_budget == pytest.approx(inference_at_budget(compute, served, law)["tokens"][0], rel=1e-12)
    assert (at_loss, at_budget) == (pytest.approx(4.180e13, rel=2e-4), pytest.approx(3.895e13, rel=2e-4))


@given(st.floats(23, 32), st.floats(10, 20))
def test_serving_at_the_budget_is_the_function_in_every_draw(orders: float, served: float) -> None:
    """Two solvers: Newton's method on ln D in the core, on ln N in NumPy."""
    fixed = DEFAULT.replace(**FIXED | {"compute": 10**orders, "power_cap": 1e60, "chip_cap": 1e60, "latency_cap": 1e60})
    scenario = fixed.replace(years=[2024], demand="inference_at_budget", inference_tokens=10**served)
    want = inference_at_budget(10**orders, 10**served, ll.Law.besiroglu())["tokens"][0]
    assert path(scenario)["demand"][0] == pytest.approx(want, rel=1e-11)


# Invariants


@settings(max_examples=20)
@given(st.data())
def test_exhaustion_years_move_the_right_way(data: st.DataObject) -> None:
    rising = st.sampled_from(["text_stock", "usable_fraction", "multi_epoch_multiplier", "synthetic_multiplier"])
    falling = st.sampled_from(["overtraining", "compute_growth"])
    scenario = DEFAULT.replace(**FIXED)
    base = years_out(scenario)
    assert base[1] <= base[0], "unique tokens run out before the effective stock"
    name = data.draw(rising)
    factor = data.draw(st.floats(1, 4))
    before = getattr(scenario, name).value
    changed = years_out(scenario, **{name: before * factor})
    assert (changed >= base - 1e-9).all(), (name, factor)
    name = data.draw(falling)
    changed = years_out(scenario, **{name: getattr(scenario, name).value * factor})
    assert (changed[:2] <= base[:2] + 1e-9).all(), (name, factor)


@settings(max_examples=12)
@given(
    name=st.sampled_from(
        ["text_stock", "usable_fraction", "multi_epoch_multiplier", "synthetic_multiplier", "compute_growth"]
    ),
    factor=st.floats(1, 5),
    law=st.sampled_from(["muennighoff", "muennighoff_c4", "besiroglu"]),
)
def test_every_draw_runs_out_later_with_more_data_and_sooner_with_more_compute(name, factor, law) -> None:
    """The same 400 draws of the default, one input multiplied in all of them."""
    base = DEFAULT.replace(law=getattr(ll.Law, law)())
    given_as = getattr(base, name)
    more = ll.dist.lognormal(given_as.low * factor, given_as.high * factor, interval=given_as.interval)
    before, after = (
        ll.simulate(s, trials=400, seed=3, samples=["exhaustion_year"]).samples.fill_null(np.inf).to_numpy()
        for s in (base, base.replace(**{name: more}))
    )
    if name == "compute_growth":
        before, after = after[:, :2], before[:, :2]  # with more compute more of it may be lost, or less of the rest
    # Infinity on both sides counts as equal.
    assert ((after >= before - 1e-9) | (after == before)).all()


def test_every_draw_obeys_the_invariants() -> None:
    names = [f"{v}_{y}" for v in VARIABLES for y in (2024, 2032, 2053)]
    frame = ll.simulate(DEFAULT, trials=20_000, seed=2, samples=[*names, "exhaustion_year"]).samples
    assert frame.select(names).null_count().sum_horizontal().item() == 0
    for year in (2024, 2032, 2053):
        of = {v: frame[f"{v}_{year}"].to_numpy() for v in VARIABLES}
        slack = of["tokens"] <= of["unique_tokens"]
        np.testing.assert_allclose(6 * of["parameters"] * of["tokens"], of["compute"], rtol=1e-14)
        assert (of["loss"] >= of["loss_unconstrained"]).all()
        assert (of["lost_compute"][slack] == 0).all()
        assert (of["epochs"][slack] == 1).all()
        assert (of["excess_loss"][slack] == 0).all()
        assert (of["marginal_value"][~slack] > 0).all()
        assert (of["lost_compute"] >= 0).all()
        assert 0 < slack.mean() <= 1
    first, second, _ = (frame[f"exhaustion_year_{d}"].fill_null(np.inf).to_numpy() for d in DEFINITIONS)
    assert (second <= first).all()


@settings(max_examples=20)
@given(st.floats(-3, 6).map(lambda x: 10**x))
def test_tokens_in_other_units_change_nothing(k: float) -> None:
    """U, D, C times k and B times k^beta leave losses, epochs and years unchanged."""
    beta = 0.36585412
    law = [6.17795598, 7.64273236, 0.59711196, 0.34781303, beta]
    scenario = DEFAULT.replace(**FIXED)
    scaled = {
        name: getattr(scenario, name).value * k
        for name in (
            "text_stock",
            "images",
            "video_seconds",
            "audio_seconds",
            "private_stock",
            "compute",
            "power_cap",
            "chip_cap",
            "latency_cap",
            "trend_dataset",
        )
    }
    law[1] += beta * math.log(k)
    other = scenario.replace(**scaled, law_parameters=ll.LawParameters.rows(law))
    one, two = path(scenario), path(other)
    for name in ("loss", "epochs", "parameters", "marginal_value"):
        np.testing.assert_allclose(one[name], two[name], rtol=1e-10)
    np.testing.assert_allclose(one["lost_compute"], two["lost_compute"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(years_out(other), years_out(scenario), atol=1e-8)


def test_probabilities_and_quantiles_are_monotone() -> None:
    result = ll.simulate(DEFAULT, trials=50_000, seed=9)
    for (_,), part in result.exhausted_by.group_by("definition"):
        assert (np.diff(part.sort("year")["probability"]) >= 0).all()
    quantiles = result.trajectories.select("q05", "q10", "q25", "q50", "q75", "q90", "q95").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert result.exhaustion["p_by_2030"].le(result.exhaustion["p_by_2035"]).all()
    np.testing.assert_allclose(
        result.exhaustion["p_not_by_horizon"],
        1 - result.exhausted_by.filter(pl.col("year") == 2053)["probability"],
        rtol=1e-12,
    )
