"""The exhaustion and constraint simulators against independent NumPy models, draw by draw and in distribution.

False-alarm probability: each test that compares random numbers asks at most 1,000 questions, each at 7.2 standard
errors (two-sided probability 6e-13), so it fails by chance with a probability below 1e-9.
"""

import numpy as np
import pytest

import limitlaw as ll
from limitlaw.exhaustion import crossing_probability, crossing_year, profit_overtraining
from limitlaw.exhaustion.draws import DEFINITIONS, sample
from reference import constraint_numpy
from reference import exhaustion_numpy as truth

Z = 7.2
LAW = ["log_a", "log_b", "log_e", "alpha", "beta"]
INPUTS = [*truth.LOGNORMAL, *truth.LOG_MOMENTS, *truth.LOGIT_MOMENTS, *truth.CONSTANT]
DEFAULT = ll.ExhaustionScenario.preset("default")
SMALL = 2000


def lognormal(low: float, high: float, z: float) -> tuple[float, float]:
    return np.log(low * high) / 2, np.log(high / low) / 2 / z


# The same draws ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"overtraining": 5, "trend_weight": 0},
        {"trend_weight": 1},
        {"repetition_data": 1e12, "usable_fraction": 1e-3},
    ],
    ids=["default", "overtrained", "trend", "scarce"],
)
def test_every_draw_follows_the_equations(changes):
    scenario = DEFAULT.replace(**changes)
    names = [*INPUTS, "repetition_data", "repetition_params", *LAW]
    yearly = [f"{variable}_{year}" for year in truth.YEARS for variable in truth.VARIABLES]
    drawn = sample(scenario, ["exhaustion_year", *names, *yearly], trials=SMALL, seed=11)
    inputs = {name: drawn[name] for name in names}
    inputs["follows_trend"] = np.full(SMALL, changes.get("trend_weight") == 1)
    for year in truth.YEARS:
        expected = truth.year_of(inputs, int(year))
        for variable in truth.VARIABLES:
            # Orders of magnitude and differences of losses are compared as they are, all else relatively.
            small = variable in ("lost_compute", "excess_loss", "marginal_value")
            tolerance = {"rtol": 0 if small else 1e-10, "atol": 1e-10 if small else 0}
            np.testing.assert_allclose(drawn[f"{variable}_{year}"], expected[variable], err_msg=variable, **tolerance)
    _, years = truth.run(inputs)
    for definition, expected in zip(DEFINITIONS, years, strict=True):
        found = drawn[f"exhaustion_year_{definition}"]
        assert (np.isinf(found) == np.isinf(expected)).all()
        np.testing.assert_allclose(found[np.isfinite(found)], expected[np.isfinite(expected)], rtol=0, atol=1e-9)


@pytest.mark.parametrize("changes", [{}, {"usable_fraction": 0.01}], ids=["default", "scarce"])
def test_two_solvers_of_the_reference_agree(changes):
    inputs = truth.draw(SMALL, seed=3, **changes)
    for year in (2024, 2030, 2040, 2053):
        by_bisection, by_newton = (truth.year_of(inputs, year, solver) for solver in (truth.bisect, truth.newton))
        for variable in truth.VARIABLES:
            np.testing.assert_allclose(by_bisection[variable], by_newton[variable], rtol=1e-9, atol=1e-12)


# Other draws ---------------------------------------------------------------------------------------------------------


def test_distributions_agree_with_numpy():
    """12 variables x 6 years x 7 quantiles, and 3 definitions x 29 years: 591 questions."""
    trials = 100_000
    result = ll.simulate(DEFAULT, trials=trials, seed=21)
    inputs = truth.draw(trials, seed=22)
    for year in (2024, 2027, 2030, 2035, 2043, 2053):
        expected = truth.year_of(inputs, year, truth.newton)
        rows = result.trajectories.filter(year=year)
        for variable in truth.VARIABLES:
            row = rows.filter(variable=variable).row(0, named=True)
            for p in truth.QUANTILES:
                q = row[f"q{p * 100:02.0f}"]
                slack = 0.002 * abs(q)  # the documented error of a quantile
                below = (expected[variable] < q - slack).mean()
                up_to = (expected[variable] <= q + slack).mean()
                error = Z * np.sqrt(p * (1 - p) * 2 / trials)
                assert below - error <= p <= up_to + error, (variable, year, p)
    _, years = truth.run(inputs, threads=2, solver=truth.newton)
    for definition, expected in zip(DEFINITIONS, years, strict=True):
        rows = result.exhausted_by.filter(definition=definition)
        ours = rows["probability"].to_numpy()
        theirs = np.array([(expected <= year).mean() for year in rows["year"]])
        pooled = (ours + theirs) / 2
        assert (np.abs(ours - theirs) <= Z * np.sqrt(np.maximum(pooled * (1 - pooled), 1 / trials) * 2 / trials)).all()


def test_section_6_of_the_model_the_data_share_dominates():
    """Medians 2028.5 and shares 91 % as designed, to their rounding and 7.2 standard errors."""
    none = ll.simulate(DEFAULT.replace(data_share=0), trials=50_000, seed=1).exhaustion
    all_of_it = ll.simulate(DEFAULT.replace(data_share=1), trials=50_000, seed=1).exhaustion
    assert none["q50"][0] == pytest.approx(2028.55, abs=0.05 + Z * none["q50_se"][0])
    assert all_of_it["p_not_by_horizon"][0] == pytest.approx(0.91, abs=0.005 + Z * all_of_it["p_not_by_horizon_se"][0])


# Closed forms --------------------------------------------------------------------------------------------------------

