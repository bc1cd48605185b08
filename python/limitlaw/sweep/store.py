"""A store: a folder of Parquet shards. A shard that is there is done; a file is whole or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from limitlaw._arguments import as_path, as_query, as_whole, check_flag, shown
from limitlaw._core import __version__
from limitlaw._spec import canonical
from limitlaw.errors import StoreError
from limitlaw.sweep.grid import Grid
from limitlaw.sweep.merging import merge_replicates
from limitlaw.sweep.plan import MAX_REPLICATE, Plan, Shard, run_shard
from limitlaw.sweep.shard_file import damage, write_shard, write_whole

__all__ = ["Store", "is_shared"]

_MANIFEST = "manifest.json"
#: The layout of the folder; a later one gets the next number.
_LAYOUT = 1


class Store:
    """A folder of finished shards of one sweep.

    ``manifest.json`` says what the sweep is, ``replicates/<n>.json`` with how many trials each replicate runs, and
    ``shards/ab/<id>-<replicate>-<first>-<last>.parquet`` are the results, each with its identity and a digest of its
    content in the footer. Files are written beside their place and renamed, so none is ever half there; any number of
    processes and machines may write to one store at once.

    Args:
        path: The folder. ``sweep`` makes it; to read, it must exist.

    Example:
        >>> import limitlaw as ll, tempfile
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.1]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = ll.sweep(grid, method="solve", columns=["accuracy"], store=folder, progress=False)
        ...     ll.Store(folder).scan().select("point", "max_attempts", "accuracy").collect().row(1)
        (0, 10, 0.82263747115)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = as_path(path, "store")

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    # --- what it holds

    def manifest(self) -> dict[str, Any]:
        """The manifest: what the sweep is, and the versions that made it.

        Raises:
            ValueError: The folder is no store, or one of a later layout.
        """
        return _read_json(self.path / _MANIFEST, "a store (a folder that a sweep has written)")

    def plans(self) -> list[Plan]:
        """The plan of every replicate in the store."""
        data = self.manifest()
        found = []
        for path in sorted((self.path / "replicates").glob("*.json"), key=lambda p: int(p.stem)):
            trials = _read_json(path, "the trials of a replicate")["trials"]
            found.append(Plan.from_data(data["plan"], trials=trials, replicate=int(path.stem)))
        return found

    def open(self, plan: Plan) -> Plan:
        """Make the folder for a plan, or check that it holds this very sweep.

        Returns:
            The plan with the shard size of the store.

        Raises:
            ValueError: The store holds another sweep; the message says in what they differ.
            StoreError: The folder cannot be written.
        """
        path = self.path / _MANIFEST
        if not path.exists():
            new = {
                "layout": _LAYOUT,
                "id": plan.id,
                "identity": plan.identity(),
                "plan": plan.to_data(),
                "limitlaw": __version__,
                "polars": pl.__version__,
            }
            write_whole(path, json.dumps(new, indent=1, allow_nan=False).encode(), replace=False)
        manifest = self.manifest()
        if manifest["id"] != plan.id:
            ours, theirs = plan.identity(), manifest["identity"]
            differing = [k for k in {**ours, **theirs} if canonical(ours.get(k)) != canonical(theirs.get(k))]
            raise ValueError(
                f"store must hold the sweep {plan.id}, got {manifest['id']} in {self.path}: they differ in "
                f"{', '.join(differing)}; give each sweep a folder of its own"
            )
        plan.size = manifest["plan"]["size"]
        if plan.method == "simulate":
            self._open_replicate(plan)
        return plan

    def _open_replicate(self, plan: Plan) -> None:
        path = self.path / "replicates" / f"{plan.replicate}.json"
        if not path.exists():
            write_whole(path, json.dumps({"trials": plan.trials}).encode(), replace=False)
        held = _read_json(path, "the trials of a replicate")["trials"]
        if held != plan.trials:
            raise ValueError(
                f"trials must be {held} as in the store's replicate {plan.replicate}, got {plan.trials}: "
                f"for more trials run replicate={len(self.plans())}, and the store adds them"
            )

    def done(self, replicate: int = 0) -> set[Shard]:
        """The shards that are there."""
        return {shard for shard, _ in self._files(replicate)}

    def missing(self, grid: Grid | None = None, *, replicate: int = 0) -> list[Shard]:
        """The shards that are not there.

        Args:
            grid: The grid, or the part of it (``grid.shard(i, of=n)``) to look for; the whole of it unless given.
            replicate: Which replicate.
        """
        plan = self._plan(replicate)
        if grid is not None:
            if not isinstance(grid, Grid):
                raise TypeError(f"grid must be a Grid, got {shown(grid)}")
            if canonical(grid.to_data()) != canonical(plan.grid.to_data()):
                raise ValueError(f"grid must be the one of the store, got {shown(grid)}")
            plan.grid = grid
        done = self.done(replicate)
        return [shard for shard in plan.shards() if shard not in done]

    def scan(self) -> pl.LazyFrame:
        """All finished rows as a lazy frame, in the order of the points; replicates are merged.

        Raises:
            ValueError: There are no shards yet, or replicates cover different shards.
        """
        manifest = self.manifest()
        replicates = [plan.replicate for plan in self.plans()] if manifest["plan"]["method"] == "simulate" else [0]
        files = [dict(self._files(replicate)) for replicate in replicates]
        files = [held for held in files if held]
        if not files:
            raise ValueError(f"store must have shards to scan, got none in {self.path}")
        if len(files) == 1:
            return pl.scan_parquet([files[0][shard] for shard in sorted(files[0])])
        if any(held.keys() != files[0].keys() for held in files):
            raise ValueError(
                f"replicates must cover the same shards to be merged, got {[len(held) for held in files]} shards: "
                "run the sweep of each replicate to its end"
            )
        plan = self._plan(replicates[0])
        merged = (
            merge_replicates(
                [pl.read_parquet(held[shard]) for held in files], columns=plan.columns, ratios=plan.rows.ratios
            )
            for shard in sorted(files[0])
        )
        return pl.concat([frame.lazy() for frame in merged])

    def collect(self, rows: pl.LazyFrame | None = None) -> pl.DataFrame:
        """The rows of ``scan()``, or of a query on it, as a frame.

        Raises:
            StoreError: A shard is damaged; the message names it and says how to compute it again.
        """
        query = self.scan() if rows is None else as_query(rows, "rows")
        try:
            return query.collect()
        except pl.exceptions.ComputeError as error:
            problems = [line for line in self.verify() if not line.endswith("(ignored)")]
            if not problems:  # the query's own
                raise
            raise StoreError(
                f"store has {len(problems)} damaged shards: ll.Store({str(self.path)!r}).verify(repair=True) computes "
                f"them again; the first is {problems[0]}"
            ) from error

    def failures(self, replicate: int = 0, *, shown: int = 100) -> tuple[int, list[tuple[int, str]]]:
        """How many points failed, and the first of them as (point, message)."""
        shown = as_whole(shown, "shown", 0, 2**32 - 1)
        held = dict(self._files(replicate))
        if not held:
            return 0, []
        rows = pl.scan_parquet([held[shard] for shard in sorted(held)]).select("point", "error")
        bad = self.collect(rows.filter(pl.col("error").is_not_null()))
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
        problems = []
        replicates = {plan.replicate: plan for plan in self.plans()} or {0: self._plan(0)}
        known: dict[Path, tuple[Plan, Shard]] = {}
        for replicate, plan in replicates.items():
            known |= {path: (plan, shard) for shard, path in self._files(replicate)}
        for path in sorted(p for p in (self.path / "shards").rglob("*") if p.is_file()):
            if path not in known:
                problems.append(f"{path}: not a shard of this sweep (ignored)")
                continue
            plan, shard = known[path]
            problem = damage(path, plan, shard)
            if problem is None:
                continue
            problems.append(f"{path}: {problem}" + (" (computed again)" if repair else ""))
            if repair:
                write_shard(self.path, plan, shard, run_shard(plan.window(shard), shard))
        return problems

    def combine(self, other: Store | str | os.PathLike[str]) -> int:
        """Copy the shards of another store of the same sweep that this one lacks.

        Returns:
            How many shards came.

        Raises:
            ValueError: The other store holds another sweep.
        """
        other = other if isinstance(other, Store) else Store(other)
        theirs = other.manifest()
        if not (self.path / _MANIFEST).exists():
            write_whole(self.path / _MANIFEST, (other.path / _MANIFEST).read_bytes(), replace=False)
        ours = self.manifest()
        if (ours["id"], ours["plan"]["size"]) != (theirs["id"], theirs["plan"]["size"]):
            raise ValueError(f"other must hold the sweep {ours['id']}, got {theirs['id']} in {other.path}")
        replicates = [plan.replicate for plan in other.plans()]
        for plan in other.plans():
            self._open_replicate(plan)
        came = 0
        for replicate in replicates or [0]:
            held = self.done(replicate)
            for shard, path in other._files(replicate):  # noqa: SLF001  (another Store)
                if shard not in held:
                    write_whole(self.path / path.relative_to(other.path), path.read_bytes())
                    came += 1
        return came

    def _plan(self, replicate: int) -> Plan:
        replicate = as_whole(replicate, "replicate", 0, MAX_REPLICATE)
        data = self.manifest()["plan"]
        if data["method"] == "solve":
            return Plan.from_data(data, trials=None, replicate=0)
        found = [plan for plan in self.plans() if plan.replicate == replicate]
        if not found:
            raise ValueError(f"replicate must be one of {[p.replicate for p in self.plans()]}, got {replicate}")
        return found[0]

    def _files(self, replicate: int) -> Iterator[tuple[Shard, Path]]:
        """The shards of a replicate by their names; other files are none of ours."""
        replicate = as_whole(replicate, "replicate", 0, MAX_REPLICATE)
        manifest = self.manifest()
        prefix, size = f"{manifest['id']}-{replicate}-", manifest["plan"]["size"]
        for folder in sorted((self.path / "shards").glob("??")):
            for entry in os.scandir(folder):
                if not (entry.name.startswith(prefix) and entry.name.endswith(".parquet")):
                    continue
                ends = entry.name.removeprefix(prefix).removesuffix(".parquet").split("-")
                if len(ends) == 2 and all(end.isdigit() for end in ends):  # noqa: PLR2004  (first, last)
                    shard = Shard(int(ends[0]), int(ends[1]))
                    if shard.first % size == 0 and 0 < len(shard) <= size:
                        yield shard, Path(entry.path)


def is_shared(folder: Path, plan: Plan) -> bool:
    """Whether this machine sees the store of the plan in that folder."""
    try:
        return bool(json.loads((folder / _MANIFEST).read_bytes())["id"] == plan.id)
    except (OSError, ValueError, KeyError):
        return False


def _read_json(path: Path, expected: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ValueError(f"store must be {expected}, got {path.parent} without {path.name}") from None
    except ValueError as error:
        raise ValueError(f"{path}: not readable ({error})") from None
    if data.get("layout", _LAYOUT) != _LAYOUT:
        raise ValueError(
            f"{path}: layout must be {_LAYOUT}, got {data['layout']}: written by a later version of limitlaw"
        )
    return data  # type: ignore[no-any-return]
