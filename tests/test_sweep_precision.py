"""Adaptive precision: it is reached, its trials are those of `simulate`, and its intervals survive the stopping."""

import math

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import _core
from limitlaw.sweeps.plan import Plan


def scenario(success, **changes):
    return ll.SamplingScenario(tasks=ll.Tasks.fixed(success=success), max_attempts=[1, 4]).replace(**changes)


def adaptive(grid, **settings):
    return ll.sweep(grid, progress=False, columns=["accuracy", "accuracy_se"], **settings).frame()


def test_trials_double_until_every_row_is_precise_and_are_those_of_simulate():
    grid = ll.Grid(scenario([0.1, 0.4]), {"verifier.false_positive_rate": [0.0, 0.05, 0.6]})
    frame = adaptive(grid, trials=100, seed=3, target_se=0.004)
    assert frame["reached"].all()
    assert (frame["accuracy_se"] <= 0.004).all()
    for point in range(3):
        rows = frame.filter(pl.col("point") == point)
        total = rows["trials"].unique().item()
        stages = [100, *(100 * 2**i for i in range(int(math.log2(total / 100))))]
        assert sum(stages) == total
        parts = [
            ll.simulate(grid.point(point), trials=n, seed=3, replicate=stage << 16, tallies=True)
            for stage, n in enumerate(stages)
        ]
        merged = ll.merge(parts)
        assert merged["accuracy"].to_list() == rows["accuracy"].to_list()
        assert merged["accuracy_se"].to_list() == rows["accuracy_se"].to_list()
        # One stage less was not precise enough.
        before = ll.merge(parts[:-1])["accuracy_se"].max()
        assert before > 0.004


def test_a_point_that_would_never_be_precise_stops_at_its_budget():
    grid = ll.Grid(scenario([0.5]), {"verifier.false_positive_rate": [0.0]})
    frame = adaptive(grid, trials=100, seed=3, target_se=1e-6, max_trials=1000)
    assert frame["trials"].to_list() == [1000, 1000]
    assert not frame["reached"].any()


def test_certainty_is_not_taken_from_a_few_trials():
    # P(correct) = 1e-5: the first hundred trials show nothing, a standard error of 0, and no precision.
    frame = adaptive(
        ll.Grid(scenario([1e-5]), {"verifier.false_positive_rate": [0.0]}), trials=100, seed=3, target_se=1e-4
    )
    assert (frame["trials"] >= 10_000).all()
    assert (frame["accuracy_high"] > 1e-5).all()


def test_targets_by_column_and_their_intervals():
    grid = ll.Grid(scenario([0.2, 0.3]), {"verifier.false_positive_rate": [0.1]})
    frame = ll.sweep(
        grid,
        trials=50,
        seed=1,
        columns=["wrong_se", "coverage"],
        target_se={"wrong": 0.01, "coverage": 0.02},
        progress=False,
    ).frame()
    names = ["wrong_low", "wrong_high", "coverage_low", "coverage_high"]
    assert [c for c in frame.columns if c.endswith(("_low", "_high"))] == sorted(
        names, key=lambda n: names.index(n) // 2 == 0
    )
    exact = ll.solve(grid.point(0), columns=["wrong", "coverage"])
    for name in ("wrong", "coverage"):
        assert (frame[f"{name}_low"] <= exact[name]).all()
        assert (frame[f"{name}_high"] >= exact[name]).all()


@pytest.mark.parametrize("success", [[0.3], [0.02], [0.05, 0.9, 0.5]])
def test_intervals_cover_after_stopping(success):
    """10,000 sweeps that stop by their own data: never below nominal beyond the noise of 10,000 (false alarm 1e-9)."""
    runs, confidence = 10_000, 0.9
    made = scenario(success, max_attempts=[1])
    grid = ll.Grid(made, {"verifier.false_positive_rate": [0.0] * runs})
    frame = adaptive(
        grid, trials=4, seed=5, random="independent", target_se=0.03, max_trials=4096, confidence=confidence
    )
    assert frame.height == runs
    assert frame["trials"].n_unique() >= 2  # the data decide
    truth = float(np.mean(success))
    covered = ((frame["accuracy_low"] <= truth) & (truth <= frame["accuracy_high"])).sum()
    assert covered >= runs * confidence - 6.0 * math.sqrt(runs * confidence * (1 - confidence))
    # The naive interval of the same confidence is what this is for: stopping by the data breaks it.
    naive = ((frame["accuracy"] - truth).abs() <= 1.6449 * frame["accuracy_se"]).sum()
    assert naive < covered


