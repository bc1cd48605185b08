"""Counts and options as the core reads them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    import numpy.typing as npt


def column(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """One number a task, or one number of attempts each."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numbers, got {values!r:.80}") from None
    if array.ndim != 1:
        raise TypeError(f"{name} must be one-dimensional, got {array.ndim} dimensions")
    return np.ascontiguousarray(array)


def resamples_and_key(bootstrap: int, seed: Seed | None) -> tuple[int, tuple[int, int], str | None]:
    """How often to resample, the key of the seed, and the seed as text."""
    try:
        count = operator.index(bootstrap)
    except TypeError:
        raise TypeError(f"bootstrap must be a whole number, got {bootstrap!r:.80}") from None
    if count < 0:
        raise ValueError(f"bootstrap must be at least 0, got {count}")
    if count == 0:
        return 0, (0, 0), None
    if seed is None:
        raise ValueError("seed must be given where there is a bootstrap, got None (bootstrap=0 asks for no resampling)")
    key, text = key_of(seed)
    return count, key, text
