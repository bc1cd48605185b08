"""A covering set of populations, verifiers, answers, policies and costs.

Every two values that fit meet in a scenario that agrees with the plain loop, and with its solution where there is one.
Those that do not fit are refused with the reason.
"""

import functools
import itertools
import re
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from reference import policy_loop
from reference.tails import FALSE_ALARM, binomial_p_value, two_sample_p_value
from sampling_cases import POLICIES

GRID = [1, 3, 6]
TRIALS = 20_000
WRONG_COST = 0.6
F, G = 0.2, 0.15


class Case(NamedTuple):
    """A value of each factor."""

    population: str
    verifier: str
    answers: str
    policy: ll.Policy
    cost: str


#: One task each. What is drawn once for a run is as good as known here: the plain loop cannot ask for it.
POPULATIONS = {
    "fixed": ll.Tasks.fixed(success=[0.35]),
    "counts": ll.Tasks.counts([20], [7]),
    "posterior": ll.Tasks.counts([4], [1], posterior=True, prior=(0.5, 1.5)),
    "pool": ll.Tasks.pool([9], [5], [3], correct=[4]),
    "beta": ll.Tasks.beta(0.8, 1.2, 1, unsolvable=0.2),
    "beta, one draw": ll.Tasks.beta(3.5e8, 6.5e8, 1, redraw="run"),
    "mixture": ll.Tasks.mixture(weight=[2, 1], success=[0.7, 0.05], count=1),
    "mixture, one draw": ll.Tasks.mixture(weight=[1], success=[0.35], count=1, redraw="run"),
}
ONE = ll.Verifier.rates(false_positive_rate=0.3, false_negative_rate=0.2)
VERIFIERS = {
    "none": None,
    "perfect": ll.Verifier.perfect(),
    "rates": ll.Verifier.rates(false_positive_rate=F, false_negative_rate=G),
    "spread": ll.Verifier.rates(false_positive_rate=F, false_negative_rate=G, icc=0.3),
    "tests": ll.Verifier.tests(tests=4, detection=0.4, icc=0.3, flakiness=0.03),
    "judge": ll.Verifier.judge(d_prime=1.2, threshold=0.8, votes=3, fresh=0.6),
    "judge without a threshold": ll.Verifier.judge(d_prime=1.2),
    "ensemble": ll.Verifier.ensemble([ONE, ONE, ll.Verifier.tests(tests=2, detection=0.5)], rule=2, shared=0.3),
}
ANSWERS = {
    "none": None,
    "uniform": ll.Answers.uniform(3),
    "zipf": ll.Answers.zipf(3, 1.5),
    "dirichlet": ll.Answers.dirichlet(0.6, 3),
}
TOKENS = {"prompt_tokens": 100.0, "output_tokens": (300.0, 0.5), "price_out": 1.0}
COSTS = {
    "none": None,
    "gamma": ll.Cost(**TOKENS),
    "lognormal": ll.Cost(**TOKENS, law="lognormal"),
    "batches": ll.Cost(**TOKENS, parallel=4),
}
EVERY = [*POLICIES, ll.FirstWorthwhile()]
FACTORS: list[list[Any]] = [list(POPULATIONS), list(VERIFIERS), list(ANSWERS), EVERY, list(COSTS)]

SCORES = (ll.FirstAbove, ll.BestOf, ll.WeightedVote)
VOTES = (ll.MajorityVote, ll.WeightedVote, ll.FilteredVote, ll.StopWhenAhead, ll.ShareVote, ll.BetaStop, ll.WindowStop)
VERDICTS = (ll.FirstAccepted, ll.FirstWorthwhile, ll.FilteredVote)


def reasons(case: Case) -> list[str]:
    """Why a combination makes no sense, in words that its message must have; empty where it fits."""
    policy, found = case.policy, []
    scores = isinstance(policy, SCORES) or getattr(policy, "fallback", "") == "best"
    if case.population == "pool":
        found += ["verifier must be None for a pool"] if case.verifier != "none" else []
        found += ["answers must be None for a pool"] if case.answers != "none" else []
        found += ["cost must be None for a pool"] if case.cost != "none" else []
        if scores or isinstance(policy, VOTES):
            found.append("for a pool")
        return found
    if scores and not case.verifier.startswith("judge"):
        found.append("reads no scores unless the verifier is a judge")
    if isinstance(policy, VOTES) and case.answers == "none":
        found.append("tells no wrong answers apart unless `answers` is given")
    if isinstance(policy, VERDICTS) and case.verifier == "judge without a threshold":
        found.append("verifier.threshold must be a number")
    drawn = case.population in {"posterior", "beta"} or case.verifier == "spread"
    if isinstance(policy, ll.FirstWorthwhile) and drawn:
        found.append("rates are drawn in every trial")
    return found


