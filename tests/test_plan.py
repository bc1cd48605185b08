"""Plans: published numbers, formula against simulation, and the bounds by enumeration of outcomes."""

# ruff: noqa: E501  (a table with one case per line)

import math
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

RUNS = ll.datasets.evalperf()


def pilot(*names: str) -> Any:
    return ll.plan.pilot({name: RUNS.filter(model=name) for name in names}, attempts="n")


PAIR = pilot("gpt-4o-mini-2024-07-18", "Qwen/Qwen2.5-7B-Instruct")


def test_power_of_a_pair_of_evalperf_by_formula_and_simulation() -> None:
    """5.5 points: .264, .424, .562 and .805 by the formula, as much by simulation (within .02)."""
    found = ll.plan.power(PAIR, tasks=[118, 300], attempts=[1, 5], sets=10_000)
    assert found["difference"][0] == pytest.approx(0.055, abs=5e-4)
    assert found["power"].to_list() == pytest.approx([0.264, 0.424, 0.562, 0.805], abs=5e-4)
    # Published simulations: .266, .424, .573, .810; the errors of both are .005.
    assert found["simulated"].to_list() == pytest.approx([0.266, 0.424, 0.573, 0.810], abs=0.02)
    assert (found["simulated"] - found["power"]).abs().max() < 0.02
    assert ll.plan.power(PAIR, tasks=[118, 300], attempts=[1, 5], sets=10_000).equals(found)


def test_smaller_differences_are_simulated_too() -> None:
    """Within .02 of the formula: that of 40,000 data sets is known within .0025, eight standard errors at most."""
    found = ll.plan.power(PAIR, tasks=[400, 1200], attempts=[1, 10], difference=0.03, sets=40_000)
    assert (found["simulated"] - found["power"]).abs().max() < 0.02
    # Drawn by how many tasks show each difference up to nine attempts, beyond them task by task.
    few = ll.plan.power(PAIR, tasks=20, attempts=[9, 10], sets=40_000)
    above = few["simulated"] - few["power"]
    assert abs(above[0] - above[1]) < 0.02
    none = ll.plan.power(PAIR, tasks=400, difference=0.0, sets=40_000).row(0, named=True)
    assert none["power"] == pytest.approx(0.05)
    # Seven standard errors of .0011: a false alarm in 4e11.
    assert none["simulated"] == pytest.approx(0.05, abs=0.008)
    larger = ll.plan.power(PAIR, tasks=400, difference=0.2, sets=100).row(0, named=True)
    assert (larger["simulated"], larger["simulated_se"]) == (None, None)  # the pilot's tasks differ less


@pytest.mark.parametrize("n", [2, 4, 20])
def test_power_from_small_pilots_by_formula_and_simulation(n: int) -> None:
    """20 pilots of 40 tasks: shares of n attempts spread more than the rates behind them (a power of .5 in place of .75).

    A single pilot's power is known within .0014 (100,000 data sets), seven of which are .01, and the mean over the pilots
    within .0003; rates that are put back into [0, 1] and the t of few tasks add the rest, .05 at one pilot.
    """
    random = np.random.default_rng(6)
    apart = []
    for _ in range(20):
        p = random.beta(2, 2, 40)
        q = np.clip(p - 0.12 + 0.15 * random.standard_normal(40), 0, 1)
        systems = {
            name: pl.DataFrame({"task": range(40), "n": n, "correct": random.binomial(n, rates)})
            for name, rates in (("a", p), ("b", q))
        }
        small = ll.plan.pilot(systems, attempts="n")
        planned = ll.plan.tasks(small, difference=abs(small.difference), power=0.75, attempts=5)["tasks"].item()
        row = ll.plan.power(small, tasks=max(planned, 40), attempts=5, sets=100_000).row(0, named=True)
        apart.append(row["simulated"] - row["power"])
    assert abs(np.mean(apart)) < 0.02
    assert np.abs(apart).max() < 0.06


