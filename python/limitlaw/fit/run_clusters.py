"""Runs that are alike, as of one laboratory or the checkpoints of one model: drawn together in a resample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from limitlaw._arguments import listed, shown

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def clusters_of(frame: pl.DataFrame, cluster: str | None) -> npt.NDArray[np.int64]:
    """The cluster of each run, from 0 without gaps, by a column of names; runs without a name stand alone."""
    alone = pl.int_range(frame.height, 2 * frame.height, eager=True)
    if cluster is None:
        return (alone - frame.height).to_numpy()
    if not isinstance(cluster, str) or cluster not in frame.columns:
        raise ValueError(f"cluster must be a column of frame, {listed(frame.columns, cluster)}, got {shown(cluster)}")
    names = frame[cluster]
    if names.dtype.is_nested():
        raise TypeError(f"cluster must be a column of names, got {cluster!r} of type {names.dtype}")
    found = names.rank("dense").cast(pl.Int64).zip_with(names.is_not_null(), alone)
    return (found.rank("dense").cast(pl.Int64) - 1).to_numpy()
