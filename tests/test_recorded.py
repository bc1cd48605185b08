"""Recorded attempts: every policy without replacement, against the enumeration of all orders in fractions."""

# ruff: noqa: E501  (tables with one case per line)

import itertools
import re
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from reference.recorded import Attempt, Outcome, over_orders, over_verdicts
from reference.tails import FALSE_ALARM, binomial_p_value, mean_bound
from sampling_cases import check_policies_alone

A = Attempt
#: Tasks with several correct answers, blanks, equal scores and unequal numbers of attempts, some accepted.
LOG: dict[str, list[Attempt]] = {
    "plain": [
        A("7", True, True, 0.75, 10), A("7", True, False, 0.5, 20), A("3", False, True, 0.625, 40),
        A("3", False, False, 0.5, 80), A("x", False, False, 0.25, 160),
    ],
    "two correct, blanks": [
        A("1/2", True, True, 1.0, 5), A("0.5", True, True, 1.0, 6), A(None, False, True, 0.5, 700),
        A(None, False, False, 0.5, 800), A("2", False, False, 1.5, 9),
    ],
    "graded both ways": [
        A("a", True, True, -0.5, 1), A("a", False, False, 0.25, 2), A("a", False, True, 0.25, 4),
        A("b", False, True, 0.5, 8), A("c", True, False, 0.125, 16), A("c", False, False, 0.25, 32),
    ],
    "all wrong": [A("u", False, True, 2.0, 3), A("v", False, False, 1.0, 3), A("w", False, False, 0.0, 3), A("w", False)],
    "all correct": [A("u", True, True, 2.0, 3), A("u", True, False, 1.0, 5), A("u", True, False, 0.0, 7), A("u", True)],
}  # fmt: skip
EXACT = [
    ll.FirstAccepted(),
    ll.FirstAccepted(fallback="last"),
    ll.FirstAccepted(fallback="best"),
    ll.FirstAbove(threshold=0.5),
    ll.BestOf(),
    ll.BestOf(threshold=0.6),
    ll.MajorityVote(),
    ll.MajorityVote(ties="abstain"),
    ll.MajorityVote(ties="lose"),
    ll.WeightedVote(weight="score"),
    ll.FilteredVote(),
    ll.AnyOf(),
    ll.AllOf(),
]
STOPPING = [
    ll.StopWhenAhead(margin=2),
    ll.ShareVote(share=0.6, min_votes=2),
    ll.ShareVote(share=1, min_votes=3),
    ll.BetaStop(confidence=0.8),
    ll.WindowStop(size=2),
]
COLUMNS = {
    "accepted": "accepted", "accuracy": "correct", "wrong": "wrong", "coverage": "covered",
    "attempts_used": "attempts", "tokens": "tokens",
}  # fmt: skip


def frame(log: dict[str, list[Attempt]] = LOG) -> pl.DataFrame:
    """A log with the rows of the tasks mixed."""
    rows = [{"task": name} | vars(attempt) for name, attempts in log.items() for attempt in attempts]
    return pl.DataFrame(sorted(rows, key=lambda row: (row["tokens"] % 7, row["score"])))


def scenario(*, policies: list[ll.Policy] = EXACT, log: dict[str, list[Attempt]] = LOG, **changes: Any) -> Any:
    columns = {name: name for name in ("answer", "score", "accepted", "tokens")} | {
        "blank": changes.pop("blank", "vote")
    }
    columns |= {name: changes.pop(name) for name in ("accepted", "score", "short") if name in changes}
    fields = {"tasks": ll.Tasks.from_attempts(frame(log), **columns), "policies": policies, "max_attempts": range(1, 5)}
    return ll.SamplingScenario(**(fields | changes))


def by_task(found: pl.DataFrame) -> dict[tuple[str, int, str], dict[str, Any]]:
    return {(r["policy"], r["max_attempts"], r["task"]): r for r in found.iter_rows(named=True)}


