"""Counts whose observed shares are taken for rates: intervals that hold, and a word where estimates do not."""

import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

#: The population of the tasks, and a verifier.
ALPHA, BETA = 0.6, 1.4
VERIFIER = ll.Verifier.rates(false_positive_rate=0.05)


def _data(tasks: int, attempts: int, count: int) -> list[ll.Tasks]:
    random = np.random.default_rng([tasks, attempts])
    return [
        ll.Tasks.counts([attempts] * tasks, random.binomial(attempts, random.beta(ALPHA, BETA, tasks)))
        for _ in range(count)
    ]


def _truth(attempts: int) -> dict[str, float]:
    tasks = ll.Tasks.beta(ALPHA, BETA, 10)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=VERIFIER, max_attempts=[attempts])
    return ll.solve(scenario).row(0, named=True)


@pytest.mark.parametrize(("tasks", "observed", "attempts"), [(164, 5, 5), (60, 16, 50), (5, 5, 5)])
@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
def test_intervals_over_tasks_hold_the_truth_beyond_what_the_shares_tell(
    tasks: int, observed: int, attempts: int
) -> None:
    """At 95 %, 40 data sets: 32 or fewer have the probability 7e-4 (nine looks: 6e-3); observed shares held .4."""
    truth = _truth(attempts)
    names = ["accuracy", "precision", "attempts_used"]
    held = dict.fromkeys(names, 0)
    for data in _data(tasks, observed, 40):
        scenario = ll.SamplingScenario(tasks=data, verifier=VERIFIER, max_attempts=[attempts])
        row = ll.solve(scenario, resample="tasks", bootstrap=200, columns=names).row(0, named=True)
        for name in names:
            held[name] += row[f"{name}_low"] <= truth[name] <= row[f"{name}_high"]
    assert min(held.values()) > 32, held


@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
def test_intervals_hold_where_some_tasks_cannot_be_solved() -> None:
    """At 95 %, 40 data sets that are no Beta: 32 or fewer have the probability 7e-4; under a Beta alone .3 hold."""
    tasks, observed, share = 164, 20, 0.3
    far = [4 * observed]
    people = ll.Tasks.beta(1, 1, 10, unsolvable=share)
    truth = ll.solve(ll.SamplingScenario(tasks=people, max_attempts=far), columns=["accuracy"])["accuracy"].item()
    random = np.random.default_rng(5)
    held = 0
    for _ in range(40):
        rates = np.where(random.random(tasks) < share, 0, random.random(tasks))
        data = ll.Tasks.counts([observed] * tasks, random.binomial(observed, rates))
        scenario = ll.SamplingScenario(tasks=data, max_attempts=far)
        row = ll.solve(scenario, resample="tasks", bootstrap=200, columns=["accuracy"]).row(0, named=True)
        held += row["accuracy_low"] <= truth <= row["accuracy_high"]
    assert held > 32


@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
@pytest.mark.parametrize("resample", ["tasks", "attempts"])
def test_one_attempt_each_tells_the_mean_and_no_spread(resample: str) -> None:
    """All with one rate, or half of them always and half never right: either may be."""
    tasks = ll.Tasks.counts([1] * 200, [0, 1] * 100)
    scenario = ll.SamplingScenario(tasks=tasks, max_attempts=[1, 4])
    once, four = ll.solve(scenario, resample=resample, seed=0, columns=["accuracy"]).rows(named=True)
    assert 0.35 < once["accuracy_low"] < 0.5 < once["accuracy_high"] < 0.65
    assert four["accuracy_low"] <= 0.5
    assert four["accuracy_high"] >= 1 - 0.5**4


