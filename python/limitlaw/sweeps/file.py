"""A sweep in a .toml or .json file: the scenario, its axes and the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from limitlaw._arguments import listed, naming, shown
from limitlaw._files import reading
from limitlaw.sampling.files import with_tables
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sweeps.grid import Grid
from limitlaw.sweeps.kinds import scenario_class
from limitlaw.sweeps.plan import Plan, Settings
from limitlaw.sweeps.spaced import SPACINGS, spaced

if TYPE_CHECKING:
    from limitlaw._spec import Spec

__all__ = ["read_sweep"]


def read_sweep(path: str | Path) -> tuple[Grid, Settings]:
    """Read a sweep from a file.

    Its keys are ``scenario`` (the settings of a scenario), ``axes`` (values by dotted path), ``zip`` (groups of paths)
    and the settings of ``sweep``: ``method``, ``trials``, ``seed``, ``random``, ``replicate``, ``frame``, ``columns``,
    ``sampler``, ``target_se``, ``max_trials``, ``confidence``. An axis may be spaced evenly: ``linspace`` or
    ``logspace``, each ``[first, last, count]`` with both ends included, in equal steps or in equal ratios.

    Args:
        path: The file.

    Returns:
        The grid and the settings: ``ll.sweep(grid, **settings)``.

    Raises:
        ValueError: The file is not TOML or JSON, a key is missing or unknown, or a value is out of range; the message
            names file and key.
        TypeError: A value has the wrong type; the message names file, key and the expected type.
    """
    with reading(path) as data:
        grid, settings = _parse(data, Path(path).parent)
        Plan(grid, **settings)
        return grid, settings


def _parse(data: Any, folder: Path) -> tuple[Grid, Settings]:
    known = ["scenario", "axes", "zip", *Settings.__annotations__]
    if not isinstance(data, dict):
        raise TypeError(f"a sweep must be a table with the keys {known}, got {shown(data)}")
    for key in data:
        if key not in known:
            hint = "; with kind it is a scenario: limitlaw simulate or solve, or read_scenario" if key == "kind" else ""
            raise ValueError(f"a sweep has the keys {known}, got {key!r}{hint}")
    for key in ("scenario", "axes"):
        if not isinstance(data.get(key), dict):
            raise TypeError(f"{key} must be a table, got {shown(data.get(key))}")
    grid = Grid(_scenario(data["scenario"], folder), _flat(data["axes"]), zip=data.get("zip", ()))
    return grid, cast("Settings", {key: data[key] for key in data if key in Settings.__annotations__})


def _scenario(data: dict[str, Any], folder: Path) -> Spec:
    kind = scenario_class(data)
    with naming("scenario"):
        return kind.from_data(with_tables(data, folder) if kind is SamplingScenario else data)


def _flat(axes: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """``verifier.false_positive_rate = [...]`` is a table within a table in TOML: one path here.

    A table with ``linspace`` or ``logspace`` alone is an axis.
    """
    flat: dict[str, Any] = {}
    for key, value in axes.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and (spacing := next((word for word in SPACINGS if word in value), None)):
            if len(value) > 1:
                raise ValueError(f"{path}.{spacing} must stand alone, got the keys {listed(list(value))}")
            flat[path] = spaced(spacing, value[spacing], path)
        elif isinstance(value, dict):
            flat |= _flat(value, f"{path}.")
        else:
            flat[path] = value
    return flat
