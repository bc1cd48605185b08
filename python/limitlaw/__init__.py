"""Monte Carlo of two limits of AI progress: repeated sampling with imperfect verifiers, and running out of data."""

import warnings

from limitlaw import _core, closed_form, datasets, fit
from limitlaw._core import __version__
from limitlaw.errors import NoClosedFormError
from limitlaw.fit import pass_at_k, pass_hat_k
from limitlaw.run import merge, simulate, solve
from limitlaw.sampling import (
    AllOf,
    Answers,
    AnyOf,
    BestOf,
    Cost,
    FilteredVote,
    FirstAbove,
    FirstAccepted,
    FirstWorthwhile,
    MajorityVote,
    Policy,
    SamplingScenario,
    StopWhenAhead,
    Tasks,
    Utility,
    Verifier,
    WeightedVote,
    ceilings,
    compare_policies,
    optimal_attempts,
)

if _core.DEBUG_BUILD:
    warnings.warn("limitlaw was built without optimisation: expect it to be 10 to 50 times slower", stacklevel=2)

__all__ = [
    "AllOf",
    "Answers",
    "AnyOf",
    "BestOf",
    "Cost",
    "FilteredVote",
    "FirstAbove",
    "FirstAccepted",
    "FirstWorthwhile",
    "MajorityVote",
    "NoClosedFormError",
    "Policy",
    "SamplingScenario",
    "StopWhenAhead",
    "Tasks",
    "Utility",
    "Verifier",
    "WeightedVote",
    "__version__",
    "ceilings",
    "closed_form",
    "compare_policies",
    "datasets",
    "fit",
    "merge",
    "optimal_attempts",
    "pass_at_k",
    "pass_hat_k",
    "simulate",
    "solve",
]
