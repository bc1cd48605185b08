"""A store: a folder of Parquet shards. A shard that is there is done; a file is whole or absent."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import polars as pl

from limitlaw._arguments import as_path, as_query, as_whole, check_flag, is_sequence, shown
from limitlaw._elementary import power_of_two
from limitlaw._spec import canonical
from limitlaw.errors import StoreError
from limitlaw.sweeps.grid import Grid
from limitlaw.sweeps.lazy import lazy_frame
from limitlaw.sweeps.listing import awaited_files, files_of, listed, units
from limitlaw.sweeps.manifest import MANIFEST, open_manifest, open_replicate, read_manifest, read_plans
from limitlaw.sweeps.merging import merge_replicates
from limitlaw.sweeps.plan import MAX_REPLICATE, Plan, Shard, run_shard
from limitlaw.sweeps.shard_file import Entry, entry_of, find_shard, read_shards, write_shards, write_whole
from limitlaw.sweeps.versions import Versions, check_versions, versions

__all__ = ["Store"]


class Store:
    """A folder of finished shards of one sweep.

    ``manifest.json`` says what the sweep is, ``replicates/<n>.json`` with how many trials each replicate runs, and
    ``shards/ab/<id>-<replicate>-<first>-<last>.parquet`` are the results. The footer of each has its identity, the
    versions that computed it and a digest of every column, and every read checks them. Files are written beside their
    place and renamed, so none is ever half there; any number of processes and machines may write to one store at once.

    Args:
        path: The folder. ``sweep`` makes it; what reads from it says where there is no store.
        accept_versions: Versions of limitlaw whose numbers may meet those of this one in the store: the changelog says
            between which no value changed. Any other is refused.

    Example:
        >>> import limitlaw as ll, tempfile
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.1]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = ll.sweep(grid, method="solve", columns=["accuracy"], store=folder, progress=False)
        ...     ll.Store(folder).scan().select("point", "max_attempts", "accuracy").collect().row(1)
        (0, 10, 0.82263747115)
    """

    def __init__(self, path: str | os.PathLike[str], *, accept_versions: Sequence[str] = ()) -> None:
        self.path = as_path(path, "store")
        if path == "" or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(self.path)):
            raise ValueError(
                f"store must be a folder, got {shown(path)}: mount a bucket and give the folder, or copy a store to it"
            )
        if not is_sequence(accept_versions) or not all(isinstance(version, str) for version in accept_versions):
            raise TypeError(f"accept_versions must be a sequence of versions as text, got {shown(accept_versions)}")
        self.accept_versions = tuple(accept_versions)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    # --- what it holds

    def manifest(self) -> dict[str, Any]:
        """The manifest: what the sweep is, and the versions that made it.

        Raises:
            ValueError: The folder is no store, or one of another layout.
            StoreError: It is damaged; the message says how to write it anew.
        """
        return read_manifest(self.path)

    def plans(self) -> list[Plan]:
        """The plan of every replicate in the store."""
        return read_plans(self.path, self.manifest())

    def open(self, plan: Plan) -> Plan:
        """Make the folder for a plan, or check that it holds this very sweep, begun by this very version.

        Returns:
            The plan with the shard size of the store.

        Raises:
            ValueError: The store holds another sweep; the message says in what they differ.
            VersionError: Another version of limitlaw began it.
            StoreError: The folder cannot be written.
        """
        manifest = open_manifest(self.path, plan)
        check_versions(f"the sweep in {self.path}", manifest["made_by"], versions(), self.accept_versions)
        plan.size = manifest["plan"]["size"]
        if plan.method == "simulate":
            open_replicate(self.path, plan)
        return plan

    def done(self, replicate: int = 0) -> set[Shard]:
        """The shards that are there."""
        return set(files_of(self.path, self._plan(replicate)))

    def missing(self, grid: Grid | None = None, *, replicate: int = 0) -> list[Shard]:
        """The shards that are not there.

        Args:
            grid: The grid, or the part of it (``grid.shard(i, of=n)``) to look for; the whole of it unless given.
            replicate: Which replicate.
        """
        plan = self._part(self._plan(replicate), grid)
        done = files_of(self.path, plan)
        return [shard for shard in plan.shards() if shard not in done]

    def scan(self, grid: Grid | None = None) -> pl.LazyFrame:
        """All finished rows as a lazy frame, in the order of the points; replicates are merged.

        One file is in memory at a time, and each column that a query needs is checked against its digest.

        Args:
            grid: The grid, or the part of it (``grid.shard(i, of=n)``) whose rows to take; all of them unless given.

        Raises:
            ValueError: There are no shards yet, or replicates cover different shards.
            StoreError: A file is damaged, seen now or when the rows are collected; the message says how to mend it.
        """
        plans = [self._part(plan, grid) for plan in self.plans()]
        held = [(plan, files) for plan in plans if (files := files_of(self.path, plan))]
        if not held:
            raise ValueError(f"store must have shards to scan, got none in {self.path}")
        return self._lazy(held, [shard for shard in held[0][0].shards() if shard in held[0][1]])

    def collect(self, rows: pl.LazyFrame | None = None) -> pl.DataFrame:
        """The rows of ``scan()``, or of a query on it, as a frame.

        Raises:
            StoreError: A shard is damaged; the message names it and says how to compute it again.
        """
        return (self.scan() if rows is None else as_query(rows, "rows")).collect()

    def frame(self, plan: Plan, *, without: Collection[Shard] = ()) -> pl.DataFrame:
        """The rows of every shard of a plan, merged with those of other replicates: what ``sweep(...).frame()`` gives.

        The files are opened by the names that the plan gives them, not by a listing of the folder, which a network file
        system may show late; what is not to be seen yet is waited for.

        Args:
            plan: The sweep, or a part of it.
            without: Shards that were given up.

        Raises:
            StoreError: A shard is damaged, or did not come to be seen; the message names it.
        """
        shards = [shard for shard in plan.shards() if shard not in without]
        if not shards:
            raise ValueError("sweep must have a finished shard for a frame, got none: see report()")
        plans = [self._part(other, plan.grid) for other in self.plans()]
        own = [other for other in plans if other.replicate == plan.replicate]
        held = [
            (other, awaited_files(self.path, other, shards) if other in own else files_of(self.path, other))
            for other in plans
        ]
        return self._lazy([(other, files) for other, files in held if files], shards).collect()

    def point(self, point: int) -> pl.DataFrame:
        """The rows of one point, from the one file that holds them; replicates are merged.

        Args:
            point: Its index in the grid, from 0.

        Raises:
            ValueError: There is no such point, or it is not computed yet.
            StoreError: Its file is damaged.
        """
        plans = self.plans()
        point = as_whole(point, "point", 0, len(plans[0].grid) - 1)
        first = point // plans[0].size * plans[0].size
        shard = Shard(first, min(first + plans[0].size, len(plans[0].grid)))
        files = [(plan, find_shard(self.path, plan, shard)) for plan in plans]
        held = [(plan, {shard: path}) for plan, path in files if path is not None]
        if not held:
            raise ValueError(f"point must be one that is computed, got {point}: it is not in {self.path} yet")
        return next(self._read(held, [shard], None)).filter(pl.col("point") == point)

    def failures(self, replicate: int = 0, *, shown: int = 100) -> tuple[int, list[tuple[int, str]]]:
        """How many points failed, and the first of them as (point, message)."""
        shown = as_whole(shown, "shown", 0, 2**32 - 1)
        plan = self._plan(replicate)
        files = files_of(self.path, plan)
        if not files:
            return 0, []
        rows = self._lazy([(plan, files)], sorted(files)).select("point", "error")
        bad = rows.filter(pl.col("error").is_not_null()).collect()
        return bad.height, list(bad.sort("point").head(shown).iter_rows())

    # --- care

    def verify(self, *, repair: bool = False) -> list[str]:
        """Read every file and say what is wrong with which.

        Args:
            repair: Compute damaged shards again and put them in their place. A foreign file is named and left alone.

        Returns:
            One line per problem; empty where all is well.
        """
        check_flag(repair, "repair")
        if repair:
            check_versions(f"the sweep in {self.path}", self._made_by, versions(), self.accept_versions)
        known = {path: (plan, points) for plan in self.plans() for points, path in listed(self.path, plan)}
        problems = []
        for path in sorted((self.path / "shards").rglob("*")):
            if path not in known:
                if path.is_file():
                    problems.append(f"{path}: not a shard of this sweep (ignored)")
                continue
            plan, points = known[path]
            problem = self._damage(path, plan)
            if problem is None:
                continue
            problems.append(f"{path}: {problem}" + (" (computed again)" if repair and path.is_file() else ""))
            if path.is_dir():
                problems[-1] += " (a folder: move it away, and the same sweep computes the shard)"
            elif repair:
                for shard in units(points, plan):
                    frame = run_shard(plan.window(shard), shard)
                    write_shards(self.path, plan, [(entry_of(shard, frame), frame)])
                if len(points) > plan.size:
                    path.unlink()
        return problems

    def compact(self, *, rows: int = 2**20) -> int:
        """Join the files of neighbouring finished shards: a few large files are listed and read faster than many.

        A file is joined only where all shards of its range are there; the shards keep their digests. Not to be called
        while a sweep writes to the store.

        Args:
            rows: About how many rows a file may hold.

        Returns:
            How many files there are less.

        Raises:
            StoreError: A shard is damaged.
        """
        rows = as_whole(rows, "rows", 1, 2**32 - 1)
        gone = 0
        for plan in self.plans():
            files = files_of(self.path, plan)
            by_shard = plan.rows.rows(plan.grid.scenario) * plan.size
            span = plan.size * power_of_two(max(1.0, rows / by_shard))
            for first in range(0, len(plan.grid), span):
                span_units = list(units(Shard(first, min(first + span, len(plan.grid))), plan))
                paths = list(dict.fromkeys(files[unit] for unit in span_units if unit in files))
                if len(paths) < 2 or not all(unit in files for unit in span_units):  # noqa: PLR2004  (nothing to join)
                    continue
                write_shards(self.path, plan, [piece for path in paths for piece in self._read_file(path, plan, None)])
                for path in paths:
                    path.unlink()
                gone += len(paths) - 1
        return gone

    def combine(self, other: Store | str | os.PathLike[str]) -> int:
        """Copy the shards of another store of the same sweep that this one lacks, each checked.

        Returns:
            How many shards came.

        Raises:
            ValueError: The other store holds another sweep.
            VersionError: Another version of limitlaw computed it.
            StoreError: A shard of the other store is damaged.
        """
        other = other if isinstance(other, Store) else Store(other)
        theirs = other.manifest()
        if not (self.path / MANIFEST).exists():
            write_whole(self.path / MANIFEST, (other.path / MANIFEST).read_bytes(), replace=False)
        ours = self.manifest()
        if (ours["id"], ours["plan"]["size"]) != (theirs["id"], theirs["plan"]["size"]):
            raise ValueError(f"other must hold the sweep {ours['id']}, got {theirs['id']} in {other.path}")
        check_versions(f"the sweep in {other.path}", theirs["made_by"], ours["made_by"], self.accept_versions)
        came = 0
        for plan in other.plans():
            if plan.method == "simulate":
                open_replicate(self.path, plan)
            held = files_of(self.path, plan)
            for path in dict.fromkeys(files_of(other.path, plan).values()):
                for entry, frame in self._read_file(path, plan, None):
                    if Shard(entry["first"], entry["last"]) not in held:
                        write_shards(self.path, plan, [(entry, frame)])
                        came += 1
        return came

    # --- its files

    def _plan(self, replicate: int) -> Plan:
        replicate = as_whole(replicate, "replicate", 0, MAX_REPLICATE)
        plans = self.plans()
        found = [plan for plan in plans if plan.replicate == replicate]
        if not found:
            raise ValueError(f"replicate must be one of {[plan.replicate for plan in plans]}, got {replicate}")
        return found[0]

    def _part(self, plan: Plan, grid: Grid | None) -> Plan:
        """The plan of the part of the grid that is asked for."""
        if grid is not None:
            if not isinstance(grid, Grid):
                raise TypeError(f"grid must be a Grid, got {shown(grid)}")
            if grid is not plan.grid and canonical(grid.to_data()) != canonical(plan.grid.to_data()):
                raise ValueError(f"grid must be the one of the store, got {shown(grid)}")
            plan.grid = grid
        return plan

    def _lazy(self, held: list[tuple[Plan, dict[Shard, Path]]], shards: Sequence[Shard]) -> pl.LazyFrame:
        found = [{shard for shard in plan.shards() if shard in files} for plan, files in held]
        if any(there != set(shards) for there in found):
            raise ValueError(
                f"replicates must cover the same shards to be merged, got {[len(there) for there in found]} shards: "
                "run the sweep of each replicate to its end"
            )
        return lazy_frame(lambda columns: self._read(held, shards, columns))

    def _read(
        self, held: list[tuple[Plan, dict[Shard, Path]]], shards: Sequence[Shard], columns: Sequence[str] | None
    ) -> Iterator[pl.DataFrame]:
        """The rows of shards, one frame each; those of several replicates need every column to be merged."""
        if len(held) == 1:
            yield from self._read_shards(*held[0], shards, columns)
            return
        plan = held[0][0]
        for frames in zip(*(self._read_shards(*one, shards, None) for one in held), strict=True):
            shares = plan.rows.shares if plan.sampler == "philox" else {}
            merged = merge_replicates(frames, columns=plan.columns, ratios=plan.rows.ratios, shares=shares)
            yield merged if columns is None else merged.select(columns)

    def _read_shards(
        self, plan: Plan, files: dict[Shard, Path], shards: Sequence[Shard], columns: Sequence[str] | None
    ) -> Iterator[pl.DataFrame]:
        wanted, at = set(shards), 0
        while at < len(shards):
            shard = shards[at]
            try:
                pieces = self._read_file(files[shard], plan, columns)
                read = [frame for entry, frame in pieces if Shard(entry["first"], entry["last"]) in wanted]
            except FileNotFoundError:  # joined or moved in the meantime
                path = find_shard(self.path, plan, shard)
                if path is None or path == files[shard]:
                    raise StoreError(f"store has lost {files[shard]}: the same sweep computes it again") from None
                files |= {shard: path}
                continue
            yield from read
            at += len(read)

    def _read_file(self, path: Path, plan: Plan, columns: Sequence[str] | None) -> Iterator[tuple[Entry, pl.DataFrame]]:
        for entry, frame in read_shards(path, plan, columns=columns):
            check_versions(f"{path}", entry["made_by"], self._made_by, self.accept_versions)
            yield entry, frame

    @functools.cached_property
    def _made_by(self) -> Versions:
        return cast("Versions", self.manifest()["made_by"])

    def _damage(self, path: Path, plan: Plan) -> str | None:
        """What is wrong with a file."""
        try:
            for _ in self._read_file(path, plan, None):
                pass
        except (StoreError, ValueError) as error:
            return str(error).partition(f"{path} ")[2].partition(";")[0].removeprefix("is ")
        return None
