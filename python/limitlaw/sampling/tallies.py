"""Tallies: the counts behind the estimates of a sampling scenario, which merge by addition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_frame
from limitlaw._frames import closing, repeat, run_named
from limitlaw.sampling.frames import (
    OPTIONAL,
    all_columns,
    before_last,
    columns_of,
    estimates,
    key_columns,
    metric_of,
    optional_metrics,
    short_tasks,
)
from limitlaw.sampling.scenario import SamplingScenario

Progress = Callable[[int, int], object]

#: The counts per task, and the scores whose sums over trials are kept.
_COUNTS = ("accepted", "correct", "wrong", "covered")
_SCORES = ("attempts", "utility", "tokens", "cost", "latency")
#: The list columns of a tallies frame, with their Polars types.
_TALLIES: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(_COUNTS, pl.UInt64),
    **{f"{score}_{what}": pl.Float64 for score in _SCORES for what in ("sum", "square_sum")},
    "tokens_correct_sum": pl.Float64,
    "cost_correct_sum": pl.Float64,
    "products": pl.Float64,
    **dict.fromkeys(("accuracy_counts", "accepted_counts", "wrong_counts"), pl.UInt64),
    **{
        f"{score}_{what}": kind
        for score in _SCORES[1:]
        for what, kind in (("values", pl.Float64), ("counts", pl.UInt64))
    },
}


def tallies_frame(
    scenario: SamplingScenario,
    *,
    trials: int,
    key: tuple[int, int],
    seed: str,
    replicate: int,
    threads: int | None,
    progress: Progress | None,
) -> pl.DataFrame:
    """The counts behind the estimates: list columns with one entry per task (or per score), mergeable by addition."""
    spec, arrays = scenario.wire()
    rows = _core.tally_sampling(
        spec, arrays, trials=trials, key=key, replicate=replicate, threads=threads, progress=progress
    )
    lists = {name: _lists([row[name] for row in rows], kind) for name, kind in _TALLIES.items()}
    weight = scenario.tasks.weight
    count = len(rows)
    once = getattr(scenario.tasks, "redraw", None) == "run"
    population = {"population": repeat(seed, count, pl.String)} if once else {}
    return pl.DataFrame(
        {
            **key_columns(scenario),
            **lists,
            "has": repeat(pl.Series(optional_metrics(scenario), dtype=pl.String), count, pl.List(pl.String)),
            "weight": repeat(None if weight is None else pl.Series(weight), count, pl.List(pl.Float64)),
            "trials": repeat(trials, count, pl.Int64),
            "seeds": pl.Series([[seed]] * count, dtype=pl.List(pl.String)),
            "replicates": pl.Series([[replicate]] * count, dtype=pl.List(pl.UInt64)),
            "spec_id": repeat(scenario.fingerprint(), count, pl.String),
            "stream": repeat(_core.STREAM_VERSION, count, pl.String),
            **population,
            **short_tasks(scenario),
        }
    )


def merge_frames(frames: Sequence[pl.DataFrame], *, tallies: bool) -> pl.DataFrame:
    """Add tallies of one scenario; the checks say what does not belong together."""
    first = _check_mergeable(frames)
    # A fixed order makes the sums of floats independent of the order in which the frames come.
    frames = sorted(frames, key=_draws)
    rows = []
    for at in range(first.height):
        row = {name: np.sum([_list(f, name, at) for f in frames], axis=0) for name in _SUMS}
        for pair in _VALUES:
            values, counts = (np.concatenate([_list(f, name, at) for f in frames]) for name in pair)
            row[pair[0]], place = np.unique(values, return_inverse=True)
            row[pair[1]] = np.zeros(len(row[pair[0]]), dtype=np.uint64)
            np.add.at(row[pair[1]], place, counts)
        rows.append({name: np.ascontiguousarray(row[name]) for name in _TALLIES})
    trials = sum(int(frame["trials"][0]) for frame in frames)
    draws = [draw for frame in frames for draw in _draws(frame)]
    seeds = "+".join(dict.fromkeys(seed for seed, _ in draws))
    key = {name: first[name] for name in _key_columns(first)}
    provenance = {name: first[name] for name in ("spec_id", "stream")}
    if tallies:
        merged = {name: _lists([row[name] for row in rows], kind) for name, kind in _TALLIES.items()}
        rest = {
            "weight": first["weight"],
            "has": first["has"],
            "trials": repeat(trials, first.height, pl.Int64),
            "seeds": pl.Series([[seed for seed, _ in draws]] * first.height, dtype=pl.List(pl.String)),
            "replicates": pl.Series([[replicate for _, replicate in draws]] * first.height, dtype=pl.List(pl.UInt64)),
        }
        population = {name: first[name] for name in ("population", "short_tasks") if name in first.columns}
        return pl.DataFrame(key | merged | rest | provenance | population)
    weight = first["weight"][0]
    weights = None if weight is None else weight.to_list()
    names, has = all_columns(), set(first["has"][0])
    columns = columns_of(names, _core.estimate_sampling(rows, trials=trials, weights=weights, columns=names))

    def exists(name: str) -> bool:
        metric, quantile = metric_of(name)
        return (metric in has or metric not in OPTIONAL) and not (quantile and weights is not None)

    more = {name: first[name] for name in ("short_tasks",) if name in first.columns}
    found = before_last(estimates(columns, None, exists), more, None)
    run = run_named(first["spec_id"][0], seed=seeds)
    return pl.DataFrame(key | found | closing(first.height, run, trials))


#: The columns of a tallies frame that say what was drawn, with their Polars types.
_DRAWS = {
    "weight": pl.List(pl.Float64),
    "has": pl.List(pl.String),
    "trials": pl.Int64,
    "seeds": pl.List(pl.String),
    "replicates": pl.List(pl.UInt64),
    "spec_id": pl.String,
    "stream": pl.String,
}
#: The pairs of list columns that hold the values of a continuous score and their counts.
_VALUES = tuple((name, f"{name.removesuffix('_values')}_counts") for name in _TALLIES if name.endswith("_values"))
#: The list columns that merge by addition.
_SUMS = tuple(name for name in _TALLIES if not any(name in pair for pair in _VALUES))


def _key_columns(frame: pl.DataFrame) -> tuple[str, str]:
    """The columns that name a row."""
    return "policy", "limit" if "limit" in frame.columns else "max_attempts"


def _draws(frame: pl.DataFrame) -> list[tuple[str, int]]:
    """The seed and replicate of every run in a frame of tallies."""
    return list(zip(frame["seeds"][0].to_list(), frame["replicates"][0].to_list(), strict=True))


def _lists(rows: Sequence[npt.NDArray[Any]], kind: type[pl.DataType]) -> pl.Series:
    """A list per row: of arrays that happen to have one length Polars would make a column of another type."""
    lists = [pl.Series(row, dtype=kind) for row in rows]
    return pl.Series(lists) if lists else pl.Series(dtype=pl.List(kind))  # with a type it would read number by number


def _list(frame: pl.DataFrame, name: str, at: int) -> npt.NDArray[Any]:
    return frame[name][at].to_numpy()  # type: ignore[no-any-return]


def _check_mergeable(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    if len(frames) == 0:
        raise ValueError("frames must hold at least one frame of tallies, got none")
    seen: set[tuple[str, int]] = set()
    for i, frame in enumerate(frames):
        as_frame(frame, f"frames[{i}]")
        grid = {} if "limit" in frame.columns else {"max_attempts": pl.Int64}
        types = grid | _DRAWS | {name: pl.List(kind) for name, kind in _TALLIES.items()}
        schema = frame.schema
        for name, kind in types.items():
            if schema.get(name) != kind:
                raise ValueError(
                    f"frames[{i}] must come from simulate(..., tallies=True), with a column {name} of type {kind}, "
                    f"got {schema.get(name, 'none')}"
                )
        for name in ("spec_id", "stream"):
            if frame.is_empty() or frame[name][0] != frames[0][name][0]:
                got = "no rows" if frame.is_empty() else frame[name][0]
                raise ValueError(f"frames[{i}] must have the {name} of frames[0], got {got}")
        _check_population(i, frame, frames[0])
        _check_rows(i, frame, frames[0])
        for seed, replicate in _draws(frame):
            if (seed, replicate) in seen:
                raise ValueError(f"frames[{i}] repeats seed {seed}, replicate {replicate}: the same draws count once")
            seen.add((seed, replicate))
    return frames[0]


def _check_population(i: int, frame: pl.DataFrame, first: pl.DataFrame) -> None:
    """Tasks that a seed drew once are the same tasks under that seed only."""
    if "population" in frame.columns and frame["population"][0] != first["population"][0]:
        raise ValueError(
            f"frames[{i}] must have the seed of frames[0] ({first['population'][0]}), got {frame['population'][0]}: "
            "redraw='run' draws other tasks from another seed, and the sum would pass the luck of that draw off as "
            "none; use replicates of one seed, or redraw='trial'"
        )


def _check_rows(i: int, frame: pl.DataFrame, first: pl.DataFrame) -> None:
    """All rows are there, and every list has the length that it has in the first frame."""
    key = _key_columns(first)
    if any(name not in frame.columns for name in key) or not frame.select(key).equals(first.select(key)):
        raise ValueError(f"frames[{i}] must have the rows of frames[0], got others")
    lists = [*_TALLIES, "has", "seeds", "replicates"]
    lengths, known = (some.select(pl.col(lists).list.len()) for some in (frame, first))
    held = frame.select(pl.col(lists).explode().count()).row(0, named=True)
    for name in (*lists, "trials", "spec_id", "stream"):
        if frame[name].null_count() or (name in held and held[name] != lengths[name].sum()):
            raise ValueError(f"frames[{i}] must have no nulls, got some in {name}")
    for name in _SUMS:
        if not lengths[name].equals(known[name]):
            raise ValueError(f"frames[{i}] must count as many tasks as frames[0], got other lengths of {name}")
    for a, b in (*_VALUES, ("seeds", "replicates")):
        if not lengths[a].equals(lengths[b]):
            raise ValueError(f"frames[{i}] must have {a} and {b} of one length, got others")
