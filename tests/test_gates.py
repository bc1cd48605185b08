"""`check`: values without bias, limits that hold, verdicts, what would tell, and the command with its exit codes."""

import itertools
import json
import math
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import limitlaw as ll
from limitlaw.cli import main
from limitlaw.gates.answer import Ask, answers
from limitlaw.gates.evidence import ends, observed
from limitlaw.gates.labelled import over_verifiers
from limitlaw.gates.limits import Ratio
from limitlaw.gates.requirement import Requirement

COST = ll.Cost(
    prompt_tokens=100, output_tokens=(500, 0.5), wrong_output_tokens=(900, 0.5), price_in=2.0, price_out=10.0
)
RATES = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1)
COLUMNS = ["accuracy", "returned", "wrong", "coverage", "accepted", "cost", "utility"]


def binomial(n: int, p: float) -> np.ndarray:
    return np.array([math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)])


@pytest.mark.parametrize("policy", [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AnyOf(), ll.AllOf()])
@pytest.mark.parametrize("k", [1, 3, 6])
def test_the_value_of_a_task_is_on_average_what_it_comes_to(policy, k):
    """Over all outcomes of n attempts, for any success rate: exactly the closed form of fresh attempts."""
    n, utility = 6, ll.Utility(wrong_cost=2.0, attempt_cost=0.01)
    made = {"policies": [policy], "verifier": RATES, "max_attempts": [k], "cost": COST, "utility": utility}
    every = ll.SamplingScenario(tasks=ll.Tasks.counts(attempts=[n] * (n + 1), correct=range(n + 1)), **made)
    seen = observed(every, COLUMNS, 0)
    assert seen.attempts is None
    assert not seen.drawn
    for p in (0.05, 0.4, 0.9):
        exact = ll.solve(ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[p]), **made), columns=COLUMNS)
        for name in COLUMNS:
            if exact[name][0] is not None:
                assert binomial(n, p) @ seen.values[name] == pytest.approx(exact[name][0], abs=1e-12), name
                low, high = ends(every, name)
                assert (seen.values[name] >= low - 1e-12).all()
                assert (seen.values[name] <= high + 1e-12).all()


def test_rates_that_spread_are_drawn_without_bias():
    """4,000 equal tasks: the mean of their values is normal around the closed form; 5 errors: 6e-7."""
    n, correct, k = 4, 2, 2
    tasks = ll.Tasks.counts(attempts=[n] * 4_000, correct=[correct] * 4_000)
    verifier = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1, icc=0.3)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[k])
    seen = observed(scenario, ["accuracy"], 3)
    assert seen.drawn
    # Two attempts of which 2 of 4 were correct: both, one in either order, none; the rates of a task drawn once.
    weight, f, g = 1 / 0.3 - 1, 0.2, 0.1
    square = g * (g * weight + 1) / (weight + 1)  # E[g^2]
    truth = (1 - square) / 6 + (1 - g) * (1 + (1 - f)) / 3
    values = seen.values["accuracy"]
    assert abs(values.mean() - truth) < 5 * values.std() / math.sqrt(len(values))


def test_shares_of_single_attempts_have_the_limits_of_clopper_and_pearson():
    for ones, tasks in ((0, 60), (12, 200), (40, 40)):
        ratio = Ratio(np.repeat([1.0, 0.0], [ones, tasks - ones]), None, None, 0.0, 1.0)
        low, high = ratio.limits(0.05)
        for end, range_ in ((low, range(ones, tasks + 1)), (high, range(ones + 1))):
            if 0.0 < end < 1.0:
                tail = math.fsum(math.comb(tasks, c) * end**c * (1 - end) ** (tasks - c) for c in range_)
                assert tail == pytest.approx(0.05, rel=1e-9)
        assert (low, high) == pytest.approx((low, high))
        assert high == pytest.approx(1 - 0.05 ** (1 / 60)) if ones == 0 else low > 0.0


