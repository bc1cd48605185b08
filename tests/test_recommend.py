"""Recommendations: answers that are known, what the data cannot tell, the value of evidence by its definition."""

import re
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import limitlaw as ll
from limitlaw.recommendation import options
from limitlaw.sampling.verifier import LabelledVerifier

DATA = ll.datasets.codegen_humaneval()
POOL = ll.Tasks.pool(DATA["n"], DATA["accepted"], DATA["accepted_correct"], correct=DATA["correct"])


def test_the_intervals_of_few_tasks_that_are_all_right_are_those_over_tasks() -> None:
    """Counts leave open a little more than a pool, as far as which they count alone."""
    pool = ll.Tasks.pool([2] * 3, [2] * 3, [2] * 3, correct=[2] * 3)
    for tasks in (pool, ll.Tasks.counts(attempts=[2, 2, 2], correct=[2, 2, 2])):
        row = ll.recommend(tasks, max_attempts=2, bootstrap=100).policies.row(0, named=True)
        scenario = ll.SamplingScenario(tasks=tasks, max_attempts=[row["attempts"]])
        solved = ll.solve(scenario, columns=["utility", "accuracy"], resample="tasks", confidence=0.9)
        assert row["accuracy_low"] == solved["accuracy_low"][0]
        assert row["accuracy_low"] == pytest.approx(0.05 ** (1 / 3), abs=1e-9 if tasks is pool else 0.1)
        assert row["accuracy_high"] == 1


def test_attempts_that_never_failed_do_not_say_that_none_will() -> None:
    """Where one of twenty attempts fails two are not enough, which five attempts of five tasks mostly do not show.

    Three or more are within .001 of the best utility. All of 60 data sets have them in their interval (with resamples
    of the attempts as they were: .17).
    """
    held = 0
    for seed in range(20):
        random = np.random.default_rng([5, 5, seed])
        p = random.beta(19, 1, 5)
        correct = random.binomial(5, p)
        accepted = correct + random.binomial(5 - correct, 0.05)
        pool = ll.Tasks.pool([5] * 5, accepted, correct, correct=correct)
        how: dict[str, Any] = {"utility": ll.Utility(wrong_cost=1), "bootstrap": 200, "seed": seed}
        row = ll.recommend(pool, **how).policies.row(by_predicate=pl.col("policy") == "first_accepted", named=True)
        held += row["attempts_high"] >= 3
    assert held >= 14  # fewer with a probability of 3e-5 where .95 are, as many with 2e-7 where .17 are


def test_a_log_of_verdicts_says_what_its_counts_do() -> None:
    random = np.random.default_rng(3)
    correct = random.random(60) < np.repeat(random.random(12), 5)
    frame = pl.DataFrame({"task": np.repeat(range(12), 5), "correct": correct})
    log = ll.Tasks.from_attempts(frame.with_columns(accepted=correct | (random.random(60) < 0.1)), accepted="accepted")
    of_log, of_counts = (ll.recommend(tasks, utility=ll.Utility(wrong_cost=1)) for tasks in (log, log.counted()))
    assert of_log.verdict == of_counts.verdict
    assert_frame_equal(of_log.policies, of_counts.policies, rel_tol=1e-9)


