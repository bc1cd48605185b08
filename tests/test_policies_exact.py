"""Each policy against its closed form or the enumeration of all sequences of attempts; nonsense is refused."""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from reference.tails import FALSE_ALARM, binomial_p_value

P, F, G = 0.35, 0.25, 0.3
SHARES = np.array([1, 2**-1.0, 3**-1.0]) / (1 + 1 / 2 + 1 / 3)


def phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def scenario(policies: list[ll.Policy], grid: list[int], **changes: object) -> ll.SamplingScenario:
    fields = {
        "tasks": ll.Tasks.fixed(success=[P]),
        "verifier": ll.Verifier.rates(false_positive_rate=F, false_negative_rate=G),
        "answers": ll.Answers.zipf(3, 1.0),
        "policies": policies,
        "max_attempts": grid,
    }
    return ll.SamplingScenario(**(fields | changes))


def enumerate_attempts(attempts: int):
    """Every sequence of (answer, accepted) with its probability; answer 0 is correct."""
    kinds = {(0, True): P * (1 - G), (0, False): P * G}
    for j, share in enumerate(SHARES, 1):
        kinds |= {(j, True): (1 - P) * share * F, (j, False): (1 - P) * share * (1 - F)}
    for sequence in itertools.product(kinds, repeat=attempts):
        yield math.prod(kinds[kind] for kind in sequence), sequence


#: Policies that stop a vote, with their rule in whole numbers: the answer that ends it, of these answers one by one.
STOPPING: list[tuple[ll.Policy, Callable[[list[int]], int | None]]] = [
    (ll.StopWhenAhead(margin=2), lambda answers: ahead_by(answers, 2)),
    (ll.ShareVote(share=0.6, min_votes=3), lambda answers: has_share(answers, Fraction(3, 5), 3)),
    (ll.ShareVote(share=1, min_votes=2), lambda answers: has_share(answers, Fraction(1), 2)),
    (ll.BetaStop(confidence=0.8), lambda answers: beats(answers, Fraction(4, 5))),
    (ll.BetaStop(confidence=0.95), lambda answers: beats(answers, Fraction(19, 20))),
    (ll.ShareVote(share=0.4, min_votes=2), lambda answers: has_share(answers, Fraction(2, 5), 2)),
]
#: The same whose votes do not say all: the order of the answers does.
ORDERED: list[tuple[ll.Policy, Callable[[list[int]], int | None]]] = [
    (ll.WindowStop(size=size), lambda answers, size=size: agree(answers, size)) for size in (1, 2, 3)
]


def ahead_by(answers: list[int], margin: int) -> int | None:
    votes = np.bincount(answers, minlength=4)
    second, first = np.sort(votes)[-2:]
    return int(votes.argmax()) if first - second >= margin else None


def agree(answers: list[int], size: int) -> int | None:
    last = answers[-size:]
    return last[0] if len(answers) % size == 0 and len(set(last)) == 1 else None


def has_share(answers: list[int], share: Fraction, min_votes: int) -> int | None:
    votes = np.bincount(answers, minlength=4)
    second, first = (int(v) for v in np.sort(votes)[-2:])
    enough = len(answers) >= min_votes and first > second and Fraction(first, len(answers)) >= share
    return int(votes.argmax()) if enough else None


def beats(answers: list[int], confidence: Fraction) -> int | None:
    """P(Beta(v + 1, w + 1) > 1/2) = P(at most v heads of v + w + 1 fair coins)."""
    votes = np.bincount(answers, minlength=4)
    w, v = (int(v) for v in np.sort(votes)[-2:])
    posterior = Fraction(sum(math.comb(v + w + 1, j) for j in range(v + 1)), 2 ** (v + w + 1))
    return int(votes.argmax()) if posterior > confidence else None


def stopped(answers: list[int], ends: Callable[[list[int]], int | None]) -> tuple[float, int]:
    """P(the correct answer is returned), ties at random, and the attempts used."""
    for k in range(1, len(answers) + 1):
        if (winner := ends(answers[:k])) is not None:
            return float(winner == 0), k
    return vote(answers), len(answers)


