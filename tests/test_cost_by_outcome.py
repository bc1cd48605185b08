"""Tokens that depend on whether an attempt is correct: against enumeration, in the mean and in the spread."""

# ruff: noqa: E501  (a table with one case per line)

import math
import re
from typing import Any

import numpy as np
import pytest

import limitlaw as ll
from reference import policy_loop
from reference.tails import FALSE_ALARM
from sampling_cases import POLICIES, check_policies_alone
from test_policies_exact import F, G, P, enumerate_attempts

RIGHT, WRONG = (200.0, 0.5), (900.0, 1.5)
COST = ll.Cost(
    prompt_tokens=50, output_tokens=RIGHT, wrong_output_tokens=WRONG, price_out=10.0, verifier_price=0.25,
    seconds_per_token=0.02, verifier_seconds=3.0,
)  # fmt: skip


def scenario(policies: list[ll.Policy], grid: list[int], **changes: Any) -> ll.SamplingScenario:
    fields: dict[str, Any] = {
        "tasks": ll.Tasks.fixed(success=[P]),
        "verifier": ll.Verifier.rates(false_positive_rate=F, false_negative_rate=G),
        "answers": ll.Answers.zipf(3, 1.0),
        "policies": policies,
        "max_attempts": grid,
        "cost": COST,
    }
    return ll.SamplingScenario(**(fields | changes))


def mean_bill(stops: bool, most: int) -> tuple[float, float]:
    """The mean numbers of attempts and of output tokens: all attempts, or until one is accepted."""
    attempts = tokens = 0.0
    for chance, sequence in enumerate_attempts(most):
        accepted = [at for at, (_, accepted) in enumerate(sequence, 1) if accepted]
        used = accepted[0] if stops and accepted else most
        attempts += chance * used
        tokens += chance * sum(RIGHT[0] if answer == 0 else WRONG[0] for answer, _ in sequence[:used])
    return attempts, tokens


@pytest.mark.parametrize("policy", [ll.FirstAccepted(), ll.AnyOf(), ll.MajorityVote()], ids=lambda p: p.label)
def test_the_mean_is_that_of_all_sequences(policy: ll.Policy) -> None:
    stops = isinstance(policy, ll.FirstAccepted)
    trials = 40_000
    given = scenario([policy], [1, 3])
    exact, drawn = ll.solve(given), ll.simulate(given, trials=trials, seed=5)
    for row, most in enumerate((1, 3)):
        attempts, tokens = mean_bill(stops, most)
        want = {
            "tokens": 50 * attempts + tokens,
            "cost": 1e-5 * tokens + 0.25 * attempts * stops,
            "latency": 0.02 * tokens + 3.0 * attempts * stops,
        }
        for name, value in want.items():
            assert exact[name][row] == pytest.approx(value, rel=1e-12)
            # 6.5 standard errors of 40,000 bills whose tokens are gamma: a false alarm in 18 has the probability 1.5e-9.
            assert abs(drawn[name][row] - value) < 6.5 * drawn[f"{name}_se"][row]


def test_one_attempt_spreads_as_its_classes_do() -> None:
    trials = 100_000
    found = ll.simulate(scenario([ll.AnyOf()], [1]), trials=trials, seed=6)
    mean = P * RIGHT[0] + (1 - P) * WRONG[0]
    second = sum(p * m**2 * (1 + cv**2) for p, (m, cv) in ((P, RIGHT), (1 - P, WRONG)))
    deviation = math.sqrt(second - mean**2)
    # The variance of 100,000 tokens is known to a few thousandths; a variance of one class alone is far off.
    assert found["tokens_se"].item() * math.sqrt(trials) == pytest.approx(deviation, rel=0.03)


def test_a_policy_that_stops_pays_for_the_attempts_that_it_saw() -> None:
    """Votes that stop have no exact bill here: their attempts are those of the plain loop, and so are their classes."""
    trials, most = 40_000, 6
    policies: list[ll.Policy] = [ll.StopWhenAhead(margin=2), ll.BetaStop(confidence=0.8)]
    fixed = COST.replace(output_tokens=200, wrong_output_tokens=900, verifier_price=0.0, prompt_tokens=0.0)
    drawn = ll.simulate(scenario(policies, [most], cost=fixed), trials=trials, seed=7)
    shares = np.array([1, 1 / 2, 1 / 3]) / (1 + 1 / 2 + 1 / 3)
    attempts = policy_loop.rated(np.array([P]), shares, F, G, (trials, most), np.random.default_rng(8))
    tokens = np.cumsum(np.where(attempts.answer == 0, 200.0, 900.0), axis=1)
    for policy, got, error in zip(policies, drawn["tokens"], drawn["tokens_se"], strict=True):
        used = policy_loop.returned(policy, attempts, most)[2]
        paid = tokens[np.arange(trials), used - 1]
        assert abs(got - paid.mean()) < 6.5 * math.hypot(error, paid.std() / math.sqrt(trials))


