"""Recorded attempts, from a frame with a row for each to columns task by task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_column, as_frame, check_choice, listed, numbered, shown
from limitlaw._unused import warn_at_user
from limitlaw.errors import MisfitWarning
from limitlaw.sampling.stopped import warn_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

#: What a log's attempts may have ended with, by its column.
_KINDS = {"correct": "a correct one", "accepted": "an accepted one"}
#: Words that stand for true.
_TRUE = {"true", "t", "yes", "y", "1", "pass", "passed", "ok", "correct", "right", "accept", "accepted"}


def recorded(
    frame: pl.DataFrame,
    task: str,
    correct: str,
    columns: Mapping[str, str | None],
    *,
    bills: Mapping[str, str | None],
    cluster: str | None,
) -> dict[str, Any]:
    """The fields of recorded tasks: ``columns``, ``bills`` and ``cluster`` name the columns that are there."""
    names = as_column(frame, "task", task, of="names")
    if not len(names):
        raise ValueError("frame must have a row for each attempt, got none")
    texts = [str(name) for name in names]
    check_once(frame, task)
    tasks, place = numbered(texts)
    of_flags = {"correct": correct, "accepted": columns["accepted"]}
    given = {name: flags(frame, name, column) for name, column in of_flags.items() if column is not None}
    warn_stopped(frame, place, {_KINDS[name]: given[name] for name in reversed(given)})
    order = np.argsort(place, kind="stable")
    place = place[order]
    fields: dict[str, Any] = {name: column[order] for name, column in given.items()}
    if columns["answer"] is not None:
        fields["answer"] = _answers(frame, columns["answer"], place, order)
    if columns["score"] is not None:
        fields["score"] = as_column(frame, "score", columns["score"], of="numbers")[order].astype(np.float64)
    for name, column in bills.items():
        if column is not None:
            alike = pl.DataFrame({"row": order, "task": place, "correct": fields["correct"]})
            fields[name] = _filled(frame, name, column, alike, task)
    if cluster is not None:
        fields["cluster"] = cluster_names(frame, cluster, texts, tasks)
    return {"attempts": np.bincount(place), **fields, "names": tuple(tasks)}


def cluster_names(frame: pl.DataFrame, column: str, names: list[str], tasks: list[str]) -> list[str]:
    """The cluster of each of the tasks, from a frame whose rows are of the tasks with these names."""
    clusters = [str(one) for one in as_column(frame, "cluster", column, of="names")]
    found: dict[str, str] = {}
    for name, one in zip(names, clusters, strict=True):
        if found.setdefault(name, one) != one:
            raise ValueError(
                f"cluster must be one for all rows of a task, got {shown(found[name])} and {shown(one)} at "
                f"task {shown(name)}"
            )
    return [found[task] for task in tasks]


def settled(frame: pl.DataFrame, flagged: Mapping[str, str | None], missing: str) -> pl.DataFrame:
    """The frame without nulls in the columns of flags: refused, taken for false, or left out row by row."""
    frame = as_frame(frame, "frame")
    check_choice(missing, "missing", ("refuse", "false", "drop"))
    there = {name: column for name, column in flagged.items() if isinstance(column, str) and column in frame.columns}
    if missing == "drop":
        return frame.drop_nulls(list(there.values()))
    for name, column in there.items():
        values = frame[column]
        if values.dtype != pl.Null:
            check_flags(values, name)
        if values.null_count() and missing == "refuse":
            nulls = f"{values.null_count()} nulls in {column!r}, the first in row {values.is_null().arg_max()} (from 0)"
            raise ValueError(
                f"{name} must have a value in every row, got {nulls}: missing='false' takes them for wrong, or "
                "rejected, missing='drop' leaves such attempts out"
            )
        kind, false = (values.dtype, 0) if values.dtype.is_numeric() else (pl.Boolean, False)
        frame = frame.with_columns(values.cast(kind).fill_null(false))
    return frame


def check_once(frame: pl.DataFrame, task: str) -> None:
    """A log that numbers its attempts has each of them once; a copy would count as a further attempt.

    Attempts of several models at one task are no attempts of one, and a warning says so.
    """
    models = _models(frame, task)
    if "attempt" in frame.columns and task != "attempt" and not frame["attempt"].dtype.is_nested():
        both = frame.select(task, "attempt").drop_nulls("attempt")
        copies = both.filter(both.is_duplicated())
        if copies.height:
            name, attempt = copies.row(0)
            why = f", {models}" if models else " (leave the column attempt out if it does not number attempts)"
            raise ValueError(
                f"frame must have every attempt at a task in one row, got attempt {shown(attempt)} at task "
                f"{shown(name)} in several{why}"
            )
    if models is not None:
        warn_at_user(f"frame pools attempts {models}, or leave that column out", MisfitWarning)


def _models(frame: pl.DataFrame, task: str) -> str | None:
    """Which models or systems attempts at one task are of, where a column of that name says that they are several."""
    for column in ("model", "system"):
        if column not in frame.columns or column == task or frame[column].dtype.is_nested():
            continue
        pairs = frame.select(task, column).drop_nulls().unique(maintain_order=True)
        several = pairs.filter(pairs[task].is_duplicated())
        if several.height:
            name = several[task][0]
            first, second = several.filter(several[task] == name)[column].head(2)
            return (
                f"of {column} {shown(first)} and {shown(second)} at task {shown(name)}: take a frame of each, as in "
                f"frame.filter(pl.col({column!r}) == {shown(first)})"
            )
    return None


def flags(frame: pl.DataFrame, name: str, column: str) -> npt.NDArray[np.int64]:
    """A column of booleans, or of 0 and 1."""
    check_flags(_column(frame, name, column), name)
    values = as_column(frame, name, column).astype(np.float64)
    wrong = (values != 0.0) & (values != 1.0)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"{name} must be a column of booleans, or of 0 and 1, got {values[at]:g} in row {at} (from 0)")
    return values.astype(np.int64)


def check_flags(column: pl.Series, name: str) -> None:
    """A column's type is that of flags; of text, the error says how to make some of it."""
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return
    cast = ""
    if column.dtype == pl.String and (texts := column.drop_nulls().unique(maintain_order=True).head(3).to_list()):
        true = next((text for text in texts if text.strip().lower() in _TRUE), texts[0])
        cast = f" ({', '.join(map(shown, texts))}): compare it with what stands for {name}, as in "
        cast += f"pl.col({column.name!r}) == {shown(true)}"
    expected = "a column of booleans, or of 0 and 1"
    raise TypeError(f"{name} must be {expected}, got {column.name!r} of type {column.dtype}{cast}")