@functools.cache
def covering_set() -> tuple[list[Case], list[Case]]:
    """Cases that fit and hold every pair of values that any fitting case holds, and a case for each other pair.

    Greedy: the case with most new pairs comes first. A pair of values is a number, a case a row of them.
    """
    places = np.array(list(itertools.product(*(range(len(values)) for values in FACTORS))))
    cases = [Case(*values) for values in itertools.product(*FACTORS)]
    base = max(map(len, FACTORS))
    pairs = np.stack(
        [
            (number * base + places[:, a]) * base + places[:, b]
            for number, (a, b) in enumerate(itertools.combinations(range(len(FACTORS)), 2))
        ],
        axis=1,
    )
    why = [reasons(case) for case in cases]
    fitting = np.array([i for i, reason in enumerate(why) if not reason])
    held, missing = (np.zeros(pairs.max() + 1, dtype=bool) for _ in range(2))
    held[pairs[fitting]] = missing[pairs[fitting]] = True
    chosen = []
    while missing.any():
        case = fitting[missing[pairs[fitting]].sum(axis=1).argmax()]
        chosen.append(cases[case])
        missing[pairs[case]] = False
    refused: dict[int, int] = {}
    for case, pair in np.argwhere(~held[pairs]):
        number = pairs[case, pair]
        if number not in refused or len(why[case]) < len(why[refused[number]]):
            refused[number] = case
    return chosen, [cases[i] for i in dict.fromkeys(refused.values())]


def scenario(case: Case) -> ll.SamplingScenario:
    verifier = VERIFIERS[case.verifier]
    if case.verifier == "spread" and "one draw" in case.population:
        verifier = ll.Verifier.rates(false_positive_rate=F, false_negative_rate=G, icc=1e-9)
    return ll.SamplingScenario(
        tasks=POPULATIONS[case.population],
        verifier=verifier,
        answers=ANSWERS[case.answers],
        policies=[case.policy],
        max_attempts=GRID,
        cost=COSTS[case.cost],
        utility=ll.Utility(wrong_cost=WRONG_COST),
    )


def rates(population: str, random: np.random.Generator) -> np.ndarray:
    match population:
        case "posterior":
            return random.beta(1.5, 4.5, TRIALS)
        case "beta":
            return random.beta(0.8, 1.2, TRIALS) * (random.random(TRIALS) >= 0.2)
        case "mixture":
            return np.where(random.random(TRIALS) < 2 / 3, 0.7, 0.05)
    return np.array([0.35])


def errors(verifier: str, random: np.random.Generator) -> tuple[Any, Any]:
    """The rates of the verdicts: a member of an ensemble and a test at a time, none of the library's formulas."""
    shape = (TRIALS, GRID[-1])
    match verifier:
        case "none" | "perfect":
            return np.zeros(shape, bool), np.zeros(shape, bool)
        case "rates":
            return random.random(shape) < F, random.random(shape) < G
        case "spread":
            size = 0.7 / 0.3
            f, g = (random.beta(rate * size, (1 - rate) * size, (TRIALS, 1)) for rate in (F, G))
            return random.random(shape) < f, random.random(shape) < g
        case "tests":
            stable = (random.random((*shape, 4)) >= 0.03).all(axis=2)
            visible = random.beta(0.4 * 0.7 / 0.3, 0.6 * 0.7 / 0.3, (*shape, 1))
            return stable & (random.random((*shape, 4)) >= visible).all(axis=2), ~stable
        case "ensemble":
            together = random.random(shape) < 0.3
            accepts = []
            for members in ((0.3, 0.3, 0.25), (0.8, 0.8, 1.0)):
                one, each = random.random(shape), random.random((*shape, 3))
                joint = np.stack([one < rate for rate in members], axis=2)
                apart = each < np.array(members)
                accepts.append(np.where(together, joint.sum(axis=2) >= 2, apart.sum(axis=2) >= 2))
            return accepts[0], ~accepts[1]
    raise AssertionError(verifier)


