"""Which shards of a plan a store has, and in which files: by a listing, by the names of files, or waited for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from limitlaw.errors import StoreError
from limitlaw.sweeps.plan import Plan, Shard
from limitlaw.sweeps.shard_file import find_shard, shard_path

__all__ = ["awaited_files", "files_of", "listed", "units"]

#: How long a frame waits for files that are finished and not to be seen yet, in seconds: network file systems show a
#: new file late.
LATE = 30.0
_LOOK_AGAIN = 0.1


def units(held: Shard, plan: Plan) -> Iterator[Shard]:
    """The shards of a plan in a range of points."""
    for first in range(held.first, held.last, plan.size):
        yield Shard(first, min(first + plan.size, held.last))


def listed(folder: Path, plan: Plan) -> Iterator[tuple[Shard, Path]]:
    """The files of a replicate by their names, each with the points it holds; others are none of ours."""
    prefix, size, points = f"{plan.id}-{plan.replicate}-", plan.size, len(plan.grid)
    for inner in sorted((folder / "shards").glob("??")):
        for entry in os.scandir(inner):
            if not (entry.name.startswith(prefix) and entry.name.endswith(".parquet")):
                continue
            ends = entry.name.removeprefix(prefix).removesuffix(".parquet").split("-")
            if len(ends) == 2 and all(end.isdecimal() for end in ends):  # noqa: PLR2004  (first, last)
                held = Shard(int(ends[0]), int(ends[1]))
                whole = held.last % size == 0 or held.last == points
                if held.first % size == 0 and held.first < held.last <= points and whole:
                    yield held, Path(entry.path)


def files_of(folder: Path, plan: Plan) -> dict[Shard, Path]:
    """The file of every shard that is there: by a listing, and what that does not show by its name."""
    found: dict[Shard, Path] = {}
    for held, path in sorted(listed(folder, plan), key=lambda item: (len(item[0]), item[0])):
        found |= dict.fromkeys(units(held, plan), path)
    for shard in plan.shards():
        if shard not in found and (path := shard_path(folder, plan, shard)).exists():
            found[shard] = path
    return found


def awaited_files(folder: Path, plan: Plan, shards: Sequence[Shard]) -> dict[Shard, Path]:
    """The files of shards that are known to be finished.

    Raises:
        StoreError: Some did not come to be seen.
    """
    found = files_of(folder, plan)
    until = time.monotonic() + LATE
    while missing := [shard for shard in shards if shard not in found]:
        found |= {shard: path for shard in missing if (path := find_shard(folder, plan, shard)) is not None}
        if time.monotonic() > until:
            raise StoreError(
                f"store must show every finished shard, got {len(missing)} of {len(shards)} missing after "
                f"{LATE:.0f} s, the first {shard_path(folder, plan, missing[0])}: if it was removed, the same "
                "sweep computes it again; if the file system is slow, ask again"
            )
        if any(shard not in found for shard in missing):
            time.sleep(_LOOK_AGAIN)
    return found
