"""What must hold for every scenario: monotone curves, limits, and numbers that depend on nothing but the draws."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw import _core
from limitlaw.testing import assert_agrees_with_solution, assert_reproducible, sampling_scenarios, seeds


def solved(scenario: ll.SamplingScenario, **options: Any) -> pl.DataFrame | None:
    """The solution, where there is one."""
    try:
        return ll.solve(scenario, **options)
    except ll.NoClosedFormError:
        return None


def solvable(**options: Any) -> st.SearchStrategy[ll.SamplingScenario]:
    return sampling_scenarios(max_policies=2, **options).filter(lambda scenario: solved(scenario) is not None)


def same(a: pl.DataFrame, b: pl.DataFrame) -> bool:
    """Every bit, every null, every type."""
    return a.schema == b.schema and a.equals(b, null_equal=True)


def rises(column: pl.Series, slack: float) -> bool:
    values = column.drop_nulls().to_numpy()
    return bool((np.diff(values) >= -slack * np.maximum(1.0, np.abs(values[1:]))).all())


#: Policies that return a correct answer whenever they would with fewer attempts.
KEEPS = (ll.FirstAccepted, ll.FirstWorthwhile, ll.FirstAbove, ll.AnyOf)


@given(sampling_scenarios(max_work=20))
def test_more_attempts_accept_cover_and_use_no_less(scenario: ll.SamplingScenario) -> None:
    assume(scenario.limits is None)  # limits come in any order
    for frame, slack in ((solved(scenario), 1e-13), (ll.simulate(scenario, trials=50, seed=1), 0.0)):
        if frame is None:
            continue
        for policy in scenario.policies:
            rows = frame.filter(pl.col("policy") == policy.label)
            rising = ["accepted", "coverage"]
            if getattr(policy, "ties", "share") != "abstain":  # a second attempt can tie what the first decided
                rising.append("returned")
            if isinstance(policy, KEEPS) and getattr(policy, "fallback", "abstain") == "abstain":
                rising += ["accuracy", "wrong"]
            if policy == ll.AllOf():
                rising += ["wrong"]
            for name in set(rising) & set(rows.columns):
                assert rises(rows[name], slack), (policy, name)
            # A sum of doubles rounds by a few units in the last place.
            for name in {"attempts_used", "tokens", "cost", "latency"} & set(rows.columns):
                assert rises(rows[name], 1e-12), (policy, name)


@given(sampling_scenarios(max_work=20))
def test_shares_is_plug_in_and_add_up(scenario: ll.SamplingScenario) -> None:
    for frame in (
        solved(scenario),
        solved(scenario, by="task"),
        ll.simulate(scenario, trials=20, seed=2),
        ll.simulate(scenario, trials=20, seed=2, by="task"),
    ):
        for row in frame.iter_rows(named=True) if frame is not None else ():
            shares = ("accepted", "returned", "abstained", "accuracy", "wrong", "coverage")
            for name in shares:
                assert row.get(name) is None or -1e-14 <= row[name] <= 1 + 1e-14, name
            assert math.isclose(row["accuracy"] + row["wrong"], row["returned"], abs_tol=1e-13)
            assert math.isclose(row["returned"] + row["abstained"], 1.0, abs_tol=1e-13)
            assert row.get("coverage") is None or row["accuracy"] <= row["coverage"] + 1e-13
            assert row["accepted"] is None or row["accepted"] <= row["returned"] + 1e-13
            most = row.get("max_attempts", scenario.max_attempts[-1])
            least = 1 - 1e-12 if scenario.limits is None else 0.0
            assert least <= row["attempts_used"] <= most * (1 + 1e-12)
            assert (row["precision"] is None) == (row["returned"] == 0.0)
            assert ("utility" in row) == (scenario.utility is not None)
            for name, record in (("tokens", "tokens"), ("cost", "cost"), ("latency", "seconds")):
                is_billed = scenario.cost is not None or getattr(scenario.tasks, record, None) is not None
                assert (name in row) == is_billed
            # An attempt that is cut has no closed form in other units.
            if scenario.limits is None or not row["run"].startswith("exact-"):
                assert all(row[name] is not None for name in ("utility", "tokens", "cost", "latency") if name in row)


@given(sampling_scenarios(max_work=20))
@settings(max_examples=200)
def test_what_is_simulated_agrees_with_what_is_solved(scenario: ll.SamplingScenario) -> None:
    """Every policy with a solution, with false alarms of 1e-9 over all examples (the same in every run)."""
    for policy in scenario.policies:
        alone = scenario.replace(policies=[policy])
        if solved(alone) is not None:
            assert_agrees_with_solution(alone, trials=1000, false_alarm=1e-12)


@settings(max_examples=40)
@given(sampling_scenarios(max_work=10), st.integers(1, 3000), seeds())
def test_any_number_of_threads_gives_the_same_bits(scenario: ll.SamplingScenario, trials: int, seed: int) -> None:
    assert_reproducible(scenario, trials=trials, seed=seed, threads=(1, 2, 7))
    one, three = (ll.simulate(scenario, trials=trials, seed=seed, threads=n, tallies=True) for n in (1, 3))
    assert same(one, three)


@settings(max_examples=40)
@given(sampling_scenarios(max_work=10), st.lists(st.integers(1, 200), min_size=1, max_size=4), st.randoms())
def test_runs_split_and_merge(scenario: ll.SamplingScenario, trials: list[int], random: Any) -> None:
    parts = [ll.simulate(scenario, trials=n, seed=5, replicate=r, tallies=True) for r, n in enumerate(trials)]
    merged = ll.merge(parts)
    total = ll.merge(parts, tallies=True)
    for name in ("accepted", "correct", "wrong", "covered", "accuracy_counts", "accepted_counts", "wrong_counts"):
        for at in range(total.height):
            lists = [part[name][at].to_list() for part in parts]
            assert total[name][at].to_list() == [sum(column) for column in zip(*lists, strict=True)]
    assert total["trials"].to_list() == merged["trials"].to_list() == [sum(trials)] * total.height
    shuffled = random.sample(parts, len(parts))
    assert same(ll.merge(shuffled), merged)
    assert same(ll.merge(shuffled, tallies=True), total)
    assert same(ll.merge([total]), merged)
    # One run alone says what simulate says.
    assert same(ll.merge(parts[:1]), ll.simulate(scenario, trials=trials[0], seed=5))
    # The mean over parts, by trials, of everything that is a mean.
    for name in ("accepted", "accuracy", "wrong", "returned", "coverage", "attempts_used", "utility"):
        frames = [ll.simulate(scenario, trials=n, seed=5, replicate=r, columns=[name]) for r, n in enumerate(trials)]
        if name not in merged.columns:
            assert frames[0][name].null_count() == frames[0].height
            continue
        for at, value in enumerate(merged[name]):
            if value is None:
                assert all(frame[name][at] is None for frame in frames)
                continue
            mean = math.fsum(n * frame[name][at] for n, frame in zip(trials, frames, strict=True)) / sum(trials)
            assert math.isclose(value, mean, rel_tol=1e-12, abs_tol=1e-13), name


def test_the_same_draws_count_once_however_they_were_merged() -> None:
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10], utility=ll.Utility())
    a, b, c = (
        ll.simulate(scenario, trials=100, seed=seed, replicate=r, tallies=True) for seed, r in ((7, 0), (8, 0), (7, 1))
    )
    nested = ll.merge([ll.merge([a, b], tallies=True), c])
    flat = ll.merge([a, b, c])
    assert flat["trials"].to_list() == nested["trials"].to_list() == [300, 300]
    assert flat["accuracy"].equals(nested["accuracy"])
    assert set(flat["run"][0].partition("-")[0].split("+")) == {"7", "8"}
    for again in (
        [a, a],
        [ll.merge([a, b], tallies=True), b],
        [ll.merge([a, c], tallies=True), ll.merge([b, c], tallies=True)],
    ):
        with pytest.raises(
            ValueError, match=r"^frames\[1\] repeats seed [78], replicate [01]: the same draws count once$"
        ):
            ll.merge(again)
    other = ll.simulate(scenario.replace(max_attempts=[1, 11]), trials=100, seed=9, tallies=True)
    with pytest.raises(ValueError, match=r"^frames\[1\] must have the spec_id of frames\[0\]"):
        ll.merge([a, other])


def can_be_permuted(scenario: ll.SamplingScenario) -> bool:
    """Tasks given one by one, and a verifier whose rates by task are its own fields: labels spread them by place."""
    given = scenario.tasks.kind in {"fixed", "counts", "pool"}
    return given and getattr(scenario.verifier, "kind", "") not in {"ensemble", "labelled"}


@settings(max_examples=60)
@given(solvable().filter(can_be_permuted), st.randoms())
def test_the_order_of_the_tasks_does_not_matter(scenario: ll.SamplingScenario, random: Any) -> None:
    count = len(scenario.tasks)
    order = random.sample(range(count), count)
    arrays = ("success", "attempts", "correct", "accepted", "accepted_correct", "weight")
    moved = {k: v[order] for k in arrays if (v := getattr(scenario.tasks, k, None)) is not None}
    changes: dict[str, Any] = {"tasks": scenario.tasks.replace(**moved)}
    if scenario.verifier is not None and scenario.verifier.kind == "rates":
        rates = ("false_positive_rate", "false_negative_rate")
        given_by_task = {k: v[order] for k in rates if isinstance(v := getattr(scenario.verifier, k), np.ndarray)}
        changes["verifier"] = scenario.verifier.replace(**given_by_task)
    permuted = scenario.replace(**changes)
    key = ["policy", "max_attempts" if scenario.limits is None else "limit", "task"]
    by_task, by_task_permuted = (ll.solve(s, by="task").drop("run") for s in (scenario, permuted))
    rows = np.arange(by_task.height).reshape(-1, count)[:, order].ravel()
    assert same(by_task[rows].drop(key), by_task_permuted.drop(key))
    frame, frame_permuted = ll.solve(scenario), ll.solve(permuted)
    for name in frame.columns:
        if frame.schema[name] == pl.Float64:
            for x, y in zip(frame[name], frame_permuted[name], strict=True):
                assert x is y is None or math.isclose(x, y, rel_tol=1e-11, abs_tol=1e-13), name


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.001, 0.3, 1.0]), *[st.sampled_from([0.0, 0.01, 0.5, 1.0])] * 2),
        min_size=1,
        max_size=6,
    )
)
def test_ceilings_are_the_limits_of_many_attempts(rates: list[tuple[float, float, float]]) -> None:
    success, f, g = zip(*rates, strict=True)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success),
        verifier=ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g),
        max_attempts=[1, 10**9],
    )
    ceilings = ll.ceilings(scenario).row(0, named=True)
    first, limit = ll.solve(scenario).rows(named=True)
    assert math.isclose(ceilings["ceiling_all_tasks"], limit["accuracy"], rel_tol=1e-12, abs_tol=1e-15)
    # At so many attempts a task is accepted surely or never, so precision is the mean over the accepted ones.
    if limit["precision"] is None:
        assert ceilings["ceiling_accepted_tasks"] is ceilings["ceiling_pooled"] is None
    else:
        assert math.isclose(ceilings["ceiling_accepted_tasks"], limit["precision"], rel_tol=1e-12, abs_tol=1e-15)
        assert math.isclose(ceilings["ceiling_pooled"], first["precision"], rel_tol=1e-12, abs_tol=1e-15)
    assert ceilings["tasks_accepted"] == round(limit["accepted"] * len(rates))


@settings(max_examples=30)
@given(sampling_scenarios(max_work=10), st.integers(1, 3000), st.data())
def test_a_choice_of_columns_changes_no_number(scenario: ll.SamplingScenario, trials: int, data: Any) -> None:
    full = ll.simulate(scenario, trials=trials, seed=3)
    names = [name for name in full.columns if name in _core.SAMPLING_COLUMNS]
    others = [name for name in full.columns[2:] if name not in names]
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True))
    frame = ll.simulate(scenario, trials=trials, seed=3, columns=chosen)
    # Each brings its error, unless that is chosen too.
    asked = [part for name in chosen for part in (name, f"{name}_se") if part == name or part not in chosen]
    assert same(frame, full.select(*full.columns[:2], *(name for name in asked if name in names), *others))
    tasks = ll.simulate(scenario, trials=trials, seed=3, by="task", columns=["accuracy"])
    assert tasks["accuracy"].equals(ll.simulate(scenario, trials=trials, seed=3, by="task")["accuracy"])


@settings(max_examples=30)
@given(sampling_scenarios(max_work=10), seeds())
def test_a_setting_read_back_gives_the_same_frames(scenario: ll.SamplingScenario, seed: int) -> None:
    again = ll.SamplingScenario.from_json(scenario.to_json())
    assert again == scenario
    assert same(ll.simulate(scenario, trials=300, seed=seed), ll.simulate(again, trials=300, seed=seed))
    exact = solved(scenario)
    assert exact is None or same(exact, ll.solve(again))


@settings(max_examples=60)
@given(sampling_scenarios(max_work=10), st.integers(1, 2000))
def test_a_further_policy_changes_no_number_of_another(scenario: ll.SamplingScenario, trials: int) -> None:
    frame = ll.simulate(scenario, trials=trials, seed=4).drop("run", "policy")
    points = len(frame) // len(scenario.policies)
    for i, policy in enumerate(scenario.policies):
        alone = ll.simulate(scenario.replace(policies=[policy]), trials=trials, seed=4).drop("run", "policy")
        assert same(alone, frame[i * points : (i + 1) * points]), policy


@settings(max_examples=30)
@given(sampling_scenarios(max_work=10), st.integers(1, 2000))
def test_a_utility_changes_no_number_but_its_own(scenario: ll.SamplingScenario, trials: int) -> None:
    assume(ll.FirstWorthwhile() not in scenario.policies)  # which asks for it
    with_utility = scenario.replace(utility=ll.Utility(wrong_cost=2.0, attempt_cost=0.1))
    frames = [ll.simulate(s, trials=trials, seed=6) for s in (scenario.replace(utility=None), with_utility)]
    own = [name for name in frames[1].columns if name.startswith("utility")]
    assert own
    assert same(*(frame.drop(*own, "run", strict=False) for frame in frames))


def test_replicates_and_seeds_are_different_draws() -> None:
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.3] * 20), max_attempts=[1])
    counts = {
        tuple(ll.simulate(scenario, trials=100, seed=seed, replicate=r, tallies=True)["correct"][0])
        for seed in (0, 1, 2**128 - 1, 2**128, np.random.SeedSequence(1, spawn_key=(1,)))
        for r in (0, 1, 2**64 - 1)
    }
    assert len(counts) == 15
