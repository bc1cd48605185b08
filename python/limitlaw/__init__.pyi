"""What ``import limitlaw`` gives: for readers and type checkers; ``__init__.py`` imports each when it is used."""

from limitlaw import closed_form, datasets, exhaustion, fit, plan
from limitlaw._core import __version__
from limitlaw._show import brief
from limitlaw.decisions import compare_systems
from limitlaw.errors import (
    MisfitWarning,
    NoClosedFormError,
    StoreError,
    UnitsWarning,
    UnusedSettingWarning,
    VersionError,
)
from limitlaw.exhaustion import (
    Backtest,
    ComputePath,
    ConstraintResult,
    ConstraintScenario,
    Correlation,
    ExhaustionResult,
    ExhaustionScenario,
    Law,
    LawParameters,
    Sensitivity,
    backtest,
    dist,
    levers,
    loss,
    optimal_allocation,
    repetition_bootstrap,
    sensitivity,
)
from limitlaw.fit import corrected_accuracy, pass_at_k, pass_hat_k
from limitlaw.gates import check
from limitlaw.logs import read_attempts
from limitlaw.pages import report
from limitlaw.picture import plot
from limitlaw.recommendation import Recommendation, recommend
from limitlaw.run import merge, read_scenario, simulate, solve
from limitlaw.sampling import (
    Answers,
    Cost,
    Limit,
    SamplingScenario,
    Tasks,
    Utility,
    Verifier,
    can_match,
    ceilings,
    compare_policies,
    optimal_attempts,
    required_false_positive_rate,
)
from limitlaw.sampling import policy as _policy
from limitlaw.sampling.policy import *
from limitlaw.sweeps import Grid, Store, iter_sweep, read_sweep, sweep

__all__ = [
    "Answers",
    "Backtest",
    "ComputePath",
    "ConstraintResult",
    "ConstraintScenario",
    "Correlation",
    "Cost",
    "ExhaustionResult",
    "ExhaustionScenario",
    "Grid",
    "Law",
    "LawParameters",
    "Limit",
    "MisfitWarning",
    "NoClosedFormError",
    "Recommendation",
    "SamplingScenario",
    "Sensitivity",
    "Store",
    "StoreError",
    "Tasks",
    "UnitsWarning",
    "UnusedSettingWarning",
    "Utility",
    "Verifier",
    "VersionError",
    "__version__",
    "backtest",
    "brief",
    "can_match",
    "ceilings",
    "check",
    "closed_form",
    "compare_policies",
    "compare_systems",
    "corrected_accuracy",
    "datasets",
    "dist",
    "exhaustion",
    "fit",
    "iter_sweep",
    "levers",
    "loss",
    "merge",
    "optimal_allocation",
    "optimal_attempts",
    "pass_at_k",
    "pass_hat_k",
    "plan",
    "plot",
    "read_attempts",
    "read_scenario",
    "read_sweep",
    "recommend",
    "repetition_bootstrap",
    "report",
    "required_false_positive_rate",
    "sensitivity",
    "simulate",
    "solve",
    "sweep",
]
__all__ += _policy.__all__