def test_codegen_at_wrong_cost_four_cannot_be_told() -> None:
    """Best 3, interval 1 to 20, of the options nearest to what `optimal_attempts` says of all numbers."""
    found = ll.recommend(POOL, utility=ll.Utility(wrong_cost=4))
    row = found.policies.row(0, named=True)
    assert (found.verdict, found.policy, found.attempts) == ("cannot tell", "first_accepted", 3)
    assert (row["attempts_low"], row["attempts_high"]) == (1, 20)
    scenario = ll.SamplingScenario(tasks=POOL, max_attempts=[3], utility=ll.Utility(wrong_cost=4))
    # Of 200 resamples the end was 11 to 22 under sixteen seeds, of 4,000 it was 13, 15 and 16 under three.
    best = ll.optimal_attempts(scenario, seed=1, bootstrap=4000).row(0, named=True)
    assert best["optimal_attempts"] == 3
    assert best["optimal_attempts_q05"] == 1
    assert 11 <= best["optimal_attempts_q95"] <= 19
    solved = ll.solve(scenario).row(0, named=True)
    for name in ("utility", "accuracy", "attempts_used"):
        assert row[name] == pytest.approx(solved[name], abs=1e-12)
    assert row["wrong"] == pytest.approx(solved["accepted"] - solved["accuracy"], abs=1e-12)
    ends = ll.solve(scenario, resample="tasks", confidence=0.9).row(0, named=True)
    for name in ("utility_low", "utility_high", "accuracy_low", "accuracy_high"):
        assert row[name] == ends[name]
    # Those of the bootstrap lie within.
    assert ends["utility_low"] < best["utility_q05"] < best["utility_q95"] < ends["utility_high"]
    assert "The data cannot tell" in found.text
    assert "1 to 20 (90%)" in str(found)
    assert "wrong answers, which more attempts add" in found.text
    # More tasks are worth more than more attempts at these, of which there are 100 each.
    value = dict(zip(found.evidence["evidence"], found.evidence["value_of_double"], strict=True))
    assert value["tasks"] > value["attempts per task"] >= 0
    assert "twice the tasks (now 164)" in found.text
    assert found.text == ll.recommend(POOL, utility=ll.Utility(wrong_cost=4)).text


def test_what_is_clear_is_said_so() -> None:
    free = ll.recommend(POOL)
    # All of the data's attempts: what further ones would bring they do not say.
    assert (free.verdict, free.attempts) == ("cannot tell", 100)
    assert "the best number is at least 100 (in 95% of resampled tasks), and the attempts end at 100" in free.text
    asked = ll.recommend(POOL, max_attempts=50)
    assert (asked.verdict, asked.attempts) == ("clear", 50)
    assert "It is the largest number that was looked at: more may be better." in asked.text
    never = ll.recommend(POOL, utility=ll.Utility(wrong_cost=50))
    assert (never.verdict, never.policy, never.attempts) == ("clear", "do not ask", 0)
    assert never.text.startswith("Do not ask")
    counts = ll.Tasks.counts(attempts=DATA["n"], correct=DATA["correct"])
    priced = ll.recommend(
        counts,
        ll.Verifier.rates(false_positive_rate=0.001),
        utility=ll.Utility(attempt_cost=0.0),
        cost=ll.Cost(output_tokens=1000, price_out=30),
        max_attempts=100,
    )
    row = priced.policies.row(0, named=True)
    assert row["cost"] == pytest.approx(0.03 * row["attempts_used"])
    assert "What limits it: the price of attempts." in priced.text
    assert f"{row['cost']:.3g} of money" in priced.text


def test_where_not_asking_turns_better() -> None:
    """The cost that the text names, whatever cost was given, is the one at which the best utility is 0."""
    turns = []
    for given in (1, 4, 6.3, 20):
        text = ll.recommend(POOL, utility=ll.Utility(wrong_cost=given)).text
        turns += re.findall(r"wrong answer costs (?:more|less) than ([\d.]+)\.", text)
    assert turns == ["6.65"] * 4
    for cost, asks in ((6.64, True), (6.66, False)):
        found = ll.recommend(POOL, utility=ll.Utility(wrong_cost=cost), bootstrap=100)
        assert (found.attempts > 0) == asks
        scenario = ll.SamplingScenario(tasks=POOL, max_attempts=range(1, 101), utility=ll.Utility(wrong_cost=cost))
        assert (ll.solve(scenario)["utility"].max() > 0) == asks


