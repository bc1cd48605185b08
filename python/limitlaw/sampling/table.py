"""Observed counts, from a frame with a row per task; what is said of each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from limitlaw._arguments import as_column, shown

#: What is said of each task, where they are known one by one.
COLUMNS = ("weight", "cluster", "names")


def said_of_each(tasks: Any) -> dict[str, Any]:
    """Those columns of tasks, for others in their place."""
    return {name: getattr(tasks, name) for name in COLUMNS}


def counts(
    frame: pl.DataFrame,
    columns: Mapping[str, str | None],
    task: str | None,
    weight: str | None,
    cluster: str | None,
) -> dict[str, Any]:
    """The fields of a pool where ``accepted`` is among the columns, else of counts."""
    names = None if task is None else [str(name) for name in as_column(frame, "task", task, of="names")]
    if names is not None and (again := _repeated(names)) is not None:
        summed = [column for column in columns.values() if column is not None]
        line = _summing_line(frame, task, str(columns["attempts"]), summed, [weight, cluster])
        raise ValueError(f"task must name each task once, got {again}: sum the rows of a task first, {line}")
    counted = {name: column for name in ("attempts", "correct") if (column := columns[name]) is not None}
    fields: dict[str, Any] = {name: as_column(frame, name, column) for name, column in counted.items()}
    fields["weight"] = None if weight is None else as_column(frame, "weight", weight, of="numbers")
    fields["cluster"] = None if cluster is None else as_column(frame, "cluster", cluster, of="names")
    fields["names"] = names
    accepted, right = columns["accepted"], columns["accepted_correct"]
    if accepted is None:
        if right is not None:
            raise ValueError(f"accepted must be named with accepted_correct ({shown(right)}), got None")
        if columns["correct"] is None:
            raise ValueError("correct must be the name of a column where accepted is not named, got None")
        return fields
    if right is None:
        raise ValueError(f"accepted_correct must be named with accepted ({shown(accepted)}), got None")
    fields["accepted"] = as_column(frame, "accepted", accepted)
    fields["accepted_correct"] = as_column(frame, "accepted_correct", right)
    return fields


def check_names(names: Sequence[str] | None) -> None:
    """Whether each name stands once."""
    if names is not None and (again := _repeated(names)) is not None:
        raise ValueError(f"names must name each task once, got {again}: sum the counts of a task first")


def _repeated(names: Sequence[str]) -> str | None:
    """The first name that comes back, in words; none where all differ."""
    if len(set(names)) == len(names):
        return None
    first: dict[str, int] = {}
    again = next(i for i, name in enumerate(names) if first.setdefault(name, i) != i)
    return f"{shown(names[again])} in rows {first[names[again]]} and {again} (from 0; {len(set(names))} names in all)"


def _summing_line(
    frame: pl.DataFrame, task: str | None, attempts: str, counts: list[str], own: list[str | None]
) -> str:
    """The line that makes one row per task of a frame; each row is an attempt where no column counts them."""
    terms = []
    if attempts not in frame.columns:
        terms.append(f"pl.len().alias({attempts!r})")
        counts = [name for name in counts if name != attempts]
    if counts:
        terms.append(f"pl.col({', '.join(map(repr, counts))}).sum()")
    terms += [f"pl.col({column!r}).first()" for column in own if column is not None]
    return f"frame.group_by({task!r}, maintain_order=True).agg({', '.join(terms)})"
