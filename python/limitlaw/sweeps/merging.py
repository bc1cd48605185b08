"""Replicates of one shard become one frame: means weighted by their trials, variances added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core

__all__ = ["merge_replicates"]


def merge_replicates(
    frames: Sequence[pl.DataFrame], *, columns: Sequence[str], ratios: Mapping[str, str], shares: Mapping[str, str]
) -> pl.DataFrame:
    """Merge runs of the same points under different replicates, in the order given.

    A row of n trials with mean x and standard error s is a tally: its sum is n x and the variance of that sum n^2 s^2.
    Both add. A ratio weighs its replicates by trials times what it is relative to. A share of independent draws has the
    error of a share of all of them.

    Args:
        frames: One frame per replicate, with the same rows.
        columns: The result columns: means, and their standard errors ``<name>_se`` or ``se``.
        ratios: Ratio columns, each with the column that it is relative to.
        shares: Shares of independent draws, each with the column of its standard error.

    Raises:
        ValueError: The rows differ, or a ratio is to be merged without its denominator.
    """
    first = frames[0]
    trials = [_values(frame["trials"]) for frame in frames]
    merged = {}
    for column in first.get_columns():
        name = column.name
        metric = name.removesuffix("_se")
        if name == "trials":
            merged[name] = pl.Series(np.sum(trials, axis=0), nan_to_null=True).cast(pl.Int64)
        elif name not in columns:
            if any(not frame[name].equals(column, null_equal=True) for frame in frames[1:]):
                raise ValueError(f"replicates must have the same rows, got different {name}")
            merged[name] = column
        else:
            weights = trials
            if metric in ratios:
                if ratios[metric] not in first.columns:
                    raise ValueError(f"columns must hold {ratios[metric]} for {metric} to be merged over replicates")
                weights = [w * _values(frame[ratios[metric]]) for w, frame in zip(trials, frames, strict=True)]
            values = [_values(frame[name]) for frame in frames]
            merged[name] = pl.Series(_merge(values, weights, error=name == "se" or name != metric), nan_to_null=True)
    for share, error in shares.items():
        if share in merged and error in merged:
            errors = _core.share_errors(_values(merged[share]), _values(merged["trials"]))
            merged[error] = pl.Series(errors, nan_to_null=True)
    return pl.DataFrame(merged)


def _values(column: pl.Series) -> npt.NDArray[np.float64]:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _merge(
    values: list[npt.NDArray[np.float64]], weights: list[npt.NDArray[np.float64]], *, error: bool
) -> npt.NDArray[np.float64]:
    """The weighted mean, or its standard error; a replicate of weight 0 says nothing."""
    total, sums = np.zeros(len(values[0])), np.zeros(len(values[0]))
    for value, weight in zip(values, weights, strict=True):
        known = weight > 0
        total += np.where(known, weight, 0.0)
        term = np.where(known, weight * value, 0.0)
        sums += term * term if error else term
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.sqrt(sums) if error else sums) / np.where(total > 0, total, np.nan)