def test_the_rates_of_a_pilot_spread_as_those_behind_its_shares_do() -> None:
    """The variances of the simulated rates are those of the formula, where none of them leaves [0, 1]."""
    random = np.random.default_rng(2)
    p = random.beta(8, 8, 200)
    q = np.clip(p + 0.05 * random.standard_normal(200), 0, 1)
    systems = {
        name: pl.DataFrame({"task": range(200), "n": 6, "correct": random.binomial(6, rates)})
        for name, rates in (("a", p), ("b", q))
    }
    for data in (systems, {"a": systems["a"]}):
        found = ll.plan.pilot(data, attempts="n")
        assert found.rates is not None
        difference = found.rates[0] - found.rates[1] if len(data) == 2 else found.rates[0]
        assert difference.var(ddof=1) == pytest.approx(found.between, abs=1e-12)
        assert difference.mean() == pytest.approx(found.difference, abs=1e-12)
    known = ll.plan.pilot(ll.Tasks.fixed(success=p))
    assert known.rates is not None
    assert known.rates[0] == pytest.approx(p, abs=1e-12)


def test_tasks_for_three_points_at_eighty_percent() -> None:
    """1,344, 755 and 615 at 1, 5 and 100 attempts, rounded up where the design page rounded."""
    found = ll.plan.tasks(
        pilot("o1-mini-2024-09-12", "Qwen/Qwen2.5-32B-Instruct"), difference=0.03, attempts=[1, 5, 100]
    )
    assert found["tasks"].to_list() == pytest.approx([1344, 755, 615], abs=1)
    assert (found["tasks_low"] < found["tasks"]).all()
    assert (found["tasks"] < found["tasks_high"]).all()
    again = ll.plan.power(
        PAIR, tasks=ll.plan.tasks(PAIR, difference=0.05, attempts=3)["tasks"], attempts=3, difference=0.05, sets=0
    )
    assert again["power"].item() == pytest.approx(0.8, abs=1e-3)


def test_the_width_of_an_interval_is_as_planned() -> None:
    """Of the accuracy of one system whose tasks come from a Beta: the mean width that pass_at_k has."""
    tasks = ll.Tasks.beta(alpha=0.6, beta=1.4, count=50)
    plan = ll.plan.tasks(tasks, width=0.1, attempts=[1, 5]).to_dicts()
    one = ll.plan.pilot(tasks)
    assert one.between + one.within[0] == pytest.approx(0.3 * 0.7)  # of one attempt: that of a share
    random = np.random.default_rng(3)
    for row in plan:
        widths = []
        for _ in range(40):
            correct = random.binomial(row["attempts"], random.beta(0.6, 1.4, row["tasks"]))
            found = ll.pass_at_k(row["attempts"], correct, 1)
            widths.append((found["high"] - found["low"]).item())
        assert np.mean(widths) == pytest.approx(0.1, rel=0.02)


def test_a_pilot_takes_the_noise_of_attempts_off() -> None:
    """Variances of 400 pilots of 60 tasks with 4 and 6 attempts: unbiased, within 5 standard errors."""
    random = np.random.default_rng(4)
    found = []
    for _ in range(400):
        p = random.beta(2, 2, 60)
        q = np.clip(p + 0.1 * random.standard_normal(60), 0, 1)
        counts = {
            name: pl.DataFrame({"task": range(60), "n": n, "correct": random.binomial(n, rates)})
            for name, n, rates in (("a", 4, p), ("b", 6, q))
        }
        one = ll.plan.pilot(counts, attempts="n")
        truth = (p - q).var(ddof=1), (p * (1 - p)).mean(), (q * (1 - q)).mean()
        found.append([one.between - truth[0], one.within[0] - truth[1], one.within[1] - truth[2]])
    errors = np.array(found)
    low = errors.std(axis=0) / math.sqrt(len(errors))
    # A variance that would be negative is 0, which lifts the first a little.
    assert np.abs(errors[:, 1:].mean(axis=0) / low[1:]).max() < 5
    assert -5 * low[0] < errors[:, 0].mean() < 0.004


