"""Policies: which of the drawn answers is returned."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal

from limitlaw._spec import Spec

#: Every policy; the package exports what stands here.
__all__ = [
    "AllOf",
    "AnyOf",
    "BestOf",
    "BetaStop",
    "FilteredVote",
    "FirstAbove",
    "FirstAccepted",
    "FirstWorthwhile",
    "MajorityVote",
    "Policy",
    "ShareVote",
    "StopWhenAhead",
    "WeightedVote",
    "WindowStop",
]


class Policy(Spec):
    """A policy; see its subclasses."""

    family: ClassVar[str] = "policy"

    @property
    def label(self) -> str:
        """How the policy is named in frames: its kind, with the settings that are not the default."""
        changed = [
            f"{field.name}={getattr(self, field.name)}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        ]
        return self.kind + (f"({', '.join(changed)})" if changed else "")


class FirstAccepted(Policy):
    """Return the first accepted answer among at most ``max_attempts``.

    Args:
        fallback: What is returned where no answer was accepted: ``"abstain"`` returns nothing, ``"last"`` the last
            answer drawn, ``"best"`` the one with the highest score (the verifier must be a judge).

    Example:
        >>> import limitlaw as ll
        >>> ll.FirstAccepted(fallback="last").label
        'first_accepted(fallback=last)'
    """

    kind: ClassVar[str] = "first_accepted"
    fallback: Literal["abstain", "last", "best"] = "abstain"


class FirstWorthwhile(Policy):
    """Wait for the first acceptance; return it if its attempt number is worthwhile, else abstain.

    A late acceptance says that the task is hard, and that the accepted answer is probably wrong. Attempt number k is
    worthwhile where ``sum_i w_i b_i^(k-1) (V P(accepted, correct)_i - lambda P(accepted, wrong)_i)`` is positive, by
    more than 1e-12 of what is gained and lost (a tie is not taken), with the tasks as the prior, and V and lambda from
    the scenario's utility (1 and 0 without one); on a pool with the probability that the first k-1 attempts drawn are
    rejected in place of b^(k-1). Where an attempt costs nothing it is never worse than the best number of attempts; it
    is not optimal among all policies.

    Example:
        >>> import limitlaw as ll
        >>> ll.FirstWorthwhile().label
        'first_worthwhile'
    """

    kind: ClassVar[str] = "first_worthwhile"


class FirstAbove(Policy):
    """Return the first answer whose score exceeds a threshold of its own, among at most ``max_attempts``.

    Args:
        threshold: The score to exceed, on the scale of the scores [score]; of a judge in [-1000, 1000].

    Example:
        >>> import limitlaw as ll
        >>> ll.FirstAbove(threshold=1.5).label
        'first_above(threshold=1.5)'
    """

    kind: ClassVar[str] = "first_above"
    threshold: float


class BestOf(Policy):
    """Return the answer with the highest score among ``max_attempts`` (best of N).

    Args:
        threshold: Return nothing unless the best score exceeds it, as in ``FirstAbove`` [score].

    Example:
        >>> import limitlaw as ll
        >>> ll.BestOf().label, ll.BestOf(threshold=2).label
        ('best_of', 'best_of(threshold=2.0)')
    """

    kind: ClassVar[str] = "best_of"
    threshold: float | None = None


class MajorityVote(Policy):
    """Return the most frequent answer; no verifier is asked.

    Args:
        ties: What becomes of a tie. ``"share"``: each of the tied answers is returned equally often; in a simulation it
            is the one with the highest priority, one random number per answer, task and trial, the same for every
            number of attempts and every policy that votes. (A tie that goes to the answer that was given first comes to
            the same mean.) ``"abstain"``: nothing is returned. ``"lose"``: it counts as a wrong answer.

    Example:
        >>> import limitlaw as ll
        >>> ll.MajorityVote().label, ll.MajorityVote(ties="abstain").label
        ('majority_vote', 'majority_vote(ties=abstain)')
    """

    kind: ClassVar[str] = "majority_vote"
    ties: Literal["share", "abstain", "lose"] = "share"


class WeightedVote(Policy):
    """Return the answer with the largest sum of weights, among those that appeared. It draws every attempt.

    Args:
        weight: What an attempt weighs. ``"likelihood"``: the log likelihood ratio of its judge score,
            ``d' s - d'^2 / 2`` for a score s in units of its standard deviation: their sum is the evidence for it.
            ``"score"``: its score, as recorded or drawn (of a judge in the same units): the usual rule of reward
            models, which depends on where the scale of the scores begins. Sums of recorded scores are equal where they
            differ by less than 2**-30 of the largest score; equal ones go as ties of ``MajorityVote``.

    Example:
        >>> import limitlaw as ll
        >>> ll.WeightedVote().label, ll.WeightedVote(weight="score").label
        ('weighted_vote', 'weighted_vote(weight=score)')
    """

    kind: ClassVar[str] = "weighted_vote"
    weight: Literal["likelihood", "score"] = "likelihood"


class FilteredVote(Policy):
    """Return the most frequent among the accepted answers; abstain where none was accepted. It draws every attempt.

    Ties go as in ``MajorityVote``.

    Example:
        >>> import limitlaw as ll
        >>> ll.FilteredVote().label
        'filtered_vote'
    """

    kind: ClassVar[str] = "filtered_vote"


class StopWhenAhead(Policy):
    """Draw until one answer leads every other by ``margin`` votes, at most ``max_attempts``; return the leader.

    Ties at the last attempt go as in ``MajorityVote``.

    Args:
        margin: Votes ahead, at least 1 [votes].

    Example:
        >>> import limitlaw as ll
        >>> ll.StopWhenAhead(3).label
        'stop_when_ahead(margin=3)'
    """

    kind: ClassVar[str] = "stop_when_ahead"
    margin: int = dataclasses.field(kw_only=False)


class ShareVote(Policy):
    """Draw until one answer has ``share`` of at least ``min_votes`` votes, at most ``max_attempts``; return it.

    The rule of adaptive self-consistency tools: ``ShareVote(share=1, min_votes=5)`` stops where the first five answers
    agree (``WindowStop`` asks the next five). The answer must lead alone. Where the vote goes on to the last attempt
    the most frequent answer is returned; ties go as in ``MajorityVote``.

    Args:
        share: The leader's share of the votes, in [0, 1].
        min_votes: The fewest votes, at least 1 [votes].

    Example:
        >>> import limitlaw as ll
        >>> ll.ShareVote(share=0.8).label, ll.ShareVote(share=1, min_votes=3).label
        ('share_vote(share=0.8)', 'share_vote(share=1.0, min_votes=3)')
    """

    kind: ClassVar[str] = "share_vote"
    share: float = dataclasses.field(kw_only=False)
    min_votes: int = 5


class BetaStop(Policy):
    """Draw until one answer beats the next with more than ``confidence``, at most ``max_attempts``; return the leader.

    With v votes against w of the runner-up and a uniform prior, the leader is the more frequent of the two with
    probability ``1 - I_1/2(v + 1, w + 1)``: at a confidence of 0.95 four votes to none are enough, or six to one.
    Ties at the last attempt go as in ``MajorityVote``.

    Source: Aggarwal et al., Let's Sample Step by Step: Adaptive-Consistency (arXiv 2305.11860).

    Args:
        confidence: The posterior probability to exceed, in [0.5, 1 - 1e-9].

    Example:
        >>> import limitlaw as ll
        >>> ll.BetaStop(confidence=0.95).label
        'beta_stop(confidence=0.95)'
    """

    kind: ClassVar[str] = "beta_stop"
    confidence: float = dataclasses.field(kw_only=False)


class WindowStop(Policy):
    """Draw in windows of ``size`` attempts, at most ``max_attempts``; return the answer of the first one that agrees.

    Windows follow one another and do not overlap. Where none agrees on one answer the most frequent of all is returned;
    ties go as in ``MajorityVote``. Attempts after the last whole window only vote.

    Source: Li et al., Escape Sky-high Cost: Early-stopping Self-Consistency (arXiv 2401.10480).

    Args:
        size: Votes of a window, at least 1 [votes].

    Example:
        >>> import limitlaw as ll
        >>> ll.WindowStop(size=5).label
        'window_stop(size=5)'
    """

    kind: ClassVar[str] = "window_stop"
    size: int = dataclasses.field(kw_only=False)


class AnyOf(Policy):
    """Return a correct answer if any of ``max_attempts`` is correct, else nothing: coverage, pass@k.

    What a verifier that never errs would make of the same attempts.

    Example:
        >>> import limitlaw as ll
        >>> ll.AnyOf().label
        'any_of'
    """

    kind: ClassVar[str] = "any_of"


class AllOf(Policy):
    """Right where all ``max_attempts`` answers are correct, wrong elsewhere: reliability, pass^k.

    Source: Yao et al., tau-bench (arXiv 2406.12045).

    Example:
        >>> import limitlaw as ll
        >>> ll.AllOf().label
        'all_of'
    """

    kind: ClassVar[str] = "all_of"
