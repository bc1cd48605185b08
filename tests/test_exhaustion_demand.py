"""The demand of a scenario comes from the law in use, after algorithmic progress, against searches in NumPy."""

import numpy as np
import pytest

import limitlaw as ll
from exhaustion_cases import DEFAULT, FIXED, path
from limitlaw.exhaustion import profit_maximising_allocation
from limitlaw.exhaustion.draws import sample
from limitlaw.exhaustion.law import BESIROGLU, C4, BoundedLaw, MuennighoffLaw, PenaltyLaw
from reference import laws_numpy as truth

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

YEARS = (2024, 2030, 2041, 2053)
COEFFICIENTS = ["log_a", "log_b", "log_e", "alpha", "beta"]
BOUNDED, PENALTY = BoundedLaw(), PenaltyLaw()


def reference(law: ll.Law, drawn: dict[str, np.ndarray]) -> truth.Loss:
    """The law of each draw, with the coefficients that a run says it used."""
    base = [drawn[name] for name in COEFFICIENTS]
    match law:
        case BoundedLaw():
            return truth.bounded(base, law.log_c, law.gamma, law.delta, law.log_vocabulary)
        case PenaltyLaw():
            return truth.penalty(base, law.log_p, law.delta, law.kappa)
        case MuennighoffLaw():
            scales = drawn["repetition_data"], drawn["repetition_params"]
            return truth.repetition(base, *scales)
    return truth.power(base)


def progress(drawn: dict[str, np.ndarray], year: int) -> tuple[np.ndarray, np.ndarray]:
    tau = drawn["algorithmic_slowdown_years"]
    whole = 12 * np.log(2) / drawn["algorithmic_halving_months"] * tau * -np.expm1(-(year - 2024) / tau)
    return (1 - drawn["data_share"]) * whole, drawn["data_share"] * whole


LAWS = [ll.Law.besiroglu(), ll.Law.muennighoff(), ll.Law.muennighoff(max_epochs=3), PENALTY, BOUNDED]


@pytest.mark.parametrize("law", LAWS, ids=["besiroglu", "muennighoff", "max_epochs", "penalty", "bounded"])
def test_every_law_asks_for_its_own_optimum_and_reaches_its_least_loss(law):
    names = ["algorithmic_halving_months", "algorithmic_slowdown_years", "data_share"]
    names += [*COEFFICIENTS, "repetition_data", "repetition_params"]
    yearly = [f"{v}_{y}" for v in ("compute", "unique_tokens", "demand", "loss", "loss_unconstrained") for y in YEARS]
    drawn = sample(DEFAULT.replace(law=law), [*names, *yearly], trials=40, seed=5)
    for year in YEARS:
        loss = truth.after(reference(law, drawn), *progress(drawn, year))
        log_k, log_u = np.log(drawn[f"compute_{year}"] / 6), np.log(drawn[f"unique_tokens_{year}"])
        log_d = truth.unconstrained(loss, log_k)
        np.testing.assert_allclose(np.log(drawn[f"demand_{year}"]), log_d, rtol=0, atol=1e-9)
        free = loss(log_k - log_d, log_d, log_d)
        np.testing.assert_allclose(drawn[f"loss_unconstrained_{year}"], free, rtol=1e-12)
        least = truth.least(loss, log_k, log_u, getattr(law, "max_epochs", None) or np.inf)
        np.testing.assert_allclose(drawn[f"loss_{year}"], least, rtol=1e-9)


def test_a_mixture_asks_draw_by_draw_for_the_optimum_of_the_law_it_chose():
    law = ll.Law.mixture({BOUNDED: 1, PENALTY: 1, ll.Law.muennighoff(): 1, ll.Law.muennighoff_c4(): 1})
    names = ["algorithmic_halving_months", "algorithmic_slowdown_years", "data_share", *COEFFICIENTS]
    names += ["repetition_data", "repetition_params", "compute_2040", "demand_2040"]
    drawn = sample(DEFAULT.replace(law=law), names, trials=400, seed=6)
    log_d = np.full(400, np.nan)
    fixed = {BOUNDED: BOUNDED.base, PENALTY: PENALTY.base, ll.Law.muennighoff_c4(): C4}
    chosen = {one: drawn["alpha"] == base[3] for one, base in fixed.items()}
    chosen[ll.Law.muennighoff()] = ~np.any(list(chosen.values()), axis=0)
    for one, where in chosen.items():
        assert 50 < where.sum() < 160  # of 400 at 1/4: 5.7 standard errors
        part = {name: values[where] for name, values in drawn.items()}
        loss = truth.after(reference(one, part), *progress(part, 2040))
        log_d[where] = truth.unconstrained(loss, np.log(part["compute_2040"] / 6))
        # Constants of repetition are those of the draw's law, and none where it has none.
        assert np.isnan(part["repetition_data"]).all() == (not isinstance(one, MuennighoffLaw))
    np.testing.assert_allclose(np.log(drawn["demand_2040"]), log_d, rtol=0, atol=1e-9)


