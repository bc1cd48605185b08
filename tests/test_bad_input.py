"""Bad input gets one clear error that names the argument, what was expected and what came; never a panic or a hang.

A panic of the core is a ``PanicException``, which is no ``Exception``: it would pass every handler here and fail the test.
"""

# ruff: noqa: E501  (a table with one case per line)

import decimal
import itertools
import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll

TASKS = ll.Tasks.fixed(success=[0.1, 0.5])
SCENARIO = ll.SamplingScenario(
    tasks=TASKS, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=[1, 10], utility=ll.Utility()
)
OTHER = SCENARIO.replace(max_attempts=[1, 20])
TALLIES = ll.simulate(SCENARIO, trials=10, seed=1, tallies=True)
FRAME = pl.DataFrame({"n": [10, 10], "c": [3, 0], "a": [4, 0], "t": [3, 0], "half": [1.5, 2.0], "word": ["x", "y"]})
NULLS = pl.DataFrame({"n": [10, None], "c": [3, 0]})


def simulate(**changes: Any) -> pl.DataFrame:
    return ll.simulate(**{"scenario": SCENARIO, "trials": 10, "seed": 1} | changes)


def scenario(**changes: Any) -> ll.SamplingScenario:
    return SCENARIO.replace(**changes)


def pool(n: Any, a: Any, t: Any, c: Any = None) -> ll.Tasks:
    return ll.Tasks.pool(attempts=n, accepted=a, accepted_correct=t, correct=c)


def optimal(**changes: Any) -> pl.DataFrame:
    return ll.optimal_attempts(**{"scenario": SCENARIO, "bootstrap": 3, "seed": 1} | changes)


BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    # Rates outside [0, 1], not finite, of the wrong type or shape.
    (lambda: ll.Tasks.fixed(success=[0.1, 1.2]), ValueError, "success[1] must be in [0, 1], got 1.2"),
    (lambda: ll.Tasks.fixed(success=[-1e-9, 0.2]), ValueError, "success[0] must be in [0, 1], got -0.000000001"),
    (lambda: ll.Tasks.fixed(success=[0.1, math.nan]), ValueError, "success[1] must be finite, got nan"),
    (lambda: ll.Tasks.fixed(success=[math.inf]), ValueError, "success[0] must be finite, got inf"),
    (lambda: ll.Tasks.fixed(success=[]), ValueError, "success must be one value per task, for 1 to 10000000 tasks, got 0 values"),
    (lambda: ll.Tasks.fixed(success=0.3), TypeError, "success must be a one-dimensional sequence of numbers, got 0.3"),
    (lambda: ll.Tasks.fixed(success=[[0.3]]), TypeError, "success must be a one-dimensional sequence of numbers, got [[0.3]]"),
    (lambda: ll.Tasks.fixed(success=["0.3"]), TypeError, "success must be a one-dimensional sequence of numbers, got ['0.3']"),
    (lambda: ll.Tasks.fixed(success=[True]), TypeError, "success must be a one-dimensional sequence of numbers, got [True]"),
    (lambda: ll.Tasks.fixed(success=np.ma.array([0.3], mask=[True])), TypeError, "success must be a one-dimensional sequence of numbers"),
    (lambda: ll.Tasks.fixed(success=[0.1], weight=[0.0]), ValueError, "weight must be positive for at least one task, got zeros"),
    (lambda: ll.Tasks.fixed(success=[0.1], weight=[-1.0]), ValueError, "weight must be in [0, "),
    (lambda: ll.Tasks.fixed(success=[0.1], weight=[1, 2]), ValueError, "weight must be as long as success (1), got 2 values"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=["a", "b"]), ValueError, "names must be as long as success (1), got 2 names"),
    (lambda: ll.Tasks.fixed(success=[0.1], names="a"), TypeError, "names must be a sequence, got 'a'"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=[1]), TypeError, "names[0] must be a string, got 1"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=["\ud800"]), ValueError, "names[0] must be Unicode text, got '\\ud800'"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=itertools.repeat("a")), TypeError, "names must be a sequence, got repeat('a')"),
    (lambda: ll.Verifier.rates(false_positive_rate=1.2), ValueError, "false_positive_rate must be in [0, 1], got 1.2"),
    (lambda: ll.Verifier.rates(false_negative_rate=[0.1, -0.5]), ValueError, "false_negative_rate[1] must be in [0, 1], got -0.5"),
    (lambda: ll.Verifier.rates(false_positive_rate=math.nan), ValueError, "false_positive_rate must be finite, got nan"),
    (lambda: ll.Verifier.rates(false_positive_rate="0.1"), TypeError, "false_positive_rate must be a one-dimensional sequence"),
    (lambda: ll.Verifier.rates(false_positive_rate=None), TypeError, "false_positive_rate must be a one-dimensional sequence"),
    # Counts.
    (lambda: ll.Tasks.counts(attempts=[10], correct=[11]), ValueError, "correct[0] must be at most attempts[0] (10), got 11"),
    (lambda: ll.Tasks.counts(attempts=[0], correct=[0]), ValueError, "attempts must be in [1, 1000000000], got 0"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[-1]), ValueError, "correct must be in [0, 1000000000], got -1"),
    (lambda: ll.Tasks.counts(attempts=[5.5], correct=[1]), ValueError, "attempts[0] must be a whole number, got 5.5"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1, 2]), ValueError, "correct must be as long as attempts (1), got 2 values"),
    (lambda: ll.Tasks.counts(attempts=[2**62], correct=[1]), ValueError, "attempts must be at most 2**53 in size"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True), ValueError, 'prior must be "jeffreys" or (alpha, beta) where'),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], prior="jeffreys"), ValueError, "prior must be None where posterior is False"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=1), TypeError, "posterior must be True or False, got 1"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior=(0, 1)), ValueError, "prior must be two positive numbers up to 1e9, got (0, 1)"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior=(1,)), ValueError, "prior must hold 2 values, got (1,)"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior="flat"), ValueError, "prior must be one of ['jeffreys'], got 'flat'"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior=2.0), TypeError, "prior must be a sequence, got 2.0"),
    (lambda: pool([5], [6], [1]), ValueError, "accepted[0] must be at most attempts[0] (5), got 6"),
    (lambda: pool([5], [2], [3]), ValueError, "accepted_correct[0] must be at most accepted[0] (2), got 3"),
    (lambda: pool([5], [2], [2], [1]), ValueError, "accepted_correct[0] must be at most correct[0] (1), got 2"),
    (lambda: pool([5], [4], [1], [4]), ValueError, "correct[0] must be at most accepted_correct + attempts - accepted (2), got 4"),
    # Frames of tasks.
    (lambda: ll.Tasks.from_frame(FRAME, attempts="m", correct="c"), ValueError, "attempts must name one of the columns ["),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n"), ValueError, "correct must be the name of a column where accepted is not named"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n", correct="word"), TypeError, "correct must be a column of numbers, got 'word' of type String"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="half", correct="c"), ValueError, "attempts[0] must be a whole number, got 1.5"),
    (lambda: ll.Tasks.from_frame(NULLS, attempts="n", correct="c"), ValueError, "attempts must have a value in every row, got 1 nulls in 'n'"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n", accepted="a"), ValueError, "accepted_correct must be named with accepted ('a'), got None"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n", accepted_correct="t"), ValueError, "accepted must be named with accepted_correct ('t')"),
    (lambda: ll.Tasks.from_frame(FRAME.lazy(), attempts="n", correct="c"), TypeError, "frame must be a polars.DataFrame, got polars."),
    (lambda: ll.Tasks.from_frame({"n": [1], "c": [1]}, attempts="n", correct="c"), TypeError, "frame must be a polars.DataFrame, got builtins.dict"),
    (lambda: ll.Tasks.from_frame(FRAME.clear(), attempts="n", correct="c"), ValueError, "attempts must be one value per task"),
    # Scenarios.
    (lambda: scenario(max_attempts=[]), ValueError, "max_attempts must be 1 to 10000 numbers, got 0 numbers"),
    (lambda: scenario(max_attempts=[0, 1]), ValueError, "max_attempts[0] must be in [1, 1000000000000], got 0"),
    (lambda: scenario(max_attempts=[-5]), ValueError, "max_attempts must be in [1, 1000000000000], got -5"),
    (lambda: scenario(max_attempts=[1, 5, 5]), ValueError, "max_attempts[2] must be above max_attempts[1] (5), got 5"),
    (lambda: scenario(max_attempts=[5, 1]), ValueError, "max_attempts[1] must be above max_attempts[0] (5), got 1"),
    (lambda: scenario(max_attempts=[1, 2.5]), ValueError, "max_attempts[1] must be a whole number, got 2.5"),
    (lambda: scenario(max_attempts=10), TypeError, "max_attempts must be a one-dimensional sequence of whole numbers, got 10"),
    (lambda: scenario(max_attempts=[10**12 + 1]), ValueError, "max_attempts must be in [1, 1000000000000], got 1000000000001"),
    (lambda: scenario(max_attempts=range(1, 10_002)), ValueError, "max_attempts must be 1 to 10000 numbers, got 10001 numbers"),
    (lambda: scenario(tasks=ll.Tasks.fixed(success=np.full(3000, 0.1)), max_attempts=range(1, 10_001)), ValueError, "tasks times max_attempts must be at most 20000000, got 30000000"),
    (lambda: scenario(policies=[]), ValueError, "policies must be at least one policy, got none"),
    (lambda: scenario(policies=ll.FirstAccepted()), TypeError, "policies must be a sequence, got FirstAccepted("),
    (lambda: scenario(policies=[ll.FirstAccepted()] * 2), ValueError, "policies[1] must be different from every policy before it"),
    (lambda: scenario(policies=["first_accepted"]), TypeError, "policies[0] must be a Policy, got 'first_accepted'"),
    (lambda: scenario(verifier=0.1), TypeError, "verifier must be a Verifier, got 0.1"),
    (lambda: scenario(verifier=ll.Verifier.rates(false_positive_rate=[0.1] * 3)), ValueError, "verifier.false_positive_rate must be as long as tasks (2), got 3 values"),
    (lambda: scenario(verifier=ll.Verifier.rates(false_negative_rate=np.array([0.1]))), ValueError, "verifier.false_negative_rate must be as long as tasks (2), got 1 values"),
    (lambda: scenario(tasks=[0.1]), TypeError, "tasks must be a Tasks, got [0.1]"),
    (lambda: scenario(tasks=pool([5], [2], [1]), verifier=ll.Verifier.perfect()), ValueError, "verifier must be None for a pool"),
    (lambda: scenario(tasks=pool([5], [2], [1]), verifier=None, policies=[ll.FirstAccepted(fallback="last")]), ValueError, 'policies[0].fallback must be "abstain" for a pool without `correct`'),
    (lambda: ll.FirstAccepted(fallback="worst"), ValueError, "fallback must be one of ['abstain', 'last', 'best'], got 'worst'"),
    (lambda: ll.FirstAccepted(fallback=np.array(["abstain", "last"])), ValueError, "fallback must be one of ['abstain', 'last', 'best'], got array("),
    (lambda: ll.Utility(wrong_cost=-1), ValueError, "wrong_cost must be in [0, 1000000000000000], got -1"),
    (lambda: ll.Utility(correct_reward=math.inf), ValueError, "correct_reward must be finite, got inf"),
    (lambda: ll.Utility(attempt_cost="1"), TypeError, "attempt_cost must be a number, got '1'"),
    (lambda: ll.Utility(wrong_cost=[1.0]), TypeError, "wrong_cost must be a number, got [1.0]"),
    (lambda: ll.SamplingScenario.from_json("{"), ValueError, "expected JSON, got text that fails at"),
    (lambda: ll.SamplingScenario.from_json(None), TypeError, "text must be a string, got None"),
    (lambda: ll.SamplingScenario.from_json("[" * 100_000), ValueError, "expected JSON, got text that fails at"),
    # Runs.
    (lambda: simulate(trials=0), ValueError, "trials must be in [1, 100000000000000], got 0"),
    (lambda: simulate(trials=-1), ValueError, "trials must be in [1, 100000000000000], got -1"),
    (lambda: simulate(trials=2**63), ValueError, "trials must be in [1, 100000000000000], got 9223372036854775808"),
    (lambda: simulate(trials=10**5000), ValueError, "trials must be in [1, 100000000000000], got a value of type int"),
    (lambda: simulate(trials=1e3), TypeError, "trials must be a whole number, got 1000.0"),
    (lambda: simulate(trials=True), TypeError, "trials must be a whole number, got True"),
    (lambda: simulate(trials=None), TypeError, "trials must be a whole number, got None"),
    (lambda: simulate(seed=-1), ValueError, "seed must not be negative, got -1"),
    (lambda: simulate(seed=1.0), TypeError, "seed must be a whole number or a SeedSequence, got 1.0"),
    (lambda: simulate(seed=None), TypeError, "seed must be a whole number or a SeedSequence, got None"),
    (lambda: simulate(seed=10**5000), ValueError, "seed must be below 2**4096, got a larger number"),
    (lambda: simulate(seed=np.random.default_rng(1)), TypeError, "seed must be a whole number or a SeedSequence, got a Generator: drawing"),
    (lambda: simulate(seed=np.random.PCG64(1)), TypeError, "seed must be a whole number or a SeedSequence, got a PCG64: drawing"),
    (lambda: simulate(replicate=-1), ValueError, "replicate must be in [0, 18446744073709551615], got -1"),
    (lambda: simulate(replicate=2**64), ValueError, "replicate must be in [0, 18446744073709551615], got 18446744073709551616"),
    (lambda: simulate(threads=0), ValueError, "threads must be in [1, 1024], got 0"),
    (lambda: simulate(threads=1025), ValueError, "threads must be in [1, 1024], got 1025"),
    (lambda: simulate(progress=1), TypeError, "progress must be callable, got 1"),
    (lambda: simulate(by="tasks"), ValueError, "by must be 'policy' or 'task', got 'tasks'"),
    (lambda: simulate(by=np.array(["policy", "task"])), ValueError, "by must be 'policy' or 'task', got array("),
    (lambda: simulate(columns="accuracy"), TypeError, "columns must be a sequence of column names, got 'accuracy'"),
    (lambda: simulate(columns=5), TypeError, "columns must be a sequence of column names, got 5"),
    (lambda: simulate(columns=itertools.repeat("accuracy")), TypeError, "columns must be a sequence of column names, got repeat("),
    (lambda: simulate(columns=["accurcy"]), ValueError, "columns must name some of ["),
    (lambda: simulate(columns=[np.zeros(2)]), ValueError, "columns must name some of ["),
    (lambda: simulate(tallies=True, by="task"), ValueError, "tallies=True gives every count of every task: by and columns must be left out"),
    (lambda: simulate(tallies="yes"), TypeError, "tallies must be True or False, got 'yes'"),
    (lambda: simulate(scenario=TASKS), TypeError, "scenario must be a SamplingScenario, got FixedTasks("),
    (lambda: ll.solve(None), TypeError, "scenario must be a SamplingScenario, got None"),
    (lambda: ll.solve(SCENARIO, by=None), ValueError, "by must be 'policy' or 'task', got None"),
    (lambda: ll.ceilings("scenario"), TypeError, "scenario must be a SamplingScenario, got 'scenario'"),
    # Merging.
    (lambda: ll.merge([]), ValueError, "frames must hold at least one frame of tallies, got none"),
    (lambda: ll.merge(5), TypeError, "frames must be a sequence of frames, got 5"),
    (lambda: ll.merge(TALLIES), TypeError, "frames must be a sequence of frames, got shape:"),
    (lambda: ll.merge([None]), TypeError, "frames[0] must be a polars.DataFrame, got None"),
    (lambda: ll.merge([simulate()]), ValueError, "frames[0] must come from simulate(..., tallies=True), with a column weight of type"),
    (lambda: ll.merge([TALLIES.clear()]), ValueError, "frames[0] must have the spec_id of frames[0], got no rows"),
    (lambda: ll.merge([TALLIES, TALLIES]), ValueError, "frames[1] repeats seed 1, replicate 0: the same draws count once"),
    (lambda: ll.merge([TALLIES, TALLIES[:1]]), ValueError, "frames[1] must have the rows of frames[0], got others"),
    (lambda: ll.merge([TALLIES, simulate(scenario=OTHER, tallies=True)]), ValueError, "frames[1] must have the spec_id of frames[0], got "),
    (lambda: ll.merge([TALLIES.with_columns(correct=pl.lit(None, pl.List(pl.UInt64)))]), ValueError, "frames[0] must have no nulls, got some in correct"),
    (lambda: ll.merge([TALLIES.with_columns(correct=pl.col("correct").list.head(1))]), ValueError, "frames must be tallies of as many tasks in every list"),
    (lambda: ll.merge([TALLIES.with_columns(trials=pl.col("trials").cast(pl.Float64))]), ValueError, "frames[0] must come from simulate(..., tallies=True), with a column trials of type Int64, got Float64"),
    # The best number of attempts.
    (lambda: optimal(wrong_cost=-1), ValueError, "wrong_cost must be in [0, 1000000000000000], got -1"),
    (lambda: optimal(wrong_cost=[1, math.nan]), ValueError, "wrong_cost[1] must be finite, got nan"),
    (lambda: optimal(wrong_cost=[]), ValueError, "wrong_cost must hold one number or more, got none"),
    (lambda: optimal(wrong_cost="4"), TypeError, "wrong_cost must be a number, got '4'"),
    (lambda: optimal(wrong_cost=[[1.0]]), TypeError, "wrong_cost must be a one-dimensional sequence of numbers, got [[1.0]]"),
    (lambda: optimal(wrong_cost=np.zeros(100_000), bootstrap=1000), ValueError, "wrong_cost must hold at most 10000 numbers with bootstrap=1000, got 100000"),
    (lambda: optimal(bootstrap=-1), ValueError, "bootstrap must be in [0, 1000000], got -1"),
    (lambda: optimal(bootstrap=10**30), ValueError, "bootstrap must be in [0, 1000000], got 1000000000000000000000000000000"),
    (lambda: optimal(bootstrap=2.5), TypeError, "bootstrap must be a whole number, got 2.5"),
    (lambda: optimal(resample="runs"), ValueError, "resample must be 'tasks' or 'attempts', got 'runs'"),
    (lambda: optimal(resample="attempts"), ValueError, 'resample must be "tasks" for tasks with fixed rates'),
    (lambda: optimal(seed=None), TypeError, "seed must be a whole number or a SeedSequence where bootstrap is not 0, got None"),
    (lambda: optimal(threads=-1), ValueError, "threads must be in [1, 1024], got -1"),
    (lambda: optimal(progress=5), TypeError, "progress must be callable, got 5"),
    (lambda: optimal(scenario=None), TypeError, "scenario must be a SamplingScenario, got None"),
    (lambda: optimal(scenario=scenario(tasks=pool([10**9], [2], [1]), verifier=None)), ValueError, "tasks times attempts of the pool must be at most 100000000, got 1000000000"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=lambda x: x[:60] if isinstance(x, str) else "")
