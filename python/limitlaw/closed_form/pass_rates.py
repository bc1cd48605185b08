"""pass@k and pass^k of a task from its counts, within the attempts observed and beyond them."""

from __future__ import annotations

from typing import NamedTuple

from limitlaw.closed_form._evaluate import Floats, Numbers, evaluate


class Predictive(NamedTuple):
    """Posterior predictive of k further attempts; every field has the broadcast shape."""

    #: P(some of k attempts is correct).
    pass_at_k: Floats
    #: P(all of k attempts are correct).
    pass_hat_k: Floats


def pass_at_k(*, attempts: Numbers, correct: Numbers, k: Numbers) -> Floats:
    """Unbiased pass@k = 1 - C(n-c, k)/C(n, k): some of k attempts is correct.

    The share of the k-subsets of the n attempts that hold a correct one; its mean over samples of n is 1 - (1-p)^k.
    No unbiased estimator exists for k > n, so the value is NaN there (several well-known tools return 1.0).
    Accurate to 1e-12 over the whole range of the arguments.

    Source: Chen et al., arXiv 2107.03374, equation 1.

    Args:
        attempts: n, whole numbers >= 0.
        correct: c, whole numbers in [0, n].
        k: Whole numbers >= 1.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(pass_at_k(attempts=10, correct=3, k=[1, 5, 10, 11]).round(4))
        [0.3    0.9167 1.        nan]
    """
    return evaluate("pass_at_k", {"attempts": attempts, "correct": correct, "k": k})[0]


def pass_hat_k(*, attempts: Numbers, correct: Numbers, k: Numbers) -> Floats:
    """Unbiased pass^k = C(c, k)/C(n, k): all of k attempts are correct.

    The share of the k-subsets of the n attempts that are all correct; its mean over samples of n is p^k. NaN for
    n < k. Accurate to 1e-12 over the whole range of the arguments.

    Source: Yao et al., tau-bench, arXiv 2406.12045, section 4.

    Args:
        attempts: n, whole numbers >= 0.
        correct: c, whole numbers in [0, n].
        k: Whole numbers >= 1.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(pass_hat_k(attempts=4, correct=[4, 3, 2], k=2).round(4))
        [1.     0.5    0.1667]
    """
    return evaluate("pass_hat_k", {"attempts": attempts, "correct": correct, "k": k})[0]


def posterior_pass_at_k(
    *, attempts: Numbers, correct: Numbers, k: Numbers, alpha: Numbers, beta: Numbers
) -> Predictive:
    """Posterior predictive of pass@k and pass^k under a Beta prior, valid for any k, also k > n.

    p given the counts is Beta(alpha + c, beta + n - c), so pass@k = 1 - B(alpha+c, beta+n-c+k)/B(alpha+c, beta+n-c)
    and pass^k = B(alpha+c+k, beta+n-c)/B(alpha+c, beta+n-c). Beyond n the prior decides: Jeffreys on a task with
    0 of 100 gives .70 at k = 1,000, so there is no default; fit the prior with ``fit.fit_beta_binomial``.
    Accurate to 1e-12 over the whole range of the arguments.

    Source: conjugacy of Beta and binomial.

    Args:
        attempts: n, whole numbers >= 0.
        correct: c, whole numbers in [0, n].
        k: Whole numbers >= 1.
        alpha: First parameter of the prior, in [1e-300, 1e100].
        beta: Second parameter of the prior, in [1e-300, 1e100].

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> jeffreys = posterior_pass_at_k(attempts=100, correct=0, k=[1, 1000], alpha=0.5, beta=0.5)
        >>> print(jeffreys.pass_at_k.round(3))
        [0.005 0.698]
    """
    arguments = {"attempts": attempts, "correct": correct, "k": k, "alpha": alpha, "beta": beta}
    return Predictive(*evaluate("posterior_pass_at_k", arguments))
