"""What we give users to test with: strategies reach the edges, and assertions fail when they should and only then."""

import importlib.metadata
import math
import subprocess
import sys
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import limitlaw as ll
from drawn_examples import all_drawn
from limitlaw import testing


def test_hypothesis_finds_the_strategies_by_type_without_an_import() -> None:
    """In a fresh interpreter, through the entry point alone."""
    entries = importlib.metadata.entry_points(group="hypothesis", name="limitlaw")
    assert [entry.value for entry in entries] == ["limitlaw._hypothesis:register"]
    code = """
import limitlaw as ll
from hypothesis import given, settings, strategies as st

TYPES = (ll.Verifier, ll.Tasks, ll.Policy, ll.Answers, ll.Cost, ll.Limit, ll.Utility, ll.Law, ll.ComputePath)

@given(st.tuples(*map(st.from_type, TYPES)), st.from_type(ll.SamplingScenario))
@settings(max_examples=5, deadline=None, database=None)
def check(values, scenario):
    assert all(isinstance(value, of) for value, of in zip(values, TYPES, strict=True))
    ll.simulate(scenario, trials=3, seed=1)

check()
assert settings.get_profile("limitlaw").deadline is None
print("ran")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "ran\n", done.stderr


@pytest.mark.parametrize("first", ["hypothesis", "limitlaw", "limitlaw.testing"])
def test_the_order_of_imports_does_not_matter(first: str) -> None:
    """Importing Hypothesis imports limitlaw.testing, which imports Hypothesis."""
    code = f"import {first}, hypothesis, limitlaw.testing\nprint(hypothesis.settings.get_profile('limitlaw').deadline)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "None\n", done.stderr


@pytest.mark.parametrize("edge", [0.0, 1.0, 1e-12, 1 - 1e-12])
def test_rates_reach_their_edges(edge: float) -> None:
    assert find(testing.rates(), lambda rate: rate == edge) == edge


@given(testing.rates(low=0.1, high=0.2))
def test_rates_keep_to_their_range(rate: float) -> None:
    assert 0.1 <= rate <= 0.2


POLICIES = {
    *("first_accepted", "first_worthwhile", "first_above", "best_of", "majority_vote", "weighted_vote"),
    *("filtered_vote", "stop_when_ahead", "share_vote", "beta_stop", "window_stop", "any_of", "all_of"),
}


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [
        (testing.tasks, {"fixed", "counts", "pool", "beta", "mixture", "recorded"}),
        (testing.verifiers, {"rates", "spread", "tests", "judge", "ensemble", "labelled"}),
        (testing.policies, POLICIES),
        (testing.answers, {"uniform", "zipf", "dirichlet"}),
    ],
)
def test_every_kind_is_drawn(strategy: Callable[[], st.SearchStrategy], kinds: set[str]) -> None:
    all_drawn(strategy(), lambda one: {one.kind}, kinds)


def test_scenarios_have_every_policy_and_costs_of_every_law_in_batches_too() -> None:
    def held(scenario: ll.SamplingScenario) -> set[str]:
        batched = scenario.cost is not None and scenario.cost.parallel > 1
        return {policy.kind for policy in scenario.policies} | ({scenario.cost.law} if batched else set())

    all_drawn(testing.sampling_scenarios(), held, POLICIES | {"gamma", "lognormal"})


@given(testing.sampling_scenarios(max_work=7))
@settings(max_examples=50)
def test_scenarios_keep_to_their_work(scenario: ll.SamplingScenario) -> None:
    assert len(scenario.tasks) * len(scenario.max_attempts) <= 7
    assert len(scenario.policies) <= 3
    assert ll.SamplingScenario.from_json(scenario.to_json()) == scenario


@given(testing.sampling_scenarios(), testing.seeds())
@settings(max_examples=40)
def test_numbers_depend_on_the_seed_alone(scenario: ll.SamplingScenario, seed: int) -> None:
    testing.assert_reproducible(scenario, trials=70, seed=seed, threads=(1, 2))


def test_the_whole_run_is_reproducible_over_many_chunks() -> None:
    spread = ll.Verifier.rates(false_positive_rate=0.1, icc=0.3, correlation=-0.5)
    for tasks in (ll.Tasks.fixed(success=[0.1, 0.5]), ll.Tasks.beta(1, 3, 2, unsolvable=0.1)):
        scenario = ll.SamplingScenario(tasks=tasks, verifier=spread, max_attempts=[1, 10])
        testing.assert_reproducible(scenario, trials=10_000, seed=2)


SCENARIO = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.3, 0.5]),
    verifier=ll.Verifier.rates(false_positive_rate=0.1),
    max_attempts=[1, 20],
)


def test_threads_that_give_other_numbers_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, threads: int, seed: int, **kwargs: object) -> pl.DataFrame:
        return ll.simulate(*args, seed=seed + threads, **kwargs)

    monkeypatch.setattr(testing.assertions, "simulate", broken)
    with pytest.raises(AssertionError, match=r"2 threads give other numbers than 1 in \['accuracy'"):
        testing.assert_reproducible(SCENARIO)


def test_a_simulator_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate of .3 is drawn as .42."""
    wrong = SCENARIO.replace(tasks=ll.Tasks.fixed(success=[0.42, 0.5]))
    monkeypatch.setattr(testing.assertions, "simulate", lambda _, **kwargs: ll.simulate(wrong, **kwargs))
    with pytest.raises(
        AssertionError, match=r"\w+ of .*'task': 0.* must be .*, got .* in 2000 trials \(false alarms: "
    ):
        testing.assert_agrees_with_solution(SCENARIO)