def test_a_policy_without_a_closed_form_is_simulated() -> None:
    """Which is the best here: the mean of its trials is that of a simulation with another seed, within their errors."""
    random = np.random.default_rng(1)
    rows = []
    for task, p in enumerate(random.beta(0.7, 1.2, 40)):
        for _ in range(16):
            right = random.random() < p
            answer = "right" if right else str(random.choice(list("wxyz"), p=[0.5, 0.2, 0.2, 0.1]))
            rows.append((task, bool(right), answer, round(random.normal(1.3 * right), 3)))
    log = pl.DataFrame(rows, schema=["task", "correct", "answer", "score"], orient="row")
    tasks = ll.Tasks.from_attempts(log, answer="answer", score="score")
    vote = ll.WeightedVote(weight="score")
    with pytest.raises(ll.NoClosedFormError):
        ll.solve(ll.SamplingScenario(tasks=tasks, policies=[vote], max_attempts=[16]))
    found = ll.recommend(tasks, bootstrap=100, max_attempts=12)
    assert found.policies["policy"][0] == found.policy == vote.label
    row = found.policies.row(0, named=True)
    scenario = ll.SamplingScenario(tasks=tasks, policies=[vote], max_attempts=[row["attempts"]])
    other = ll.simulate(scenario, trials=20_000, seed=99).row(0, named=True)
    # Six standard errors of either: a false alarm of less than 1e-8.
    assert abs(row["accuracy"] - other["accuracy"]) < 6 * (0.5 / 400_000**0.5 + other["accuracy_se"])
    assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
    assert f"Simulated, for want of a closed form: {vote.label}; the standard error of utility is at most" in found.text
    # Once more, and alone: the same bits but where it has others to beat.
    alone = ll.recommend(tasks, policies=[vote], bootstrap=100, max_attempts=12).policies.row(0, named=True)
    assert alone | {"p_best": row["p_best"]} == row


def log_with_one_short_task(short: Any) -> ll.Tasks:
    random = np.random.default_rng(0)
    rates = random.beta(1, 1, 60)
    rows = [(i, bool(random.random() < p)) for i, p in enumerate(rates) for _ in range(16 if i else 1)]
    return ll.Tasks.from_attempts(pl.DataFrame(rows, schema=["task", "correct"], orient="row"), short=short)


def test_a_short_task_is_named_or_left_out() -> None:
    utility = ll.Utility(attempt_cost=0.05)
    found = ll.recommend(log_with_one_short_task("null"), utility=utility, bootstrap=500)
    assert (found.verdict, found.attempts) == ("cannot tell", 1)
    assert "1 of the 60 tasks has fewer than 16 attempts, the least 1: no more was looked at" in found.text
    assert "short='drop' leaves such tasks out" in found.text
    dropped = log_with_one_short_task("drop")
    found = ll.recommend(dropped, utility=utility, bootstrap=500)
    assert found.attempts > 1
    assert "1 of the 60 tasks has fewer than 16 attempts and is left out." in found.text
    assert found.evidence["now"].to_list() == [59, 16]
    solved = ll.solve(ll.SamplingScenario(tasks=dropped, max_attempts=[found.attempts], utility=utility))
    assert found.policies["utility"][0] == pytest.approx(solved["utility"][0], abs=1e-12)


def test_of_equally_good_numbers_the_fewest_is_taken() -> None:
    """One attempt is always enough, at .01 of money; sums of these differ in their last bits."""
    log = pl.DataFrame({"task": np.repeat(range(20), 4), "correct": [True] * 80, "cost": [0.01] * 80})
    found = ll.recommend(ll.Tasks.from_attempts(log, cost="cost"), bootstrap=100)
    assert found.attempts == 1
    assert found.policies.row(0, named=True)["attempts_high"] == 1
    assert found.regret == 0


def test_attempts_that_bring_next_to_nothing_are_not_recommended() -> None:
    """A utility that rises for ever: the fewest attempts within a hundredth of the tolerance of the most."""
    tasks = ll.Tasks.fixed(success=[0.5, 0.7, 0.9])
    found = ll.recommend(tasks, ll.Verifier.rates(false_positive_rate=0.05), max_attempts=16, tolerance=0.02)
    every = ll.SamplingScenario(
        tasks=tasks, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=list(range(1, 17))
    )
    utility = ll.solve(every, columns=["accuracy"])["accuracy"].to_numpy()
    assert found.attempts == 1 + np.flatnonzero(utility >= utility.max() - 2e-4)[0] < 16


def test_what_cannot_be_told_is_not_called_settled() -> None:
    found = ll.recommend(ll.Tasks.counts([2, 2], [0, 0]))
    assert found.verdict == "cannot tell"
    assert "hardly change" not in found.text
    assert "230 in all would tell" in found.text  # 1 - .1 ** (1 / 230) is .01, the loss that does not matter


