"""The yearly exhaustion model: closed forms, published projections, invariants, reproducibility, bad input."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw import _core
from limitlaw.exhaustion.run import DEFINITIONS, VARIABLES

DEFAULT = ll.ExhaustionScenario.preset("default")
#: Public text and its growth against the historical trend: both lognormal, so crossing years have a closed form.
PLAIN = ll.ExhaustionScenario.preset(
    "epoch2024", trend_weight=1, usable_fraction=1, multi_epoch_multiplier=1, years=range(2024, 2101)
)
#: Two-sided tests at 6.2 standard errors raise a false alarm with probability below 1e-9.
SIGMAS = 6.2
#: Every input at one value, short of data from about 2030.
FIXED = {
    "text_stock": 5e14, "stock_growth": 1.08, "usable_fraction": 0.2, "access_loss": 0.02, "images": 1e13,
    "video_seconds": 8e12, "audio_seconds": 8e11, "tokens_per_image_or_second": 20, "tokens_per_audio_second": 20,
    "multimodal_transfer": 0.3, "private_stock": 1e15, "private_share": 0.08, "synthetic_multiplier": 2,
    "repetition_data": 15.387756, "repetition_params": 5.309743, "compute": 4e25, "compute_growth": 4.5,
    "power_cap": 2e29, "chip_cap": 9e29, "latency_cap": 3e31, "power_cap_growth": 1.8, "chip_cap_growth": 2,
    "algorithmic_halving_months": 9, "algorithmic_slowdown_years": 18, "data_share": 0.5, "multi_epoch_multiplier": 3,
    "trend_dataset": 6e12, "trend_growth": 2.4, "correlations": {},
    "law_parameters": ll.LawParameters.rows([6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412]),
}  # fmt: skip


def path(scenario: ll.ExhaustionScenario) -> dict[str, np.ndarray]:
    """The yearly variables of a scenario without uncertainty."""
    frame = ll.simulate(scenario, trials=1, seed=1).trajectories
    return {name: frame.filter(pl.col("variable") == name)["mean"].to_numpy() for name in VARIABLES}


def years_out(scenario: ll.ExhaustionScenario, **changes: object) -> np.ndarray:
    """Years of running out by the three definitions of one certain draw; infinity for never."""
    changed = scenario.replace(**changes)
    samples = ll.simulate(changed, trials=1, seed=1, samples=["exhaustion_year"]).samples
    return samples.fill_null(math.inf).to_numpy()[0]


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
    inside = (exact > 2024) & (exact < 2100)
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
    nodes = 2048 * plain / plain[0] / 1.35**t
    mean = 86400 / (nodes * 3.8e-3)
    half = 60 / (2 * mean)
    tau = np.where(mean > 30, np.sqrt(120 * mean) * (1 + np.sqrt(half) / 3 + half / 9) - 60, mean)
    log_g = np.log(tau / mean) - 600 / mean - np.log(np.expm1(np.minimum((tau + 60) / mean, 700)))
    few = log_g > -20
    assert few[:5].all(), "later, nodes fail faster than they restart"
    np.testing.assert_allclose(np.log(got / plain)[few], (log_g - log_g[0])[few], rtol=1e-9, atol=1e-10)
    rising = path(DEFAULT.replace(**FIXED, goodput=True, monotone_compute=True))["compute"]
    np.testing.assert_allclose(rising, np.maximum.accumulate(got), rtol=1e-12)


def test_twenty_tokens_per_parameter() -> None:
    got = path(DEFAULT.replace(**FIXED, demand="twenty_per_parameter"))
    np.testing.assert_allclose(got["demand"], 20 * np.sqrt(got["compute"] / 120), rtol=1e-12)


def test_inference_asks_for_more_tokens_and_none_for_the_same() -> None:
    base = path(DEFAULT.replace(**FIXED))["demand"]
    none = path(DEFAULT.replace(**FIXED, demand="inference_aware", inference_tokens=1))["demand"]
    some = path(DEFAULT.replace(**FIXED, demand="inference_aware", inference_tokens=1e15))["demand"]
    np.testing.assert_allclose(none, base, rtol=1e-9)
    assert (some > base).all()


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


# Estimates: quantiles, standard errors, copula


def test_quantiles_and_means_are_those_of_the_samples() -> None:
    names = ["compute_2035", "loss_2035", "epochs_2045", "lost_compute_2045", "exhaustion_year"]
    result = ll.simulate(DEFAULT, trials=30_001, seed=4, samples=names)
    bound = {"loss": 2.0**-14}
    for name in names[:-1]:
        variable, year = name.rsplit("_", 1)
        values = np.sort(result.samples[name].to_numpy())
        row = result.trajectories.filter((pl.col("variable") == variable) & (pl.col("year") == int(year)))
        assert row["mean"].item() == pytest.approx(values.mean(), rel=1e-12)
        assert row["se"].item() == pytest.approx(values.std(ddof=1) / math.sqrt(len(values)), rel=1e-9)
        for q in (5, 10, 25, 50, 75, 90, 95):
            exact = values[math.ceil(len(values) * q / 100) - 1]
            assert abs(row[f"q{q:02}"].item() - exact) <= exact * bound.get(variable, 2.0**-8), (name, q)
    for row in result.exhaustion.iter_rows(named=True):
        values = np.sort(result.samples[f"exhaustion_year_{row['definition']}"].fill_null(np.inf).to_numpy())
        for q in (5, 10, 25, 50, 75, 90, 95):
            exact = values[math.ceil(len(values) * q / 100) - 1]
            got = row[f"q{q:02}"]
            assert (got is None and math.isinf(exact)) or abs(got - exact) <= 2.0**-10, (row["definition"], q)
        assert row["p_by_2030"] == (values <= 2030).mean()
        assert row["p_already"] == (values <= 2024).mean()
        assert row["p_by_2030_se"] == pytest.approx(math.sqrt(row["p_by_2030"] * (1 - row["p_by_2030"]) / 30_001))


def test_standard_errors_shrink_with_the_square_root_and_cover() -> None:
    small, large = (ll.simulate(DEFAULT, trials=n, seed=6) for n in (10_000, 250_000))
    median = [r.exhaustion["q50_se"][0] for r in (small, large)]
    assert median[0] / median[1] == pytest.approx(5, rel=0.3)
    runs = [ll.simulate(DEFAULT, trials=4_096, seed=6, replicate=r).exhaustion for r in range(60)]
    spread = np.std([r["q50"][0] for r in runs], ddof=1)
    told = np.mean([r["q50_se"][0] for r in runs])
    # chi with 59 degrees of freedom: the ratio's relative sd is 0.092; six of them.
    assert spread / told == pytest.approx(1, abs=0.55)


def test_every_quantile_has_a_standard_error_up_to_the_horizon() -> None:
    """Also where one standard error of the rank above it lies beyond: about one in twenty quantiles here."""
    for replicate in range(40):
        frame = ll.simulate(DEFAULT, trials=50, seed=12, replicate=replicate).exhaustion
        for q in ("q05", "q10", "q25", "q50", "q75", "q90", "q95"):
            assert (frame[q].is_null() == frame[f"{q}_se"].is_null()).all(), (replicate, q)
            assert frame[f"{q}_se"].drop_nulls().ge(0).all()


def test_the_copula_has_the_rank_correlations_asked_for() -> None:
    n = 100_000
    names = ["text_stock", "images", "video_seconds", "power_cap", "chip_cap", "data_share"]
    samples = ll.simulate(DEFAULT, trials=n, seed=8, samples=names).samples
    ranks = np.argsort(np.argsort(samples.to_numpy(), axis=0), axis=0)
    got = np.corrcoef(ranks.T)
    want = np.eye(6)
    for (a, b), rho in {(0, 1): 0.7, (1, 2): 0.7, (0, 2): 0.7, (3, 4): 0.5}.items():
        want[a, b] = want[b, a] = rho
    assert np.abs(got - want).max() < SIGMAS / math.sqrt(n)


def test_a_constant_leaves_the_inputs_correlated_with_it_alone() -> None:
    """The others' numbers are the same draws as with a distribution in its place, over several chunks."""
    names = ["images", "video_seconds", "data_share"]
    free = ll.simulate(DEFAULT, trials=20_000, seed=8, samples=names).samples
    held = ll.simulate(DEFAULT.replace(text_stock=5e14), trials=20_000, seed=8, samples=names).samples
    assert held.equals(free)


