"""Limits in money, tokens and seconds: every row, and every pair of rows, against the plain attempt loop."""

import functools

import numpy as np
import pytest

import limitlaw as ll
from limitlaw import _core
from reference import limit_loop, policy_loop
from reference.tails import FALSE_ALARM, two_sample_p_value

JUDGE = ll.Verifier.judge(d_prime=1.1, threshold=0.9)
COST = ll.Cost(
    prompt_tokens=300,
    output_tokens=(700, 0.8),
    price_in=2.0,
    price_out=8.0,
    verifier_price=0.002,
    seconds_per_token=0.01,
    verifier_seconds=1.5,
)
POLICIES = [
    ll.FirstAccepted(),
    ll.FirstAccepted(fallback="last"),
    ll.FirstAccepted(fallback="best"),
    ll.FirstAbove(threshold=1.6),
    ll.BestOf(),
    ll.BestOf(threshold=1.5),
    ll.MajorityVote(),
    ll.WeightedVote(),
    ll.FilteredVote(),
    ll.StopWhenAhead(margin=2),
    ll.AnyOf(),
    ll.AllOf(),
]
#: Policies whose cost does not grow with the attempts.
COARSE = [ll.FirstAccepted(), ll.BestOf(), ll.MajorityVote(), ll.AllOf()]
LIMITS = [
    ll.Limit(cost=0.03),
    ll.Limit(cost=0.03, crossing="refund"),
    ll.Limit(cost=0.03, crossing="finish"),
    ll.Limit(tokens=3_000),
    ll.Limit(seconds=25.0),
    ll.Limit(seconds=4.0, crossing="finish"),
]
SHARES = np.array([1, 2**-1.0, 3**-1.0]) / (1 + 1 / 2 + 1 / 3)


def scenario(policies, limits, cost=COST, success=0.3, **changes):
    fields = {
        "tasks": ll.Tasks.fixed(success=[success]),
        "verifier": JUDGE,
        "answers": ll.Answers.zipf(3, 1.0),
        "policies": policies,
        "limits": limits,
        "cost": cost,
    }
    return ll.SamplingScenario(**(fields | changes))


@functools.cache
def truth(case):
    """The plain loop's rows of a case."""
    policies, limits, cost, most = CASES[case]
    random = np.random.default_rng(17)
    attempts = policy_loop.judged(np.array([0.3]), SHARES, 1.1, 0.9, (TRIALS, most), random)
    tokens = limit_loop.draw_tokens(cost, (TRIALS, most), random)
    return limit_loop.run(policies, limits, cost, attempts, tokens)


def correct_together(scenario, trials):
    """Trials in which two rows are both right, for every pair of rows; the scenario has one task."""
    spec, arrays = scenario.wire()
    found = _core.compare_sampling(
        spec, arrays, score="accuracy", trials=trials, key=(11, 12), replicate=0, threads=2, progress=None
    )
    rows = len(scenario.policies) * len(scenario.limits)
    return np.rint(found["products"].reshape(rows, rows) * trials).astype(int)


#: Trials of the plain loop; ours are three times as many.
TRIALS = 8_000
CASES = {
    "gamma": (POLICIES, LIMITS, COST, 60),
    "lognormal": (POLICIES[:1] + POLICIES[4:10:2], LIMITS[::2], COST.replace(law="lognormal"), 60),
    "batches": (POLICIES[::2], LIMITS[:3] + LIMITS[4:], COST.replace(parallel=3), 90),
    "batches, lognormal": (POLICIES[:4], LIMITS[3:], COST.replace(parallel=4, law="lognormal"), 100),
    "fixed": (POLICIES[::3], LIMITS, COST.replace(output_tokens=(700, 0.0)), 30),
    "many": (COARSE, [ll.Limit(cost=0.4), ll.Limit(tokens=90_000, crossing="finish")], COST, 220),
}


@pytest.mark.parametrize("case", CASES)
def test_every_pair_of_rows_follows_the_plain_loop(case):
    policies, limits, cost, _ = CASES[case]
    ours = correct_together(scenario(policies, limits, cost), 3 * TRIALS)
    correct = truth(case)["correct"].astype(np.int64)
    theirs = correct @ correct.T
    pairs = [(r, s) for r in range(len(ours)) for s in range(r + 1)]
    names = [f"{policy.label}, {limit.label}" for policy in policies for limit in limits]
    for r, s in pairs:
        p = two_sample_p_value(int(ours[r, s]), 3 * TRIALS, int(theirs[r, s]), TRIALS)
        assert p > FALSE_ALARM / len(pairs) / len(CASES), (names[r], names[s], ours[r, s], theirs[r, s])


@pytest.mark.parametrize("case", CASES)
def test_bills_follow_the_plain_loop(case):
    policies, limits, cost, _ = CASES[case]
    frame = ll.simulate(scenario(policies, limits, cost), trials=3 * TRIALS, seed=23)
    found = truth(case)
    for row, line in enumerate(frame.iter_rows(named=True)):
        for ours, theirs in {"wrong": "wrong", "coverage": "covered"}.items():
            count = int(found[theirs][row].sum())
            p = two_sample_p_value(round(line[ours] * 3 * TRIALS), 3 * TRIALS, count, TRIALS)
            assert p > FALSE_ALARM / 2 / frame.height / len(CASES), (line["policy"], line["limit"], ours)
        for name in ("attempts_used", "tokens", "cost", "latency"):
            values = found[name][row]
            mean, spread = values.mean(), values.std()
            # Mean and spread; 7 standard errors of the difference: false alarms below 3e-12 for each number.
            error = np.hypot(line[f"{name}_se"], spread / np.sqrt(TRIALS))
            assert abs(line[name] - mean) <= 7 * error + 1e-9 * mean, (line["policy"], line["limit"], name)
            ours = line[f"{name}_se"] ** 2 * 3 * TRIALS
            if spread > 1e-6 * mean:
                fourth = ((values - mean) ** 4).mean() / spread**4
                tolerance = 7 * np.sqrt(4 / 3 * fourth / TRIALS)
                assert abs(ours / spread**2 - 1) < tolerance, (line["policy"], line["limit"], name)
