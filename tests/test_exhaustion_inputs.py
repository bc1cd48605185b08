"""Every input of the exhaustion scenario: its name, its documentation, the distributions it takes, correlations."""

import dataclasses
import re

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from exhaustion_cases import input_ranges

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

DEFAULT = ll.ExhaustionScenario.preset("default")
INPUTS = ll.ExhaustionScenario.input_names()
#: The fields of the model's table of inputs.
FIELDS = re.findall(
    r"\w+",
    """
    text_stock stock_growth usable_fraction access_loss images video_seconds audio_seconds tokens_per_image_or_second
    tokens_per_audio_second multimodal_transfer private_stock private_share synthetic_multiplier synthetic_generations
    collapse law_parameters repetition_data repetition_params law compute compute_growth power_cap chip_cap latency_cap
    power_cap_growth chip_cap_growth latency_cap_growth goodput failures_per_node_day checkpoint_seconds restart_seconds
    node_growth algorithmic_halving_months algorithmic_slowdown_years data_share overtraining multi_epoch_multiplier
    trend_dataset trend_growth trend_weight
""",
)


def run_with_all(trials: int, **inputs: object) -> ll.ExhaustionResult:
    """A run in which every input is used, those of serving and those of selling in turn; others are null."""
    on = {"goodput": True, "endogenous_quality": True, "collapse": "accumulate", "trend_weight": 0.5} | inputs
    sold, served = (
        ll.simulate(DEFAULT.replace(**on, demand=demand), trials=trials, seed=1, samples=INPUTS)
        for demand in ("profit", "inference_at_loss")
    )
    assert sold.samples["inference_tokens"].null_count() == trials
    return dataclasses.replace(sold, samples=sold.samples.with_columns(served.samples["inference_tokens"]))


DRAWN = run_with_all(4001).samples
MEDIANS = {name: DRAWN[name].median() for name in INPUTS}


def test_every_field_exists_under_its_name() -> None:
    assert set(FIELDS) <= {field.name for field in dataclasses.fields(ll.ExhaustionScenario)}


def test_every_field_is_documented_and_every_input_has_its_range() -> None:
    for name, (low, high) in input_ranges().items():
        with pytest.raises(ValueError, match=rf"{name} must be in \["):
            DEFAULT.replace(**{name: high * 1.001 + 1e-9})
        with pytest.raises(ValueError, match=rf"{name} must be in \["):
            DEFAULT.replace(**{name: low * 0.999 - 1e-9})
        # The highest growths overflow within 29 years, and only that is wrong with them.
        for end in (low, high):
            ll.ExhaustionScenario(**{name: end}, years=[2024])


LAW = ["log_a", "log_b", "log_e", "alpha", "beta"]


@pytest.mark.parametrize("name", ["besiroglu", "muennighoff_c4", "penalty", "bounded"])
def test_coefficients_are_those_of_the_law_in_use(name: str) -> None:
    law = getattr(ll.Law, name)()
    drawn = ll.simulate(DEFAULT.replace(law=law), trials=64, seed=1, samples=LAW).samples
    assert drawn.unique().rows() == [law.base]


def test_what_is_returned_is_what_was_used() -> None:
    names = ["compute", "compute_growth", "repetition_data", "repetition_params", "nodes", "trend_dataset"]

    def drawn(**changes: object) -> pl.DataFrame:
        scenario = DEFAULT.replace(**changes)
        return ll.simulate(scenario, trials=500, seed=1, samples=[*names, "compute_2024"]).samples

    # Compute on a path is the path's, not the normal number that places the draw in its band.
    path = ll.ComputePath.besiroglu2022()
    of_path = drawn(compute_path=path, power_cap=1e90, chip_cap=1e90, latency_cap=1e90)
    np.testing.assert_allclose(of_path["compute"], of_path["compute_2024"], rtol=1e-12)
    assert of_path["compute"].min() > 10 ** (path.low[0] - 2)
    assert of_path["compute_growth"].null_count() == 500
    # A constant that the law fixes, or has none of.
    fixed = drawn(law=ll.Law.muennighoff(repetition_data=7.0))
    assert fixed["repetition_data"].unique().to_list() == [7.0]
    assert fixed["repetition_params"].n_unique() == 500
    assert drawn(law=ll.Law.penalty())["repetition_data"].null_count() == 500
    # Parts that are off.
    off = drawn()
    assert [name for name in names if off[name].null_count() == 500] == ["nodes", "trend_dataset"]
    on = drawn(goodput=True, trend_weight=0.5)
    assert on.null_count().sum_horizontal().item() == 0


