"""Plans of few tasks and from few failures: the best of all whole numbers, and what the intervals then are."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

SPLITS: list[tuple[Any, dict[str, Any]]] = [
    (ll.plan.Pilot(between=0.0, within=(0.2, 0.2)), {"task_cost": 20, "attempt_cost": 0.5, "difference": 0.05}),
    (ll.plan.Pilot(between=0.0, within=(0.0, 0.0)), {"task_cost": 20, "attempt_cost": 0.5, "difference": 0.05}),
    (ll.plan.Pilot(between=1e-4, within=(0.2, 0.01)), {"task_cost": 500, "attempt_cost": 0.5, "difference": 0.02}),
    (ll.plan.Pilot(between=0.003, within=(0.25, 0.2)), {"task_cost": 0.01, "attempt_cost": 0.01, "width": 0.2}),
    (ll.plan.Pilot(between=0.0, within=(0.0,), difference=1.0), {"task_cost": 3, "attempt_cost": 1, "width": 0.1}),
    (ll.plan.Pilot(between=0.05, within=(0.2,), difference=0.5), {"task_cost": 20, "attempt_cost": 1, "width": 0.1}),
]


@pytest.mark.parametrize(("stated", "options"), SPLITS)
def test_the_split_costs_the_least_of_all_whole_numbers(stated: Any, options: dict[str, Any]) -> None:
    """Against every number of attempts up to 1,000 by ll.plan.tasks; of a budget against every floor of tasks."""
    found = ll.plan.attempts(stated, max_attempts=1000, **options).row(0, named=True)
    every = ll.plan.tasks(stated, attempts=range(1, 1001), **options)
    assert found["cost"] == every["cost"].min()
    assert every.filter(attempts=found["attempts"])["tasks"].item() == found["tasks"]
    assert found["cost"] <= found["cost_of_one"] == every["cost"][0]
    # The same where the most attempts are a million: more never pay here.
    assert ll.plan.attempts(stated, **options)["cost"].item() == found["cost"]
    costs = options["task_cost"], len(stated.within) * options["attempt_cost"]
    spent = ll.plan.attempts(stated, task_cost=options["task_cost"], attempt_cost=options["attempt_cost"], budget=2e4)
    ks = np.arange(1, 40_001)
    tasks = np.floor(2e4 / (costs[0] + costs[1] * ks))
    least = (stated.variance(ks[tasks >= 2]) / tasks[tasks >= 2]).min()
    assert spent["se"].item() ** 2 == pytest.approx(least, rel=1e-9, abs=0)
    assert spent["cost"].item() <= 2e4


def pilot_of(*correct: list[int], attempts: int = 5) -> Any:
    systems = zip("ab", correct, strict=False)
    frames = {
        name: pl.DataFrame({"task": range(len(c)), "n": [attempts] * len(c), "correct": c}) for name, c in systems
    }
    return ll.plan.pilot(frames, attempts="n")


def test_a_split_says_what_the_pilot_does_not_tell() -> None:
    """17 of 40 pilots of two similar systems clip the variance between tasks at 0."""
    random = np.random.default_rng(5)
    p = random.beta(2, 2, 20)
    clipped = next(
        found
        for found in (pilot_of(*random.binomial(4, p, (2, 20)).tolist(), attempts=4) for _ in range(100))
        if found.between == 0
    )
    options: dict[str, Any] = {"task_cost": 20, "attempt_cost": 0.5, "difference": 0.05}
    with pytest.warns(ll.MisfitWarning, match="does not tell the variance between tasks from 0"):
        row = ll.plan.attempts(clipped, **options).row(0, named=True)
    assert row["reason"].startswith("the pilot does not tell")
    assert row["tasks_high"] > row["tasks"] >= row["tasks_low"]
    assert row["cost"] < row["cost_of_one"]
    names = ["gpt-4o-mini-2024-07-18", "Qwen/Qwen2.5-7B-Instruct"]
    pair = ll.plan.pilot({name: ll.datasets.evalperf().filter(model=name) for name in names}, attempts="n")
    assert ll.plan.attempts(pair, **options)["reason"].item() is None  # and no warning, which would be an error


@pytest.mark.parametrize("failures", [0, 1])
@pytest.mark.parametrize("right", [True, False])
def test_a_pilot_of_few_failures_plans_the_width_that_pass_at_k_gives(failures: int, right: bool) -> None:
    """Without a failure the planned tasks are enough and one less is not; a failure in 100 asks for a few more."""
    correct = [5] * (20 - failures) + [4] * failures
    found = pilot_of(correct if right else [5 - c for c in correct])
    row = ll.plan.tasks(found, width=0.1).row(0, named=True)
    if not failures:
        of = [ll.pass_at_k(1, [1] * n, 1) for n in (row["tasks"], row["tasks"] - 1)]
        assert (of[0]["high"] - of[0]["low"]).item() <= 0.1 < (of[1]["high"] - of[1]["low"]).item()
    else:
        assert row["tasks"] > ll.plan.tasks(pilot_of([5] * 20), width=0.1)["tasks"].item()
    # What 20 tasks leave open of the rate of failures, at 95 % from one side.
    rate = 1.0 - 0.05 ** (1 / 20)
    assert row["tasks_high"] > 3.92**2 * rate * (1.0 - rate) / 0.1**2


def test_a_pilot_without_failures_leaves_a_difference_open() -> None:
    """Two systems that solved all: a difference of .03 has a variance of .0291 at least, with one attempt."""
    same = pilot_of([5] * 20, [5] * 20)
    row = ll.plan.tasks(same, difference=0.03).row(0, named=True)
    assert row["tasks"] >= 0.03 * 0.97 * (1.96 + 0.8416) ** 2 / 0.03**2
    assert row["tasks_high"] > 5 * row["tasks"]
    assert ll.plan.power(same, tasks=2, difference=0.03, sets=0)["power"].item() < 0.1
    assert ll.plan.power(same, tasks=row["tasks"], difference=0.03, sets=0)["power"].item() > 0.8
    # McNemar's test needs six tasks that fail in one of the systems alone.
    random = np.random.default_rng(1)
    found = np.mean([random.binomial(row["tasks"], 0.03) >= 6 for _ in range(10_000)])
    assert found > 0.75


@pytest.mark.parametrize("attempts", [36, 628])
def test_few_tasks_are_as_many_as_compare_systems_needs(attempts: int) -> None:
    """Tasks that do not differ: a power of .75 at least, less three of its errors of .025 (a false alarm in 700)."""
    stated = ll.plan.Pilot(between=0.0, within=(0.2, 0.2))
    n = ll.plan.tasks(stated, difference=0.05, attempts=attempts)["tasks"].item()
    random = np.random.default_rng(1)
    told = 0
    for _ in range(300):
        systems = {
            name: pl.DataFrame({"task": range(n), "n": attempts, "correct": random.binomial(attempts, p, n)})
            for name, p in (("a", 0.749), ("b", 0.699))
        }
        told += ll.compare_systems(systems, attempts="n", bootstrap=0)["low"].item() > 0
    assert told / 300 > 0.75 - 3 * 0.025
    powers = ll.plan.power(stated, tasks=[2, n], attempts=attempts, difference=0.05, sets=0)["power_compared"]
    assert powers[0] < 0.05
    assert powers[1] > 0.74


@pytest.mark.parametrize(("between", "within", "attempts"), [(0.05, 0.175, 3), (0.0, 0.2, 10), (0.0, 0.2, 1)])
def test_the_width_of_a_difference_is_what_compare_systems_gives(between: float, within: float, attempts: int) -> None:
    """In the mean of 100 data sets to 3 %, ten of its standard errors or so."""
    stated = ll.plan.Pilot(between=between, within=(within, within))
    n = ll.plan.tasks(stated, width=0.15, attempts=attempts)["tasks"].item()
    random = np.random.default_rng(2)
    widths = []
    for _ in range(100):
        systems = {}
        for name in "ab":
            p = 0.5 + math.sqrt(0.25 - within - between / 2) + math.sqrt(between / 2) * random.choice([-1, 1], n)
            systems[name] = pl.DataFrame({"task": range(n), "n": attempts, "correct": random.binomial(attempts, p, n)})
        row = ll.compare_systems(systems, attempts="n", bootstrap=0).row(0, named=True)
        widths.append(row["high"] - row["low"])
    assert np.mean(widths) == pytest.approx(0.15, rel=0.03)


def test_a_budget_buys_two_tasks_where_tasks_do_not_differ() -> None:
    """With no variance between tasks ever more attempts at two of them are best: as many as the money allows."""
    stated = ll.plan.Pilot(between=0.0, within=(0.1, 0.1))
    row = ll.plan.attempts(stated, task_cost=5, attempt_cost=0.5, budget=500).row(0, named=True)
    assert (row["attempts"], row["tasks"], row["cost"]) == (245, 2, 500)
    same = ll.plan.Pilot(between=0.0, within=(0.0, 0.0))
    assert ll.plan.attempts(same, task_cost=5, attempt_cost=0.5, budget=500)["se"][0] == 0


def test_labels_for_an_accuracy_by_tasks_have_the_width_that_corrected_accuracy_gives() -> None:
    """100 tasks x 20 attempts of Beta(1, 1.5), labels at random: the mean width of 60 data sets within 4 %.

    Their widths spread by 6 % or so, so that the mean is known to .8 %.
    """
    judge: dict[str, Any] = {"accuracy": 0.4, "false_positive_rate": 0.12, "false_negative_rate": 0.08}
    by_tasks: dict[str, Any] = {"verdict_tasks": 100, "correct_icc": 1 / 3.5}
    row = ll.plan.labels(**judge, width=0.142, verdicts=1700, **by_tasks).row(0, named=True)
    random = np.random.default_rng(3)
    widths = []
    for _ in range(60):
        correct = random.random((100, 20)) < random.beta(1, 1.5, (100, 1))
        accepted = random.random(correct.shape) < np.where(correct, 0.92, 0.12)
        columns = {"task": np.repeat(np.arange(100), 20), "correct": correct.ravel(), "accepted": accepted.ravel()}
        frame = pl.DataFrame(columns).sample(fraction=1, shuffle=True, seed=int(random.integers(2**31)))
        labels, others = frame.head(row["labels"]), frame.tail(-row["labels"]).head(1700).drop("correct")
        found = ll.corrected_accuracy(labels, others, method="rogan_gladen")
        widths.append((found["high"] - found["low"]).item())
    assert np.mean(widths) == pytest.approx(0.142, rel=0.04)
    # Without them the labels are those of independent attempts, which are fewer.
    assert ll.plan.labels(**judge, width=0.142, verdicts=1700)["labels"].item() < row["labels"]
    with pytest.raises(ValueError, match=r"^width must be above 0\.11\d, which 1700 verdicts of 100 tasks allow with"):
        ll.plan.labels(**judge, width=0.1, verdicts=1700, **by_tasks)
    with pytest.raises(
        ValueError, match=r"^verdict_tasks must come with correct_icc and accuracy, got verdict_tasks=100"
    ):
        ll.plan.labels(**judge, width=0.1, verdict_tasks=100)


def test_a_task_with_one_attempt_is_left_out_of_a_pilot() -> None:
    frame = pl.DataFrame({"task": range(6), "n": [4, 4, 4, 4, 4, 1], "correct": [1, 2, 3, 4, 0, 1]})
    with pytest.warns(ll.MisfitWarning, match="^1 of 6 tasks have fewer than two attempts and are left out"):
        found = ll.plan.pilot({"a": frame}, attempts="n")
    assert found == ll.plan.pilot({"a": frame.head(5)}, attempts="n")
    with pytest.raises(ValueError, match=r"^data must have two attempts or more at each task, .* got fewer at '1'"):
        ll.plan.pilot({"a": frame.with_columns(n=pl.Series([4, 1, 1, 1, 1, 1]), correct=1)}, attempts="n")