def test_the_fitted_law_is_drawn_jointly() -> None:
    names = ["log_a", "log_b", "log_e", "alpha", "beta"]
    normal = ll.simulate(DEFAULT, trials=100_000, seed=8, samples=names).samples.to_numpy()
    corr = np.corrcoef(normal.T)
    assert corr[0, 3] == pytest.approx(0.9993, abs=2e-4)
    assert corr[1, 4] == pytest.approx(0.9997, abs=2e-4)
    rows = ll.LawParameters.bootstrap()
    drawn = ll.simulate(DEFAULT.replace(law_parameters=rows), trials=5_000, seed=8, samples=names).samples
    table = {tuple(r) for r in np.column_stack([rows.log_a, rows.log_b, rows.log_e, rows.alpha, rows.beta]).tolist()}
    assert set(drawn.rows()) <= table
    assert len(set(drawn.rows())) > 2_000


def test_bootstrap_rows_of_the_repetition_constants_stay_together() -> None:
    data, params = ll.repetition_bootstrap()
    scenario = DEFAULT.replace(repetition_data=data, repetition_params=params, correlations={})
    drawn = ll.simulate(scenario, trials=3_000, seed=8, samples=["repetition_data", "repetition_params"]).samples
    assert set(drawn.rows()) <= set(zip(data.values.tolist(), params.values.tolist(), strict=True))


