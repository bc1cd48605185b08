"""What a sweep computes: a grid, the method and its random numbers; and one shard of it, computed anywhere."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_confidence, as_number, as_whole, check_choice, check_name, is_sequence, listed, shown
from limitlaw._elementary import power_of_two
from limitlaw._frames import repeat, with_errors
from limitlaw._spec import canonical, digest
from limitlaw.seed import Seed, key_of
from limitlaw.sweeps.grid import Grid
from limitlaw.sweeps.kind import Frame, whole

__all__ = ["Plan", "Settings", "Shard", "run_shard"]

#: Work of one shard, in about nanoseconds of one core.
_SHARD_COST = 1e9
#: The most rows of a shard.
_SHARD_ROWS = 2**18
#: A grid is cut into at least about this many shards, as far as its points go.
_LEAST_SHARDS = 32
#: A shard this small costs more to write than to compute: in points, and in about nanoseconds of one core.
_LEAST_POINTS, _LEAST_COST = 64, 1e7
#: The most shards of a sweep: so many files are listed within seconds. Beyond it shards grow, up to their rows.
_MOST_SHARDS = 2**16
#: About nanoseconds of a core in a day.
_DAY = 86_400e9
#: The last replicate: 16 bits hold it.
MAX_REPLICATE = 2**16 - 1
#: 16 scramblings of a block of 64 draws.
_LEAST_SOBOL = 1024
#: What a manifest keeps of a plan as it is.
_KEPT = ("method", "random", "frame", "sampler", "seed", "max_trials", "confidence", "size")


class Settings(TypedDict, total=False):
    """The settings of a sweep; ``sweep`` explains them."""

    method: Literal["simulate", "solve"]
    trials: int | None
    seed: Seed | None
    random: Literal["common", "independent"]
    replicate: int
    frame: str | None
    columns: Sequence[str] | None
    sampler: Literal["philox", "sobol"]
    target_se: float | Mapping[str, float] | None
    max_trials: int
    confidence: float


@dataclasses.dataclass(frozen=True, order=True)
class Shard:
    """Points ``first`` to ``last - 1`` of a grid."""

    first: int
    last: int

    def __len__(self) -> int:
        """The number of points."""
        return self.last - self.first


class Plan:
    """A sweep before it runs: the same plan gives the same numbers, wherever and in whatever order it runs.

    Args:
        grid: The points.
        method: As in ``sweep``, with the other settings.

    Raises:
        ValueError: A setting is out of range, missing, or of no meaning for the method.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        method: Literal["simulate", "solve"] = "simulate",
        trials: int | None = None,
        seed: Seed | None = None,
        random: Literal["common", "independent"] = "common",
        replicate: int = 0,
        frame: str | None = None,
        columns: Sequence[str] | None = None,
        sampler: Literal["philox", "sobol"] = "philox",
        target_se: float | Mapping[str, float] | None = None,
        max_trials: int = 10_000_000,
        confidence: float = 0.95,
    ) -> None:
        if not isinstance(grid, Grid):
            raise TypeError(f"grid must be a Grid, got {shown(grid)}")
        self.grid = grid
        self.offset = 0
        kind = grid.kind
        check_choice(method, "method", ("simulate", "solve"))
        if method not in kind.methods:
            raise ValueError(
                f"method must be 'simulate' for {kind.name} scenarios: they have no closed form, got {method!r}"
            )
        check_choice(random, "random", ("common", "independent"))
        self.method, self.random = method, random
        self.frame = next(iter(kind.frames)) if frame is None else frame
        check_choice(self.frame, "frame", tuple(kind.frames))
        self.columns = _columns(grid, self.rows, columns, errors=method == "simulate")
        check_choice(sampler, "sampler", kind.samplers)
        self.sampler = sampler
        max_trials = as_whole(max_trials, "max_trials", 1, kind.max_trials)
        confidence = as_confidence(confidence)
        self.trials: int | None = None
        self.key, self.seed, self.replicate = (0, 0), "", 0
        self.targets: dict[str, float] = {}
        self.max_trials, self.confidence = 0, 0.0
        if method == "solve":
            given = {"trials": trials, "seed": seed, "target_se": target_se, "replicate": replicate or None}
            for name, value in given.items():
                if value is not None:
                    raise ValueError(f"{name} must be left out with method='solve', which is exact, got {shown(value)}")
        else:
            self._set_random(trials, seed, replicate)
            if target_se is not None:
                self._set_target(target_se, max_trials, confidence)
            if self.replicate and (self.targets or not all(map(self.rows.mergeable, self.columns))):
                kept = [name for name in self.rows.default if self.rows.mergeable(name)]
                raise ValueError(
                    f"replicate must be 0 with target_se or columns that are no means over trials, got {replicate}: "
                    f"such results do not merge (columns={kept} do)"
                )
        self.size = self._size()

    @property
    def rows(self) -> Frame:
        """The frame of the result that the rows come from."""
        return self.grid.kind.frames[self.frame]

    def _set_random(self, trials: int | None, seed: Seed | None, replicate: int) -> None:
        if trials is None or seed is None:
            raise ValueError(
                f"trials and seed must be given with method='simulate', got {shown(trials)} and {shown(seed)}"
            )
        self.trials = as_whole(trials, "trials", 1, self.grid.kind.max_trials)
        if self.sampler == "sobol" and (self.trials & (self.trials - 1) or self.trials < _LEAST_SOBOL):
            raise ValueError(
                f"trials must be a power of two and at least {_LEAST_SOBOL} for Sobol' points, got {self.trials}"
            )
        self.key, self.seed = key_of(seed)
        self.replicate = as_whole(replicate, "replicate", 0, MAX_REPLICATE)
        # 16 bits of the replicate and 8 of the stage leave 40 for the point; Sobol' points need 4 for the scrambling.
        most = 2**36 if self.sampler == "sobol" else 2**40
        if self.random == "independent" and len(self.grid) >= most:
            raise ValueError(f"random must be 'common' for {most} points or more, got {self.random!r}")

    def _set_target(self, target_se: float | Mapping[str, float], max_trials: int, confidence: float) -> None:
        if self.sampler == "sobol":
            expected = "left out with sampler='sobol', whose draws are not independent"
            raise ValueError(f"target_se must be {expected}, got {shown(target_se)}")
        self.targets = _targets(self.grid.kind.name, self.frame, self.rows, target_se)
        self.max_trials = as_whole(max_trials, "max_trials", self.trials or 1, self.grid.kind.max_trials)
        self.confidence = confidence

    @classmethod
    def of(cls, grid: Grid, settings: Settings) -> Plan:
        """The plan of settings that are named as those of ``sweep``.

        Raises:
            TypeError: One is no setting.
        """
        names = list(Settings.__annotations__)
        for name in settings:
            if name not in names:
                raise TypeError(f"settings of a sweep must be among {listed(names, name)}, got {name!r}")
        return cls(grid, **settings)

    def _size(self) -> int:
        """Points of a shard: a power of two from the cost of a point, never from the machine's speed.

        A part of ``of`` gets a shard of its own where there are so many points.
        """
        points, parts = len(self.grid), self.grid.part[1]
        cost = self.grid.kind.cost(self.grid.scenario, self.trials, self.frame)
        rows = self.rows.rows(self.grid.scenario)
        by_rows = _SHARD_ROWS / rows
        most = _MOST_SHARDS * power_of_two(max(by_rows, 1.0))
        if points > most:
            raise ValueError(
                f"grid must have at most {most:,} points in one sweep ({_MOST_SHARDS:,} files of about {_SHARD_ROWS:,} "
                f"rows), got {points:,}, some {points * cost / _DAY:,.0f} days of one core: take fewer values, or "
                "several grids"
            )
        least = max(points / _LEAST_SHARDS, min(_LEAST_POINTS, _LEAST_COST / cost))
        size = min(max(min(_SHARD_COST / cost, least), points / _MOST_SHARDS), by_rows)
        if parts > 1:
            size = min(size, points / parts)
        size = max(size, 1.0)
        # Rounded up where rounding down would make more shards than there may be.
        down = power_of_two(size)
        return down if points <= down * _MOST_SHARDS else 2 * down

    def identity(self) -> dict[str, Any]:
        """What the sweep is: the data whose canonical JSON is hashed into ``id``; compare two to see why ids differ.

        Trials and replicate are not part of it: further replicates of a sweep add to its precision in one store.
        """
        data = self.grid.to_data()
        found = {"scenario": self.grid.scenario.fingerprint(), "axes": data["axes"], "zip": data["zip"]}
        found |= self._plain("method", "frame", "columns") | {"stream": _core.STREAM_VERSION}
        if self.method == "simulate":
            found |= self._plain("seed", "key", "random", "sampler")
        if self.targets:
            found |= {"target_se": self.targets} | self._plain("trials", "max_trials", "confidence")
        return found

    def _plain(self, *names: str) -> dict[str, Any]:
        """Some of its settings as plain data."""
        found = {name: getattr(self, name) for name in names}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}

    @property
    def id(self) -> str:
        """BLAKE2b-128 (hex) of the canonical JSON of ``identity()``."""
        if not hasattr(self, "_id"):
            self._id = digest(canonical(self.identity()).encode())
        return self._id

    def shards(self) -> Iterator[Shard]:
        """The shards of this plan, in order: all of them, or those of its part."""
        i, of = self.grid.part
        points, count = len(self.grid), -(-len(self.grid) // self.size)
        for at in range(i, count, of):
            yield Shard(at * self.size, min((at + 1) * self.size, points))

    def window(self, shard: Shard) -> Plan:
        """The same plan with no more of the axes than a shard needs: what is sent to a worker."""
        small = copy.copy(self)
        small.grid, offset = self.grid.window(shard.first - self.offset, shard.last - self.offset)
        small.offset = self.offset + offset
        return small

    def options(self) -> str:
        """What the core is told to do with every point."""
        if self.method == "solve":
            return json.dumps({"frame": self.frame, "columns": self.columns, "simulate": None})
        target = {"standard_errors": list(self.targets.items())} | self._plain("max_trials", "confidence")
        simulate = self._plain("trials", "key", "replicate", "sampler", "offset")
        simulate |= {"independent": self.random == "independent", "target": target if self.targets else None}
        return json.dumps({"frame": self.frame, "columns": self.columns, "simulate": simulate})

    def to_data(self) -> dict[str, Any]:
        """The plan as plain data for a manifest, without what belongs to a replicate."""
        return {"grid": self.grid.to_data(), "target_se": self.targets} | self._plain(*_KEPT, "columns", "key")

    @classmethod
    def from_data(cls, data: dict[str, Any], *, trials: int | None, replicate: int) -> Plan:
        """The plan that ``to_data`` wrote, for one replicate."""
        plan = cls.__new__(cls)
        plan.grid, plan.offset = Grid.from_data(data["grid"]), 0
        for name in _KEPT:
            setattr(plan, name, data[name])
        plan.columns, plan.key, plan.targets = tuple(data["columns"]), tuple(data["key"]), data["target_se"]
        plan.trials, plan.replicate = trials, replicate
        return plan


def run_shard(
    plan: Plan, shard: Shard, *, threads: int | None = None, progress: Callable[[int, int], object] | None = None
) -> pl.DataFrame:
    """Compute a shard: a pure function, and the only thing ever sent to a worker.

    Args:
        plan: The sweep, or the window of it that the shard needs.
        shard: Which points.
        threads: Threads; every core unless given. They change no number.
        progress: Called about every 50 ms with (points done, points).

    Returns:
        The rows of every point in order: ``point``, one column per axis, the columns that name a row, the result
        columns, ``trials`` where simulated (and ``reached``, ``<column>_low``, ``<column>_high`` with a target), and
        ``error`` (null unless the point failed, which then has one row).
    """
    grid = plan.grid
    spec, arrays = grid.scenario.wire()
    first, last = shard.first - plan.offset, shard.last - plan.offset
    points, keys, values, errors = _core.sweep_points(
        grid.kind.name,
        spec,
        arrays,
        axes=grid.wire(),
        options=plan.options(),
        first=first,
        last=last,
        threads=threads,
        progress=progress,
    )
    local = points.astype(np.int64)
    axes = grid.axis_columns(local)
    after = {}
    if plan.method == "simulate":
        *keys, trials, reached = keys
        after["trials"] = whole(trials)
        if plan.targets:
            after["reached"] = whole(reached).cast(pl.Boolean)
    key = plan.rows.keys(grid, local, keys)
    ends = [f"{name}_{end}" for name in plan.targets for end in ("low", "high")]
    results = {
        name: pl.Series(column, nan_to_null=True) for name, column in zip([*plan.columns, *ends], values, strict=True)
    }
    text = repeat(None, len(local), pl.String)
    if errors:
        rows = np.searchsorted(local, [point for point, _ in errors])
        text = text.scatter(rows, [message for _, message in errors])
    # An axis whose values name the rows anyway is shown once.
    shown = {path: column for path, column in axes.items() if path not in key}
    return pl.DataFrame({"point": local + plan.offset} | shown | key | results | after | {"error": text})


def no_rows(plan: Plan) -> pl.DataFrame:
    """The frame of a part without shards: the columns of the others, from a point that is computed for its types."""
    few = copy.copy(plan)
    few.trials = None if plan.trials is None else min(plan.trials, _LEAST_SOBOL)
    few.max_trials = few.trials or 0
    first = Shard(0, 1)
    return run_shard(few.window(first), first).clear()


def _columns(grid: Grid, rows: Frame, columns: Sequence[str] | None, *, errors: bool) -> tuple[str, ...]:
    """The result columns: those chosen, with their standard errors where simulated, or all that can exist."""
    if columns is None:
        can = (name for name in rows.default if grid.kind.exists(grid.scenario, grid.axes, name))
        return tuple(name for name in can if errors or not name.endswith("_se"))
    if not is_sequence(columns):
        raise TypeError(f"columns must be a sequence of column names, got {shown(columns)}")
    for name in columns:
        check_name(name, "columns", rows.columns)
    if len(set(columns)) < len(columns):
        raise ValueError(f"columns must name each column once, got {list(columns)}")
    return tuple(with_errors(columns, rows.columns) if errors else columns)


def _targets(kind: str, frame: str, rows: Frame, target_se: float | Mapping[str, float]) -> dict[str, float]:
    if not rows.targets:
        raise ValueError(
            f"target_se must be left out for the frame {frame!r} of {kind} scenarios: it has no bounded means, "
            f"got {shown(target_se)}"
        )
    targets = dict(target_se) if isinstance(target_se, Mapping) else {rows.targets[0]: target_se}
    for name, value in targets.items():
        check_name(name, "target_se", rows.targets)
        if not as_number(value, f"target_se[{name!r}]" if isinstance(target_se, Mapping) else "target_se") > 0:
            raise ValueError(f"target_se must be positive for {name}, got {shown(value)}")
    return {name: float(targets[name]) for name in sorted(targets)}
