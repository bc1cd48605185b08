"""Sweeps: a grid of scenarios, run shard by shard on one machine or many, resumable at any moment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Unpack

import polars as pl

from limitlaw._inputs import html_of
from limitlaw.sweeps.engine import Part, run_plan
from limitlaw.sweeps.file import read_sweep
from limitlaw.sweeps.grid import Grid
from limitlaw.sweeps.plan import Plan, Settings, Shard, no_rows, run_shard
from limitlaw.sweeps.report import Report
from limitlaw.sweeps.store import Store

__all__ = [
    "Grid",
    "Part",
    "Plan",
    "Report",
    "Shard",
    "Store",
    "Sweep",
    "iter_sweep",
    "read_sweep",
    "run_shard",
    "sweep",
]


class Sweep:
    """A sweep that has run: its frame and its report."""

    def __init__(self, plan: Plan, store: Store | None, parts: list[Part], report: Report) -> None:
        self.plan = plan
        self.store = store
        self._parts = parts
        self._report = report

    def frame(self) -> pl.DataFrame:
        """All rows of the grid, or of the part of it that was run, in the order of the points; from the store, if any.

        Returns:
            ``point``; one column per axis; what names a row in the frame of the result (``policy`` and
            ``max_attempts``, or ``limit``; ``definition``; ``year`` and ``variable``...); the result columns; where
            simulated ``trials``, and with ``target_se`` also ``<column>_low``, ``<column>_high`` and ``reached``;
            ``error``. A part of a grid with more parts than shards may have no rows.

        Raises:
            StoreError: A shard in the store is damaged, or does not come to be seen; the message names it.
        """
        if next(self.plan.shards(), None) is None:
            return no_rows(self.plan)
        if self.store is not None:
            return self.store.frame(self.plan, without={shard for shard, _ in self._report.given_up})
        if not self._parts:
            raise ValueError("sweep must have a finished shard for a frame, got none: see report()")
        return pl.concat([part.frame() for part in sorted(self._parts, key=lambda part: part.shard)])

    def report(self) -> Report:
        """What became of every point."""
        return self._report

    def __repr__(self) -> str:
        return f"Sweep({self.plan.grid!r})\n{self._report}"

    def _repr_html_(self) -> str:
        return html_of(f"{self.plan.grid!r}: {self._report}", self.frame().head(20))


def sweep(
    grid: Grid,
    *,
    store: Store | str | Path | None = None,
    executor: Any = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] = True,
    **settings: Unpack[Settings],
) -> Sweep:
    """Run every point of a grid.

    The result does not depend on the executor, the threads, or the order in which shards finish: same call, same bits.
    To resume after any kind of end, make the same call again: shards in the store are skipped.

    Args:
        grid: The points, or a part of them (``grid.shard(i, of=n)``).
        store: A folder for the results, made where there is none; in memory unless given.
        executor: ``None`` runs in this process; else ``"processes"``, a ``concurrent.futures.Executor`` (threads or
            spawned processes), a function that makes one, a ``distributed.Client``, or ``"dask://host:port"``.
        threads: Threads per shard: every core in this process, 1 with an executor, unless given.
        progress: ``True`` shows a bar on a terminal and in a notebook; a callable gets (points done, points).
        **settings: What is computed:
            ``method``: ``"simulate"`` (default) or ``"solve"``.
            ``trials``, ``seed``: as in ``simulate``; required there.
            ``random``: ``"common"`` (default) gives every point the same random numbers, so that comparisons are sharp;
            ``"independent"`` gives each its own.
            ``replicate``: the number of an independent repetition, from 0 to 65535; a store adds them up.
            ``frame``: of an exhaustion scenario ``"exhaustion"`` (default), ``"exhausted_by"`` or ``"trajectories"``,
            of a constraint scenario ``"bands"`` (default) or ``"binding"``: which frame of the result gives the rows.
            ``columns``: result columns, each of which brings its standard error where simulated; by default all
            estimates that can exist.
            ``sampler``: of an exhaustion scenario, ``"philox"`` (default) or ``"sobol"``, as in ``simulate``.
            ``target_se``: a standard error to reach, for accuracy (``p_not_by_horizon``) or by column; shares,
            probabilities and utility can have one. Trials start at ``trials`` and double until every row of the point
            is that precise, at most ``max_trials`` (1e7 unless given). Rows then carry ``<column>_low`` and
            ``<column>_high``, an interval of that ``confidence`` (.95 unless given) that holds at all times at once, so
            that stopping by the data does not bias it (beta-binomial mixture, for utility empirical Bernstein; tasks
            may differ).

    Returns:
        The frame and the report.

    Raises:
        ValueError: A setting is out of range; the store holds another sweep; the executor forks.
        VersionError: The store, or a worker, is of another version of limitlaw.
        StoreError: The store cannot be written, or has a damaged shard.
        RuntimeError: The executor broke and cannot be replaced, or lost its scheduler; the same call resumes.
        KeyboardInterrupt: Ctrl-C, within a second; a note says how to go on.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[10])
        >>> grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.05, 0.1]})
        >>> done = ll.sweep(grid, method="solve", columns=["accuracy"], progress=False)
        >>> done.frame()["accuracy"].round(3).to_list()
        [0.823, 0.736, 0.665]
        >>> done.report().done
        3
    """
    plan = Plan.of(grid, settings)
    folder = _store(store)
    report = Report()
    parts: list[Part] = []
    running = run_plan(
        plan, store=folder, executor=executor, threads=threads, progress=progress, report=report, ahead=True
    )
    with contextlib.closing(running):
        # Where there is a store the frames are there: memory stays flat.
        parts.extend(part for part in running if folder is None)
    if folder is not None and report.skipped:
        report.failed, report.errors = folder.failures(plan.replicate)
    return Sweep(plan, folder, parts, report)


def iter_sweep(
    grid: Grid,
    *,
    store: Store | str | Path | None = None,
    executor: Any = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] = False,
    report: Report | None = None,
    **settings: Unpack[Settings],
) -> Iterator[Part]:
    """Run a grid and yield each shard when it is finished, in whatever order: what ``sweep`` loops over.

    Args:
        grid: As in ``sweep``, with ``store``, ``executor``, ``threads``, ``progress`` and the settings.
        store: Shards that it has already are not yielded.
        executor: As in ``sweep``.
        threads: As in ``sweep``.
        progress: As in ``sweep``; nothing is shown unless asked for.
        report: Kept up to date, where given.
        **settings: As in ``sweep``.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[10])
        >>> grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.05, 0.1]})
        >>> for part in ll.iter_sweep(grid, method="solve", columns=["accuracy"]):
        ...     print(part.shard, part.frame()["accuracy"].round(3).to_list())
        Shard(first=0, last=3) [0.823, 0.736, 0.665]
    """
    plan = Plan.of(grid, settings)
    yield from run_plan(
        plan, store=_store(store), executor=executor, threads=threads, progress=progress, report=report or Report()
    )


def _store(store: Store | str | Path | None) -> Store | None:
    return store if store is None or isinstance(store, Store) else Store(store)
