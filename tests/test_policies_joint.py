"""All policies on one set of attempts: every pair of rows against the plain loop, and no policy disturbs another."""

import numpy as np
import pytest

import limitlaw as ll
from limitlaw.testing import assert_reproducible
from reference import policy_loop
from reference.tails import FALSE_ALARM, binomial_p_value, two_sample_p_value
from sampling_cases import check_pairs, check_policies_alone

JUDGE = ll.Verifier.judge(d_prime=1.1, threshold=0.9)
RATES = ll.Verifier.rates(false_positive_rate=0.25, false_negative_rate=0.3)
#: Policies that need no scores.
COUNTED = [
    ll.FirstAccepted(),
    ll.FirstAccepted(fallback="last"),
    ll.MajorityVote(),
    ll.FilteredVote(),
    ll.StopWhenAhead(margin=2),
    ll.ShareVote(share=0.7, min_votes=3),
    ll.BetaStop(confidence=0.9),
    ll.AnyOf(),
    ll.AllOf(),
    ll.MajorityVote(ties="abstain"),
    ll.MajorityVote(ties="lose"),
    ll.WindowStop(size=2),
]
#: All of them.
SCORED = [
    *COUNTED,
    ll.FirstAccepted(fallback="best"),
    ll.FirstAbove(threshold=1.6),
    ll.FirstAbove(threshold=0.2),
    ll.BestOf(),
    ll.BestOf(threshold=2.0),
    ll.WeightedVote(),
    ll.WeightedVote(weight="score"),
]
#: Policies whose cost does not grow with the attempts.
COARSE = [ll.FirstAccepted(fallback="best"), ll.BestOf(), ll.BestOf(threshold=1.5), ll.MajorityVote(), ll.AllOf()]
SHARES = {"uniform": np.full(4, 0.25), "zipf": np.array([1, 2**-1.5, 3**-1.5]) / (1 + 2**-1.5 + 3**-1.5)}


def draw(case: str, success: float, verifier: str, trials: int, most: int) -> policy_loop.Attempts:
    """The plain loop's attempts."""
    random = np.random.default_rng(99)
    rate = random.beta(3.5, 1.5, trials) if case == "posterior" else np.array([success])
    shares = (
        random.dirichlet([0.7] * 3, trials) if case == "dirichlet" else SHARES["zipf" if case == "zipf" else "uniform"]
    )
    if verifier == "rates":
        return policy_loop.rated(rate, shares, 0.25, 0.3, (trials, most), random)
    return policy_loop.judged(rate, shares, 1.1, 0.9, (trials, most), random)


def scenario(
    case: str, success: float, verifier: str, policies: list[ll.Policy], grid: list[int]
) -> ll.SamplingScenario:
    tasks = ll.Tasks.fixed(success=[success])
    if case == "posterior":
        tasks = ll.Tasks.counts([4], [3], posterior=True, prior="jeffreys")
    answers = {"zipf": ll.Answers.zipf(3, 1.5), "dirichlet": ll.Answers.dirichlet(0.7, 3)}.get(
        case, ll.Answers.uniform(4)
    )
    return ll.SamplingScenario(
        tasks=tasks,
        verifier=RATES if verifier == "rates" else JUDGE,
        answers=answers,
        policies=policies,
        max_attempts=grid,
    )


@pytest.mark.parametrize(
    ("case", "success", "verifier", "policies", "grid"),
    [
        ("uniform", 0.35, "judge", SCORED, [1, 2, 3, 7]),
        ("uniform", 0.04, "judge", SCORED, [2, 9]),
        ("zipf", 0.6, "judge", SCORED, [1, 6]),
        ("uniform", 0.3, "judge", COARSE, [1, 4, 60, 200]),
        ("zipf", 0.3, "rates", COUNTED, [1, 2, 5, 12]),
        ("dirichlet", 0.25, "rates", COUNTED, [3, 8]),
        ("posterior", 0.0, "judge", SCORED, [1, 5]),
        ("posterior", 0.0, "rates", COUNTED, [2, 6]),
    ],
)
def test_every_pair_of_rows_follows_the_plain_loop(case, success, verifier, policies, grid):
    trials = 60_000 if grid[-1] < 100 else 20_000
    correct, _, _ = policy_loop.run(policies, grid, lambda: draw(case, success, verifier, trials, grid[-1]))
    check_pairs(scenario(case, success, verifier, policies, grid), correct, 3 * trials)


