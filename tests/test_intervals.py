"""Intervals of every column over tasks and over attempts: against closed forms, at the edges, and how to ask."""

from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

SHARES = ("accuracy", "wrong", "accepted", "returned", "abstained", "coverage")
RANDOM = np.random.default_rng(3)


def log(tasks: int, attempts: int, *, correct=None) -> pl.DataFrame:
    random = np.random.default_rng(tasks + attempts)
    task = np.repeat(np.arange(tasks), attempts)
    right = (
        random.random(len(task)) < random.beta(0.6, 1.4, tasks)[task]
        if correct is None
        else np.full(len(task), correct)
    )
    answers = np.where(right, "right", random.choice(list("abc"), len(task)))
    columns = {"task": task, "correct": right, "answer": answers, "score": random.normal(right).round(2)}
    return pl.DataFrame(columns | {"tokens": random.gamma(4, 100, len(task)).round()})


POLICIES = [ll.AnyOf(), ll.AllOf(), ll.BestOf(), ll.MajorityVote(), ll.FirstAccepted()]


def recorded(tasks: int, attempts: int, **more) -> ll.SamplingScenario:
    frame = log(tasks, attempts, **more)
    known = ll.Tasks.from_attempts(frame, answer="answer", score="score", tokens="tokens")
    return ll.SamplingScenario(tasks=known, policies=POLICIES, max_attempts=[1, 4], utility=ll.Utility(wrong_cost=1))


def test_over_tasks_pass_at_k_and_the_accuracy_of_any_of_are_one():
    """Both have Gaffke's limits."""
    attempts, correct = np.full(23, 9), RANDOM.integers(0, 10, 23)
    one = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts, correct, correct, correct=correct), policies=[ll.AnyOf()], max_attempts=[1, 4]
    )
    for confidence in (0.8, 0.95):
        found = ll.solve(one, resample="tasks", confidence=confidence)
        want = ll.pass_at_k(attempts, correct, [1, 4], confidence=confidence)
        for ours, theirs in (("accuracy", "pass_at_k"), ("accuracy_low", "low"), ("accuracy_high", "high")):
            np.testing.assert_allclose(found[ours], want[theirs], rtol=1e-12)


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("resample", ["tasks", "attempts"])
def test_ten_of_ten_are_no_certainty(correct, resample):
    """Clopper and Pearson over tasks: of 10 of 10 the 95 % limit is .025^(1/10) = .6915."""
    kinds = {
        "pool": ll.Tasks.pool([8] * 10, [8 * correct] * 10, [8 * correct] * 10, correct=[8 * correct] * 10),
        "counts": ll.Tasks.counts(attempts=[8] * 10, correct=[8 * correct] * 10),
    }
    for kind, tasks in kinds.items():
        one = ll.SamplingScenario(
            tasks=tasks, verifier=None if kind == "pool" else ll.Verifier.perfect(), max_attempts=[1]
        )
        row = ll.solve(one, resample=resample, bootstrap=500, seed=1).row(0, named=True)
        other = row["accuracy_low"] if correct else 1 - row["accuracy_high"]
        assert row["accuracy"] == float(correct)
        if resample == "tasks":
            # Counts leave their rates open, too.
            assert other == pytest.approx(0.025**0.1, rel=1e-9 if kind == "pool" else 0.05)
            assert row["coverage_low" if correct else "coverage_high"] == pytest.approx(other if correct else 1 - other)
        else:
            assert 0.8 < other < 1


def test_every_column_has_an_interval_around_it():
    frame = ll.solve(recorded(20, 6), resample="tasks")
    for metric in (*SHARES, "precision", "false_discovery_rate", "attempts_used", "tokens", "utility"):
        known = frame.drop_nulls([metric, f"{metric}_low"])
        assert known.height > 0
        inside = (known[f"{metric}_low"] <= known[metric] + 1e-12) & (known[metric] <= known[f"{metric}_high"] + 1e-12)
        assert inside.all(), metric
        assert (frame[metric].is_null() == frame[f"{metric}_low"].is_null()).all(), metric
    np.testing.assert_allclose(frame["precision_low"], 1 - frame["false_discovery_rate_high"], rtol=1e-9)
    wider = ll.solve(recorded(20, 6), resample="tasks", confidence=0.99)
    assert (wider["utility_low"] <= frame["utility_low"]).all()
    assert (wider["tokens_high"] >= frame["tokens_high"]).all()