@pytest.mark.parametrize("anytime", [False, True])
@pytest.mark.parametrize("tail", [0.025, 0.1])
def test_a_precision_is_refuted_by_chance_at_most_as_often_as_is_said(tail, anytime):
    """Every outcome of 14 tasks, each correct, wrong or not answered: exact error of both limits of the ratio."""
    tasks = 14
    outcomes = [(c, w) for c, w in itertools.product(range(tasks + 1), repeat=2) if c + w <= tasks]
    refuted = {}
    for truth in (0.05, 0.5, 0.8, 0.99):
        for c, w in outcomes:
            numerator = np.repeat([1.0, 0.0], [c, tasks - c])
            denominator = np.repeat([1.0, 0.0], [c + w, tasks - c - w])
            refuted[c, w] = Ratio(numerator, denominator, None, 0.0, 1.0, anytime=anytime).refuted(truth, tail)
        for answered in (0.05, 0.6, 1.0):
            chance = {
                (c, w): math.comb(tasks, c)
                * math.comb(tasks - c, w)
                * (answered * truth) ** c
                * (answered * (1 - truth)) ** w
                * (1 - answered) ** (tasks - c - w)
                for c, w in outcomes
            }
            assert math.fsum(chance.values()) == pytest.approx(1.0)
            for side in (0, 1):
                wrong = math.fsum(p for at, p in chance.items() if refuted[at][side])
                assert wrong <= tail + 1e-12, (truth, answered, side)
    # The limits are not so wide that they refute nothing.
    assert Ratio(np.ones(14), np.ones(14), None, 0.0, 1.0, anytime=anytime).refuted(0.5, tail)[0]


def test_weights_count_as_copies_of_a_task():
    random = np.random.default_rng(5)
    values = random.beta(0.6, 1.4, 50)
    ratio = Ratio(values, None, np.full(50, 3.0), 0.0, 1.0)
    assert ratio.limits(0.05) == pytest.approx(Ratio(values, None, None, 0.0, 1.0).limits(0.05), abs=1e-12)
    heavy = Ratio(values, None, np.where(np.arange(50) == 0, 1e6, 1.0), 0.0, 1.0)
    assert heavy.estimate == pytest.approx(values[0], abs=1e-4)
    # One task counts alone, and says next to nothing about others.
    assert heavy.limits(0.05) == pytest.approx(Ratio(values[:1], None, None, 0.0, 1.0).limits(0.05), abs=1e-4)
    assert np.diff(heavy.limits(0.05))[0] > 0.85


