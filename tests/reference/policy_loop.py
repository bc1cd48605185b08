"""The slow truth of every policy: attempts drawn and judged one after the other, each policy looking at all of them."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False)
class Attempts:
    """All attempts of one task, arrays of shape (trials, attempts); answer 0 is the correct one."""

    answer: Array
    accepted: Array
    score: Array  #: NaN where the verifier gives none
    priority: Array  #: (trials, answers)
    weight: Array  #: log likelihood ratio of the score


def judged(  # noqa: PLR0917  (a page of the reference)
    success: Array, shares: Array, d_prime: float, threshold: float, shape: tuple[int, int], random: np.random.Generator
) -> Attempts:
    """Attempts whose scores are normal; ``success`` is one rate or one per trial."""
    answer = _answers(success, shares, shape, random)
    score = random.standard_normal(shape) + d_prime * (answer == 0)
    priority = random.random((shape[0], shares.shape[-1] + 1))
    return Attempts(answer, score > threshold, score, priority, d_prime * score - d_prime**2 / 2)


def rated(  # noqa: PLR0917
    success: Array, shares: Array, f: float, g: float, shape: tuple[int, int], random: np.random.Generator
) -> Attempts:
    """Attempts whose verdicts are coins."""
    answer = _answers(success, shares, shape, random)
    accepted = random.random(shape) < np.where(answer == 0, 1 - g, f)
    nothing = np.full(shape, np.nan)
    return Attempts(answer, accepted, nothing, random.random((shape[0], shares.shape[-1] + 1)), nothing)


def pooled(counts: tuple[int, int, int, int], shape: tuple[int, int], random: np.random.Generator) -> Attempts:
    """Attempts of a pool of (attempts, accepted, accepted and correct, correct), drawn without replacement."""
    n, accepted, accepted_correct, correct = counts
    kinds = np.zeros(n, dtype=int)  # two bits: wrong, accepted
    kinds[:accepted] += 2
    kinds[accepted_correct : n - (correct - accepted_correct)] += 1
    drawn = random.permuted(np.tile(kinds, (shape[0], 1)), axis=1)[:, : shape[1]]
    nothing = np.full(shape, np.nan)
    return Attempts(drawn % 2, drawn >= 2, nothing, random.random((shape[0], 2)), nothing)


def _answers(success: Array, shares: Array, shape: tuple[int, int], random: np.random.Generator) -> Array:
    trials, _ = shape
    correct = random.random(shape) < np.reshape(success, (-1, 1))
    edges = np.cumsum(np.broadcast_to(shares, (trials, shares.shape[-1])), axis=1)
    place = random.random(shape)
    wrong = 1 + (place[:, :, None] >= edges[:, None, :-1]).sum(axis=2)
    return np.where(correct, 0, wrong)


def _leader(votes: Array, priority: Array) -> Array:
    best = votes.max(axis=1, keepdims=True)
    return np.where(votes == best, priority, -1.0).argmax(axis=1)


def _votes(attempts: Attempts, k: int, weight: Array) -> Array:
    votes = np.zeros(attempts.priority.shape)
    rows = np.arange(len(votes))
    for i in range(k):
        votes[rows, attempts.answer[:, i]] += weight[:, i]
    return votes


@functools.lru_cache(maxsize=4)
def _counts(attempts: Attempts, k: int) -> Array:
    """How often each answer came; read only, for every vote asks for the same."""
    return _votes(attempts, k, np.ones(attempts.answer.shape))


def _first(events: Array) -> tuple[Array, Array]:
    """Whether there is an event, and where the first one is."""
    return events.any(axis=1), events.argmax(axis=1)


def returned(  # noqa: C901, PLR0911  (one case per policy)
    policy: ll.Policy, attempts: Attempts, k: int
) -> tuple[Array, Array, Array]:
    """(returned and correct, returned and wrong, attempts used) of at most ``k`` attempts, of shape (trials,)."""
    answer, accepted, score = (x[:, :k] for x in (attempts.answer, attempts.accepted, attempts.score))
    rows, everything = np.arange(len(answer)), np.full(len(answer), k)
    correct = answer == 0

    def chosen(at: Array, some: Array | bool = True, used: Array = everything) -> tuple[Array, Array, Array]:
        right = correct[rows, at]
        return right & some, ~right & some, used

    def voted(leader: Array, some: Array | bool = True, used: Array = everything) -> tuple[Array, Array, Array]:
        return (leader == 0) & some, (leader != 0) & some, used

    match policy:
        case ll.FirstAccepted():
            some, at = _first(accepted)
            used = np.where(some, at + 1, k)
            if policy.fallback == "abstain":
                return chosen(at, some, used)
            other = np.full(len(answer), k - 1) if policy.fallback == "last" else score.argmax(axis=1)
            return chosen(np.where(some, at, other), used=used)
        case ll.FirstAbove():
            some, at = _first(score > policy.threshold)
            return chosen(at, some, np.where(some, at + 1, k))
        case ll.BestOf():
            best = score.argmax(axis=1)
            return chosen(best, policy.threshold is None or score[rows, best] > policy.threshold)
        case ll.MajorityVote():
            votes = _counts(attempts, k)
            tied = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1
            leader = _leader(votes, attempts.priority)
            if policy.ties == "lose":
                leader = np.where(tied, -1, leader)
            return voted(leader, ~tied if policy.ties == "abstain" else True)
        case ll.FilteredVote():
            return voted(_leader(_votes(attempts, k, accepted.astype(float)), attempts.priority), accepted.any(axis=1))
        case ll.WeightedVote():
            appeared = _counts(attempts, k) > 0
            weight = attempts.score if policy.weight == "score" else attempts.weight
            weights = np.where(appeared, _votes(attempts, k, weight), -np.inf)
            return voted(_leader(weights, attempts.priority))
        case ll.StopWhenAhead() | ll.ShareVote() | ll.BetaStop():
            return voted(*_stopped(policy, attempts, k))
        case ll.WindowStop():
            return voted(*_window(attempts, k, policy.size))
        case ll.AnyOf():
            some = correct.any(axis=1)
            return some, np.zeros_like(some), everything
        case ll.AllOf():
            return correct.all(axis=1), ~correct.all(axis=1), everything
    raise AssertionError(policy)


def _window(attempts: Attempts, k: int, size: int) -> tuple[Array, bool, Array]:
    """Votes that end with the first window of equal answers."""
    leader = _leader(_counts(attempts, k), attempts.priority)
    used = np.full(len(leader), k)
    for end in range(k // size * size, 0, -size):
        window = attempts.answer[:, end - size : end]
        agrees = (window == window[:, :1]).all(axis=1)
        leader, used = np.where(agrees, window[:, 0], leader), np.where(agrees, end, used)
    return leader, True, used


def _beats(first: Array, second: Array) -> Array:
    """P(Beta(first + 1, second + 1) > 1/2), a tail of fair coins, as few whole numbers come up."""
    sizes = first.astype(int), second.astype(int)
    width = sizes[1].max() + 1
    pairs, place = np.unique(sizes[0] * width + sizes[1], return_inverse=True)
    return np.array([_lead_of_coins(*divmod(pair, int(width))) for pair in pairs.tolist()])[place]


@functools.cache
def _lead_of_coins(v: int, w: int) -> float:
    return sum(math.comb(v + w + 1, j) for j in range(v + 1)) / 2 ** (v + w + 1)


@functools.lru_cache(maxsize=1)
def _stops(policy: ll.Policy, attempts: Attempts) -> tuple[Array, Array]:
    """After how many attempts a vote ends by itself, and who leads it there."""
    trials, most = attempts.answer.shape
    ended, leader = np.full(trials, most + 1), np.full(trials, -1)
    going, votes = np.arange(trials), np.zeros(attempts.priority.shape)
    for i in range(1, most + 1):
        if not len(going):
            break
        votes[np.arange(len(going)), attempts.answer[going, i - 1]] += 1
        top = np.sort(votes, axis=1)
        stop = _ends(policy, top[:, -1], top[:, -2], i)
        ended[going[stop]], leader[going[stop]] = i, votes[stop].argmax(axis=1)
        going, votes = going[~stop], votes[~stop]
    return ended, leader


def _ends(policy: ll.Policy, first: Array, second: Array, number: int) -> Array:
    """Whether the votes of the first and the second answer and their number end a vote."""
    match policy:
        case ll.StopWhenAhead():
            return first - second >= policy.margin
        case ll.ShareVote():
            return (number >= policy.min_votes) & (first > second) & (first >= policy.share * number - 1e-9)
        case ll.BetaStop():
            return _beats(first, second) > policy.confidence
    raise AssertionError(policy)


def _stopped(policy: ll.Policy, attempts: Attempts, k: int) -> tuple[Array, bool, Array]:
    ended, leader = _stops(policy, attempts)
    return np.where(ended > k, _leader(_counts(attempts, k), attempts.priority), leader), True, np.minimum(ended, k)


def run(policies: Sequence[ll.Policy], grid: Sequence[int], draw: Callable[[], Attempts]) -> tuple[Array, Array, Array]:
    """(correct, wrong, attempts used), arrays of shape (policies * points, trials), policy by policy."""
    attempts = draw()
    rows = [returned(policy, attempts, k) for policy in policies for k in grid]
    correct, wrong, used = (np.array(column) for column in zip(*rows, strict=True))
    return correct, wrong, used