def test_bounded_demand_is_that_of_optimal_allocation():
    """At 4e25 FLOP 1.47e13 tokens, where the power law within asks for 4.7e11."""
    certain = DEFAULT.replace(**FIXED, law=BOUNDED).replace(algorithmic_halving_months=1e12)
    got = path(certain)
    free = ll.optimal_allocation(got["compute"], 1e60, BOUNDED)
    np.testing.assert_allclose(got["demand"], free["tokens_unconstrained"], rtol=1e-10)
    assert got["demand"][0] == pytest.approx(1.47e13, rel=1e-3)
    over = path(certain.replace(overtraining=4))
    np.testing.assert_allclose(over["demand"], 2 * got["demand"], rtol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.37, 1.0])
@pytest.mark.parametrize("law", [BOUNDED, PENALTY, ll.Law.muennighoff()], ids=["bounded", "penalty", "muennighoff"])
def test_progress_saves_the_compute_that_it_says(law, share):
    """A halving every 8 months saves a factor of 512 in six years, whatever it makes go further.

    And with data short as well: progress in data is the same as more unique tokens.
    """
    certain = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90, "compute_growth": 1, "data_share": share}
    certain |= {"years": [2024, 2030], "law": law, "algorithmic_slowdown_years": 1e12}
    scenario = DEFAULT.replace(**FIXED | certain)
    saved = 2.0**9
    assert saved == 512
    after = path(scenario.replace(algorithmic_halving_months=8))
    more = path(scenario.replace(algorithmic_halving_months=1e12, compute=4e25 * saved))
    assert after["loss_unconstrained"][1] == pytest.approx(more["loss_unconstrained"][1], rel=1e-12)
    assert after["demand"][1] == pytest.approx(more["demand"][1] / saved**share, rel=1e-9)
    scarce = scenario.replace(usable_fraction=1e-6)
    after = path(scarce.replace(algorithmic_halving_months=8))
    as_if = ll.optimal_allocation(4e25 * saved, after["unique_tokens"][1] * saved**share, _alone(law))
    assert after["loss"][1] == pytest.approx(as_if["loss"][0], rel=1e-12)
    assert after["excess_loss"][1] > 0.01


def _alone(law):
    return law if not isinstance(law, MuennighoffLaw) else MuennighoffLaw(base=BESIROGLU)


def test_who_loses_money_at_every_budget_trains_nothing() -> None:
    """The exact boundary: I_0 at which the best run just pays, by the profit at a budget spent in full.

    With r = 9 and h = 1.2 income grows faster than cost up to the limit of serving, and compute is far below it: the
    whole budget is best, if any pays. Profit is linear in I_0 there.
    """
    market = {"profit_loss_elasticity": 9, "profit_price_elasticity": 1.2}
    fixed = DEFAULT.replace(**FIXED | {"compute": 1e26}, years=[2024], demand="profit", **market)

    def spent_in_full(income: float) -> dict[str, float]:
        named = {"demand_scale": income, "loss_elasticity": 9, "price_elasticity": 1.2}
        return profit_maximising_allocation(1e26, ll.Law.besiroglu(), **named).row(0, named=True)

    one = spent_in_full(1.0)
    # Twice as much sold is twice the income: profit is I_0 times something less the cost.
    each = (spent_in_full(1e8)["profit"] - one["profit"]) / (1e8 - 1)
    even = (each - one["profit"]) / each
    assert spent_in_full(even * 1.001)["profit"] > 0 > spent_in_full(even * 0.999)["profit"]
    some, none = (path(fixed.replace(profit_income=even * x)) for x in (1.001, 0.999))
    assert some["demand"][0] == pytest.approx(one["tokens"], rel=1e-9)
    assert none["demand"][0] == 0
    np.testing.assert_allclose(none["loss"], some["loss"], rtol=1e-12)
    # Nothing runs out, whatever the overtraining, and 0 is what the frame shows.
    poor = fixed.replace(profit_income=even * 0.5, overtraining=1e6, text_stock=1, private_share=0, images=0)
    found = ll.simulate(poor.replace(video_seconds=0, audio_seconds=0), trials=4, seed=1)
    assert found.trajectories.filter(variable="demand")["q50"].to_list() == [0.0]
    assert found.exhaustion.filter(definition="effective_stock")["p_not_by_horizon"].to_list() == [1.0]


@pytest.mark.parametrize("demand", ["inference_at_loss", "inference_at_budget", "profit"])
def test_serving_and_selling_refuse_a_law_without_a_formula(demand):
    expected = f"demand must be 'compute_optimal' or 'twenty_per_parameter' under a bounded law, got '{demand}'"
    for law in (BOUNDED, ll.Law.mixture({BOUNDED: 0.1, PENALTY: 0.9})):
        with pytest.raises(ValueError, match=expected):
            DEFAULT.replace(law=law, demand=demand)
    never = ll.Law.mixture({BOUNDED: 0, PENALTY: 1})
    assert DEFAULT.replace(law=never, demand=demand).demand == demand
