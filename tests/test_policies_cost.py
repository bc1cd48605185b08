"""Tokens, money and time: means against exact ones, batches and laws against the plain loop."""

from statistics import NormalDist

import numpy as np
import pytest
from polars.testing import assert_frame_equal

import limitlaw as ll
from limitlaw.testing import assert_reproducible
from sampling_cases import COST, check_policies_alone

SCENARIO = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.05, 0.3, 0.9]),
    verifier=ll.Verifier.judge(d_prime=1.0, threshold=1.0),
    answers=ll.Answers.uniform(3),
    policies=[ll.FirstAccepted(), ll.BestOf(), ll.MajorityVote(), ll.FirstAbove(threshold=2.0)],
    max_attempts=[1, 3, 12],
    cost=COST,
    utility=ll.Utility(correct_reward=0.1, wrong_cost=0.05, attempt_cost=0.001),
)


@pytest.mark.parametrize("law", ["gamma", "lognormal"])
def test_means_are_the_exact_ones(law: str) -> None:
    scenario = SCENARIO.replace(cost=COST.replace(law=law))
    frame, exact = ll.simulate(scenario, trials=60_000, seed=8), ll.solve(scenario)
    for name in ("tokens", "cost", "latency", "utility", "attempts_used", "accuracy"):
        distance = (frame[name] - exact[name]).abs()
        # 7 standard errors: a false alarm below 3e-12 for each of the 72 means (an exact mean has no error).
        assert (distance <= 7 * frame[f"{name}_se"] + 1e-9).all(), name


def test_first_accepted_is_accepted_as_without_a_cost() -> None:
    frame, without = (ll.simulate(s, trials=2000, seed=8) for s in (SCENARIO, SCENARIO.replace(cost=None)))
    names = ["policy", "max_attempts", "accepted", "accuracy", "wrong", "coverage"]
    assert_frame_equal(frame.select(names), without.select(names), check_exact=True)


def test_a_further_policy_changes_no_bill_of_another() -> None:
    check_policies_alone(SCENARIO, trials=1000, seed=9)


def test_the_same_bits_for_any_number_of_threads_and_merged_runs() -> None:
    assert_reproducible(SCENARIO, trials=9000, seed=9, threads=(1, 2, 5))
    whole = ll.simulate(SCENARIO, trials=9000, seed=9)
    parts = [ll.simulate(SCENARIO, trials=3000, seed=9, replicate=r, tallies=True) for r in range(3)]
    merged, error = ll.merge(parts), whole["cost_se"]
    assert ((merged["cost"] - whole["cost"]).abs() <= 7 * 2**0.5 * error + 1e-12).all()
    assert merged["cost_q50"].null_count() == 0