def around(name: str, kind: str) -> object:
    """A distribution of this kind near the default median of an input."""
    m = MEDIANS[name]
    width = 0.01 * m if m else 1e-6
    upper = 1.01 if m == 1 else m + min(width, 1 - m if m < 1 else width)
    return {
        "number": m,
        "constant": ll.dist.constant(m),
        "lognormal": ll.dist.lognormal(m * 0.9, m * 1.1, interval=0.9) if m else m,
        "normal": ll.dist.normal(m, width),
        "logit_normal": ll.dist.logit_normal(0.0, 0.5),
        "uniform": ll.dist.uniform(m, upper),
        "beta": ll.dist.beta(2, 3),
        "triangular": ll.dist.triangular(m, m, upper),
        "pert": ll.dist.pert(m, (m + upper) / 2, upper),
        "quantiles": ll.dist.quantiles({0.2: m * 0.99, 0.5: m, 0.95: m * 1.01}) if m else m,
        "mixture": ll.dist.mixture([m, ll.dist.uniform(m, upper)], weights=[1, 3]),
        "clipped": ll.dist.clipped(ll.dist.normal(m, width), low=m - 2 * width if m else 0),
        "metalog": ll.dist.metalog(m * 0.99, m, m * 1.01) if m else m,
        "empirical": ll.dist.empirical([m, m]),
    }[kind]


NEW = ["triangular", "pert", "quantiles", "mixture", "clipped"]
SMOOTH = ["lognormal", "normal", "uniform", "beta", "metalog", "empirical", "logit_normal", *NEW]
KINDS = ["number", "constant", *SMOOTH]


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_takes_every_distribution(kind: str) -> None:
    """All at once, as an input of each kind; draws beyond an input's range are moved to its ends."""
    inputs = {name: around(name, kind) for name in INPUTS}
    found = run_with_all(256, **inputs, correlations={})
    assert np.isfinite(found.samples.to_numpy()).all()
    assert np.isfinite(found.trajectories.select(pl.selectors.float()).to_numpy()).all()
    varied = [name for name in INPUTS if found.samples[name].n_unique() > 1]
    if kind in ("number", "constant", "empirical"):
        assert varied == []
    elif kind in ("lognormal", "metalog", "quantiles"):
        assert set(varied) >= {name for name in INPUTS if MEDIANS[name] not in (0, 1)}
    else:
        assert len(varied) > 20


@pytest.mark.parametrize("kind", SMOOTH)
def test_rank_correlations_hold_for_any_two_distributions(kind: str) -> None:
    """0.6 between an input of each kind and one by default; a standard error is below 1/sqrt(n)."""
    n = 20_000
    one = ll.dist.empirical(np.linspace(0.1, 0.9, 5000)) if kind == "empirical" else around("data_share", kind)
    scenario = DEFAULT.replace(data_share=one, correlations={("data_share", "compute"): 0.6})
    drawn = ll.simulate(scenario, trials=n, seed=2, samples=["data_share", "compute"]).samples
    ranks = drawn.select(pl.all().rank())
    assert abs(ranks.select(pl.corr("data_share", "compute")).item() - 0.6) < 6.2 / np.sqrt(n)


