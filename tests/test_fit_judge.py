"""A judge fitted to labelled scores: pair counting, the derivative by tasks, coverage, edges."""

# ruff: noqa: E501  (a table with one case per line)

import itertools
import math
import re
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import fit
from reference.tails import FALSE_ALARM, binomial_p_value


def draw(random: np.random.Generator, tasks: int, attempts: int, shift: float) -> tuple[np.ndarray, ...]:
    """Scores N(1.2, 1) or N(0, 1), both moved by what is common to a task, in halves, so that some tie."""
    rate, common = random.beta(0.8, 1.0, tasks), random.normal(0.0, shift, tasks)
    task = np.repeat(np.arange(tasks), attempts)
    correct = random.random(len(task)) < rate[task]
    return np.round(2 * (random.normal(1.2 * correct) + common[task])) / 2, correct, task


def area(s: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """P(a correct score is above a wrong one), pair by pair, with weights."""
    right, wrong = s[y == 1], s[y == 0]
    pairs = np.outer(w[y == 1], w[y == 0])
    above = (right[:, None] > wrong) + 0.5 * (right[:, None] == wrong)
    return float((pairs * above).sum() / pairs.sum())


def kappa(s: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    a, b, both = (np.average(x, weights=w) for x in (s > 0.7, y, (s > 0.7) & (y == 1)))
    agree, chance = 1 - a - b + 2 * both, a * b + (1 - a) * (1 - b)
    return float((agree - chance) / (1 - chance))


def tasks_that_count(y: np.ndarray, task: np.ndarray, name: str) -> float:
    """(sum of sizes)^2/(sum of squares) over tasks, of the class with fewer."""
    classes = {"false_positive_rate": [0], "false_negative_rate": [1]}.get(name, [0, 1])
    sizes = [np.unique(task[y == kind], return_counts=True)[1] for kind in classes]
    return min(float(each.sum()) ** 2 / float((each**2).sum()) for each in sizes)


ESTIMATES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "auc": area,
    "d_prime": lambda s, y, w: math.sqrt(2) * statistics.NormalDist().inv_cdf(area(s, y, w)),
    "false_positive_rate": lambda s, y, w: float(np.average(s[y == 0] > 0.7, weights=w[y == 0])),
    "false_negative_rate": lambda s, y, w: float(np.average(s[y == 1] <= 0.7, weights=w[y == 1])),
    "kappa": kappa,
}


@pytest.mark.parametrize("name", ESTIMATES)
def test_the_standard_error_is_the_slope_of_the_estimate_by_tasks(name: str) -> None:
    s, y, task = draw(np.random.default_rng(5), 25, 8, 0.7)
    row = fit.fit_judge(score=s, correct=y, task=task, threshold=0.7).estimates.filter(quantity=name).row(0, named=True)
    of, step = ESTIMATES[name], 1e-5
    assert row["estimate"] == pytest.approx(of(s, y, np.ones(len(s))), rel=1e-12)
    slopes = [(of(s, y, 1 + step * (task == t)) - of(s, y, 1 - step * (task == t))) / (2 * step) for t in range(25)]
    many = tasks_that_count(y, task, name)
    assert row["se"] == pytest.approx(math.sqrt(np.square(slopes).sum() * many / (many - 1)), rel=1e-6)
    assert row["low"] < row["estimate"] < row["high"]


def test_correct_attempts_of_one_task_tell_nothing_of_others() -> None:
    task, correct = np.repeat(np.arange(5), 4), np.arange(20) < 3
    score = np.where(correct, [0.0, 1.0] * 10, [0.5, -0.5] * 10)
    found = fit.fit_judge(score=score, correct=correct, task=task, threshold=0.7).estimates
    for name in ("auc", "false_negative_rate"):
        row = found.filter(quantity=name).row(0, named=True)
        assert (row["se"], row["low"], row["high"]) == (None, pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-9))
        assert row["reason"] == "all correct or all wrong attempts are of one task"
    assert found.filter(quantity="kappa").select("low", "high").row(0) == (-1, 1)


def test_pairs_of_one_task_are_a_mean_over_the_tasks_that_have_both() -> None:
    s, y, task = draw(np.random.default_rng(6), 25, 8, 2.0)
    found = fit.fit_judge(score=s, correct=y, task=task).estimates
    each = [area(s[task == t], y[task == t], np.ones(8)) for t in range(25) if 0 < y[task == t].sum() < 8]
    row = found.filter(quantity="auc_within").row(0, named=True)
    assert row["estimate"] == pytest.approx(np.mean(each))
    assert row["se"] == pytest.approx(np.std(each, ddof=1) / math.sqrt(len(each)))
    alone = fit.fit_judge(score=s, correct=y).estimates.filter(quantity="auc_within").row(0, named=True)
    assert (alone["estimate"], alone["reason"]) == (None, "no tasks are given")


