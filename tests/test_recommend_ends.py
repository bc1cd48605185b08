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
