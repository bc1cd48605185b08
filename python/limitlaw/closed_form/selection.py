"""Selection by score: best of N from an ROC curve or a judge, one threshold, best of n from scored attempts."""

from __future__ import annotations

from typing import NamedTuple

from limitlaw.closed_form._evaluate import Floats, Numbers, evaluate


class Threshold(NamedTuple):
    """A judge at one threshold; every field has the broadcast shape."""

    #: F, P(score above the threshold | wrong).
    false_positive_rate: Floats
    #: 1 - T, P(score below the threshold | correct).
    false_negative_rate: Floats
    #: T, P(score above the threshold | correct).
    true_positive_rate: Floats
    #: P(correct | score above the threshold).
    precision: Floats
    #: P(wrong | score above the threshold).
    false_discovery_rate: Floats
    #: Expected attempts until the first score above the threshold; infinite beyond 1.8e308.
    attempts_used: Floats


def best_of_roc(
    *, success: Numbers, attempts: Numbers, false_positive_rates: Numbers, true_positive_rates: Numbers
) -> Floats:
    """Accuracy of the highest-scored of N attempts, from the corners of the score's ROC curve.

    An attempt scores above the threshold with rate F if wrong and T if correct, so it stays below with
    psi = (1-p)(1-F) + p(1-T), and the best is correct with N p int psi^(N-1) dT = 1 - N(1-p) int psi^(N-1) dF.
    Straight pieces integrate exactly. A piece is one level of a discrete score whose ties are ordered at random:
    give a corner per level, and the result is exact. (A secondary source prints (1-p)^N for N(1-p): wrong.)
    Accurate to 1e-12 for rates that are 0 or at least 1e-300.

    Source: Dorner et al., arXiv 2507.12399, for the view; the formula is the law of a maximum.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        attempts: N, whole numbers >= 1.
        false_positive_rates: F at the corners, one-dimensional, from 0 to 1, never falling, at most 1,000,000.
        true_positive_rates: T at the corners, as long.

    Raises:
        ValueError: An argument is out of its range, or the corners are no ROC curve.

    Example:
        >>> corners = {"false_positive_rates": [0, 0.05, 1], "true_positive_rates": [0, 0.8, 1]}
        >>> print(best_of_roc(success=0.1, attempts=[1, 10, 1000], **corners).round(4))
        [0.1    0.4776 0.64  ]
    """
    arguments = {"success": success, "attempts": attempts}
    corners = {"false_positive_rates": false_positive_rates, "true_positive_rates": true_positive_rates}
    return evaluate("best_of_roc", arguments, corners)[0]


def best_of_judge(*, success: Numbers, d_prime: Numbers, attempts: Numbers) -> Floats:
    """Accuracy of the highest-scored of N attempts: scores are N(d', 1) if correct and N(0, 1) if wrong.

    The integral of :func:`best_of_roc` for the binormal curve T(F) = Phi(d' + Phi^-1(F)), over the score z:
    int N p phi(z - d') psi(z)^(N-1) dz. Accurate to 1e-12 for p of 0 or at least 1e-300.

    Source: as :func:`best_of_roc`; Green and Swets (1966) for the judge.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        d_prime: Distance of the two means; AUC = Phi(d'/sqrt 2).
        attempts: N, whole numbers >= 1.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(best_of_judge(success=0.1, d_prime=1.5, attempts=[1, 10, 1000]).round(4))
        [0.1    0.3998 0.9285]
    """
    return evaluate("best_of_judge", {"success": success, "d_prime": d_prime, "attempts": attempts})[0]


def judge_threshold(*, success: Numbers, d_prime: Numbers, threshold: Numbers) -> Threshold:
    """A judge that accepts scores above a threshold: its rates, precision and expected attempts.

    F = Phi(-tau), T = Phi(d' - tau); precision = T p/(T p + F(1-p)), attempts = 1/(T p + F(1-p)). Unlike best of N,
    precision tends to 1 as tau grows: a threshold buys accuracy with attempts. Both tails of the score and both sides
    of the precision are computed, for 1 less a number next to 1 has few digits left; precision needs only the ratio of
    F and T, which has a value where they underflow. Accurate to 1e-12 for p of 0 or at least 1e-300.

    Source: signal detection, Green and Swets (1966); first accepted with f = F and g = 1 - T.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        d_prime: Distance of the two means of the score.
        threshold: tau, on the scale where wrong answers are N(0, 1).

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> result = judge_threshold(success=0.1, d_prime=1.5, threshold=[0, 2, 4])
        >>> print(result.precision.round(3), result.attempts_used.round(1))
        [0.172 0.601 0.956] [   1.8   19.5 1539.7]
    """
    arguments = {"success": success, "d_prime": d_prime, "threshold": threshold}
    return Threshold(*evaluate("judge_threshold", arguments))


def best_of_kl(*, attempts: Numbers) -> Floats:
    """Divergence of the best of n from one draw, KL = ln n - (n-1)/n nats, for scores without ties.

    The best of n has density n u^(n-1) in the rank u of its score, so KL = ln n + (n-1) E[ln u] with
    E[ln u] = -1/n. With ties it is an upper bound. Accurate to 1e-12 over the whole range of the arguments.

    Source: Stiennon et al., arXiv 2009.01325, appendix G.3; Beirami et al., arXiv 2401.01879, for the bound.

    Args:
        attempts: n, whole numbers >= 1.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(best_of_kl(attempts=[1, 4, 1000]).round(4))
        [0.     0.6363 5.9088]
    """
    return evaluate("best_of_kl", {"attempts": attempts})[0]


def best_of_scored(*, scores: Numbers, values: Numbers, attempts: Numbers) -> Floats:
    """Unbiased mean value of the highest-scored of n attempts, from N >= n scored ones.

    Sorted by score, attempt i is the best of a random n-subset with chance C(i-1, n-1)/C(N, n): the mean value is the
    sum of these chances times the values. Tied scores share the chance of their level (ties at random). Accurate to
    1e-12 of what the result is without the signs of the values.

    Source: the estimator of pass@k (Chen et al., arXiv 2107.03374) for a graded score.

    Args:
        scores: Scores of the N attempts of one task, one-dimensional, at most 1,000,000.
        values: What each attempt is worth (1 correct, 0 wrong, or any number), as long as ``scores``.
        attempts: n, whole numbers >= 1; NaN where n > N.

    Raises:
        ValueError: An argument is out of its range, or the lengths differ.

    Example:
        >>> print(best_of_scored(scores=[0.1, 0.4, 0.4, 0.9], values=[0, 1, 0, 1], attempts=[1, 2, 4, 5]).round(4))
        [0.5  0.75 1.    nan]
    """
    return evaluate("best_of_scored", {"attempts": attempts}, {"scores": scores, "values": values})[0]