def test_amounts_have_students_t_of_the_logarithm():
    tokens = np.array([100.0, 200.0, 50.0, 400.0, 120.0, 310.0])
    frame = pl.DataFrame({"task": range(6), "correct": [True, False] * 3, "tokens": tokens})
    one = ll.SamplingScenario(
        tasks=ll.Tasks.from_attempts(frame, tokens="tokens"), policies=[ll.AnyOf()], max_attempts=[1]
    )
    row = ll.solve(one, resample="tasks").row(0, named=True)
    half = 2.570_581_835_636_314 * tokens.std(ddof=1) / np.sqrt(6) / tokens.mean()  # the 97.5 % point of t with 5
    ends = tokens.mean() * np.exp([-half, half])
    assert [row["tokens_low"], row["tokens_high"]] == pytest.approx(list(ends), rel=1e-9)


@pytest.mark.parametrize(
    "tasks", [ll.Tasks.fixed([0.1] * 10 + [0.9] * 10), ll.Tasks.counts([5] * 20, [0] * 9 + [4] * 11)]
)
def test_a_verifier_that_never_errs_lets_nothing_wrong_through(tasks):
    """The utility is the accuracy then, at any cost of a wrong answer; with a fallback something wrong is answered."""
    worth = ll.Utility(wrong_cost=20)
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
    scenario = ll.SamplingScenario(tasks=tasks, policies=policies, max_attempts=[4], utility=worth)
    frames, known = [ll.solve(scenario, resample="tasks")], type(tasks).__name__ == "FixedTasks"
    if known:
        frames.append(ll.simulate(scenario, resample="tasks", trials=1000, seed=1))
    for frame in frames:
        strict, last = frame.rows(named=True)
        assert (strict["wrong_low"], strict["wrong_high"]) == (0.0, 0.0)
        assert (strict["precision_low"], strict["precision_high"]) == (1.0, 1.0)
        for end in ("low", "high"):
            assert strict[f"utility_{end}"] == pytest.approx(strict[f"accuracy_{end}"])
        assert last["wrong_high"] > 0.05
        assert last["utility_low"] < 0.0
    one = scenario.replace(policies=policies[:1], verifier=ll.Verifier.perfect())
    if not known:
        checked = ll.check(one, min_utility=0.1, min_accuracy=0.1)
        assert checked["low"].n_unique() == 1


def test_the_precision_has_the_limits_of_a_share_where_every_task_returns():
    one = ll.SamplingScenario(tasks=ll.Tasks.pool([1] * 12, [1] * 12, [1] * 9 + [0] * 3), max_attempts=[1])
    row = ll.solve(one, resample="tasks").row(0, named=True)
    want = ll.pass_at_k(1, [1] * 9 + [0] * 3, 1).row(0, named=True)
    assert [row["precision_low"], row["precision_high"]] == pytest.approx([want["low"], want["high"]], rel=1e-9)


def test_a_weight_of_two_is_a_task_twice_at_half_the_worth():
    """Weights that are all alike change nothing; uneven ones leave fewer tasks in effect."""
    success = [0.1, 0.3, 0.5, 0.7]
    plain, even, uneven = (
        ll.solve(
            ll.SamplingScenario(tasks=ll.Tasks.fixed(success=success, weight=weight), max_attempts=[2]),
            resample="tasks",
        ).row(0, named=True)
        for weight in (None, [2, 2, 2, 2], [9, 1, 1, 1])
    )
    assert even["accuracy_high"] == pytest.approx(plain["accuracy_high"], rel=1e-12)
    assert uneven["accuracy_high"] - uneven["accuracy_low"] > plain["accuracy_high"] - plain["accuracy_low"]


def test_simulations_have_the_same_intervals():
    one = recorded(20, 6)
    exact = ll.solve(one, resample="tasks")
    found = ll.simulate(one, trials=4_000, seed=1, resample="tasks")
    for column in ("accuracy_low", "accuracy_high", "tokens_high", "utility_low"):
        gap = (found[column] - exact[column]).abs() / (1 + exact[column].abs())
        assert gap.max() < 0.02, column
    stopping = one.replace(policies=[ll.StopWhenAhead(2)])
    row = ll.simulate(stopping, trials=500, seed=1, resample="tasks", columns=["accuracy"]).row(1, named=True)
    assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]


@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
def test_what_labels_leave_open_is_added():
    verifier = ll.Verifier.from_labels(
        pl.DataFrame({"task": range(60), "correct": [True, False] * 30, "accepted": [True, False] * 27 + [True] * 6})
    )
    tasks = ll.Tasks.counts(attempts=[20] * 30, correct=RANDOM.integers(0, 8, 30))
    one = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[30])
    alone = one.replace(verifier=ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.05))

    def width(scenario, **more):
        row = ll.solve(scenario, **more).row(0, named=True)
        return row["accuracy_high"] - row["accuracy_low"]

    both = width(one, resample="tasks")
    assert both > width(one)
    assert both > width(alone, resample="tasks")
    assert width(one, resample="attempts", seed=1, bootstrap=300) > width(one)


