"""Settings without effect are named, and only they: whatever is named moves no number, whatever is not moves some."""

import math
import pickle
import subprocess
import sys
import warnings

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from exhaustion_cases import DEFAULT, input_ranges
from limitlaw.exhaustion.draws import priors_in_use, sample
from limitlaw.exhaustion.run import VARIABLES

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

INPUTS = ll.ExhaustionScenario.input_names()
UNCAPPED = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90}
GOODPUT = {"goodput": True, "failures_per_node_day": 1e-6, "checkpoint_seconds": 1, "restart_seconds": 1}
#: Scenarios in which each input is used by some and idle in others.
SCENARIOS = {
    "default": {},
    "path": {"compute_path": ll.ComputePath.besiroglu2022(), "power_cap": 1e29, "chip_cap": 1e29, "latency_cap": 1e29},
    "goodput": GOODPUT,
    "goodput without failures": GOODPUT | {"failures_per_node_day": 0},
    "text only": {"multimodal_transfer": 0, "private_share": 0},
    "pictures without tokens": {"tokens_per_image_or_second": 0, "private_stock": 0},
    "nothing to hear": {"audio_seconds": 0, "collapse": "accumulate"},
    "nothing to see": {"images": 0, "video_seconds": 0, "collapse": "replace", "synthetic_generations": 0.7},
    "silent text": {"images": 0, "video_seconds": 0, "tokens_per_audio_second": 0},
    "collapse of nothing": {"collapse": "replace", "synthetic_multiplier": 1},
    "no progress": {"algorithmic_halving_months": 1e12},
    "trend": {"trend_weight": 1, "demand": "profit"},
    "trend or profit": {"trend_weight": 0.5, "demand": "profit"},
    "served": {"demand": "inference_at_loss"},
    "served at the budget": {"demand": "inference_at_budget"},
    "quality": {"endogenous_quality": True},
    "quality without power": {"endogenous_quality": True, "quality_power": 0},
    "besiroglu": {"law": ll.Law.besiroglu()},
    "half of a law": {"law": ll.Law.muennighoff(repetition_data=9)},
    "mixture": {"law": ll.Law.mixture({"muennighoff": 1, "hoffmann": 1})},
    "late overtraining": {"overtraining": 3, "overtraining_from": 2100},
    "one year": {"years": [2024], "text_stock": ll.dist.lognormal(1e12, 1e13), "private_share": 0} | GOODPUT,
    "year of the caps": {"years": [2030]},
}
#: Where the ends of a range say nothing: slow progress of no halving, caps that a path of that year is below.
ENDS = {
    "algorithmic_slowdown_years": [5.0, 1e12],
    **{f"{cap}_cap_growth": [0.01, 3.0, 900.0] for cap in ("power", "chip", "latency")},
}


def made(**changes: object) -> ll.ExhaustionScenario:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ll.UnusedSettingWarning)
        return DEFAULT.replace(**{"years": [2024, 2026, 2031, 2040], "correlations": {}} | changes)


def numbers(scenario: ll.ExhaustionScenario) -> np.ndarray:
    names = [f"{variable}_{year}" for year in scenario.years for variable in VARIABLES]
    drawn = np.array(list(sample(scenario, ["exhaustion_year", *names], trials=32, seed=5).values()))
    return np.where(np.isnan(drawn), math.inf, drawn)


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_input_is_idle_exactly_where_no_value_of_it_moves_a_number(name: str) -> None:
    """Each input at its range's ends and in between, each draw and variable to the last bit."""
    scenario, ranges = made(**SCENARIOS[name]), input_ranges()
    before, used = numbers(scenario), priors_in_use(scenario)

    def moves(changed: ll.ExhaustionScenario) -> bool:
        after = numbers(changed)
        return not (np.isclose(after, before, rtol=1e-8, atol=1e-12) | (after == before)).all()

    for one in INPUTS:
        low, high = ranges[one]
        # Growths that the horizon overflows from are not asked.
        values = ENDS.get(one, [low, min(high, 1e12), max(low, min(1.5, high))])
        values = [3.0 if one.endswith("_growth") and value == high else value for value in values]
        # On a path `compute` is the place in its band, whatever its distribution.
        on_path = one == "compute" and scenario.compute_path is not None
        moved = any(moves(scenario.replace(**{one: value})) for value in values)
        assert moved == (one in used and not on_path), one


