"""Votes whose stop is far off, of which long blocks of attempts are drawn at once, against what `solve` counts."""

import numpy as np
import pytest

import limitlaw as ll
from reference.tails import FALSE_ALARM, binomial_p_value


@pytest.mark.parametrize(
    "policy",
    [
        ll.ShareVote(share=0.8),
        ll.ShareVote(share=0.55, min_votes=40),
        ll.ShareVote(share=0.75, min_votes=4),
        ll.BetaStop(confidence=0.95),
        ll.BetaStop(confidence=0.9999),
        ll.StopWhenAhead(margin=25),
    ],
    ids=repr,
)
def test_votes_of_two_answers_whose_stop_is_far_off_are_those_that_solve_counts(policy: ll.Policy) -> None:
    tasks = ll.Tasks.fixed(success=[0.0, 0.3, 0.5, 0.62, 0.76, 0.81, 1.0])
    two = ll.SamplingScenario(
        tasks=tasks, answers=ll.Answers.uniform(1), policies=[policy], max_attempts=[3, 20, 33, 300, 2000]
    )
    trials = 100_000
    exact, frame = ll.solve(two, by="task"), ll.simulate(two, trials=trials, seed=5, by="task")
    for got, want in zip(frame["accuracy"], exact["accuracy"], strict=True):
        chance = min(max(want, 0.0), 1.0)
        assert binomial_p_value(round(got * trials), trials, chance) > FALSE_ALARM / (6 * exact.height)
    # 7 standard errors: false alarms below 1e-11 for each of the rows.
    off = np.abs(frame["attempts_used"] - exact["attempts_used"])
    assert (off <= 7 * frame["attempts_used_se"] + 1e-9).all()
