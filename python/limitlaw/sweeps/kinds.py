"""The kinds of scenarios that can be swept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limitlaw._arguments import shown
from limitlaw.sweeps.exhaustion import CONSTRAINT, EXHAUSTION
from limitlaw.sweeps.sampling import SAMPLING

if TYPE_CHECKING:
    from limitlaw._spec import Spec
    from limitlaw.sweeps.kind import Kind

__all__ = ["kind_of", "scenario_class"]

_KINDS = (SAMPLING, EXHAUSTION, CONSTRAINT)


def kind_of(scenario: object) -> Kind:
    """The kind of a scenario."""
    for kind in _KINDS:
        if isinstance(scenario, kind.scenario):
            return kind
    names = [kind.scenario.__name__ for kind in _KINDS]
    raise TypeError(f"scenario must be one of {names}, got {shown(scenario)}")


def scenario_class(data: Any) -> type[Spec]:
    """The class of a scenario given as plain data."""
    name = data.get("kind") if isinstance(data, dict) else None
    for kind in _KINDS:
        if kind.name == name:
            return kind.scenario
    raise ValueError(f"scenario.kind must be one of {[kind.name for kind in _KINDS]}, got {shown(name)}")
