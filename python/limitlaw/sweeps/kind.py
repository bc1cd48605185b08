"""What a sweep knows of a kind of scenario: its frames, their columns, its costs, and how rows are named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

if TYPE_CHECKING:
    from limitlaw._spec import Spec

__all__ = ["Frame", "Kind", "Points", "labelled", "whole"]


class Points(Protocol):
    """What the columns that name a row need to know of a grid."""

    @property
    def scenario(self) -> Spec:
        """The scenario that the axes change."""

    @property
    def axes(self) -> Mapping[str, Any]:
        """The values by path."""

    def values(self, point: int) -> dict[str, Any]:
        """The values of one point by path."""

    def point(self, point: int) -> Spec:
        """The scenario of one point."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """One frame of a kind's result: what its rows and columns are.

    Args:
        columns: Every result column.
        default: The result columns of a sweep that names none.
        targets: The columns that adaptive precision can be asked for; the first is meant where none is named.
        mergeable: Whether a column is a mean over trials, so that replicates merge.
        keys: The columns that name a row, given (the grid, the rows' points, the core's columns of whole numbers).
        rows: Rows of one point of a scenario.
        ratios: Ratio columns that merge over replicates, with the column they are relative to.
        shares: Columns that are shares of independent draws, with the column of their standard error.
    """

    columns: tuple[str, ...]
    default: tuple[str, ...]
    targets: tuple[str, ...]
    mergeable: Callable[[str], bool]
    keys: Callable[[Points, Any, list[Any]], dict[str, pl.Series]]
    rows: Callable[[Any], int]
    ratios: dict[str, str] = dataclasses.field(default_factory=dict)
    shares: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of scenario. The core runs its points under ``name``; the rest is what frames and shards need.

    Args:
        name: What the core calls it.
        scenario: The class of its settings.
        methods: How its points can be computed.
        frames: The frames of its result by name; the first is the default.
        samplers: How numbers can be drawn; the first is the default.
        max_trials: The most trials of a point.
        cost: Elementary steps of one point, given (scenario, trials or ``None``, the name of the frame).
        exists: Whether a column can exist at some point, given (scenario, axes, the name of the column).
        check_axes: Raises where the points would differ in their columns, given (scenario, axes).
    """

    name: str
    scenario: type[Spec]
    methods: tuple[str, ...]
    frames: dict[str, Frame]
    samplers: tuple[str, ...]
    max_trials: int
    cost: Callable[[Any, int | None, str], float]
    exists: Callable[[Any, Mapping[str, Sequence[Any]], str], bool] = lambda _scenario, _axes, _name: True
    check_axes: Callable[[Any, Mapping[str, Sequence[Any]]], None] = lambda _scenario, _axes: None


def whole(column: Any) -> pl.Series:
    """A column of whole numbers from the core, in which a failed point has -1."""
    series = pl.Series(column)
    return series.set(series < 0, None) if column.min(initial=0) < 0 else series


def labelled(labels: Sequence[str], codes: Any) -> pl.Series:
    """Labels by their number; null where it is -1."""
    shown: pl.Series = pl.Series([*labels, None], dtype=pl.Enum(labels))[codes % (len(labels) + 1)]
    return shown
