"""One verb for logs of any kind: a frame with one row per attempt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from limitlaw._arguments import as_path, check_choice, is_sequence, shown
from limitlaw._files import holds_names, read_table
from limitlaw.logs.harness import HARNESSES, Row, lines, recognised

#: The harnesses whose logs are read; a table may come from anywhere.
Harness = Literal["inspect", "lm_eval", "evalplus", "swe_bench", "tau_bench", "promptfoo", "table"]

#: The columns of a log, in order, with their types.
_COLUMNS = {
    "task": pl.String,
    "attempt": pl.Int64,
    "correct": pl.Boolean,
    "accepted": pl.Boolean,
    "answer": pl.String,
    "score": pl.Float64,
    "tokens": pl.Float64,
    "cost": pl.Float64,
    "seconds": pl.Float64,
    "error": pl.String,
}


def read_attempts(
    path: str | Path | Sequence[str | Path],
    *,
    harness: Harness | None = None,
    metric: str | None = None,
    filter_key: str | None = None,
    names: Sequence[str] = (),
) -> pl.DataFrame:
    """Read the log of an evaluation as one row per attempt, for ``Tasks.from_attempts``.

    - ``"inspect"``: ``.eval`` or ``.json``, each epoch of a sample, with its output tokens, its seconds and the answer
      of its score. A sample that failed before it was scored has a null ``correct`` and its ``error``.
    - ``"lm_eval"``: ``samples_<task>_<time>.jsonl``, each document under one filter.
    - ``"evalplus"``: ``*_eval_results.json``; the base tests are the verdict (``accepted``), base and plus tests
      together the truth.
    - ``"swe_bench"``: the report of a run, each submitted instance.
    - ``"tau_bench"``: the trajectories of a run, each trial of a task.
    - ``"promptfoo"``: the results of one provider and prompt; equal variables are one task.
    - ``"table"``: ``.csv``, ``.parquet`` or ``.jsonl``, the columns as they are; where a row is a task, columns of
      lists become one row per attempt.

    Args:
        path: A file, or several of one harness: further files are further attempts at the tasks that they share.
        harness: Where the file is from; recognised unless given.
        metric: The scorer of Inspect or the metric of lm-eval that says what is correct, where there are several.
        filter_key: The filter of lm-eval, where there are several.
        names: Columns of a ``.csv`` file that hold names, beside ``task``, ``answer``, ``cluster``, ``model``,
            ``system``, ``question``, ``repository``, ``id`` and what ends in ``_id``. Names are numbers where all are
            written as numbers are, else text: 001 is not 1.

    Returns:
        ``task``, ``attempt`` (its number within the task, from 0), ``correct``, and of ``accepted``, ``answer``,
        ``score``, ``tokens`` (output), ``cost``, ``seconds`` and ``error`` those that some attempt has. Of a table, its
        own columns (a column ``attempt`` of whole numbers goes on counting from file to file).

    Raises:
        ValueError: A file is of no known kind, is named twice, or has no such metric or filter; the message names file
            and field.
        TypeError: A field has another type than its harness writes.
        FileNotFoundError: There is no such file.

    Example:
        >>> import limitlaw as ll, json, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "trajectories.json"
        >>> _ = path.write_text(json.dumps([{"task_id": 0, "trial": t, "reward": float(t % 2)} for t in range(4)]))
        >>> ll.read_attempts(path)["correct"].to_list()
        [False, True, False, True]
    """
    if harness is not None:
        check_choice(harness, "harness", (*HARNESSES, "table"))
    for name, value in (("metric", metric), ("filter_key", filter_key)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} must be text, got {shown(value)}")
    if not is_sequence(names) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"names must be a list of columns, got {shown(names)}")
    given: Sequence[object] = path if is_sequence(path) else [path]  # type: ignore[assignment]
    paths = [as_path(one, "path" if one is path else f"path[{i}]") for i, one in enumerate(given)]
    if not paths:
        raise ValueError("path must name a file, got none")
    twice = [one for i, one in enumerate(paths) if one.resolve() in {other.resolve() for other in paths[:i]}]
    if twice:
        raise ValueError(f"path must name every file once, got {twice[0]} twice: its attempts would count twice")
    known = [harness or recognised(one) or "table" for one in paths]
    if len(set(known)) > 1:
        raise ValueError(f"path must be files of one harness, got {sorted(set(known))}")
    if known[0] == "table":
        return _joined([_table(one, names) for one in paths], names)
    rows = [row for one in paths for row in HARNESSES[known[0]](one, metric, filter_key)]
    if not rows:
        raise ValueError(f"path must be a log with attempts, got none in {paths[0]}")
    return _frame(rows)


def _joined(tables: list[pl.DataFrame], names: Sequence[str]) -> pl.DataFrame:
    """Tables one below the other: each numbers its own attempts, so those of a further one are numbered on.

    Names that are of one type here and of another there are texts: as a number true would be 1.
    """
    for column in {name for table in tables for name in table.columns if holds_names(name, names)}:
        kinds = {table.schema[column] for table in tables if column in table.columns}
        if len(kinds) > 1 and not any(kind.is_nested() for kind in kinds):
            text = pl.col(column).cast(pl.String)
            tables = [table.with_columns(text) if column in table.columns else table for table in tables]
    begin, found = 0, []
    for table in tables:
        numbered = "attempt" in table.columns and table["attempt"].dtype.is_integer() and len(tables) > 1
        found.append(table.with_columns(pl.col("attempt").cast(pl.Int64) + begin) if numbered else table)
        most: object = table["attempt"].max() if numbered else None
        begin += most + 1 if isinstance(most, int) else 0
    return pl.concat(found, how="diagonal_relaxed")


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as a frame, each with the number of its attempt at the task."""
    count: dict[str, int] = {}
    for row in rows:
        row["attempt"] = count.get(row["task"], 0)
        count[row["task"]] = row["attempt"] + 1
    known = {name: kind for name, kind in _COLUMNS.items() if any(row.get(name) is not None for row in rows)}
    known |= {"correct": pl.Boolean}
    columns = {name: known[name] for name in _COLUMNS if name in known}
    answers = (row.get("answer") for row in rows)
    texts = [answer if answer is None or isinstance(answer, str) else json.dumps(answer) for answer in answers]
    values = {name: texts if name == "answer" else [row.get(name) for row in rows] for name in columns}
    return pl.DataFrame(values, schema=columns)


def _table(path: Path, names: Sequence[str]) -> pl.DataFrame:
    """A table; columns of lists become rows."""
    if path.suffix.lower() == ".jsonl":
        entries = list(lines(path))
        try:
            frame = pl.DataFrame([entry.data for entry in entries], infer_schema_length=None)
        except (pl.exceptions.PolarsError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise ValueError(f"{path} must have values of one type in every column: {reason}") from None
    else:
        frame = read_table(path, names)
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    if not lists:
        return frame
    lengths = frame.select(pl.col(name).list.len() for name in lists)
    for at, row in enumerate(lengths.iter_rows()):
        if len(set(row)) > 1:
            sizes = ", ".join(f"{name} {size}" for name, size in zip(lists, row, strict=True))
            raise ValueError(f"{path} must have lists of one length in a row, got {sizes} in row {at} (from 0)")
        if row[0] == 0:
            raise ValueError(
                f"{path} must have an attempt in every row of lists, got none in row {at} (from 0): leave that row out "
                "if its task was not tried"
            )
    return frame.explode(lists)