@pytest.mark.parametrize("rho", [-0.99, 0.99])
def test_pairwise_correlations_that_cannot_be_together_name_their_pairs(rho: float) -> None:
    pairs = {("compute", "data_share"): 0.9, ("data_share", "text_stock"): 0.9, ("compute", "text_stock"): -0.5}
    unrelated = {("images", "audio_seconds"): rho}
    with pytest.raises(ValueError, match="possible together") as caught:
        DEFAULT.replace(correlations=pairs | unrelated)
    message = str(caught.value)
    for (a, b), value in pairs.items():
        assert f"{a}-{b} {value:g}" in message
    assert "audio_seconds" not in message


# Tables of the law's coefficients


def test_a_table_of_coefficients_is_read_by_name() -> None:
    """Columns in another order, raw or logarithmic, of any kind of table: one prior, and the same draws."""
    log = {name: getattr(ll.LawParameters.bootstrap(), name)[:9] for name in ("log_a", "log_b", "log_e")}
    exponents = {name: getattr(ll.LawParameters.bootstrap(), name)[:9] for name in ("alpha", "beta")}
    raw = {name: np.exp(log[f"log_{name.lower()}"]) for name in "EAB"}
    by_position = ll.LawParameters.rows(np.column_stack([*log.values(), *exponents.values()]))
    spelled = {"lnE": log["log_e"], "beta": exponents["beta"], "ln A": log["log_a"], "logB": log["log_b"]}
    assert ll.LawParameters.rows(pl.DataFrame(exponents | log)) == by_position
    assert ll.LawParameters.rows(pl.DataFrame(spelled | exponents).to_dict()) == by_position
    scenario = DEFAULT.replace(law_parameters=by_position, years=[2024, 2035])
    want = ll.simulate(scenario, trials=50, seed=1, samples=["loss_2035"]).samples["loss_2035"]
    for table in (raw | exponents, pl.DataFrame(raw | exponents)):
        changed = scenario.replace(law_parameters=ll.LawParameters.rows(table))
        found = ll.simulate(changed, trials=50, seed=1, samples=["loss_2035"]).samples["loss_2035"]
        np.testing.assert_allclose(found, want, rtol=1e-13)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"A": [482.0], "log_a": [6.2]}, "rows must have each coefficient once, got 'log_a' beside another of log_a"),
        ({"a": [6.2]}, "rows must have columns alpha, beta, and A or log_a .so too B, E., got 'a'"),
        ({"log10_A": [2.7]}, "got 'log10_A'"),
        ({"log_alpha": [2.7]}, "got 'log_alpha'"),
        ({"A": [482.0], "B": [2085.0], "E": [1.8], "alpha": [0.3]}, "got none for beta"),
        ({"A": [482.0, -1.0]}, r"rows\['A'\] must be finite and above 0, got -1"),
        ({"alpha": ["x"]}, r"rows\['alpha'\] must be a number or an array of numbers"),
        ({"A": [1.0], "B": [1.0], "E": [1.0], "alpha": [0.3, 0.4], "beta": [0.3]}, "law_parameters"),
        ({"log_a": [482.0], "B": [2085.0], "E": [1.8], "alpha": [0.3], "beta": [0.3]}, "log_a"),
    ],
)
def test_a_table_of_coefficients_says_what_is_wrong(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ll.LawParameters.rows(columns)


def test_a_table_is_not_read_by_position() -> None:
    table = pl.DataFrame({"E": [1.8], "A": [482.0]})
    with pytest.raises(TypeError, match="rows must be a table in memory"):
        ll.LawParameters.rows(table.lazy())
    with pytest.raises(TypeError, match=r"covariance must be .* got a table of the columns \['E', 'A'\]"):
        ll.LawParameters.normal(covariance=table)
    with pytest.raises(TypeError, match=r"values must be .* got a table of the columns \['E', 'A'\]"):
        ll.dist.empirical(table)