def test_the_split_of_money_is_the_cheapest() -> None:
    options: dict[str, Any] = {"task_cost": 20, "attempt_cost": 0.5}
    found = ll.plan.attempts(PAIR, difference=0.05, **options).row(0, named=True)
    every = ll.plan.tasks(PAIR, difference=0.05, attempts=range(1, 60), **options)
    assert found["cost"] <= every["cost"].min() * (1 + 30 / found["tasks"] / 20)
    assert every.filter(attempts=found["attempts"])["tasks"].item() == found["tasks"]
    assert found["cost_of_one"] == every["cost"][0]
    spent = ll.plan.attempts(PAIR, budget=5000, **options).row(0, named=True)
    assert spent["attempts"] == found["attempts"]
    assert 4900 < spent["cost"] <= 5000
    alone = {k: (PAIR.between + sum(PAIR.within) / k) / (5000 // (20 + k)) for k in range(1, 60)}
    assert spent["se"] ** 2 <= min(alone.values()) * 1.02
    assert ll.plan.attempts(PAIR, budget=5000, task_cost=0, attempt_cost=1)["attempts"].item() == 1


@pytest.mark.parametrize(("rate", "bound"), [(0.0, 0.05), (0.01, 0.05), (0.05, 0.1), (0.2, 0.3)])
def test_labels_for_a_bound_by_enumeration(rate: float, bound: float) -> None:
    """Over all outcomes: the power is reached, the same errors with a label fewer break the bound."""
    row = ll.plan.labels(rate=rate, bound=bound).row(0, named=True)
    n, allowed = row["labels"], row["errors_allowed"]
    assert ll.fit.upper_bound(allowed, n) <= bound < ll.fit.upper_bound(allowed + 1, n)
    assert ll.fit.upper_bound(allowed, n - 1) > bound
    reached = sum(math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(allowed + 1))
    assert row["power"] == pytest.approx(reached, rel=1e-9)
    assert reached >= 0.8
    if allowed:
        fewer = next(m for m in range(allowed, n) if ll.fit.upper_bound(allowed - 1, m) <= bound)
        assert sum(math.comb(fewer, i) * rate**i * (1 - rate) ** (fewer - i) for i in range(allowed)) < 0.8
    clustered = ll.plan.labels(rate=rate, bound=bound, per_task=5, icc=0.25).row(0, named=True)
    assert (clustered["labels"], clustered["tasks"]) == (2 * n, math.ceil(2 * n / 5))


def test_labels_for_an_accuracy_have_the_width_they_promise() -> None:
    """Attempts independent: the spread of Rogan and Gladen's estimate over 300 data sets, as planned to 5 errors."""
    options: dict[str, Any] = {"accuracy": 0.3, "false_positive_rate": 0.2, "false_negative_rate": 0.1}
    row = ll.plan.labels(**options, width=0.1, verdicts=4000).row(0, named=True)
    random = np.random.default_rng(6)
    estimates = []
    for _ in range(300):
        truth = random.random(4000 + row["labels"]) < 0.3
        verdict = random.random(len(truth)) < np.where(truth, 0.9, 0.2)
        frame = pl.DataFrame({"correct": truth.astype(int), "accepted": verdict.astype(int)})
        labels, others = frame.head(row["labels"]), frame.tail(4000).drop("correct")
        estimates.append(ll.corrected_accuracy(labels, others, task=None, method="rogan_gladen")["estimate"].item())
    assert 3.92 * np.std(estimates) == pytest.approx(0.1, rel=5 / math.sqrt(600))
    assert row["split_wrong"] + row["split_correct"] <= row["labels"]


def test_lees_split_of_labels_and_the_one_of_least_variance() -> None:
    """136 and 64 of 200 as printed (accepted .4, specificity .7 and sensitivity .9 from ten labels of each)."""
    judge: dict[str, Any] = {"accepted": 0.4, "false_positive_rate": 0.3, "false_negative_rate": 0.1, "verdicts": 1000}
    printed = ll.plan.labels(total=200, **judge, pilot=10, rule="lee").row(0, named=True)
    assert (printed["split_wrong"], printed["split_correct"]) == (136, 64)
    # The interval of their example, 200 labels of each: .1667 [.0564, .2627], is 1.96 of this at its middle.
    both = ll.plan.labels(total=400, **judge).row(0, named=True)
    theta, youden = 0.1 / 0.6, 0.6

    def error(wrong: int, correct: int) -> float:
        return (
            math.sqrt(0.4 * 0.6 / 1000 + (1 - theta) ** 2 * 0.7 * 0.3 / wrong + theta**2 * 0.9 * 0.1 / correct) / youden
        )

    every = {wrong: error(wrong, 400 - wrong) for wrong in range(1, 400)}
    assert every[both["split_wrong"]] == min(every.values())
    assert both["se"] == pytest.approx(min(every.values()), rel=1e-12)
    assert 2 * 1.96 * error(200, 200) == pytest.approx(0.2627 - 0.0564, rel=0.02)
    assert ll.plan.labels(total=400, **judge, rule="lee")["se"].item() > both["se"]


@pytest.mark.parametrize("kind", ["fixed", "counts", "pool"])
def test_a_plan_weighs_tasks_as_the_best_number_does(kind: str) -> None:
    """Hard tasks that count for little move the best number: 4 without their weights, 7 with them (3 and 6 of the pool)."""
    weight, right = [1.0] * 10 + [0.05] * 10 + [0.0] * 5, [30] * 10 + [1] * 10 + [0] * 5
    verifier = None if kind == "pool" else ll.Verifier.rates(false_positive_rate=0.05)
    tasks = {
        "fixed": ll.Tasks.fixed(np.array(right) / 50, weight=weight),
        "counts": ll.Tasks.counts([50] * 25, right, weight=weight),
        "pool": ll.Tasks.pool([50] * 25, [31] * 10 + [4] * 10 + [50] * 5, right, weight=weight),
    }[kind]
    utility = ll.Utility(wrong_cost=1)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1], utility=utility)
    row = ll.plan.best_attempts(scenario, tasks=[200], attempts=100, within=1.5, sets=20).row(0, named=True)
    assert row["optimal_attempts"] == ll.optimal_attempts(scenario, bootstrap=0)["optimal_attempts"].item()
    assert row["found_low"] >= 6
    assert row["p_within"] == 1.0