@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
def test_limits_do_not_depend_on_other_rows_and_take_weights_of_zero() -> None:
    tasks = ll.Tasks.counts([6, 6, 6, 6], [0, 2, 6, 3], weight=[1, 2, 0, 1])
    alone = ll.SamplingScenario(tasks=tasks, verifier=VERIFIER, policies=[ll.FirstAccepted()], max_attempts=[4])
    more = alone.replace(policies=[ll.FirstAccepted(fallback="last"), ll.FirstAccepted()], max_attempts=[2, 4])
    ends = ["accuracy_low", "accuracy_high", "precision_low", "precision_high"]
    among = ll.solve(more, resample="tasks", bootstrap=50).row(3, named=True)
    found = ll.solve(alone, resample="tasks", bootstrap=50).row(0, named=True)
    assert [among[end] for end in ends] == [found[end] for end in ends]
    # A task without weight is none: the weights of the others are drawn alike.
    assert 0 <= found["accuracy_low"] < found["accuracy"] < found["accuracy_high"] <= 1


def test_nothing_wrong_is_a_precision_that_may_be_one() -> None:
    """Other tasks may be ones that are all wrong, of which the verifier lets some through."""
    verifier = ll.Verifier.rates(false_positive_rate=1e-12)
    scenario = ll.SamplingScenario(tasks=ll.Tasks.counts([5] * 20, [2] * 20), verifier=verifier, max_attempts=[3])
    row = ll.solve(scenario, resample="tasks", bootstrap=50, columns=["precision"]).row(0, named=True)
    assert row["precision_low"] < 0.99
    assert row["precision_high"] == pytest.approx(1.0, abs=1e-9)


