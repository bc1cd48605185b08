"""Where shards run: executors of every kind, and what to do when their workers die."""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from limitlaw._arguments import shown
from limitlaw._extras import command_for

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["Dask", "Pool", "deferred_interrupts", "processes"]

#: Futures in flight per worker: enough to keep it busy, few enough to stay small.
_IN_FLIGHT = 4
#: How often the workers of a cluster are counted, in seconds.
_COUNT_AGAIN = 5.0


def processes(workers: int | None = None) -> Executor:
    """A pool of fresh processes, one per core unless given.

    Example:
        >>> processes(2)._max_workers
        2
    """
    import multiprocessing  # noqa: PLC0415  (only where processes are asked for)

    context = multiprocessing.get_context("spawn")
    return concurrent.futures.ProcessPoolExecutor(workers or os.cpu_count(), mp_context=context)


@contextlib.contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Ctrl-C within it is answered at its end.

    ``concurrent.futures`` takes the locks of futures in Python: an interrupt in between leaves one taken for ever, and
    the executor's thread, for which Python waits as it ends, waits for that.

    Example:
        >>> with deferred_interrupts():
        ...     concurrent.futures.wait([], timeout=0.1)
        DoneAndNotDoneFutures(done=set(), not_done=set())
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    came: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            handler(*came[0])


class Dask(concurrent.futures.Executor):
    """The workers of a Dask cluster.

    Not ``Client.get_executor``: where a result is lost with its worker and computing it again fails, the error is
    raised in a callback of Dask's that nobody hears, and its future is never answered.

    Args:
        client: The client.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._workers, self._counted = 0, -math.inf

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Send a call; cancelling its future takes it back."""
        import asyncio  # noqa: PLC0415  (slow to import, and with Dask alone)

        # Not pure: a shard is sent again after a failure, and must not be answered with the failure.
        future = self.client.submit(function, *args, pure=False, **kwargs)
        return asyncio.run_coroutine_threadsafe(_answer(future), self.client.loop.asyncio_loop)

    def workers(self) -> int:
        """The slots of all workers, which may come and go; at least one, so that work waits for the first to come."""
        if time.monotonic() - self._counted > _COUNT_AGAIN:
            self.count()
        return max(1, self._workers)

    def count(self) -> int:
        """Ask the scheduler for the slots of all workers; where it does not answer, as many as there were."""
        self._counted = time.monotonic()
        # A lost scheduler shows where work is sent, with an error that says how to go on.
        with contextlib.suppress(Exception):
            self._workers = sum(self.client.nthreads().values())
        return self._workers


async def _answer(future: Any) -> Any:
    """What a call returns or raises, awaited on the client's own loop: whatever it meets is an answer."""
    try:
        return await future
    finally:
        # Nobody waits for it any more: what has not run need not, and its result is not kept.
        future.release()


class Pool:
    """An executor in use: replaced when it breaks, where we know how to make another.

    Args:
        executor: ``"processes"``, ``"dask://host:port"``, a ``distributed.Client``, any
            ``concurrent.futures.Executor``, or a function without arguments that makes one.

    Raises:
        TypeError: It is none of these.
        ValueError: It is a pool of forked processes, in which Polars hangs.
    """

    def __init__(self, executor: Any) -> None:
        self._make: Callable[[], Any] | None = None
        self._own: list[Any] = []
        if isinstance(executor, str):
            executor = self._named(executor)
        if not _is_executor(executor) and not _is_client(executor):
            if not callable(executor):
                raise TypeError(
                    "executor must be None, 'processes', 'dask://host:port', a distributed.Client, an Executor or a "
                    f"function that makes one, got {shown(executor)}"
                )
            self._make = executor
            executor = executor()
        self._use(executor)

    def _named(self, name: str) -> Any:
        if name == "processes":
            return processes
        host, colon, port = name.removeprefix("dask://").rpartition(":")
        if name.startswith("dask://") and host and colon and port.isdigit():
            try:
                from distributed import Client  # noqa: PLC0415  (an extra)
            except ImportError:
                raise ImportError(f"executor dask://... needs Dask: {command_for('cluster')}") from None
            client: Any = Client(f"tcp://{host}:{port}")  # type: ignore[no-untyped-call]
            self._own.append(client)
            return client
        raise ValueError(f"executor must be 'processes' or 'dask://host:port' as text, got {shown(name)}")

    def _use(self, executor: Any) -> None:
        if _is_client(executor):
            executor = Dask(executor)
        if not _is_executor(executor):
            raise TypeError(f"executor must be made by the function given, got {shown(executor)}")
        context = getattr(executor, "_mp_context", None)
        if context is not None and context.get_start_method() == "fork":
            raise ValueError(
                "executor must not fork: Polars hangs in a forked child; use "
                "ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn')) or executor='processes'"
            )
        self.executor = cast("Executor", executor)

    @property
    def capacity(self) -> int:
        """Futures to keep in flight."""
        if isinstance(self.executor, Dask):
            workers = self.executor.workers()
        else:
            workers = getattr(self.executor, "_max_workers", None) or os.cpu_count() or 1
        return _IN_FLIGHT * int(workers)

    @property
    def is_lost(self) -> bool:
        """Whether nothing sent will ever be answered: the scheduler is gone, and its client has given up."""
        return isinstance(self.executor, Dask) and self.executor.client.status in ("closing", "closed")

    def look(self) -> None:
        """Say so where no worker is there to answer: a cluster may bring one later."""
        if isinstance(self.executor, Dask) and not self.executor.count():
            warnings.warn(
                "the Dask cluster has no workers: the sweep waits for one (Ctrl-C keeps what is finished)",
                stacklevel=2,
            )

    def replace(self) -> bool:
        """Replace a broken executor; whether that was possible."""
        if self._make is None:
            return False
        self.executor.shutdown(wait=False, cancel_futures=True)
        self._use(self._make())
        return True

    def close(self, *, at_once: bool) -> None:
        """Stop what is ours; the caller's executor stays open."""
        if self._make is not None:
            children = list((getattr(self.executor, "_processes", None) or {}).values())
            self.executor.shutdown(wait=not at_once, cancel_futures=True)
            if at_once:
                for child in children:
                    child.terminate()
        for own in self._own:
            # A client that has lost its scheduler cannot say goodbye.
            with contextlib.suppress(OSError):
                own.close(**({"timeout": 0.5} if at_once else {}))


def _is_executor(value: Any) -> bool:
    return isinstance(value, concurrent.futures.Executor)


def _is_client(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "distributed" and hasattr(value, "get_executor")