def said(make) -> list[str]:
    """The settings that making something names, each with the line that made it."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        make()
    assert all(issubclass(one.category, ll.UnusedSettingWarning) for one in found)
    assert all(one.filename == __file__ for one in found), "the user's line"
    return [str(one.message).partition(": ")[2].partition(" has no effect; ")[0] for one in found]


NO_SHORTAGE = "law as one of a shortage, under which repeats count in full and half_compute is never reached,"
FIXED_CORRELATION = {("text_stock", "data_share"): 0.3, ("text_stock", "images"): 0.5}
PATH = ll.ComputePath.besiroglu2022()
TASKS = ll.Tasks.fixed(success=[0.1, 0.4])
JUDGE = ll.Verifier.judge(d_prime=1.0, threshold=1.0)
COST = ll.Cost(prompt_tokens=10, price_in=1, price_out=1, verifier_price=1, verifier_seconds=1)
VOTE = {"answers": ll.Answers.uniform(3), "policies": [ll.MajorityVote()], "max_attempts": [1, 4]}
BOTH = VOTE | {"policies": [ll.MajorityVote(), ll.FirstAccepted()]}
SPREAD = ll.Verifier.rates(false_positive_rate=0.1, icc=0.1)


def sampling(**changes):
    return ll.SamplingScenario(**{"tasks": TASKS, "max_attempts": [1, 4]} | changes)


CASES = [
    # The examples of the issue that asked for this.
    (lambda: DEFAULT.replace(law=ll.Law.penalty(), law_parameters=ll.LawParameters.bootstrap()), ["law_parameters"]),
    (
        lambda: DEFAULT.replace(law=ll.Law.hoffmann(), law_parameters=ll.LawParameters.bootstrap()),
        ["law_parameters", NO_SHORTAGE],
    ),
    (lambda: DEFAULT.replace(law=ll.Law.besiroglu()), [NO_SHORTAGE]),
    (lambda: DEFAULT.replace(law=ll.Law.muennighoff(base=ll.Law.besiroglu())), []),
    (
        lambda: DEFAULT.replace(law=ll.Law.muennighoff_c4(), law_parameters=ll.LawParameters.bootstrap()),
        ["law_parameters"],
    ),
    (lambda: ll.ExhaustionScenario(compute_path=PATH, compute=1e26, **UNCAPPED), ["compute"]),
    (lambda: ll.ExhaustionScenario(compute_path=PATH, compute_growth=4, **UNCAPPED), ["compute_growth"]),
    (
        lambda: ll.ExhaustionScenario(data_share=0.5, correlations=FIXED_CORRELATION),
        ["correlations[0] (text_stock, data_share)"],
    ),
    (lambda: ll.ExhaustionScenario(inference_tokens=1e15), ["inference_tokens"]),
    (lambda: ll.ExhaustionScenario(nodes=4096, quality_compute=1e29), ["nodes", "quality_compute"]),
    (lambda: DEFAULT.replace(trend_growth=2, profit_income=1e14), ["trend_growth", "profit_income"]),
    # Options, and what is written down though it is the default.
    (lambda: ll.ExhaustionScenario(trend_weight=1, demand="twenty_per_parameter"), ["demand"]),
    (lambda: ll.ExhaustionScenario(collapse="replace", synthetic_multiplier=1), ["collapse"]),
    (lambda: ll.ExhaustionScenario(overtraining_from=2026), ["overtraining_from"]),
    (lambda: ll.ExhaustionScenario(endogenous_quality=True, usable_fraction=1), ["endogenous_quality"]),
    (lambda: ll.ExhaustionScenario(inference_tokens=1e14), ["inference_tokens"]),
    # A change is asked about what it says.
    (lambda: DEFAULT.replace(demand="profit").replace(inference_tokens=1e15), ["inference_tokens"]),
    (lambda: ll.ExhaustionScenario.preset("epoch2024", images=1e13), ["images"]),
    (lambda: ll.ExhaustionScenario.preset("epoch2024").replace(data_share=1), ["data_share"]),
    # Files, levers, axes.
    (lambda: ll.ExhaustionScenario.from_data({"kind": "exhaustion", "preset": "default", "nodes": 10}), ["nodes"]),
    (lambda: ll.ExhaustionScenario.from_data({"kind": "exhaustion", "nodes": 10}), ["nodes"]),
    (lambda: ll.levers(DEFAULT, {"more nodes": {"nodes": 9}}, trials=4, seed=1), ["nodes"]),
    (lambda: ll.Grid(DEFAULT, {"nodes": [1, 2, 3], "data_share": [0.1, 0.9]}), ["nodes"]),
    (lambda: ll.Grid(sampling(), {"verifier.false_positive_rate": [0.1, 0.2]}), []),
    # Constraints of 2030.
    (
        lambda: ll.ConstraintScenario.epoch2030().replace(run_share=0.1, correlations={("run_share", "images"): 0.5}),
        ["correlations[0] (run_share, images)"],
    ),
    (lambda: ll.ConstraintScenario.epoch2030().replace(year=2024, stock_growth=1.1), ["stock_growth"]),
    # Repeated sampling.
    (lambda: sampling(answers=ll.Answers.uniform(3)), ["answers"]),
    (lambda: sampling(**VOTE, verifier=ll.Verifier.rates(false_positive_rate=0.1)), ["verifier"]),
    (lambda: sampling(policies=[ll.BestOf()], verifier=JUDGE), ["verifier.threshold"]),
    (lambda: sampling(**VOTE, cost=COST), ["cost.verifier_price", "cost.verifier_seconds"]),
    (
        lambda: sampling(
            tasks=ll.Tasks.fixed(success=[0.3, 0.3]),
            verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.2, correlation=0.5),
        ),
        ["verifier.correlation"],
    ),
    (lambda: ll.Cost(price_in=3, price_out=1), ["price_in"]),
    (
        lambda: ll.Cost(output_tokens=(0, 0), prompt_tokens=1, price_out=3, seconds_per_token=1),
        ["price_out", "seconds_per_token"],
    ),
    (lambda: ll.Cost(output_tokens=(100, 0), law="lognormal"), ["law"]),
    # Nothing is said of what no one wrote, or of what is used.
    (lambda: (ll.ExhaustionScenario(), ll.ExhaustionScenario.preset("epoch2024", trend_weight=1)), []),
    (lambda: ll.ExhaustionScenario.preset("epoch2024", trend_weight=1).replace(years=[2024, 2030]), []),
    (lambda: ll.ExhaustionScenario(images=1e13, demand="profit", profit_income=1e14), []),
    (lambda: ll.levers(DEFAULT, trials=4, seed=1), []),
    (lambda: ll.levers(DEFAULT.replace(demand="inference_at_loss", inference_tokens=1e15), trials=4, seed=1), []),
    (lambda: ll.sensitivity(DEFAULT, trials=64, seed=1), []),
    (lambda: ll.Grid(DEFAULT, {"inference_tokens": [1e14, 1e15], "demand": ["profit", "inference_at_loss"]}), []),
    (lambda: sampling(**BOTH, cost=COST), []),
    (lambda: ll.compare_policies(sampling(**BOTH), trials=9, seed=1), []),
    (lambda: ll.required_false_positive_rate(sampling(verifier=SPREAD, **BOTH), accuracy=0.3, trials=200, seed=1), []),
    (lambda: sampling(**BOTH).replace(policies=[ll.FirstAccepted()]), []),
    (lambda: [ll.Verifier.judge(d_prime=1, votes=votes, fresh=0.5) for votes in (1, 4)], []),
    (lambda: ll.ExhaustionScenario(overtraining=1, overtraining_from=2026), []),
]  # fmt: skip


@pytest.mark.parametrize(("make", "names"), CASES)
def test_what_has_no_effect_is_named_once(make, names: list[str]) -> None:
    assert said(make) == names


def test_copies_say_nothing() -> None:
    with pytest.warns(ll.UnusedSettingWarning, match="nodes has no effect; goodput=True would use it"):
        scenario = ll.ExhaustionScenario(nodes=10)
    assert said(lambda: pickle.loads(pickle.dumps(scenario))) == []
    # A file that states all fields says something of those that were changed.
    for untouched in (DEFAULT, ll.ExhaustionScenario(), ll.ConstraintScenario.epoch2030()):
        assert said(lambda one=untouched: type(one).from_json(one.to_json())) == []
    assert said(lambda: ll.ExhaustionScenario.from_json(scenario.to_json())) == ["nodes"]


def test_a_default_cap_on_a_path_is_named_with_its_share() -> None:
    with pytest.warns(ll.UnusedSettingWarning) as found:
        scenario = DEFAULT.replace(compute_path=PATH, chip_cap=1e90, latency_cap=1e90)
    (one,) = [str(w.message) for w in found]
    share = int(one.partition("power_cap (")[2].partition(" %")[0]) / 100
    names = [f"compute_{year}" for year in scenario.years]
    held, free = (
        np.log(ll.simulate(s, trials=20_000, seed=3, samples=names).samples.to_numpy())
        for s in (scenario, scenario.replace(power_cap=1e90))
    )
    below = (held < free - 1e-9).any(axis=1).mean()
    # 1,024 draws, rounded to a percent; 20,000 beside them.
    assert abs(share - below) <= 0.005 + 5 * math.sqrt(below * (1 - below) * (1 / 1024 + 1 / 20_000))
    assert said(lambda: DEFAULT.replace(compute_path=PATH, **UNCAPPED)) == []
    assert said(lambda: DEFAULT.replace(compute_path=PATH, **UNCAPPED | {"power_cap": 1e29})) == []


@pytest.mark.parametrize(
    ("base", "change"),
    [
        ({}, lambda: {"answers": ll.Answers.uniform(3)}),
        (VOTE, lambda: {"verifier": ll.Verifier.rates(false_positive_rate=0.1)}),
        (
            {"policies": [ll.BestOf()], "verifier": ll.Verifier.judge(d_prime=1.0)},
            lambda: {"verifier": ll.Verifier.judge(d_prime=1.0, threshold=1.0)},
        ),
        (VOTE | {"cost": COST.replace(verifier_price=0, verifier_seconds=0)}, lambda: {"cost": COST}),
        ({"cost": ll.Cost(price_out=1)}, lambda: {"cost": ll.Cost(price_in=3, price_out=1)}),
    ],
)  # fmt: skip
def test_what_is_named_of_sampling_moves_nothing(base, change) -> None:
    """Exactly, by the closed forms; up to rounding where these take another way."""
    before, after = (ll.solve(sampling(**base | more)) for more in ({}, change()))
    numbers = before.select(pl.selectors.numeric()).drop("exact", strict=False).columns
    for name in numbers:
        assert after[name].is_null().equals(before[name].is_null()), name
        np.testing.assert_allclose(after[name].to_numpy(), before[name].to_numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_command_line_says_it_in_a_line(tmp_path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('kind = "exhaustion"\nnodes = 10\nyears = [2024, 2030]\n')
    code = (
        "import warnings, click.testing, limitlaw.cli; warnings.simplefilter('default'); "
        f"arguments = ['simulate', {str(path)!r}, '--trials', '10', '--seed', '1']; "
        "print(click.testing.CliRunner().invoke(limitlaw.cli.main, arguments).output)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Warning: ExhaustionScenario: nodes has no effect; goodput=True would use it\n" in ran.stdout
