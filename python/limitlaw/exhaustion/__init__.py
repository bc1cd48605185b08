"""Running out of training data: stock, demand, laws and shortage, year by year."""

from limitlaw.exhaustion import dist
from limitlaw.exhaustion.law import Law, loss, optimal_allocation
from limitlaw.exhaustion.prior import ComputePath, Correlation, LawParameters, repetition_bootstrap
from limitlaw.exhaustion.run import ExhaustionResult
from limitlaw.exhaustion.scenario import ExhaustionScenario

__all__ = [
    "ComputePath",
    "Correlation",
    "ExhaustionResult",
    "ExhaustionScenario",
    "Law",
    "LawParameters",
    "dist",
    "loss",
    "optimal_allocation",
    "repetition_bootstrap",
]
