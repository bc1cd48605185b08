"""What to do with a benchmark: a policy, a number of attempts, and whether the data can tell."""

from limitlaw.recommendation.decide import Recommendation, recommend

__all__ = ["Recommendation", "recommend"]