#: Policies that a pool knows.
POOLED = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AnyOf(), ll.AllOf()]


@pytest.mark.parametrize(
    ("counts", "grid"),
    [
        ((8, 5, 4, 6), [1, 2, 3, 6, 8]),
        ((12, 3, 1, 2), [1, 4, 11]),
        ((9, 4, 0, 3), [3, 9]),
        ((40, 8, 2, 9), [6, 20, 33]),
        ((7, 2, 2, 7), [2, 5]),
        ((6, 3, 0, 0), [2, 6]),
        ((9, 6, 5, 7), [1, 5, 9]),
        ((6, 3, 1, 2), [4, 6]),
        ((2, 1, 1, 2), [2]),
    ],
)
def test_every_pair_of_rows_of_a_pool_follows_the_plain_loop(counts, grid):
    trials = 40_000
    n, accepted, accepted_correct, right = counts
    pool = ll.Tasks.pool([n], [accepted], [accepted_correct], correct=[right])
    random = np.random.default_rng(98)
    correct, _, _ = policy_loop.run(POOLED, grid, lambda: policy_loop.pooled(counts, (trials, grid[-1]), random))
    check_pairs(ll.SamplingScenario(tasks=pool, policies=POOLED, max_attempts=grid), correct, 3 * trials)


def test_a_pool_gives_every_policy_its_exact_numbers():
    pool = ll.Tasks.pool([9, 30, 10**6], [4, 9, 300], [2, 0, 200], correct=[5, 2, 990_000])
    scenario = ll.SamplingScenario(tasks=pool, policies=POOLED, max_attempts=[1, 3, 8])
    trials = 50_000
    exact, frame = ll.solve(scenario, by="task"), ll.simulate(scenario, trials=trials, seed=8, by="task")
    for name in ("accuracy", "wrong", "coverage"):
        for got, want in zip(frame[name], exact[name], strict=True):
            p = binomial_p_value(round(got * trials), trials, min(max(want, 0.0), 1.0))
            assert p > FALSE_ALARM / (3 * exact.height), name
    alone = ll.simulate(scenario.replace(policies=[ll.AllOf()]), trials=trials, seed=8)
    together = ll.simulate(scenario, trials=trials, seed=8)
    assert alone["accuracy"].to_list() == together["accuracy"].to_list()[-3:]
    beyond = ll.simulate(scenario.replace(max_attempts=[9, 10]), trials=50, seed=8)
    assert beyond["accuracy"].null_count() == len(POOLED)


@pytest.mark.parametrize(("verifier", "policies"), [("judge", SCORED), ("rates", COUNTED)])
def test_wrong_answers_and_attempts_follow_the_plain_loop(verifier, policies):
    grid, trials = [1, 3, 8], 60_000
    frame = ll.simulate(scenario("zipf", 0.3, verifier, policies, grid), trials=3 * trials, seed=5)
    _, wrong, used = policy_loop.run(policies, grid, lambda: draw("zipf", 0.3, verifier, trials, grid[-1]))
    for row, (ours, theirs) in enumerate(zip(frame["wrong"].to_list(), wrong, strict=True)):
        p = two_sample_p_value(round(ours * 3 * trials), 3 * trials, int(theirs.sum()), trials)
        assert p > FALSE_ALARM / (2 * len(wrong)), frame.row(row)
    # Attempts used lie in [1, 8]; 7.5 standard errors of the difference: false alarms below 1e-13 for each of the rows.
    error = np.sqrt(frame["attempts_used_se"].to_numpy() ** 2 + used.var(axis=1) / trials)
    assert (np.abs(frame["attempts_used"].to_numpy() - used.mean(axis=1)) <= 7.5 * error + 0.003).all()


