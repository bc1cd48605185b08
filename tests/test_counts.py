"""Counts and tables as people have them: one row per attempt, booleans, tables of other libraries, short tasks."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import closed_form, fit

ATTEMPTS = 4
#: Ten tasks of four attempts each, one row per attempt: any of four solves eight.
LOG = pl.DataFrame(
    {
        "task": [f"t{i}" for i in range(10) for _ in range(ATTEMPTS)],
        "correct": [i < 8 and (j == 0 or i < 5) for i in range(10) for j in range(ATTEMPTS)],
        "weight": [1.0] * 40,
    }
)


class PandasFrame:
    """A stand-in for a frame of pandas, which no test needs installed."""


PandasFrame.__module__ = "pandas.core.frame"
PandasFrame.__name__ = "DataFrame"


def test_one_row_per_attempt_is_refused_with_the_line_that_sums_it() -> None:
    with pytest.raises(ValueError, match=r"^task must name each task once, got 't0' in rows 0 and 1") as raised:
        ll.Tasks.from_frame(LOG, correct="correct", task="task", weight="weight")
    line = str(raised.value).rpartition("first, ")[2]
    tasks = ll.Tasks.from_frame(
        eval(line, {"frame": LOG, "pl": pl}),
        correct="correct",
        task="task",
        weight="weight",
    )
    assert len(tasks) == 10
    assert ll.pass_at_k(tasks.attempts, tasks.correct, [ATTEMPTS])["pass_at_k"].to_list() == [0.8]  # type: ignore[attr-defined]


def test_runs_of_a_task_are_summed_where_a_column_counts_them() -> None:
    runs = pl.DataFrame({"id": ["a", "b", "a"], "n": [10, 10, 5], "c": [1, 2, 3], "ok": [1, 2, 4], "both": [1, 1, 3]})
    names = {"attempts": "n", "correct": "c", "accepted": "ok", "accepted_correct": "both", "task": "id"}
    with pytest.raises(ValueError, match=r"agg\(pl.col\('n', 'c', 'ok', 'both'\).sum\(\)\)$") as raised:
        ll.Tasks.from_frame(runs, **names)  # type: ignore[arg-type]
    summed = eval(str(raised.value).rpartition("first, ")[2], {"frame": runs, "pl": pl})
    pool: Any = ll.Tasks.from_frame(summed, **names)  # type: ignore[arg-type]
    assert (pool.attempts.tolist(), pool.accepted.tolist()) == ([15, 10], [5, 2])


@pytest.mark.parametrize(
    "make",
    [
        lambda names: ll.Tasks.fixed([0.1, 0.2, 0.3], names=names),
        lambda names: ll.Tasks.counts([5, 5, 5], [1, 2, 3], names=names),
        lambda names: ll.Tasks.pool([5, 5, 5], [1, 2, 3], [1, 1, 1], names=names),
    ],
)
def test_a_name_twice_is_refused_by_every_kind_of_tasks(make: Callable[[list[str]], object]) -> None:
    make(["a", "b", "c"])
    with pytest.raises(ValueError, match=r"^names must name each task once, got 'b' in rows 1 and 2"):
        make(["a", "b", "b"])


@pytest.mark.parametrize("as_given", [list, np.array, pl.Series])
def test_booleans_are_counts(as_given: Callable[[list[bool]], Any]) -> None:
    """Of tasks attempted once, True is 1: the same setting, the same estimate."""
    true, correct, ones = [True] * 4, [True, False, True, False], [1, 0, 1, 0]
    assert ll.Tasks.counts(as_given(true), as_given(correct)) == ll.Tasks.counts([1] * 4, ones)
    pool = ll.Tasks.pool(as_given(true), as_given(true), as_given(correct), correct=as_given(correct))
    assert pool == ll.Tasks.pool([1] * 4, [1] * 4, ones, correct=ones)
    calls: list[Callable[[Any], Any]] = [
        lambda c: ll.pass_at_k(1, c, [1]).to_dict(as_series=False),
        lambda c: ll.pass_hat_k(1, c, [1]).to_dict(as_series=False),
        lambda c: fit.beta_binomial_log_likelihood(1, c, alpha=1, beta=2),
        lambda c: closed_form.pass_at_k(attempts=1, correct=c, k=1).tolist(),
        lambda c: closed_form.finite_pool(attempts=1, accepted=c, correct=c, max_attempts=1).coverage.tolist(),
        lambda c: closed_form.best_of_scored(scores=[1, 2, 3, 4], values=c, attempts=2).tolist(),
    ]
    for call in calls:
        assert call(as_given(correct)) == call(ones)
    with pytest.raises(TypeError, match=r"^k must be"):
        ll.pass_at_k(1, as_given(correct), as_given([True]))


def test_boolean_columns_are_counts_and_weights_are_not() -> None:
    frame = LOG.unique("task", maintain_order=True).with_columns(attempts=pl.lit(value=True))
    tasks: Any = ll.Tasks.from_frame(frame, correct="correct", task="task")
    assert (tasks.attempts.tolist(), tasks.correct.tolist()) == ([1] * 10, [1] * 8 + [0] * 2)
    with pytest.raises(TypeError, match=r"^weight must be a column of numbers, got 'correct' of type Boolean$"):
        ll.Tasks.from_frame(frame, correct="correct", weight="correct")
    with pytest.raises(ValueError, match=r"^correct\[1\] must be a number, got null$"):
        ll.Tasks.counts([1, 1], pl.Series([True, None]))


@pytest.mark.parametrize(
    ("table", "write"),
    [
        (LOG.lazy(), "a polars.LazyFrame: write {}.collect()"),
        (LOG.to_dict(), "a builtins.dict: write polars.DataFrame({})"),
        (PandasFrame(), "a pandas.DataFrame: write polars.from_pandas({})"),
        (5, "5"),
    ],
)
def test_another_table_is_refused_with_what_to_write(table: Any, write: str) -> None:
    """Wherever a frame is taken: tasks, merging, scores of a projection, charts."""
    from limitlaw import plots  # noqa: PLC0415  (slow to import)

    world = ll.ExhaustionScenario.preset("default")
    day = dt.date(2024, 1, 1)
    for name, call in {
        "frame": lambda: ll.Tasks.from_frame(table, correct="correct"),
        "frames[0]": lambda: ll.merge([table]),
        "observations": lambda: ll.backtest(world, table, as_of=day, trials=10, seed=1),
        "exhausted_by": lambda: plots.exhausted(table),
        "levers": lambda: plots.tornado(table),
        "trajectories": lambda: plots.fan(table, ["demand"]),
    }.items():
        with pytest.raises(
            TypeError, match=f"^{re.escape(f'{name} must be a polars.DataFrame, got ' + write.format(name))}$"
        ):
            call()


def test_short_tasks_are_named_beside_a_null() -> None:
    n, c = [10, 4, 10, 3], [1, 1, 5, 0]
    for rate in (ll.pass_at_k, ll.pass_hat_k):
        reasons = rate(n, c, [3, 4, 5], bootstrap=0)["reason"].to_list()
        assert reasons == [
            None,
            "1 of 4 tasks have fewer than 4 attempts, the first is task 3 (from 0) with 3",
            "2 of 4 tasks have fewer than 5 attempts, the first is task 1 (from 0) with 4",
        ]
        frame = rate(n, c, [1, 2], resample="attempts", bootstrap=0)
        assert frame["reason"].to_list() == [
            None,
            "1 of 4 tasks have fewer than 2k = 4 attempts, the first is task 3 (from 0) with 3",
        ]
        assert frame.select(pl.selectors.ends_with("_se")).to_series().is_null().to_list() == [False, True]
        assert rate(5, [2], [1], bootstrap=0)["reason"].to_list() == ["one task says nothing about others"]
