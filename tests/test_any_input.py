"""Any value at all is taken or refused by name, and extreme values that are legal have finite results."""

import decimal
import itertools
import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw.testing.task_strategies import CHARACTER

TASKS = ll.Tasks.fixed(success=[0.1, 0.5])
SCENARIO = ll.SamplingScenario(
    tasks=TASKS, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=[1, 10], utility=ll.Utility()
)
TALLIES, MORE_TALLIES = (ll.simulate(SCENARIO, trials=10, seed=seed, tallies=True) for seed in (1, 2))
FRAME = pl.DataFrame({"n": [10, 10], "c": [3, 0], "a": [4, 0], "t": [3, 0], "half": [1.5, 2.0], "word": ["x", "y"]})


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
    | st.text(CHARACTER, max_size=5)
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
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTER, max_size=5), inner, max_size=3),
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
ANYTHING = NEARLY | VALUES
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
    """One argument, or two, of any call is replaced by anything; trials and resamples that run for long are cut."""
    call, arguments = CALLS[data.draw(st.sampled_from(sorted(CALLS)))]
    changed = data.draw(st.lists(st.sampled_from(sorted(arguments)), min_size=1, max_size=2, unique=True))
    values = {name: data.draw(ANYTHING, label=name) for name in changed}
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


TOGETHER: list[Callable[[pl.DataFrame], list[pl.DataFrame]]] = [
    lambda frame: [frame],
    lambda frame: [frame, MORE_TALLIES],
    lambda frame: [MORE_TALLIES, frame],
]


@pytest.mark.parametrize("name", TALLIES.columns)
def test_a_frame_of_tallies_with_anything_in_it_is_taken_or_refused(name: str) -> None:
    """A column is dropped, retyped, emptied or cut."""
    column, kind = pl.col(name), TALLIES.schema[name]
    changes = [TALLIES.drop(name), *(TALLIES.with_columns(change.alias(name)) for change in (
        pl.lit(None).cast(kind), column.reverse(), pl.lit("x"),
    ))]  # fmt: skip
    if isinstance(kind, pl.List):
        inside = (
            column.list.head(1),
            column.list.head(0),
            column.list.concat(column),
            column.list.head(1).list.concat([None]),
        )
        changes += [TALLIES.with_columns(change.cast(kind).alias(name)) for change in inside]
    for frame, together, tallies in itertools.product(changes, TOGETHER, (False, True)):
        assert_merges_or_refuses(together(frame), tallies=tallies)


@pytest.mark.parametrize("name", TALLIES.columns)
def test_a_column_of_tallies_with_the_values_of_any_other_is_taken_or_refused(name: str) -> None:
    for other in TALLIES.columns:
        frame = TALLIES.with_columns(pl.col(other).alias(name))
        # Of another type it is refused before anything is read.
        same = TALLIES.schema[name] == TALLIES.schema[other]
        for together in TOGETHER if same else TOGETHER[:1]:
            assert_merges_or_refuses(together(frame), tallies=False)


def assert_merges_or_refuses(frames: list[pl.DataFrame], *, tallies: bool) -> None:
    error = None
    try:
        ll.merge(frames, tallies=tallies)
    except (TypeError, ValueError) as raised:
        error = raised
    assert error is None or str(error).startswith("frames"), error


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
        tasks=ll.Tasks.pool([10**9] * 4, [0, 1, 10**9, 5], [0, 1, 5, 0], correct=[10**9, 1, 5, 0]),
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
            if "trials" in frame.columns and frame["trials"][0] != 1:
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