def test_an_interval_beside_its_estimate_is_said_to_be_one() -> None:
    data = _data(164, 5, 1)[0]
    scenario = ll.SamplingScenario(tasks=data, max_attempts=[20])
    with pytest.warns(ll.MisfitWarning, match="accuracy.*observed share of at most 5 attempts"):
        ll.solve(scenario, resample="attempts", bootstrap=50, seed=1)
    with pytest.warns(ll.MisfitWarning, match="accuracy"):
        ll.simulate(scenario, trials=2_000, seed=1, resample="tasks", bootstrap=50)
    worth = scenario.replace(verifier=VERIFIER, utility=ll.Utility(wrong_cost=0.5))
    with pytest.warns(ll.MisfitWarning, match="optimal_attempts"):
        ll.optimal_attempts(worth, bootstrap=100, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ll.solve(scenario.replace(max_attempts=[1]), resample="attempts", bootstrap=50, seed=1)


def test_simulated_and_solved_limits_over_tasks_are_near() -> None:
    """Both draw the same rates; a simulation has the noise of its trials, within .03 of ends that are .2 apart."""
    scenario = ll.SamplingScenario(tasks=_data(60, 16, 1)[0], verifier=VERIFIER, max_attempts=[4])
    ends = ["accuracy_low", "accuracy_high", "precision_low", "precision_high"]
    names = ["accuracy", "precision"]
    solved = ll.solve(scenario, resample="tasks", columns=names, seed=3, bootstrap=400)
    run = ll.simulate(scenario, trials=200_000, seed=3, resample="tasks", columns=names, bootstrap=400)
    assert run.select(ends).row(0) == pytest.approx(solved.select(ends).row(0), abs=0.03)


@pytest.mark.parametrize("wrong_cost", [0.5, 1.0])
def test_a_recommendation_holds_the_best_number_of_the_population(wrong_cost: float) -> None:
    """At 90 %, 25 data sets: 16 or fewer that hold have the probability 5e-4; observed shares alone held none."""
    held, utilities = 0, 0
    worth = ll.Utility(wrong_cost=wrong_cost)
    tasks = ll.Tasks.beta(ALPHA, BETA, 10)
    every = ll.SamplingScenario(tasks=tasks, verifier=VERIFIER, max_attempts=list(range(1, 61)), utility=worth)
    truth = ll.solve(every)["utility"].to_numpy()
    best = int(truth.argmax()) + 1
    assert 1 < best < 60
    for data in _data(100, 5, 25):
        row = ll.recommend(data, VERIFIER, utility=worth, bootstrap=200, max_attempts=60).policies.row(0, named=True)
        held += row["attempts_low"] <= best <= row["attempts_high"]
        utilities += row["utility_low"] <= truth[row["attempts"] - 1] <= row["utility_high"]
    assert min(held, utilities) > 16, (held, utilities)


def test_a_fitted_prior_foretells_the_population() -> None:
    """P(solved within 200 attempts) from 400 tasks of 20, within .03; observed shares are farther off than .06."""
    random = np.random.default_rng(5)
    right = random.binomial(20, random.beta(ALPHA, BETA, 400))
    fitted = ll.Tasks.counts([20] * 400, right, posterior=True, prior="fitted")
    coverage = [
        ll.solve(ll.SamplingScenario(tasks=tasks, max_attempts=[200]))["coverage"][0]
        for tasks in (fitted, ll.Tasks.counts([20] * 400, right), ll.Tasks.beta(ALPHA, BETA, 10))
    ]
    assert coverage[0] == pytest.approx(coverage[2], abs=0.03)
    assert coverage[1] < coverage[2] - 0.06
    assert ll.Tasks.from_json(fitted.to_json()) == fitted


def test_a_fitted_prior_is_one_where_all_tasks_are_alike() -> None:
    for right in (0, 2):
        tasks = ll.Tasks.counts([2, 2], [right, right], posterior=True, prior="fitted")
        alpha, beta = tasks.prior  # type: ignore[attr-defined]
        assert (alpha > beta) == (right == 2)
    with pytest.raises(ValueError, match="prior must be None where posterior is False"):
        ll.Tasks.counts([2], [1], prior="fitted")
    with pytest.raises(ValueError, match=r"correct\[0\] must be at most attempts\[0\]"):
        ll.Tasks.counts([2], [3], posterior=True, prior="fitted")


@pytest.mark.parametrize("attempt_cost", [1e-9, 0.01])
def test_the_utility_of_paid_attempts_has_an_interval(attempt_cost: float) -> None:
    """Where all tasks are right there may be others: as where attempts cost nothing."""
    tasks, verifier = ll.Tasks.fixed([1.0] * 10), ll.Verifier.rates(false_positive_rate=0.5)
    row = {}
    for cost in (0.0, attempt_cost):
        worth = ll.Utility(wrong_cost=4, attempt_cost=cost)
        scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1], utility=worth)
        row[cost] = ll.solve(scenario, resample="tasks").select("utility_low", "utility_high").row(0)
    assert row[attempt_cost] == pytest.approx([end - attempt_cost for end in row[0.0]], abs=1e-9)
    assert row[0.0][0] < 0


def test_the_utility_of_paid_attempts_is_covered() -> None:
    """At 95 %, 60 data sets of 30 easy tasks: 49 or fewer that hold have the probability 2e-4; Student's t held .75."""
    random, held = np.random.default_rng(11), 0
    worth = ll.Utility(wrong_cost=4, attempt_cost=0.01)
    truth = 0.95 - 4 * 0.05 - 0.01
    for _ in range(60):
        right = random.random(30) < random.beta(19, 1, 30)
        tasks = ll.Tasks.pool([1] * 30, [1] * 30, right, correct=right)
        scenario = ll.SamplingScenario(tasks=tasks, max_attempts=[1], utility=worth)
        low, high = ll.solve(scenario, resample="tasks").select("utility_low", "utility_high").row(0)
        held += low <= truth <= high
    assert held > 49, held


def test_no_utility_exceeds_the_largest_possible() -> None:
    worth = ll.Utility(wrong_cost=1)
    scenario = ll.SamplingScenario(tasks=ll.Tasks.counts([2, 2], [2, 2]), max_attempts=[1], utility=worth)
    frame = ll.optimal_attempts(scenario, bootstrap=100, seed=1)
    quantiles = frame.select(pl.col(r"^utility_q\d+$")).row(0)
    assert -1 <= min(quantiles) <= max(quantiles) <= 1
    assert max(quantiles) > 0.9


