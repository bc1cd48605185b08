"""The formulas over plain numbers and arrays, each with its derivation, source and an example that runs.

Arguments broadcast like NumPy's; the work is done in Rust, in log space where powers would underflow. A value that
does not exist (``n < k`` in pass@k) is NaN. No simulator calls these: each is an independent check of the other.

Each docstring says where its results are *accurate to 1e-12*: for arguments as given, the relative error of every
result of at least 1e-290 is below that. The tests walk these ranges with 50-digit arithmetic.
"""

from limitlaw.closed_form.pass_rates import pass_at_k, pass_hat_k, posterior_pass_at_k
from limitlaw.closed_form.pool import finite_pool
from limitlaw.closed_form.population import beta_coverage
from limitlaw.closed_form.selection import best_of_judge, best_of_kl, best_of_roc, best_of_scored, judge_threshold
from limitlaw.closed_form.stopping import batched, ceiling, first_accepted, spread_ceiling
from limitlaw.closed_form.two_type import two_type_optimum, two_type_utility
from limitlaw.closed_form.voting import binary_majority, majority

__all__ = [
    "batched",
    "best_of_judge",
    "best_of_kl",
    "best_of_roc",
    "best_of_scored",
    "beta_coverage",
    "binary_majority",
    "ceiling",
    "finite_pool",
    "first_accepted",
    "judge_threshold",
    "majority",
    "pass_at_k",
    "pass_hat_k",
    "posterior_pass_at_k",
    "spread_ceiling",
    "two_type_optimum",
    "two_type_utility",
]
