"""Tasks in clusters: how many are sampled, and a word where something takes tasks as independent."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from limitlaw.errors import MisfitWarning

if TYPE_CHECKING:
    from limitlaw.sampling.tasks import Tasks


def sampled(tasks: Tasks) -> int:
    """How many are sampled: tasks, or clusters of them."""
    return len(tasks) if tasks.cluster is None else int(tasks.cluster.max()) + 1


def effective(tasks: Tasks) -> float:
    """How many of equal weight know a mean as well (Kish)."""
    own = np.ones(len(tasks)) if tasks.weight is None else tasks.weight / tasks.weight.max()
    weight = own if tasks.cluster is None else np.bincount(tasks.cluster, own)
    return float(weight.sum() ** 2 / (weight**2).sum())


def warn_independent(*tasks: object, stacklevel: int = 3) -> None:
    """Say that a plan takes tasks in clusters as independent."""
    if any(getattr(one, "cluster", None) is not None for one in tasks):
        warnings.warn(
            "the tasks come in clusters, and plans take them as independent: more will be needed than they say",
            MisfitWarning,
            stacklevel=stacklevel,
        )
