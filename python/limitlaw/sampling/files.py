"""Tasks of a scenario's file that stand in a table of their own: the file names it, and its columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limitlaw._arguments import check_name, shown
from limitlaw._files import read_table
from limitlaw.sampling.tasks import Tasks

__all__ = ["with_tables"]

_COUNTS = ("attempts", "correct", "task", "weight")
#: By kind of tasks, the keys that name columns.
_COLUMNS = {
    "counts": _COUNTS,
    "pool": (*_COUNTS, "accepted", "accepted_correct"),
    "recorded": ("task", "correct", "answer", "score", "accepted", "tokens", "cost", "seconds"),
}
#: By kind of tasks, the keys that are settings beside a table.
_OTHERS = {"counts": ("posterior", "prior"), "pool": (), "recorded": ("blank", "short")}


def with_tables(data: Any, folder: Path) -> Any:
    """The settings of a scenario in which ``tasks.file`` is read: a path relative to the folder of the settings.

    Args:
        data: Plain data of a scenario.
        folder: Where its file lies.

    Raises:
        ValueError: The table cannot be read, or a key is unknown; the message names it.
        TypeError: A key has the wrong type.
    """
    tasks = data.get("tasks") if isinstance(data, dict) else None
    if not isinstance(tasks, dict) or "file" not in tasks:
        return data
    kind, file = tasks.get("kind"), tasks["file"]
    if not isinstance(kind, str) or kind not in _COLUMNS:
        raise ValueError(f"tasks.kind must be one of {list(_COLUMNS)} beside tasks.file, got {shown(kind)}")
    if not isinstance(file, str):
        raise TypeError(f"tasks.file must be a path as text, got {shown(file)}")
    given = {key: value for key, value in tasks.items() if key not in ("kind", "file")}
    for key, value in given.items():
        check_name(key, "tasks", [*_COLUMNS[kind], *_OTHERS[kind]])
        if key in _COLUMNS[kind] and not isinstance(value, str):
            raise TypeError(f"tasks.{key} must be a column of tasks.file beside it, got {shown(value)}")
    path = folder / file
    if not path.is_file():
        raise ValueError(f"tasks.file must be a file that exists, got {str(path)!r}")
    columns = {key: value for key, value in given.items() if key in _COLUMNS[kind]}
    others = {key: value for key, value in given.items() if key in _OTHERS[kind]}
    frame = read_table(path)
    if kind == "recorded":
        return data | {"tasks": Tasks.from_attempts(frame, **columns, **others)}
    if kind == "pool" and "accepted" not in columns:
        raise ValueError("tasks.accepted must name a column of tasks.file for a pool, got none")
    made: Any = Tasks.from_frame(frame, **columns)
    if others:
        found = {name: getattr(made, name) for name in ("attempts", "correct", "weight", "names")}
        made = Tasks.counts(**found, **others)
    return data | {"tasks": made}
