"""Bills that follow from attempts: a price changes no other number, and whole runs cost what single attempts do."""

import math

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.testing import assert_reproducible
from reference import drawn_numpy as reference
from sampling_cases import COST
from test_drawn_laws import BOTH, TASKS, VERIFIERS

FREE = ll.Cost(output_tokens=0)
GRID = (1, 3, 40, 300)
#: Columns that a cost has nothing to do with.
BILLED = ("tokens", "cost", "latency", "run")


def unbilled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(name for name in frame.columns if not name.startswith(BILLED))


FREELY = {"given": ll.Tasks.fixed(success=[0.02, 0.3, 0.0])} | {name: tasks for name, (tasks, _) in TASKS.items()}


@pytest.mark.parametrize("voted", [False, True], ids=["first accepted", "beside votes"])
@pytest.mark.parametrize("tasks", FREELY)
def test_a_free_cost_changes_no_other_number(tasks: str, voted: bool) -> None:
    """The last answer, too, stands at the same place: by bins, by attempts, beside votes."""
    others = {"answers": ll.Answers.uniform(3), "policies": [*BOTH, ll.MajorityVote(), ll.AnyOf(), ll.StopWhenAhead(2)]}
    scenario = ll.SamplingScenario(
        tasks=FREELY[tasks],
        verifier=VERIFIERS["both"][0],
        **others if voted else {"policies": list(BOTH)},
        max_attempts=GRID,
        utility=ll.Utility(wrong_cost=2.0, attempt_cost=0.01),
    )
    costs = [FREE, ll.Cost(output_tokens=(5, 0.4)), ll.Cost(output_tokens=(5, 0.4), law="lognormal")]
    for by in ("policy", "task"):
        run = {"trials": 3_000, "seed": 4, "by": by}
        without = ll.simulate(scenario, **run)
        for cost in costs:
            frame = ll.simulate(scenario.replace(cost=cost), **run)
            assert unbilled(frame).equals(unbilled(without)), (by, cost)


