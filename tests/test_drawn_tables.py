"""Tables of integrated rates: the simulator draws what drawing every rate would, with the same numbers everywhere."""

import math

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.testing import assert_agrees_with_solution, assert_reproducible
from reference import drawn_numpy as reference
from test_drawn_laws import BOTH, GRID, TASKS, VERIFIERS

#: What makes the simulator draw the rates themselves, at no price: batches, whose bill looks at single tasks.
FREE = ll.Cost(output_tokens=(1, 0), parallel=2)


@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("tasks", TASKS)
def test_the_tables_agree_with_the_solution(tasks: str, verifier: str) -> None:
    """All counts of all tasks; a correct simulator fails for one seed in a billion."""
    (drawn, *_), (judge, *_) = TASKS[tasks], VERIFIERS[verifier]
    scenario = ll.SamplingScenario(tasks=drawn, verifier=judge, policies=BOTH, max_attempts=GRID)
    assert_agrees_with_solution(scenario, trials=20_000)


def test_the_tables_are_in_use() -> None:
    """A cost of batches makes the rates themselves be drawn, so the numbers differ, as between two seeds."""
    tasks, verifier = TASKS["posterior"][0], VERIFIERS["both"][0]
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=GRID)
    run = {"trials": 50_000, "seed": 4}
    tables, drawn = ll.simulate(scenario, **run), ll.simulate(scenario.replace(cost=FREE), **run)
    assert tables["accuracy"].to_list() != drawn["accuracy"].to_list()
    for name in ("accuracy", "accepted", "coverage", "attempts_used"):
        error = np.hypot(tables[f"{name}_se"].to_numpy(), drawn[f"{name}_se"].to_numpy())
        # 7 standard errors of 20 numbers: a false alarm of 5e-11.
        assert (np.abs(tables[name].to_numpy() - drawn[name].to_numpy()) <= 7 * error + 1e-15).all(), name


@pytest.mark.parametrize(
    ("tasks", "verifier", "rates"),
    [
        (
            ll.Tasks.beta(0.4, 2.0, 6),
            ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.3),
            (reference.beta(0.4, 2.0), reference.known(0.05), reference.known(0.3)),
        ),
        (
            ll.Tasks.counts([9] * 6, [1] * 6, posterior=True, prior=(1, 1)),
            ll.Verifier.rates(false_positive_rate=0.1, icc=0.4),
            (reference.beta(2, 9), reference.spread(0.1, 0.4), reference.known(0.0)),
        ),
        (
            ll.Tasks.fixed(success=[0.2] * 6),
            ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.5, icc=0.3),
            (reference.known(0.2), reference.spread(0.1, 0.3), reference.spread(0.5, 0.3)),
        ),
    ],
)
def test_whole_runs_are_those_of_rates_and_waiting_times_drawn_one_by_one(
    tasks: ll.Tasks, verifier: ll.Verifier, rates: tuple[reference.Rates, reference.Rates, reference.Rates]
) -> None:
    """The distribution of the number of correct and of accepted tasks, at every grid point.

    Each empirical distribution is within ``eps`` of the law but for 5e-10 over all 10 looks (Dvoretzky, Kiefer,
    Wolfowitz), so two are within the sum of theirs but for 1e-9.
    """
    trials, slow = 2_000_000, 200_000
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=GRID)
    tallies = ll.simulate(scenario, trials=trials, seed=5, tallies=True)
    drawn = reference.scores(np.random.default_rng(6), rates, (slow, 6), GRID)
    eps = sum(math.sqrt(math.log(2 * 10 / 5e-10) / (2 * n)) for n in (trials, slow))
    for name, score in (("accuracy_counts", "correct"), ("accepted_counts", "accepted")):
        for at in range(len(GRID)):
            fast = np.cumsum(tallies[name][at].to_numpy()) / trials
            plain = np.cumsum(np.bincount(drawn[score][:, at], minlength=7)) / slow
            assert np.abs(fast - plain).max() <= eps, (name, GRID[at])
    covered = np.array([row.sum() for row in tallies["covered"]]) / trials / 6
    # Means over six tasks of numbers in [0, 1]: Hoeffding, the same share.
    assert (np.abs(covered - drawn["covered"].mean(axis=0) / 6) <= eps).all()


@pytest.mark.parametrize("tasks", ["posterior", "unsolvable", "mixture"])
def test_the_same_bits_on_any_number_of_threads(tasks: str) -> None:
    scenario = ll.SamplingScenario(
        tasks=TASKS[tasks][0], verifier=VERIFIERS["spread"][0], policies=BOTH, max_attempts=GRID
    )
    assert_reproducible(scenario, trials=10_000, threads=(1, 2, 5))


def test_a_choice_of_columns_and_another_policy_change_no_number() -> None:
    scenario = ll.SamplingScenario(
        tasks=TASKS["posterior"][0], verifier=VERIFIERS["both"][0], policies=BOTH, max_attempts=GRID
    )
    run = {"trials": 20_000, "seed": 8}
    frame = ll.simulate(scenario, **run)
    for columns in (["accuracy", "accuracy_se", "accuracy_q05"], ["coverage"], ["attempts_used", "attempts_used_se"]):
        chosen = ll.simulate(scenario, columns=columns, **run)
        assert chosen.select(columns).equals(frame.select(columns))
    more = ll.simulate(scenario.replace(policies=[ll.AnyOf(), *BOTH, ll.AllOf()]), **run)
    same = [name for name in frame.columns if name not in ("policy", "run")]
    kept = more.filter(pl.col("policy").cast(pl.String).str.starts_with("first_accepted"))
    assert kept.select(same).equals(frame.select(same))
    alone = ll.simulate(scenario.replace(policies=BOTH[:1]), **run)
    assert alone.select(same).equals(frame[: len(GRID)].select(same))


def test_correct_answers_are_covered_in_every_frame() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(0.2, 1.0, 5),
        verifier=ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.4, icc=0.2),
        policies=BOTH,
        max_attempts=GRID,
    )
    for trials in (1_000, 30_000):
        for row in ll.simulate(scenario, trials=trials, seed=3, by="task").iter_rows(named=True):
            assert row["accuracy"] <= row["coverage"]
            assert row["accuracy"] <= row["returned"]
