"""Counts and the options of a resampling, as the core reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, as_numbers, as_threads, as_whole, check_progress
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy.typing as npt

#: The most resamples of one call.
MAX_RESAMPLES = 1_000_000
#: The largest count: up to it every whole number is a float.
MAX_COUNT = 2**53


def column(name: str, values: npt.ArrayLike, *, counts: bool = True) -> npt.NDArray[np.float64]:
    """One number a task, or one number of attempts each; among counts a boolean is 0 or 1."""
    array = as_numbers(values, name, "a one-dimensional sequence of numbers", dimensions=(0, 1), counts=counts)
    return np.ascontiguousarray(np.atleast_1d(array), dtype=np.float64)


def counts(attempts: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Attempts and correct ones of each task; one number of attempts serves all tasks."""
    n, c = column("attempts", attempts), column("correct", correct)
    return (n.repeat(len(c)) if len(n) == 1 else n), c


def resampling(
    bootstrap: int,
    seed: Seed | None,
    *,
    confidence: float,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
) -> tuple[dict[str, Any], str | None]:
    """What every resampling call passes to the core, and the seed as text (none where nothing is resampled)."""
    resamples = as_whole(bootstrap, "bootstrap", 0, MAX_RESAMPLES)
    if resamples == 1:
        raise ValueError("bootstrap must be 0, or at least 2 for an interval, got 1")
    check_progress(progress)
    key, text = (0, 0), None
    if resamples > 0:
        if seed is None:
            raise ValueError("seed must be given where there is a bootstrap, got None (bootstrap=0: no resampling)")
        key, text = key_of(seed)
    options = {"resamples": resamples, "confidence": as_confidence(confidence), "key": key}
    return options | {"threads": as_threads(threads), "progress": progress}, text


def closing(tasks: int, options: dict[str, Any], seed: str | None, **chosen: str | int) -> list[pl.Expr]:
    """The last columns of a frame: what it rests on and what was chosen."""
    return [
        pl.lit(tasks, pl.Int64).alias("tasks"),
        *(
            pl.lit(value, pl.Int64 if isinstance(value, int) else pl.String).alias(name)
            for name, value in chosen.items()
        ),
        pl.lit(options["confidence"], pl.Float64).alias("confidence"),
        pl.lit(seed, pl.String).alias("seed"),
    ]