def test_a_pilot_says_that_it_takes_no_weights() -> None:
    plain = ll.plan.pilot(ll.Tasks.counts([10] * 4, [1, 2, 8, 9], weight=[2.0] * 4))  # alike: no warning
    weighed = ll.Tasks.counts([10] * 4, [1, 2, 8, 9], weight=[1, 1, 9, 9])
    with pytest.warns(ll.MisfitWarning, match="the tasks have weights, and a pilot takes all tasks alike"):
        assert ll.plan.pilot(weighed).difference == plain.difference


def test_a_plan_does_not_leave_prices_of_attempts_out():
    """The best number is another where recorded attempts have prices: they were dropped in silence."""
    log = pl.DataFrame(
        {"task": list("aabb"), "correct": [1, 0, 1, 1], "accepted": [1, 0, 1, 0], "cost": [0.2, 0.6, 0.2, 0.6]}
    )
    utility = ll.Utility(wrong_cost=1)
    priced = ll.SamplingScenario(
        tasks=ll.Tasks.from_attempts(log, accepted="accepted", cost="cost"), max_attempts=[1], utility=utility
    )
    billed = priced.replace(
        tasks=ll.Tasks.from_attempts(log, accepted="accepted"), cost=ll.Cost(output_tokens=(1000, 0), price_out=300)
    )
    for scenario in (priced, billed):
        with pytest.raises(ll.NoClosedFormError, match="attempts have prices of their own; Utility"):
            ll.plan.best_attempts(scenario, tasks=3, attempts=2, sets=5)


