"""Running out of training data: stock, demand, scaling law, and what the shortage costs, year by year."""

from limitlaw.exhaustion import dist
from limitlaw.exhaustion.allocation import loss, optimal_allocation
from limitlaw.exhaustion.backtest import Backtest, backtest
from limitlaw.exhaustion.built_in_levers import default_levers
from limitlaw.exhaustion.constraint import ConstraintResult, ConstraintScenario
from limitlaw.exhaustion.crossing import crossing_probability, crossing_year
from limitlaw.exhaustion.demand import (
    inference_at_budget,
    inference_overtraining,
    profit_maximising_allocation,
    profit_overtraining,
)
from limitlaw.exhaustion.failures import checkpoint_interval, effective_training_time, failure_seconds, goodput
from limitlaw.exhaustion.inverse import (
    compute_for_loss,
    dataset_value,
    fewest_epochs,
    speed_up,
    unique_tokens_for_loss,
)
from limitlaw.exhaustion.law import Law
from limitlaw.exhaustion.levers import levers
from limitlaw.exhaustion.limits import plateau
from limitlaw.exhaustion.prior import ComputePath, Correlation, LawParameters, repetition_bootstrap
from limitlaw.exhaustion.run import ExhaustionResult
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.exhaustion.sensitivity import Sensitivity, sensitivity
from limitlaw.exhaustion.stock import (
    deep_web_stock,
    high_quality_stock_2022,
    image_stock_2022,
    low_quality_stock_2022,
    whole_web_stock,
)

__all__ = [
    "Backtest",
    "ComputePath",
    "ConstraintResult",
    "ConstraintScenario",
    "Correlation",
    "ExhaustionResult",
    "ExhaustionScenario",
    "Law",
    "LawParameters",
    "Sensitivity",
    "backtest",
    "checkpoint_interval",
    "compute_for_loss",
    "crossing_probability",
    "crossing_year",
    "dataset_value",
    "deep_web_stock",
    "default_levers",
    "dist",
    "effective_training_time",
    "failure_seconds",
    "fewest_epochs",
    "goodput",
    "high_quality_stock_2022",
    "image_stock_2022",
    "inference_at_budget",
    "inference_overtraining",
    "levers",
    "loss",
    "low_quality_stock_2022",
    "optimal_allocation",
    "plateau",
    "profit_maximising_allocation",
    "profit_overtraining",
    "repetition_bootstrap",
    "sensitivity",
    "speed_up",
    "unique_tokens_for_loss",
    "whole_web_stock",
]