def test_the_interval_of_the_auc_covers() -> None:
    """Tasks move all their scores and are mostly solved or mostly not: an interval over attempts fails the same test."""
    random, repetitions = np.random.default_rng(8), 300
    of = statistics.NormalDist().cdf
    # Pairs of different tasks, and one in 160 of the same (the variance within tasks over 60 times the whole).
    truth = of(1.2 / math.sqrt(2 * (1 + 0.8**2))) * 159 / 160 + of(1.2 / math.sqrt(2)) / 160
    covered, alone = 0, 0
    for _ in range(repetitions):
        rate, common = random.beta(0.3, 0.3, 60), random.normal(0.0, 0.8, 60)
        task = np.repeat(np.arange(60), 20)
        y = random.random(1200) < rate[task]
        s = random.normal(1.2 * y) + common[task]
        low, high = fit.fit_judge(score=s, correct=y, task=task).estimates.select("low", "high").row(0)
        covered += low <= truth <= high
        low, high = fit.fit_judge(score=s, correct=y).estimates.select("low", "high").row(0)
        alone += low <= truth <= high
    assert covered >= 0.95 * repetitions or binomial_p_value(covered, repetitions, 0.95) > FALSE_ALARM
    assert binomial_p_value(alone, repetitions, 0.95) < FALSE_ALARM, alone


def test_a_fitted_judge_is_a_verifier() -> None:
    s, y, task = draw(np.random.default_rng(9), 40, 20, 0.0)
    judge = fit.fit_judge(score=s, correct=y, task=task, threshold=0.7)
    values = dict(judge.estimates.select("quantity", "estimate").iter_rows())
    verifier = judge.verifier()
    assert verifier.d_prime == values["d_prime"]
    point = verifier.operating_points().row(0, named=True)
    assert point["false_positive_rate"] == pytest.approx(values["false_positive_rate"])
    assert judge.verifier(pairs="task").d_prime == values["d_prime_within"]
    assert fit.fit_judge(score=3 * s**3 + 1, correct=y, task=task).verifier().d_prime == values["d_prime"]


def test_a_judge_whose_scores_are_not_normal_says_that_its_verifier_is_another() -> None:
    """Grades 1 to 5: 5 % of the correct ones are rejected, 24 % by normal scores of the same AUC."""
    random = np.random.default_rng(0)
    y = random.random(300) < 0.5
    right, wrong = (
        random.choice([3, 4, 5], 300, p=[0.1, 0.3, 0.6]),
        random.choice([1, 2, 3, 5], 300, p=[0.6, 0.1, 0.1, 0.2]),
    )
    judge = fit.fit_judge(score=np.where(y, right, wrong), correct=y, task=np.repeat(np.arange(75), 4), threshold=3.5)
    rate, low, high = judge.estimates.filter(quantity="false_negative_rate").select("estimate", "low", "high").row(0)
    with pytest.warns(ll.MisfitWarning, match=r"^false_negative_rate: at the threshold the labels show") as caught:
        verifier = judge.verifier()
    implied = 1 - verifier.operating_points()["true_positive_rate"][0]
    assert not low <= implied <= high
    for number in (rate, low, high, implied):
        assert f"{number:.3g}" in str(caught[0].message)
    judge.verifier(posterior=True)  # those of the labels: no warning, which would be an error


def test_normal_scores_are_seldom_said_to_be_none() -> None:
    """In some .02 of fits to normal scores: more than .05 of 400 come with one seed in 10,000."""
    random = np.random.default_rng(1)
    warned = 0
    for _ in range(400):
        y = random.random(240) < 0.5
        judge = fit.fit_judge(score=random.normal(1.2 * y), correct=y, task=np.repeat(np.arange(60), 4), threshold=0.8)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            judge.verifier()
        warned += len(caught)
    assert warned <= 20


def test_what_shows_no_spread_has_the_limits_of_no_knowledge() -> None:
    rows = fit.fit_judge(score=[1, 2, 2], correct=[0, 1, 0]).estimates.select("estimate", "low", "high").rows()
    assert rows[0] == (0.75, 0.0, 1.0)
    assert rows[1] == (pytest.approx(0.9539, abs=1e-4), None, None)