def test_the_best_number_of_recorded_attempts_is_planned_or_refused_in_words_of_a_log() -> None:
    random = np.random.default_rng(0)
    rows = [
        (t, bool(random.random() < p), bool(random.random() < 0.5))
        for t, p in enumerate(random.random(20))
        for _ in "12345678"
    ]
    log = pl.DataFrame(rows, schema=["task", "correct", "accepted"], orient="row")
    plain, judged = ll.Tasks.from_attempts(log), ll.Tasks.from_attempts(log, accepted="accepted")
    last = ll.FirstAccepted(fallback="last")
    for tasks, policy in ((plain, ll.FirstAccepted()), (judged, ll.FirstAccepted()), (judged, last), (plain, last)):
        utility = ll.Utility(wrong_cost=1, attempt_cost=0.01)
        scenario = ll.SamplingScenario(tasks=tasks, policies=[policy], max_attempts=[1], utility=utility)
        found = ll.plan.best_attempts(scenario, tasks=2000, attempts=8, sets=20).row(0, named=True)
        best = ll.optimal_attempts(scenario, bootstrap=0)["optimal_attempts"].item()
        assert found["optimal_attempts"] == best
        # So many tasks tell it.
        assert found["found_low"] <= best <= found["found_high"] <= best + 2
    drawn = scenario.replace(tasks=plain, verifier=ll.Verifier.rates(false_positive_rate=0.3))
    with pytest.raises(ll.NoClosedFormError, match="on recorded attempts whose verdicts a verifier draws"):
        ll.plan.best_attempts(drawn, tasks=3, attempts=2, sets=5)


def test_the_best_number_of_attempts_is_known_with_more_tasks() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(alpha=0.4, beta=1.6, count=100),
        verifier=ll.Verifier.rates(false_positive_rate=0.03),
        max_attempts=[1],
        utility=ll.Utility(wrong_cost=2),
    )
    found = ll.plan.best_attempts(scenario, tasks=[10, 300], attempts=[3, 50], within=1.5, sets=60, seed=1)
    share = dict(zip(found.select("tasks", "attempts").rows(), found["p_within"], strict=True))
    assert share[300, 50] > share[10, 3] + 0.2
    assert (found["optimal_attempts"] == ll.optimal_attempts(scenario, bootstrap=0)["optimal_attempts"].item()).all()
    few, many = found.row(0, named=True), found.row(3, named=True)
    assert (few["found_low"] or 0) <= many["found_low"] <= many["found_high"]
    exact = ll.plan.best_attempts(scenario.replace(tasks=ll.Tasks.fixed(success=[0.5])), tasks=3, attempts=9, sets=5)
    assert exact["sets"].item() == 5


