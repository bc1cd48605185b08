"""Recorded attempts under limits, and what a correct answer takes: against every order of the attempts in fractions."""

import dataclasses
import itertools
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from reference.recorded import Attempt, Outcome, outcome, stops_by_itself
from reference.tails import FALSE_ALARM, binomial_p_value, mean_bound
from test_recorded import LOG, frame

TRIALS = 20_000
POLICIES: list[ll.Policy] = [
    ll.FirstAccepted(),
    ll.FirstAccepted(fallback="last"),
    ll.BestOf(),
    ll.MajorityVote(),
    ll.WeightedVote(weight="score"),
    ll.AnyOf(),
    ll.AllOf(),
    ll.StopWhenAhead(margin=2),
]
LIMITS = [
    ll.Limit(tokens=6),
    ll.Limit(tokens=50),
    ll.Limit(tokens=50, crossing="refund"),
    ll.Limit(tokens=50, crossing="finish"),
    ll.Limit(tokens=170),
]
#: Of these every attempt takes tokens, so that the totals are 310, 1,520, 63 and 9.
USED = {name: attempts for name, attempts in LOG.items() if name != "all correct"}


def under_limit(policy: ll.Policy, attempts: list[Attempt], limit: ll.Limit) -> Outcome | None:
    """The mean over all orders; none where all attempts together do not use the limit up."""
    tokens = [attempt.tokens for attempt in attempts]  # whole numbers
    if sum(tokens) < limit.amount:
        return None
    ended: Counter[tuple[tuple[int, ...], float]] = Counter()
    for order in itertools.permutations(range(len(attempts))):
        sums = list(itertools.accumulate((tokens[i] for i in order), initial=0.0))
        fit = sum(total <= limit.amount for total in sums) - 1
        bill = sums[fit]
        if sums[fit] < limit.amount and limit.crossing == "finish":
            fit, bill = fit + 1, sums[fit + 1]
        elif limit.crossing == "cut":
            bill = limit.amount
        ended[order[:fit], bill] += 1
    # Orders that end after the same attempts come to the same.
    total = Outcome()
    for (places, bill), number in ended.items():
        seen = [attempts[i] for i in places]
        found = outcome(policy, seen, "vote") if seen else Outcome()
        own = bool(seen) and stops_by_itself(policy, seen, "vote")
        found.tokens = Fraction(sum(tokens[i] for i in places[: int(found.attempts)]) if own else bill)
        total.add(number, found)
    return total.over(ended.total())


def scenario(log: dict[str, list[Attempt]] = USED, **changes: Any) -> ll.SamplingScenario:
    columns = {name: name for name in ("answer", "score", "accepted", "tokens")}
    tasks = ll.Tasks.from_attempts(frame(log), **columns, short=changes.pop("short", "drop"))
    return ll.SamplingScenario(**({"tasks": tasks, "policies": POLICIES, "limits": LIMITS} | changes))


def test_every_order_stops_where_the_limit_is_used_up() -> None:
    found = ll.simulate(scenario(), trials=TRIALS, seed=5, by="task")
    rows = {(row["policy"], row["limit"], row["task"]): row for row in found.iter_rows(named=True)}
    looks = 5 * len(rows)
    for policy, limit, (name, attempts) in itertools.product(POLICIES, LIMITS, USED.items()):
        row, place = rows[policy.label, limit.label, name], (policy, limit, name)
        want = under_limit(policy, attempts, limit)
        assert (row["accuracy"] is None) == (want is None), place
        if want is None:
            continue
        shares = {"accuracy": want.correct, "wrong": want.wrong, "coverage": want.covered}
        for column, share in shares.items():
            p = binomial_p_value(round(row[column] * TRIALS), TRIALS, float(share))
            assert p > FALSE_ALARM / looks, (place, column, row[column], float(share))
        assert row["attempts_used"] == pytest.approx(
            float(want.attempts), abs=mean_bound(len(attempts) ** 2 / 4, len(attempts), TRIALS, FALSE_ALARM / looks)
        ), place
        most = float(sum(a.tokens for a in attempts))
        assert row["tokens"] == pytest.approx(
            float(want.tokens), abs=mean_bound(most**2 / 4, most, TRIALS, FALSE_ALARM / looks)
        ), place


