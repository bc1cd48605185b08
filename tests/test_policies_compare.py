"""Comparisons at equal expected cost: differences and their errors against independent runs."""

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

SCENARIO = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.05, 0.3, 0.5, 0.9]),
    verifier=ll.Verifier.judge(d_prime=1.2, threshold=0.8),
    answers=ll.Answers.uniform(3),
    policies=[ll.FirstAccepted(fallback="best"), ll.BestOf(), ll.MajorityVote()],
    max_attempts=[1, 2, 4, 8, 16],
    utility=ll.Utility(wrong_cost=0.5, attempt_cost=0.01),
)


@pytest.mark.parametrize("metric", ["accuracy", "utility"])
def test_differences_at_equal_cost_are_the_exact_ones(metric: str) -> None:
    frame = ll.compare_policies(SCENARIO, trials=60_000, seed=3, metric=metric)
    assert frame.height == 30
    assert_differences(SCENARIO, frame, metric)


def test_a_pool_is_compared_too() -> None:
    pool = ll.SamplingScenario(
        tasks=ll.Tasks.pool([20, 25, 40], [6, 9, 2], [5, 3, 2], correct=[11, 3, 20]),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AnyOf(), ll.AllOf()],
        max_attempts=[1, 3, 12, 20],
    )
    assert_differences(pool, ll.compare_policies(pool, trials=60_000, seed=4), "accuracy")


def assert_differences(scenario: ll.SamplingScenario, frame: pl.DataFrame, metric: str) -> None:
    """Every difference is that of the exact solution, to 7 standard errors and what the estimated cost moves it by."""
    exact = ll.solve(scenario)
    value, cost = (exact[name].to_numpy().reshape(len(scenario.policies), -1) for name in (metric, "attempts_used"))
    for row in frame.iter_rows(named=True):
        mine, other = (
            scenario.policies.index(p)
            for name in ("policy", "other")
            for p in scenario.policies
            if p.label == row[name]
        )
        point = scenario.max_attempts.tolist().index(row["max_attempts"])
        at = cost[mine, point]
        if row["difference"] is None:
            assert at > cost[other, -1] * (1 - 1e-2)
            continue
        want = value[mine, point] - np.interp(at, cost[other], value[other])
        assert abs(row["difference"] - want) <= 7 * row["difference_se"] + 0.002


def test_the_error_is_that_of_the_difference() -> None:
    pair = SCENARIO.replace(policies=[ll.BestOf(), ll.MajorityVote()], max_attempts=[8])
    runs = [ll.compare_policies(pair, trials=200, seed=seed).row(0, named=True) for seed in range(400)]
    spread = np.std([run["difference"] for run in runs])
    claimed = np.mean([run["difference_se"] for run in runs])
    # The spread of 400 normal numbers is within 6.5/sqrt(800) of their deviation but for 1e-10.
    assert abs(spread / claimed - 1) < 0.23
    alone = ll.simulate(pair, trials=200, seed=1)["accuracy_se"].to_numpy()
    assert claimed < 0.97 * np.hypot(*alone), "shared attempts make the difference sharper"


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({"policies": [ll.BestOf()]}, {}, "at least two"),
        ({"utility": None}, {"metric": "utility"}, "without utility"),
        ({}, {"metric": "cost"}, "metric must be"),
        ({}, {"trials": 1}, "trials must be"),
        ({"tasks": ll.Tasks.fixed(success=[0.5, 0.5], weight=[1, 2])}, {}, "without weights"),
        (
            {
                "tasks": ll.Tasks.pool([9, 7], [3, 3], [2, 1], correct=[3, 4]),
                "verifier": None,
                "answers": None,
                "policies": [ll.FirstAccepted(), ll.AllOf()],
            },
            {},
            "max_attempts must be at most the attempts of the smallest pool, got 8",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(changes, arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        ll.compare_policies(SCENARIO.replace(**changes), **({"trials": 10, "seed": 1} | arguments))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"trials": None}, TypeError),
        ({"trials": 10**30}, ValueError),
        ({"trials": 1}, ValueError),
        ({"threads": -1}, ValueError),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_name(arguments: dict[str, object], error: type[Exception]) -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3]), policies=[ll.FirstAccepted(), ll.AnyOf()], max_attempts=[1, 2]
    )
    with pytest.raises(error, match=rf"^{next(iter(arguments))} must be "):
        ll.compare_policies(scenario, **({"trials": 10, "seed": 1} | arguments))