def cumulative(in_order: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The share of values up to some."""
    return np.searchsorted(in_order, at, side="right") / len(in_order)


@pytest.mark.parametrize(
    ("tasks", "verifier", "rates"),
    [
        (
            ll.Tasks.fixed(success=[0.01] * 6),
            ll.Verifier.rates(false_positive_rate=0.005, false_negative_rate=0.3),
            (reference.known(0.01), reference.known(0.005), reference.known(0.3)),
        ),
        (
            ll.Tasks.beta(0.4, 2.0, 6),
            ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.3),
            (reference.beta(0.4, 2.0), reference.known(0.05), reference.known(0.3)),
        ),
        (
            ll.Tasks.fixed(success=[0.02] * 6),
            ll.Verifier.rates(false_positive_rate=0.01, icc=0.4),
            (reference.known(0.02), reference.spread(0.01, 0.4), reference.known(0.0)),
        ),
    ],
    ids=["known", "beta", "spread"],
)
@pytest.mark.parametrize(
    "cost",
    [COST, COST.replace(output_tokens=(700, 0)), COST.replace(law="lognormal"), COST.replace(output_tokens=(700, 3.0))],
    ids=["gamma", "fixed", "lognormal", "wide"],
)
def test_whole_runs_cost_what_attempts_drawn_one_by_one_do(
    tasks: ll.Tasks,
    verifier: ll.Verifier,
    rates: tuple[reference.Rates, reference.Rates, reference.Rates],
    cost: ll.Cost,
) -> None:
    """The distributions of tokens, money and utility of a run of six tasks, at every grid point.

    Each empirical distribution is within its ``eps`` of the law but for 1e-10 over the 12 looks of a case (Dvoretzky,
    Kiefer, Wolfowitz), so two are within the sum but for 2e-10, and a false alarm in all 12 cases comes with 2.4e-9.
    """
    lognormal = cost.law == "lognormal"
    trials, slow = (37_000, 47_000) if lognormal else (220_000, 84_000)
    worth = ll.Utility(correct_reward=0.5, wrong_cost=0.2, attempt_cost=0.01)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=GRID, cost=cost, utility=worth)
    tallies = ll.simulate(scenario, trials=trials, seed=5, tallies=True)
    random, shape = np.random.default_rng(6), (slow, 6)
    p, f, g = (law(random, shape) for law in rates)
    right, wrong = p * (1 - g), (1 - p) * f
    first = reference.geometric(random, right + wrong)
    is_correct = random.random(shape) * (right + wrong) < right
    mean, cv = cost.output_tokens
    eps = sum(math.sqrt(math.log(2 * 12 / 1e-10) / (2 * n)) for n in (trials, slow))
    for at, most in enumerate(GRID):
        used = np.minimum(first, most).astype(int)
        total = used.sum(axis=1)
        if cv == 0:
            output = mean * total
        elif not lognormal:
            output = random.gamma(used / cv**2).sum(axis=1) * mean * cv**2
        else:
            sigma = math.sqrt(math.log1p(cv**2))
            each = random.lognormal(math.log(mean) - sigma**2 / 2, sigma, total.sum())
            output = np.add.reduceat(each, np.cumsum(total) - total)
        money = (total * 300 * 2.0 + output * 8.0) / 1e6 + 0.002 * total
        accepted = first <= most
        values = 0.5 * (is_correct & accepted).sum(axis=1) - 0.2 * (~is_correct & accepted).sum(axis=1)
        scores = {"tokens": total * 300 + output, "cost": money, "utility": values - 0.01 * total - money}
        for name, drawn in scores.items():
            found = tallies[f"{name}_values"][at].to_numpy()
            share = np.cumsum(tallies[f"{name}_counts"][at].to_numpy()) / trials
            # A value stands for all of its bin, 2^-13 wide; a negative one is the far end of it.
            low, high = found * (1 - np.sign(found) * 1e-12), found + np.abs(found) * 2.0**-12 + 1e-12
            in_order = np.sort(drawn / 6)
            assert (share >= cumulative(in_order, low) - eps).all(), (name, most)
            assert (share <= cumulative(in_order, high) + eps).all(), (name, most)


def test_means_know_the_mean_of_a_token_and_not_its_noise() -> None:
    """Attempts and bills have the same relative error, and it is as large as it says: 400 runs, 7 deviations."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(0.4, 2.0, 5), max_attempts=[1, 30], cost=ll.Cost(output_tokens=(100, 2.0), price_out=1e4)
    )
    exact = ll.solve(scenario)
    runs = [
        ll.simulate(scenario, trials=200, seed=s, columns=["tokens", "tokens_se", "attempts_used"]) for s in range(400)
    ]
    assert (exact["tokens"] / exact["attempts_used"]).to_list() == pytest.approx([100.0, 100.0], rel=1e-12)
    assert runs[0]["tokens"].to_list() == pytest.approx((100 * runs[0]["attempts_used"]).to_list(), rel=1e-12)
    assert runs[0]["tokens_se"][0] == 0.0
    scores = np.array([(r["tokens"][1] - exact["tokens"][1]) / r["tokens_se"][1] for r in runs])
    # A mean and a mean square of 400 nearly normal numbers.
    assert abs(scores.mean()) < 7 / 20
    assert abs((scores**2).mean() - 1) < 7 * math.sqrt(2) / 20


def test_the_same_bits_on_any_number_of_threads() -> None:
    for law in ("gamma", "lognormal"):
        scenario = ll.SamplingScenario(
            tasks=TASKS["posterior"][0],
            verifier=VERIFIERS["spread"][0],
            policies=[*BOTH, ll.AnyOf()],
            max_attempts=GRID,
            cost=COST.replace(law=law),
            utility=ll.Utility(attempt_cost=0.1),
        )
        assert_reproducible(scenario, trials=5_000, threads=(1, 2, 5))