STATED = ll.plan.Pilot(between=0.1, within=(0.1, 0.1))
BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: ll.plan.pilot(3), TypeError, "frame must be a polars.DataFrame, got 3"),
    (lambda: ll.plan.pilot({}), ValueError, "data must be of one system or two, got 0"),
    (lambda: ll.plan.pilot(pl.DataFrame({"task": ["a", "b"], "correct": [0, 1]})), ValueError, "data must have two attempts or more at each task"),
    (lambda: ll.plan.pilot(pl.DataFrame({"task": ["a", "a"], "correct": [0, 1]})), ValueError, "data must be of at least two tasks"),
    (lambda: ll.plan.Pilot(between=2, within=(0.1,)), ValueError, "between must be in [0, 1], got 2"),
    (lambda: ll.plan.Pilot(between=0.1, within=[0.1]), TypeError, "within must be a tuple of one or two numbers, got [0.1]"),
    (lambda: ll.plan.tasks(STATED), ValueError, "difference or width must be given, got None and None"),
    (lambda: ll.plan.tasks(STATED, difference=0.1, width=0.1), ValueError, "difference or width must be given, got 0.1 and 0.1"),
    (lambda: ll.plan.tasks(STATED, difference=0), ValueError, "difference must be in (0, 1], got 0"),
    (lambda: ll.plan.tasks(STATED, difference=1e-9), ValueError, "tasks must be at most 1000000000, got a plan of"),
    (lambda: ll.plan.tasks(ll.plan.Pilot(between=0.1, within=(0.1,)), difference=0.1), ValueError, "pilot must be of 2 systems to plan for a difference, got 1"),
    (lambda: ll.plan.tasks("x", width=0.1), TypeError, "pilot must be what ll.plan.pilot returns or takes, got 'x'"),
    (lambda: ll.plan.tasks(STATED, width=0.1, attempts=0), ValueError, "attempts must be whole numbers in [1, 1000000000], got 0"),
    (lambda: ll.plan.power(STATED, tasks=10), ValueError, "difference must be given where the pilot has none, got None"),
    (lambda: ll.plan.attempts(STATED, task_cost=1, attempt_cost=0, width=0.1), ValueError, "attempt_cost must be above 0, got 0"),
    (lambda: ll.plan.attempts(STATED, task_cost=1, attempt_cost=1, width=0.1, budget=3), ValueError, "budget must stand alone, got difference or width too"),
    (lambda: ll.plan.attempts(STATED, task_cost=10, attempt_cost=1, budget=3), ValueError, "budget must be at least the cost of one task, 12, got 3"),
    (lambda: ll.plan.attempts(STATED, task_cost=1, attempt_cost=1, budget=1e300), ValueError, "tasks must be at most 1000000000, got a plan of"),
    (lambda: ll.plan.tasks(STATED, difference=1e-300), ValueError, "tasks must be at most 1000000000, got a plan of inf"),
    (lambda: ll.plan.tasks(STATED, width=0.1, attempts=range(1, 20_000)), ValueError, "attempts must be at most 10000 numbers, got 19999"),
    (lambda: ll.plan.power(PAIR, tasks=10**9), ValueError, "tasks must be at most 6250000 where they are simulated"),
    (ll.plan.labels, ValueError, "rate must come with bound or width, or accuracy with width, got rate=None, bound=None, width=None"),
    (lambda: ll.plan.labels(rate=0.1, bound=0.1), ValueError, "bound must be above rate = 0.1, got 0.1"),
    (lambda: ll.plan.labels(accuracy=0.5, false_positive_rate=0.6, false_negative_rate=0.5, width=0.1), ValueError, "accuracy must be in (0, 1), of a judge that accepts"),
    (lambda: ll.plan.labels(accuracy=0.5, false_positive_rate=0.1, width=0.01, verdicts=100), ValueError, "width must be above 0.217, which 100 verdicts allow with endless labels, got 0.01"),
    (lambda: ll.plan.labels(total=200), ValueError, "total must come with accepted and false_positive_rate alone"),
    (lambda: ll.plan.labels(total=200, accepted=0.2, false_positive_rate=0.3), ValueError, "accepted must be between the judge's rates of acceptance"),
    (lambda: ll.plan.labels(total=1, accepted=0.4, false_positive_rate=0.3), ValueError, "total must be in [2, 1e8], got 1"),
    (lambda: ll.plan.best_attempts(3, tasks=1, attempts=1), TypeError, "scenario must be a SamplingScenario, got 3"),
]  # fmt: skip


def test_a_plan_takes_what_a_pilot_takes() -> None:
    frame = pl.DataFrame({"task": ["a", "a", "b", "b"], "correct": [1, 0, 1, 1]})
    both = {"one": frame, "two": frame.with_columns(correct=pl.lit(1))}
    assert ll.plan.tasks(frame, width=0.1).equals(ll.plan.tasks(ll.plan.pilot(frame), width=0.1))
    assert ll.plan.tasks(both, difference=0.1).equals(ll.plan.tasks(ll.plan.pilot(both), difference=0.1))


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_what_cannot_be_planned_is_refused(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(message)):
        call()
