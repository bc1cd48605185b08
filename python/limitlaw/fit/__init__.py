"""Estimation from counts and from runs: every estimate comes with its interval and says what was resampled."""

from limitlaw.fit.beta_binomial import beta_binomial_log_likelihood, fit_beta_binomial
from limitlaw.fit.error_rates import fit_error_rates, upper_bound
from limitlaw.fit.forecast import attempts_for, forecast_pass_at_k, forecast_pass_hat_k
from limitlaw.fit.growth import fit_growth
from limitlaw.fit.growth_fit import GrowthFit
from limitlaw.fit.held_out import compare_scaling_laws
from limitlaw.fit.judge import JudgeFit, fit_judge
from limitlaw.fit.labels import corrected_accuracy
from limitlaw.fit.pass_rates import pass_at_k, pass_hat_k
from limitlaw.fit.scaling import fit_scaling_law
from limitlaw.fit.scaling_fit import ScalingFit

__all__ = [
    "GrowthFit",
    "JudgeFit",
    "ScalingFit",
    "attempts_for",
    "beta_binomial_log_likelihood",
    "compare_scaling_laws",
    "corrected_accuracy",
    "fit_beta_binomial",
    "fit_error_rates",
    "fit_growth",
    "fit_judge",
    "fit_scaling_law",
    "forecast_pass_at_k",
    "forecast_pass_hat_k",
    "pass_at_k",
    "pass_hat_k",
    "upper_bound",
]
