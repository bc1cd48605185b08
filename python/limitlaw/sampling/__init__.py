"""Repeated sampling with imperfect verifiers: tasks, verifier, policies and what answers are worth."""

from limitlaw.sampling import policy
from limitlaw.sampling.answers import Answers
from limitlaw.sampling.compare import compare_policies
from limitlaw.sampling.cost import Cost, Limit, Utility
from limitlaw.sampling.match import can_match
from limitlaw.sampling.optimum import ceilings, optimal_attempts
from limitlaw.sampling.policy import *
from limitlaw.sampling.required import required_false_positive_rate
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.tasks import Tasks
from limitlaw.sampling.verifier import Verifier

__all__ = [
    "Answers",
    "Cost",
    "Limit",
    "SamplingScenario",
    "Tasks",
    "Utility",
    "Verifier",
    "can_match",
    "ceilings",
    "compare_policies",
    "optimal_attempts",
    "required_false_positive_rate",
]
__all__ += policy.__all__
