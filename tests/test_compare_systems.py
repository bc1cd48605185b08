"""Systems on shared tasks: published numbers, the definition, coverage of intervals and bands, edges, errors."""

import math
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from reference.tails import FALSE_ALARM, binomial_p_value

RUNS = ll.datasets.evalperf()
MODELS = RUNS["model"].unique(maintain_order=True).to_list()


def counts(correct: Any, n: int = 1) -> pl.DataFrame:
    return pl.DataFrame({"task": [f"t{i}" for i in range(len(correct))], "n": n, "correct": list(correct)})


def pair(a: Any, b: Any, n: int = 1, **options: Any) -> dict[str, Any]:
    options = {"attempts": "n", "k": 1} | options
    return ll.compare_systems({"a": counts(a, n), "b": counts(b, n)}, **options).row(0, named=True)


def test_one_attempt_is_mcnemar_and_bonett_and_price() -> None:
    """22 against 8 discordant of 89 tasks."""
    row = pair([1] * 22 + [0] * 8 + [1] * 30 + [0] * 29, [0] * 22 + [1] * 8 + [1] * 30 + [0] * 29)
    assert row["difference"] == pytest.approx(14 / 89)
    assert row["difference_se"] == pytest.approx(0.0596, abs=5e-5)
    assert row["p_value"] == pytest.approx(2 * sum(math.comb(30, i) for i in range(9)) / 2**30, rel=1e-12)
    assert round(row["p_value"], 4) == 0.0161
    # Their adjusted proportions 23/91 and 9/91, with Student's t of 88 degrees of freedom.
    p, q, t = 23 / 91, 9 / 91, 1.987289865
    half = t * math.sqrt((p + q - (p - q) ** 2) / 91)
    assert (row["low"], row["high"]) == pytest.approx((p - q - half, p - q + half), rel=1e-8)
    assert (row["band_low"], row["band_high"], row["winner"]) == (row["low"], row["high"], "a")


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_one_attempt_has_one_answer(confidence: float) -> None:
    """The interval excludes 0 where the exact test tells the two apart, and there alone."""
    row = pair([1] * 9 + [0] * 21, [0] * 9 + [1] * 2 + [0] * 19)
    assert (row["winner"], row["low"]) == (None, 0)
    assert row["p_value"] == pytest.approx(0.0654, abs=1e-4)
    for first in range(20):
        for second in range(first + 1):
            one = pair(
                [1] * first + [0] * (40 - first),
                [0] * first + [1] * second + [0] * (40 - first - second),
                confidence=confidence,
                bootstrap=0,
            )
            told = one["p_value"] <= 1 - confidence
            assert (one["low"] > 0) is told, one
            assert one["winner"] == ("a" if told else None)


def test_short_tasks_are_a_reason_and_may_be_dropped() -> None:
    """One system tried x once, the other all twice: with two attempts there is nothing of x."""
    a = pl.DataFrame({"task": ["x", "y", "y", "z", "z"], "correct": [1, 0, 1, 1, 1]})
    b = pl.DataFrame({"task": ["x", "x", "y", "y", "z", "z"], "correct": [1, 0, 1, 0, 0, 0]})
    found = ll.compare_systems({"a": a, "b": b}, k=[1, 2])
    assert found["reason"][0] is None
    assert found["reason"][1].startswith("1 of 3 tasks have fewer than 2 attempts")
    assert found["difference"].is_null().to_list() == [False, True]
    for options in ({}, {"statistic": ll.AnyOf()}):
        systems = {"a": ll.Tasks.from_attempts(a, short="drop"), "b": ll.Tasks.from_attempts(b)}
        dropped = ll.compare_systems(systems, k=[1, 2], **options)
        others = {name: frame.filter(pl.col("task") != "x") for name, frame in (("a", a), ("b", b))}
        alone = ll.compare_systems(others, k=[1, 2])
        assert dropped["tasks"].to_list() == [2, 2]
        for name in ("difference", "low", "high", "band_low"):
            assert dropped[name].to_list() == pytest.approx(alone[name].to_list(), abs=1e-12)
    with pytest.raises(ValueError, match=r"^systems\['a'\]: tasks must have one with 3 attempts, got 2 at most"):
        ll.compare_systems({"a": systems["a"], "b": b}, k=3)
    assert ll.compare_systems({"a": a[:1], "b": b[:2]})["reason"].item() == "one task says nothing about others"


