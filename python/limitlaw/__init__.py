"""Monte Carlo of two limits of AI progress: repeated sampling with imperfect verifiers, and running out of data."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from limitlaw import _core
from limitlaw._core import __version__ as __version__  # a part of the interface

if _core.DEBUG_BUILD:
    warnings.warn("limitlaw was built without optimisation: expect it to be 10 to 50 times slower", stacklevel=2)

#: What ``limitlaw`` gives, by the module that has it, which is imported when one of its names is used: the command line
#: helps, and ``import limitlaw`` returns, before Polars is there. ``__init__.pyi`` says the same to type checkers.
_PLACES = {
    "_show": "brief",
    "decisions": "compare_systems",
    "errors": "MisfitWarning NoClosedFormError StoreError UnitsWarning UnusedSettingWarning VersionError",
    "exhaustion": (
        "Backtest ComputePath ConstraintResult ConstraintScenario Correlation ExhaustionResult "
        "ExhaustionScenario Law LawParameters Sensitivity backtest dist levers loss optimal_allocation "
        "repetition_bootstrap sensitivity "
    ),
    "fit": "corrected_accuracy pass_at_k pass_hat_k",
    "gates": "check",
    "logs": "read_attempts",
    "pages": "report",
    "picture": "plot",
    "recommendation": "Recommendation recommend",
    "run": "merge read_scenario simulate solve",
    "sampling": (
        "Answers Cost Limit SamplingScenario Tasks Utility Verifier can_match ceilings compare_policies "
        "optimal_attempts required_false_positive_rate "
    ),
    "sweeps": "Grid Store iter_sweep read_sweep sweep",
}
#: Modules that are given as they are.
_MODULES = ("closed_form", "datasets", "exhaustion", "fit", "plan")
#: Whose names are given too: every policy, as the module lists them.
_POLICIES = "sampling.policy"
_WHERE = {name: place for place, names in _PLACES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import what is used."""
    if name == "__all__":
        return sorted([*_WHERE, *_MODULES, "__version__", *_policies().__all__])
    if name in _MODULES:
        value: Any = importlib.import_module(f"limitlaw.{name}")
    elif name in _WHERE:
        value = getattr(importlib.import_module(f"limitlaw.{_WHERE[name]}"), name)
    elif name[:1] != "_" and name in _policies().__all__:
        value = getattr(_policies(), name)
    else:
        raise AttributeError(f"module 'limitlaw' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})


def _policies() -> Any:
    return importlib.import_module(f"limitlaw.{_POLICIES}")
