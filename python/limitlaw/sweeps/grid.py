"""A grid: a scenario with some settings replaced by lists of values; its points have a fixed order and an index."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_whole, is_sequence, listed, shown
from limitlaw._spec import Spec, coerce_field
from limitlaw._unused import is_quiet, quietly, warn_unused
from limitlaw.exhaustion.families import Constant
from limitlaw.sweeps.kind import Kind
from limitlaw.sweeps.kinds import kind_of, scenario_class

__all__ = ["Grid"]

#: The most points of a grid.
MAX_POINTS = 2**53
#: Points of a grid that are looked at for axes without effect, where a scenario has at most so many characters.
_PROBED = 16
_MOST_PROBED = 20_000


class Grid:
    """The points of a sweep.

    Args:
        scenario: The base scenario.
        axes: The values of each swept setting, by its dotted path into the settings of the scenario:
            ``{"verifier.false_positive_rate": [0.0, 0.01, 0.1]}``. Items of a sequence are named by their place:
            ``policies.0.fallback``. A whole setting may be swept too: ``{"verifier": [ll.Verifier.perfect(), ...]}``.
        zip: Groups of paths whose axes advance together instead of multiplying. An axis that multiplies stands alone.

    The order of the points is that of nested loops over the groups in the order given, the last one fastest; a group
    stands where its first axis does.

    Raises:
        ValueError: A path leads to no setting, two paths overlap, an axis is empty, zipped axes differ in length, or a
            value is not one that the setting can have. Whether *combinations* of values fit together is seen when a
            point is expanded: a bad point becomes a row with its error.
        TypeError: A value has the wrong type.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> grid = ll.Grid(
        ...     scenario, {"verifier.false_positive_rate": [0.0, 0.1], "verifier.false_negative_rate": [0.0, 0.2, 0.4]}
        ... )
        >>> len(grid)
        6
        >>> grid.values(4)
        {'verifier.false_positive_rate': 0.1, 'verifier.false_negative_rate': 0.2}
    """

    def __init__(
        self,
        scenario: Spec,
        axes: Mapping[str, Sequence[Any] | npt.NDArray[Any] | pl.Series],
        *,
        zip: Sequence[Sequence[str]] = (),  # noqa: A002
    ) -> None:
        kind_of(scenario)
        self.scenario = scenario
        if not isinstance(axes, Mapping):
            raise TypeError(f"axes must map paths to values, got {shown(axes)}")
        self.axes: dict[str, tuple[Any, ...]] = {
            path: tuple(_values(scenario, path, values)) for path, values in axes.items()
        }
        _check_overlap(list(self.axes))
        self.kind.check_axes(scenario, self.axes)
        self.groups = _groups(self.axes, zip)
        self.part = (0, 1)
        self._shown: dict[str, pl.Series] = {}
        self._texts: dict[str, str] = {}
        if len(self) >= MAX_POINTS:
            raise ValueError(f"axes must span fewer than 2**53 points, got {len(self)}")
        self._warn_unused()

    def _warn_unused(self) -> None:
        """Warn of axes that have no effect at any of a few points spread over the grid."""
        if is_quiet():
            return
        count = min(len(self), _PROBED) if len(self.scenario.to_json()) <= _MOST_PROBED else 0
        idle: dict[str, str] | None = None
        for i in range(count):
            with contextlib.suppress(ValueError, TypeError), quietly():  # a bad point becomes a row with its error
                here = self.point(len(self) * i // count).unused(self.axes)
                idle = here if idle is None else {name: user for name, user in idle.items() if name in here}
            if idle == {}:
                return  # all have an effect at one of the points
        warn_unused("Grid", idle or {})

    @property
    def kind(self) -> Kind:
        """What sweeps know of scenarios like this one."""
        return kind_of(self.scenario)

    def __len__(self) -> int:
        """The number of points of the whole grid."""
        return math.prod(self._lengths())

    def __eq__(self, other: object) -> bool:
        """Whether both have the same points in the same order, and are the same part of them."""
        return isinstance(other, Grid) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[Spec, str, tuple[int, int]]:
        return self.scenario, self.wire(), self.part

    def __repr__(self) -> str:
        axes = ", ".join(f"{path}: {len(values)}" for path, values in self.axes.items())
        part = "" if self.part == (0, 1) else f", shard {self.part[0]} of {self.part[1]}"
        return f"Grid({len(self)} points; {axes}{part})"

    def _lengths(self) -> list[int]:
        return [len(self.axes[group[0]]) for group in self.groups]

    def strides(self) -> list[int]:
        """How many points apart two neighbouring values of each group are."""
        lengths = self._lengths()
        return [math.prod(lengths[i + 1 :]) for i in range(len(lengths))]

    def values(self, point: int) -> dict[str, Any]:
        """The values of the swept settings at a point."""
        point = as_whole(point, "point", 0, len(self) - 1)
        found = {}
        for group, stride, length in zip(self.groups, self.strides(), self._lengths(), strict=True):
            for path in group:
                found[path] = self.axes[path][point // stride % length]
        return {path: found[path] for path in self.axes}

    def point(self, point: int) -> Spec:
        """The scenario of a point, made and checked like any other.

        Raises:
            ValueError: The values of this point do not fit together.

        Example:
            >>> import limitlaw as ll
            >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
            >>> ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.1]}).point(1).verifier
            RatesVerifier(false_positive_rate=0.1, false_negative_rate=0.0)
        """
        settings = json.loads(self.scenario.to_json())
        for path, value in self.values(point).items():
            at, steps = settings, path.split(".")
            for step in steps[:-1]:
                at = at[int(step) if isinstance(at, list) else step]
            at[int(steps[-1]) if isinstance(at, list) else steps[-1]] = encode(value)
        with quietly():
            return type(self.scenario).from_data(settings)

    def shard(self, i: int, *, of: int) -> Grid:
        """Every ``of``-th shard from the ``i``-th on: a part of the same sweep for one of ``of`` machines.

        Args:
            i: Which part, from 0 to ``of - 1``.
            of: The number of parts.

        Returns:
            A grid of the same points and the same identity, of which ``sweep`` runs only this part. Together the parts
            are the whole: give each its own store and ``combine`` them, or one store in a shared folder. Shards are so
            small that every part has one, where there are as many points; so ``of`` is the same for all parts.
        """
        of = as_whole(of, "of", 1, MAX_POINTS)
        part = copy.copy(self)
        part.part = (as_whole(i, "i", 0, of - 1), of)
        return part

    def axis_columns(self, points: npt.NDArray[np.int64]) -> dict[str, pl.Series]:
        """The values of the swept settings at the given points, one series per axis."""
        columns = {}
        for group, stride, length in zip(self.groups, self.strides(), self._lengths(), strict=True):
            digits = points // stride % length
            for path in group:
                columns[path] = self._column(path)[digits]
        return {path: columns[path] for path in self.axes}

    def _column(self, path: str) -> pl.Series:
        if path not in self._shown:
            self._shown[path] = axis_column(self.axes[path])
        return self._shown[path]

    def window(self, first: int, last: int) -> tuple[Grid, int]:
        """A smaller grid that holds points ``first`` to ``last - 1``, and the index of its first point.

        A worker needs no more of the first group than its shard touches: a million zipped values stay at home.
        """
        if not self.groups:
            return self, 0
        stride = self.strides()[0]
        low, high = first // stride, (last - 1) // stride + 1
        small = copy.copy(self)
        outer = self.groups[0]
        small.axes = {path: values[low:high] if path in outer else values for path, values in self.axes.items()}
        # The text of a value depends on all values of its axis; what windows share is made once.
        small._shown = {p: self._column(p)[low:high] if p in outer else self._column(p) for p in self.axes}  # noqa: SLF001
        small._texts = {p: self._text(p) for p in self.axes if p not in outer}  # noqa: SLF001
        return small, low * stride

    def wire(self) -> str:
        """The groups of axes as the core reads them."""
        axes = {path: f'{{"path":{json.dumps(path)},"values":{self._text(path)}}}' for path in self.axes}
        groups = (",".join(axes[path] for path in group) for group in self.groups)
        return f"[{','.join(f'[{group}]' for group in groups)}]"

    def _text(self, path: str) -> str:
        """The values of an axis as JSON."""
        if path not in self._texts:
            values = [encode(v) for v in self.axes[path]]
            self._texts[path] = json.dumps(values, separators=(",", ":"), allow_nan=False)
        return self._texts[path]

    def to_data(self) -> dict[str, Any]:
        """The grid as plain data for a manifest: ``from_data`` reads it back."""
        return {
            "scenario": json.loads(self.scenario.to_json()),
            "axes": [[path, [encode(v) for v in values]] for path, values in self.axes.items()],
            "zip": [list(group) for group in self.groups if len(group) > 1],
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Grid:
        """The grid that ``to_data`` wrote, or the same keys of a file in which ``axes`` may be a table."""
        if not isinstance(data, Mapping) or not {"scenario", "axes"} <= set(data):
            raise TypeError(f"data must be what to_data gives, with scenario and axes, got {shown(data)}")
        scenario = scenario_class(data["scenario"]).from_data(data["scenario"])
        return cls(scenario, dict(data["axes"]), zip=data.get("zip", ()))


def encode(value: Any) -> Any:
    """A value of an axis as plain data."""
    if isinstance(value, Spec):
        return json.loads(value.to_json())
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [encode(v) for v in value]
    return value


def axis_column(values: Sequence[Any]) -> pl.Series:
    """The values of an axis as a column: numbers and text as they are, settings by their text, arrays as lists."""
    values = [v.value if isinstance(v, Constant) else v for v in values]
    if any(isinstance(v, Spec) for v in values) or any(isinstance(v, tuple) for v in values):
        texts = [None if v is None else str(v) for v in values]
        repeated = len(set(texts)) < len(texts)
        return pl.Series([f"{i}: {t}" for i, t in enumerate(texts)] if repeated else texts, dtype=pl.String)
    if any(isinstance(v, np.ndarray) for v in values):
        lists = [v if isinstance(v, np.ndarray) or v is None else np.array([v]) for v in values]
        kind = pl.Int64 if all(v is None or v.dtype.kind == "i" for v in lists) else pl.Float64
        return pl.Series([None if v is None else v.tolist() for v in lists], dtype=pl.List(kind))
    plain: tuple[tuple[type, Any], ...] = ((bool, pl.Boolean), (int, pl.Int64), (str, pl.String))
    for scalar, dtype in plain:
        if all(v is None or type(v) is scalar for v in values):
            return pl.Series(values, dtype=dtype)
    if all(v is None or type(v) in (int, float) for v in values):
        return pl.Series(values, dtype=pl.Float64)
    return pl.Series([None if v is None else str(v) for v in values], dtype=pl.String)


def _values(scenario: Spec, path: str, values: Any) -> list[Any]:
    """The values of an axis as the type that the setting declares."""
    owner, name = _owner(scenario, path)
    if not is_sequence(values):
        raise TypeError(f"{path} must be a sequence of values, got {shown(values)}")
    values = list(values)
    if not values:
        raise ValueError(f"{path} must have at least one value, got none")
    return [_value(owner, name, value, f"{path}[{i}]") for i, value in enumerate(values)]


def _value(owner: Any, name: str, value: Any, label: str) -> Any:
    """A value as the setting's type; what is wrong within a whole setting is said with its place among the values."""
    try:
        return coerce_field(owner, name, value, label)
    except (TypeError, ValueError) as error:
        if str(error).startswith(label):
            raise
        raise type(error)(f"{label}: {error}") from None