def test_attempts_of_counts_are_their_posterior():
    """One task of 12 of 20 with a perfect verifier: the interval of its rate, near Clopper and Pearson's."""
    tasks = ll.Tasks.counts(attempts=[20, 20], correct=[12, 12])
    one = ll.SamplingScenario(tasks=tasks, max_attempts=[1])
    row = ll.solve(one, resample="attempts", seed=2, bootstrap=4_000).row(0, named=True)
    want = ll.pass_at_k(20, [12, 12], 1, resample="attempts").row(0, named=True)
    assert [row["accuracy_low"], row["accuracy_high"]] == pytest.approx([want["low"], want["high"]], abs=0.04)
    again = ll.solve(one, resample="attempts", seed=2, bootstrap=4_000, threads=1)
    assert again.row(0, named=True) == row


def test_attempts_of_records_are_worth_as_many_trials_as_have_their_variance():
    """One attempt of tasks that differ: at least as many trials as attempts, near those of the shares' own variance."""
    one = recorded(15, 12).replace(max_attempts=[1])
    found = ll.solve(one, resample="attempts", seed=3, bootstrap=2_000)
    counts = log(15, 12).group_by("task", maintain_order=True).agg(pl.col("correct").sum())["correct"].to_numpy()
    want = ll.pass_at_k(12, counts, 1, resample="attempts").row(0, named=True)
    for end in ("low", "high"):
        # The variance of 1,000 pairs is known within 4.5 %, so that 25 % are five of these; the width goes as its root.
        half = abs(want[end] - want["pass_at_k"])
        assert found[f"accuracy_{end}"][0] == pytest.approx(want[end], abs=0.125 * half + 1e-9), end


@pytest.mark.parametrize("correct", [True, False])
def test_attempts_that_are_all_alike_are_no_certainty(correct):
    """50 of 50: .025^(1/50) at one attempt; at five attempts, which each task has once, .025^(1/10).

    The trials that have the variance of 2,000 pairs of logs may be more, by what that variance is not known: some .1
    successes a log know it within 6 % (here 40 % is six of these), .5 of 200 pairs within 20 %.
    """
    rows = log(10, 5, correct=correct)
    tasks = ll.Tasks.from_attempts(rows, answer="answer", score="score", tokens="tokens")
    policies = [ll.AnyOf(), ll.BestOf()]
    one = ll.SamplingScenario(tasks=tasks, policies=policies, max_attempts=[1, 5])
    exact = ll.solve(one, resample="attempts", seed=3, bootstrap=4_000)
    drawn = ll.simulate(one, trials=2_000, resample="attempts", seed=3, bootstrap=400)
    for found, more in ((exact, 1.4), (drawn, 2.2)):
        for row in found.iter_rows(named=True):
            trials = 50 if row["max_attempts"] == 1 else 10
            limit, other = row["accuracy_low"], row["accuracy_high"]
            if not correct:
                limit, other = 1 - other, 1 - limit
            assert other == pytest.approx(1), row["policy"]
            assert 0.025 ** (1 / trials) - 1e-9 <= limit <= 0.025 ** (1 / trials / more), (row["policy"], more)


