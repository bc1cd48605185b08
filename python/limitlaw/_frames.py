"""What every result frame ends in and is made of: where its rows come from, labels, values that may not exist."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw import _core

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw._spec import Spec

#: The columns that say where rows come from: the last of a frame.
PROVENANCE = ("trials", "run")
#: Digits of the settings' fingerprint that a row carries: of 10,000 settings two share them with probability .01.
_DIGITS = 8
#: What stands for the seed where nothing was drawn.
_EXACT = "exact"
_WRITTEN = re.compile(r"(exact|[0-9/+]+)-([0-9a-f]+)(?:-(v\w+))?(?:-(\w+))?")


class Alike:
    """A result that equals another of its kind where all that they hold is equal, frames and arrays value by value."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        fields = [field.name for field in dataclasses.fields(self)]  # type: ignore[arg-type]
        return all(_is_alike(getattr(self, name), getattr(other, name)) for name in fields)

    __hash__ = None  # type: ignore[assignment]  # frames have none


def _is_alike(one: Any, other: Any) -> bool:
    if isinstance(one, pl.DataFrame) and isinstance(other, pl.DataFrame):
        return one.equals(other)
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(map(_is_alike, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


@dataclasses.dataclass(frozen=True)
class Run:
    """What the column ``run`` says: ``seed-settings-stream``, ``-sobol`` behind it, or ``exact-settings``.

    Args:
        seed: The seed as text; none where the numbers are exact.
        spec_id: The first digits of the settings' fingerprint.
        stream: The version of the random stream; none where exact.
        sampler: How numbers were drawn.
    """

    seed: str | None
    spec_id: str
    stream: str | None = None
    sampler: str = "philox"

    @property
    def exact(self) -> bool:
        """Whether nothing was drawn."""
        return self.seed is None

    def __str__(self) -> str:
        if self.seed is None:
            return f"{_EXACT}-{self.spec_id}"
        other = "" if self.sampler == "philox" else f"-{self.sampler}"
        return f"{self.seed}-{self.spec_id}-{self.stream}{other}"

    @classmethod
    def read(cls, text: str) -> Run | None:
        """What ``str`` wrote; none where it wrote something else."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            return None
        seed, spec_id, stream, sampler = found.groups()
        return cls(None if seed == _EXACT else seed, spec_id, stream, sampler or "philox")


def run_of(scenario: Spec, *, seed: str | None = None, sampler: str = "philox") -> Run:
    """The run of a scenario under a seed, or its exact solution."""
    return run_named(scenario.fingerprint(), seed=seed, sampler=sampler)


def run_named(fingerprint: str, *, seed: str | None, sampler: str = "philox") -> Run:
    """The run of the settings with that fingerprint."""
    stream = None if seed is None else f"v{_core.STREAM_VERSION.rpartition('-v')[2]}"
    return Run(seed, fingerprint[:_DIGITS], stream, sampler)


def closing(rows: int, run: Run, trials: int | None = None) -> dict[str, pl.Series]:
    """The last columns of a frame: ``trials``, left out where exact, and ``run``."""
    counted = {} if trials is None else {"trials": repeat(trials, rows, pl.Int64)}
    return counted | {"run": repeat(str(run), rows, pl.String)}


def runs_of(frame: pl.DataFrame) -> list[Run]:
    """The runs that a frame's rows come from, as far as it says."""
    if frame.schema.get("run") != pl.String:
        return []
    texts = frame["run"].unique(maintain_order=True).drop_nulls()
    return [run for text in texts if (run := Run.read(text)) is not None]


def repeat(value: object, rows: int, dtype: type[pl.DataType] | pl.DataType) -> pl.Series:
    """A constant column without Polars' query engine, which hangs in a forked child."""
    if isinstance(value, pl.Series):
        return pl.Series([value], dtype=dtype).new_from_index(0, rows)
    return _constant(value, dtype).new_from_index(0, rows)


@lru_cache(maxsize=256)
def _constant(value: object, dtype: type[pl.DataType] | pl.DataType) -> pl.Series:
    return pl.Series([value], dtype=dtype)


def labels(values: Sequence[str], codes: npt.NDArray[Any]) -> pl.Series:
    """Labels by their number."""
    return pl.Series(values, dtype=pl.Enum(list(dict.fromkeys(values)))).gather(codes)


def known(values: npt.NDArray[np.float64]) -> pl.Series:
    """Numbers, null where there is none; named, for Polars names series without a name one by one."""
    return pl.Series("values", values, nan_to_null=True)


def whole(values: npt.NDArray[np.float64]) -> pl.Series:
    """Whole numbers, null where there is none or no end to them."""
    return known(np.where(np.isfinite(values), values, np.nan)).cast(pl.Int64)


def in_order(names: Sequence[str], head: Sequence[str], tail: Sequence[str] = ()) -> list[str]:
    """The names with these first and those last, as far as they are among them."""
    first_names = [name for name in head if name in names]
    last_names = [name for name in tail if name in names and name not in first_names]
    return [*first_names, *(name for name in names if name not in (*first_names, *last_names)), *last_names]


def first(frame: pl.DataFrame, head: Sequence[str], tail: Sequence[str] = ()) -> pl.DataFrame:
    """The frame with these of its columns first, and those last, before where the rows come from."""
    return frame.select(in_order(frame.columns, head, (*tail, *PROVENANCE)))


def ordered(columns: Mapping[str, Any], head: Sequence[str], tail: Sequence[str] = ()) -> pl.DataFrame:
    """A frame of columns in the order of ``first``; a NaN of an array is null."""
    names = in_order(list(columns), head, (*tail, *PROVENANCE))
    return pl.DataFrame(
        {name: known(found) if isinstance(found := columns[name], np.ndarray) else found for name in names}
    )


def with_errors(columns: Sequence[str], all_of: Sequence[str]) -> list[str]:
    """The columns, each mean with its standard error behind it unless that stands elsewhere among them."""
    found = []
    for name in columns:
        error = f"{name}_se"
        found += [name] if error in columns or error not in all_of else [name, error]
    return found