def vote(answers: list[int]) -> float:
    """P(the correct answer wins), ties at random."""
    if not answers:
        return 0.0
    votes = np.bincount(answers, minlength=4)
    return float(votes[0] == votes.max()) / (votes == votes.max()).sum()


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_votes_equal_the_enumeration(attempts: int) -> None:
    want = {"majority_vote": 0.0, "filtered_vote": 0.0, "any_of": 0.0, "all_of": 0.0}
    for chance, sequence in enumerate_attempts(attempts):
        answers = [a for a, _ in sequence]
        want["majority_vote"] += chance * vote(answers)
        want["filtered_vote"] += chance * vote([a for a, accepted in sequence if accepted])
        want["any_of"] += chance * (0 in answers)
        want["all_of"] += chance * (set(answers) == {0})
    policies = [ll.MajorityVote(), ll.FilteredVote(), ll.AnyOf(), ll.AllOf()]
    exact = ll.solve(scenario(policies, [attempts]))
    assert exact["accuracy"].to_list() == pytest.approx(list(want.values()), abs=1e-13)
    assert exact["returned"][1] == pytest.approx(1 - (1 - P * (1 - G) - (1 - P) * F) ** attempts)
    trials = 200_000
    frame = ll.simulate(scenario(policies, [attempts]), trials=trials, seed=2)
    for accuracy, chance in zip(frame["accuracy"], want.values(), strict=True):
        assert binomial_p_value(round(accuracy * trials), trials, chance) > FALSE_ALARM / 12


@pytest.mark.parametrize("ties", ["abstain", "lose"])
def test_ties_that_are_not_shared_equal_the_enumeration(ties: Any) -> None:
    attempts, trials = 4, 200_000
    accuracy = abstained = 0.0
    for answers in itertools.product(range(4), repeat=attempts):
        chance = math.prod([P, *((1 - P) * SHARES)][a] for a in answers)
        votes = np.bincount(answers, minlength=4)
        alone = (votes == votes.max()).sum() == 1
        accuracy += chance * (alone and votes.argmax() == 0)
        abstained += chance * (ties == "abstain" and not alone)
    frame = ll.simulate(scenario([ll.MajorityVote(ties=ties)], [attempts]), trials=trials, seed=2)
    for name, want in (("accuracy", accuracy), ("abstained", abstained)):
        assert binomial_p_value(round(frame[name].item() * trials), trials, want) > FALSE_ALARM / 2
    with pytest.raises(ll.NoClosedFormError, match="ties are not shared"):
        ll.solve(scenario([ll.MajorityVote(ties=ties)], [attempts]))


@pytest.mark.parametrize(("policy", "ends"), STOPPING + ORDERED, ids=lambda case: getattr(case, "label", ""))
def test_votes_that_stop_equal_the_enumeration(policy: ll.Policy, ends: Callable[[list[int]], int | None]) -> None:
    attempts, trials = 6, 100_000
    kinds = [P, *((1 - P) * SHARES)]
    want = np.zeros(2)
    for answers in itertools.product(range(4), repeat=attempts):
        want += math.prod(kinds[a] for a in answers) * np.array(stopped(list(answers), ends))
    frame = ll.simulate(scenario([policy], [attempts]), trials=trials, seed=2)
    accuracy, used, error = frame.select("accuracy", "attempts_used", "attempts_used_se").row(0)
    assert binomial_p_value(round(accuracy * trials), trials, want[0]) > FALSE_ALARM
    assert abs(used - want[1]) <= 7 * error + 1e-12
    with pytest.raises(ll.NoClosedFormError, match=r"more than one wrong answer|which attempts share a window"):
        ll.solve(scenario([policy], [attempts]))


@pytest.mark.parametrize(("policy", "ends"), STOPPING, ids=lambda case: getattr(case, "label", ""))
def test_votes_of_two_answers_that_stop_have_a_closed_form(
    policy: ll.Policy, ends: Callable[[list[int]], int | None]
) -> None:
    """In fractions, over every sequence of up to nine attempts."""
    p, grid = Fraction(7, 16), [1, 2, 5, 9]
    two = scenario([policy], grid, tasks=ll.Tasks.fixed(success=[float(p)]), answers=ll.Answers.uniform(1))
    exact = ll.solve(two)
    for row, attempts in enumerate(grid):
        want = [Fraction(0), Fraction(0)]
        for answers in itertools.product((0, 1), repeat=attempts):
            chance = math.prod(p if a == 0 else 1 - p for a in answers)
            correct, used = stopped(list(answers), ends)
            want = [want[0] + chance * Fraction(correct), want[1] + chance * used]
        assert exact["accuracy"][row] == pytest.approx(float(want[0]), abs=1e-14)
        assert exact["attempts_used"][row] == pytest.approx(float(want[1]), abs=1e-13)
    frame = ll.simulate(two, trials=40_000, seed=5)
    assert (np.abs(frame["accuracy"] - exact["accuracy"]) <= 7 * frame["accuracy_se"] + 1e-12).all()


