"""Runs a plan shard by shard: in process or on an executor, skipping what is there, keeping what is finished."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import functools
import platform
import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from limitlaw._arguments import as_threads
from limitlaw._progress import Progress, check_wanted
from limitlaw.errors import StoreError, VersionError
from limitlaw.sweeps.executors import Pool, deferred_interrupts
from limitlaw.sweeps.manifest import is_shared
from limitlaw.sweeps.plan import Plan, Shard, run_shard
from limitlaw.sweeps.report import MAX_SHOWN, Report
from limitlaw.sweeps.shard_file import Entry, entry_of, find_shard, frame_digest, read_shards, shard_path, write_shards
from limitlaw.sweeps.store import Store
from limitlaw.sweeps.versions import Versions, check_versions, versions

__all__ = ["Part", "run_plan"]

#: How often a shard is tried again after an exception or the death of its worker.
RETRIES = 2
#: How often a waiting driver looks for signals, in seconds.
_POLL = 0.2
#: After at least so many seconds without any answer, and ten times the longest wait for one, what is out is sent again;
#: the time doubles with every such turn.
_PATIENCE = 60.0

_KEPT = "what is finished is kept in the store, and the same call resumes"


@dataclasses.dataclass(frozen=True)
class Part:
    """A finished shard.

    Args:
        shard: Which points.
        rows: Rows of its frame.
        failed: Points that failed.
        errors: The first of them as (point, message).
        entry: What the footer of its file says: points, rows, the digest of each column, the versions that made it.
        path: Its file, where there is a store.
    """

    shard: Shard
    rows: int
    failed: int
    errors: list[tuple[int, str]]
    entry: Entry
    path: Path | None
    _frame: pl.DataFrame | None
    _plan: Plan

    @property
    def digest(self) -> str:
        """BLAKE2b-128 (hex) of the frame's content."""
        return frame_digest(self.entry["columns"])

    def frame(self) -> pl.DataFrame:
        """The rows."""
        if self._frame is not None:
            return self._frame
        assert self.path is not None
        return next(read_shards(self.path, self._plan))[1]


def compute(
    plan: Plan,
    shard: Shard,
    *,
    threads: int | None,
    folder: Path | None,
    driver: Versions,
    accepted: Sequence[str],
    progress: Callable[[int, int], object] | None = None,
) -> Part:
    """Compute a shard and, where this machine sees the store, write it: what an executor is given to do.

    Raises:
        VersionError: The driver runs another version than this worker, which is none of the accepted.
    """
    check_versions(f"the worker {platform.node()}", versions(), driver, accepted)
    frame = run_shard(plan, shard, threads=threads, progress=progress)
    return _finish(plan, shard, frame, folder if folder is not None and is_shared(folder, plan) else None)


def _finish(plan: Plan, shard: Shard, frame: pl.DataFrame, folder: Path | None) -> Part:
    """Digest the rows of a shard and write them, where there is a folder."""
    bad = frame.select("point", "error").drop_nulls() if frame["error"].null_count() < frame.height else frame.clear()
    part = Part(
        shard=shard,
        rows=frame.height,
        failed=bad.height,
        errors=list(bad.head(MAX_SHOWN).iter_rows()),
        entry=entry_of(shard, frame),
        path=None,
        _frame=frame,
        _plan=plan,
    )
    if folder is None:
        return part
    return dataclasses.replace(part, path=write_shards(folder, plan, [(part.entry, frame)]), _frame=None)


def run_plan(
    plan: Plan,
    *,
    store: Store | None,
    executor: Any,
    threads: int | None,
    progress: bool | Callable[[int, int], object],
    report: Report,
    ahead: bool = False,
) -> Generator[Part, None, None]:
    """Yield every shard that is not in the store yet as it is finished; ``report`` is kept up to date.

    Without an executor nothing is computed before it is asked for; ``ahead`` computes a shard while one is written.
    """
    started = time.perf_counter()
    threads = as_threads(threads)
    check_wanted(progress)
    pool = None if executor is None else Pool(executor)  # a store is made for what can run only
    done: set[Shard] = set()
    try:
        if store is not None:
            plan = store.open(plan)
            done = store.done(plan.replicate)
    except BaseException:
        if pool is not None:
            pool.close(at_once=True)
        raise
    todo = [shard for shard in plan.shards() if shard not in done]
    if store is not None:  # several drivers of one store start at places that differ, and seldom do the same work
        random.SystemRandom().shuffle(todo)
    report.points = sum(map(len, plan.shards()))
    report.skipped = report.points - sum(map(len, todo))
    run = _Run(plan, collections.deque(todo), threads, store, report)
    try:
        with Progress(progress, points=report.points, skipped=report.skipped) as bar:
            parts = run.in_process(bar, ahead=ahead) if pool is None else run.on(pool, bar)
            for part in parts:
                report.done += len(part.shard)
                report.add_failures(part.failed, part.errors)
                report.seconds = time.perf_counter() - started
                yield part
    except KeyboardInterrupt as interrupt:
        kept = "what is finished is kept" if store is not None else "without a store nothing is kept"
        interrupt.add_note(
            f"{report.done + report.skipped} of {report.points} points were finished; {kept}"
            + (f": run the same call with store={str(store.path)!r} to go on" if store is not None else "")
        )
        raise
    finally:
        report.seconds = time.perf_counter() - started


