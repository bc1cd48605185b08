"""Weighted votes by sums of scores against the same votes attempt by attempt."""

from __future__ import annotations

import numpy as np
import pytest

import limitlaw as ll

POLICIES = [ll.WeightedVote(), ll.WeightedVote(weight="score")]


@pytest.mark.parametrize(
    ("tasks", "answers", "d_prime"),
    [
        (ll.Tasks.fixed([0.05, 0.2, 0.35, 0.6]), ll.Answers.zipf(3, 1.0), 1.2),
        (ll.Tasks.beta(0.5, 1.5, 4, unsolvable=0.1), ll.Answers.uniform(5), 0.7),
        (ll.Tasks.fixed([0.3, 0.5]), ll.Answers.dirichlet(0.5, 4), 0.0),
        # What an answer's number of attempts takes off its evidence matters most here: .1 d'^2 more an attempt is .04.
        (ll.Tasks.fixed([0.05, 0.1]), ll.Answers.uniform(2), 0.8),
    ],
)
def test_sums_of_scores_choose_as_single_scores_do(tasks: ll.Tasks, answers: ll.Answers, d_prime: float) -> None:
    """Where wrong attempts take other tokens every attempt is drawn.

    Within 7 standard errors, of .003 at most, in 16 numbers: a false alarm has the probability 4e-11.
    """
    scenario = ll.SamplingScenario(
        tasks=tasks,
        verifier=ll.Verifier.judge(d_prime=d_prime, threshold=0.5),
        answers=answers,
        policies=POLICIES,
        max_attempts=[1, 2, 5, 20],
    )
    by_attempts = scenario.replace(cost=ll.Cost(output_tokens=(10, 0), wrong_output_tokens=(20, 0)))
    sums, single = (
        ll.simulate(s, trials=40_000, seed=seed, columns=["accuracy", "accuracy_se", "coverage", "coverage_se"])
        for s, seed in ((scenario, 1), (by_attempts, 2))
    )
    for name in ("accuracy", "coverage"):
        off = np.abs(sums[name].to_numpy() - single[name].to_numpy())
        error = np.hypot(sums[f"{name}_se"].to_numpy(), single[f"{name}_se"].to_numpy())
        assert 0 < error.max() < 0.003
        assert (off < 7 * error).all(), (name, off, error)


def test_a_score_that_tells_nothing_ties_all_answers_that_appeared() -> None:
    """With d' = 0 every sum of log likelihood ratios is 0: each of the answers given is as likely.

    One or two attempts at a rate of one half, with one wrong answer, are correct with probability 1/2: within 7
    standard errors (a false alarm has the probability 5e-12).
    """
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed([0.5]),
        verifier=ll.Verifier.judge(d_prime=0.0, threshold=0.5),
        answers=ll.Answers.uniform(1),
        policies=POLICIES[:1],
        max_attempts=[1, 2],
    )
    frame = ll.simulate(scenario, trials=40_000, seed=3)
    off, error = np.abs(frame["accuracy"].to_numpy() - 0.5), frame["accuracy_se"].to_numpy()
    assert (off < 7 * error).all()
    assert error == pytest.approx([0.0025] * 2, rel=0.01)