def test_the_false_alarm_rate_is_what_it_says() -> None:
    """At a stated 20 % over all counts, Chernoff's bound lets fewer than that fail, and some do."""
    failures = 0
    for seed in range(300):
        try:
            testing.assert_agrees_with_solution(SCENARIO, trials=50, seed=seed, false_alarm=0.2)
        except AssertionError:
            failures += 1
    # 300 coins of 0.2: more than 105 heads have probability below 1e-9.
    assert 0 < failures <= 105


def test_one_example_always_has_one_outcome() -> None:
    """Near the border, where seeds differ."""
    unsolved = SCENARIO.replace(cost=ll.Cost(parallel=2))  # batches have no solution
    border = ll.simulate(unsolved, trials=100_000, seed=5)["accuracy"][-1] - 0.01

    def outcome(seed: int) -> bool:
        try:
            testing.assert_holds(unsolved, min_accuracy=border, trials=1_000, seed=seed, error=0.5)
        except AssertionError:
            return False
        return True

    first = [outcome(seed) for seed in range(40)]
    assert [outcome(seed) for seed in range(40)] == first
    assert 0 < sum(first) < 40


def test_an_accuracy_is_judged_exactly_where_it_can_be() -> None:
    reached = ll.solve(SCENARIO)["accuracy"][-1]
    testing.assert_holds(SCENARIO, min_accuracy=reached)
    with pytest.raises(AssertionError, match=r"must meet .*\n.*accuracy >= .* fails: 0.\d+ exactly\nSampling"):
        testing.assert_holds(SCENARIO, min_accuracy=reached + 1e-9)


@pytest.mark.parametrize("weight", [None, [1.0, 3.0]])
def test_an_accuracy_without_a_solution_is_judged_by_simulation(weight: list[float] | None) -> None:
    unsolved = SCENARIO.replace(
        tasks=ll.Tasks.fixed(success=[0.3, 0.5], weight=weight),
        cost=ll.Cost(parallel=2),  # batches have no solution
    )
    reached = ll.simulate(unsolved, trials=100_000, seed=5)["accuracy"][-1]
    for seed in range(20):
        testing.assert_holds(unsolved, min_accuracy=reached - 0.01, seed=seed, error=1e-6)
    with pytest.raises(AssertionError, match=r"fails: .* from .* trials"):
        testing.assert_holds(unsolved, min_accuracy=reached + 0.05)
    with pytest.raises(AssertionError, match=r"cannot tell: .* trials in all"):
        testing.assert_holds(unsolved, min_accuracy=reached, trials=1_000)
    testing.assert_holds(unsolved, min_accuracy=reached, trials=1_000, undecided="pass")