def test_a_flat_optimum_does_not_matter() -> None:
    """Tasks that are either certain or hopeless for sure: any number of attempts gives as much."""
    success = [1.0] * 30 + [0.0] * 30
    tasks = ll.Tasks.fixed(success=success)
    found = ll.recommend(
        tasks, ll.Verifier.rates(false_positive_rate=1e-5), utility=ll.Utility(wrong_cost=1), max_attempts=50
    )
    assert found.verdict in {"clear", "does not matter"}
    assert found.regret < 1e-3
    near = ll.recommend(
        ll.Tasks.fixed(success=np.linspace(0.6, 0.99, 12)),
        ll.Verifier.rates(false_positive_rate=0.003),
        utility=ll.Utility(wrong_cost=1, attempt_cost=0.0005),
        max_attempts=200,
    )
    assert near.regret < 0.005


def test_recorded_attempts_are_compared_by_policy() -> None:
    random = np.random.default_rng(3)
    rows = []
    for task in range(40):
        p = random.beta(2, 2)
        for _ in range(9):
            right = random.random() < p
            rows.append((task, bool(right), "right" if right else str(random.integers(6)), random.normal(right)))
    log = pl.DataFrame(rows, schema=["task", "correct", "answer", "score"], orient="row")
    tasks = ll.Tasks.from_attempts(log, answer="answer", score="score")
    found = ll.recommend(tasks)
    names = set(found.policies["policy"])
    assert {"do not ask", "best_of", "majority_vote"} <= names
    assert found.policies["p_best"].sum() == pytest.approx(1.0)
    assert found.policies["utility"].is_sorted(descending=True)
    solved = ll.solve(
        ll.SamplingScenario(tasks=tasks, policies=[ll.MajorityVote(), ll.BestOf()], max_attempts=range(1, 10))
    )
    best = dict(solved.group_by("policy").agg(pl.col("accuracy").max()).cast({"policy": pl.String}).rows())
    for policy, accuracy in best.items():
        row = found.policies.filter(policy=policy).row(0, named=True)
        assert row["accuracy"] == pytest.approx(accuracy, abs=1e-12)


def test_the_value_of_further_tasks_is_what_they_bring() -> None:
    """Twice the tasks, drawn from a population of 3,000: the utility at the better choice, against what is said.

    The value is that of a Gaussian approximation from one sample, so it is held only to its order of magnitude.
    """
    random = np.random.default_rng(8)
    p = random.beta(0.5, 1.5, 3000)
    verifier, utility = ll.Verifier.rates(false_positive_rate=0.12), ll.Utility(wrong_cost=1.4)
    grid = list(range(1, 17))
    options: dict[str, Any] = {"verifier": verifier, "utility": utility, "max_attempts": grid}
    by_task = ll.solve(ll.SamplingScenario(tasks=ll.Tasks.fixed(success=p), **options), by="task")["utility"]
    table = np.vstack([np.zeros(3000), by_task.to_numpy().reshape(len(grid), 3000)])
    truth = table.mean(axis=1)
    gain, said = [], []
    for seed in range(60):
        drawn = random.integers(0, 3000, 40)
        one = ll.recommend(
            ll.Tasks.fixed(success=p[drawn[:20]]), verifier, utility=utility, max_attempts=16, bootstrap=1000, seed=seed
        )
        said.append(one.evidence["value_of_double"][0])
        few, many = table[:, drawn[:20]].mean(axis=1).argmax(), table[:, drawn].mean(axis=1).argmax()
        gain.append(truth[many] - truth[few])
        if one.attempts == 0 or one.attempts in grid:
            assert one.attempts == ([0, *grid])[few]
    assert np.mean(gain) / 4 < np.mean(said) < 4 * max(np.mean(gain), 1e-3)


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: ll.recommend(3), TypeError, "tasks must be known, counted, pooled or recorded tasks, got 3"),
    (lambda: ll.recommend(ll.Tasks.beta(alpha=1, beta=1, count=5)), TypeError, "tasks must be known, counted"),
    (lambda: ll.recommend(ll.Tasks.fixed(success=[0.5])), ValueError, "tasks must be at least two, got 1"),
    (lambda: ll.recommend(POOL, policies=[]), ValueError, "policies must be one policy or more, got []"),
    (
        lambda: ll.recommend(POOL, policies=ll.FirstAccepted()),
        TypeError,
        "policies must be a list of policies, got FirstAcc",
    ),
    (lambda: ll.recommend(POOL, policies="best"), TypeError, "policies must be a list of policies, got 'best'"),
    (lambda: ll.recommend(POOL, utility=4), TypeError, "utility must be a Utility, got 4"),
    (lambda: ll.recommend(POOL, tolerance=-1), ValueError, "tolerance must be at least 0, got -1"),
    (lambda: ll.recommend(POOL, confidence=2), ValueError, "confidence must be in"),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_what_cannot_be_recommended_is_refused(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(message)):
        call()


