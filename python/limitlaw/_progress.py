"""Progress of a sweep or a run: a bar on a terminal or in a notebook, any callable, or nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from limitlaw._arguments import shown

__all__ = ["Progress", "check_wanted", "reporting"]


def check_wanted(value: object) -> None:
    """What ``Progress`` takes."""
    if not isinstance(value, bool) and not callable(value):
        raise TypeError(f"progress must be True, False or callable, got {shown(value)}")


class Progress:
    """Shows points or trials done, how many a second, and the time left.

    Args:
        wanted: ``True`` shows a bar where someone is looking (a terminal, a notebook), ``False`` nothing; a callable
            gets (points done, points) instead.
        points: Points to do.
        skipped: Points that are there already.
        unit: What is counted.
    """

    def __init__(
        self, wanted: bool | Callable[[int, int], object], *, points: int, skipped: int = 0, unit: str = "points"
    ) -> None:
        self.points = points
        self.done = skipped
        self.call = None if isinstance(wanted, bool) else wanted
        self.failed: Exception | None = None
        self.bar: Any = None
        if wanted is True and _someone_looks():
            from tqdm.auto import tqdm  # noqa: PLC0415  (slow to import, and seldom needed)

            self.bar = tqdm(total=points, initial=skipped, unit=f" {unit}", unit_scale=True, smoothing=0.1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.bar is not None:
            self.bar.close()

    def advance(self, points: int) -> None:
        """Count finished points."""
        self.done += points
        self.show(self.done)

    def show(self, done: int) -> None:
        """Show a number of finished points, those of a running shard included."""
        if self.call is not None:
            try:
                self.call(done, self.points)
            except StopIteration as error:  # within a generator it would end the sweep without a word
                self.failed = RuntimeError("progress must not raise StopIteration: raise another exception to stop")
                raise self.failed from error
            except Exception as error:
                self.failed = error
                raise
        elif self.bar is not None:
            self.bar.update(done - self.bar.n)


@contextlib.contextmanager
def reporting(
    wanted: bool | Callable[[int, int], object] | None, points: int, unit: str
) -> Iterator[Callable[[int, int], object] | None]:
    """What a run calls with (done, of all): the function that is wanted, a bar of so many points, or nothing."""
    if not isinstance(wanted, bool):
        yield wanted
        return
    with Progress(wanted, points=points, unit=unit) as bar:
        yield None if bar.bar is None else lambda done, of: bar.show(done * points // max(of, 1))


def _someone_looks() -> bool:
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config
