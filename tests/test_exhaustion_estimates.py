"""What a run of the exhaustion model estimates: quantiles, errors, copula, reproducibility, Sobol' points."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from exhaustion_cases import DEFAULT, FIXED, SIGMAS, path
from limitlaw import _core
from limitlaw.exhaustion.run import DEFINITIONS

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

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
        spread = math.sqrt(row["p_by_2030"] * (1 - row["p_by_2030"]) / 30_001)
        assert row["p_by_2030_se"] == pytest.approx(spread, rel=0.05)


@settings(max_examples=40)
@given(st.sets(st.integers(2024, 2053), min_size=1, max_size=6).map(sorted))
def test_one_rule_for_every_probability_whatever_the_years(years: list[int]) -> None:
    """The interpolated year of running out decides every probability, of years that the projection skips too."""
    scenario = DEFAULT.replace(years=years)
    result = ll.simulate(scenario, trials=300, seed=4, samples=["exhaustion_year"])
    swept = ll.sweep(ll.Grid(scenario, {"data_share": [scenario.data_share]}), trials=300, seed=4, progress=False)
    levers = ll.levers(scenario, {}, trials=300, seed=4)
    for definition in DEFINITIONS:
        found = result.samples[f"exhaustion_year_{definition}"].fill_null(np.inf).to_numpy()
        for row in result.exhausted_by.filter(definition=definition).iter_rows(named=True):
            assert row["probability"] == (found <= row["year"]).mean()
        for frame in (result.exhaustion, swept.frame(), levers):
            row = frame.filter(definition=definition).row(0, named=True)
            for year in (2030, 2035):
                want = (found <= year).mean() if years[0] <= year <= years[-1] else None
                assert row.get(f"p_by_{year}") == want
            assert row["p_not_by_horizon"] == pytest.approx(np.isinf(found).mean(), abs=1e-12)


def test_years_that_are_not_listed_move_no_year_of_running_out() -> None:
    """The model goes through them all the same; the compute that a shortage costs is far from straight over years."""
    for changes in ({}, {"monotone_compute": True, "collapse": "replace"}):
        world = DEFAULT.replace(**changes)
        whole = ll.simulate(world, trials=4_000, seed=7, samples=["exhaustion_year"])
        for years in ([2024, 2053], [2024, 2030, 2036, 2053]):
            sparse = ll.simulate(world.replace(years=years), trials=4_000, seed=7, samples=["exhaustion_year"])
            by_name = [r.samples.fill_null(3000.0).to_numpy() for r in (sparse, whole)]
            np.testing.assert_allclose(*by_name, rtol=0, atol=1e-9)
            estimates = [
                r.exhaustion.select(pl.selectors.starts_with("q", "p_")).fill_null(3000.0) for r in (sparse, whole)
            ]
            # One draw on the edge of a bin may fall to its other side.
            np.testing.assert_allclose(*(frame.to_numpy() for frame in estimates), rtol=0, atol=2e-3)


def test_standard_errors_shrink_with_the_square_root_and_cover() -> None:
    # The year is that of every year between the ends, listed or not.
    scenario = DEFAULT.replace(years=[min(DEFAULT.years), max(DEFAULT.years)])
    small, large = (ll.simulate(scenario, trials=n, seed=6) for n in (10_000, 250_000))
    median = [r.exhaustion["q50_se"][0] for r in (small, large)]
    assert median[0] / median[1] == pytest.approx(5, rel=0.3)
    runs = [ll.simulate(scenario, trials=4_096, seed=6, replicate=r).exhaustion for r in range(60)]
    spread = np.std([r["q50"][0] for r in runs], ddof=1)
    told = np.mean([r["q50_se"][0] for r in runs])
    # chi with 59 degrees of freedom: the ratio's relative sd is 0.092; six of them.
    assert spread / told == pytest.approx(1, abs=0.55)


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
        ({"years": []}, "years must be rising, from 1990 .* horizon is not before the start"),
        ({"years": range(2030, 2025)}, "years must be rising"),
        ({"years": [1980, 2030]}, "years must be .* got 1980 to 2030"),
        ({"years": [2024, 2024]}, "years must be .* got 2024 after 2024"),
        (
            {"compute_growth": 900}
            | {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90}
            | dict.fromkeys(["power_cap_growth", "chip_cap_growth", "latency_cap_growth"], 9),
            "compute_growth must be small enough .* got 900",
        ),
        ({"data_share": 1.2}, r"data_share must be in \[0, 1\], got 1.2"),
        ({"text_stock": ll.dist.constant(-1)}, "text_stock must be in"),
        ({"repetition_data": 0}, "repetition_data must be in"),
        ({"correlations": {("text_stock", "imagess"): 0.5}}, "correlations must be between inputs, got 'imagess'"),
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
    with pytest.raises(ValueError, match="name must be 'default', 'epoch2024' or 'corpus', got 'epoch2023'"):
        ll.ExhaustionScenario.preset("epoch2023")
    with pytest.raises(ValueError, match="alpha must be in"):
        ll.LawParameters.rows([6, 7, 0.5, 0.0, 0.3])
    with pytest.raises(ValueError, match="positive definite"):
        DEFAULT.replace(law_parameters=ll.LawParameters.normal(covariance=np.zeros((5, 5)).tolist()))
    for call, message in (
        ({"trials": 1000, "sampler": "sobol"}, "trials must be a power of two"),
        ({"trials": 10, "sampler": "lattice"}, "sampler must be"),
        ({"trials": 10, "samples": ["loss_1999"]}, "samples must be .* got 'loss_1999'"),
        ({"trials": 2**32}, "trials must be in"),
        ({"trials": 0}, "trials must be in"),
    ):
        with pytest.raises(ValueError, match=message):
            ll.simulate(DEFAULT, seed=1, **call)


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
    changes: dict = {name: 10 ** data.draw(st.floats(*INPUT_RANGES[name])) for name in chosen}
    for name in list(changes):
        if data.draw(st.booleans()):
            # The median of a distribution is the root of a product: at the ends it may round to beyond them.
            low, high = (10**end for end in INPUT_RANGES[name])
            median = min(max(changes[name], low * (1 + 1e-12)), high * (1 - 1e-12))
            changes[name] = ll.dist.lognormal(median / 30, median * 30, interval=0.5)
    changes["law"] = data.draw(
        st.sampled_from([ll.Law.muennighoff(), ll.Law.muennighoff_c4(max_epochs=2), ll.Law.besiroglu()])
    )
    changes["demand"] = data.draw(st.sampled_from(["compute_optimal", "twenty_per_parameter"]))
    changes["collapse"] = data.draw(st.sampled_from(["none", "accumulate", "replace"]))
    for option in ("goodput", "smooth_caps", "monotone_compute", "endogenous_quality"):
        changes[option] = data.draw(st.booleans())
    result = ll.simulate(DEFAULT.replace(**changes), trials=64, seed=1)
    values = result.trajectories.select(pl.selectors.float()).to_numpy()
    assert np.isfinite(values).all()
    assert (values >= 0).all()


@pytest.mark.parametrize(
    ("law", "demand"),
    [
        (ll.Law.penalty(), "inference_at_loss"),
        (ll.Law.penalty(), "profit"),
        (ll.Law.bounded(), "compute_optimal"),
        (ll.Law.bounded(), "twenty_per_parameter"),
    ],
)
def test_slow_laws_and_demands_stay_finite_at_the_ends(demand: str, law: ll.Law) -> None:
    ends = itertools.product((1.0, 1e30), (1.0, 1e40))
    for stock, compute in ends:
        scenario = DEFAULT.replace(
            text_stock=stock, compute=compute, law=law, demand=demand, years=[2024, 2040], inference_tokens=1e30
        )
        values = ll.simulate(scenario, trials=64, seed=1).trajectories.select(pl.selectors.float())
        assert np.isfinite(values.to_numpy()).all()