@pytest.mark.parametrize(("tasks", "verdict"), [(2, "cannot tell"), (400, "clear")])
def test_tasks_that_are_all_alike_show_no_other_kind(tasks: int, verdict: str) -> None:
    """None of two tasks failed: of others up to 1 - .1 ** (1/2) = .68 may; of those of 400 tasks .006.

    Five attempts do not tell whether a second one would be needed at times; among 400 it brings less than 1e-4.
    """
    found = ll.recommend(ll.Tasks.counts(attempts=[5] * tasks, correct=[5] * tasks))
    assert found.verdict == verdict
    assert ("up to 0.68 of such tasks may be of another kind" in str(found)) == (tasks == 2)


def test_the_value_of_labels_is_that_of_knowing_the_verifier_better() -> None:
    """By definition: over the verifiers that labels leave open, with deviations from their mean shrunk by sqrt(1/2)."""
    random = np.random.default_rng(5)
    tasks, utility, grid = ll.Tasks.fixed(success=random.beta(0.6, 1.4, 40)), ll.Utility(wrong_cost=3), [*range(1, 9)]
    rates = random.beta(1, 6, (2, 30))
    labelled = LabelledVerifier(
        false_positive_rate=rates[0],
        false_negative_rate=rates[1],
        false_positive_icc=np.zeros(30),
        false_negative_icc=np.zeros(30),
        labels=120,
    )
    found = ll.recommend(tasks, labelled, utility=utility, max_attempts=8, bootstrap=1000)
    under = np.zeros((30, 9))
    for row, (f, g) in zip(under, rates.T, strict=True):
        one = ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g)
        scenario = ll.SamplingScenario(tasks=tasks, verifier=one, max_attempts=grid, utility=utility)
        row[1:] = ll.solve(scenario)["utility"]
    mean = under.mean(axis=0)
    wanted = (mean + np.sqrt(0.5) * (under - mean)).max(axis=1).mean() - mean.max()
    row = found.evidence.filter(evidence="labels").row(0, named=True)
    assert row["now"] == 120
    assert row["value_of_double"] == pytest.approx(wanted, abs=1e-12)
    assert wanted > 0.01
    # What labels leave open is part of what the data do not tell.
    assert found.regret > ll.recommend(tasks, at_the_mean(labelled), utility=utility, max_attempts=8).regret
    assert "resampled tasks and verifiers" in found.text
    assert "twice the labels (now 120)" in found.text


def at_the_mean(labelled: LabelledVerifier) -> ll.Verifier:
    rates = labelled.false_positive_rate.mean(), labelled.false_negative_rate.mean()
    return ll.Verifier.rates(false_positive_rate=float(rates[0]), false_negative_rate=float(rates[1]))


def test_one_attempt_is_one() -> None:
    tasks = ll.Tasks.fixed(success=[0.9] * 6 + [0.01])
    found = ll.recommend(tasks, ll.Verifier.rates(false_positive_rate=0.9), utility=ll.Utility(wrong_cost=3))
    assert found.attempts == 1
    assert "with 1 attempt: " in str(found)


