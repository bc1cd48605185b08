"""Settings: canonical JSON that round-trips, one id for one meaning, one clear error for bad input."""

import copy
import dataclasses
import json
import pickle
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limitlaw._declared import FloatArray, IntArray
from limitlaw._spec import Spec
from limitlaw.testing.task_strategies import CHARACTER


class Toy(Spec):
    """A family that only this file knows; the core is not asked."""

    family: ClassVar[str] = "toy"

    def _check(self) -> None:
        pass


class Inner(Toy):
    """The simplest setting."""

    kind: ClassVar[str] = "inner"
    rate: float = 0.5


class Outer(Toy):
    """A setting with one field of each declared type."""

    kind: ClassVar[str] = "outer"
    cost: float
    count: int = 1
    flag: bool = False
    name: str = "x"
    rule: Literal["all", "any"] = "all"
    steps: Sequence[int] = (1, 2)
    values: float | FloatArray = 0.0
    counts: IntArray | None = None
    inner: Inner = Inner()


class Tally(Toy):
    """A setting that is an array."""

    kind: ClassVar[str] = "tally"
    counts: IntArray


FULL = Outer(
    cost=4,
    count=3,
    flag=True,
    name="hard",
    rule="any",
    steps=[1, 10, 100],
    values=[0.1, 0.2],
    counts=[1, 2, 3],
    inner=Inner(rate=0.25),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
OUTERS = st.builds(
    Outer,
    cost=FINITE,
    count=st.integers(-(2**63), 2**63),
    name=st.text(CHARACTER),
    steps=st.lists(st.integers(0, 10**9)),
    values=FINITE | st.lists(FINITE),
    counts=st.none() | st.lists(st.integers(-(2**53), 2**53)),
    inner=st.builds(Inner, rate=FINITE),
)


@given(OUTERS)
def test_every_setting_round_trips(setting: Outer) -> None:
    for other in (
        Outer.from_json(setting.to_json()),
        Outer.from_json(setting.to_json(indent=2)),
        pickle.loads(pickle.dumps(setting)),
        copy.deepcopy(setting),
        setting.replace(),
    ):
        assert other == setting
        assert hash(other) == hash(setting)
        assert other.fingerprint() == setting.fingerprint()
        assert other.to_json() == setting.to_json()


def test_canonical_json_is_sorted_and_without_white_space() -> None:
    text = FULL.to_json()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert json.loads(text) == {
        "cost": 4.0,
        "count": 3,
        "counts": [1, 2, 3],
        "flag": True,
        "inner": {"kind": "inner", "rate": 0.25},
        "kind": "outer",
        "name": "hard",
        "rule": "any",
        "steps": [1, 10, 100],
        "values": [0.1, 0.2],
    }


@pytest.mark.parametrize(
    "same",
    [
        {"cost": 4.0},
        {"cost": np.float32(4)},
        {"cost": np.int64(4)},
        {"count": 3.0},
        {"count": np.uint8(3)},
        {"steps": (1.0, 10, np.int32(100))},
        {"steps": range(1, 4)},
        {"values": np.array([0.1, 0.2])},
        {"values": (0.1, 0.2)},
        {"values": pl.Series([0.1, 0.2])},
        {"counts": [1.0, 2.0, 3.0]},
        {"counts": np.array([1, 2, 3], dtype=np.uint16)},
        {"inner": {"kind": "inner", "rate": 0.25}},
        {"inner": Inner(rate=0.25)},
    ],
    ids=str,
)
def test_one_meaning_has_one_id(same: dict[str, Any]) -> None:
    first = FULL.replace(steps=[1, 2, 3]) if same.get("steps") == range(1, 4) else FULL
    assert first.replace(**same).fingerprint() == first.fingerprint()


def test_minus_zero_is_zero() -> None:
    zero, minus = Outer(cost=0.0, values=[0.0]), Outer(cost=-0.0, values=[-0.0])
    assert minus.fingerprint() == zero.fingerprint()


@given(OUTERS, OUTERS)
def test_the_id_tells_settings_apart(a: Outer, b: Outer) -> None:
    assert (a.fingerprint() == b.fingerprint()) == (a.to_json() == b.to_json()) == (a == b)


def test_every_field_enters_the_id() -> None:
    changes = {
        "cost": 5,
        "count": 4,
        "flag": False,
        "name": "easy",
        "rule": "all",
        "steps": [1, 10],
        "values": [0.1, 0.3],
        "counts": [1, 2, 4],
        "inner": Inner(rate=0.5),
    }
    assert set(changes) == {f.name for f in dataclasses.fields(Outer)}
    ids = {FULL.replace(**{name: value}).fingerprint() for name, value in changes.items()}
    assert len(ids | {FULL.fingerprint()}) == len(changes) + 1


def test_a_setting_cannot_be_changed_and_keeps_its_own_copy() -> None:
    values = np.array([0.1, 0.2])
    setting = Outer(cost=1, values=values)
    before = setting.fingerprint()
    values[0] = 9
    assert setting.fingerprint() == before
    assert isinstance(setting.values, np.ndarray)
    with pytest.raises(ValueError, match="read-only"):
        setting.values[0] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        setting.cost = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        Outer(1)  # type: ignore[misc]


def test_what_crosses_the_border_numbers_its_arrays() -> None:
    text, arrays = FULL.wire()
    data = json.loads(text)
    assert [data["values"], data["counts"]] == [{"array": 0}, {"array": 1}]
    assert [a.tolist() for a in arrays] == [[0.1, 0.2], [1.0, 2.0, 3.0]]
    assert all(a.dtype == np.float64 for a in arrays)


def test_repr_fits_a_line() -> None:
    long = Outer(cost=1, steps=range(1000), values=np.linspace(0, 1, 100_000))
    assert repr(long) == "Outer(cost=1.0, steps=<1000 values>, values=<100000 values>)"
    assert repr(Tally(counts=np.arange(9))) == "Tally(counts=<9 values in [0, 8]>)"
    assert repr(Inner(rate=0.25)) == "Inner(rate=0.25)"
    assert repr(FULL.replace(flag=False, rule="all", steps=[1, 2])) == (
        "Outer(cost=4.0, count=3, name='hard', values=[0.1, 0.2], counts=[1, 2, 3], inner=Inner(rate=0.25))"
    )
    assert repr(FULL.replace(name="a" * 200)) == "Outer(cost=4.0, count=3, flag=True, name='".ljust(236, "a") + "...)"


@given(OUTERS)
def test_every_repr_is_one_line_of_at_most_240_characters(setting: Outer) -> None:
    assert len(repr(setting)) <= 240
    assert len(repr(setting).splitlines()) == 1


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"cost": "4"}, TypeError, "cost must be a number, got '4'"),
        ({"cost": True}, TypeError, "cost must be a number, got True"),
        ({"cost": None}, TypeError, "cost must be a number, got None"),
        ({"cost": float("nan")}, ValueError, "cost must be finite, got nan"),
        ({"cost": float("inf")}, ValueError, "cost must be finite, got inf"),
        ({"cost": 10**400}, ValueError, "cost must be at most 1.8e308 in size, got 1000"),
        ({"count": 1.5}, TypeError, "count must be a whole number, got 1.5"),
        ({"count": True}, TypeError, "count must be a whole number, got True"),
        ({"flag": 1}, TypeError, "flag must be True or False, got 1"),
        ({"name": 1}, TypeError, "name must be a string, got 1"),
        ({"rule": "most"}, ValueError, "rule must be one of ['all', 'any'], got 'most'"),
        ({"rule": ["all"]}, ValueError, "rule must be one of ['all', 'any'], got ['all']"),
        ({"steps": 3}, TypeError, "steps must be a sequence, got 3"),
        ({"steps": "123"}, TypeError, "steps must be a sequence, got '123'"),
        ({"steps": [1, 2.5]}, TypeError, "steps[1] must be a whole number, got 2.5"),
        ({"values": [0.1, float("nan")]}, ValueError, "values[1] must be finite, got nan"),
        (
            {"values": [[0.1], [0.2]]},
            TypeError,
            "values must be a one-dimensional sequence of numbers, got [[0.1], [0.2]]",
        ),
        ({"values": [[0.1], 0.2]}, TypeError, "values must be a one-dimensional sequence of numbers, got [[0.1], 0.2]"),
        ({"values": ["a"]}, TypeError, "values must be a one-dimensional sequence of numbers, got ['a']"),
        ({"counts": [1, 2.5]}, ValueError, "counts[1] must be a whole number, got 2.5"),
        ({"counts": [2**60]}, ValueError, "counts must be at most 2**53 in size"),
        ({"counts": 3}, TypeError, "counts must be a one-dimensional sequence of whole numbers, got 3"),
        ({"inner": 3}, TypeError, "inner must be a Inner, got 3"),
        (
            {"inner": {"kind": "outer", "cost": 1}},
            ValueError,
            "inner: kind must be one of ['inner'] for toy, got 'outer'",
        ),
        ({"inner": {"rate": 1}}, TypeError, "inner: expected an object with a kind for toy, got {'rate': 1}"),
    ],
    ids=str,
)
def test_a_bad_value_is_named(fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)):
        FULL.replace(**fields)