@pytest.mark.parametrize(("policy", "_ends"), STOPPING, ids=lambda case: getattr(case, "label", ""))
def test_votes_of_two_answers_that_stop_are_exact_under_limits(policy: ll.Policy, _ends: object) -> None:
    two = scenario(
        [policy],
        [],
        max_attempts=[30],
        answers=ll.Answers.uniform(1),
        limits=[ll.Limit(tokens=4_000), ll.Limit(cost=0.05, crossing="refund")],
        cost=ll.Cost(output_tokens=(500, 0.6), price_out=20.0),
    )
    exact, frame = ll.solve(two), ll.simulate(two, trials=40_000, seed=5)
    for name in ("accuracy", "attempts_used", "tokens", "cost"):
        assert (np.abs(frame[name] - exact[name]) <= 7 * frame[f"{name}_se"] + 1e-12).all(), name


@pytest.mark.parametrize(("p", "d", "attempts"), [(0.35, 1.2, 6), (0.1, 0.4, 25), (0.8, 2.0, 3)])
def test_a_weighted_vote_of_two_answers_is_a_normal_tail(p: float, d: float, attempts: int) -> None:
    # The log likelihood ratios of c correct and n - c wrong scores differ by a normal of mean n d^2/2, variance n d^2.
    one_sided = p**attempts, (1 - p) ** attempts
    want = one_sided[0] + (1 - sum(one_sided)) * phi(math.sqrt(attempts) * d / 2)
    trials = 100_000
    judge = ll.Verifier.judge(d_prime=d, threshold=0.0)
    two = scenario(
        [ll.WeightedVote()], [attempts], verifier=judge, answers=ll.Answers.uniform(1), tasks=ll.Tasks.fixed([p])
    )
    got = ll.simulate(two, trials=trials, seed=4)["accuracy"].item()
    assert binomial_p_value(round(got * trials), trials, want) > FALSE_ALARM / 3
    with pytest.raises(ll.NoClosedFormError, match="weighted_vote"):
        ll.solve(two)


def test_scores_follow_their_closed_forms_up_to_a_million_attempts() -> None:
    judge = ll.Verifier.judge(d_prime=1.3, threshold=1.1, votes=4, fresh=0.4)
    policies = [ll.BestOf(), ll.BestOf(threshold=2.4), ll.FirstAccepted(fallback="best"), ll.AllOf(), ll.AnyOf()]
    best = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[1e-7, 0.02, 0.5, 1.0]),
        verifier=judge,
        policies=policies,
        max_attempts=[1, 2, 16, 1000, 10**6],
    )
    exact, frame = ll.solve(best, by="task"), ll.simulate(best, trials=40_000, seed=12, by="task")
    for name in ("accuracy", "wrong"):
        for got, unclipped in zip(frame[name], exact[name], strict=True):
            chance = min(max(unclipped, 0.0), 1.0)
            if 1e-12 < chance < 1 - 1e-12:
                assert binomial_p_value(round(got * 40_000), 40_000, chance) > FALSE_ALARM / 200
            else:
                assert got == round(chance)


def test_first_above_is_first_accepted_at_another_threshold() -> None:
    above = scenario([ll.FirstAbove(threshold=1.7)], [1, 4, 30], verifier=ll.Verifier.judge(d_prime=1.0, threshold=0.2))
    there = above.replace(policies=[ll.FirstAccepted()], verifier=ll.Verifier.judge(d_prime=1.0, threshold=1.7))
    for name in ("accuracy", "wrong", "attempts_used"):
        assert ll.solve(above)[name].to_list() == pytest.approx(ll.solve(there)[name].to_list(), abs=1e-15)


def test_first_worthwhile_beats_every_cap() -> None:
    # Weights (.3, .4, .3), acceptance rates (.9, .3, .02), values (1, -1, 1): the best cap is worth .200, this .390.
    worthwhile = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.9, 0.0, 0.02], weight=[0.3, 0.4, 0.3]),
        verifier=ll.Verifier.rates(false_positive_rate=[0.0, 0.3, 0.0]),
        policies=[ll.FirstWorthwhile(), ll.FirstAccepted()],
        max_attempts=[*range(1, 60), 10_000],
        utility=ll.Utility(wrong_cost=1.0),
    )
    exact, frame = ll.solve(worthwhile), ll.simulate(worthwhile, trials=100_000, seed=3)
    utility = exact["utility"].to_numpy().reshape(2, -1)
    assert round(float(utility[0, -1]), 3) == 0.390
    assert round(float(utility[1].max()), 3) == 0.200
    # By trying every attempt number: worthwhile where the expected value of an acceptance is positive.
    w, a, v = np.array([0.3, 0.4, 0.3]), np.array([0.9, 0.3, 0.02]), np.array([1.0, -1.0, 1.0])
    k = np.arange(1, 60)[:, None]
    gain = (w * (1 - a) ** (k - 1) * a * v).sum(axis=1)
    assert utility[0, :59] == pytest.approx(np.cumsum(gain * (gain > 0)), abs=1e-13)
    assert (np.abs(frame["utility"].to_numpy() - utility.ravel()) <= 7 * frame["utility_se"].to_numpy() + 1e-12).all()


