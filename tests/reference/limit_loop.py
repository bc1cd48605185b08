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
    rows = []
    for policy in policies:
        # How long it would go on without a limit.
        own = np.full(len(tokens), np.iinfo(np.int64).max)
        if isinstance(policy, STOPPING):
            own = policy_loop.returned(policy, attempts, tokens.shape[1])[2]
        rows += [_row(policy, limit, cost, attempts, tokens, own) for limit in limits]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _row(  # noqa: PLR0917
    policy: ll.Policy, limit: ll.Limit, cost: ll.Cost, attempts: policy_loop.Attempts, tokens: Array, own: Array
) -> dict[str, Array]:
    trials, most = tokens.shape
    everyone, batch = np.arange(trials), cost.parallel
    sums = bills(cost, tokens, not isinstance(policy, UNCHECKED))
    part = ["tokens", "cost", "seconds"].index(limit.unit)
    spent = sums[part]
    whole = (spent <= limit.amount).sum(axis=1) - 1
    assert (whole < spent.shape[1] - 1).all(), "the reference must draw more attempts than fit"
    paid, beyond = sums[:, everyone, whole], sums[:, everyone, whole + 1]
    if limit.crossing == "finish":
        whole, at_limit = whole + 1, beyond
    elif limit.crossing == "refund":
        at_limit = paid
    else:
        at_limit = paid + (limit.amount - paid[part]) / (beyond[part] - paid[part]) * (beyond - paid)
    allowed = np.minimum(whole * batch, most)
    correct, wrong = np.zeros(trials, bool), np.zeros(trials, bool)
    used = np.zeros(trials, int)
    for k in np.unique(allowed[allowed > 0]):
        some = np.flatnonzero(allowed == k)
        mine = policy_loop.Attempts(
            attempts.answer[some],
            attempts.accepted[some],
            attempts.score[some],
            attempts.priority[some],
            attempts.weight[some],
        )
        correct[some], wrong[some], used[some] = policy_loop.returned(policy, mine, k)
    stopped = own <= allowed
    bill = np.where(stopped, sums[:, everyone, -(-used // batch)], at_limit)
    covered = ((attempts.answer == 0) & (np.arange(most) < allowed[:, None])).any(axis=1)
    return {
        "correct": correct,
        "wrong": wrong,
        "attempts_used": used,
        "covered": covered,
        "tokens": bill[0],
        "cost": bill[1],
        "latency": bill[2],
    }