def test_coverage_at_all_times_by_enumeration():
    """P(some interval misses p) over all sequences of 30 coins is at most 1 - confidence, exactly."""
    confidence = 0.8
    for p in (0.05, 0.4, 0.5):
        alive, missed = {0: 1.0}, 0.0
        for n in range(1, 31):
            new: dict[int, float] = {}
            for s, mass in alive.items():
                new[s] = new.get(s, 0.0) + mass * (1 - p)
                new[s + 1] = new.get(s + 1, 0.0) + mass * p
            alive = {}
            for s, mass in new.items():
                low, high = _core.sequence_interval(float(s), float(n), confidence)
                if low <= p <= high:
                    alive[s] = mass
                else:
                    missed += mass
        assert 0 < missed <= 1 - confidence


def test_weighted_tasks_count_one_value_per_trial():
    tasks = ll.Tasks.fixed(success=[0.2, 0.6], weight=[1.0, 3.0])
    made = ll.SamplingScenario(tasks=tasks, max_attempts=[1])
    frame = adaptive(ll.Grid(made, {"verifier.false_positive_rate": [0.0]}), trials=100, seed=1, target_se=0.01)
    row = frame.row(0, named=True)
    low, high = _core.sequence_interval(row["accuracy"] * row["trials"], row["trials"], 0.95)
    assert (row["accuracy_low"], row["accuracy_high"]) == (low, high)
    assert low < 0.5 < high


def test_target_and_plan_belong_together():
    grid = ll.Grid(scenario([0.5]), {"verifier.false_positive_rate": [0.0]})
    with pytest.raises(ValueError, match="replicate must be 0 with target_se"):
        Plan(grid, trials=10, seed=1, replicate=1, target_se=0.1)


# --- utility: bounded by its costs, an empirical-Bernstein sequence


def worth(**changes):
    made = scenario([0.05, 0.6, 0.3], utility=ll.Utility(wrong_cost=3.0, attempt_cost=0.02), max_attempts=[5])
    return made.replace(**{"verifier": ll.Verifier.rates(false_positive_rate=0.1)} | changes)


@pytest.mark.parametrize("weight", [None, [1.0, 5.0, 2.0]])
def test_utility_reaches_the_precision_asked_for(weight):
    made = worth(tasks=ll.Tasks.fixed(success=[0.05, 0.6, 0.3], weight=weight), max_attempts=[1, 5])
    grid = ll.Grid(made, {"utility.wrong_cost": [0.0, 3.0, 30.0]})
    columns = ["utility", "utility_se"]
    frame = ll.sweep(grid, trials=200, seed=3, target_se={"utility": 0.02}, columns=columns, progress=False).frame()
    assert frame["reached"].all()
    assert (frame["utility_se"] <= 0.02).all()
    for point in range(3):
        rows = frame.filter(pl.col("point") == point)
        exact = ll.solve(grid.point(point), columns=["utility"])["utility"]
        assert (rows["utility_low"] <= exact).all()
        assert (rows["utility_high"] >= exact).all()
        # Wider than 1.96 standard errors, which is the price of holding at all times, and no interval of no use.
        assert (rows["utility_high"] - rows["utility_low"] < 20 * rows["utility_se"]).all()
    # The dearer a mistake, the more trials it takes.
    trials = frame.group_by("point", maintain_order=True).first()["trials"].to_list()
    assert trials == sorted(trials)
    assert trials[0] < trials[-1]


@pytest.mark.parametrize("weight", [None, [1.0, 5.0, 2.0]])
def test_intervals_of_utility_cover_after_stopping(weight):
    """10,000 sweeps that stop by their own data: never below nominal beyond the noise of 10,000 (false alarm 1e-9)."""
    runs, confidence = 10_000, 0.5
    made = worth(tasks=ll.Tasks.fixed(success=[0.05, 0.6, 0.3], weight=weight))
    grid = ll.Grid(made, {"utility.wrong_cost": [3.0] * runs})
    settings = {"trials": 4, "seed": 5, "random": "independent", "max_trials": 512, "confidence": confidence}
    frame = ll.sweep(grid, target_se={"utility": 0.1}, columns=["utility"], progress=False, **settings).frame()
    assert frame["trials"].n_unique() >= 2  # the data decide
    truth = ll.solve(made, columns=["utility"])["utility"].item()
    covered = ((frame["utility_low"] <= truth) & (truth <= frame["utility_high"])).sum()
    assert covered >= runs * confidence - 6.0 * math.sqrt(runs * confidence * (1 - confidence))
    # Not the whole range, which would cover everything.
    assert (frame["utility_high"] - frame["utility_low"]).max() < 3.9


def test_utility_without_a_bound_is_an_error_of_the_point():
    grid = ll.Grid(worth(), {"cost": [None, ll.Cost(price_out=1.0)]})
    settings = {"trials": 200, "seed": 3, "target_se": {"utility": 0.1}, "columns": ["utility"]}
    report = ll.sweep(grid, progress=False, **settings).report()
    assert report.failed == 1
    assert "target_se must be left out for utility where the scenario has a cost" in report.errors[0][1]