@pytest.mark.parametrize("crossing", ["cut", "refund", "finish"])
def test_attempts_that_take_the_same_are_solved_under_limits(crossing: Any) -> None:
    """Of 100 tokens each, without and with a verification: every order in fractions."""
    alike = {
        name: [dataclasses.replace(attempt, tokens=100.0) for attempt in attempts] for name, attempts in LOG.items()
    }
    limits = [ll.Limit(tokens=tokens, crossing=crossing) for tokens in (60, 100, 150, 200, 250)]
    solvable = [policy for policy in POLICIES if not isinstance(policy, ll.StopWhenAhead)]
    tasks = ll.Tasks.from_attempts(frame(LOG), answer="answer", score="score", accepted="accepted", short="drop")
    one = ll.SamplingScenario(tasks=tasks, policies=solvable, limits=limits, cost=ll.Cost(output_tokens=100))
    found = ll.solve(one, by="task")
    rows = {(row["policy"], row["limit"], row["task"]): row for row in found.iter_rows(named=True)}
    for policy, limit, (name, attempts) in itertools.product(solvable, limits, alike.items()):
        row, place = rows[policy.label, limit.label, name], (policy, limit, name)
        want = under_limit(policy, attempts, limit)
        assert (row["accuracy"] is None) == (want is None), place
        if want is not None:
            values = {"accuracy": want.correct, "wrong": want.wrong, "coverage": want.covered}
            values |= {"attempts_used": want.attempts, "tokens": want.tokens}
            assert {column: row[column] for column in values} == pytest.approx(
                {column: float(value) for column, value in values.items()}, abs=1e-12
            ), place
    # Of all tasks, with intervals.
    whole = ll.solve(one, resample="tasks")
    assert whole["accuracy_low"].null_count() == whole["accuracy"].null_count() == 0


def test_tasks_whose_attempts_do_not_use_a_limit_up_are_short() -> None:
    frames = {short: ll.simulate(scenario(short=short), trials=50, seed=1) for short in ("null", "drop")}
    for found in frames.values():
        assert found["short_tasks"].to_list() == [0, 1, 1, 1, 2] * len(POLICIES)
    assert frames["null"]["accuracy"].is_null().to_list() == [False, True, True, True, True] * len(POLICIES)
    assert frames["drop"]["accuracy"].null_count() == 0
    enough = scenario(short="null", max_attempts=[3])
    assert ll.simulate(enough, trials=50, seed=1)["short_tasks"].to_list() == [0] * len(LIMITS) * len(POLICIES)


def test_what_others_do_changes_no_number() -> None:
    whole = ll.simulate(scenario(), trials=500, seed=9)
    for limit in LIMITS[1:3]:
        alone = ll.simulate(scenario(policies=[ll.BestOf()], limits=[limit]), trials=500, seed=9)
        same = whole.filter(pl.col("policy").cast(str) == "best_of", pl.col("limit").cast(str) == limit.label)
        for column in ("accuracy", "tokens", "attempts_used"):
            assert same[column].to_list() == alone[column].to_list()


def test_prices_and_fixed_tokens_are_limits_too() -> None:
    """Four attempts of 100 tokens at 10 per million, with a verification at .001 each: two fit into .004."""
    log = pl.DataFrame({"task": ["a"] * 4, "correct": [True, False, False, False]})
    cost = ll.Cost(output_tokens=100, price_out=10, verifier_price=0.001)
    given = {
        "fixed": ll.Tasks.from_attempts(log),
        "recorded": ll.Tasks.from_attempts(log.with_columns(tokens=100), tokens="tokens"),
    }
    for tasks in given.values():
        one = ll.SamplingScenario(
            tasks=tasks,
            policies=[ll.FirstAccepted(), ll.AnyOf()],
            cost=cost,
            limits=[ll.Limit(cost=0.004, crossing="refund")],
        )
        rows = ll.simulate(one, trials=TRIALS, seed=2)
        assert rows["short_tasks"].to_list() == [0, 0]
        p = binomial_p_value(round(rows["accuracy"][0] * TRIALS), TRIALS, 0.5)
        assert p > FALSE_ALARM / 2
        # Without a verification four fit: all of them.
        assert rows["attempts_used"][1] == 4
        assert rows["accuracy"][1] == 1


def test_policies_are_compared_and_merged_under_limits() -> None:
    some = scenario(limits=LIMITS[:1])
    found = ll.compare_policies(some, trials=2_000, seed=3)
    assert found.height > 0
    parts = [ll.simulate(some, trials=300, seed=3, replicate=r, tallies=True) for r in range(2)]
    merged = ll.merge(parts)
    assert merged["trials"].to_list() == [600] * len(POLICIES)
    assert merged["tokens_per_correct_se"].null_count() == 0
    with pytest.raises(ValueError, match="limits must be small enough"):
        ll.compare_policies(scenario(), trials=100, seed=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"limits": [ll.Limit(cost=1)]}, r"limits\[0\] must be one in an amount that the attempts are recorded with"),
        ({"limits": [ll.Limit(tokens=1), ll.Limit(tokens=1)]}, r"limits\[1\] must be different"),
        ({"cost": ll.Cost(price_out=1, parallel=2)}, "in batches"),
        ({"limits": []}, "1 to"),
    ],
)
def test_limits_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scenario(**changes)


