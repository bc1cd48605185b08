"""Hypothesis' entry point: it learns limitlaw's types as they are made, and imports strategies when one is drawn.

So ``import hypothesis`` imports neither NumPy nor Polars where limitlaw happens to be installed.
"""

from __future__ import annotations

import importlib
from typing import Any

#: The strategy of ``limitlaw.testing`` for each type, by the type's name.
_STRATEGIES = {
    "Answers": "answers",
    "ComputePath": "compute_paths",
    "Cost": "costs",
    "Dist": "dists",
    "ExhaustionScenario": "exhaustion_scenarios",
    "Law": "laws",
    "LawParameters": "law_parameters",
    "Limit": "limits",
    "Policy": "policies",
    "SamplingScenario": "sampling_scenarios",
    "Tasks": "tasks",
    "Utility": "utilities",
    "Verifier": "verifiers",
}
#: Settings so far, and whether Hypothesis wants to know of them.
_born: list[type] = []
_told: list[bool] = []


def born(kind: type) -> None:
    """A class of settings was made."""
    _born.append(kind)
    if _told:
        _tell(kind)


def register() -> None:
    """Tell Hypothesis how to draw limitlaw's types, those to come too, and of the profiles; once."""
    import hypothesis  # noqa: PLC0415  (this module is imported without it)

    if _told:
        return
    _told.append(True)
    for kind in _born:
        _tell(kind)
    hypothesis.settings.register_profile("limitlaw", deadline=None)
    hypothesis.settings.register_profile("limitlaw-ci", deadline=None, derandomize=True, print_blob=True)


def _tell(kind: type) -> None:
    name = _STRATEGIES.get(kind.__name__)
    if name is None or not kind.__module__.startswith("limitlaw."):
        return
    from hypothesis import strategies as st  # noqa: PLC0415  (as above)

    def draw(_: Any) -> Any:
        return getattr(importlib.import_module("limitlaw.testing"), name)()

    st.register_type_strategy(kind, draw)
