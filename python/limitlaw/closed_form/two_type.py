"""The two-type belief model: a task is easy or hard, nobody knows which; the utility of a cap and the best cap."""

from __future__ import annotations

from typing import NamedTuple

from limitlaw.closed_form._evaluate import Floats, Numbers, evaluate


class TwoTypeOptimum(NamedTuple):
    """The best cap and what it is worth; both fields have the broadcast shape."""

    #: K*, the smallest best cap: 0 where no attempt is worth its risk, infinite where each is.
    max_attempts: Floats
    #: U(K*), with the value of abstaining 0.
    utility: Floats


def two_type_utility(
    *,
    success_easy: Numbers,
    success_hard: Numbers,
    easy_share: Numbers,
    false_positive_rate: Numbers,
    false_negative_rate: Numbers = 0.0,
    correct_reward: Numbers = 1.0,
    wrong_cost: Numbers,
    max_attempts: Numbers,
) -> Floats:
    """Expected utility of first accepted under a cap, where a task is easy or hard.

    One attempt on a task of type j is worth u_j = (1-g) r_j V - lambda f (1-r_j), and attempt k is reached with
    b_j^(k-1), so U(K) = sum_j pi_j u_j (1 - b_j^K)/a_j. The *prior* pi_j stands here: a posterior in the reach factor
    counts the rejections twice (see the page on the two-type model). Accurate to 1e-12 of what correct answers bring
    plus what wrong ones cost, for rates that are 0 or at least 1e-300.

    Source: Stroebl et al., arXiv 2411.17501, section 5, corrected.

    Args:
        success_easy: r_1, P(one attempt is correct) on an easy task, in [0, 1].
        success_hard: r_2, the same on a hard task, at most ``success_easy``.
        easy_share: pi_1, share of easy tasks, in [0, 1].
        false_positive_rate: f, P(accepted | wrong), in [0, 1].
        false_negative_rate: g, P(rejected | correct), at most 1 - f.
        correct_reward: V, value of a correct answer returned, >= 0.
        wrong_cost: lambda, cost of a wrong answer returned, >= 0.
        max_attempts: K, whole numbers >= 0.

    Raises:
        ValueError: An argument is out of its range.

    Example:
        >>> paper = dict(success_easy=0.87, success_hard=0.13, easy_share=0.58, false_positive_rate=0.25, wrong_cost=2)
        >>> print(two_type_utility(**paper, max_attempts=[1, 2, 15]).round(4))
        [0.3388 0.3007 0.1493]
    """
    arguments = {
        "success_easy": success_easy,
        "success_hard": success_hard,
        "easy_share": easy_share,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "correct_reward": correct_reward,
        "wrong_cost": wrong_cost,
        "max_attempts": max_attempts,
    }
    return evaluate("two_type_utility", arguments)[0]


def two_type_optimum(
    *,
    success_easy: Numbers,
    success_hard: Numbers,
    easy_share: Numbers,
    false_positive_rate: Numbers,
    false_negative_rate: Numbers = 0.0,
    correct_reward: Numbers = 1.0,
    wrong_cost: Numbers,
) -> TwoTypeOptimum:
    """The best cap on attempts, exactly, where a task is easy or hard.

    Attempt k adds ``pi_1 u_1 b_1^(k-1) - pi_2 |u_2| b_2^(k-1)``, which is positive while
    ``k - 1 < ln(pi_1 u_1/(pi_2 |u_2|)) / ln(b_2/b_1)``, so K* is that bound rounded up. It is infinite where u_2 >= 0,
    and 0 where the first attempt already loses. Solved in log space: a cumulative sum in floats saturates and reports
    a finite optimum where there is none. The bound is accurate to 1e-12, and K* exact where no whole number is as near.

    Source: Stroebl et al., arXiv 2411.17501, section 5 (the model); the solution is ours.

    Args:
        success_easy: r_1, P(one attempt is correct) on an easy task, in [0, 1].
        success_hard: r_2, the same on a hard task, at most ``success_easy``.
        easy_share: pi_1, share of easy tasks, in [0, 1].
        false_positive_rate: f, P(accepted | wrong), in [0, 1].
        false_negative_rate: g, P(rejected | correct), at most 1 - f.
        correct_reward: V, value of a correct answer returned, >= 0.
        wrong_cost: lambda, cost of a wrong answer returned, >= 0.

    Raises:
        ValueError: An argument is out of its range.

    Example:
        >>> paper = dict(success_easy=0.87, success_hard=0.13, easy_share=0.58, false_positive_rate=0.25)
        >>> best = two_type_optimum(**paper, wrong_cost=[0.5, 1, 2, 16])
        >>> print(best.max_attempts, best.utility.round(4))
        [inf  2.  1.  0.] [0.5744 0.4724 0.3388 0.    ]
    """
    arguments = {
        "success_easy": success_easy,
        "success_hard": success_hard,
        "easy_share": easy_share,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "correct_reward": correct_reward,
        "wrong_cost": wrong_cost,
    }
    return TwoTypeOptimum(*evaluate("two_type_optimum", arguments))