@pytest.mark.parametrize("blank", ["vote", "skip"])
def test_the_exact_solution_is_the_mean_over_all_orders(blank: str) -> None:
    rows = by_task(ll.solve(scenario(blank=blank), by="task"))
    for policy, cap, (name, attempts) in itertools.product(EXACT, range(1, 5), LOG.items()):
        want, got = over_orders(policy, attempts, cap, blank), rows[policy.label, cap, name]
        assert got["abstained"] == pytest.approx(float(1 - want.correct - want.wrong), abs=1e-13)
        for column, exact in COLUMNS.items():
            if got[column] is None:
                assert column == "accepted"
            else:
                assert got[column] == pytest.approx(float(getattr(want, exact)), rel=1e-12, abs=1e-13), (
                    policy,
                    cap,
                    name,
                )


def test_the_mean_over_tasks_counts_each_alike() -> None:
    found = ll.solve(scenario())
    for row in found.iter_rows(named=True):
        policy = next(p for p in EXACT if p.label == row["policy"])
        want = sum((over_orders(policy, a, row["max_attempts"]).correct for a in LOG.values()), Fraction()) / len(LOG)
        assert Fraction(row["accuracy"]).limit_denominator(10_000) == want
        assert (row["run"].partition("-")[0], row["short_tasks"]) == ("exact", 0)


#: The simulator and the enumeration are compared in so many numbers; each has its share of the false alarms.
LOOKS = 2 * (len(EXACT) + len(STOPPING)) * 4 * len(LOG) * 5
TRIALS = 20_000


def check_simulated(row: dict[str, Any], want: Outcome, attempts: list[Attempt], note: object) -> None:
    """One task's row of ``TRIALS`` trials against its exact means."""
    for column in ("accepted", "accuracy", "wrong", "coverage"):
        if row[column] is not None:
            count = round(row[column] * TRIALS)
            p = binomial_p_value(count, TRIALS, float(getattr(want, COLUMNS[column])))
            assert p > FALSE_ALARM / LOOKS, (note, column, row[column])
    for column, most in (("attempts_used", len(attempts)), ("tokens", sum(a.tokens for a in attempts))):
        # A number in [0, most] has a variance of at most mean (most - mean).
        mean = float(getattr(want, COLUMNS[column]))
        bound = mean_bound(mean * (most - mean), most, TRIALS, FALSE_ALARM / LOOKS) + 1e-9
        assert abs(row[column] - mean) <= bound, (note, column, row[column], mean)


@pytest.mark.parametrize("blank", ["vote", "skip"])
def test_the_simulator_is_the_mean_over_all_orders(blank: str) -> None:
    policies = EXACT + STOPPING
    rows = by_task(ll.simulate(scenario(policies=policies, blank=blank), trials=TRIALS, seed=11, by="task"))
    for policy, cap, (name, attempts) in itertools.product(policies, range(1, 5), LOG.items()):
        want = over_orders(policy, attempts, cap, blank)
        check_simulated(rows[policy.label, cap, name], want, attempts, (policy, cap, name))


def test_the_first_attempts_do_not_depend_on_how_many_are_looked_at_nor_on_other_policies() -> None:
    given = scenario(policies=EXACT + STOPPING)
    check_policies_alone(given, trials=300, seed=5)
    long = ll.simulate(given, trials=300, seed=5).filter(pl.col("max_attempts") <= 2)
    short = ll.simulate(given.replace(max_attempts=[1, 2]), trials=300, seed=5)
    assert long.drop("run").equals(short.drop("run"))
    assert ll.simulate(given, trials=300, seed=5, threads=1).equals(ll.simulate(given, trials=300, seed=5, threads=3))
    parts = [ll.simulate(given, trials=150, seed=5, replicate=r, tallies=True) for r in range(2)]
    assert ll.merge(parts)["trials"].unique().to_list() == [300]


def test_a_stopping_rule_says_why_it_is_not_solved() -> None:
    for policy in STOPPING:
        with pytest.raises(
            ll.NoClosedFormError, match="on recorded attempts the order of all of them decides; use simulate"
        ):
            ll.solve(scenario(policies=[policy]))


