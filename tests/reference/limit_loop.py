"""The slow truth of limits: the bills of all attempts side by side, and each policy on as many as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import limitlaw as ll
from reference import policy_loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[Any]

VOTES = (ll.StopWhenAhead, ll.ShareVote, ll.BetaStop, ll.WindowStop)
STOPPING = (ll.FirstAccepted, ll.FirstWorthwhile, ll.FirstAbove, *VOTES)
UNCHECKED = (ll.MajorityVote, *VOTES, ll.AnyOf, ll.AllOf)


def draw_tokens(cost: ll.Cost, shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Output tokens of every attempt."""
    mean, cv = cost.output_tokens
    if cv == 0:
        return np.full(shape, mean)
    if cost.law == "gamma":
        return random.gamma(1 / cv**2, mean * cv**2, shape)
    sigma = np.sqrt(np.log1p(cv**2))
    return random.lognormal(np.log(mean) - sigma**2 / 2, sigma, shape)


def bills(cost: ll.Cost, tokens: Array, checked: bool) -> Array:
    """(tokens, money, seconds) after 0, 1, 2, ... whole batches, of shape (3, trials, batches + 1)."""
    trials, most = tokens.shape
    starts = np.arange(0, most, cost.parallel)
    size = np.diff(np.append(starts, most))
    output = np.add.reduceat(tokens, starts, axis=1)
    slowest = np.maximum.reduceat(tokens, starts, axis=1)
    check = int(checked)
    each = np.array(
        [
            size * cost.prompt_tokens + output,
            size * (cost.prompt_tokens * cost.price_in / 1e6 + check * cost.verifier_price)
            + output * cost.price_out / 1e6,
            cost.seconds_per_token * slowest + check * cost.verifier_seconds,
        ]
    )
    return np.concatenate([np.zeros((3, trials, 1)), each.cumsum(axis=2)], axis=2)


def run(
    policies: Sequence[ll.Policy],
    limits: Sequence[ll.Limit],
    cost: ll.Cost,
    attempts: policy_loop.Attempts,
    tokens: Array,
) -> dict[str, Array]:
    """Every policy under every limit, policy by policy: arrays of shape (rows, trials).

    The attempts drawn must be more than any limit allows.
    """
    sums = {checked: bills(cost, tokens, checked) for checked in (False, True)}
    ends = {checked: [_end(limit, sums[checked]) for limit in limits] for checked in sums}
    correct = attempts.answer == 0
    solved = np.where(correct.any(axis=1), correct.argmax(axis=1), tokens.shape[1])
    rows = []
    for policy in policies:
        # How long it would go on without a limit.
        own = np.full(len(tokens), np.iinfo(np.int64).max)
        if isinstance(policy, STOPPING):
            own = policy_loop.returned(policy, attempts, tokens.shape[1])[2]
        checked = not isinstance(policy, UNCHECKED)
        for whole, at_limit in ends[checked]:
            allowed = np.minimum(whole * cost.parallel, tokens.shape[1])
            rows.append(_row(policy, cost.parallel, attempts, allowed, own, sums[checked], at_limit))
            rows[-1]["covered"] = solved < allowed
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _end(limit: ll.Limit, sums: Array) -> tuple[Array, Array]:
    """Whole batches that a limit allows, and (tokens, money, seconds) where it ends a trial."""
    everyone, part = np.arange(sums.shape[1]), ["tokens", "cost", "seconds"].index(limit.unit)
    spent = sums[part]
    whole = (spent <= limit.amount).sum(axis=1) - 1
    assert (whole < spent.shape[1] - 1).all(), "the reference must draw more attempts than fit"
    paid, beyond = sums[:, everyone, whole], sums[:, everyone, whole + 1]
    if limit.crossing == "finish":
        return whole + 1, beyond
    if limit.crossing == "refund":
        return whole, paid
    return whole, paid + (limit.amount - paid[part]) / (beyond[part] - paid[part]) * (beyond - paid)


def _row(  # noqa: PLR0917
    policy: ll.Policy,
    batch: int,
    attempts: policy_loop.Attempts,
    allowed: Array,
    own: Array,
    sums: Array,
    at_limit: Array,
) -> dict[str, Array]:
    trials = len(allowed)
    correct, wrong = np.zeros(trials, bool), np.zeros(trials, bool)
    used = np.zeros(trials, int)
    for k in np.unique(allowed[allowed > 0]):
        some = np.flatnonzero(allowed == k)
        mine = policy_loop.Attempts(
            attempts.answer[some, :k],
            attempts.accepted[some, :k],
            attempts.score[some, :k],
            attempts.priority[some],
            attempts.weight[some, :k],
        )
        correct[some], wrong[some], used[some] = policy_loop.returned(policy, mine, k)
    stopped = own <= allowed
    bill = np.where(stopped, sums[:, np.arange(trials), -(-used // batch)], at_limit)
    return {
        "correct": correct,
        "wrong": wrong,
        "attempts_used": used,
        "tokens": bill[0],
        "cost": bill[1],
        "latency": bill[2],
    }