def test_a_further_policy_changes_no_bill_and_equal_classes_are_one() -> None:
    judge = ll.Verifier.judge(d_prime=1.2, threshold=0.8)
    every = [*POLICIES, ll.FirstWorthwhile()]
    check_policies_alone(scenario(every, [1, 3, 7], verifier=judge), trials=300, seed=9)
    same = scenario([ll.FirstAccepted(), ll.AnyOf()], [1, 5], cost=COST.replace(wrong_output_tokens=RIGHT))
    one = ll.solve(same.replace(cost=COST.replace(wrong_output_tokens=None)))
    for name in ("tokens", "cost", "latency"):
        assert ll.solve(same)[name].to_list() == pytest.approx(one[name].to_list(), rel=1e-13)
    mixture = ll.Tasks.mixture(weight=[1, 3], success=[0.9, 0.1], count=5)
    types = [ll.solve(same.replace(tasks=ll.Tasks.fixed([p]), cost=COST))["tokens"].to_numpy() for p in (0.9, 0.1)]
    assert ll.solve(same.replace(tasks=mixture, cost=COST))["tokens"].to_list() == pytest.approx(
        (types[0] + 3 * types[1]) / 4
    )


def test_failures_make_a_solved_task_dear() -> None:
    """Of one log: successes take 20.4k tokens, failures 48.7k; at a success rate of .1 that is 459k a solved task."""
    cost = ll.Cost(output_tokens=20_400, wrong_output_tokens=48_700)
    given = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1]), max_attempts=[1, 2000], cost=cost)
    found = ll.solve(given)
    assert (found["tokens"] / found["accuracy"]).to_list() == pytest.approx([458_700.0] * 2, rel=1e-12)


def test_a_number_is_a_mean_that_does_not_vary() -> None:
    assert ll.Cost(output_tokens=700) == ll.Cost(output_tokens=(700, 0))
    assert ll.Cost(output_tokens=700, wrong_output_tokens=9).wrong_output_tokens == (9.0, 0.0)
    assert ll.Cost.from_json(COST.to_json()) == COST


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ll.Cost(wrong_output_tokens=(1.0,)), ValueError, "wrong_output_tokens must be (mean, coefficient of variation), got (1.0,)"),
        (lambda: ll.Cost(wrong_output_tokens=-1), ValueError, "wrong_output_tokens[0] must be in [0, 1e12], got -1"),
        (lambda: ll.Cost(wrong_output_tokens=(1, 99)), ValueError, "wrong_output_tokens[1] must be in [0.01, 10], got 99"),
        (lambda: ll.Cost(wrong_output_tokens="x"), TypeError, "wrong_output_tokens must be a sequence, got 'x'"),
        (lambda: COST.replace(parallel=2), ValueError, "parallel must be 1 where wrong_output_tokens are given, got 2"),
        (lambda: scenario([ll.AnyOf()], [5], limits=[ll.Limit(tokens=100)]), ValueError, "limits must be None where wrong attempts take other tokens"),
        (lambda: scenario([ll.AnyOf()], [10**8]), ValueError, "max_attempts must be at most 10000000 where tokens are drawn attempt by attempt"),
        (lambda: ll.optimal_attempts(scenario([ll.FirstAccepted()], [1]), wrong_cost=[1.0], bootstrap=0), ll.NoClosedFormError, "where wrong attempts take other tokens"),
        (lambda: ll.solve(scenario([ll.FirstAccepted()], [3], tasks=ll.Tasks.beta(1.0, 2.0, 3))), ll.NoClosedFormError, "wrong attempts take other tokens"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_the_false_alarms_are_stated() -> None:
    assert math.erfc(6.5 / math.sqrt(2)) * 18 < 2 * FALSE_ALARM
