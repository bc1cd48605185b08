"""Labelled verdicts, from a frame with a row for each to counts by task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limitlaw._arguments import as_column, numbered
from limitlaw._unused import warn_at_user
from limitlaw.errors import MisfitWarning
from limitlaw.sampling.attempts import check_once, flags

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl


def labelled(frame: pl.DataFrame, accepted: str, correct: str, task: str | None) -> list[npt.NDArray[np.float64]]:
    """Of each task: wrong attempts, those of them that were accepted, correct attempts, those that were rejected."""
    verdict, label = flags(frame, "accepted", accepted), flags(frame, "correct", correct)
    if not 0 < label.sum() < len(label):
        got = f"{int(label.sum())} correct of {len(label)}"
        raise ValueError(f"correct must hold labels of correct and of wrong attempts, got {got}")
    place = np.arange(len(label))
    if task is not None:
        _, place = numbered(map(str, as_column(frame, "task", task, of="names")))
        check_once(frame, task)
    if verdict.min() == verdict.max():
        kind = "accepted" if verdict.all() else "rejected"
        warn_at_user(
            f"all {len(verdict)} labels are of {kind} attempts: if they were chosen by the verdict, they do not tell "
            "the error rates, and what is said of them is wrong; label attempts whatever their verdict",
            MisfitWarning,
        )
    return by_task(place, verdict, label)


def by_task(
    place: npt.NDArray[np.int64], verdict: npt.NDArray[np.int64], label: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.float64]]:
    """The same counts, from the task of each labelled attempt, its verdict and its label, each 0 or 1.

    Tasks stand in the order of their counts, so that the order of the labels changes no digit.
    """
    kinds = (1 - label, (1 - label) * verdict, label, label * (1 - verdict))
    counts = [np.bincount(place, kind).astype(np.float64) for kind in kinds]
    order = np.lexsort(counts)
    return [count[order] for count in counts]
