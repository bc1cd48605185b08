"""Recommendations of logs: ties, votes, and long logs, of which some tasks stand for all."""

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.recommendation import options


def test_policies_that_tie_share_their_chances_and_the_chosen_one_stands_first():
    """Where scores are the correctness, best of n and the weighted vote return the same."""
    random = np.random.default_rng(5)
    right = random.random(120) < np.repeat(random.beta(2, 1, 30), 4)
    log = pl.DataFrame({"task": np.repeat(np.arange(30), 4), "correct": right, "score": right.astype(float)})
    log = log.with_columns(answer=pl.when("correct").then(pl.lit("r")).otherwise(pl.lit("w")))
    found = ll.recommend(ll.Tasks.from_attempts(log, answer="answer", score="score"))
    shares = dict(found.policies.select("policy", "p_best").iter_rows())
    assert found.policies["policy"][0] == found.policy
    assert shares["best_of"] == shares["weighted_vote(weight=score)"] == pytest.approx(0.5)
    assert sum(shares.values()) == pytest.approx(1.0)
    # Named last, the vote that wins by less than what does not matter stands first nevertheless.
    policies = [ll.MajorityVote(), ll.BestOf(), ll.WeightedVote(weight="score")]
    again = ll.recommend(ll.Tasks.from_attempts(log, answer="answer", score="score"), policies=policies, tolerance=10)
    assert (again.policies["policy"][0], again.policies["attempts"][0]) == (again.policy, again.attempts)
    assert f"{again.policies['accuracy'][0]:.1%} of the tasks correct" in again.text


@pytest.mark.parametrize("policy", [ll.MajorityVote(), ll.StopWhenAhead(2)])
def test_votes_on_counts_are_refused_in_words_of_its_own(policy):
    tasks = ll.Tasks.counts(attempts=[4, 4, 4], correct=[0, 2, 4])
    expected = r"policies\[1\] must be one that tells no wrong answers apart, .*from_attempts with answer="
    with pytest.raises(ValueError, match=expected):
        ll.recommend(tasks, policies=[ll.FirstAccepted(), policy])


def scored(tasks: int, attempts: int) -> ll.Tasks:
    random = np.random.default_rng(8)
    right = random.random(tasks * attempts) < np.repeat(random.beta(1, 1, tasks), attempts)
    log = pl.DataFrame({"task": np.repeat(np.arange(tasks), attempts), "correct": right})
    log = log.with_columns(accepted=pl.Series(right ^ (random.random(len(right)) < 0.2)), score=pl.lit(1.0))
    return ll.Tasks.from_attempts(log, accepted="accepted", score="score")


def test_some_tasks_of_a_long_log_stand_for_all_where_attempts_are_drawn_anew(monkeypatch):
    """400 sets of 400 tasks, and of 100 of these: their scatter to within 30 %, six standard errors; unscaled: 2."""
    monkeypatch.setattr(options, "_ATTEMPT_SETS", 400)
    tasks, scatter = scored(400, 8), []
    for rows in (10_000, 800):
        monkeypatch.setattr(options, "_ROWS_AGAIN", rows)
        asked = {"verifier": None, "utility": ll.Utility(wrong_cost=1), "cost": None, "max_attempts": [1, 2, 4, 8]}
        made = options.Options.of(tasks, [ll.FirstAccepted()], asked)
        sets = made.redrawn()
        scatter.append(sets[:, 1:].std(axis=0))
    assert scatter[1] == pytest.approx(scatter[0], rel=0.3)


def test_a_policy_without_a_closed_form_is_found_out_by_one_task_of_a_long_log(monkeypatch):
    random = np.random.default_rng(2)
    columns = {
        "task": np.repeat(np.arange(6), 30),
        "correct": random.random(180) < 0.5,
        "score": random.normal(size=180),
    }
    log = pl.DataFrame(columns).with_columns(answer=pl.col("correct").cast(pl.String))
    tasks, policies = ll.Tasks.from_attempts(log, answer="answer", score="score"), [ll.WeightedVote(weight="score")]
    made = {"policies": policies, "bootstrap": 100, "max_attempts": 8}
    asked = []
    monkeypatch.setattr(options, "solve", lambda one, **how: asked.append(len(one.tasks)) or ll.solve(one, **how))
    before = ll.recommend(tasks, **made)
    assert max(asked) == 6
    monkeypatch.setattr(options, "_ROWS_AGAIN", 100)
    asked.clear()
    after = ll.recommend(tasks, **made)
    assert set(asked) == {1}
    assert after.policies.equals(before.policies)


@pytest.mark.parametrize("tasks", [scored(20, 4), ll.Tasks.counts([4] * 5, range(5)), ll.Tasks.fixed([0.2, 0.6])])
def test_progress_goes_from_step_to_step_up_to_all(tasks):
    calls = []
    policies = [ll.FirstAccepted(), ll.AnyOf()]
    options_ = {"policies": policies, "max_attempts": 4, "bootstrap": 100}
    found = ll.recommend(tasks, progress=lambda *at: calls.append(at), **options_)
    totals = {of for _, of in calls}
    assert len(totals) == 1
    assert [done for done, _ in calls] == list(range(1, totals.pop() + 1))
    assert found.policies.equals(ll.recommend(tasks, **options_).policies)
    with pytest.raises(TypeError, match="progress must be True, False or callable, got 3"):
        ll.recommend(tasks, progress=3)