def attempts(case: Case, random: np.random.Generator) -> policy_loop.Attempts:
    """The plain loop's attempts."""
    shape = (TRIALS, GRID[-1])
    if case.population == "pool":
        return policy_loop.pooled((9, 5, 3, 4), shape, random)
    shares = np.full(3, 1 / 3)
    if case.answers == "zipf":
        shares = np.arange(1, 4) ** -1.5 / (np.arange(1, 4) ** -1.5).sum()
    elif case.answers == "dirichlet":
        shares = random.dirichlet([0.6] * 3, TRIALS)
    success = rates(case.population, random)
    if case.verifier.startswith("judge"):
        # The mean of three calls: what belongs to the answer, and three draws of what is new in each call.
        asked, fresh, at = (3, 0.6, 0.8) if case.verifier == "judge" else (1, 0.0, np.inf)
        found = policy_loop.judged(success, shares, 1.2, at, shape, random)
        noise = np.sqrt(1 - fresh) * random.standard_normal(shape)
        noise += np.sqrt(fresh) * random.standard_normal((*shape, asked)).mean(axis=2)
        score = 1.2 * (found.answer == 0) + noise
        variance = 1 - fresh + fresh / asked
        weight = (1.2 * score - 1.2**2 / 2) / variance
        return policy_loop.Attempts(found.answer, score > at, score, found.priority, weight)
    found = policy_loop.rated(success, shares, 0.0, 0.0, shape, random)
    once = case.verifier == "spread" and "one draw" in case.population
    false_positive, false_negative = errors("rates" if once else case.verifier, random)
    accepted = np.where(found.answer == 0, ~false_negative, false_positive)
    return policy_loop.Attempts(found.answer, accepted, found.score, found.priority, found.weight)


def worthwhile(case: Case) -> list[bool]:
    """By attempt number: is an acceptance worth more than nothing, under the population's known rates?"""
    if case.population == "pool":
        return [WRONG_COST * 2 < 3] * GRID[-1]  # one task: its precision is 3 in 5 at every attempt
    types = [(2 / 3, 0.7), (1 / 3, 0.05)] if case.population == "mixture" else [(1.0, 0.35)]
    point = (VERIFIERS[case.verifier] or ll.Verifier.perfect()).operating_points().row(0, named=True)
    f, t = point["false_positive_rate"], point["true_positive_rate"]
    gains = []
    for k in range(GRID[-1]):
        each = [w * (1 - p * t - (1 - p) * f) ** k * (p * t - WRONG_COST * (1 - p) * f) for w, p in types]
        gains.append(sum(each) > 0)
    return gains


def outcome(case: Case, found: policy_loop.Attempts, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if case.policy != ll.FirstWorthwhile():
        return policy_loop.returned(case.policy, found, k)
    correct, wrong, used = policy_loop.returned(ll.FirstAccepted(), found, k)
    pays = np.array(worthwhile(case))[used - 1]
    return correct & pays, wrong & pays, used


def test_the_set_holds_every_policy_and_verifier_and_is_small():
    chosen, refused = covering_set()
    assert {case.policy for case in chosen} == set(EVERY)
    assert {case.verifier for case in chosen} == set(VERIFIERS)
    assert {case.population for case in chosen} == set(POPULATIONS)
    assert 100 <= len(chosen) <= 150
    assert len(refused) >= 20


@pytest.mark.parametrize("case", covering_set()[0], ids=lambda case: "-".join(map(str, case[:3])) + case.policy.label)
def test_a_combination_follows_the_plain_loop_and_its_solution(case: Case) -> None:
    chosen = len(covering_set()[0])
    false_alarm = FALSE_ALARM / (4 * len(GRID) * chosen)
    one = scenario(case)
    found = attempts(case, np.random.default_rng(97))
    frame = ll.simulate(one, trials=3 * TRIALS, seed=12)
    try:
        exact: pl.DataFrame | None = ll.solve(one)
    except ll.NoClosedFormError:
        exact = None
    for row, k in enumerate(GRID):
        correct, wrong, used = outcome(case, found, k)
        for name, want in (("accuracy", correct), ("wrong", wrong)):
            ours, theirs = round(frame[name][row] * 3 * TRIALS), int(want.sum())
            assert two_sample_p_value(ours, 3 * TRIALS, theirs, TRIALS) > false_alarm, (name, k, ours, theirs)
            if exact is not None:
                chance = min(max(exact[name][row], 0.0), 1.0)
                assert binomial_p_value(theirs, TRIALS, chance) > false_alarm, (name, k, theirs / TRIALS, chance)
        # Means of numbers of attempts and of their tokens, 7.5 standard errors: false alarms below 1e-13 each.
        error = np.hypot(frame["attempts_used_se"][row], used.std() / TRIALS**0.5)
        assert abs(frame["attempts_used"][row] - used.mean()) <= 7.5 * error + 1e-12
        if case.cost != "none":
            size = 4 if case.cost == "batches" else 1
            drawn = np.minimum(-(-used // size) * size, k)
            error = np.hypot(frame["tokens_se"][row], 400 * drawn.std() / TRIALS**0.5)
            assert abs(frame["tokens"][row] - 400 * drawn.mean()) <= 7.5 * error + 1e-9


def test_what_makes_no_sense_is_refused_with_the_reason() -> None:
    for case in covering_set()[1]:
        with pytest.raises(ValueError, match="|".join(map(re.escape, reasons(case)))):
            scenario(case)