class _Run:
    """The loop over the shards of one plan."""

    def __init__(
        self, plan: Plan, todo: collections.deque[Shard], threads: int | None, store: Store | None, report: Report
    ) -> None:
        self.plan = plan
        self.todo = todo
        self.folder = None if store is None else store.path.absolute()
        self.compute = functools.partial(
            compute,
            folder=self.folder,
            driver=versions(),
            accepted=() if store is None else store.accept_versions,
        )
        self.threads = threads
        self.report = report
        self.strikes: collections.Counter[Shard] = collections.Counter()
        #: Shards that were running when a pool broke: one of them may have broken it, so they run alone.
        self.suspects: collections.deque[Shard] = collections.deque()

    def in_process(self, bar: Progress, *, ahead: bool) -> Iterator[Part]:
        """One shard after the other; ``ahead``: one is computed while that before it is digested and written."""
        with concurrent.futures.ThreadPoolExecutor(1) as writer:
            out: tuple[Shard, concurrent.futures.Future[Part]] | None = None
            try:
                while self.todo or out is not None:
                    shard = self.todo.popleft() if self.todo and (ahead or out is None) else None
                    frame = None if shard is None or self._is_there(shard, bar) else self._rows(shard, bar)
                    if out is not None:
                        part = self._written(out[1], out[0], bar)
                        out = None
                        if part is not None:
                            yield part
                    if frame is not None and shard is not None:
                        with deferred_interrupts():
                            out = shard, writer.submit(_finish, self.plan.window(shard), shard, frame, self.folder)
            except KeyboardInterrupt:
                if out is not None and out[1].exception() is None:  # it is in the store
                    self.report.done += len(out[0])
                raise

    def _rows(self, shard: Shard, bar: Progress) -> pl.DataFrame | None:
        """The rows of a shard, or a strike."""
        before = bar.done
        try:
            frame = run_shard(
                self.plan.window(shard), shard, threads=self.threads, progress=lambda now, _: bar.show(before + now)
            )
        except (StoreError, VersionError):
            raise
        except Exception as error:  # one shard's failure is not the sweep's, but the callback's is
            if error is bar.failed:
                raise
            self._strike(shard, error)
            return None
        bar.done = before
        bar.advance(len(shard))
        return frame

    def _written(self, written: concurrent.futures.Future[Part], shard: Shard, bar: Progress) -> Part | None:
        """The shard once it is written, or a strike."""
        try:
            with deferred_interrupts():
                return self._kept(written.result())
        except (StoreError, VersionError):
            raise
        except Exception as error:  # noqa: BLE001  (one shard's failure is not the sweep's)
            bar.done -= len(shard)
            self._strike(shard, error)
            return None

    def on(self, pool: Pool, bar: Progress) -> Iterator[Part]:
        running: dict[concurrent.futures.Future[Part], Shard] = {}
        finished = False
        heard, patience = time.monotonic(), _PATIENCE
        try:
            while self.todo or self.suspects or running:
                self._submit(pool, running, bar)
                with deferred_interrupts():
                    done, _ = concurrent.futures.wait(
                        running, timeout=_POLL, return_when=concurrent.futures.FIRST_COMPLETED
                    )
                broken: list[Shard] = []
                for future in done:
                    shard = running.pop(future, None)
                    if shard is None:  # answered by another future a moment ago
                        continue
                    part = self._outcome(future, shard, broken, last=shard not in running.values())
                    if part is not None:
                        _take_back(running, shard)
                        bar.advance(len(shard))
                        yield self._kept(part)
                if broken:
                    self._replace(pool, running, broken)
                if pool.is_lost:
                    raise RuntimeError(f"executor lost its scheduler; {_KEPT}")
                silence = time.monotonic() - heard
                if done:
                    heard, patience = time.monotonic(), max(patience, 10 * silence)
                elif silence > patience:
                    pool.look()
                    self._send_again(pool, running)
                    heard, patience = time.monotonic(), 2 * patience
            finished = True
        finally:
            _end(pool, running, finished=finished)

    def _submit(self, pool: Pool, running: dict[concurrent.futures.Future[Part], Shard], bar: Progress) -> None:
        """Fill the pool; a suspect runs alone."""
        capacity = 1 if self.suspects else pool.capacity
        while len(running) < capacity and (self.suspects or self.todo):
            shard = (self.suspects or self.todo).popleft()
            if self._is_there(shard, bar):
                continue
            try:
                future = self._send(pool, shard)
            except concurrent.futures.BrokenExecutor:
                self.todo.appendleft(shard)
                self._replace(pool, running, [])
                return
            running[future] = shard

    def _send_again(self, pool: Pool, running: dict[concurrent.futures.Future[Part], Shard]) -> None:
        """A worker may be lost without a word (Dask's issue 3196): the first answer for a shard counts."""
        for shard in dict.fromkeys(running.values()):
            running[self._send(pool, shard)] = shard

    def _send(self, pool: Pool, shard: Shard) -> concurrent.futures.Future[Part]:
        task = functools.partial(self.compute, threads=self.threads or 1)
        try:
            with deferred_interrupts():
                return pool.executor.submit(task, self.plan.window(shard), shard)
        except concurrent.futures.BrokenExecutor:
            raise
        except Exception as error:
            raise RuntimeError(f"executor takes no more work ({type(error).__name__}: {error}); {_KEPT}") from error

    def _outcome(
        self, future: concurrent.futures.Future[Part], shard: Shard, broken: list[Shard], *, last: bool
    ) -> Part | None:
        """The part, or a strike; a shard that is out a second time has another answer to come."""
        try:
            return future.result()
        except concurrent.futures.BrokenExecutor:
            broken.append(shard)
        except (StoreError, VersionError):
            raise
        except Exception as error:  # noqa: BLE001  (one shard's failure is not the sweep's)
            if last:
                self._strike(shard, error)
        return None

    def _strike(self, shard: Shard, error: BaseException) -> None:
        """Try a shard again, up to the stated retries; then give it up and go on with the rest."""
        self.strikes[shard] += 1
        if self.strikes[shard] <= RETRIES:
            killed = isinstance(error, concurrent.futures.BrokenExecutor) or type(error).__name__ == "KilledWorker"
            (self.suspects if killed else self.todo).append(shard)
        else:
            self.report.given_up.append((shard, f"{type(error).__name__}: {error}"))

    def _replace(self, pool: Pool, running: dict[concurrent.futures.Future[Part], Shard], broken: list[Shard]) -> None:
        """A worker died and took the pool along: make another, and find the shard that kills."""
        lost = list(dict.fromkeys([*broken, *running.values()]))
        running.clear()
        if not pool.replace():
            raise RuntimeError(
                f"executor broke: a worker died, and {len(lost)} shards were lost with it; {_KEPT}. "
                "executor='processes', or a function that makes the executor, replaces it and goes on"
            )
        if len(lost) == 1:
            self._strike(lost[0], concurrent.futures.BrokenExecutor("the worker died"))
        else:
            self.suspects.extend(lost)

    def _is_there(self, shard: Shard, bar: Progress) -> bool:
        """Whether another driver has put a shard in the store in the meantime."""
        if self.folder is None or find_shard(self.folder, self.plan, shard) is None:
            return False
        self.report.skipped += len(shard)
        bar.advance(len(shard))
        return True

    def _kept(self, part: Part) -> Part:
        """Write what a worker without the folder has sent; say where the file is on this machine."""
        if self.folder is None:
            return part
        if part._frame is not None:  # noqa: SLF001  (our own)
            path = write_shards(self.folder, self.plan, [(part.entry, part.frame())])
            return dataclasses.replace(part, path=path, _frame=None)
        return dataclasses.replace(part, path=shard_path(self.folder, self.plan, part.shard))


def _end(pool: Pool, running: dict[concurrent.futures.Future[Part], Shard], *, finished: bool) -> None:
    """Close the pool, at once where its work is not finished: no second Ctrl-C leaves workers behind."""
    if finished:
        pool.close(at_once=False)
        return
    with deferred_interrupts():
        for future in running:
            future.cancel()
        pool.close(at_once=True)


def _take_back(running: dict[concurrent.futures.Future[Part], Shard], shard: Shard) -> None:
    """Forget what else was sent for a shard that is answered."""
    with deferred_interrupts():
        for future in [future for future, other in running.items() if other == shard]:
            future.cancel()
            del running[future]