def test_one_clear_error(call: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_a_missing_argument_is_named() -> None:
    for call, name in (
        (ll.Tasks.fixed, "success"),
        (lambda: ll.simulate(SCENARIO), "trials"),
        (ll.SamplingScenario, "tasks"),
    ):  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=name):
            call()


class Hostile:
    """An object of which every question fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")

    def __len__(self) -> int:
        raise RuntimeError("no length")


SCALARS = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from([2**31, 2**53, 2**63, 2**64, -(2**63), 10**400, -1, 0, 1])
    | st.just(5000).map(lambda digits: 10**digits)
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.complex_numbers()
    | st.sampled_from([Fraction(1, 3), decimal.Decimal("0.1"), decimal.Decimal("sNaN"), decimal.Decimal("Infinity")])
    | st.sampled_from(
        [np.float32(0.3), np.int8(3), np.uint64(2**63), np.bool_(True), np.longdouble("1e400"), np.datetime64("2020")]
    )
    | st.builds(Hostile)
    | st.sampled_from(
        [object(), int, math.nan, ll.FirstAccepted(), TASKS, ll.Verifier.perfect(), FRAME, FRAME.lazy(), ...]
    )
)
ARRAYS = (
    st.lists(st.floats(), max_size=4).map(np.array)
    | st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4).map(np.array)
    | st.sampled_from(
        [
            np.zeros((2, 2)),
            np.zeros((0, 3)),
            np.zeros(0),
            np.array(0.5),
            np.array(["a"]),
            np.array([None]),
            np.array([1 + 2j]),
            np.array([b"x"]),
            np.array([np.longdouble("1e400")]),
            np.array([np.datetime64("2020")]),
            np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
            np.ma.array([0.5, 0.5], mask=[True, False]),
            np.zeros(4)[::2],
            pl.Series([0.5, None]),
            pl.Series(["a"]),
            pl.Series([[0.5]]),
        ]
    )
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
#: Values that are nearly right reach deeper checks.
NEARLY = st.lists(
    st.sampled_from([0.0, 0.5, 1.0, 1, 0, 2, 3, 10, -1, 1.5, math.nan]), min_size=1, max_size=3
) | st.sampled_from(
    [
        0,
        1,
        2,
        0.5,
        "policy",
        "task",
        "tasks",
        "attempts",
        "jeffreys",
        "last",
        ["accuracy"],
        (0.5, 0.5),
        (1e9, 1e-300),
        TASKS,
    ]
)
CALLS: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "fixed": (ll.Tasks.fixed, {"success": [0.1, 0.5], "weight": None, "names": None}),
    "counts": (
        ll.Tasks.counts,
        {"attempts": [3, 4], "correct": [1, 0], "posterior": True, "prior": "jeffreys", "weight": None, "names": None},
    ),
    "pool": (
        ll.Tasks.pool,
        {"attempts": [3, 4], "accepted": [2, 3], "accepted_correct": [1, 0], "correct": None, "weight": None},
    ),
    "from_frame": (
        ll.Tasks.from_frame,
        {
            "frame": FRAME,
            "attempts": "n",
            "correct": "c",
            "accepted": None,
            "accepted_correct": None,
            "task": None,
            "weight": None,
        },
    ),
    "rates": (ll.Verifier.rates, {"false_positive_rate": 0.1, "false_negative_rate": [0.1, 0.5]}),
    "first_accepted": (ll.FirstAccepted, {"fallback": "last"}),
    "utility": (ll.Utility, {"correct_reward": 1.0, "wrong_cost": 1.0, "attempt_cost": 0.0}),
    "scenario": (
        ll.SamplingScenario,
        {"tasks": TASKS, "verifier": None, "policies": [ll.FirstAccepted()], "max_attempts": [1, 10], "utility": None},
    ),
    "simulate": (
        ll.simulate,
        {
            "scenario": SCENARIO,
            "trials": 3,
            "seed": 1,
            "by": "policy",
            "columns": None,
            "threads": 1,
            "progress": None,
            "replicate": 0,
            "tallies": False,
        },
    ),
    "solve": (ll.solve, {"scenario": SCENARIO, "by": "task", "columns": None}),
    "merge": (ll.merge, {"frames": [TALLIES], "tallies": False}),
    "optimal_attempts": (
        ll.optimal_attempts,
        {
            "scenario": SCENARIO,
            "wrong_cost": 1.0,
            "bootstrap": 2,
            "resample": "tasks",
            "seed": 1,
            "threads": 1,
            "progress": None,
        },
    ),
    "ceilings": (ll.ceilings, {"scenario": SCENARIO}),
}
#: What a value of one argument can be blamed on: another argument, where the two do not fit together.
RELATED = {
    "prior",
    "posterior",
    "verifier",
    "correct",
    "attempts",
    "accepted",
    "accepted_correct",
    "weight",
    "names",
    "success",
    "columns",
    "tallies",
    "tasks",
    "frame",
    "wrong_cost",
}


@settings(max_examples=600)
@given(st.data())
def test_any_value_is_taken_or_refused_by_name(data: Any) -> None:
    """One argument, or two, of any call is replaced by anything; trials and resamples that run for long are left out."""
    call, arguments = CALLS[data.draw(st.sampled_from(sorted(CALLS)))]
    changed = data.draw(st.lists(st.sampled_from(sorted(arguments)), min_size=1, max_size=2, unique=True))
    values = {name: data.draw(NEARLY | VALUES, label=name) for name in changed}
    for name, limit in (("trials", 10**4), ("bootstrap", 10**3)):
        if isinstance(values.get(name), (int, np.integer)) and limit < values[name] <= 10**14:
            values[name] = limit
    error = None
    try:
        call(**{**arguments, **values})
    except (TypeError, ValueError, ll.NoClosedFormError) as raised:
        error = raised
    if error is not None:
        text = str(error)
        assert "\n" not in text
        assert any(name in text for name in {*changed, *(RELATED & arguments.keys()), "kind"}), text


@settings(max_examples=300)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats()
        | st.integers()
        | st.sampled_from(["fixed", "rates", "sampling", "first_accepted", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["kind", "tasks", "success", "max_attempts", "policies", "weight"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(["tasks", "verifier", "policies", "max_attempts", "utility", "kind", "extra"]),
)
def test_any_json_is_taken_or_refused(value: Any, name: str) -> None:
    text = json.dumps(json.loads(SCENARIO.to_json()) | {name: value})
    error = None
    try:
        ll.SamplingScenario.from_json(text)
    except (TypeError, ValueError) as raised:
        error = raised
    assert error is None or str(error)


@settings(max_examples=150)
@given(st.data())
def test_a_frame_of_tallies_with_anything_in_it_is_taken_or_refused(data: Any) -> None:
    """A column is dropped, retyped, emptied, cut, or swapped with another."""
    name = data.draw(st.sampled_from(TALLIES.columns))
    other = data.draw(st.sampled_from(TALLIES.columns))
    change = data.draw(st.sampled_from(["drop", "null", "other", "reverse", "cut", "twice", "string"]))
    column = pl.col(name)
    is_list = isinstance(TALLIES.schema[name], pl.List)
    frame = {
        "drop": lambda: TALLIES.drop(name),
        "null": lambda: TALLIES.with_columns(pl.lit(None).cast(TALLIES.schema[name]).alias(name)),
        "other": lambda: TALLIES.with_columns(pl.col(other).alias(name)),
        "reverse": lambda: TALLIES.with_columns(column.reverse()),
        "cut": lambda: TALLIES.with_columns(column.list.head(1) if is_list else column),
        "twice": lambda: TALLIES.with_columns(column.list.concat(column) if is_list else column),
        "string": lambda: TALLIES.with_columns(pl.lit("x").alias(name)),
    }[change]()
    second = simulate(seed=2, tallies=True)
    for frames in ([frame], [frame, second], [second, frame]):
        for tallies in (False, True):
            error = None
            try:
                ll.merge(frames, tallies=tallies)
            except (TypeError, ValueError) as raised:
                error = raised
            assert error is None or str(error).startswith("frames")


EXTREME = [
    ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[1e-300, 5e-324, 1 - 1e-16, 1.0, 0.0, 0.5], weight=weight),
        verifier=ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[1, 2, 10**6, 10**12 - 1, 10**12],
        utility=ll.Utility(correct_reward=1e15, wrong_cost=1e15, attempt_cost=cost),
    )
    for f in (0.0, 1e-300, 1 - 1e-16, 1.0)
    for g in (0.0, 1e-300, 1 - 1e-16, 1.0)
    for cost in (0.0, 1e15)
    for weight in (None, [1e100, 1e-300, 5e-324, 0.0, 1.0, 1.0])
] + [
    ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=[10**9] * 4, accepted=[0, 1, 10**9, 5], accepted_correct=[0, 1, 5, 0], correct=[10**9, 1, 5, 0]),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[1, 2, 10**6, 10**9 - 1, 10**9],
        utility=ll.Utility(attempt_cost=1e-9),
    ),
] + [
    ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[0, 10**9, 10**9, 3], correct=[0, 0, 10**9, 1], posterior=True, prior=prior),
        verifier=verifier,
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[1, 2, 10**6, 10**12],
        utility=ll.Utility(attempt_cost=0.5),
    )
    for prior in ("jeffreys", (1e-9, 1e-9), (1e9, 1e9), (1e9, 1e-9), (1e-300, 1.0))
    for verifier in (None, ll.Verifier.rates(false_positive_rate=1e-300, false_negative_rate=1 - 1e-16))
]  # fmt: skip


@pytest.mark.parametrize("scenario", EXTREME, ids=lambda s: s.fingerprint()[:6])
def test_extreme_input_has_values(scenario: ll.SamplingScenario) -> None:
    """No NaN, no null where a value exists, and shares stay shares."""
    frames = [ll.simulate(scenario, trials=trials, seed=1, by=by) for trials in (1, 3) for by in ("policy", "task")]
    perfect = scenario.verifier is None or scenario.verifier == ll.Verifier.perfect()
    if scenario.tasks.kind != "counts" or perfect:
        frames += [ll.solve(scenario, by=by) for by in ("policy", "task")]
    for frame in frames:
        for name, column in zip(frame.columns, frame.iter_columns(), strict=True):
            if column.dtype == pl.Float64:
                assert not column.is_nan().any(), name
                assert not column.is_infinite().any(), name
        for name in ("accepted", "returned", "abstained", "accuracy", "wrong", "coverage", "attempts_used", "utility"):
            assert frame[name].null_count() == 0, name
            if frame["trials"][0] != 1:
                assert frame[f"{name}_se"].null_count() == 0, name
            if name not in ("attempts_used", "utility"):
                assert frame[name].is_between(-1e-15, 1 + 1e-15).all(), name
        assert frame["attempts_used"].is_between(1 - 1e-9, frame["max_attempts"].cast(pl.Float64) * (1 + 1e-9)).all()
        assert (frame["precision"].is_null() == (frame["returned"] == 0.0)).all()


def test_tiny_rates_keep_their_digits() -> None:
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[1e-300]), max_attempts=[1, 10**12])
    frame = ll.solve(scenario)
    assert [math.isclose(x, y, rel_tol=1e-14) for x, y in zip(frame["accuracy"], (1e-300, 1e-288), strict=True)] == [
        True
    ] * 2
    assert frame["attempts_used"].to_list() == [1.0, 1e12]
    assert frame["precision"].to_list() == [1.0, 1.0]


def test_a_certain_number_of_attempts_has_no_error() -> None:
    """A task that is never accepted uses every attempt in every trial."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.0]), max_attempts=[3, 10**6 + 1, 10**12], utility=ll.Utility(attempt_cost=0.1)
    )
    frame = ll.simulate(scenario, trials=1001, seed=1)
    assert frame["attempts_used"].to_list() == [3.0, 1_000_001.0, 1e12]
    assert frame["attempts_used_se"].to_list() == [0.0] * 3
    assert frame["utility_se"].max() <= 1e-9 * 1e11
