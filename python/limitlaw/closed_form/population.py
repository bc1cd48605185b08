"""A population of tasks with p ~ Beta(alpha, beta): aggregate coverage and the power law it tends to."""

from __future__ import annotations

from typing import NamedTuple

from limitlaw.closed_form._evaluate import Floats, Numbers, evaluate


class BetaCoverage(NamedTuple):
    """Aggregate pass@k of a Beta population beside its power law; every field has the broadcast shape."""

    #: 1 - failure: mean pass@k.
    coverage: Floats
    #: P(none of k attempts is correct), averaged over tasks.
    failure: Floats
    #: Gamma(alpha + beta)/Gamma(beta) k^-alpha, what ``failure`` tends to; infinite beyond 1.8e308.
    power_law: Floats
    #: Leading term of failure/power_law - 1.
    relative_error: Floats


def beta_coverage(*, alpha: Numbers, beta: Numbers, k: Numbers) -> BetaCoverage:
    """Mean pass@k over tasks with p ~ Beta(alpha, beta), and the power law in k that its complement follows.

    failure = E[(1-p)^k] = B(alpha, beta+k)/B(alpha, beta), which is Gamma(alpha+beta)/Gamma(beta) times
    Gamma(beta+k)/Gamma(alpha+beta+k), and the last ratio is k^-alpha (1 - alpha(alpha + 2 beta - 1)/(2k) + O(k^-2)).
    So failure is a power law, although each task's own failure falls exponentially. What is usually fitted,
    -ln(pass@k), reaches the same law only with a relative error of order k^-alpha: its slopes at finite k are biased.
    Accurate to 1e-12 over the whole range of the arguments, ``power_law`` for alpha up to 1,000.

    Source: Schaeffer et al., arXiv 2502.17578, section 4; DLMF 5.11.13 for the ratio.

    Args:
        alpha: First parameter, in [1e-300, 1e100]; the exponent of the power law.
        beta: Second parameter, in [1e-300, 1e100].
        k: Whole numbers >= 1.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> result = beta_coverage(alpha=0.3, beta=2.0, k=[1, 100, 10000])
        >>> print(result.coverage.round(4), (result.failure / result.power_law - 1).round(6))
        [0.1304 0.7084 0.9264] [-2.54687e-01 -4.89900e-03 -4.90000e-05]
    """
    return BetaCoverage(*evaluate("beta_coverage", {"alpha": alpha, "beta": beta, "k": k}))
