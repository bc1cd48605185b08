"""The file of a shard: where it lies, how it is written whole or not at all, and how damage shows."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import shutil
from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw import _core
from limitlaw._spec import canonical
from limitlaw.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from limitlaw.sweep.plan import Plan, Shard

__all__ = ["content_digest", "damage", "shard_path", "write_shard", "write_whole"]


def shard_path(folder: Path, plan: Plan, shard: Shard) -> Path:
    """Where a shard lives: 256 folders, so that none holds too many files."""
    name = f"{plan.id}-{plan.replicate}-{shard.first:012d}-{shard.last:012d}.parquet"
    return folder / "shards" / f"{shard.first // plan.size % 256:02x}" / name


def write_shard(folder: Path, plan: Plan, shard: Shard, frame: pl.DataFrame, digest: str | None = None) -> Path:
    """Write a shard whole or not at all; ``digest`` is that of its content, where it is known.

    Raises:
        StoreError: It cannot be written: no space, no permission, a limit on file sizes.
    """
    path = shard_path(folder, plan, shard)
    buffer = io.BytesIO()
    frame.write_parquet(buffer, metadata={"limitlaw": canonical(_footer(plan, shard, frame, digest))})
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


def _footer(plan: Plan, shard: Shard, frame: pl.DataFrame, digest: str | None = None) -> dict[str, Any]:
    return {
        "id": plan.id,
        "replicate": plan.replicate,
        "first": shard.first,
        "last": shard.last,
        "rows": frame.height,
        "stream": _core.STREAM_VERSION,
        "digest": digest or content_digest(frame),
    }


def content_digest(frame: pl.DataFrame) -> str:
    """BLAKE2b-128 (hex) of names, types, nulls and values of all columns: equal for equal bits, in any file."""
    state = hashlib.blake2b(digest_size=16)
    for column in frame.get_columns():
        nulls = column.null_count()
        state.update(f"{column.name}\0{column.dtype}\0{column.len()}\0{nulls}\0".encode())
        values = column
        if nulls:
            state.update(column.is_null().to_numpy().tobytes())
            values = column.drop_nulls()
        if values.is_empty():
            continue
        if column.dtype.is_nested():
            state.update(json.dumps(values.to_list()).encode())
        elif column.dtype == pl.String:
            state.update(values.str.len_bytes().to_numpy().tobytes())
            state.update(values.str.join("").item().encode())
        else:
            state.update(values.to_physical().to_numpy().tobytes())
    return state.hexdigest()


def damage(path: Path, plan: Plan, shard: Shard) -> str | None:
    """What is wrong with a shard's file."""
    try:
        footer = json.loads(pl.read_parquet_metadata(path)["limitlaw"])
        frame = pl.read_parquet(path)
    except Exception as error:  # noqa: BLE001  (whatever a damaged file makes the reader do)
        return f"not readable as a shard ({type(error).__name__})"
    if path != shard_path(path.parents[2], plan, shard):
        return "not in its place"
    if footer != _footer(plan, shard, frame):
        return "not the content that its name and footer promise"
    return None
