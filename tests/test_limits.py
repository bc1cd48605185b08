"""Limits in money, tokens and seconds: every row, and every pair of rows, against the plain attempt loop."""

import functools

import numpy as np
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

import limitlaw as ll
from limitlaw.cli import main
from limitlaw.testing import assert_reproducible
from reference import limit_loop, policy_loop
from reference.tails import FALSE_ALARM, two_sample_p_value
from sampling_cases import COST, POLICIES, check_pairs, check_policies_alone

JUDGE = ll.Verifier.judge(d_prime=1.1, threshold=0.9)
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
    check_pairs(scenario(policies, limits, cost), truth(case)["correct"], 3 * TRIALS, comparisons=len(CASES))


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


@pytest.mark.parametrize("case", ["gamma", "batches", "lognormal"])
def test_a_further_policy_changes_no_number_of_another(case):
    _, limits, cost, _ = CASES[case]
    changes = {
        "tasks": ll.Tasks.fixed(success=[0.0, 0.1, 0.7, 1.0]),
        "answers": ll.Answers.dirichlet(0.7, 3),
        "utility": ll.Utility(wrong_cost=0.5, attempt_cost=0.01),
    }
    check_policies_alone(scenario([*POLICIES, ll.FirstWorthwhile()], limits, cost, **changes), trials=300, seed=21)


def test_the_same_bits_for_any_number_of_threads_and_merged_runs():
    limited = scenario(POLICIES, LIMITS, tasks=ll.Tasks.fixed(success=[0.1, 0.6]), utility=ll.Utility())
    assert_reproducible(limited, trials=5000, seed=4, threads=(1, 2, 7))
    parts = [ll.simulate(limited, trials=1000, seed=4, replicate=r, tallies=True) for r in range(3)]
    merged, frame = ll.merge(parts), ll.simulate(limited, trials=3000, seed=5)
    assert merged.columns == frame.columns
    assert merged["limit"].to_list() == frame["limit"].to_list()
    # 7 standard errors of the difference of two means of 3,000 trials.
    for name in ("accuracy", "cost", "latency"):
        error = np.hypot(merged[f"{name}_se"], frame[f"{name}_se"])
        assert ((merged[name] - frame[name]).abs() <= 7 * error + 1e-9).all(), name


@pytest.mark.parametrize("case", ["gamma", "batches", "fixed"])
def test_more_money_allows_more_and_a_finished_attempt_is_one_more(case):
    _, _, cost, _ = CASES[case]
    amounts = [0.002, 0.01, 0.03, 0.1]
    crossings = ("cut", "refund", "finish")
    limits = [ll.Limit(cost=amount, crossing=crossing) for crossing in crossings for amount in amounts]
    policies = [ll.FirstAccepted(), ll.MajorityVote(), ll.AnyOf()]
    frame = ll.simulate(scenario(policies, limits, cost), trials=2000, seed=6)
    for p in range(len(policies)):
        rows = frame[p * len(limits) : (p + 1) * len(limits)]
        by = {c: rows[i * len(amounts) : (i + 1) * len(amounts)] for i, c in enumerate(crossings)}
        # The same attempts in every trial, so this holds of every run, not only in the mean.
        for name in ("attempts_used", "coverage", "cost", "tokens", "latency"):
            for part in by.values():
                assert part[name].is_sorted(), (name, policies[p])
            assert (by["refund"][name] <= by["cut"][name] + 1e-12).all()
            assert (by["cut"][name] <= by["finish"][name] + 1e-12).all()
        assert by["cut"]["accuracy"].equals(by["refund"]["accuracy"])
        assert (by["cut"]["cost"] <= np.array(amounts) + 1e-12).all()
        used = by["finish"]["attempts_used"] - by["cut"]["attempts_used"]
        assert (used <= cost.parallel + 1e-12).all()


def test_a_huge_limit_leaves_the_number_of_attempts():
    grid = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.5]),
        verifier=JUDGE,
        answers=ll.Answers.uniform(3),
        policies=POLICIES,
        max_attempts=[7],
        cost=COST,
    )
    limited = grid.replace(limits=[ll.Limit(cost=1e6), ll.Limit(seconds=1e9, crossing="finish")])
    rows = ll.simulate(limited, trials=4000, seed=3)
    one, other = rows[::2], rows[1::2]
    assert_frame_equal(one.drop("limit"), other.drop("limit"), check_exact=True)
    frame = ll.simulate(grid, trials=4000, seed=4)
    for name in ("accuracy", "wrong", "coverage", "attempts_used", "tokens", "cost", "latency"):
        # 7 standard errors of the difference; shares near 0 or 1 move by less than 0.01.
        error = np.hypot(one[f"{name}_se"], frame[f"{name}_se"])
        assert ((one[name] - frame[name]).abs() <= 7 * error + 1e-9).all(), name


