"""What must hold for every scenario: monotone curves, limits, and numbers that depend on nothing but the draws."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll

RATE = st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0.0, 1.0) | st.floats(-12, 0).map(lambda x: 10.0**x)
GRID = st.sets(st.integers(1, 10) | st.integers(1, 10**6), min_size=1, max_size=6).map(sorted)
UTILITY = st.none() | st.builds(
    ll.Utility,
    correct_reward=st.sampled_from([0.0, 1.0, 2.5]),
    wrong_cost=st.sampled_from([0.0, 1.0, 4.0]),
    attempt_cost=st.sampled_from([0.0, 0.01]),
)


@st.composite
def scenarios(draw: Any, *, solvable: bool = False, minimum: int = 1) -> ll.SamplingScenario:
    """Any population, verifier, pair of policies, grid and utility."""
    count = draw(st.integers(minimum, 5))
    several = lambda strategy: st.lists(strategy, min_size=count, max_size=count)  # noqa: E731
    weight = draw(st.none() | several(st.floats(0.1, 10.0)))
    kind = draw(st.sampled_from(["fixed", "counts", "posterior", "pool"]))
    verifier = ll.Verifier.rates(
        false_positive_rate=draw(RATE | several(RATE)), false_negative_rate=draw(RATE | several(RATE))
    )
    if kind == "fixed":
        tasks = ll.Tasks.fixed(success=draw(several(RATE)), weight=weight)
    elif kind == "pool":
        n = np.array(draw(several(st.integers(1, 40))))
        shares = np.array(draw(several(st.tuples(*[st.floats(0, 1)] * 3))))
        a = np.floor(shares[:, 0] * n)
        t = np.floor(shares[:, 1] * a)
        c = t + np.floor(shares[:, 2] * (n - a))
        tasks, verifier = ll.Tasks.pool(attempts=n, accepted=a, accepted_correct=t, correct=c, weight=weight), None
    else:
        n = np.array(draw(several(st.integers(1, 1000))))
        c = np.floor(np.array(draw(several(st.floats(0, 1)))) * n)
        prior = draw(st.sampled_from(["jeffreys", (1.0, 3.0), (0.1, 0.1)])) if kind == "posterior" else None
        tasks = ll.Tasks.counts(attempts=n, correct=c, posterior=prior is not None, prior=prior, weight=weight)
        if prior is not None and solvable:
            verifier = ll.Verifier.perfect()
    policies = draw(st.permutations([ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]))
    return ll.SamplingScenario(
        tasks=tasks,
        verifier=verifier,
        policies=policies[: draw(st.integers(1, 2))],
        max_attempts=draw(GRID),
        utility=draw(UTILITY),
    )


def same(a: pl.DataFrame, b: pl.DataFrame) -> bool:
    """Every bit, every null, every type."""
    return a.schema == b.schema and a.equals(b, null_equal=True)


def rises(column: pl.Series, slack: float) -> bool:
    values = column.drop_nulls().to_numpy()
    return bool((np.diff(values) >= -slack * np.maximum(1.0, np.abs(values[1:]))).all())


@given(scenarios(solvable=True))
def test_more_attempts_accept_cover_and_use_no_less(scenario: ll.SamplingScenario) -> None:
    for frame, slack in ((ll.solve(scenario), 1e-14), (ll.simulate(scenario, trials=50, seed=1), 0.0)):
        for policy in scenario.policies:
            rows = frame.filter(pl.col("policy") == policy.label)
            rising = ["accepted", "coverage"] + (
                ["accuracy", "wrong", "returned"] if policy.fallback == "abstain" else []
            )
            for name in rising:
                assert rises(rows[name], slack), name
            # A sum of doubles rounds by a few units in the last place.
            assert rises(rows["attempts_used"], 1e-13)


@given(scenarios(solvable=True))
def test_shares_are_shares_and_add_up(scenario: ll.SamplingScenario) -> None:
    for frame in (
        ll.solve(scenario),
        ll.solve(scenario, by="task"),
        ll.simulate(scenario, trials=20, seed=2),
        ll.simulate(scenario, trials=20, seed=2, by="task"),
    ):
        for row in frame.iter_rows(named=True):
            if row["accuracy"] is None:
                assert row["max_attempts"] > scenario.tasks.attempts.min()
                continue
            for name in ("accepted", "returned", "abstained", "accuracy", "wrong", "coverage"):
                assert -1e-15 <= row[name] <= 1 + 1e-15, name
            assert math.isclose(row["accuracy"] + row["wrong"], row["returned"], abs_tol=1e-14)
            assert math.isclose(row["returned"] + row["abstained"], 1.0, abs_tol=1e-14)
            assert row["accuracy"] <= row["coverage"] + 1e-14
            assert row["accepted"] <= row["returned"] + 1e-14
            assert 1 - 1e-12 <= row["attempts_used"] <= row["max_attempts"] * (1 + 1e-12)
            assert (row["precision"] is None) == (row["returned"] == 0.0)
            assert (row["utility"] is None) == (scenario.utility is None)


@settings(max_examples=40)
@given(scenarios(), st.integers(1, 5000), st.integers(0, 2**128))
def test_any_number_of_threads_gives_the_same_bits(scenario: ll.SamplingScenario, trials: int, seed: int) -> None:
    frame = ll.simulate(scenario, trials=trials, seed=seed, threads=1)
    for threads in (2, 3, 7, None):
        assert same(frame, ll.simulate(scenario, trials=trials, seed=seed, threads=threads))
    one, three = (ll.simulate(scenario, trials=trials, seed=seed, threads=n, tallies=True) for n in (1, 3))
    assert same(one, three)


@settings(max_examples=40)
@given(scenarios(), st.lists(st.integers(1, 200), min_size=1, max_size=4), st.randoms())
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
    assert set(flat["seed"][0].split("+")) == {"7", "8"}
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


@settings(max_examples=60)
@given(scenarios(solvable=True, minimum=2), st.randoms())
def test_the_order_of_the_tasks_does_not_matter(scenario: ll.SamplingScenario, random: Any) -> None:
    count = len(scenario.tasks)
    order = random.sample(range(count), count)
    arrays = ("success", "attempts", "correct", "accepted", "accepted_correct", "weight")
    moved = {k: v[order] for k in arrays if (v := getattr(scenario.tasks, k, None)) is not None}
    changes: dict[str, Any] = {"tasks": scenario.tasks.replace(**moved)}
    if scenario.verifier is not None:
        rates = ("false_positive_rate", "false_negative_rate")
        given_by_task = {k: v[order] for k in rates if isinstance(v := getattr(scenario.verifier, k), np.ndarray)}
        changes["verifier"] = scenario.verifier.replace(**given_by_task)
    permuted = scenario.replace(**changes)
    key = ["policy", "max_attempts", "task"]
    by_task, by_task_permuted = (ll.solve(s, by="task").drop("spec_id") for s in (scenario, permuted))
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
@given(scenarios(), st.integers(1, 3000), st.data())
def test_a_choice_of_columns_changes_no_number(scenario: ll.SamplingScenario, trials: int, data: Any) -> None:
    full = ll.simulate(scenario, trials=trials, seed=3)
    names = full.columns[2:-5]
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True))
    frame = ll.simulate(scenario, trials=trials, seed=3, columns=chosen)
    assert same(frame, full.select("policy", "max_attempts", *chosen, *full.columns[-5:]))
    tasks = ll.simulate(scenario, trials=trials, seed=3, by="task", columns=["accuracy"])
    assert tasks["accuracy"].equals(ll.simulate(scenario, trials=trials, seed=3, by="task")["accuracy"])


@settings(max_examples=30)
@given(scenarios(solvable=True), st.integers(0, 2**64))
def test_a_setting_read_back_gives_the_same_frames(scenario: ll.SamplingScenario, seed: int) -> None:
    again = ll.SamplingScenario.from_json(scenario.to_json())
    assert again == scenario
    assert same(ll.simulate(scenario, trials=300, seed=seed), ll.simulate(again, trials=300, seed=seed))
    assert same(ll.solve(scenario), ll.solve(again))


@settings(max_examples=40)
@given(scenarios(), st.integers(1, 3000))
def test_a_further_policy_changes_no_number_of_the_first(scenario: ll.SamplingScenario, trials: int) -> None:
    both = scenario.replace(policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")])
    frame = ll.simulate(both, trials=trials, seed=4).drop("spec_id", "policy")
    points = len(scenario.max_attempts)
    for i, policy in enumerate(both.policies):
        alone = ll.simulate(scenario.replace(policies=[policy]), trials=trials, seed=4).drop("spec_id", "policy")
        assert same(alone, frame[i * points : (i + 1) * points])


@settings(max_examples=30)
@given(scenarios(), st.integers(1, 3000))
def test_a_utility_changes_no_number_but_its_own(scenario: ll.SamplingScenario, trials: int) -> None:
    with_utility = scenario.replace(utility=ll.Utility(wrong_cost=2.0, attempt_cost=0.1))
    frames = [ll.simulate(s, trials=trials, seed=6) for s in (scenario.replace(utility=None), with_utility)]
    own = [name for name in frames[0].columns if name.startswith("utility")]
    assert same(*(frame.drop(*own, "spec_id") for frame in frames))


def test_replicates_and_seeds_are_different_draws() -> None:
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.3] * 20), max_attempts=[1])
    counts = {
        tuple(ll.simulate(scenario, trials=100, seed=seed, replicate=r, tallies=True)["correct"][0])
        for seed in (0, 1, 2**128 - 1, 2**128, np.random.SeedSequence(1, spawn_key=(1,)))
        for r in (0, 1, 2**64 - 1)
    }
    assert len(counts) == 15
