"""Tasks in clusters: how many are sampled, and a word where something takes tasks as independent."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from limitlaw import _core
from limitlaw.errors import MisfitWarning

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.sampling.tasks import Tasks

    Floats = npt.NDArray[np.float64]


def weights(tasks: Tasks) -> Floats:
    """The weights of tasks, adding to 1."""
    own = np.ones(len(tasks)) if tasks.weight is None else tasks.weight
    return np.asarray(own / own.sum())


def sampled(tasks: Tasks) -> int:
    """How many are sampled: tasks, or clusters of them, that have a weight."""
    return _core.sample_sizes(len(tasks), *_weights_and_clusters(tasks))[0]


def effective(tasks: Tasks) -> float:
    """How many of equal weight know a mean as well (Kish)."""
    return _core.sample_sizes(len(tasks), *_weights_and_clusters(tasks))[1]


def resampled_means(values: Floats, tasks: Tasks, resamples: int, key: Sequence[int], confidence: float) -> Floats:
    """Means of each option over tasks in resamples of these, or of their clusters, which the sets of values share.

    Where these are few the means spread as over others, for an interval of that confidence. Values have the shape
    ``(sets, options, tasks)``, means ``(resamples, options)``.
    """
    how: dict[str, Any] = {"resamples": resamples, "confidence": confidence, "key": key}
    means = _core.resampled_means(np.ascontiguousarray(values), *_weights_and_clusters(tasks), **how)
    return means.reshape(resamples, values.shape[1])


def _weights_and_clusters(tasks: Tasks) -> tuple[Floats | None, Floats | None]:
    found = (None if one is None else np.ascontiguousarray(one, np.float64) for one in (tasks.weight, tasks.cluster))
    return next(found), next(found)


def warn_independent(*tasks: object, stacklevel: int = 3) -> None:
    """Say that a plan takes tasks in clusters as independent."""
    if any(getattr(one, "cluster", None) is not None for one in tasks):
        warnings.warn(
            "the tasks come in clusters, and plans take them as independent: more will be needed than they say",
            MisfitWarning,
            stacklevel=stacklevel,
        )