@pytest.mark.parametrize(
    ("rates", "icc"),
    [
        ((Fraction(1, 4), Fraction(1, 8)), Fraction(0)),
        ((Fraction(0), Fraction(1, 2)), Fraction(0)),
        ((Fraction(1, 4), Fraction(1, 8)), Fraction(1, 3)),
        ((Fraction(1, 4), Fraction(1, 2)), Fraction(1)),
    ],
)
def test_a_verifier_stands_in_for_verdicts_that_were_not_recorded(
    rates: tuple[Fraction, Fraction], icc: Fraction
) -> None:
    """With an icc its rates are drawn task by task in every trial."""
    verifier = ll.Verifier.rates(
        false_positive_rate=float(rates[0]), false_negative_rate=float(rates[1]), icc=float(icc)
    )
    policies: list[ll.Policy] = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
    given = scenario(policies=policies, accepted=None, verifier=verifier)
    exact = by_task(ll.solve(given, by="task"))
    drawn = given.replace(policies=[*policies, ll.FilteredVote(), ll.FirstAccepted(fallback="best")])
    simulated = by_task(ll.simulate(drawn, trials=TRIALS, seed=3, by="task"))
    for policy, cap, (name, attempts) in itertools.product(drawn.policies, range(1, 4), LOG.items()):
        want = over_verdicts(policy, attempts, cap, rates, "vote", icc)
        check_simulated(simulated[policy.label, cap, name], want, attempts, (policy, cap, name))
        if policy in policies:
            for column, value in COLUMNS.items():
                got = exact[policy.label, cap, name][column]
                assert got == pytest.approx(float(getattr(want, value)), rel=1e-12, abs=1e-14), (
                    policy,
                    cap,
                    name,
                    column,
                )
    for no in (lambda: ll.ceilings(given), lambda: ll.optimal_attempts(given, wrong_cost=[1.0], bootstrap=0)):
        with pytest.raises(ll.NoClosedFormError, match=r"verdicts a verifier draws|are both drawn"):
            no()


def test_a_judge_gives_recorded_correctness_its_scores() -> None:
    """With one attempt all is as with known rates: the first score above the threshold, and the best of one."""
    judge = ll.Verifier.judge(d_prime=1.5, threshold=1.0)
    policies = [
        ll.FirstAccepted(),
        ll.FirstAbove(threshold=0.4),
        ll.BestOf(),
        ll.BestOf(threshold=0.4),
        ll.WeightedVote(),
    ]
    given = scenario(policies=policies, accepted=None, score=None, verifier=judge, max_attempts=[1])
    rows = ll.simulate(given, trials=TRIALS, seed=4)
    share = sum(sum(a.correct for a in attempts) / len(attempts) for attempts in LOG.values()) / len(LOG)
    known = ll.SamplingScenario(tasks=ll.Tasks.fixed([share]), verifier=judge, policies=policies[:4], max_attempts=[1])
    want = ll.solve(known)["accuracy"].to_list()
    blanks = 0.0  # no blank answer is correct, so a vote on one attempt returns a correct one as often as there is one
    for got, exact in zip(rows["accuracy"].to_list(), [*want, share - blanks], strict=True):
        bound = mean_bound(exact * (1 - exact), 1.0, TRIALS * len(LOG), FALSE_ALARM / 5)
        assert abs(got - exact) < bound
    assert ll.solve(given.replace(policies=policies[:2]))["accuracy"].to_list() == pytest.approx(want[:2], rel=1e-12)


def test_a_hypothetical_cost_prices_recorded_tokens() -> None:
    cost = ll.Cost(prompt_tokens=100, price_in=2.0, price_out=10.0, verifier_price=0.5, seconds_per_token=0.1)
    found = ll.solve(scenario(cost=cost, policies=[ll.FirstAccepted(), ll.AnyOf()]), by="task")
    plain = ll.solve(scenario(policies=[ll.FirstAccepted(), ll.AnyOf()]), by="task")
    used, output = plain["attempts_used"].to_numpy(), plain["tokens"].to_numpy()
    checks = (plain["policy"] == "first_accepted").to_numpy()
    assert found["tokens"].to_numpy() == pytest.approx(100 * used + output)
    assert found["cost"].to_numpy() == pytest.approx((200 * used + 10 * output) / 1e6 + 0.5 * used * checks)
    assert found["latency"].to_numpy() == pytest.approx(0.1 * output)
    drawn = ll.simulate(scenario(cost=cost.replace(parallel=2), policies=[ll.AnyOf()]), trials=400, seed=1)
    one_by_one = ll.simulate(scenario(cost=cost, policies=[ll.AnyOf()]), trials=400, seed=1)
    assert drawn["cost"].to_list() == one_by_one["cost"].to_list()
    assert drawn["latency"][0] == one_by_one["latency"][0]
    assert drawn["latency"][3] < one_by_one["latency"][3]


