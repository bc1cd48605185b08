"""Assertions about samples and strategies of data: they fail when they should, and by chance as seldom as they say."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

import limitlaw as ll
from drawn_examples import all_drawn
from limitlaw import testing
from limitlaw._unused import quietly


def normal(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def coin(x: np.ndarray) -> np.ndarray:
    return np.where(x < 0, 0.0, np.where(x < 1, 0.7, 1.0))


def fails(*args, **kwargs) -> bool:
    try:
        testing.assert_same_distribution(*args, **kwargs)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("sizes", [(40, 40), (40, 90)])
def test_one_law_is_taken_for_two_as_seldom_as_is_said(sizes):
    """600 pairs at a stated 20 %: more than 175 failures have a probability below 1e-8 at .2."""
    random = np.random.default_rng(1)
    for draw in (random.standard_normal, lambda size: random.integers(0, 3, size), np.zeros):
        failed = sum(fails(draw(sizes[0]), draw(sizes[1]), false_alarm=0.2) for _ in range(600))
        assert failed <= 175


def test_a_law_is_kept_as_often_as_is_said():
    random = np.random.default_rng(2)
    failed = [fails(random.normal(size=50), normal, false_alarm=0.2) for _ in range(600)]
    assert 10 < sum(failed) <= 175  # not only by being blunt: Massart's bound is nearly exact here
    assert sum(fails((random.random(50) < 0.3).astype(float), coin, false_alarm=0.2) for _ in range(600)) <= 175


def test_other_laws_are_told_apart():
    random = np.random.default_rng(3)
    draws = random.normal(size=2_000)
    assert fails(draws, random.normal(0.3, size=2_000))
    assert fails(draws, random.normal(0.5, size=1_500))
    assert fails(draws + 0.3, normal)
    assert fails((random.random(3_000) < 0.4).astype(float), coin)
    assert fails([0.0] * 60, [1.0] * 60)
    # A law without mass where all draws lie: seen only from below them.
    assert fails([1.0] * 200, lambda x: np.where(x < 1.0, 0.9, 1.0))
    with pytest.raises(AssertionError, match=r"two samples of 60 and 60 must have .* apart, got 1 at 0 \(false alarms"):
        testing.assert_same_distribution([0.0] * 60, [1.0] * 60)


def test_two_simulators_of_one_law_agree():
    scenario = ll.ExhaustionScenario.preset("default")
    samples = [
        ll.simulate(scenario, trials=4_096, seed=seed, samples=["loss_2035"], sampler=sampler).samples["loss_2035"]
        for seed, sampler in ((1, "philox"), (2, "sobol"))
    ]
    testing.assert_same_distribution(*samples)


def test_coverage_is_judged_by_the_exact_binomial():
    """The largest number of hits that fails is where P(at most so many of 100 at .9) passes the false alarm."""
    sets, confidence, false_alarm = 100, 0.9, 1e-3

    def covered(hits: int) -> bool:
        truth = np.where(np.arange(sets) < hits, 0.5, 2.0)
        try:
            testing.assert_covers([0.0] * sets, [1.0] * sets, truth, confidence=confidence, false_alarm=false_alarm)
        except AssertionError as error:
            assert f"{sets} intervals must hold the truth with probability 0.9, got {hits} that do" in str(error)  # noqa: PT017
            return False
        return True

    tail, expected = 0.0, []
    for hits in range(sets + 1):
        tail += math.comb(sets, hits) * confidence**hits * (1 - confidence) ** (sets - hits)
        expected.append(tail >= false_alarm)
    assert [covered(hits) for hits in range(sets + 1)] == expected
    assert True in expected
    assert False in expected


def test_limits_that_reach_too_short_are_noticed():
    correct = np.random.default_rng(5).binomial(20, 0.95, 400)
    mean = correct / 20
    half = 1.96 * np.sqrt(mean * (1 - mean) / 20)  # Wald's, which has no width at 20 of 20
    with pytest.raises(AssertionError, match="400 intervals must hold"):
        testing.assert_covers(mean - half, mean + half, 0.95)
    testing.assert_covers(np.full(400, -np.inf), ll.fit.upper_bound(correct, 20), 0.95)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: testing.assert_same_distribution([], [1.0]), "first must be a sequence of finite numbers"),
        (lambda: testing.assert_same_distribution([1.0], [math.nan]), "second must be finite, got nan"),
        (lambda: testing.assert_same_distribution([1.0], lambda x: x + 1), r"second must be in \[0, 1\], got 2"),
        (lambda: testing.assert_same_distribution([1.0], [1.0], false_alarm=0), "false_alarm must be"),
        (lambda: testing.assert_covers([0.0], [1.0, 2.0, 3.0], [1.0, 2.0]), "must be equally long"),
        (lambda: testing.assert_covers([2.0], [1.0], 1.0), "low must be at most high, got 2.0 and 1.0 of data set 0"),
        (lambda: testing.assert_covers([], [], 1.0), "low must have a number for each data set"),
    ],
)
def test_bad_input_is_named(call, match):
    with pytest.raises(ValueError, match=match):
        call()


@given(testing.attempt_logs())
@settings(max_examples=60)
def test_every_log_is_read(log: pl.DataFrame) -> None:
    columns = {name: name for name in log.columns if name not in ("task", "correct")}
    tasks = ll.Tasks.from_attempts(log, **columns)
    assert len(tasks) == log["task"].n_unique()
    assert tasks.attempts.sum() == log.height
    with quietly():
        frame = ll.solve(ll.SamplingScenario(tasks=tasks, policies=[ll.AnyOf()], max_attempts=[1]))
    share = log.group_by("task").agg(pl.col("correct").cast(pl.Float64).mean())["correct"].mean()
    assert frame["coverage"][0] == pytest.approx(share, abs=1e-12)


def test_every_column_of_a_log_is_drawn():
    columns = {"task", "correct", "accepted", "answer", "score", "tokens", "cost", "seconds"}
    all_drawn(testing.attempt_logs(), lambda log: set(log.columns), columns)


@given(testing.grids(max_points=4))
@settings(max_examples=15)
def test_every_point_of_a_grid_runs(grid: ll.Grid) -> None:
    assert 1 <= len(grid) <= 4
    with quietly():
        frame = ll.sweep(grid, trials=16, seed=1, threads=1, progress=False).frame()
    assert frame["point"].n_unique() == len(grid)


def test_grids_of_every_kind_have_axes_beside_one_another_and_zipped():
    def both_advance(grid: ll.Grid) -> bool:
        if len(grid) == 1 or len(first := grid.values(0)) == 1:
            return False
        second = grid.values(1)
        return all(first[path] != second[path] for path in first)

    def held(grid: ll.Grid) -> set[str]:
        crossed = len(grid.values(0)) == 2 and len(grid) > 3
        names = {"both advance": both_advance(grid), "two axes": crossed, grid.scenario.kind: len(grid) > 1}
        return {name for name, true in names.items() if true}

    all_drawn(testing.grids(), held, {"sampling", "exhaustion", "both advance", "two axes"})