def test_precision_and_its_complement_add_to_one_where_labels_leave_a_verifier_open() -> None:
    columns = {"task": [n // 4 for n in range(160)], "correct": [n % 4 < 2 for n in range(160)]}
    labels = pl.DataFrame(columns | {"accepted": [n % 4 < 2 or n % 32 == 3 for n in range(160)]})
    verifier = ll.Verifier.from_labels(labels, draws=40)
    tasks = ll.Tasks.fixed(np.linspace(0.05, 0.9, 30))
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[5])
    row = ll.solve(scenario, resample="tasks").row(0, named=True)
    for end, other in (("low", "high"), ("high", "low")):
        assert row[f"precision_{end}"] + row[f"false_discovery_rate_{other}"] == pytest.approx(1, abs=1e-12)
    assert row["precision_low"] < row["precision"] < row["precision_high"]


def test_the_required_rate_from_observed_shares_warns_where_they_are_no_rates() -> None:
    """Two attempts at each of 80 tasks: with 50 attempts 30 % more are solved than observed shares say."""
    random = np.random.default_rng(2)
    correct = random.binomial(2, random.beta(0.6, 1, 80))
    verifier = ll.Verifier.rates(false_positive_rate=0.02)
    scenario = ll.SamplingScenario(tasks=ll.Tasks.counts([2] * 80, correct), verifier=verifier, max_attempts=[50])
    with pytest.warns(ll.MisfitWarning, match="^accuracy: the estimate lies outside its interval"):
        found = ll.required_false_positive_rate(scenario, accuracy=0.65)
    assert found["required_false_positive_rate"].item() is None
    fitted = ll.Tasks.counts([2] * 80, correct, posterior=True, prior="fitted")
    # No warning, which would be an error.
    assert ll.required_false_positive_rate(scenario.replace(tasks=fitted), accuracy=0.65)[0, 2] > 0.1
    ll.required_false_positive_rate(scenario.replace(max_attempts=[2]), accuracy=0.5)


CEILINGS: list[tuple[Any, float]] = [
    (ll.Tasks.counts([5] * 10 + [3] * 10, [0] * 6 + [2] * 4 + [3] * 10, posterior=True, prior="fitted"), 0.02),
    (ll.Tasks.counts([5] * 20, [5] * 20), 0.1),
]


@pytest.mark.parametrize(("tasks", "rate"), CEILINGS)
def test_a_ceiling_lies_within_its_ends_and_is_no_more_than_one(tasks: Any, rate: float) -> None:
    verifier = ll.Verifier.rates(false_positive_rate=rate)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1])
    row = ll.can_match(scenario, 0.5).row(0, named=True)
    assert 0 <= row["ceiling_low"] <= row["ceiling"] <= row["ceiling_high"] <= 1
    assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    assert ll.ceilings(scenario)["ceiling_all_tasks"].item() <= 1
    assert ll.optimal_attempts(scenario, bootstrap=0)["utility"].item() <= 1


@pytest.mark.filterwarnings("ignore::limitlaw.MisfitWarning")
@pytest.mark.parametrize("resample", ["tasks", "attempts"])
@pytest.mark.parametrize("prior", ["fitted", "jeffreys", (3.0, 4.0)])
def test_a_prior_moves_estimates_and_no_interval(prior: Any, resample: Any) -> None:
    counts = {"attempts": [4] * 12, "correct": [0, 1, 2, 3, 4, 1, 0, 0, 2, 4, 1, 0]}
    plain, with_prior = (
        ll.solve(
            ll.SamplingScenario(tasks=tasks, verifier=VERIFIER, max_attempts=[1, 8]),
            resample=resample,
            bootstrap=100,
            seed=3,
            columns=["accuracy", "precision"],
        )
        for tasks in (ll.Tasks.counts(**counts), ll.Tasks.counts(**counts, posterior=True, prior=prior))
    )
    ends = [f"{name}_{end}" for name in ("accuracy", "precision") for end in ("low", "high")]
    assert with_prior.select(ends).equals(plain.select(ends))
    assert not with_prior["accuracy"].equals(plain["accuracy"])


