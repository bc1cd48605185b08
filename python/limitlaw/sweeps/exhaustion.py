"""Exhaustion and constraint scenarios in a sweep: the frames of their results, and what a point costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw import _core
from limitlaw._frames import in_order
from limitlaw.exhaustion.constraint import ConstraintScenario
from limitlaw.exhaustion.run import DEFINITIONS, ORDER, VARIABLES
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.sweeps.kind import Frame, Kind, labelled, whole

if TYPE_CHECKING:
    from limitlaw.sweeps.kind import Points

__all__ = ["CONSTRAINT", "EXHAUSTION"]


def _label_keys(**labels: Sequence[str]) -> Callable[[Points, Any, list[Any]], dict[str, pl.Series]]:
    """Columns of labels, all by the core's first column of whole numbers."""
    return lambda _grid, _points, keys: {name: labelled(known, keys[0]) for name, known in labels.items()}


def _year_keys(_grid: Points, _points: Any, keys: list[Any]) -> dict[str, pl.Series]:
    return {"year": whole(keys[1]).cast(pl.Int32)}


def _trajectory_keys(grid: Points, points: Any, keys: list[Any]) -> dict[str, pl.Series]:
    variable = labelled(list(VARIABLES), keys[0])
    unit = variable.cast(pl.String).replace_strict(VARIABLES, default=None, return_dtype=pl.String)
    return _year_keys(grid, points, keys) | {"variable": variable, "unit": unit}


def _definition_years(grid: Points, points: Any, keys: list[Any]) -> dict[str, pl.Series]:
    return _label_keys(definition=DEFINITIONS)(grid, points, keys) | _year_keys(grid, points, keys)


def _exhaustion_cost(scenario: ExhaustionScenario, trials: int | None, frame: str) -> float:
    """About a nanosecond a step: 30 for a year of a draw, listed or not, 50 more to tally the variables of a listed."""
    through = scenario.years[-1] - scenario.years[0] + 1
    tallied = 50 * (len(scenario.years) + 10) if frame == "trajectories" else 0
    return 2e5 + (30 * (through + 10) + tallied) * (trials or 0)


def _exhaustion_frames() -> dict[str, Frame]:
    columns = {name: tuple(found) for name, found in _core.EXHAUSTION_FRAMES}
    shares = [name for name in columns["exhaustion"] if name.startswith("p_") and not name.endswith("_se")]
    return {
        "exhaustion": Frame(
            columns=columns["exhaustion"],
            default=tuple(in_order(columns["exhaustion"], *ORDER["exhaustion"])),
            targets=("p_not_by_horizon", *(name for name in shares if name != "p_not_by_horizon")),
            mergeable=lambda name: name.startswith("p_"),
            keys=_label_keys(definition=DEFINITIONS),
            rows=lambda _: len(DEFINITIONS),
            shares={name: f"{name}_se" for name in shares},
        ),
        "exhausted_by": Frame(
            columns=columns["exhausted_by"],
            default=tuple(in_order(columns["exhausted_by"], *ORDER["exhausted_by"])),
            targets=("probability",),
            mergeable=lambda _: True,
            keys=_definition_years,
            rows=lambda scenario: len(DEFINITIONS) * len(scenario.years),
            shares={"probability": "se"},
        ),
        "trajectories": Frame(
            columns=columns["trajectories"],
            default=tuple(in_order(columns["trajectories"], *ORDER["trajectories"])),
            targets=(),
            mergeable=lambda name: name in ("mean", "se"),
            keys=_trajectory_keys,
            rows=lambda scenario: len(VARIABLES) * len(scenario.years),
        ),
    }


EXHAUSTION = Kind(
    name="exhaustion",
    scenario=ExhaustionScenario,
    methods=("simulate",),
    frames=_exhaustion_frames(),
    samplers=("philox", "sobol"),
    max_trials=_core.MAX_TRIALS["exhaustion"],
    cost=_exhaustion_cost,
)


def _constraint_frames() -> dict[str, Frame]:
    columns = {name: tuple(found) for name, found in _core.CONSTRAINT_FRAMES}
    quantities = [name for name, _ in _core.CONSTRAINT_QUANTITIES]
    units = dict(_core.CONSTRAINT_QUANTITIES)

    def band_keys(_grid: Points, _points: Any, keys: list[Any]) -> dict[str, pl.Series]:
        quantity = labelled(quantities, keys[0])
        unit = quantity.cast(pl.String).replace_strict(units, default=None, return_dtype=pl.String)
        return {"quantity": quantity, "unit": unit}

    return {
        "bands": Frame(
            columns=columns["bands"],
            default=tuple(in_order(columns["bands"], ["q50", "q05"], ["q95"])),
            targets=(),
            mergeable=lambda name: name.startswith("mean_"),
            keys=band_keys,
            rows=lambda _: len(quantities),
        ),
        "binding": Frame(
            columns=columns["binding"],
            default=columns["binding"],
            targets=(),
            mergeable=lambda _: True,
            keys=_label_keys(constraint=list(_core.CONSTRAINTS)),
            rows=lambda _: len(_core.CONSTRAINTS),
            shares={"share": "share_se"},
        ),
    }


CONSTRAINT = Kind(
    name="constraint",
    scenario=ConstraintScenario,
    methods=("simulate",),
    frames=_constraint_frames(),
    samplers=("philox",),
    max_trials=_core.MAX_TRIALS["constraint"],
    cost=lambda _scenario, trials, _frame: 2e5 + 2000 * (trials or 0),
)
