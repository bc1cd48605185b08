"""Files as they arrive: settings from TOML and JSON, tables from CSV and Parquet; an error within names the file."""

from __future__ import annotations

import contextlib
import csv
import json
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from limitlaw._arguments import as_path, naming, shown

__all__ = ["holds_names", "parse_json", "read_table", "reading"]

#: How the files of tables end.
_TABLES = (".csv", ".jsonl", ".parquet")
#: Columns that hold names whatever they look like, beside those that end in ``_id``.
_NAMES = {"task", "answer", "cluster", "model", "system", "question", "repository", "id"}


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[Any]:
    """The plain data of a ``.toml`` or ``.json`` file; an error within names the file."""
    path = as_path(path, "path")
    if path.suffix.lower() in (*_TABLES, ".eval"):
        raise ValueError(
            f"{path}: expected settings, a .toml or .json file, got a table: a log of attempts is taken as it is by "
            "limitlaw check, recommend, best and solve; a scenario's file names it (kind = 'recorded' and file = "
            f"{path.name!r} under [tasks]); Tasks.from_attempts(read_attempts(path)) makes tasks of it"
        )
    with naming(path):
        text = path.read_text(encoding="utf-8-sig")
        yield _parse_toml(text) if path.suffix.lower() == ".toml" else parse_json(text)


def parse_json(text: str) -> Any:
    """What JSON says, in which every key stands once."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("expected JSON, got text that is nested too deep") from None
    except _RepeatedKey as error:
        raise ValueError(f"expected every key once, got {shown(error.args[0])} twice") from None
    except ValueError as error:
        raise ValueError(f"expected JSON, got text that fails at {error}") from None


def read_table(path: Path, names: Collection[str | None] = ()) -> pl.DataFrame:
    """A table from a ``.csv``, ``.jsonl`` or ``.parquet`` file, in which every column has a name of its own.

    A column of a ``.csv`` file has the type that all its rows have. One of names is text unless all of them are written
    as numbers are: 1 and 2 are numbers, 001 and 1 two texts.

    Args:
        path: The file.
        names: Columns of names, beside those that are usually called so.

    Raises:
        ValueError: Another ending, a column named twice, or what no reader takes; the message names the file.
    """
    ending = path.suffix.lower()
    if ending not in _TABLES:
        raise ValueError(f"a frame must be a .csv, .jsonl or .parquet file, got {path.name!r}")
    try:
        if ending == ".parquet":
            return pl.read_parquet(path, glob=False)
        if ending == ".jsonl":
            with path.open(encoding="utf-8-sig") as lines:
                rows = [_object(path, at, line) for at, line in enumerate(lines, 1) if line.strip()]
            return pl.DataFrame(rows, infer_schema_length=None, strict=False)
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        repeated = [name for name in dict.fromkeys(header) if header.count(name) > 1]
        if repeated:
            raise ValueError(f"{path}: every column must have a name of its own, got {shown(repeated[0])} twice")
        named = [name for name in header if holds_names(name, names)]
        texts = dict.fromkeys(named, pl.String)
        frame = _typed(path, texts)
        return frame.with_columns(_as_written(frame[name]) for name in named)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read: {str(error).partition(chr(10))[0]}") from error


def holds_names(column: str, names: Collection[str | None]) -> bool:
    """Whether a column is one of names: of these, or called as such are."""
    return column in _NAMES or column.endswith("_id") or column in names


def _typed(path: Path, texts: dict[str, Any]) -> pl.DataFrame:
    """A ``.csv`` file whose columns have the types that all rows have: the first rows tell numbers, if they do."""
    with contextlib.suppress(pl.exceptions.PolarsError):
        frame = pl.read_csv(path, glob=False, schema_overrides=texts)
        if all(kind != pl.String for name, kind in frame.schema.items() if name not in texts):
            return frame
    return pl.read_csv(path, glob=False, infer_schema_length=None, schema_overrides=texts)


def _as_written(names: pl.Series) -> pl.Series:
    """Names as numbers or booleans, where these are written as the names are; else the text."""
    if names.is_in(["true", "false"]).all() and names.null_count() < len(names):
        return (names == "true").alias(names.name)
    kinds = (pl.Int64, pl.Float64)
    made = (names.cast(kind, strict=False) for kind in kinds)
    return next((one for one in made if one.cast(pl.String).equals(names) and one.is_not_null().any()), names)


def _object(path: Path, at: int, line: str) -> dict[str, Any]:
    """One line of a ``.jsonl`` file."""
    with naming(f"{path}: line {at}"):
        row = parse_json(line)
    if isinstance(row, dict):
        return row
    raise ValueError(f"{path}: line {at} must be a JSON object, got {shown(row)}")


class _RepeatedKey(Exception):  # noqa: N818  (its message is made where it is caught)
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKey(next(name for name in names if names.count(name) > 1))
    return found


def _parse_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("expected TOML, got text that is nested too deep") from None