def test_three_runs_of_a_hundred_tasks_by_the_printed_digits() -> None:
    """A difference of .01667 with a standard error of .01196, printed for three runs without the data behind it.

    Its source was not found. Of thirds on n tasks these digits leave, up to 120 tasks, only n = 100 with squares that
    add to 13/9: here nine tasks where one system solves one run more, and four where it solves one fewer.
    """
    for n in range(20, 121, 20):  # a sum of n/60 must be one of thirds
        squares = 9 * (0.01196**2 * n * (n - 1) + n / 3600)
        near = [k for k in range(int(squares) + 3) if k % 2 == (n // 20) % 2 and k >= n // 20]
        fits = [k for k in near if abs(math.sqrt((k / 9 - n / 3600) / n / (n - 1)) - 0.01196) < 5e-6]
        assert fits == ([13] if n == 100 else [])
    row = pair([2] * 9 + [1] * 91, [1] * 9 + [2] * 4 + [1] * 87, n=3)
    assert (round(row["difference"], 5), round(row["difference_se"], 5)) == (0.01667, 0.01196)
    assert row["winner"] is None


def test_pairs_of_evalperf_are_told_apart_as_often_as_their_docs_say() -> None:
    """Of 561 pairs 389 at 95 %, 219 with 5 % shared by all (|z| > 3.92); unpaired 316."""
    found = ll.compare_systems({name: RUNS.filter(model=name) for name in MODELS}, attempts="n")
    z = (found["difference"] / found["difference_se"]).abs()
    assert (found.height, (z > 1.96).sum(), (z > 3.92).sum()) == (561, 389, 219)
    alone = {
        name: ll.pass_at_k(runs["n"], runs["correct"], 1)["pass_at_k_se"].item()
        for (name,), runs in RUNS.group_by("model")
    }
    unpaired = [
        abs(d) / math.hypot(alone[a], alone[b]) > 1.96
        for a, b, d in found.select("system", "other", "difference").rows()
    ]
    assert sum(unpaired) == 316
    # Holm tells apart what Bonferroni does, and more.
    assert (found["p_value"] * 561 <= 0.05).sum() <= found["winner"].count() < (found["p_value"] <= 0.05).sum()
    better = found.drop_nulls("winner")
    first = better["winner"].cast(pl.String) == better["system"].cast(pl.String)
    assert (first == (better["difference"] > 0)).all()


def test_holm_steps_down() -> None:
    """Of three pairs p = .01, .04, .03: .03, .06, .06; by hand."""
    from limitlaw.decisions.systems import holm  # noqa: PLC0415  (not public)

    assert holm(np.array([0.01, 0.04, np.nan, 0.03])) == pytest.approx([0.03, 0.06, np.nan, 0.06], nan_ok=True)


def rate(statistic: str, n: Any, c: Any, k: int) -> np.ndarray:
    """From binomial coefficients."""
    if statistic == "pass_hat_k":
        return np.array([math.comb(right, k) / math.comb(all_of, k) for all_of, right in zip(n, c, strict=True)])
    return np.array(
        [1 - math.comb(all_of - right, k) / math.comb(all_of, k) for all_of, right in zip(n, c, strict=True)]
    )


@pytest.mark.parametrize("statistic", ["pass_at_k", "pass_hat_k"])
def test_means_and_errors_are_those_of_the_differences(statistic: Any) -> None:
    """Tasks in another order, some of one system alone; rows are over the shared ones."""
    random = np.random.default_rng(1)
    a = counts(random.integers(0, 9, 30), 8).sample(fraction=1, shuffle=True, seed=3)
    b = counts(random.integers(0, 13, 40), 12).slice(5).sample(fraction=1, shuffle=True, seed=4)
    found = ll.compare_systems({"a": a, "b": b}, attempts="n", k=[1, 3, 8, 9], statistic=statistic)
    both = a.join(b, on="task")
    for k, row in zip([1, 3, 8], found.iter_rows(named=True), strict=False):
        x = rate(statistic, both["n"], both["correct"], k) - rate(statistic, both["n_right"], both["correct_right"], k)
        assert row["difference"] == pytest.approx(x.mean(), abs=1e-14)
        assert row["difference_se"] == pytest.approx(x.std(ddof=1) / math.sqrt(25), rel=1e-12)
        assert row["tasks"] == both.height == 25
        assert row["metric"] - row["other_metric"] == pytest.approx(row["difference"], abs=1e-14)
    last = found.row(3, named=True)
    assert (last["difference"], last["low"], last["p_value"], last["winner"], last["short_tasks"]) == (
        None,
        None,
        None,
        None,
        25,
    )


def test_a_row_per_attempt_is_counted() -> None:
    a = pl.DataFrame({"task": ["x", "y", "x", "y"], "correct": [True, False, False, False]})
    b = pl.DataFrame({"task": ["y", "y", "x"], "correct": [1, 0, 1]})
    row = ll.compare_systems({"a": a, "b": b}).row(0, named=True)
    assert (row["metric"], row["other_metric"], row["tasks"]) == (pytest.approx(0.25), pytest.approx(0.75), 2)
    assert ll.compare_systems({"a": ll.Tasks.from_attempts(a), "b": b}).row(0, named=True) == row


def test_any_policy_on_recorded_attempts() -> None:
    random = np.random.default_rng(2)
    logs = {}
    for name, skill in (("a", 0.6), ("b", 0.4)):
        right = random.random((12, 6)) < skill
        answer = np.where(right, "right", random.choice(["x", "y"], right.shape))
        task = np.broadcast_to(np.arange(12)[:, None], right.shape)
        logs[name] = pl.DataFrame({"task": task.ravel(), "correct": right.ravel(), "answer": answer.ravel()})
    systems = {name: ll.Tasks.from_attempts(log, answer="answer") for name, log in logs.items()}
    any_of = ll.compare_systems(systems, k=[1, 3], statistic=ll.AnyOf())
    rates = ll.compare_systems(logs, k=[1, 3])
    for column in ("difference", "difference_se", "low", "high", "band_low"):
        assert any_of[column].to_list() == pytest.approx(rates[column].to_list(), abs=1e-12)
    vote = ll.compare_systems(systems, k=[3, 7], statistic=ll.MajorityVote())
    scenario = {
        name: ll.SamplingScenario(tasks=one, policies=[ll.MajorityVote()], max_attempts=[3])
        for name, one in systems.items()
    }
    solved = {name: ll.solve(one)["accuracy"].item() for name, one in scenario.items()}
    row = vote.row(0, named=True)
    assert (row["metric"], row["other_metric"]) == pytest.approx((solved["a"], solved["b"]), abs=1e-14)
    assert (vote["difference"][1], vote["short_tasks"][1], vote["statistic"][0]) == (None, 12, "majority_vote")
    # A task that is too short for one of them is short alone.
    short = systems | {"b": ll.Tasks.from_attempts(logs["b"].slice(4), answer="answer")}
    assert ll.compare_systems(short, k=[2, 3], statistic=ll.MajorityVote())["short_tasks"].to_list() == [0, 1]
    with pytest.raises(ll.NoClosedFormError):
        ll.compare_systems(systems, k=3, statistic=ll.StopWhenAhead(2))


def test_edges_are_honest() -> None:
    """Equal everywhere is not equal for certain: 5 tasks leave more than half open, 1,000 little."""
    for value in (0, 1):
        row = pair([value] * 5, [value] * 5)
        assert (row["difference"], row["difference_se"], row["p_value"], row["winner"]) == (0, 0, 1, None)
        assert row["high"] == -row["low"] > 0.45  # 1 - .025^(1/5) = .52 is exact
    assert 0.002 < pair([1] * 1000, [1] * 1000)["high"] < 0.004
    apart = pair([1] * 5, [0] * 5)
    assert (apart["difference"], apart["p_value"], apart["high"]) == (1, 2 / 32, 1)
    assert apart["low"] < 0.2
    one = pair([1], [0])
    assert (one["difference"], one["difference_se"], one["low"], one["p_value"]) == (1, None, None, None)
    same = pair([3] * 9, [3] * 9, 8, k=[1, 2, 4])
    assert (same["p_value"], same["sign_change"]) == (1, None)
    assert same["band_low"] < -0.2


def curves(random: np.random.Generator, tasks: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of two systems: the second has a little less spread, so that it wins at one attempt and loses at many."""
    p = random.beta(0.5, 1.0, tasks)
    return random.binomial(n, p), random.binomial(n, np.where(p < 0.3, 0.5 * p, np.sqrt(p)))


def test_bands_hold_at_all_k_together_and_intervals_do_not() -> None:
    """300 data sets of 40 tasks: coverage of .93 passes but for a probability of 1e-9."""
    random = np.random.default_rng(5)
    many = 200_000
    p = random.beta(0.5, 1.0, many)
    q = np.where(p < 0.3, 0.5 * p, np.sqrt(p))
    ks = np.array([1, 2, 4, 8, 12, 16])
    truth = np.array([((1 - q) ** k - (1 - p) ** k).mean() for k in ks])
    band, each, sets = 0, 0, 300
    for seed in range(sets):
        a, b = curves(random, 40, 16)
        found = ll.compare_systems(
            {"a": counts(a, 16), "b": counts(b, 16)}, attempts="n", k=ks, bootstrap=1000, seed=seed
        )
        inside = [
            ((found[low].to_numpy() <= truth) & (truth <= found[high].to_numpy())).all()
            for low, high in (("band_low", "band_high"), ("low", "high"))
        ]
        band, each = band + inside[0], each + inside[1]
        assert (found["band_low"] <= found["low"]).all()
        assert (found["band_high"] >= found["high"]).all()
    assert band >= 0.93 * sets or binomial_p_value(band, sets, 0.93) > FALSE_ALARM
    assert each < band


def test_the_critical_value_is_that_of_the_multiplier_bootstrap() -> None:
    """Drawn task by task with normal weights, 20,000 times: quantiles within 3 % (each has an error of .5 %)."""
    base = ll.datasets.deepscaler_base()
    random = np.random.default_rng(6)
    other = base.with_columns(
        correct=pl.Series(random.binomial(128, np.clip(0.03 + 0.9 * base["correct"].to_numpy() / 128, 0, 1)))
    )
    ks = list(range(1, 129))
    found = ll.compare_systems({"base": base, "other": other}, attempts="n", k=ks, bootstrap=20_000)
    x = np.column_stack(
        [
            rate("pass_at_k", base["n"], base["correct"], k) - rate("pass_at_k", base["n"], other["correct"], k)
            for k in ks
        ]
    )
    standard = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1) / math.sqrt(len(x))
    largest = np.concatenate([np.abs(random.standard_normal((2000, len(x))) @ standard).max(axis=1) for _ in range(10)])
    t = 1.9622  # of 1,059 degrees of freedom
    critical = (found["band_high"] - found["band_low"]) / (found["high"] - found["low"]) * t
    assert critical.to_numpy() == pytest.approx(np.quantile(largest, 0.95), rel=0.03)
    again = ll.compare_systems({"base": base, "other": other}, attempts="n", k=ks, bootstrap=20_000, threads=1)
    assert again.equals(found)


def test_where_the_sign_changes() -> None:
    """Wins for certain at 1, loses for certain at 16: the set is where the band ends above 0 and begins below it."""
    random = np.random.default_rng(8)
    p = np.where(np.arange(400) < 240, 0.95, 0.0)  # certain tasks
    q = np.full(400, 0.35)
    a, b = counts(random.binomial(32, p), 32), counts(random.binomial(32, q), 32)
    found = ll.compare_systems({"a": a, "b": b}, attempts="n", k=range(1, 33))
    first = found.filter(pl.col("difference") < 0)["k"].min()
    low = found.filter(pl.col("band_low") < 0)["k"].min()
    high = found.filter(pl.col("band_high") < 0)["k"].min()
    row = found.row(0, named=True)
    assert (row["sign_change"], row["sign_change_low"], row["sign_change_high"]) == (first, low, high)
    assert low < first <= high
    swapped = ll.compare_systems({"b": b, "a": a}, attempts="n", k=range(1, 33))
    assert swapped.select("sign_change", "sign_change_low", "sign_change_high").row(0) == (first, low, high)
    never = ll.compare_systems({"a": a, "b": b}, attempts="n", k=[1, 2], bootstrap=0)
    assert "band_low" not in never.columns


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: ll.compare_systems({"a": RUNS}), ValueError, "systems must be at least two by name"),
    (lambda: ll.compare_systems([RUNS, RUNS]), ValueError, "systems must be at least two by name"),
    (
        lambda: ll.compare_systems({"a": counts([1]), "b": 3}),
        TypeError,
        "systems['b']: frame must be a polars.DataFrame, got 3",
    ),
    (
        lambda: ll.compare_systems({"a": RUNS, "b": RUNS}, attempts="n"),
        ValueError,
        "systems['a']: task must name each task once where attempts are counted, got 'HumanEval/9' twice",
    ),
    (lambda: pair([1], [2]), ValueError, "systems['b']: correct[0] must be at most attempts[0] = 1, got 2"),
    (
        lambda: pair([1], [1], attempts=None, n=1) and pair([2], [1], attempts=None),
        ValueError,
        "systems['a']: correct must be a column of booleans, or of 0 and 1, in frames with a row per attempt",
    ),
    (lambda: pair([1], [1], k=[2, 1]), ValueError, "k must be ascending whole numbers from 1 on, got [2, 1]"),
    (lambda: pair([1], [1], k=0), ValueError, "k must be ascending whole numbers from 1 on, got 0"),
    (
        lambda: pair([1], [1], statistic="median"),
        ValueError,
        "statistic must be 'pass_at_k', 'pass_hat_k' or a policy, got 'median'",
    ),
    (
        lambda: pair([1], [1], statistic=ll.MajorityVote()),
        TypeError,
        "systems['a']: a policy needs recorded attempts (Tasks.from_attempts), got",
    ),
    (lambda: pair([1], [1], confidence=1.0), ValueError, "confidence must be"),
    (
        lambda: pair([1], [1], task="name"),
        ValueError,
        "systems['a']: task must name one of the columns ['task', 'n', 'correct'], got 'name'",
    ),
    (
        lambda: ll.compare_systems({"a": counts([1]), "b": counts([1]).with_columns(task=pl.lit("u"))}, attempts="n"),
        ValueError,
        "systems must share tasks, got none that 'a' (such as 't0') and 'b' (such as 'u') both tried",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_what_cannot_be_compared_is_refused(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(message)):
        call()


def test_weights_of_tasks_are_not_left_out_in_silence() -> None:
    plain = ll.Tasks.from_attempts(pl.DataFrame({"task": list("aabbcc"), "correct": [1, 0, 0, 0, 1, 1]}))
    alike = plain.replace(weight=[2.0, 2.0, 2.0])
    assert ll.compare_systems({"a": alike, "b": plain})["difference"].to_list() == [0.0]
    with pytest.raises(
        ValueError, match=r"systems\['b'\]: recorded attempts must have no weights, for tasks count alike"
    ):
        ll.compare_systems({"a": plain, "b": plain.replace(weight=[1.0, 1.0, 8.0])})


@pytest.mark.parametrize("column", ["model", "system"])
def test_attempts_of_several_models_are_not_pooled_without_a_word(column: str) -> None:
    log = pl.DataFrame({"task": list("aaaabbbb"), column: ["x", "y"] * 4, "correct": [1, 0, 0, 1, 1, 1, 0, 1]})
    alone = log.filter(pl.col(column) == "x")
    said = f"of {column} 'x' and 'y' at task 'a': take a frame of each, as in frame.filter(pl.col('{column}') == 'x')"
    for call in (
        lambda: ll.Tasks.from_attempts(log),
        lambda: ll.compare_systems({"a": alone, "b": log}),
        lambda: ll.plan.pilot({"a": alone, "b": log}),
    ):
        with pytest.warns(ll.MisfitWarning, match=re.escape(f"frame pools attempts {said}")) as caught:
            call()
        assert caught[0].filename == __file__
    with pytest.raises(ValueError, match=re.escape(f"got attempt 0 at task 'a' in several, {said}")):
        ll.Tasks.from_attempts(log.with_columns(attempt=0))
    # One model each, or each at tasks of its own, or told by no column: no warning, which would be an error.
    ll.compare_systems({"a": alone, "b": log.filter(pl.col(column) == "y")})
    ll.Tasks.from_attempts(log.with_columns(pl.col("task") + pl.col(column)))
    ll.Tasks.from_attempts(log.drop(column))


def test_a_copied_attempt_is_no_further_one() -> None:
    log = pl.DataFrame({"task": list("aaabb"), "attempt": [0, 0, 1, 0, 1], "correct": [1, 1, 0, 0, 0]})
    message = "frame must have every attempt at a task in one row, got attempt 0 at task 'a' in several"
    good = log[1:]
    assert ll.compare_systems({"a": good, "b": good})["tasks"].to_list() == [2]
    with pytest.raises(ValueError, match=f"systems\\['b'\\]: {message}"):
        ll.compare_systems({"a": good, "b": log})
    with pytest.raises(ValueError, match=message):
        ll.plan.pilot(log)
    # Of counts a column of that name says something else.
    rows = pl.DataFrame({"task": list("ab"), "attempt": [3, 3], "n": [4, 4], "correct": [1, 2]})
    assert ll.compare_systems({"a": rows, "b": rows}, attempts="n")["tasks"].to_list() == [2]
