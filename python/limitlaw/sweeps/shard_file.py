"""The file of one or more shards: where it lies, how it is written whole or not at all, and how damage shows."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from limitlaw._spec import canonical, digest
from limitlaw.errors import StoreError
from limitlaw.sweeps.plan import Plan, Shard
from limitlaw.sweeps.versions import versions

__all__ = [
    "Entry",
    "column_digests",
    "content_digest",
    "entry_of",
    "find_shard",
    "frame_digest",
    "read_shards",
    "shard_path",
    "write_shards",
    "write_whole",
]

#: What the footer says of a shard: its points, its rows, the digest of each column, and what computed it.
Entry = dict[str, Any]


def shard_path(folder: Path, plan: Plan, shard: Shard) -> Path:
    """Where the file of some points lies: 256 folders, so that none holds too many files."""
    name = f"{plan.id}-{plan.replicate}-{shard.first:012d}-{shard.last:012d}.parquet"
    return folder / "shards" / f"{shard.first // plan.size % 256:02x}" / name


def find_shard(folder: Path, plan: Plan, shard: Shard) -> Path | None:
    """The file that holds a shard, by its name and not by a listing: its own, or one that ``compact`` has made."""
    points, span = len(plan.grid), plan.size
    while True:
        first = shard.first // span * span
        path = shard_path(folder, plan, Shard(first, min(first + span, points)))
        if path.exists():
            return path
        if span >= points:
            return None
        span *= 2


def entry_of(shard: Shard, frame: pl.DataFrame) -> Entry:
    """The entry of a shard that was computed here."""
    return {
        "first": shard.first,
        "last": shard.last,
        "rows": frame.height,
        "columns": column_digests(frame),
        "made_by": versions(),
    }


def write_shards(folder: Path, plan: Plan, shards: Sequence[tuple[Entry, pl.DataFrame]]) -> Path:
    """Write neighbouring shards to one file, whole or not at all.

    Raises:
        StoreError: It cannot be written: no space, no permission, a limit on file sizes.
    """
    entries = [entry for entry, _ in shards]
    path = shard_path(folder, plan, Shard(entries[0]["first"], entries[-1]["last"]))
    buffer = io.BytesIO()
    footer = canonical({"id": plan.id, "replicate": plan.replicate, "shards": entries})
    pl.concat([frame for _, frame in shards]).write_parquet(buffer, metadata={"limitlaw": footer})
    write_whole(path, buffer.getvalue())
    return path


def write_whole(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Put a file in its place, whole or not at all; ``replace=False`` keeps what another process put there first."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace or not _link(beside, path):
                beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        free = ""
        with contextlib.suppress(OSError):
            free = f" ({shutil.disk_usage(path.parent).free} bytes free)"
        raise StoreError(
            f"store cannot be written: {error.strerror or error}: {path}{free}; "
            "what is finished is kept, and the same call resumes"
        ) from error


def _link(beside: Path, path: Path) -> bool:
    """Whether ``path`` is there now, from ``beside`` or from another; False where the file system knows no links."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return True
    except OSError:
        return path.exists()
    return True


def read_shards(
    path: Path, plan: Plan, *, columns: Sequence[str] | None = None
) -> Iterator[tuple[Entry, pl.DataFrame]]:
    """The shards of a file, each checked against the digests in its footer.

    Args:
        path: The file.
        plan: The sweep and replicate that it must be of.
        columns: The columns to read and to check; all of them unless given.

    Raises:
        StoreError: It is damaged, or none of this sweep's; the message says how to compute it again.
        FileNotFoundError: It is not there (any more).
    """
    try:
        data = path.read_bytes()
        footer = json.loads(pl.read_parquet_metadata(io.BytesIO(data))["limitlaw"])
        frame = pl.read_parquet(io.BytesIO(data), columns=None if columns is None else list(columns))
        entries = footer["shards"]
        at, rows = entries[0]["first"], 0
        named = shard_path(path.parents[2], plan, Shard(at, entries[-1]["last"]))
        if (footer["id"], footer["replicate"], path) != (plan.id, plan.replicate, named):
            raise _Damage("not of the points that its name says")
        for entry in entries:
            part = frame.slice(rows, entry["rows"])
            digests = column_digests(part)
            same = digests.items() <= entry["columns"].items() if columns is not None else digests == entry["columns"]
            if entry["first"] != at or not same or part.height != entry["rows"]:
                raise _Damage("not the content that its footer promises")
            yield entry, part
            at, rows = entry["last"], rows + entry["rows"]
        if rows != frame.height:
            raise _Damage("longer than its footer promises")
    except FileNotFoundError:
        raise
    except (GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # whatever a damaged file makes the reader do; a panic of Polars is no Exception
        if not isinstance(error, (Exception, pl.exceptions.PanicException)):
            raise
        problem = str(error) if isinstance(error, _Damage) else f"not readable as a shard ({type(error).__name__})"
        raise StoreError(
            f"store has a damaged file: {path} is {problem}; "
            f"ll.Store({str(path.parents[2])!r}).verify(repair=True) computes it again"
        ) from error


class _Damage(Exception):  # noqa: N818  (the end of a sentence, never seen)
    """What is wrong with a file."""


def content_digest(frame: pl.DataFrame) -> str:
    """BLAKE2b-128 (hex) of all columns in their order: equal for equal bits, in any file."""
    return frame_digest(column_digests(frame))


def frame_digest(columns: dict[str, str]) -> str:
    """The digest of a frame from those of its columns."""
    return digest(canonical(list(columns.items())).encode())


def column_digests(frame: pl.DataFrame) -> dict[str, str]:
    """BLAKE2b-128 (hex) of type, length, nulls and values of each column."""
    return {column.name: _column_digest(column) for column in frame.get_columns()}


def _column_digest(column: pl.Series) -> str:
    state = hashlib.blake2b(digest_size=16)
    nulls = column.null_count()
    state.update(f"{column.dtype}\0{column.len()}\0{nulls}\0".encode())
    values = column
    if nulls:
        state.update(column.is_null().to_numpy().tobytes())
        values = column.drop_nulls()
    if values.is_empty():
        pass
    elif column.dtype.is_nested():
        state.update(json.dumps(values.to_list()).encode())
    elif column.dtype == pl.String:
        state.update(values.str.len_bytes().to_numpy().tobytes())
        state.update(values.str.join("").item().encode())
    else:
        state.update(values.to_physical().to_numpy().tobytes())
    return state.hexdigest()