@pytest.mark.parametrize("law", ["gamma", "lognormal"])
def test_batches_follow_the_plain_loop(law: str) -> None:
    p, f, batch, cap, trials = 0.2, 0.1, 4, 10, 100_000
    cost = COST.replace(parallel=batch, law=law)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[p]),
        verifier=ll.Verifier.rates(false_positive_rate=f),
        max_attempts=[cap],
        cost=cost,
    )
    random = np.random.default_rng(5)
    shape = (trials, cap)
    if law == "gamma":
        tokens = random.gamma(1 / 0.64, 700 * 0.64, shape)
    else:
        sigma = np.sqrt(np.log1p(0.64))
        tokens = random.lognormal(np.log(700) - sigma**2 / 2, sigma, shape)
    accepted = random.random(shape) < p + (1 - p) * f
    used = np.where(accepted.any(axis=1), accepted.argmax(axis=1) + 1, cap)
    paid = np.minimum(-(-used // batch) * batch, cap)
    in_time = np.where(np.arange(cap) < paid[:, None], tokens, 0.0)
    starts = np.arange(0, cap, batch)
    slowest = np.maximum.reduceat(in_time, starts, axis=1)
    want = {
        "tokens": paid * 300 + in_time.sum(axis=1),
        "cost": (paid * 300 * 2.0 + in_time.sum(axis=1) * 8.0) / 1e6 + 0.002 * paid,
        "latency": (0.01 * slowest).sum(axis=1) + 1.5 * (starts < paid[:, None]).sum(axis=1),
    }
    frame = ll.simulate(scenario, trials=trials, seed=6)
    for name, values in want.items():
        # Mean and spread; 7 standard errors of the difference.
        error = values.std() / np.sqrt(trials)
        assert abs(frame[name].item() - values.mean()) < 7 * np.sqrt(2) * error, name
        ours = frame[f"{name}_se"].item() ** 2 * trials
        fourth = ((values - values.mean()) ** 4).mean() / values.var() ** 2
        assert abs(ours / values.var() - 1) < 7 * np.sqrt(2 * fourth / trials), name
    with pytest.raises(ll.NoClosedFormError, match="slowest attempt"):
        ll.solve(scenario)


def test_one_run_of_the_benchmark_spreads_as_its_tasks_say() -> None:
    row = ll.simulate(SCENARIO.replace(policies=[ll.MajorityVote()]), trials=40_000, seed=3).row(2, named=True)
    # Twelve attempts at each of three tasks: a gamma sum, close to normal; the mean of three bills.
    spread = np.sqrt(36) * 700 * 0.8 * 8e-6 / 3
    assert row["cost_q50"] == pytest.approx(row["cost"], rel=0.02)
    assert row["cost_q95"] - row["cost_q05"] == pytest.approx(2 * 1.645 * spread, rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output_tokens": (5.0,)}, "output_tokens must be"),
        ({"output_tokens": (5.0, 1e-4)}, r"output_tokens\[1\] must be in"),
        ({"price_in": -1.0}, "price_in must be"),
        ({"parallel": 0}, "parallel must be"),
        ({"law": "normal"}, "law must be one of"),
    ],
)
def test_impossible_costs_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        COST.replace(**change)


# What the columns count


def test_accepted_is_by_the_policys_own_threshold() -> None:
    normal = NormalDist()
    policies = [ll.FirstAbove(threshold=2.0), ll.BestOf(threshold=2.0), ll.FirstAccepted(), ll.BestOf()]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3]),
        verifier=ll.Verifier.judge(d_prime=1.5, threshold=0.7),
        policies=policies,
        max_attempts=[3],
    )
    exceeds = {t: 0.3 * normal.cdf(1.5 - t) + 0.7 * normal.cdf(-t) for t in (2.0, 0.7)}
    want = [1 - (1 - exceeds[t]) ** 3 for t in (2.0, 2.0, 0.7)]
    accepted = ll.solve(scenario)["accepted"].to_list()
    assert accepted[:3] == pytest.approx(want, rel=1e-12)
    assert accepted[3] is None


def test_coverage_under_a_limit_is_of_all_that_it_allows() -> None:
    """Three attempts of 500 tokens fit into 1,600, and a policy that stops at the first leaves coverage alone."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3]),
        verifier=ll.Verifier.rates(false_positive_rate=1.0),
        policies=[ll.FirstAccepted()],
        limits=[ll.Limit(tokens=1600)],
        cost=ll.Cost(output_tokens=(500, 0.0)),
    )
    row = ll.solve(scenario).row(0, named=True)
    assert (row["attempts_used"], row["coverage"]) == (1.0, pytest.approx(1 - 0.7**3, rel=1e-14))


def test_a_batch_is_paid_in_full_and_attempts_count_to_the_stop() -> None:
    """With batches of 4 the second is begun where none of the first is right; 7 standard errors, 3e-12 each."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3]),
        policies=[ll.FirstAccepted()],
        max_attempts=[8],
        cost=ll.Cost(output_tokens=(500, 0.0), parallel=4),
        utility=ll.Utility(attempt_cost=0.1),
    )
    row = ll.simulate(scenario, trials=50_000, seed=8).row(0, named=True)
    used = (1 - 0.7**8) / 0.3
    assert abs(row["attempts_used"] - used) <= 7 * row["attempts_used_se"]
    assert abs(row["tokens"] - 2000 * (1 + 0.7**4)) <= 7 * row["tokens_se"]
    assert abs(row["utility"] - (1 - 0.7**8 - 0.1 * used)) <= 7 * row["utility_se"]
