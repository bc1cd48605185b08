"""Stop at the first accepted answer: the curve over the cap, its ceiling, and batches drawn in parallel."""

from __future__ import annotations

from typing import NamedTuple

from limitlaw.closed_form._evaluate import Fallback, Floats, Numbers, evaluate, option

FALLBACKS = ("abstain", "last")


class Stopped(NamedTuple):
    """Means of one task under a cap on its attempts; every field has the broadcast shape."""

    #: P(some attempt is accepted).
    accepted: Floats
    #: P(an answer is returned).
    returned: Floats
    #: P(an answer is returned and correct).
    accuracy: Floats
    #: P(some attempt among the first ``max_attempts`` is correct).
    coverage: Floats
    #: Expected attempts drawn.
    attempts_used: Floats


class Batched(NamedTuple):
    """Means of one task whose attempts come in parallel batches; every field has the broadcast shape."""

    #: P(some attempt is accepted).
    accepted: Floats
    #: P(an answer is returned and correct).
    accuracy: Floats
    #: P(some attempt of all rounds is correct).
    coverage: Floats
    #: Expected rounds.
    rounds_used: Floats
    #: Expected attempts, whole batches.
    attempts_used: Floats


def first_accepted(
    *,
    success: Numbers,
    false_positive_rate: Numbers,
    false_negative_rate: Numbers = 0.0,
    max_attempts: Numbers,
    fallback: Fallback = "abstain",
) -> Stopped:
    """Draw attempts until one is accepted, at most ``max_attempts``.

    An attempt is accepted with a = p(1-g) + (1-p)f, and an accepted one is correct with q = p(1-g)/a, whatever its
    number. With b = 1-a: accepted = 1 - b^K, accuracy = q(1 - b^K), attempts = (1 - b^K)/a (K at a = 0). The last of
    K rejected attempts is correct with p g/b, so the fallback ``"last"`` adds b^K p g/b.
    Accurate to 1e-12 for rates that are 0 or at least 1e-300.

    Source: Stroebl, Kapoor, Narayanan, arXiv 2411.17501, section 3; the terms in g are ours.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        false_positive_rate: f, P(accepted | wrong), in [0, 1]. Not the false discovery rate P(wrong | accepted).
        false_negative_rate: g, P(rejected | correct), in [0, 1].
        max_attempts: K, whole numbers >= 0.
        fallback: What is returned where no attempt was accepted: nothing, or the last attempt.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> result = first_accepted(success=0.1, false_positive_rate=0.05, max_attempts=[1, 10, 1000])
        >>> print(result.accuracy.round(4), result.attempts_used.round(3))
        [0.1    0.5457 0.6897] [1.    5.457 6.897]
    """
    arguments = {
        "success": success,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "max_attempts": max_attempts,
        "fallback": option("fallback", fallback, FALLBACKS),
    }
    return Stopped(*evaluate("first_accepted", arguments))


def ceiling(*, success: Numbers, false_positive_rate: Numbers, false_negative_rate: Numbers = 0.0) -> Floats:
    """Accuracy of first accepted with unlimited attempts: q = p(1-g)/a, and 0 where nothing correct is accepted.

    The limit K to infinity of :func:`first_accepted`. Where f > 0, false negatives lower the ceiling too.
    Accurate to 1e-12 for rates that are 0 or at least 1e-300.

    Source: Stroebl et al., arXiv 2411.17501, section 3.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        false_positive_rate: f, P(accepted | wrong), in [0, 1].
        false_negative_rate: g, P(rejected | correct), in [0, 1].

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(ceiling(success=0.1, false_positive_rate=0.05, false_negative_rate=[0, 0.5]).round(3))
        [0.69  0.526]
    """
    arguments = {
        "success": success,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
    }
    return evaluate("ceiling", arguments)[0]


def spread_ceiling(
    *, success: Numbers, false_positive_rate: Numbers, icc: Numbers, false_negative_rate: Numbers = 0.0
) -> Floats:
    """Mean ceiling over tasks whose false positive rates differ, f ~ Beta with a mean and an intra-class correlation.

    With alpha + beta = 1/icc - 1 and z = (1-p)/(p(1-g)) the ceiling of a task is 1/(1 + z f), and its mean is Euler's
    integral of 2F1(1, alpha; alpha + beta; -z). Spread raises the mean (1/(1 + z f) is convex in f) while it makes
    some tasks unsolvable. Computed by the trapezoidal rule over logit f, which converges at the same rate for all
    arguments. Accurate to 1e-12 for rates that are 0 or at least 1e-300.

    Source: DLMF 15.6.1 for the integral.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        false_positive_rate: Mean of f over tasks, in [0, 1].
        icc: Intra-class correlation of f, in [0, 1]: 0 is the same f everywhere, 1 is f = 0 or 1.
        false_negative_rate: g, P(rejected | correct), in [0, 1].

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(spread_ceiling(success=0.1, false_positive_rate=0.05, icc=[0, 0.1, 0.3, 0.6]).round(3))
        [0.69  0.773 0.849 0.907]
    """
    arguments = {
        "success": success,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "icc": icc,
    }
    return evaluate("spread_ceiling", arguments)[0]


def batched(
    *,
    success: Numbers,
    false_positive_rate: Numbers,
    false_negative_rate: Numbers = 0.0,
    batch: Numbers,
    rounds: Numbers,
) -> Batched:
    """Draw batches in parallel until one holds an accepted answer, at most ``rounds`` of them.

    A batch of B attempts holds none with x = b^B, so the rounds are geometric: accepted = 1 - x^R and
    E[rounds] = (1 - x^R)/(1 - x). Which of several accepted answers is returned does not matter: each is correct
    with probability q. Accurate to 1e-12 for rates that are 0 or at least 1e-300.

    Source: first accepted with B attempts in place of one.

    Args:
        success: p, P(one attempt is correct), in [0, 1].
        false_positive_rate: f, P(accepted | wrong), in [0, 1].
        false_negative_rate: g, P(rejected | correct), in [0, 1].
        batch: B, attempts a round, whole numbers >= 1.
        rounds: R, whole numbers >= 0.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> result = batched(success=0.1, false_positive_rate=0.05, batch=[1, 4, 16], rounds=[16, 4, 1])
        >>> print(result.accepted.round(3), result.rounds_used.round(2), result.attempts_used.round(1))
        [0.918 0.918 0.918] [6.33 1.97 1.  ] [ 6.3  7.9 16. ]
    """
    arguments = {
        "success": success,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "batch": batch,
        "rounds": rounds,
    }
    return Batched(*evaluate("batched", arguments))