def _owner(scenario: Spec, path: str) -> tuple[Any, str]:
    """The setting that holds what a path leads to, and the name in it; a sequence is named by the field it is in."""
    if not isinstance(path, str) or not path:
        raise TypeError(f"axes must have dotted paths as keys, got {shown(path)}")
    at: Any = scenario
    *steps, last = path.split(".")
    for i, step in enumerate(steps):
        at = _step(at, step, path)
        if at is None:
            above = ".".join(steps[: i + 1])
            raise ValueError(
                f"{_axis(path)} must lead into a setting that the base scenario has, got {above}, which is None"
            )
    _step(at, last, path)
    return at, last


def _axis(path: str) -> str:
    """An axis whose path may be anything."""
    return f"axes[{shown(path)}]"


def _step(at: Any, step: str, path: str) -> Any:
    if isinstance(at, tuple):
        if not (step.isascii() and step.isdecimal() and int(step) < len(at)):
            raise ValueError(f"{_axis(path)} must name one of {len(at)} items by its place from 0, got {shown(step)}")
        return at[int(step)]
    if not isinstance(at, Spec):
        raise TypeError(f"{_axis(path)} must lead to a setting, got a step {shown(step)} into {shown(at)}")
    fields = [field.name for field in dataclasses.fields(at)]
    if step not in fields:
        expected = f"lead to a setting: {type(at).__name__} has {listed(fields, step)}"
        raise ValueError(f"{_axis(path)} must {expected}, got {shown(step)}")
    return getattr(at, step)


def _check_overlap(paths: list[str]) -> None:
    for path in paths:
        for other in paths:
            if other.startswith(f"{path}."):
                raise ValueError(f"axes must not overlap: {other} is part of {path}")


def _groups(axes: dict[str, tuple[Any, ...]], zipped: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    if not is_sequence(zipped) or not all(map(is_sequence, zipped)):
        raise TypeError(f"zip must be a sequence of groups of paths, got {shown(zipped)}")
    groups = [tuple(group) for group in zipped]
    named = [path for group in groups for path in group]
    for path in named:
        if not isinstance(path, str) or path not in axes:
            raise ValueError(f"zip must name axes of the grid ({listed(list(axes))}), got {shown(path)}")
        if named.count(path) > 1:
            raise ValueError(f"zip must name an axis once, got {path!r} twice")
    for group in groups:
        lengths = {path: len(axes[path]) for path in group}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"zip must group axes of one length, got {lengths}")
    ordered: list[tuple[str, ...]] = []
    for path in axes:
        group = next((g for g in groups if path in g), (path,))
        if group not in ordered:
            ordered.append(group)
    return tuple(ordered)
