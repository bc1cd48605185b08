"""Repeated sampling with imperfect verifiers: tasks, verifier, policies and what answers are worth."""

from limitlaw.sampling.cost import Utility
from limitlaw.sampling.optimum import ceilings, optimal_attempts
from limitlaw.sampling.policy import FirstAccepted, Policy
from limitlaw.sampling.reach import can_match, required_false_positive_rate
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.tasks import Tasks
from limitlaw.sampling.verifier import Verifier

__all__ = [
    "FirstAccepted",
    "Policy",
    "SamplingScenario",
    "Tasks",
    "Utility",
    "Verifier",
    "can_match",
    "ceilings",
    "optimal_attempts",
    "required_false_positive_rate",
]