def test_short_tasks_make_a_row_null_or_are_dropped() -> None:
    log = {"short": LOG["all correct"][:2], "long": LOG["plain"]}
    null = ll.solve(scenario(log=log, policies=[ll.AnyOf()], max_attempts=[2, 3, 5, 6]))
    assert null["short_tasks"].to_list() == [0, 1, 1, 2]
    assert null["accuracy"].to_list() == [pytest.approx(0.85), None, None, None]
    given = scenario(log=log, policies=[ll.AnyOf(), ll.MajorityVote()], max_attempts=[2, 3, 5, 6], short="drop")
    dropped = ll.solve(given)
    long = ll.solve(scenario(log={"long": LOG["plain"]}, policies=given.policies, max_attempts=[3, 5]))
    for policy in dropped["policy"].unique():
        rows = dropped.filter(policy=policy)["accuracy"].to_list()
        assert rows[1:] == [*long.filter(policy=policy)["accuracy"].to_list(), None]
    quantiles = ll.simulate(given.replace(utility=ll.Utility()), trials=500, seed=2).filter(
        policy="any_of", max_attempts=5
    )
    assert quantiles.select("accuracy", "accuracy_q50", "utility_q50", "utility").row(0) == (1.0, 1.0, 1.0, 1.0)
    tasks = ll.solve(given, by="task").filter(policy="any_of", max_attempts=3)
    assert tasks.select("task", pl.col("accuracy").round(3)).sort("accuracy").rows() == [("short", None), ("long", 0.9)]


def test_a_threshold_is_on_the_scale_of_the_recorded_scores() -> None:
    log = {"t": [A("a", True, score=-2500.0), A("b", False, score=-3000.0), A("c", False, score=-4000.0)]}
    policies = [ll.FirstAbove(threshold=-2800), ll.BestOf(threshold=-3500)]
    found = ll.solve(scenario(log=log, policies=policies, max_attempts=[1, 2]))
    assert found.select("accepted", "accuracy").rows() == [
        (pytest.approx(x / 3), pytest.approx(y / 3)) for x, y in ((1, 1), (2, 2), (2, 1), (3, 2))
    ]
    judge = ll.Verifier.judge(d_prime=1.0)
    with pytest.raises(ValueError, match=r"policies\[1\].threshold must be in \[-1000, 1000\], got -3500"):
        on(attempts(), ll.AnyOf(), policies[1], verifier=judge)


def test_sums_of_scores_that_round_tie() -> None:
    log = {"t": [A("a", True, score=0.1), A("a", True, score=0.2), A("b", False, score=0.3)]}
    given = scenario(log=log, policies=[ll.WeightedVote(weight="score")], max_attempts=[3])
    assert ll.solve(given)["accuracy"].item() == 0.5
    trials = 2_000
    share = ll.simulate(given, trials=trials, seed=1)["accuracy"].item()
    assert binomial_p_value(round(share * trials), trials, 0.5) > FALSE_ALARM


def test_counts_alone_are_a_pool() -> None:
    tasks = ll.Tasks.from_attempts(frame(), accepted="accepted")
    policies = [ll.FirstAccepted(), ll.FirstWorthwhile(), ll.AnyOf(), ll.AllOf()]
    worth = ll.Utility(wrong_cost=0.5)
    recorded, pool = (
        ll.SamplingScenario(tasks=t, policies=policies, max_attempts=[1, 2, 4], utility=worth)
        for t in (tasks, tasks.counted())
    )
    values = [c for c in ll.solve(pool).columns if c != "run"]
    one, other = ll.solve(recorded).select(values), ll.solve(pool)
    for column in values:
        if one[column].dtype == pl.Float64:
            assert one[column].is_null().equals(other[column].is_null())
            assert one[column].drop_nulls().to_list() == pytest.approx(other[column].drop_nulls().to_list(), rel=1e-13)
    drop = {"policies": policies[:1]}
    for verb in (ll.ceilings, lambda s: ll.optimal_attempts(s, wrong_cost=[1.0], bootstrap=50, seed=3)):
        got, want = verb(recorded.replace(**drop)), verb(pool.replace(**drop))
        assert got.drop("run", strict=False).equals(want.drop("run", strict=False))
    assert ll.can_match(recorded.replace(**drop), 0.4).equals(ll.can_match(pool.replace(**drop), 0.4))
    compared = ll.compare_policies(recorded, trials=4000, seed=9)
    assert compared.height > 0