def test_distributions_have_their_quantiles() -> None:
    n = 200_000
    wanted = {
        "data_share": (ll.dist.uniform(0.2, 0.6), lambda p: 0.2 + 0.4 * p),
        "private_share": (ll.dist.beta(1, 3), lambda p: 1 - (1 - p) ** (1 / 3)),
        "multimodal_transfer": (ll.dist.empirical([0.3, 0.1, 0.2, 0.4]), lambda p: [0.1, 0.2, 0.3, 0.4][int(4 * p)]),
        "synthetic_multiplier": (ll.dist.normal(5, 0.5), NormalDist(5, 0.5).inv_cdf),
        "compute_growth": (ll.dist.metalog(3.7, 4.4, 5.2, lower=1), {0.1: 3.7, 0.5: 4.4, 0.9: 5.2}.get),
    }
    scenario = DEFAULT.replace(**{name: dist for name, (dist, _) in wanted.items()})
    samples = ll.simulate(scenario, trials=n, seed=10, samples=list(wanted)).samples
    for name, (_, quantile) in wanted.items():
        values = samples[name].to_numpy()
        for p in (0.1, 0.3, 0.5, 0.9):
            x = quantile(p)
            if x is not None:
                below, at_most = (values < x - 1e-12).mean(), (values <= x + 1e-12).mean()
                error = SIGMAS * math.sqrt(p * (1 - p) / n)
                assert below - error <= p <= at_most + error, (name, p)


def test_a_mixture_of_laws_draws_each_by_its_weight() -> None:
    law = ll.Law.mixture({"muennighoff": 1, "besiroglu": 3})
    years = range(2024, 2026)
    lost = ll.simulate(
        DEFAULT.replace(law=law, years=years, text_stock=1e9, private_share=0, multimodal_transfer=0),
        trials=40_000,
        seed=3,
        samples=["lost_compute_2025"],
    ).samples
    share = (lost["lost_compute_2025"] > 0).mean()
    assert abs(share - 0.25) < SIGMAS * math.sqrt(0.25 * 0.75 / 40_000)


def test_bootstrap_of_the_penalty_law_draws_whole_fits() -> None:
    law = ll.Law.penalty_bootstrap()
    assert len(law.laws) == 600
    loss = ll.simulate(
        DEFAULT.replace(**FIXED, law=law, years=[2024]), trials=500, seed=3, samples=["loss_unconstrained_2024"]
    ).samples["loss_unconstrained_2024"]
    compute = path(DEFAULT.replace(**FIXED, years=[2024]))["compute"][0]
    each = [ll.optimal_allocation(compute, 1e60, fit)["loss_unconstrained"][0] for fit in law.laws]
    assert np.abs(loss.to_numpy()[:, None] - np.array(each)).min(axis=1).max() < 1e-12
    assert loss.n_unique() > 300


# Reproducibility


@pytest.mark.parametrize("sampler", ["philox", "sobol"])
def test_the_same_bits_for_any_thread_count_and_vector_width(sampler) -> None:
    def run(threads: int) -> tuple[pl.DataFrame, ...]:
        r = ll.simulate(
            DEFAULT, trials=16_384, seed=7, threads=threads, samples=["exhaustion_year", "loss_2040"], sampler=sampler
        )
        return r.trajectories, r.exhaustion, r.exhausted_by, r.samples

    first = run(1)
    for threads in (2, 3):
        assert all(a.equals(b) for a, b in zip(first, run(threads), strict=True))
    tried = 0
    try:
        for width in ("baseline", "avx2", "avx512"):
            try:
                _core.force_vector_width(width)
            except ValueError:
                continue  # this machine has no such vectors
            tried += 1
            assert all(a.equals(b) for a, b in zip(first, run(2), strict=True)), width
    finally:
        _core.force_vector_width(None)
    assert tried >= 1