def test_the_corners_are_those_of_the_convex_hull() -> None:
    s, y, _ = draw(np.random.default_rng(10), 12, 6, 0.5)
    corners = fit.fit_judge(score=s, correct=y).roc
    points = [(np.mean(s[~y] > c), np.mean(s[y] > c)) for c in [*np.unique(s), -np.inf]]
    for row in corners.iter_rows(named=True):
        at = -np.inf if row["threshold"] is None else row["threshold"]
        assert (row["false_positive_rate"], row["true_positive_rate"]) == (np.mean(s[~y] > at), np.mean(s[y] > at))
    hull = list(corners.select("false_positive_rate", "true_positive_rate").iter_rows())
    assert (hull[0], hull[-1]) == ((0.0, 0.0), (1.0, 1.0))
    for (x, y1), (u, v) in itertools.pairwise(hull):
        # No point lies above an edge.
        assert all((v - y1) * (p - x) >= (q - y1) * (u - x) - 1e-12 for p, q in points)


def test_a_judge_without_an_error_is_not_taken_for_perfect() -> None:
    y = np.repeat([1, 0], 20)
    rows = {r["quantity"]: r for r in fit.fit_judge(score=y, correct=y, threshold=0.5).estimates.iter_rows(named=True)}
    bound = 1 - 0.025 ** (1 / 20)
    assert (rows["auc"]["estimate"], rows["auc"]["high"]) == (1.0, 1.0)
    assert rows["auc"]["low"] == pytest.approx(1 - bound)
    assert rows["false_positive_rate"]["high"] == pytest.approx(bound)
    assert (rows["d_prime"]["estimate"], rows["d_prime"]["high"]) == (None, None)
    assert rows["d_prime"]["reason"] == "every correct attempt scores above every wrong one"
    with pytest.raises(ValueError, match="pairs must be of a known d', got 'all': every correct attempt"):
        fit.fit_judge(score=y, correct=y).verifier()


def missed(tasks: int) -> float:
    """The rate of which so many tasks show no case with a probability of .025."""
    return 1 - 0.025 ** (1 / tasks)


def test_scores_that_are_all_alike_leave_open_what_so_few_can_miss() -> None:
    """Neither an AUC of .5 nor a kappa of 0 or 1 is certain where nothing varied."""
    y = np.repeat([1, 0], [20, 12])
    tied = {
        r["quantity"]: r for r in fit.fit_judge(score=[3] * 32, correct=y, threshold=2).estimates.iter_rows(named=True)
    }
    assert (tied["auc"]["estimate"], tied["kappa"]["estimate"]) == (0.5, 0.0)
    half = missed(12) / 2
    assert (tied["auc"]["low"], tied["auc"]["high"]) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))
    assert tied["d_prime"]["low"] < 0 < tied["d_prime"]["high"]
    # Of 12 wrong answers none was rejected, of 20 correct ones neither.
    rejects = [np.repeat([1, 1 - missed(12)], [20, 12]), np.repeat([1 - missed(20), 1], [20, 12])]
    agree = [
        2 * (np.mean(y * a) - y.mean() * a.mean()) / (y.mean() + a.mean() - 2 * y.mean() * a.mean()) for a in rejects
    ]
    assert (tied["kappa"]["high"], tied["kappa"]["low"]) == (pytest.approx(agree[0]), pytest.approx(agree[1]))

    right = fit.fit_judge(score=y, correct=y, threshold=0.5).estimates.filter(quantity="kappa").row(0, named=True)
    accepts = [np.repeat([1, missed(12)], [20, 12]), np.repeat([1 - missed(20), 0], [20, 12])]
    agree = [
        2 * (np.mean(y * a) - y.mean() * a.mean()) / (y.mean() + a.mean() - 2 * y.mean() * a.mean()) for a in accepts
    ]
    assert (right["estimate"], right["high"], right["low"]) == (1.0, 1.0, pytest.approx(min(agree)))


def test_tasks_that_agree_by_chance_are_not_taken_for_all_tasks() -> None:
    """In each of three tasks one of two wrong attempts is accepted, and one of two correct ones."""
    task = np.repeat([0, 1, 2], 4)
    rows = fit.fit_judge(score=[1, 0, 1, 0] * 3, correct=[0, 0, 1, 1] * 3, task=task, threshold=0.5).estimates
    for name in ("auc", "auc_within", "false_positive_rate", "false_negative_rate"):
        low, high = rows.filter(quantity=name).select("low", "high").row(0)
        assert (low, high) == (pytest.approx(0.5 - missed(3) / 2), pytest.approx(0.5 + missed(3) / 2)), name
    low, high = rows.filter(quantity="kappa").select("low", "high").row(0)
    assert low < -0.3
    assert high > 0.3