def _answers(
    frame: pl.DataFrame, column: str, place: npt.NDArray[np.int64], order: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The number of each answer within its task, in the order in which they come; -1 where it is blank."""
    given = _column(frame, "answer", column)
    if given.dtype.is_float():
        given = given.fill_nan(None)
    if given.dtype == pl.String:
        given = given.to_frame().select(pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column)))[column]
    else:
        texts = [one if one is None or isinstance(one, str) else repr(one) for one in given.to_list()]
        given = pl.Series(texts, dtype=pl.String)
    # A column at once: a long log has a million answers.
    rows = pl.DataFrame({"task": place, "answer": given.gather(order)}).with_row_index("at")
    first = rows.drop_nulls("answer").group_by("task", "answer").agg(pl.col("at").min()).sort("task", "at")
    first = first.select("task", "answer", number=pl.int_range(pl.len(), dtype=pl.Int64).over("task"))
    found = rows.join(first, on=["task", "answer"], how="left", maintain_order="left")["number"]
    return found.fill_null(-1).to_numpy()


def _filled(frame: pl.DataFrame, name: str, column: str, attempts: pl.DataFrame, task: str) -> npt.NDArray[np.float64]:
    """What attempts took, with the mean of others like them where it was not recorded."""
    given, order = _column(frame, name, column), attempts["row"]
    if not given.null_count():
        return np.asarray(as_column(frame, name, column, of="numbers")[order.to_numpy()], dtype=np.float64)
    if given.dtype == pl.Null or not given.dtype.is_numeric():
        raise TypeError(f"{name} must be a column of numbers, got {column!r} of type {given.dtype}")
    data = attempts.with_columns(value=given.gather(order).cast(pl.Float64))
    alike, any_of_task = (pl.col("value").mean().over(*by) for by in (["task", "correct"], ["task"]))
    filled = data.select(pl.coalesce("value", alike, any_of_task))["value"]
    if filled.null_count():
        at = int(order.filter(filled.is_null())[0])
        raise ValueError(
            f"{name} must be known of one attempt of every task at least, got none at the task "
            f"{shown(frame[task][at])} (row {at}, from 0): leave that task out, or the column"
        )
    return filled.to_numpy()


def _column(frame: pl.DataFrame, argument: str, name: str) -> pl.Series:
    as_frame(frame, "frame")
    if not isinstance(name, str) or name not in frame.columns:
        raise ValueError(f"{argument} must name one of the columns {listed(frame.columns, name)}, got {shown(name)}")
    return frame.get_column(name)


def counted(
    attempts: npt.NDArray[np.int64], correct: npt.NDArray[np.int64], accepted: npt.NDArray[np.int64] | None
) -> dict[str, Any]:
    """Recorded attempts as counts."""
    starts = np.concatenate([[0], np.cumsum(attempts)[:-1]])
    if accepted is None:
        accepted = correct
    columns = {"accepted": accepted, "accepted_correct": accepted * correct, "correct": correct}
    return {"attempts": attempts} | {name: np.add.reduceat(kind, starts) for name, kind in columns.items()}