def test_recorded_attempts_round_trip_and_sweep() -> None:
    given = scenario()
    assert ll.SamplingScenario.from_json(given.to_json()) == given
    grid = ll.Grid(scenario(utility=ll.Utility()), axes={"utility.wrong_cost": [0.0, 2.0]})
    swept = ll.sweep(grid, method="solve", columns=["utility"], progress=False)
    assert swept.frame().height == 2 * len(EXACT) * 4


def test_nulls_of_a_bill_are_the_mean_of_attempts_as_correct() -> None:
    log = pl.DataFrame(
        {
            "task": ["a"] * 4 + ["b"] * 2,
            "correct": [1, 1, 0, 0, 1, 0],
            "cost": [2.0, None, 6.0, 8.0, None, 5.0],
            "seconds": [1, 1, 1, 1, 1, 1],
        }
    )
    tasks = ll.Tasks.from_attempts(log, cost="cost", seconds="seconds")
    assert tasks.cost.tolist() == [2.0, 2.0, 6.0, 8.0, 5.0, 5.0]
    row = ll.solve(ll.SamplingScenario(tasks=tasks, policies=[ll.AllOf()], max_attempts=[2], utility=ll.Utility()))
    assert row.select("cost", "latency").row(0) == (9.5, 2.0)
    assert "tokens" not in row.columns
    assert row["utility"].item() == pytest.approx(1 / 12 - 9.5)


TABLE = pl.DataFrame(
    {"task": ["a", "a", "b"], "correct": [True, False, True], "score": [0.5, 1.0, 2.0], "x": ["", "u", None]}
)


def attempts(**columns: Any) -> Any:
    return ll.Tasks.from_attempts(columns.pop("frame", TABLE), **columns)


