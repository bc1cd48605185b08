"""Logs of tasks that were tried until they succeeded are named where they are read, and no others are."""

import math
import warnings

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.sampling.stopped import log_chance
from test_cli import run


def retried(
    tasks: int = 300, most: int = 5, *, stops: bool = True, name: str = "correct", seed: int = 0
) -> pl.DataFrame:
    """Attempts at tasks whose rates spread, until one succeeds."""
    random, rows = np.random.default_rng(seed), []
    for task, rate in enumerate(random.beta(0.6, 1.4, tasks)):
        for attempt in range(most):
            right = bool(random.random() < rate)
            rows.append((f"t{task}", attempt, right))
            if right and stops:
                break
    return pl.DataFrame(rows, schema=["task", "attempt", name], orient="row")


STOPPED = retried()


def said(make) -> list[str]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        make()
    found = [one for one in found if issubclass(one.category, ll.MisfitWarning)]
    assert all(one.filename == __file__ for one in found), "the user's line"
    return [str(one.message) for one in found]


@pytest.mark.parametrize(
    "read",
    [
        ll.Tasks.from_attempts,
        lambda log: ll.compare_systems({"a": log, "b": retried(stops=False)}),
        lambda log: ll.recommend(ll.Tasks.from_attempts(log, short="drop"), bootstrap=100),
    ],
)
def test_what_rests_on_a_log_of_retries_warns_once(read):
    (message,) = said(lambda: read(STOPPED))
    assert message.startswith("no attempt at any task follows a correct one, of which the probability is at most ")
    assert float(message.partition("at most ")[2].partition(" ")[0]) < 1e-30
    assert "stopped_at=1" in message


def test_the_number_of_an_attempt_says_the_order_before_rows_do():
    shuffled = STOPPED.sample(fraction=1.0, shuffle=True, seed=1)
    assert len(said(lambda: ll.Tasks.from_attempts(shuffled))) == 1
    assert said(lambda: ll.Tasks.from_attempts(shuffled.drop("attempt"))) == []  # of no known order
    assert len(said(lambda: ll.Tasks.from_attempts(STOPPED.drop("attempt")))) == 1


def test_retries_until_a_verdict_are_told_too():
    log = retried(name="accepted")
    log = log.with_columns(correct=pl.Series(np.random.default_rng(1).random(log.height) < 0.5))
    (message,) = said(lambda: ll.Tasks.from_attempts(log, accepted="accepted"))
    assert "follows an accepted one" in message
    assert said(lambda: ll.Tasks.from_attempts(log)) == []
    both = retried().with_columns(accepted="correct")
    assert len(said(lambda: ll.Tasks.from_attempts(both, accepted="accepted"))) == 1


def test_the_chance_is_that_of_orders_and_of_lengths():
    """Three tasks of 2, 2 and 3 attempts: by hand."""
    attempts, flag = np.array([2, 2, 3]), np.array([0, 1, 0, 1, 0, 0, 0])
    order, lengths = 1 / 2 * 1 / 2, 1 / math.comb(3, 2)  # two of three tasks end at the second attempt, both flagged
    assert log_chance(attempts, flag) == pytest.approx(math.log(max(order, lengths)))
    assert log_chance(attempts, np.array([0, 1, 1, 0, 0, 0, 0])) is None
    assert log_chance(attempts, np.array([1, 1, 0, 0, 0, 0, 0])) is None
    assert log_chance(attempts, np.zeros(7, dtype=int)) == 0.0


@pytest.mark.parametrize(("tasks", "attempts", "rate"), [(40, 3, 0.03), (200, 2, 0.01), (20, 6, 0.02)])
def test_logs_that_did_not_stop_are_seldom_taken_for_such(tasks, attempts, rate):
    """Rare successes, tasks of unequal numbers of attempts: 20,000 logs; more than 45 of 20 expected: below 1e-6."""
    random = np.random.default_rng(7)
    alarms = 0
    for _ in range(20_000):
        lengths = random.integers(1, attempts + 1, tasks)
        flag = (random.random(lengths.sum()) < rate).astype(int)
        chance = log_chance(lengths, flag)
        alarms += chance is not None and chance <= math.log(1e-3)
    assert alarms <= 45


@pytest.mark.parametrize("rate", [0.005, 0.02])
def test_a_log_that_is_sorted_by_success_is_no_log_of_retries(rate):
    random = np.random.default_rng(3)
    for _ in range(50):
        right = np.sort(random.random((100, 4)) < rate, axis=1)
        chance = log_chance(np.full(100, 4), right.ravel().astype(int))
        assert chance is None or chance == 0.0


def test_the_command_line_says_it_in_a_line(tmp_path):
    STOPPED.write_csv(tmp_path / "log.csv")
    warnings.simplefilter("default")
    result = run("check", tmp_path / "log.csv", "--max-attempts", 1, "--min-accuracy", 0.35)
    (line,) = [line for line in result.output.splitlines() if line.startswith("Warning: ")]
    assert "follows a correct one" in line
