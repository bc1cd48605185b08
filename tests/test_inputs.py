"""The inputs of a setting as a table: each has a meaning, a unit where it is a number, and a source."""

import dataclasses
import re

import limitlaw as ll
from limitlaw._inputs import _UNIT, _documented, _meaning
from limitlaw._spec import _REGISTRY, Spec

#: Numbers that have no unit: shares, probabilities, correlations, exponents, factors, logarithms, scores.
PURE = re.compile(
    r"""
    alpha | base | beta | concentration | confidence | correlation | covariance | data_share | delta | detection
    | epochs | exponent | false_negative_icc | false_negative_rate | false_positive_icc | false_positive_rate |
    flakiness | fresh | gamma | icc | kappa | log_a | log_b | log_c | log_e | log_p | mean |
    multi_epoch_multiplier | multimodal_transfer | overtraining | prior | private_share | profit_loss_elasticity
    | profit_price_elasticity | quality_power | repetition_params | run_share | score | share | shared |
    spearman | success | synthetic_multiplier | trend_weight | type_weight | unsolvable | usable_fraction |
    utilization | weight | weights
    """,
    re.VERBOSE,
)


#: Numbers that stand for answers or verdicts, or for a choice.
CODES = {
    *(("tasks", "recorded", name) for name in ("answer", "accepted", "correct")),
    *(("tasks", kind, "cluster") for kind in ("fixed", "counts", "pool", "recorded")),
    ("verifier", "ensemble", "rule"),
}


def test_inputs_of_a_projection_have_a_unit_a_meaning_and_a_source() -> None:
    world = ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2041), data_share=0.5)
    frame = world.inputs()
    assert frame.columns == ["name", "value", "unit", "meaning", "source"]
    rows = {row["name"]: row for row in frame.iter_rows(named=True)}
    assert set(world.input_names()) <= set(rows)
    assert all(rows[name]["meaning"] and rows[name]["unit"] for name in world.input_names())
    assert rows["text_stock"] == {
        "name": "text_stock",
        "value": "Lognormal(low=1.3e+14, high=2.1e+15, interval=0.95)",
        "unit": "tokens",
        "meaning": "Raw public text at the base year",
        "source": "V24, indexed web",
    }
    assert (rows["data_share"]["value"], rows["data_share"]["source"]) == ("0.5", "given")
    # A citation of one choice among several is not the source of the default.
    assert (rows["collapse"]["unit"], rows["collapse"]["source"]) == ("", "default")


def test_inputs_of_nested_settings_are_said_by_their_makers() -> None:
    tasks = ll.Tasks.mixture(weight=[1, 3], success=[0.9, 0.1], count=20)
    verifier = ll.Verifier.rates(false_positive_rate=0.05, icc=0.1)
    scenario = ll.SamplingScenario(
        tasks=tasks, verifier=verifier, max_attempts=[1, 2], utility=ll.Utility(wrong_cost=2.0)
    )
    found = {name: said for name, *said in scenario.inputs().rows()}
    assert found["tasks.type_weight"] == [
        "[1.0, 3.0]",
        "1",
        "Weights of the types, shape (types,), not negative, scaled to add to 1",
        "given",
    ]
    assert found["tasks.count"][1:] == ["tasks", "Tasks, at least 1", "given"]
    assert found["tasks.redraw"][1:] == ["", "When the types are drawn, as in beta", "default"]
    assert found["verifier.false_positive_rate"] == ["0.05", "1", "f = P(accept | wrong), in [0, 1]", "given"]
    assert found["utility.wrong_cost"][1] == "units of utility"
    assert found["max_attempts"][:2] == ["[1, 2]", "attempts"]


def test_every_input_of_every_setting_has_a_meaning_and_a_number_its_unit() -> None:
    seen = 0
    for (family, kind), setting in _REGISTRY.items():
        if family in {"dist", "toy"}:  # the value of an input; another test's own settings
            continue
        said = _documented(setting, Spec)
        for field in dataclasses.fields(setting):
            where = (family, kind, field.name)
            assert _meaning(said.get(field.name, "")), where
            if re.search(r"Dist|float|int|Array|Base|Year", str(field.type)) and not PURE.fullmatch(field.name):
                seen += 1
                assert _UNIT.search(said[field.name]) or where in CODES, where
    assert seen > 60