def on(tasks: Any, *policies: ll.Policy, **changes: Any) -> Any:
    return ll.SamplingScenario(tasks=tasks, policies=policies or [ll.AnyOf()], max_attempts=[1], **changes)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: attempts(frame=TABLE.to_dict()), TypeError, "frame must be"),
        (lambda: attempts(frame=TABLE.clear()), ValueError, "frame must have a row for each attempt, got none"),
        (lambda: attempts(answer="y"), ValueError, "answer must name one of the columns"),
        (lambda: attempts(correct="score"), ValueError, "correct must be a column of booleans, or of 0 and 1, got 0.5 in row 0"),
        (lambda: attempts(correct="x"), TypeError, "correct must be a column of booleans, or of 0 and 1, got 'x' of type String"),
        (lambda: attempts(frame=TABLE.with_columns(correct=pl.Series(["no", "yes", "no"]))), TypeError, "type String ('no', 'yes'): compare it with what stands for correct, as in pl.col('correct') == 'yes'"),
        (lambda: attempts(score="x"), TypeError, "score must be a column of numbers"),
        (lambda: attempts(task="x"), ValueError, "task must have a value in every row, got 1 nulls in 'x', the first in row 2"),
        (lambda: attempts(tokens="x"), TypeError, "tokens must be a column of numbers"),
        (lambda: attempts(frame=TABLE.with_columns(t=pl.Series([1, None, None])), tokens="t"), ValueError, "tokens must be known of one attempt of every task at least, got none at the task 'b' (row 2, from 0)"),
        (lambda: attempts(frame=TABLE.with_columns(t=pl.lit(-1.0)), tokens="t"), ValueError, "tokens[0] must be in [0, 1e15], got -1"),
        (lambda: attempts(short="no"), ValueError, "short must be one of ['null', 'drop'], got 'no'"),
        (lambda: attempts(short="drop").replace(weight=[1, 2]), ValueError, "weight must be None where short is 'drop'"),
        (lambda: on(attempts(), ll.BestOf()), ValueError, "policies[0] must be one that reads no scores unless they are recorded"),
        (lambda: on(attempts(), ll.MajorityVote()), ValueError, "policies[0] must be one that tells no answers apart unless"),
        (lambda: on(attempts(score="score", answer="x"), ll.WeightedVote()), ValueError, "policies[0] must be one with weight='score' for recorded scores"),
        (lambda: on(attempts(accepted="correct"), verifier=ll.Verifier.perfect()), ValueError, "verifier must be None where the verdicts are recorded"),
        (lambda: on(attempts(score="score"), verifier=ll.Verifier.judge(d_prime=1.0)), ValueError, "verifier must be one without scores of its own where the scores are recorded"),
        (lambda: on(attempts(), verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.2, correlation=0.5)), ValueError, "correlation must be 0 for recorded attempts"),
        (lambda: on(attempts(), answers=ll.Answers.uniform(2)), ValueError, "answers must be None for recorded attempts"),
        (lambda: on(attempts(cost="score"), cost=ll.Cost()), ValueError, "cost must be None where the attempts' cost or seconds are recorded"),
        (lambda: on(attempts(), ll.FirstWorthwhile(), verifier=ll.Verifier.rates(false_positive_rate=0.1)), ValueError, "policies[0] must be another one where a verifier stands in"),
        (lambda: ll.optimal_attempts(on(attempts(cost="score"), ll.FirstAccepted()), wrong_cost=[1.0], bootstrap=0), ll.NoClosedFormError, "where attempts have prices of their own"),
    ],
)  # fmt: skip
def test_bad_records_are_refused_by_name(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_attempts_without_a_verdict_are_refused_or_rejected_or_left_out():
    log = pl.DataFrame(
        {"task": list("aaabb"), "correct": [1, 0, None, 1, 1], "accepted": [True, None, False, True, None]}
    )
    flags = {"accepted": "accepted"}
    with pytest.raises(
        ValueError, match=r"correct must have a value in every row, got 1 nulls in 'correct', .*missing='f"
    ):
        ll.Tasks.from_attempts(log, **flags)
    false = ll.Tasks.from_attempts(log, **flags, missing="false")
    assert false == ll.Tasks.from_attempts(
        log.with_columns(correct=pl.Series([1, 0, 0, 1, 1]), accepted=pl.Series([1, 0, 0, 1, 0])), **flags
    )
    assert ll.Tasks.from_attempts(log, **flags, missing="drop") == ll.Tasks.from_attempts(log[[0, 3]], **flags)
    assert ll.Tasks.from_attempts(log, missing="drop") == ll.Tasks.from_attempts(log[[0, 1, 3, 4]])
    none = ll.Tasks.from_attempts(log.with_columns(accepted=None), accepted="accepted", missing="false")
    assert none.accepted.sum() == 0
    with pytest.raises(ValueError, match="missing must be 'refuse', 'false' or 'drop', got 'no'"):
        ll.Tasks.from_attempts(log, missing="no")


def test_answers_are_numbered_within_their_task_as_they_come():
    random = np.random.default_rng(4)
    task, answer = random.integers(0, 30, 500), random.integers(0, 6, 500)
    texts = [None if one == 0 else " " if one == 1 else f"a{one}" for one in answer]
    log = pl.DataFrame({"task": task, "answer": texts, "correct": random.random(500) < 0.5})
    found = ll.Tasks.from_attempts(log, answer="answer").answer
    names, wanted = list(dict.fromkeys(task.tolist())), []
    for name in names:
        seen: dict[str, int] = {}
        own = [text for text, at in zip(texts, task.tolist(), strict=True) if at == name]
        wanted += [-1 if text in (None, " ") else seen.setdefault(text, len(seen)) for text in own]
    assert found.tolist() == wanted
    # Numbers go the other way.
    numbered = log.with_columns(pl.Series("answer", [None if one < 2 else float(one) for one in answer.tolist()]))
    assert ll.Tasks.from_attempts(numbered, answer="answer").answer.tolist() == wanted
