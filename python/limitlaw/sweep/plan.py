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
from limitlaw._spec import canonical, digest
from limitlaw.seed import Seed, key_of
from limitlaw.sweep.grid import Grid

__all__ = ["Plan", "Settings", "Shard", "run_shard"]

#: Work of one shard, in about nanoseconds of one core.
_SHARD_COST = 1e9
#: The most rows of a shard.
_SHARD_ROWS = 2**18
#: A grid is cut into at least about this many shards, as far as its points go.
_LEAST_SHARDS = 32
#: A shard this small costs more to write than to compute.
_LEAST_POINTS = 64
_MAX_REPLICATE = 2**16


class Settings(TypedDict, total=False):
    """The settings of a sweep; ``sweep`` explains them."""

    method: Literal["simulate", "solve"]
    trials: int | None
    seed: Seed | None
    random: Literal["common", "independent"]
    replicate: int
    columns: Sequence[str] | None
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
        columns: Sequence[str] | None = None,
        target_se: float | Mapping[str, float] | None = None,
        max_trials: int = 10_000_000,
        confidence: float = 0.95,
    ) -> None:
        if not isinstance(grid, Grid):
            raise TypeError(f"grid must be a Grid, got {grid!r:.80}")
        self.grid = grid
        self.offset = 0
        self.method = _one_of("method", method, ("simulate", "solve"))
        self.random = _one_of("random", random, ("common", "independent"))
        self.columns = _columns(grid, columns)
        self.trials: int | None = None
        self.key, self.seed, self.replicate = (0, 0), "", 0
        self.targets: dict[str, float] = {}
        self.max_trials, self.confidence = 0, 0.0
        if method == "solve":
            given = {"trials": trials, "seed": seed, "target_se": target_se, "replicate": replicate or None}
            for name, value in given.items():
                if value is not None:
                    raise ValueError(f'{name} must be left out with method="solve", which is exact, got {value!r}')
        else:
            if trials is None or seed is None:
                raise ValueError(f'trials and seed must be given with method="simulate", got {trials!r} and {seed!r}')
            self.trials = _whole("trials", trials, 1, 10**14)
            self.key, self.seed = key_of(seed)
            self.replicate = _whole("replicate", replicate, 0, _MAX_REPLICATE - 1)
            if target_se is not None:
                self.targets = _targets(grid, target_se)
                self.max_trials = _whole("max_trials", max_trials, self.trials, 10**14)
                if not 0.0 < confidence < 1.0:
                    raise ValueError(f"confidence must be in (0, 1), got {confidence!r}")
                self.confidence = float(confidence)
            if self.replicate and (self.targets or not all(map(grid.kind.mergeable, self.columns))):
                raise ValueError(
                    f"replicate must be 0 with target_se or columns that are no means over trials, got {replicate}: "
                    "such results do not merge"
                )
            if random == "independent" and len(grid) >= 2**40:
                raise ValueError(f'random must be "common" for 2**40 points or more, got {random!r}')
        self.size = self._size()

    def _size(self) -> int:
        """Points of a shard: a power of two from the cost of a point, never from the machine's speed."""
        kind = self.grid.kind
        by_cost = _SHARD_COST / kind.cost(self.grid.scenario, self.trials)
        by_rows = _SHARD_ROWS / kind.rows(self.grid.scenario)
        size = min(by_cost, by_rows, max(len(self.grid) / _LEAST_SHARDS, _LEAST_POINTS))
        return int(2 ** np.floor(np.log2(max(size, 1.0))))

    def identity(self) -> dict[str, Any]:
        """What the sweep is: the data whose canonical JSON is hashed into ``id``; compare two to see why ids differ.

        Trials and replicate are not part of it: further replicates of a sweep add to its precision in one store.
        """
        data = self.grid.to_data()
        return (
            {
                "scenario": self.grid.scenario.fingerprint(),
                "axes": data["axes"],
                "zip": data["zip"],
                "method": self.method,
                "columns": list(self.columns),
                "stream": _core.STREAM_VERSION,
            }
            | ({"seed": self.seed, "key": list(self.key), "random": self.random} if self.method == "simulate" else {})
            | (
                {
                    "target_se": self.targets,
                    "trials": self.trials,
                    "max_trials": self.max_trials,
                    "confidence": self.confidence,
                }
                if self.targets
                else {}
            )
        )

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
            return json.dumps({"columns": self.columns, "simulate": None})
        target = {
            "standard_errors": list(self.targets.items()),
            "max_trials": self.max_trials,
            "confidence": self.confidence,
        }
        simulate = {
            "trials": self.trials,
            "key": self.key,
            "replicate": self.replicate,
            "independent": self.random == "independent",
            "offset": self.offset,
            "target": target if self.targets else None,
        }
        return json.dumps({"columns": self.columns, "simulate": simulate})

    def to_data(self) -> dict[str, Any]:
        """The plan as plain data for a manifest, without what belongs to a replicate."""
        return {
            "grid": self.grid.to_data(),
            "method": self.method,
            "random": self.random,
            "columns": list(self.columns),
            "seed": self.seed,
            "key": list(self.key),
            "target_se": self.targets,
            "max_trials": self.max_trials,
            "confidence": self.confidence,
            "size": self.size,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any], *, trials: int | None, replicate: int) -> Plan:
        """The plan that ``to_data`` wrote, for one replicate."""
        plan = cls(Grid.from_data(data["grid"]), method="solve", columns=data["columns"])
        plan.method, plan.random, plan.seed = data["method"], data["random"], data["seed"]
        plan.key = tuple(data["key"])
        plan.targets, plan.max_trials, plan.confidence = data["target_se"], data["max_trials"], data["confidence"]
        plan.size, plan.trials, plan.replicate = data["size"], trials, replicate
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
    axes = {path: column.gather(local - first) for path, column in grid.axis_columns(first, last).items()}
    key = grid.kind.keys(grid, local, keys)
    after = {name: key.pop(name) for name in ("trials", "reached") if name in key}
    if not plan.targets:
        after.pop("reached", None)
    ends = [f"{name}_{end}" for name in plan.targets for end in ("low", "high")]
    results = {
        name: pl.Series(column, nan_to_null=True) for name, column in zip([*plan.columns, *ends], values, strict=True)
    }
    text: list[str | None] = [None] * len(local)
    starts = np.searchsorted(local, [point for point, _ in errors])
    for row, (_, message) in zip(starts, errors, strict=True):
        text[row] = message
    # An axis whose values name the rows anyway is shown once.
    shown = {path: column for path, column in axes.items() if path not in key}
    return pl.DataFrame(
        {"point": local + plan.offset} | shown | key | results | after | {"error": pl.Series(text, dtype=pl.String)}
    )