def counted(tasks: int = 40, **changes) -> ll.SamplingScenario:
    correct = [10] * (tasks * 3 // 4) + [9] * (tasks - tasks * 3 // 4)
    made = {"tasks": ll.Tasks.counts(attempts=[10] * tasks, correct=correct), "max_attempts": [1, 3]}
    made["verifier"] = ll.Verifier.perfect()
    return ll.SamplingScenario(**(made | changes))


def test_verdicts_follow_the_limits():
    frame = ll.check(counted(), min_accuracy=0.8, min_precision=0.85, max_wrong=0.0, min_coverage=1.0)
    row = dict(zip(frame["requirement"], frame.iter_rows(named=True), strict=True))
    assert row["accuracy >= 0.8"]["verdict"] == "holds"
    assert row["precision >= 0.85"]["verdict"] == "holds"
    assert row["coverage >= 1"]["verdict"] == "cannot tell"
    assert row["wrong <= 0"]["verdict"] == "cannot tell"
    assert frame["max_attempts"].unique().to_list() == [3]
    assert ll.check(counted(), min_accuracy=1.0)["verdict"].to_list() == ["cannot tell"]
    failing = ll.check(counted(verifier=RATES, max_attempts=[1]), min_accuracy=0.999)
    assert failing["verdict"].to_list() == ["fails"]
    assert failing["high"][0] < 0.999


def test_what_would_tell_does():
    scenario = counted(verifier=ll.Verifier.rates(false_negative_rate=0.5), max_attempts=[2])
    row = ll.check(scenario, min_accuracy=0.7, error=0.01).row(0, named=True)
    assert row["verdict"] == "cannot tell"
    assert row["would_tell"] == f"{row['needed']:,} tasks in all"
    tasks, correct = scenario.tasks.attempts, scenario.tasks.correct
    for copies, verdict in ((math.ceil(row["needed"] / 40), "holds"), (row["needed"] // 40 - 1, "cannot tell")):
        more = ll.Tasks.counts(attempts=np.tile(tasks, max(copies, 1)), correct=np.tile(correct, max(copies, 1)))
        found = ll.check(scenario.replace(tasks=more), min_accuracy=0.7, error=0.01)
        assert found["verdict"].to_list() == [verdict], copies


def test_attempts_that_were_not_made_bound_what_grows_with_them():
    scenario = counted(max_attempts=[50], cost=ll.Cost(output_tokens=1_000, price_out=10), verifier=RATES)
    frame = ll.check(scenario, min_accuracy=0.7, min_precision=0.5, max_cost=0.001)
    assert frame["verdict"].to_list() == ["holds", "cannot tell", "fails"]
    assert frame["would_tell"][1] == "50 attempts of every task; 40 of 40 have fewer, the least 10"
    assert frame["needed"][1] == 50
    assert frame["estimate"].to_list() == [None] * 3
    other = ll.check(scenario.replace(policies=[ll.AllOf()]), min_accuracy=0.1)
    assert other["verdict"].to_list() == ["cannot tell"]


def test_error_is_shared_and_later_looks_cost_width():
    scenario = counted(verifier=RATES)
    alone = ll.check(scenario, min_accuracy=0.5, error=0.02)
    shared = ll.check(scenario, min_accuracy=0.5, min_coverage=0.5, error=0.04)
    assert shared["low"][0] == alone["low"][0]
    anytime = ll.check(scenario, min_accuracy=0.5, error=0.02, anytime=True)
    assert anytime["low"][0] < alone["low"][0]
    assert anytime["high"][0] > alone["high"][0]


def test_what_is_supposed_is_decided_exactly():
    scenario = ll.SamplingScenario(tasks=ll.Tasks.beta(0.6, 1.4, 100), verifier=RATES, max_attempts=[5])
    exact = ll.solve(scenario)["accuracy"][0]
    for bound, verdict in ((exact, "holds"), (exact + 1e-9, "fails")):
        row = ll.check(scenario, min_accuracy=bound).row(0, named=True)
        assert (row["verdict"], row["evidence"]) == (verdict, "exact")
        assert row["low"] == row["high"] == exact


def test_simulation_goes_on_until_it_decides():
    verifier = ll.Verifier.rates(false_positive_rate=0.1, icc=0.2, correlation=-0.4)
    made = {"verifier": verifier, "max_attempts": [5], "cost": ll.Cost(output_tokens=100, price_out=1e4)}
    scenario = ll.SamplingScenario(tasks=ll.Tasks.beta(2.0, 1.0, 20), **made)
    row = ll.simulate(scenario, trials=20_000, seed=1).row(0, named=True)
    bounds = {"min_accuracy": row["accuracy"] - 0.02, "max_cost": row["cost"] * 1.02}
    frame = ll.check(scenario, **bounds, seed=2, error=1e-6)
    assert frame["verdict"].to_list() == ["holds", "holds"]
    assert 1_000 < int(frame["evidence"][0].split()[0].replace(",", "")) < 1_000_000
    short = ll.check(scenario, min_precision=row["precision"], trials=1_000, error=1e-6)
    assert short["verdict"].to_list() == ["cannot tell"]
    calls = []
    ll.check(scenario, min_precision=row["precision"], trials=2_000, progress=lambda *x: calls.append(x))
    assert calls[-1] == (2_000, 2_000)


def test_recorded_attempts_are_read_as_they_are():
    random = np.random.default_rng(2)
    task = np.repeat(np.arange(60), 8)
    correct = random.random(480) < np.repeat(random.beta(3, 1, 60), 8)
    columns = {"task": task, "correct": correct, "accepted": correct ^ (random.random(480) < 0.1)}
    answer = np.where(correct, "right", random.integers(0, 3, 480).astype(str))
    log = pl.DataFrame(columns | {"answer": answer, "cost": random.random(480)})
    tasks = ll.Tasks.from_attempts(log, accepted="accepted", answer="answer", cost="cost")
    scenario = ll.SamplingScenario(
        tasks=tasks, policies=[ll.FirstAccepted(), ll.MajorityVote()], max_attempts=[5], utility=ll.Utility()
    )
    frame = ll.check(scenario, min_accuracy=0.3, min_precision=0.5, max_cost=5.0)
    exact = ll.solve(scenario)
    assert frame["estimate"].to_list()[::3] == pytest.approx(exact["accuracy"].to_list())
    assert frame["estimate"].to_list()[1::3] == pytest.approx(exact["precision"].to_list())
    assert set(frame["verdict"]) == {"holds"}


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({}, "one of min_accuracy, .* must be given, got none"),
        ({"min_accuracy": 1.5}, r"min_accuracy must be in \[0, 1\], got 1.5"),
        ({"max_cost": 2.0}, "max_cost must be left out of a scenario without a cost, got cost <= 2"),
        ({"min_utility": 2.0}, "min_utility must be left out of a scenario without a utility"),
        ({"min_accuracy": 0.5, "error": 0.0}, "error must be"),
        ({"min_accuracy": 0.5, "trials": 10}, "trials must be"),
    ],
)
def test_bad_input_is_named(changes, match):
    with pytest.raises(ValueError, match=match):
        ll.check(counted(), **changes)


PRICED = {"output_tokens": 500.0, "price_out": 10.0}


@pytest.mark.parametrize(
    ("cost", "bound", "match"),
    [
        (
            PRICED,
            "max_latency",
            "max_latency must be left out unless seconds_per_token or verifier_seconds of Cost gives",
        ),
        (
            {"output_tokens": 500.0},
            "max_cost",
            "max_cost must be left out unless price_in or price_out or verifier_price",
        ),
        (PRICED | {"verifier_seconds": 1.0}, "max_latency", None),
        (PRICED, "max_cost", None),
        (PRICED, "max_tokens", None),
    ],
)
def test_a_bound_on_what_was_not_given_is_refused(cost, bound, match):
    scenario = counted().replace(cost=ll.Cost(**cost))
    if match is None:
        assert ll.check(scenario, **{bound: 1e9})["verdict"].to_list() == ["holds"]
        return
    with pytest.raises(ValueError, match=match):
        ll.check(scenario, **{bound: 1e9})


@pytest.mark.parametrize(("bound", "column"), [("max_cost", "cost"), ("max_latency", "seconds")])
def test_a_bound_on_what_a_log_did_not_record_is_refused(bound, column):
    log = pl.DataFrame({"task": list("aabbcc"), "correct": [1, 0, 1, 0, 1, 1], "tokens": [5.0, 6, 7, 8, 3, 2]})
    scenario = ll.SamplingScenario(tasks=ll.Tasks.from_attempts(log, tokens="tokens"), max_attempts=[2])
    assert ll.check(scenario, max_tokens=99)["verdict"].to_list() == ["holds"]
    with pytest.raises(ValueError, match=f"{bound} must be left out .* or the column {column} of the log"):
        ll.check(scenario, **{bound: 99.0})


@pytest.mark.parametrize("column", ["tokens", "seconds"])
def test_what_a_log_recorded_without_a_price_costs_nothing(column):
    """Utility has the limits that it has without the column, and with a price those of the price."""
    right, taken = np.tile([1, 1, 1, 0], 40), np.tile([1, 1, 0, 0], 40)
    log = pl.DataFrame(
        {"task": np.repeat(np.arange(40), 4), "correct": right, "accepted": taken, column: 300 - 200 * right}
    )
    log = log.with_columns(cost=pl.lit(0.0))
    utility = ll.Utility(wrong_cost=2, attempt_cost=0.05)
    rows = []
    for read in ({}, {column: column}, {"cost": "cost"}):
        tasks = ll.Tasks.from_attempts(log, accepted="accepted", **read)
        rows.append(ll.check(ll.SamplingScenario(tasks=tasks, max_attempts=[2], utility=utility), min_utility=0.3))
    for row in rows:
        assert row.select("verdict", "low", "high").rows() == rows[0].select("verdict", "low", "high").rows()
    assert rows[0]["verdict"].to_list() == ["holds"]


def test_short_tasks_are_left_out_where_that_was_asked_for():
    random = np.random.default_rng(2)
    rows = [(i, bool(random.random() < 0.8)) for i in range(50) for _ in range(8 if i > 2 else 1)]
    log = pl.DataFrame(rows, schema=["task", "correct"], orient="row")
    scenario = ll.SamplingScenario(tasks=ll.Tasks.from_attempts(log, short="drop"), max_attempts=[5])
    row = ll.check(scenario, min_accuracy=0.6).row(0, named=True)
    assert (row["verdict"], row["evidence"]) == (
        "holds",
        "47 tasks (3 with fewer attempts left out) and a perfect verifier (no verdicts were found)",
    )
    assert row["estimate"] == pytest.approx(ll.solve(scenario)["accuracy"][0], abs=1e-12)
    kept = scenario.replace(tasks=ll.Tasks.from_attempts(log))
    row = ll.check(kept, min_accuracy=0.9).row(0, named=True)
    assert (
        row["would_tell"] == "5 attempts of every task; 3 of 50 have fewer, the least 1: short='drop' leaves them out"
    )


def left_open(scenario: ll.SamplingScenario, rates: list[float], icc: float = 0.0, labels: int = 100):
    """The scenario with one of these false positive rates, whichever it is, as labels leave it open."""
    many = np.asarray(rates)
    verifier = SimpleNamespace(
        kind="labelled",
        labels=labels,
        false_positive_rate=many,
        false_negative_rate=np.zeros(len(many)),
        false_positive_icc=np.full(len(many), icc),
        false_negative_icc=np.zeros(len(many)),
    )
    return SimpleNamespace(verifier=verifier, tasks=scenario.tasks, replace=scenario.replace)


def asked(scenario, bound: float, tail: float):
    return over_verifiers(
        scenario, Ask([Requirement("precision", True, bound)], tail, False, 1_000, 0, 1, None), answers
    )


def test_what_labels_leave_open_widens_the_limits():
    scenario = counted(80, max_attempts=[3])
    known = scenario.replace(verifier=ll.Verifier.rates(false_positive_rate=0.1))
    # Twenty alike are one that is known, with half of the error.
    (same,) = asked(left_open(scenario, [0.1] * 20), 0.9, 0.05)
    row = ll.check(known, min_precision=0.9, error=0.025).row(0, named=True)
    assert (same.low, same.high, same.estimate) == pytest.approx((row["low"], row["high"], row["estimate"]))
    assert (same.verdict, same.evidence) == ("holds", "80 tasks, 100 labels")
    # A tenth of them is bad: nearly every limit is that of a good one, but not the one that is said.
    (bad,) = asked(left_open(scenario, [0.9] * 20), 0.9, 0.05)
    between = 0.5 * (bad.low + same.low)
    (some,) = asked(left_open(scenario, [0.1] * 180 + [0.9] * 20), between, 0.05)
    assert some.low == pytest.approx(bad.low)
    assert some.verdict == "cannot tell"
    assert some.would_tell == f"about {some.needed:,} labels in all"
    assert some.needed > 100
    assert asked(left_open(scenario, [0.1] * 20), between, 0.05)[0].verdict == "holds"


def test_labels_do_not_stand_in_for_attempts():
    """Of 5 attempts a task nothing says what 50 bring, however many labels there are."""
    log = pl.DataFrame({"task": [n // 5 for n in range(100)], "correct": [n % 3 == 0 for n in range(100)]})
    scenario = ll.SamplingScenario(tasks=ll.Tasks.from_attempts(log), verifier=RATES, max_attempts=[50])
    asks = Ask([Requirement("accuracy", True, 0.99)], 0.05, False, 1_000, 0, 1, None)
    (found,) = over_verifiers(left_open(scenario, list(np.linspace(0.01, 0.5, 20))), asks, answers)
    assert (found.verdict, found.estimate) == ("cannot tell", None)
    assert found.would_tell == "50 attempts of every task; 20 of 20 have fewer, the least 5"


def test_supposed_tasks_are_as_open_as_the_verifier():
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.2, 0.6]), verifier=RATES, max_attempts=[4])
    rates = np.linspace(0.01, 0.3, 200)
    (found,) = asked(left_open(scenario, list(rates)), 0.5, 0.1)
    ends = []
    for rate in rates[[200 - 1 - 10, 10]]:  # 5 % on each side
        frame = ll.solve(scenario.replace(verifier=ll.Verifier.rates(false_positive_rate=rate)))
        ends.append(frame["accuracy"][0] / frame["returned"][0])
    assert (found.low, found.high) == pytest.approx(ends)
    assert found.evidence == "tasks as supposed, 100 labels"


def run(*words):
    return CliRunner().invoke(main, ["check", *map(str, words)])


def test_tasks_whose_attempts_end_early_are_said_once(tmp_path):
    rows = [(f"t{i}", i % 10 > 0, a) for i in range(150) for a in range(4)]
    pl.DataFrame(rows, schema=["task", "correct", "accepted"], orient="row").with_columns(
        accepted=pl.col("correct")
    ).write_csv(tmp_path / "log.csv")
    found = run(tmp_path / "log.csv", "--max-attempts", "6", "--min-coverage", "0.5", "--max-wrong", "0.1")
    assert "cannot tell: at 6 attempts, from 150 tasks, at 4 attempts, with" in found.output.splitlines()[-1]


def test_the_command_ends_with_its_verdict(tmp_path):
    path = tmp_path / "scenario.json"
    path.write_text(counted(verifier=RATES).to_json())
    holds = run(path, "--min-accuracy", "0.5")
    assert holds.exit_code == 0
    assert holds.output.splitlines()[-1] == "holds: at 3 attempts, from 40 tasks, with an error of at most 0.05"
    fails = run(path, "--min-accuracy", "0.5", "--max-wrong", "0", "--format", "json")
    assert fails.exit_code == 1
    assert [row["verdict"] for row in json.loads(fails.output)] == ["holds", "fails"]
    report = tmp_path / "report.xml"
    unsure = run(path, "--min-precision", "0.98", "--min-accuracy", "0.5", "--junit", report)
    assert unsure.exit_code == 3, unsure.output
    assert "tasks in all" in unsure.output
    suite = ET.parse(report).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1")
    message = suite.find("testcase/error").get("message")
    assert message.startswith("precision >= 0.98 cannot tell: 0.9")
    assert "false_positive_rate=0.2" in suite.find("testcase/error").text
    for words in ([path], [path, "--min-accuracy", "2"], [tmp_path / "none.toml", "--min-accuracy", "0.5"]):
        assert run(*words).exit_code == 2