def test_a_limit_that_allows_nothing_returns_nothing():
    limits = [ll.Limit(cost=0.0), ll.Limit(tokens=1.0), ll.Limit(tokens=1.0, crossing="refund")]
    frame = ll.simulate(scenario(POLICIES, limits), trials=500, seed=1)
    assert frame["returned"].to_list() == [0.0] * frame.height
    assert frame["coverage"].to_list() == [0.0] * frame.height
    assert frame["tokens"].to_list() == [0.0, 1.0, 0.0] * len(POLICIES)
    assert frame["precision"].null_count() == frame.height


def test_policies_are_compared_under_the_same_limit():
    limited = scenario([ll.BestOf(), ll.MajorityVote()], [ll.Limit(cost=0.01), ll.Limit(cost=0.05)])
    frame = ll.compare_policies(limited, trials=4000, seed=2)
    exact = ll.simulate(limited, trials=4000, seed=2)
    assert frame.select("policy", "limit").rows() == exact.select("policy", "limit").rows()
    assert frame["other_metric"].to_list() == pytest.approx(exact["accuracy"].gather([2, 3, 0, 1]).to_list())
    assert frame["cost"].to_list() == pytest.approx([0.01, 0.05] * 2)
    assert frame["other_cost"].to_list() == pytest.approx([0.01, 0.05] * 2)
    # The pair of policies is one comparison seen from both sides.
    assert frame["difference"].to_list()[:2] == pytest.approx([-d for d in frame["difference"].to_list()[2:]])
    assert frame["difference_se"].to_list()[:2] == pytest.approx(frame["difference_se"].to_list()[2:])


def test_sweeps_over_limits_and_costs():
    base = scenario([ll.FirstAccepted(), ll.AnyOf()], [ll.Limit(cost=0.01), ll.Limit(tokens=5_000)])
    for axes in ({"limits.0.cost": [0.01, 0.02]}, {"cost.price_out": [8.0, 16.0]}):
        grid = ll.Grid(base, axes)
        rows = ll.sweep(grid, trials=200, seed=3, columns=["accuracy", "cost"]).frame()
        for point in range(2):
            alone = ll.simulate(grid.point(point), trials=200, seed=3, columns=["accuracy", "cost"])
            mine = rows.filter(point=point)
            assert mine["limit"].to_list() == alone["limit"].to_list()
            assert mine["policy"].to_list() == alone["policy"].to_list()
            assert mine["cost"].to_list() == alone["cost"].to_list()
    grid = ll.Grid(base, {"limits": [[ll.Limit(cost=0.01)], [ll.Limit(cost=0.02), ll.Limit(seconds=9.0)]]})
    rows = ll.sweep(grid, trials=100, seed=3, columns=["cost"]).frame()
    assert rows["limit"].to_list() == ["cost=0.01"] * 2 + ["cost=0.02", "seconds=9"] * 2
    with pytest.raises(ValueError, match="limits must be given in the base scenario and at every point"):
        ll.Grid(base.replace(limits=None, max_attempts=[3]), {"limits": [[ll.Limit(cost=0.01)]]})


def test_files_and_the_command_line(tmp_path):
    limited = scenario([ll.FirstAccepted()], LIMITS[:3], max_attempts=[50])
    path = tmp_path / "limited.json"
    path.write_text(limited.to_json(indent=2))
    assert ll.SamplingScenario.from_file(path) == limited
    shown = CliRunner().invoke(main, ["solve", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "cost=0.03, finish" in shown.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"limits": []}, "limits must be 1 to 10000 limits, got 0"),
        ({"limits": [ll.Limit(cost=1.0)] * 2}, r"limits\[1\] must be different from every limit before it"),
        ({"cost": None}, "cost must be given where limits are"),
        ({"max_attempts": [1, 2]}, "max_attempts must be one number"),
        ({"limits": None}, "max_attempts must be 1 to 10000 numbers, unless limits are given, got None"),
        ({"cost": ll.Cost(verifier_price=1.0)}, r"limits\[0\] must be one that ends majority_vote"),
        ({"limits": [ll.Limit(cost=1e7)]}, r"limits\[0\] must be small enough, or max_attempts given, for at most 1"),
        ({"limits": [ll.Limit(cost=1e14)], "policies": [ll.AnyOf()]}, "for at most 1000000000000 attempts with any_of"),
    ],
)
def test_impossible_limits_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        scenario([ll.MajorityVote(), ll.WeightedVote()], [ll.Limit(cost=1.0)]).replace(**change)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "limit must be exactly one of cost, tokens and seconds, got none"),
        ({"cost": 1.0, "seconds": 2.0}, "got cost and seconds"),
        ({"tokens": -1}, "tokens must be in"),
        ({"seconds": 1.0, "crossing": "ignore"}, "crossing must be one of"),
    ],
)
def test_impossible_amounts_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        ll.Limit(**fields)


def test_free_attempts_end_with_the_most():
    free = scenario([ll.MajorityVote()], [ll.Limit(cost=1.0)], ll.Cost(verifier_price=1.0), max_attempts=[9])
    row = ll.simulate(free, trials=200, seed=1).row(0, named=True)
    assert (row["attempts_used"], row["cost"]) == (9.0, 0.0)