def test_first_worthwhile_declines_late_acceptances_of_a_pool() -> None:
    """Easy tasks with a good verifier, hard ones with a bad one, and two that the verifier never accepts."""
    n, a, t = [20, 12, 15, 10], [15, 2, 1, 0], [14, 0, 0, 0]
    pool = ll.SamplingScenario(
        tasks=ll.Tasks.pool(n, a, t, correct=[16, 1, 0, 3], weight=[1, 2, 1, 1]),
        policies=[ll.FirstWorthwhile(), ll.FirstAccepted()],
        max_attempts=[1, 3, 10],
        utility=ll.Utility(wrong_cost=1.0),
    )
    exact = ll.solve(pool)
    # Attempt by attempt over every prefix, in fractions: P(T = k), and whether the weighted value is positive.
    weight = [Fraction(w, 5) for w in (1, 2, 1, 1)]

    def first_at(i: int, k: int) -> Fraction:
        return Fraction(math.comb(n[i] - k, a[i] - 1), math.comb(n[i], a[i])) if a[i] else Fraction(0)

    def gain(k: int) -> Fraction:
        return sum(w * first_at(i, k) * Fraction(2 * t[i] - a[i], a[i] or 1) for i, w in enumerate(weight))

    pays = [gain(k) > 0 for k in range(1, 11)]
    assert set(pays) == {True, False}
    for row, cap in enumerate(pool.max_attempts):
        want = sum(gain(k) for k in range(1, int(cap) + 1) if pays[k - 1])
        assert exact["utility"][row] == pytest.approx(float(want), abs=1e-13)
    trials = 100_000
    frame = ll.simulate(pool, trials=trials, seed=6, by="task")
    for got, chance in zip(frame["accuracy"], ll.solve(pool, by="task")["accuracy"], strict=True):
        assert binomial_p_value(round(got * trials), trials, chance) > FALSE_ALARM / frame.height
    with pytest.raises(ValueError, match="at most 10000000 with first_worthwhile on a pool"):
        pool.replace(tasks=ll.Tasks.pool([10**8], [1], [1]), max_attempts=[10**8])


def test_first_worthwhile_leaves_an_acceptance_that_is_worth_nothing() -> None:
    """Whole numbers: 2 of 5 and 2 of 6 accepted are worth 2 and -2, and at attempt 1 the third task evens them out."""
    pool = ll.SamplingScenario(
        tasks=ll.Tasks.pool([6, 5, 11], [2, 2, 11], [0, 2, 11]),
        policies=[ll.FirstWorthwhile()],
        max_attempts=[5],
        utility=ll.Utility(wrong_cost=1.0),
    )
    assert ll.solve(pool)["accuracy"].item() == pytest.approx(17 / 30, abs=1e-15)


COUNTS = st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
POOLS = st.lists(COUNTS.flatmap(lambda x: st.tuples(*map(st.just, x), st.integers(0, x[1]))), min_size=1, max_size=4)


@settings(max_examples=300)
@given(POOLS, st.sampled_from([Fraction(1, 3), Fraction(1), Fraction(2), Fraction(7, 10)]))
def test_first_worthwhile_decides_ties_as_fractions_do(pools: list[tuple[int, int, int]], cost: Fraction) -> None:
    size = min(n for n, *_ in pools)

    def first(n: int, a: int, k: int) -> Fraction:
        """P(the first acceptance comes at attempt k), for each accepted one."""
        return Fraction(math.comb(n - k, a - 1), math.comb(n, a)) / a if a else Fraction(0)

    worth = [sum(first(n, a, k) * (t - cost * (a - t)) for n, a, t in pools) for k in range(1, size + 1)]
    right = [sum(first(n, a, k) * t for n, a, t in pools) for k in range(1, size + 1)]
    n, a, t = zip(*pools, strict=True)
    pool = ll.SamplingScenario(
        tasks=ll.Tasks.pool(n, a, t),
        policies=[ll.FirstWorthwhile()],
        max_attempts=[size],
        utility=ll.Utility(wrong_cost=float(cost)),
    )
    want = sum(r for r, w in zip(right, worth, strict=True) if w > 0) / len(pools)
    assert ll.solve(pool)["accuracy"].item() == pytest.approx(float(want), abs=1e-13)


