"""Sampling scenarios in a sweep: the frame of their result, and what a point costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw import _core
from limitlaw.sampling.frames import arranged, needed_for
from limitlaw.sampling.scenario import SamplingScenario, row_key
from limitlaw.sweeps.kind import Frame, Kind, whole

if TYPE_CHECKING:
    from limitlaw.sweeps.kind import Points

__all__ = ["SAMPLING"]


def _labels(grid: Points, points: Any, codes: Any, field: str) -> pl.Series:
    """The policy or limit of each row by its label; where that field is swept, the labels of each point's own."""
    if not any(path.split(".")[0] == field for path in grid.axes):
        labels = [item.label for item in getattr(grid.scenario, field)]
        shown: pl.Series = pl.Series([*labels, None], dtype=pl.String)[codes % (len(labels) + 1)]
        return shown
    known: dict[tuple[Any, ...], list[str]] = {}
    found: list[str | None] = []
    paths = [path for path in grid.axes if path.split(".")[0] == field]
    for point, code in zip(points.tolist(), codes.tolist(), strict=True):
        if code < 0:
            found.append(None)
            continue
        values = grid.values(point)
        chosen = tuple(str(values[path]) for path in paths)
        if chosen not in known:
            known[chosen] = [item.label for item in getattr(grid.point(point), field)]
        found.append(known[chosen][code])
    return pl.Series(found, dtype=pl.String)


def _sampling_keys(grid: Points, points: Any, keys: list[Any]) -> dict[str, pl.Series]:
    policy = _labels(grid, points, keys[0], "policies")
    if isinstance(grid.scenario, SamplingScenario) and grid.scenario.limits is not None:
        return {"policy": policy, "limit": _labels(grid, points, keys[1], "limits")}
    return {"policy": policy, "max_attempts": whole(keys[1])}


def _sampling_cost(scenario: SamplingScenario, trials: int | None, _: str) -> float:
    """About a nanosecond a step: 50 to solve a task at a point of its grid, 5 to draw one in a trial."""
    rows = _sampling_rows(scenario)
    tasks = len(scenario.tasks)
    return 1000 + 50 * rows * tasks + (0 if trials is None else 20 * rows * tasks + 5 * tasks * trials)


def _sampling_rows(scenario: SamplingScenario) -> int:
    return len(scenario.policies) * len(row_key(scenario)[1])


def _check_axes(scenario: SamplingScenario, axes: Mapping[str, Sequence[Any]]) -> None:
    limited = scenario.limits is not None
    if any((value is not None) != limited for value in axes.get("limits", ())):
        given = "limits" if limited else "None"
        raise ValueError(
            f"limits must be given in the base scenario and at every point, or nowhere: the base has {given}"
        )


def _exists(scenario: SamplingScenario, axes: Mapping[str, Sequence[Any]], name: str) -> bool:
    needed = needed_for(name.removesuffix("_se"), scenario)
    return needed is None or any(path.split(".")[0] == needed for path in axes)


SAMPLING = Kind(
    name="sampling",
    scenario=SamplingScenario,
    methods=("simulate", "solve"),
    frames={
        "policy": Frame(
            columns=tuple(_core.SAMPLING_COLUMNS),
            default=tuple(name for name in arranged(_core.SAMPLING_COLUMNS) if "_q" not in name),
            targets=("accuracy", *(name for name in _core.SAMPLING_TARGETS if name != "accuracy")),
            mergeable=lambda name: "_q" not in name,
            keys=_sampling_keys,
            rows=_sampling_rows,
            ratios=_core.SAMPLING_RATIOS,
        )
    },
    samplers=("philox",),
    max_trials=_core.MAX_TRIALS["sampling"],
    cost=_sampling_cost,
    exists=_exists,
    check_axes=_check_axes,
)
