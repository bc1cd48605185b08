"""How much evidence to collect: tasks, attempts and labels for a power, a width or a bound, from a pilot."""

from limitlaw.plan.judges import labels
from limitlaw.plan.optima import best_attempts
from limitlaw.plan.pilots import Pilot, pilot
from limitlaw.plan.sizes import attempts, power, tasks

__all__ = ["Pilot", "attempts", "best_attempts", "labels", "pilot", "power", "tasks"]