@pytest.mark.parametrize(("success", "rate", "cost"), [(0.2, 1.0, 0.25), (0.1, 0.3, 1 / 2.7), (0.6, 0.25, 6.0)])
def test_first_worthwhile_and_the_best_number_break_ties_alike(success: float, rate: float, cost: float) -> None:
    even = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[success]),
        verifier=ll.Verifier.rates(false_positive_rate=rate),
        policies=[ll.FirstWorthwhile()],
        max_attempts=[1, 9],
        utility=ll.Utility(wrong_cost=cost),
    )
    assert ll.solve(even)["returned"].to_list() == [0.0, 0.0]
    assert ll.optimal_attempts(even.replace(policies=[ll.FirstAccepted()]), bootstrap=0)["optimal_attempts"].item() == 0
    better = even.replace(utility=ll.Utility(wrong_cost=cost * (1 - 1e-9)))
    assert ll.solve(better)["returned"].min() > 0


def test_first_worthwhile_takes_a_mixture_as_its_prior() -> None:
    two = ll.SamplingScenario(
        tasks=ll.Tasks.mixture(weight=[0.5, 0.5], success=[0.8, 0.02], count=3),
        verifier=ll.Verifier.rates(false_positive_rate=0.2),
        policies=[ll.FirstWorthwhile()],
        max_attempts=[2, 40],
        utility=ll.Utility(wrong_cost=1.5),
    )
    exact, frame = ll.solve(two), ll.simulate(two, trials=60_000, seed=9)
    assert (np.abs(frame["accuracy"] - exact["accuracy"]) <= 7 * frame["accuracy_se"]).all()
    assert exact["accuracy"][1] < ll.solve(two.replace(policies=[ll.FirstAccepted()]))["accuracy"][1]


def test_reliability_and_coverage_of_drawn_rates_and_pools() -> None:
    drawn = ll.SamplingScenario(
        tasks=ll.Tasks.counts([10, 4], [3, 4], posterior=True, prior="jeffreys"),
        verifier=ll.Verifier.rates(false_positive_rate=0.1),
        policies=[ll.AnyOf(), ll.AllOf()],
        max_attempts=[1, 5, 50],
    )
    exact, frame = ll.solve(drawn), ll.simulate(drawn, trials=60_000, seed=1)
    assert (np.abs(frame["accuracy"] - exact["accuracy"]) <= 7 * frame["accuracy_se"]).all()
    pool = ll.Tasks.pool(attempts=[4, 4], accepted=[2, 0], accepted_correct=[2, 0], correct=[3, 0])
    solved = ll.solve(ll.SamplingScenario(tasks=pool, policies=[ll.AnyOf(), ll.AllOf()], max_attempts=[1, 2, 4]))
    assert solved["accuracy"].to_list() == pytest.approx([0.375, 0.5, 0.5, 0.375, 0.25, 0.0])


@pytest.mark.parametrize(
    ("policy", "changes", "message"),
    [
        (ll.BestOf(), {}, "reads no scores"),
        (ll.FirstAccepted(fallback="best"), {}, "reads no scores"),
        (ll.WeightedVote(), {}, "reads no scores"),
        (ll.MajorityVote(), {"answers": None}, "unless `answers` is given"),
        (ll.FilteredVote(), {"verifier": ll.Verifier.judge(d_prime=1)}, "threshold"),
        (ll.StopWhenAhead(margin=2), {"max_attempts": [10**9]}, "at most 10000000"),
        (ll.FirstWorthwhile(), {"tasks": ll.Tasks.beta(1, 1, count=2)}, "known rates"),
    ],
)
def test_what_makes_no_sense_is_refused(policy: ll.Policy, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scenario([policy], [3], **changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ll.StopWhenAhead(margin=0),
        lambda: ll.FirstAbove(threshold=math.nan),
        # The scores of a judge; recorded ones have any scale.
        lambda: ll.SamplingScenario(
            tasks=ll.Tasks.fixed(success=[0.5]),
            verifier=ll.Verifier.judge(d_prime=1.0, threshold=0.0),
            policies=[ll.FirstAbove(threshold=1e9)],
            max_attempts=[2],
        ),
        lambda: ll.Answers.uniform(0),
        lambda: ll.Answers.zipf(3, -1.0),
        lambda: ll.Answers.dirichlet(0.0, 3),
    ],
)
def test_settings_out_of_range_are_refused(make) -> None:
    with pytest.raises(ValueError, match="must be"):
        make()