def test_tasks_without_attempts_make_no_interval_narrower() -> None:
    """Of ten tasks of four attempts the mean of other tasks is known no better for fifty that nobody tried."""
    seen = [1, 2, 3, 2, 0, 4, 1, 2, 3, 2]

    def width(untried: int, call: str) -> float:
        attempts, correct = [0] * untried + [4] * 10, [0] * untried + seen
        tasks = ll.Tasks.counts(attempts, correct, posterior=True, prior="fitted")
        scenario = ll.SamplingScenario(tasks=tasks, verifier=VERIFIER, max_attempts=[4], utility=ll.Utility())
        if call == "best":
            row = ll.optimal_attempts(scenario, wrong_cost=1.0, bootstrap=300, seed=1).row(0, named=True)
            return row["utility_q95"] - row["utility_q05"]
        if call == "fit":
            row = ll.fit.fit_beta_binomial(attempts, correct).row(2, named=True)
            return row["high"] - row["low"]
        row = ll.solve(scenario, resample="tasks", bootstrap=300).row(0, named=True)
        return row["accuracy_high"] - row["accuracy_low"]

    assert width(50, "fit") == width(0, "fit")
    for call in ("best", "solve"):
        assert width(50, call) > 0.6 * width(0, call)  # as means of posteriors: a sixth


def test_the_best_number_of_counts_with_a_verifier_that_differs_between_tasks() -> None:
    """With next to no difference between tasks it is that without; resamples once had no tasks, and said 0."""
    tasks = ll.Tasks.counts([5] * 20, [0, 1, 2, 3, 4, 5, 1, 0, 2, 3] * 2)
    rows = []
    for icc in (0.0, 1e-9, 0.3):
        verifier = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1, icc=icc)
        scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[9], utility=ll.Utility())
        rows.append(ll.optimal_attempts(scenario, wrong_cost=1.0, bootstrap=100, seed=1).row(0, named=True))
    for name in ("utility_q05", "utility_q50", "utility_q95"):
        assert rows[1][name] == pytest.approx(rows[0][name], abs=1e-6)
    assert rows[2]["p_zero"] < 0.1
    assert rows[2]["utility_q05"] < rows[2]["utility"] < rows[2]["utility_q95"]


def test_the_best_number_of_many_tasks_whose_error_rates_are_both_drawn() -> None:
    """As many points once were refused, or took minutes: at rates known in effect it is that of tasks with these."""
    correct = np.random.default_rng(4).binomial(9_999, np.random.default_rng(5).beta(0.6, 1.4, 164))
    rows = []
    for tasks in (ll.Tasks.fixed((correct / 9_999).tolist()), ll.Tasks.counts([9_999] * 164, correct.tolist())):
        verifier = ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.2, icc=0.1)
        scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[9], utility=ll.Utility())
        rows.append(ll.optimal_attempts(scenario, wrong_cost=0.5, bootstrap=100, seed=1).row(0, named=True))
        # Against the closed form of one number of attempts, which takes another way through the same law.
        best = ll.solve(scenario.replace(max_attempts=[rows[-1]["optimal_attempts"]])).row(0, named=True)
        assert rows[-1]["utility"] == pytest.approx(best["accuracy"] - 0.5 * best["wrong"], abs=1e-4)
    fixed, counts = rows
    for name in ("utility_q05", "utility_q50", "utility_q95"):
        # A standard deviation over tasks is .03, of a quantile of 100 resamples .006.
        assert counts[name] == pytest.approx(fixed[name], abs=0.03)
