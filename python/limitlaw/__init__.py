"""Monte Carlo of two limits of AI progress: repeated sampling with imperfect verifiers, and running out of data."""

import warnings

from limitlaw import _core, closed_form, datasets, fit
from limitlaw._core import __version__
from limitlaw.errors import NoClosedFormError
from limitlaw.exhaustion import (
    ComputePath,
    Correlation,
    ExhaustionResult,
    ExhaustionScenario,
    Law,
    LawParameters,
    dist,
    loss,
    optimal_allocation,
    repetition_bootstrap,
)
from limitlaw.fit import pass_at_k, pass_hat_k
from limitlaw.run import merge, simulate, solve
from limitlaw.sampling import (
    FirstAccepted,
    Policy,
    SamplingScenario,
    Tasks,
    Utility,
    Verifier,
    ceilings,
    optimal_attempts,
)

if _core.DEBUG_BUILD:
    warnings.warn("limitlaw was built without optimisation: expect it to be 10 to 50 times slower", stacklevel=2)

__all__ = [
    "ComputePath",
    "Correlation",
    "ExhaustionResult",
    "ExhaustionScenario",
    "FirstAccepted",
    "Law",
    "LawParameters",
    "NoClosedFormError",
    "Policy",
    "SamplingScenario",
    "Tasks",
    "Utility",
    "Verifier",
    "__version__",
    "ceilings",
    "closed_form",
    "datasets",
    "dist",
    "fit",
    "loss",
    "merge",
    "optimal_allocation",
    "optimal_attempts",
    "pass_at_k",
    "pass_hat_k",
    "repetition_bootstrap",
    "simulate",
    "solve",
]