def test_more_trials_extend_the_same_draws_and_replicates_differ() -> None:
    names = ["exhaustion_year", "text_stock"]
    few, many = (ll.simulate(DEFAULT, trials=n, seed=7, samples=names).samples for n in (5_000, 9_000))
    assert many.head(5_000).equals(few)
    other = ll.simulate(DEFAULT, trials=5_000, seed=7, samples=names, replicate=1).samples
    assert not set(other["text_stock"]) & set(few["text_stock"])


def test_other_years_leave_a_years_draws_alone() -> None:
    names = ["loss_2040", "unique_tokens_2040"]
    whole = ll.simulate(DEFAULT, trials=2_000, seed=7, samples=names).samples
    sparse = ll.simulate(DEFAULT.replace(years=[2024, 2033, 2040]), trials=2_000, seed=7, samples=names).samples
    np.testing.assert_allclose(sparse.to_numpy(), whole.to_numpy(), rtol=1e-11)


def test_progress_is_called_and_may_cancel() -> None:
    calls = []
    ll.simulate(DEFAULT, trials=50_000, seed=7, progress=lambda *seen: calls.append(seen))
    assert calls[-1] == (50_000, 50_000)

    def stop(*_: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ll.simulate(DEFAULT, trials=2_000_000_000, seed=7, progress=stop)


def test_scenarios_round_trip_through_json() -> None:
    scenario = DEFAULT.replace(
        data_share=ll.dist.empirical([0.1, 0.5]), law=ll.Law.mixture({"penalty": 1, "bounded": 2})
    )
    again = ll.ExhaustionScenario.from_json(scenario.to_json())
    assert again == scenario
    assert ll.simulate(again, trials=100, seed=1).exhaustion.equals(
        ll.simulate(scenario, trials=100, seed=1).exhaustion
    )


# Sobol' points


def test_sobol_agrees_with_philox_and_needs_fewer_draws() -> None:
    plain = ll.simulate(DEFAULT, trials=2**16, seed=3)
    sobol = ll.simulate(DEFAULT, trials=2**16, seed=3, sampler="sobol")
    a, b = (r.exhausted_by.filter(pl.col("year").is_in([2030, 2040])) for r in (plain, sobol))
    gap = (a["probability"] - b["probability"]).abs()
    # t with 15 degrees of freedom: 12.4 for 1e-9; the normal part is smaller.
    assert (gap <= 12.5 * (a["se"] ** 2 + b["se"] ** 2).sqrt()).all()
    loss = [
        r.trajectories.filter((pl.col("variable") == "loss_unconstrained") & (pl.col("year") == 2030))
        for r in (plain, sobol)
    ]
    assert loss[1]["se"].item() < 0.2 * loss[0]["se"].item()


# Bad input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"years": []}, "years must be rising, from 2024 .* horizon is not before the start"),
        ({"years": range(2030, 2025)}, "years must be rising"),
        ({"years": [2020, 2030]}, "years must be .* got 2020 to 2030"),
        ({"years": [2024, 2024]}, "years must be .* got 2024 after 2024"),
        ({"compute_growth": 900}, "compute_growth must be small enough .* got 900"),
        ({"data_share": 1.2}, r"data_share must be in \[0, 1\], got 1.2"),
        ({"text_stock": ll.dist.constant(-1)}, "text_stock must be in"),
        ({"repetition_data": 0}, "repetition_data must be in"),
        ({"correlations": {("text_stock", "imagess"): 0.5}}, 'correlations must be between inputs, got "imagess"'),
        (
            {"correlations": {("text_stock", "images"): 1.5}},
            r"correlations must be in \(-1, 1\), got 1.5 for text_stock and images",
        ),
        (
            {
                "correlations": {
                    ("text_stock", "images"): 0.9,
                    ("images", "compute"): 0.9,
                    ("text_stock", "compute"): -0.9,
                }
            },
            "possible together .* got text_stock-images 0.9, images-compute 0.9, text_stock-compute -0.9",
        ),
        ({"law_parameters": ll.LawParameters.normal}, "law_parameters must be a LawParameters"),
        ({"collapse": "sometimes"}, "collapse must be one of"),
        ({"lost_threshold": -1}, "lost_threshold must be in"),
        ({"dat_share": 1}, "'dat_share'"),
    ],
)
def test_bad_settings_are_one_clear_error(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        DEFAULT.replace(**changes)


def test_bad_calls_are_one_clear_error() -> None:
    with pytest.raises(ValueError, match=r"name must be one of \['default', 'epoch2024'\], got 'epoch2023'"):
        ll.ExhaustionScenario.preset("epoch2023")
    with pytest.raises(ValueError, match="alpha must be in"):
        ll.LawParameters.rows([6, 7, 0.5, 0.0, 0.3])
    with pytest.raises(ValueError, match="positive definite"):
        DEFAULT.replace(law_parameters=ll.LawParameters.normal(covariance=np.zeros((5, 5)).tolist())) and ll.simulate(
            DEFAULT.replace(law_parameters=ll.LawParameters.normal(covariance=np.zeros((5, 5)).tolist())),
            trials=1,
            seed=1,
        )
    for call, message in (
        ({"trials": 1000, "sampler": "sobol"}, "trials must be a power of two"),
        ({"trials": 10, "sampler": "lattice"}, "sampler must be"),
        ({"trials": 10, "samples": ["loss_1999"]}, 'samples must be .* got "loss_1999"'),
        ({"trials": 2**32}, "trials must be in"),
        ({"trials": 0}, "trials must be in"),
        ({"trials": 10, "by": "task"}, "by, columns and tallies must be left out"),
    ):
        with pytest.raises(ValueError, match=message):
            ll.simulate(DEFAULT, seed=1, **call)


positive = st.floats(-3, 40).map(lambda x: 10**x)
INPUT_RANGES = {
    "text_stock": (0, 30), "compute": (0, 40), "power_cap": (0, 80), "chip_cap": (0, 80), "repetition_data": (-3, 15),
    "repetition_params": (-3, 15), "algorithmic_halving_months": (-1, 12), "algorithmic_slowdown_years": (-1, 12),
    "images": (0, 30), "private_stock": (0, 30), "tokens_per_audio_second": (-3, 9), "synthetic_multiplier": (0, 12),
    "overtraining": (-3, 6), "multi_epoch_multiplier": (0, 6), "usable_fraction": (-9, 0), "nodes": (0, 12),
    "failures_per_node_day": (-9, 3), "inference_tokens": (0, 30), "stock_growth": (-2, 0.2), "compute_growth": (-2, 1),
}  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_extreme_but_legal_settings_give_finite_numbers(data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(INPUT_RANGES)), min_size=1, max_size=6))
    changes: dict[str, object] = {name: 10 ** data.draw(st.floats(*INPUT_RANGES[name])) for name in chosen}
    for name in list(changes):
        if data.draw(st.booleans()):
            changes[name] = ll.dist.lognormal(changes[name] / 30, changes[name] * 30, interval=0.5)
    changes["law"] = data.draw(
        st.sampled_from([ll.Law.muennighoff(), ll.Law.muennighoff_c4(max_epochs=2), ll.Law.besiroglu()])
    )
    changes["demand"] = data.draw(st.sampled_from(["compute_optimal", "twenty_per_parameter"]))
    changes["collapse"] = data.draw(st.sampled_from(["none", "accumulate", "replace"]))
    for option in ("goodput", "smooth_caps", "monotone_compute", "endogenous_quality"):
        changes[option] = data.draw(st.booleans())
    try:
        scenario = DEFAULT.replace(**changes)
    except ValueError:
        return  # an illegal combination has its own tests
    result = ll.simulate(scenario, trials=64, seed=1)
    values = result.trajectories.select(pl.selectors.float()).to_numpy()
    assert np.isfinite(values).all()
    assert (values >= 0).all()


@pytest.mark.parametrize("demand", ["inference_aware", "profit"])
@pytest.mark.parametrize("law", [ll.Law.penalty(), ll.Law.bounded()])
def test_slow_laws_and_demands_stay_finite_at_the_ends(demand: str, law: ll.Law) -> None:
    ends = itertools.product((1.0, 1e30), (1.0, 1e40))
    for stock, compute in ends:
        scenario = DEFAULT.replace(
            text_stock=stock, compute=compute, law=law, demand=demand, years=[2024, 2040], inference_tokens=1e30
        )
        values = ll.simulate(scenario, trials=64, seed=1).trajectories.select(pl.selectors.float())
        assert np.isfinite(values.to_numpy()).all()