#: Votes whose stop is far off at first: their attempts are drawn in blocks, of long ones only the counts.
FAR = [
    ll.ShareVote(share=0.7, min_votes=20),
    ll.ShareVote(share=0.45),
    ll.BetaStop(confidence=0.9999),
    ll.StopWhenAhead(margin=12),
]


@pytest.mark.parametrize(("case", "success"), [("uniform", 0.4), ("zipf", 0.3), ("dirichlet", 0.35), ("zipf", 0.68)])
def test_votes_whose_stop_is_far_off_follow_the_plain_loop(case, success):
    grid, trials = [9, 50, 120], 8_000
    frame = ll.simulate(scenario(case, success, "rates", FAR, grid), trials=5 * trials, seed=6)
    right, _, used = policy_loop.run(FAR, grid, lambda: draw(case, success, "rates", trials, grid[-1]))
    for row, (ours, theirs) in enumerate(zip(frame["accuracy"].to_list(), right, strict=True)):
        p = two_sample_p_value(round(ours * 5 * trials), 5 * trials, int(theirs.sum()), trials)
        assert p > FALSE_ALARM / (8 * len(right)), frame.row(row)
    # 7.5 standard errors of the difference: false alarms below 1e-13 for each of the rows.
    error = np.sqrt(frame["attempts_used_se"].to_numpy() ** 2 + used.var(axis=1) / trials)
    assert (np.abs(frame["attempts_used"].to_numpy() - used.mean(axis=1)) <= 7.5 * error + 0.003).all()


@pytest.mark.parametrize("case", ["uniform", "dirichlet", "posterior", "cost"])
def test_a_further_policy_changes_no_number_of_another(case):
    # A cell of 280 attempts has its wrong answers dealt by counts.
    grid = [1, 4, 20, 300] if case == "uniform" else [1, 4, 20]
    trials = 1000 if case == "uniform" else 3000
    utility = ll.Utility(wrong_cost=0.5, attempt_cost=0.01)
    cost = ll.Cost(prompt_tokens=100, output_tokens=(300, 0.5), price_in=1, price_out=4) if case == "cost" else None
    tasks = ll.Tasks.fixed(success=[0.0, 0.1, 0.1, 0.7, 1.0])
    if case == "posterior":
        tasks = ll.Tasks.counts([5, 9], [0, 4], posterior=True, prior="jeffreys")
    answers = ll.Answers.dirichlet(0.7, 3) if case == "dirichlet" else ll.Answers.uniform(4)
    policies = [*SCORED] if case == "posterior" else [*SCORED, ll.FirstWorthwhile()]
    together = ll.SamplingScenario(
        tasks=tasks,
        verifier=JUDGE,
        answers=answers,
        policies=policies,
        max_attempts=grid,
        utility=utility,
        cost=cost,
    )
    # The coverage column is the scenario's: the same for every policy.
    check_policies_alone(together, trials=trials, seed=21)


def test_any_of_is_the_coverage_that_first_accepted_reports():
    policies, trials = [ll.FirstAccepted(), ll.AnyOf()], 50_000
    frame = ll.simulate(scenario("uniform", 0.2, "rates", policies, [1, 3, 9]), trials=trials, seed=3)
    for first, any_of in zip(frame["coverage"].to_list()[:3], frame["accuracy"].to_list()[3:], strict=True):
        p = two_sample_p_value(round(first * trials), trials, round(any_of * trials), trials)
        assert p > FALSE_ALARM / 3
    perfect = scenario("uniform", 0.2, "rates", policies, [1, 3, 9]).replace(verifier=ll.Verifier.perfect())
    exact = ll.solve(perfect)
    assert exact["coverage"].to_list()[:3] == exact["accuracy"].to_list()[3:]


def test_the_same_bits_for_any_number_of_threads():
    everything = scenario("zipf", 0.3, "judge", SCORED, [1, 5, 30])
    assert_reproducible(everything, trials=5000, seed=4, threads=(1, 2, 5))
    parts = [ll.simulate(everything, trials=2000, seed=4, replicate=r, tallies=True) for r in (0, 1)]
    assert ll.merge(parts)["trials"].unique().to_list() == [4000]