EPOCH_TREND = ll.ExhaustionScenario.preset("epoch2024", trend_weight=1)
_PARTS = [lognormal(1.3e14, 2.1e15, 1.959963984540054), lognormal(0.1, 0.4, 1.959963984540054)]
_STOCK = [*_PARTS, lognormal(2, 5, 1.959963984540054)]
TREND = {
    "log_demand": lognormal(3e12, 13e12, 1.6448536269514722),
    "log_stock_growth": (0.07737, 0.02481),
    "log_demand_growth": (0.375 * np.log(10), 0.0536 * np.log(10)),
}


@pytest.mark.parametrize("definition", ["effective_stock", "unique_tokens"])
def test_lognormal_stock_and_demand_cross_as_in_the_closed_form(definition):
    """30 probabilities and 7 quantiles."""
    parts = _STOCK if definition == "effective_stock" else _PARTS
    log_stock = (sum(m for m, _ in parts), float(np.hypot.reduce([s for _, s in parts])))
    trials = 200_000
    result = ll.simulate(EPOCH_TREND, trials=trials, seed=31)
    rows = result.exhausted_by.filter(definition=definition)
    exact = crossing_probability(rows["year"].to_numpy() - 2024, log_stock=log_stock, **TREND)
    error = Z * np.sqrt(np.maximum(exact * (1 - exact), 1 / trials) / trials)
    assert (np.abs(rows["probability"].to_numpy() - exact) <= error).all()
    row = result.exhaustion.filter(definition=definition).row(0, named=True)
    for p in truth.QUANTILES:
        label = f"q{p * 100:02.0f}"
        year = 2024 + crossing_year(p, log_stock=log_stock, **TREND)
        assert abs(row[label] - year) <= Z * row[f"{label}_se"] + 0.001, label


def test_the_marginal_value_is_the_slope_of_the_loss():
    """The envelope theorem against a central difference in ln U, through the whole scenario."""
    base = DEFAULT.replace(usable_fraction=0.05)
    h = 1e-4
    up, down = (
        sample(base.replace(usable_fraction=0.05 * np.exp(s)), ["loss_2035"], trials=SMALL, seed=10)["loss_2035"]
        for s in (h, -h)
    )
    value = sample(base, ["marginal_value_2035"], trials=SMALL, seed=10)["marginal_value_2035"]
    np.testing.assert_allclose(value, (down - up) / (2 * h), rtol=0, atol=2e-7)
    assert (value > 0).mean() > 0.5


@pytest.mark.parametrize("law", [ll.Law.muennighoff(), ll.Law.penalty()])
def test_the_worth_of_a_token_is_a_slope_too(law):
    """Nats for a trillion tokens and FLOP for one, against central differences in U through the whole scenario."""
    base = DEFAULT.replace(law=law)
    h = 1e-3
    names = [f"{name}_2035" for name in ("unique_tokens", "loss", "equivalent_compute")]
    up, down = (sample(base.replace(usable_fraction=0.05 * np.exp(s)), names, trials=200, seed=10) for s in (h, -h))
    asked = ["marginal_value_per_trillion_tokens_2035", "marginal_compute_2035"]
    found = sample(base.replace(usable_fraction=0.05), asked, trials=200, seed=10)
    more = up[names[0]] - down[names[0]]
    nats = (down[names[1]] - up[names[1]]) / more * 1e12
    flop = (up[names[2]] - down[names[2]]) / more
    # Draws that cross between short and not short within the step have no slope.
    smooth = (nats == 0) == (found[asked[0]] == 0)
    assert smooth.mean() > 0.98
    np.testing.assert_allclose(found[asked[0]][smooth], nats[smooth], rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(found[asked[1]][smooth], flop[smooth], rtol=1e-3)
    assert (flop > 0).mean() > 0.3


def test_training_for_profit_overtrains_as_the_formula_says():
    """Appendix F of Villalobos et al. 2024 while the budget is spent: overtraining depends on (h - 1)/r alone."""
    law = [6.178, 7.643, 0.597, 0.348, 0.366]
    scenario = DEFAULT.replace(law_parameters=ll.LawParameters.rows(law))
    rules = ({}, {"demand": "profit", "profit_loss_elasticity": 7, "profit_price_elasticity": 2})
    best, sold = (sample(scenario.replace(**r), ["demand_2024"], trials=500, seed=2)["demand_2024"] for r in rules)
    base = ll.Law.chinchilla(**dict(zip(LAW, law, strict=True)))
    np.testing.assert_allclose((sold / best) ** 2, profit_overtraining(1 / 7, base), rtol=1e-12)


# The 2030 constraints ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit_bandwidth", [True, False])
def test_constraint_bands_agree_with_numpy(limit_bandwidth):
    """10 quantities x 7 quantiles, and 3 shares."""
    trials = 200_000
    scenario = ll.ConstraintScenario.epoch2030().replace(limit_bandwidth=limit_bandwidth)
    result = ll.simulate(scenario, trials=trials, seed=41)
    expected = constraint_numpy.allowed(constraint_numpy.draw(trials, 42), limit_bandwidth=limit_bandwidth)
    for row in result.bands.iter_rows(named=True):
        for p in truth.QUANTILES:
            share = (expected[row["quantity"]] <= row[f"q{p * 100:02.0f}"]).mean()
            assert abs(share - p) <= Z * np.sqrt(2 * p * (1 - p) / trials), (row["quantity"], p)
    for constraint, share, error in result.binding.select("constraint", "share", "share_se").rows():
        assert abs((expected[constraint] == expected["minimum"]).mean() - share) <= Z * np.sqrt(2) * error


def test_a_constraint_run_does_not_depend_on_threads():
    scenario = ll.ConstraintScenario.epoch2030()
    one, three = (ll.simulate(scenario, trials=10_000, seed=3, threads=n) for n in (1, 3))
    assert one.bands.equals(three.bands)
    assert one.binding.equals(three.binding)