def _columns(grid: Grid, columns: Sequence[str] | None) -> tuple[str, ...]:
    if columns is None:
        return grid.kind.default
    if isinstance(columns, str):
        raise TypeError(f"columns must be a sequence of column names, got the string {columns!r}")
    for name in columns:
        if name not in grid.kind.columns:
            raise ValueError(f"columns must name some of {list(grid.kind.columns)}, got {name!r}")
    if len(set(columns)) < len(columns):
        raise ValueError(f"columns must name each column once, got {list(columns)}")
    return tuple(columns)


def _targets(grid: Grid, target_se: float | Mapping[str, float]) -> dict[str, float]:
    targets = dict(target_se) if isinstance(target_se, Mapping) else {grid.kind.targets[0]: target_se}
    for name, value in targets.items():
        if name not in grid.kind.targets:
            raise ValueError(f"target_se must be set on some of {list(grid.kind.targets)}, got {name!r}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < np.inf:
            raise ValueError(f"target_se must be a positive number for {name}, got {value!r}")
    return {name: float(targets[name]) for name in sorted(targets)}


def _one_of(name: str, value: Any, known: Sequence[str]) -> Any:
    if value not in known:
        raise ValueError(f"{name} must be one of {list(known)}, got {value!r}")
    return value


def _whole(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {value!r:.80}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be in [{low}, {high}], got {value}")
    return int(value)