@given(
    st.sampled_from([f.name for f in dataclasses.fields(Outer)]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(CHARACTER) | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(CHARACTER), inner),
    ),
)
def test_any_value_is_taken_or_refused_by_name(name: str, value: Any) -> None:
    error = None
    try:
        FULL.replace(**{name: value})
    except (TypeError, ValueError) as raised:
        error = raised
    assert error is None or str(error).startswith((name, "expected an object with a kind", "kind must be"))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('{"kind":"inner","rat":1}', ValueError, "Inner has the fields ['rate'], got 'rat'"),
        (
            '{"kind":"inner","counts":[1]}',
            ValueError,
            "Inner has the fields ['rate'], got 'counts', a field of kind 'outer' or 'tally'",
        ),
        ('{"kind":"innner"}', ValueError, "kind must be one of ['inner', 'outer', 'tally'] for toy, got 'innner'"),
        ('{"rate":1}', TypeError, "expected an object with a kind for toy, got {'rate': 1}"),
        ("[1]", TypeError, "expected an object with a kind for toy, got [1]"),
        ('{"kind":', ValueError, "expected JSON, got text that fails at"),
        ('{"kind":"inner","rate":NaN}', ValueError, "rate must be finite, got nan"),
    ],
)
def test_bad_text_is_named(text: str, error: type[Exception], message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match="^" + re.escape(message)):
        Toy.from_json(text)
    path = tmp_path / "setting.json"
    path.write_text(text)
    with pytest.raises(error, match="^" + re.escape(f"{path}: {message}")):
        Toy.from_file(path)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"cost must be given for Outer, got the fields \[\]"):
        Toy.from_json('{"kind":"outer"}')


def test_files_in_both_formats(tmp_path: Path) -> None:
    as_json, as_toml = tmp_path / "setting.json", tmp_path / "setting.toml"
    as_json.write_text(FULL.to_json(indent=2))
    as_toml.write_text(
        'kind = "outer"\ncost = 4\ncount = 3\nflag = true\nname = "hard"\nrule = "any"\n'
        "steps = [1, 10, 100]\nvalues = [0.1, 0.2]\ncounts = [1, 2, 3]\n"
        '[inner]\nkind = "inner"\nrate = 0.25\n'
    )
    assert Toy.from_file(as_json) == Toy.from_file(str(as_toml)) == FULL


@pytest.mark.parametrize(
    ("content", "message"),
    [(b'kind = "inner"\nrate = ', "Invalid value"), (b'kind = "inner"\nrate = "\xff"', "utf-8")],
)
def test_a_broken_file_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "setting.toml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="^" + re.escape(f"{path}: ") + f".*{message}"):
        Toy.from_file(path)
    with pytest.raises(FileNotFoundError, match=r"absent\.toml"):
        Toy.from_file(tmp_path / "absent.toml")