def test_bad_arguments_are_named() -> None:
    for call, message in (
        (lambda: testing.assert_agrees_with_solution(SCENARIO, false_alarm=0.0), r"false_alarm must be in \(0, 1\)"),
        (lambda: testing.assert_agrees_with_solution(SCENARIO, trials=0), r"trials must be in \[1, "),
        (lambda: testing.assert_holds(SCENARIO, min_accuracy=1.5), r"min_accuracy must be in \[0, 1\], got 1.5"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_the_divergence_is_the_binomial_bound() -> None:
    """exp(-n KL) bounds the exact tail, at certain and impossible counts too."""
    n, p = 12, 0.3
    for k in range(13):
        tail = sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in (range(k, 13) if k >= n * p else range(k + 1)))
        surprise = testing.assertions._divergence(pl.Series([k / n]).to_numpy(), pl.Series([p]).to_numpy())[0]
        assert tail <= math.exp(-n * surprise) * (1 + 1e-12)
    certain = testing.assertions._divergence(
        pl.Series([0.0, 1.0, 0.5]).to_numpy(), pl.Series([0.0, 1.0, 0.0]).to_numpy()
    )
    assert certain.tolist() == [0.0, 0.0, math.inf]


@given(st.data())
def test_a_scenario_that_reaches_an_accuracy_passes_whatever_the_seed(data: st.DataObject) -> None:
    accuracy = ll.solve(SCENARIO)["accuracy"][-1]
    testing.assert_holds(SCENARIO, min_accuracy=accuracy, seed=data.draw(testing.seeds()))


@pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")  # amounts of any size are drawn
@settings(max_examples=40, deadline=None)
@given(st.from_type(ll.ExhaustionScenario), testing.seeds())
def test_every_exhaustion_scenario_runs_and_is_read_back(scenario: ll.ExhaustionScenario, seed: int) -> None:
    trajectories = ll.simulate(scenario, trials=4, seed=seed).trajectories
    assert trajectories["mean"].is_finite().all()
    assert ll.ExhaustionScenario.from_json(scenario.to_json()) == scenario


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        (
            ll.dist.Dist,
            {"constant", "lognormal", "normal", "logit_normal", "uniform", "beta", "metalog", "empirical"}
            | {"triangular", "pert", "quantiles", "mixture", "clipped"},
        ),
        (ll.Law, {"chinchilla", "muennighoff", "penalty", "bounded", "mixture"}),
        (ll.LawParameters, {"normal", "rows"}),
        (ll.ComputePath, {"compute_path"}),
    ],
)
def test_every_kind_of_an_outlook_is_drawn(kind: type, kinds: set[str]) -> None:
    all_drawn(st.from_type(kind), lambda one: {one.kind}, kinds)


@pytest.mark.parametrize("first", ["hypothesis", "limitlaw.sampling, limitlaw.exhaustion"])
def test_hypothesis_alone_imports_nothing_heavy_and_knows_every_type(first: str) -> None:
    code = f"""
import sys
import {first}
import hypothesis
if {first!r} == "hypothesis":
    assert not {{"numpy", "polars", "limitlaw.testing"}} & set(sys.modules), "an import of Hypothesis pays for limitlaw"
import limitlaw as ll
from hypothesis.strategies._internal.types import _global_type_lookup as known
types = [ll.Answers, ll.ComputePath, ll.Cost, ll.dist.Dist, ll.ExhaustionScenario, ll.Law, ll.LawParameters, ll.Limit,
    ll.Policy, ll.SamplingScenario, ll.Tasks, ll.Utility, ll.Verifier]
assert all(kind in known for kind in types)
assert "limitlaw.testing" not in sys.modules
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
