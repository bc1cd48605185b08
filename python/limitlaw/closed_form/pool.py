"""A finite pool of observed attempts, drawn without replacement: exact, with no model of the attempts."""

from __future__ import annotations

from limitlaw.closed_form._evaluate import Fallback, Numbers, evaluate, option
from limitlaw.closed_form.stopping import FALLBACKS, Stopped


def finite_pool(
    *,
    attempts: Numbers,
    accepted: Numbers,
    accepted_correct: Numbers = float("nan"),
    correct: Numbers = float("nan"),
    max_attempts: Numbers,
    fallback: Fallback = "abstain",
) -> Stopped:
    """First accepted on a task's own n observed attempts in random order.

    None of K draws is accepted with S(K) = C(n-A, K)/C(n, K). The first accepted is any of the A with equal chance,
    so accuracy = (1 - S) t/A; the last of K rejected draws is correct with (c-t)/(n-A). The expected number of draws
    is the sum of S(k) over k < K, which telescopes to [(n+1) - (n-K+1) S(K)]/(A+1).
    Accurate to 1e-12 over the whole range of the arguments.

    Source: Chen et al., arXiv 2107.03374, equation 1, for S; the rest follows by symmetry.

    Args:
        attempts: n, attempts observed, whole numbers >= 0.
        accepted: A, accepted among them.
        accepted_correct: t, accepted and correct among them; NaN (not known) makes ``accuracy`` NaN.
        correct: c, correct among all; NaN (not known) makes ``coverage`` NaN.
        max_attempts: K, whole numbers >= 0. Everything is NaN where K > n: the pool cannot tell.
        fallback: What is returned where no attempt was accepted: nothing, or the last attempt (needs ``correct``).

    Raises:
        ValueError: An argument is out of its range, or the counts contradict each other.

    Example:
        >>> result = finite_pool(attempts=100, accepted=20, accepted_correct=15, correct=15, max_attempts=[1, 10, 101])
        >>> print(result.accepted.round(4), result.accuracy.round(4))
        [0.2    0.9049    nan] [0.15   0.6787    nan]
    """
    arguments = {
        "attempts": attempts,
        "accepted": accepted,
        "accepted_correct": accepted_correct,
        "correct": correct,
        "max_attempts": max_attempts,
        "fallback": option("fallback", fallback, FALLBACKS),
    }
    return Stopped(*evaluate("finite_pool", arguments))