def test_drawn_tokens_are_no_limit_on_records() -> None:
    log = pl.DataFrame({"task": ["a"] * 4, "correct": [True, False, False, False]})
    with pytest.raises(ValueError, match="whose tokens are drawn"):
        ll.SamplingScenario(
            tasks=ll.Tasks.from_attempts(log), cost=ll.Cost(output_tokens=(100, 0.5)), limits=[ll.Limit(tokens=150)]
        )
    with pytest.raises(ll.NoClosedFormError, match="depends on their order"):
        ll.solve(scenario())


COST = ll.Cost(output_tokens=(300, 0.5), price_out=10, verifier_price=0.001)
#: Populations with a cost: binned, recorded, drawn one by one, and tasks that share a verifier known by labels.
KINDS: dict[str, Any] = {
    "fixed": {"tasks": ll.Tasks.fixed(success=[0.1, 0.4, 0.7]), "cost": COST},
    "counts": {
        "tasks": ll.Tasks.counts(attempts=[5] * 3, correct=[0, 2, 4], posterior=True, prior="jeffreys"),
        "cost": COST,
    },
    "by outcome": {
        "tasks": ll.Tasks.fixed(success=[0.1, 0.4, 0.7]),
        "cost": COST.replace(wrong_output_tokens=(900, 0.3)),
    },
    "recorded": {
        "tasks": ll.Tasks.from_attempts(
            frame().with_columns(price=pl.col("tokens") / 1000), accepted="accepted", tokens="tokens", cost="price"
        )
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_correct_answer_takes_is_the_ratio_and_its_error_that_of_repetitions(kind: str) -> None:
    """Its standard error is the spread of 400 repetitions: known within 3.5 %, so 20 % is 5.7 of these (1e-8)."""
    judged = kind != "recorded"
    verifier = ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.2) if judged else None
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
    one = ll.SamplingScenario(**KINDS[kind], verifier=verifier, policies=policies, max_attempts=[3])
    names = [f"{unit}_per_correct" for unit in ("tokens", "cost")]
    repeated = [ll.simulate(one, trials=200, seed=11, replicate=r, threads=1) for r in range(400)]
    for at in range(len(policies)):
        for name in names:
            values = np.array([found[name][at] for found in repeated])
            errors = np.array([found[f"{name}_se"][at] for found in repeated])
            assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.2), (name, at)
    for found in (repeated[0], ll.solve(one)):
        for name in names:
            ratio = found[name.split("_")[0]] / found["accuracy"]
            np.testing.assert_allclose(found[name], ratio, rtol=1e-12)
    if kind == "fixed":
        merged = ll.merge([ll.simulate(one, trials=200, seed=11, replicate=r, tallies=True) for r in range(2)])
        assert merged["cost_per_correct_se"][0] == pytest.approx(
            repeated[0]["cost_per_correct_se"][0] / 2**0.5, rel=0.3
        )


def test_nothing_solved_has_no_price() -> None:
    one = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.0, 0.0]), cost=COST, max_attempts=[3])
    for found in (ll.solve(one), ll.simulate(one, trials=10, seed=1)):
        assert found["cost_per_correct"].to_list() == [None]
    assert "cost_per_correct" not in ll.solve(one.replace(cost=None)).columns


def test_the_price_of_a_correct_answer_under_a_verifier_known_by_labels() -> None:
    random = np.random.default_rng(3)
    truth = random.random(60) < 0.5
    labels = pl.DataFrame(
        {"task": np.arange(60) // 3, "correct": truth, "accepted": truth ^ (random.random(60) < 0.15)}
    )
    one = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.4]),
        verifier=ll.Verifier.from_labels(labels, draws=50),
        cost=COST,
        max_attempts=[4],
    )
    repeated = [ll.simulate(one, trials=200, seed=11, replicate=r, threads=1) for r in range(300)]
    values = np.array([found["cost_per_correct"][0] for found in repeated])
    errors = np.array([found["cost_per_correct_se"][0] for found in repeated])
    # The spread of 300 is known within 4 %: 25 % is six of these.
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.25)
