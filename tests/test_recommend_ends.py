"""Recommendations from few attempts: what is not told where they end, and by one of each task."""

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.recommendation.options import grid_of


@pytest.mark.parametrize(("attempts", "wrong_cost"), [(3, 1.5), (2, 2.0), (1, 2.0)])
def test_not_asking_is_not_clear_where_the_attempts_end_before_a_vote_pays(attempts, wrong_cost):
    """A majority of twenty is right on nearly every task here; of the recorded attempts none pays."""
    random = np.random.default_rng(0)
    right = random.random((200, attempts)) < 0.35
    answers = np.where(right, "right", random.integers(0, 30, right.shape).astype(str))
    frame = pl.DataFrame(
        {"task": np.repeat(np.arange(200), attempts), "correct": right.ravel(), "answer": answers.ravel()}
    )
    found = ll.recommend(ll.Tasks.from_attempts(frame, answer="answer"), utility=ll.Utility(wrong_cost=wrong_cost))
    assert (found.verdict, found.attempts) == ("cannot tell", 0)
    assert f"with up to {attempts} of their attempts" in found.text
    value = dict(zip(found.evidence["evidence"], found.evidence["value_of_double"], strict=True))
    assert value["attempts per task"] is None


def test_not_asking_is_clear_where_further_attempts_are_worse():
    """Three of ten wrong answers are accepted, and further attempts accept more of them."""
    random = np.random.default_rng(1)
    right = random.random((200, 10)) < random.beta(0.3, 3.0, 200)[:, None]
    accepted = right | (random.random(right.shape) < 0.3)
    frame = pl.DataFrame({"task": np.repeat(np.arange(200), 10), "correct": right.ravel(), "yes": accepted.ravel()})
    found = ll.recommend(ll.Tasks.from_attempts(frame, accepted="yes"), utility=ll.Utility(wrong_cost=2))
    assert (found.verdict, found.attempts) == ("clear", 0)


def test_one_attempt_each_does_not_make_few_attempts_the_best():
    """What few attempts lose against many, of rates that are spread as a Beta(1/2, 1/4), is not called nothing."""
    random = np.random.default_rng(0)
    found = ll.recommend(ll.Tasks.counts([1] * 60, random.binomial(1, random.beta(0.5, 0.25, 60))))
    every = ll.SamplingScenario(tasks=ll.Tasks.beta(0.5, 0.25, count=10), max_attempts=[found.attempts, 1001])
    few, many = ll.solve(every)["accuracy"]
    assert many - few <= 0.01


@pytest.mark.parametrize("most", [20, 64, 100, 128, 1000])
def test_the_last_step_to_where_attempts_end_is_not_a_short_one(most):
    grid = np.array(grid_of(most))
    assert grid[:16].tolist() == list(range(1, 17))
    assert grid[-1] == most
    steps = grid[16:] / grid[15:-1]
    assert steps.min() > 1.12
    assert steps.max() < 1.28


def test_attempts_that_still_gain_where_they_end_are_not_called_enough():
    """One task in four hundred rises to the end, and 39 were never solved: from 99 to 100 there is hardly a gain."""
    correct = [100] * 360 + [1] + [0] * 39
    found = ll.recommend(ll.Tasks.pool([100] * 400, correct, correct, correct=correct))
    assert (found.verdict, found.attempts) == ("cannot tell", 100)
    assert "more may be better" in found.text


def test_what_may_gain_beyond_the_end_of_the_attempts_matters():
    """Best are 27 attempts, and 20 were made: nowhere may it be said that not knowing the best does not matter."""
    random = np.random.default_rng(5)
    verdicts = []
    for _ in range(10):
        correct = random.binomial(20, random.beta(0.3, 1.5, 164))
        accepted = correct + random.binomial(20 - correct, 0.01)
        pool = ll.Tasks.pool([20] * 164, accepted, correct, correct=correct)
        found = ll.recommend(pool, utility=ll.Utility(wrong_cost=1, attempt_cost=0.001), bootstrap=400)
        verdicts.append(found.verdict)
        assert "does not matter" not in found.text
    assert verdicts == ["cannot tell"] * 10


def test_the_best_number_from_few_tasks_lies_in_its_interval():
    """Three tasks in ten cannot be solved, rates of the others are uniform; data sets are ten tasks tried five times.

    It holds 199 of 200 data sets. If it held .95, fewer than 50 of 60 do with a probability of 2e-4; of resamples of
    the attempts as they were .86 did, and of those of ten tasks that are not spread as of others, .63.
    """
    every = ll.SamplingScenario(
        tasks=ll.Tasks.beta(1, 1, count=10, unsolvable=0.3),
        verifier=ll.Verifier.rates(false_positive_rate=0.05),
        utility=ll.Utility(wrong_cost=1),
        max_attempts=list(range(1, 101)),
    )
    utility = ll.solve(every, columns=["utility"])["utility"].to_numpy()
    good = 1 + np.flatnonzero(utility >= utility.max() - 1e-3)
    random, held = np.random.default_rng(8), 0
    for _ in range(60):
        correct = random.binomial(5, np.where(random.random(10) < 0.3, 0.0, random.random(10)))
        accepted = correct + random.binomial(5 - correct, 0.05)
        pool = ll.Tasks.pool([5] * 10, accepted, correct, correct=correct)
        found = ll.recommend(pool, utility=ll.Utility(wrong_cost=1), bootstrap=400)
        row = found.policies.row(by_predicate=pl.col("policy") == "first_accepted", named=True)
        high = np.inf if row["attempts_high"] == 5 else row["attempts_high"]
        held += row["attempts_low"] <= good[-1] and high >= good[0]
    assert held >= 50