def test_many_labels_leave_nothing_worth_buying() -> None:
    tasks, utility = ll.Tasks.fixed(success=np.linspace(0.05, 0.9, 6)), ll.Utility(wrong_cost=3)
    value = []
    for many in (40, 40_000):
        correct = np.arange(many) % 2 == 0
        accepted = np.where(correct, np.arange(many) % 20 > 1, np.arange(many) % 20 == 1)
        labels = pl.DataFrame({"task": np.arange(many) // 20, "correct": correct, "accepted": accepted})
        verifier = ll.Verifier.from_labels(labels, draws=60)
        found = ll.recommend(tasks, verifier, utility=utility, max_attempts=8, bootstrap=200)
        row = found.evidence.filter(evidence="labels").row(0, named=True)
        assert row["now"] == many
        value.append(row["value_of_double"])
    assert value[0] > 1e-3
    assert value[1] < value[0] / 20
    assert "labels" not in ll.recommend(tasks, ll.Verifier.rates(), utility=utility).evidence["evidence"]


def test_few_verifiers_tell_what_attempts_leave_open(monkeypatch) -> None:
    """12 of the verifiers move the utilities of data sets as all of them do: within a third of their spread."""
    random = np.random.default_rng(3)
    correct = random.random(200) < 0.5
    accepted = correct != (random.random(200) < 0.1)
    labels = pl.DataFrame({"task": np.arange(200) // 10, "correct": correct, "accepted": accepted})
    verifier = ll.Verifier.from_labels(labels, draws=300)
    right = random.random((12, 6)) < random.beta(0.6, 1, 12)[:, None]
    tasks = ll.Tasks.from_attempts(pl.DataFrame({"task": np.arange(72) // 6, "correct": right.ravel()}))
    utility = ll.Utility(wrong_cost=2, attempt_cost=0.01)
    asked = {"verifier": verifier, "utility": utility, "cost": None, "max_attempts": [1, 2, 4, 6]}
    made = options.Options.of(tasks, [ll.FirstAccepted()], asked)
    few = made.redrawn()
    monkeypatch.setattr(options, "_FEW_VERIFIERS", 300)
    all_of_them = made.redrawn()
    assert few is not None
    assert all_of_them is not None
    assert (few != all_of_them)[:, 1:].all()
    moved, wanted = (sets[:, 1:] - sets[:, 1:].mean(axis=0) for sets in (few, all_of_them))
    assert (np.std(moved - wanted, axis=0) < np.std(wanted, axis=0) / 3).all()


def test_each_verifier_is_solved_as_it_would_be_alone() -> None:
    labels = pl.DataFrame({"task": np.arange(60) // 6, "correct": np.arange(60) % 2, "accepted": np.arange(60) % 3 > 0})
    verifier = ll.Verifier.from_labels(labels, draws=10)
    assert isinstance(verifier, LabelledVerifier)
    assert np.any(verifier.false_positive_icc > 0)
    asked = {"verifier": verifier, "utility": ll.Utility(wrong_cost=1), "cost": None, "max_attempts": [1, 3]}
    made = options.Options.of(
        ll.Tasks.fixed([0.1, 0.4, 0.8]), [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")], asked
    )
    found = made.of_verifiers()
    assert found is not None
    for row, number in zip(found, range(10), strict=True):
        one = options._chosen(verifier, np.array([number]))
        alone = [ll.solve(scenario.replace(verifier=one))["utility"].to_numpy() for scenario in made.scenarios]
        assert row == pytest.approx([0.0, *np.concatenate(alone)], abs=1e-14)


@pytest.mark.parametrize("kind", ["pool", "log"])
def test_attempts_drawn_anew_have_the_variance_of_binomial_counts(kind: str, monkeypatch) -> None:
    """Accuracy with one attempt is linear in the counts: its variance within 6 standard errors of 2,000 sets."""
    monkeypatch.setattr(options, "_ATTEMPT_SETS", 2_000)
    n, right = np.array([4, 6, 10, 8]), np.array([1, 3, 9, 8])
    weight = np.array([1.0, 2.0, 1.0, 4.0])
    log = pl.DataFrame({"task": np.repeat(np.arange(4), n), "correct": np.concatenate([np.arange(m) for m in n])})
    log = log.with_columns(correct=pl.col("correct") < pl.Series(np.repeat(right, n)))
    tasks = {
        "pool": lambda: ll.Tasks.pool(n, right, right, weight=weight),
        "log": lambda: ll.Tasks.from_attempts(log.with_columns(accepted="correct"), accepted="accepted"),
    }[kind]
    weight = np.ones(4) if kind == "log" else weight
    asked = {"verifier": None, "utility": ll.Utility(), "cost": None, "max_attempts": [1]}
    sets = options.Options.of(tasks(), [ll.FirstAccepted()], asked).redrawn()
    assert sets is not None
    share, weight = right / n, weight / weight.sum()
    mean, variance = weight @ share, weight**2 @ (share * (1 - share) / n)
    assert sets[:, 1].mean() == pytest.approx(mean, abs=6 * np.sqrt(variance / 2_000))
    assert sets[:, 1].var() == pytest.approx(variance, rel=6 * np.sqrt(2 / 2_000))