@pytest.mark.parametrize(
    ("wrong", "right", "share"),
    [
        pytest.param([0.05, 0.95], [0.02, 0.98], 0.5, id="nearly all accepted"),
        pytest.param([0.05, 0.95], [0.02, 0.98], 0.9, id="nearly all accepted, few wrong"),
        pytest.param([0.97, 0.03], [0.01, 0.99], 0.5, id="nearly always right"),
        pytest.param([0.995, 0.005], [0.9, 0.1], 0.5, id="nearly all rejected"),
    ],
)
def test_the_auc_and_kappa_of_grades_that_hardly_vary_are_covered(
    wrong: list[float], right: list[float], share: float
) -> None:
    """Of 20 labels most sets show one grade alone: the standard errors are 0, and the truth is another."""
    random, repetitions = np.random.default_rng(12), 200
    truth = {"auc": right[1] * wrong[0] + (right[1] * wrong[1] + right[0] * wrong[0]) / 2}
    taken, agree = share * right[1] + (1 - share) * wrong[1], share * right[1] + (1 - share) * wrong[0]
    chance = share * taken + (1 - share) * (1 - taken)
    truth["kappa"] = (agree - chance) / (1 - chance)
    covered, sets = dict.fromkeys(truth, 0), 0
    for _ in range(repetitions):
        y = random.random(20) < share
        if not 0 < y.sum() < 20:
            continue
        sets += 1
        score = 1.0 * (random.random(20) < np.where(y, right[1], wrong[1]))
        for row in fit.fit_judge(score=score, correct=y, threshold=0.5).estimates.iter_rows(named=True):
            if row["quantity"] in truth:
                covered[row["quantity"]] += row["low"] <= truth[row["quantity"]] <= row["high"]
    for name, held in covered.items():
        assert held >= 0.95 * sets or binomial_p_value(held, sets, 0.95) > FALSE_ALARM, (name, held / sets)


S, Y = [0.1, 0.5, 0.9], [0, 1, 1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit.fit_judge(score=["a"], correct=[1]), TypeError, "score must be a one-dimensional sequence of numbers"),
        (lambda: fit.fit_judge(score=S, correct=[1, 0]), ValueError, "score and correct must be equally long, got 3, 2"),
        (lambda: fit.fit_judge(score=S, correct=[0, 1, 2]), ValueError, "correct must be booleans, or 0 and 1, got 2"),
        (lambda: fit.fit_judge(score=S, correct=[1, 1, 1]), ValueError, "correct must have both correct and wrong attempts, got 3 correct of 3"),
        (lambda: fit.fit_judge(score=[0.1, math.nan, 1], correct=Y), ValueError, "score must be finite, got nan"),
        (lambda: fit.fit_judge(score=S, correct=Y, task=["a"]), ValueError, "task must name the task of each of 3 attempts"),
        (lambda: fit.fit_judge(score=S, correct=Y, task=["a"] * 3), ValueError, "task must name at least 2 tasks, got 1"),
        (lambda: fit.fit_judge(score=S, correct=Y).verifier(pairs="x"), ValueError, "pairs must be 'all' or 'task', got 'x'"),
        (lambda: fit.fit_judge(score=S, correct=Y, threshold="x"), TypeError, "threshold must be a number"),
    ],
)  # fmt: skip
def test_bad_scores_are_refused_by_name(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_it_is_reachable_from_the_package() -> None:
    assert ll.fit.fit_judge is fit.fit_judge


def test_a_judge_with_a_threshold_carries_what_its_labels_leave_open():
    random = np.random.default_rng(4)
    task, label = np.repeat(np.arange(30), 5), random.random(150) < 0.5
    score = random.normal(1.5 * label)
    judge = fit.fit_judge(score=score, correct=label, task=task, threshold=0.8)
    frame = pl.DataFrame({"task": task, "correct": label, "accepted": score > 0.8})
    assert judge.verifier(posterior=True) == ll.Verifier.from_labels(frame)
    with pytest.raises(ValueError, match="posterior must be False for a judge that was fitted without a threshold"):
        fit.fit_judge(score=score, correct=label, task=task).verifier(posterior=True)
