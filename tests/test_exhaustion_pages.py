"""The pages of the exhaustion and constraint models say enough to compute every draw again."""

import dataclasses
import math
import random
from statistics import NormalDist

import numpy as np
import pytest

import limitlaw as ll
from exhaustion_cases import DEFAULT
from limitlaw.exhaustion.draws import sample
from reference import exhaustion_pages as pages

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

VARIABLES = (
    "compute", "demand", "unique_tokens", "effective_stock", "parameters", "tokens", "epochs", "loss_unconstrained",
    "loss", "excess_loss", "lost_compute", "marginal_value",
)  # fmt: skip
PHI, QUARTILE = NormalDist().cdf, NormalDist().inv_cdf(0.75)
COEFFICIENTS = ("log_a", "log_b", "log_e", "alpha", "beta")
SCARCE = {"text_stock": ll.dist.lognormal(1e12, 1e13), "private_share": 0, "multimodal_transfer": 0}
FAILING = {
    "goodput": True,
    "failures_per_node_day": ll.dist.lognormal(1e-6, 1e-3),
    "checkpoint_seconds": ll.dist.lognormal(1, 60),
    "restart_seconds": 10,
    "node_growth": 1.5,
}
CHANGES = {
    "default": {},
    "smooth caps": {"smooth_caps": True, "chip_cap": 1e29},
    "monotone": {"monotone_compute": True, "power_cap_growth": 0.7, "years": [2024, 2029, 2031, 2040, 2053]},
    "goodput": FAILING,
    "goodput, smooth, monotone": FAILING | {"smooth_caps": True, "monotone_compute": True},
    "goodput from 2030": FAILING | {"years": [2030, 2035]},
    "accumulate": {"collapse": "accumulate", "synthetic_generations": ll.dist.uniform(0.1, 3)},
    "replace": {"collapse": "replace", "synthetic_generations": 0.3},
    "quality": {"endogenous_quality": True, "quality_power": ll.dist.uniform(0.2, 2)} | FAILING,
    "overtrained later": {"overtraining": ll.dist.lognormal(1, 10), "overtraining_from": 2029},
    "trend": {"trend_weight": 1, "overtraining": 4},
    "twenty": {"demand": "twenty_per_parameter"},
    "serving at the loss": {"demand": "inference_at_loss", "inference_tokens": ll.dist.lognormal(1e12, 1e16)},
    "serving at the budget": {"demand": "inference_at_budget", "inference_tokens": ll.dist.lognormal(1e12, 1e16)},
    "scarce": SCARCE,
    "selling": {"demand": "profit"},
    "selling for little": {"demand": "profit", "profit_income": ll.dist.lognormal(1e10, 1e15), "data_share": 0.4},
    "selling, few can be served": {"demand": "profit", "profit_income": 1e20, "profit_price_elasticity": 1.5},
    "selling at a loss at first": {
        "demand": "profit", "profit_income": 1e8, "profit_price_elasticity": 1.2, "profit_loss_elasticity": 9,
        "overtraining": 4,
    },
    "selling next to nothing": {"demand": "profit", "profit_income": ll.dist.lognormal(1, 1e6)},
    "selling the smallest model to few": {
        "demand": "profit", "profit_income": 1e3, "profit_price_elasticity": 8, "profit_loss_elasticity": 10,
    },
    "selling the smallest model": {"demand": "profit", "profit_price_elasticity": 8, "profit_loss_elasticity": 10},
    "scarce, max epochs": SCARCE | {"law": ll.Law.muennighoff(max_epochs=3)},
    "C4": SCARCE | {"law": ll.Law.muennighoff_c4(repetition_data=4)},
    "threshold, gaps of years": {"lost_threshold": 0.1, "years": [2025, 2026, 2031, 2047, 2053]},
    "repeats in full": SCARCE | {"law": ll.Law.hoffmann()},
    "path": {"compute_path": ll.ComputePath.besiroglu2022(), "power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90},
}  # fmt: skip


def check(scenario: ll.ExhaustionScenario, *, trials: int, seed: int, label: str) -> None:
    """Every variable, year and year of running out of every draw, from its inputs."""
    inputs = ll.ExhaustionScenario.input_names()
    yearly = [f"{variable}_{year}" for year in scenario.years for variable in VARIABLES]
    names = [*inputs, *COEFFICIENTS, *yearly, "exhaustion_year"]
    drawn = sample(scenario, names, trials=trials, seed=seed)
    # What no draw uses is NaN: any number does.
    given = {key: np.where(np.isnan(drawn[key]), 1.0, drawn[key]) for key in (*inputs, *COEFFICIENTS)}
    z = None
    if scenario.compute_path is not None:
        # The same number of `compute` as without a path.
        compute = sample(scenario.replace(compute_path=None), ["compute"], trials=trials, seed=seed)["compute"]
        low, high = scenario.compute.low, scenario.compute.high
        z = (np.log(compute) - np.log(low * high) / 2) / (np.log(high / low) / 2 / 1.6448536269514722)
    for key, expected in pages.follow(scenario, given, z).items():
        small = key.startswith(("lost_compute", "excess_loss", "marginal_value", "exhaustion"))
        # The place of a greatest profit is known to the square root of the rounding of the profit.
        near = 1e-6 if scenario.demand == "profit" and key.startswith(("demand", "exhaustion")) else 1e-10
        tolerance = {"rtol": 0 if small else near, "atol": near if small else 0}
        np.testing.assert_allclose(drawn[key], expected, err_msg=f"{label}: {key}", **tolerance)


@pytest.mark.parametrize("name", CHANGES)
def test_a_draw_is_followed_from_the_page(name):
    check(DEFAULT.replace(**CHANGES[name]), trials=60, seed=17, label=name)


def test_any_options_together_are_followed_from_the_page():
    """40 scenarios whose every option, level and year is drawn; agreement is to 6e-12 over 300 of them."""
    rng = random.Random(2)
    laws = (ll.Law.muennighoff(), ll.Law.muennighoff(max_epochs=rng.uniform(1, 10)), ll.Law.muennighoff_c4())
    demands = ("compute_optimal", "twenty_per_parameter", "inference_at_loss", "inference_at_budget")
    for label in range(40):
        flags = ("smooth_caps", "monotone_compute", "goodput", "endogenous_quality")
        changes = {name: rng.random() < 0.5 for name in flags} | {
            "law": rng.choice(laws),
            "demand": rng.choice(demands),
            "collapse": rng.choice(("none", "accumulate", "replace")),
            "years": sorted(rng.sample(range(2024, 2080), rng.randint(1, 8))),
            "trend_weight": rng.choice((0, 0, 1)),
            "overtraining": 10 ** rng.uniform(-1, 2),
            "overtraining_from": rng.choice((2024, 2030.5, 2040)),
            "synthetic_generations": rng.uniform(0, 5),
            "access_loss": rng.uniform(0, 0.2),
            "data_share": rng.random(),
            "text_stock": 10 ** rng.uniform(10, 16),
            "compute": 10 ** rng.uniform(18, 28),
            "power_cap": 10 ** rng.uniform(25, 35),
            "failures_per_node_day": 10 ** rng.uniform(-8, -3),
            "inference_tokens": 10 ** rng.uniform(8, 20),
            "repetition_data": 10 ** rng.uniform(-0.5, 4),
            "repetition_params": 10 ** rng.uniform(-0.5, 4),
            "multi_epoch_multiplier": 10 ** rng.uniform(0, 1),
            "lost_threshold": rng.uniform(0, 2),
            "correlations": {},
        }
        check(DEFAULT.replace(**changes), trials=20, seed=label, label=str(changes))


@pytest.mark.parametrize("law", [ll.Law.penalty(), ll.Law.bounded()], ids=["penalty", "bounded"])
def test_the_other_laws_are_followed_from_the_page(law):
    names = ["compute_2024", "unique_tokens_2024", "loss_2024", "loss_unconstrained_2024", "excess_loss_2024"]
    stock = ll.dist.lognormal(1e10, 1e14)
    drawn = sample(DEFAULT.replace(law=law, years=[2024], text_stock=stock, private_share=0), names, trials=25, seed=2)
    pairs = zip(np.log(drawn["compute_2024"] / 6), np.log(drawn["unique_tokens_2024"]), strict=True)
    expected = np.array([pages.other_law(law, log_k, log_u) for log_k, log_u in pairs]).T
    np.testing.assert_allclose(drawn["loss_2024"], expected[0], rtol=1e-10)
    np.testing.assert_allclose(drawn["loss_unconstrained_2024"], expected[1], rtol=1e-10)
    assert (drawn["excess_loss_2024"] > 1e-3).any()


@pytest.mark.parametrize("limit_bandwidth", [True, False])
@pytest.mark.parametrize("year", [2024, 2027.5, 2030, 2050])
def test_a_constraint_is_followed_from_the_page(limit_bandwidth, year):
    """Inputs at random places of Epoch AI's distributions, one by one constants of a scenario of one draw."""
    epoch = ll.ConstraintScenario.epoch2030()
    names = [f.name for f in dataclasses.fields(epoch) if isinstance(getattr(epoch, f.name), ll.dist.Dist)]
    rng = np.random.default_rng(5)
    for _ in range(10):
        values = {}
        for name in names:
            one = getattr(epoch, name)
            z = rng.normal()
            constant = one.kind == "constant"
            values[name] = (
                one.value if constant else pages.metalog(z, (one.p10, one.p50, one.p90), one.lower, one.upper)
            )
        scenario = epoch.replace(**values, year=year, limit_bandwidth=limit_bandwidth)
        bands = ll.simulate(scenario, trials=1, seed=1).bands
        found = dict(bands.select("quantity", "q50").rows())
        expected = pages.allowed(values, year - 2024, limit_bandwidth=limit_bandwidth)
        assert found == pytest.approx(expected, rel=1e-11)


def test_inputs_are_drawn_as_the_page_says():
    """Each kind of distribution at the same normal numbers: those of a standard lognormal in its place."""
    kinds = {
        "lognormal": (ll.dist.lognormal(2, 8, 0.5), lambda z: np.exp(np.log(16) / 2 + z * np.log(4) / 2 / QUARTILE)),
        "logit": (ll.dist.logit_normal(-1, 0.5), lambda z: 1 / (1 + np.exp(1 - z / 2))),
        "uniform": (ll.dist.uniform(3, 7), lambda z: 3 + 4 * PHI(z)),
        "normal": (ll.dist.normal(50, 2), lambda z: 50 + 2 * z),
        "empirical": (ll.dist.empirical([5.0, 1.0, 2.0]), lambda z: sorted([5.0, 1.0, 2.0])[math.ceil(3 * PHI(z)) - 1]),
        "metalog": (ll.dist.metalog(2, 5, 12, lower=1), lambda z: pages.metalog(z, (2, 5, 12), 1, None)),
        "share metalog": (ll.dist.metalog(2, 5, 12, lower=1, upper=30), lambda z: pages.metalog(z, (2, 5, 12), 1, 30)),
        "falling metalog": (ll.dist.metalog(2, 5, 6, upper=9), lambda z: pages.metalog(z, (2, 5, 6), None, 9)),
        "free metalog": (ll.dist.metalog(20, 50, 90), lambda z: pages.metalog(z, (20, 50, 90), None, None)),
    }  # fmt: skip
    free = DEFAULT.replace(images=ll.dist.lognormal(np.exp(-1), np.e, 0.6826894921370859), correlations={})
    z = np.log(sample(free, ["images"], trials=500, seed=3)["images"])
    for name, (one, value) in kinds.items():
        found = sample(free.replace(images=one), ["images"], trials=500, seed=3)["images"]
        expected = np.clip([value(x) for x in z], 0, 1e30)
        np.testing.assert_allclose(found, expected, rtol=1e-10, err_msg=name)


def test_correlated_inputs_are_mixed_as_the_page_says():
    """Cholesky's factor of 2 sin(pi rho / 6), in the order of the inputs: images after text_stock."""
    standard = ll.dist.lognormal(np.exp(-1), np.e, 0.6826894921370859)
    both = {"text_stock": standard, "images": standard}
    apart, tied = (
        sample(DEFAULT.replace(**both, correlations=c), list(both), trials=500, seed=3)
        for c in ({}, {("images", "text_stock"): 0.6})
    )
    rho = 2 * np.sin(np.pi * 0.6 / 6)
    np.testing.assert_allclose(tied["text_stock"], apart["text_stock"], rtol=1e-12)
    mixed = rho * np.log(apart["text_stock"]) + np.sqrt(1 - rho**2) * np.log(apart["images"])
    np.testing.assert_allclose(np.log(tied["images"]), mixed, rtol=0, atol=1e-12)