@pytest.mark.parametrize("kind", ["counts", "pool", "records"])
def test_simulations_and_solutions_have_the_same_intervals_over_attempts(kind):
    """500 resamples know an end of the interval within 6 % of its distance from the estimate; 40 % is six of these."""
    if kind == "records":
        one = recorded(20, 6).replace(utility=None)
    else:
        counts = np.random.default_rng(4).integers(0, 8, 20)
        known = {
            "counts": ll.Tasks.counts(attempts=[8] * 20, correct=counts),
            "pool": ll.Tasks.pool([8] * 20, counts, counts // 2),
        }
        one = ll.SamplingScenario(tasks=known[kind], max_attempts=[1, 4])
    columns = ["accuracy", "attempts_used"]
    options = {"resample": "attempts", "seed": 5, "bootstrap": 500, "columns": columns}
    exact = ll.solve(one, **options)
    drawn = ll.simulate(one, trials=50_000, **options)
    for name in columns:
        for end in ("low", "high"):
            reach = (exact[f"{name}_{end}"] - exact[name]).abs()
            apart = (drawn[f"{name}_{end}"] - exact[f"{name}_{end}"]).abs()
            assert (apart <= 0.4 * reach + 0.01 * exact[name]).all(), (name, end)
    assert drawn.equals(ll.simulate(one, trials=50_000, threads=1, **options))


def test_a_policy_without_a_closed_form_has_an_interval_over_attempts():
    stopping = recorded(20, 6).replace(policies=[ll.StopWhenAhead(2)], max_attempts=[6])
    seen = []
    row = ll.simulate(
        stopping, trials=2_000, seed=1, resample="attempts", progress=lambda *done: seen.append(done)
    ).row(0, named=True)
    assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
    assert row["tokens_low"] < row["tokens"] < row["tokens_high"]
    assert seen[-1] == (2_000 + 200 * 100,) * 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: ll.solve(s, resample="task"), "resample must be 'tasks' or 'attempts'"),
        (lambda s: ll.solve(s, resample="tasks", by="task"), "resample must be left out with by='task'"),
        (lambda s: ll.solve(s, resample="attempts"), "seed must be"),
        (lambda s: ll.solve(s, resample="attempts", seed=1), "rest on no observed attempts"),
        (lambda s: ll.solve(s, resample="tasks", confidence=1.5), "confidence must be"),
        (lambda s: ll.simulate(s, trials=5, seed=1, resample="attempts"), "rest on no observed attempts"),
        (lambda s: ll.simulate(s, trials=5, seed=1, resample="attempts", bootstrap=5), "bootstrap must be"),
        (
            lambda s: ll.simulate(s, trials=5, seed=1, resample="tasks", tallies=True),
            "columns and resample must be left",
        ),
        (
            lambda s: ll.solve(s.replace(tasks=ll.Tasks.beta(alpha=1, beta=1, count=5)), resample="tasks"),
            "population whose law is given",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.5]), max_attempts=[1, 5]))


def test_one_task_says_nothing_of_others():
    one = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.4]), max_attempts=[3])
    row = ll.solve(one, resample="tasks").row(0, named=True)
    assert row["accuracy_low"] is None
    assert row["accuracy_high"] is None


def test_one_trial_tells_no_interval_over_attempts() -> None:
    """Its noise is not known, and an interval without it would be narrower than that of two trials."""
    counts = ll.Tasks.counts([5] * 6, [0, 1, 2, 3, 4, 5])
    pool = ll.Tasks.pool([5] * 6, [0, 1, 2, 3, 4, 5], [0, 1, 1, 2, 3, 5])
    log = pl.DataFrame({"task": list("aaaabbbb"), "correct": [True, False] * 4, "tokens": [1.0, 2.0] * 4})
    for tasks in (counts, pool, ll.Tasks.from_attempts(log, tokens="tokens")):
        one = ll.SamplingScenario(tasks=tasks, max_attempts=[2], utility=ll.Utility(wrong_cost=1))
        found = {
            trials: ll.simulate(one, trials=trials, seed=1, resample="attempts", bootstrap=10) for trials in (1, 2)
        }
        ends = [name for name in found[1].columns if name.endswith(("_low", "_high"))]
        assert {"accuracy_low", "wrong_high", "attempts_used_low", "utility_high"} <= set(ends)
        assert [name for name in ends if found[1][name].null_count() == 0] == []
        assert found[1]["accuracy"].null_count() == found[2]["accuracy_low"].null_count() == 0


@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
def test_an_interval_alone_is_that_among_all() -> None:
    """With labels too, where each verifier that they leave open has a limit of its own."""
    labels = pl.DataFrame(
        {"task": np.arange(40) // 4, "correct": [True, False] * 20, "accepted": [True] * 21 + [False] * 19}
    )
    judges = [ll.Verifier.rates(false_positive_rate=0.2), ll.Verifier.from_labels(labels, draws=40)]
    for verifier in judges:
        one = ll.SamplingScenario(
            tasks=ll.Tasks.counts([10] * 4, [0, 2, 5, 10]),
            verifier=verifier,
            max_attempts=[1, 6],
            utility=ll.Utility(wrong_cost=1),
            cost=ll.Cost(output_tokens=100),
        )
        again: dict[str, Any] = {"resample": "tasks", "bootstrap": 400}  # each resample is one and the same
        whole = ll.solve(one, **again)
        for column in [name.removesuffix("_low") for name in whole.columns if name.endswith("_low")]:
            alone = ll.solve(one, columns=[column], **again)
            for end in ("low", "high"):
                assert alone[f"{column}_{end}"].to_list() == whole[f"{column}_{end}"].to_list(), column
    # What is not correct of the answers is wrong.
    known = ll.solve(one.replace(verifier=judges[0]), resample="tasks")
    for low, high in [("low", "high"), ("high", "low")]:
        together = known[f"precision_{low}"] + known[f"false_discovery_rate_{high}"]
        assert together.to_list() == pytest.approx([1.0] * known.height, abs=1e-12)
