"""Tasks and labels of a scenario's file that stand in tables of their own: the file names them, and their columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from limitlaw._arguments import check_flag, check_name, shown
from limitlaw._files import read_table
from limitlaw.sampling.table import said_of_each
from limitlaw.sampling.tasks import CountsTasks, Tasks
from limitlaw.sampling.verifier import Verifier

if TYPE_CHECKING:
    import polars as pl

__all__ = ["with_tables"]

_COUNTS = ("attempts", "correct", "task", "weight", "cluster")
#: By kind of tasks, the keys that name columns.
_COLUMNS = {
    "counts": _COUNTS,
    "pool": (*_COUNTS, "accepted", "accepted_correct"),
    "recorded": ("task", "correct", "answer", "score", "accepted", "tokens", "cost", "seconds", "cluster"),
}
#: By kind of tasks, the keys that are settings beside a table.
_OTHERS = {"counts": ("posterior", "prior"), "pool": (), "recorded": ("blank", "short", "missing")}


def with_tables(data: Any, folder: Path) -> Any:
    """The settings of a scenario in which ``tasks.file`` and ``verifier.file`` are read, beside the settings' file.

    Args:
        data: Plain data of a scenario.
        folder: Where its file lies: paths are relative to it.

    Raises:
        ValueError: A table cannot be read, or a key is unknown; the message names it.
        TypeError: A key has the wrong type.
    """
    if not isinstance(data, dict):
        return data
    tasks, verifier = data.get("tasks"), data.get("verifier")
    if isinstance(tasks, dict) and "file" in tasks:
        data = data | {"tasks": _tasks(tasks, folder)}
    if isinstance(verifier, dict) and "file" in verifier:
        data = data | {"verifier": _verifier(verifier, folder)}
    return data


def _table(given: dict[str, Any], name: str, folder: Path) -> pl.DataFrame:
    """The table that a setting names, and its columns of names."""
    file = given["file"]
    if not isinstance(file, str):
        raise TypeError(f"{name}.file must be a path as text, got {shown(file)}")
    path = folder / file
    if not path.is_file():
        raise ValueError(f"{name}.file must be a file that exists, got {str(path)!r}")
    return read_table(path, [given.get(column) for column in ("task", "answer", "cluster")])


def _named(given: dict[str, Any], name: str, columns: tuple[str, ...], others: tuple[str, ...]) -> dict[str, Any]:
    """The keys beside the file, checked: names of columns, and settings."""
    found = {key: value for key, value in given.items() if key not in ("kind", "file")}
    for key, value in found.items():
        check_name(key, name, [*columns, *others])
        if key in columns and not isinstance(value, str):
            raise TypeError(f"{name}.{key} must be a column of {name}.file beside it, got {shown(value)}")
    return found


def _verifier(given: dict[str, Any], folder: Path) -> Verifier:
    """A verifier known by labels."""
    if given.get("kind") != "labelled":
        raise ValueError(f"verifier.kind must be 'labelled' beside verifier.file, got {shown(given.get('kind'))}")
    named = _named(given, "verifier", ("accepted", "correct", "task"), ("independent", "draws"))
    independent = named.pop("independent", False)
    check_flag(independent, "verifier.independent")
    if independent:
        named["task"] = None
    return Verifier.from_labels(_table(given, "verifier", folder), **named)


def _tasks(given: dict[str, Any], folder: Path) -> Tasks:
    """Observed tasks."""
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in _COLUMNS:
        raise ValueError(f"tasks.kind must be one of {list(_COLUMNS)} beside tasks.file, got {shown(kind)}")
    named = _named(given, "tasks", _COLUMNS[kind], _OTHERS[kind])
    columns = {key: value for key, value in named.items() if key in _COLUMNS[kind]}
    others = {key: value for key, value in named.items() if key in _OTHERS[kind]}
    frame = _table(given, "tasks", folder)
    if kind == "recorded":
        return Tasks.from_attempts(frame, **columns, **others)
    if kind == "pool" and "accepted" not in columns:
        raise ValueError("tasks.accepted must name a column of tasks.file for a pool, got none")
    made = Tasks.from_frame(frame, **columns)
    if not others:
        return made
    assert isinstance(made, CountsTasks)  # a pool has no others
    return Tasks.counts(made.attempts, made.correct, **said_of_each(made), **others)
