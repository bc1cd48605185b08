"""A verifier known by labels: what they leave open reaches every answer."""

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import _core
from limitlaw.sampling.verifier import LabelledVerifier

METRICS = ("accuracy", "wrong", "accepted", "returned", "abstained", "precision", "attempts_used", "utility")
TASKS = ll.Tasks.fixed(success=[0.0, 0.05, 0.1, 0.3, 0.8, 1.0])
GRID = [1, 3, 20]
WORTH = ll.Utility(wrong_cost=2)


def of_draws(count: int, *, icc: float = 0.0, seed: int = 1) -> LabelledVerifier:
    random = np.random.default_rng(seed)
    return LabelledVerifier(
        false_positive_rate=random.beta(1, 8, count),
        false_negative_rate=random.beta(1, 8, count),
        false_positive_icc=np.full(count, icc),
        false_negative_icc=np.full(count, icc),
    )


def scenario(verifier: ll.Verifier, tasks: ll.Tasks = TASKS, **more) -> ll.SamplingScenario:
    return ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=GRID, utility=WORTH, **more)


def each(verifier: LabelledVerifier) -> list[ll.Verifier]:
    """Its verifiers, where no rate spreads over tasks."""
    rates = zip(verifier.false_positive_rate, verifier.false_negative_rate, strict=True)
    return [ll.Verifier.rates(false_positive_rate=float(f), false_negative_rate=float(g)) for f, g in rates]


def labels(tasks: int, per_task: int, f: float, g: float, *, seed: int, icc: float = 0.2) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    size = 1 / icc - 1
    rates = [random.beta(mean * size, (1 - mean) * size, tasks) for mean in (f, g)]
    task = np.repeat(np.arange(tasks), per_task)
    correct = random.random(len(task)) < random.beta(1, 1, tasks)[task]
    wrong = random.random(len(task)) < np.where(correct, rates[1][task], rates[0][task])
    return pl.DataFrame({"task": task, "correct": correct, "accepted": correct != wrong})


@pytest.mark.parametrize(
    "tasks",
    [
        TASKS,
        ll.Tasks.fixed(success=[0.1, 0.5], weight=[3, 1]),
        ll.Tasks.counts(attempts=[5, 9], correct=[1, 9], posterior=True, prior="jeffreys"),
        ll.Tasks.beta(alpha=0.5, beta=2, count=3),
        ll.Tasks.from_attempts(
            pl.DataFrame({"task": [0, 1] * 20, "correct": [k % 3 == 0 or k > 30 for k in range(40)]})
        ),
    ],
    ids=lambda tasks: tasks.kind,
)
def test_solve_is_the_mean_over_its_verifiers_and_their_quantiles(tasks):
    verifier = of_draws(41)
    found = ll.solve(scenario(verifier, tasks), confidence=0.9)
    alone = [ll.solve(scenario(one, tasks)) for one in each(verifier)]
    for metric in METRICS:
        values = np.array([frame[metric].to_numpy() for frame in alone])
        if metric != "precision":
            np.testing.assert_allclose(found[metric], values.mean(axis=0), rtol=1e-12, atol=1e-14)
        for end, p in (("low", 0.05), ("high", 0.95)):
            np.testing.assert_allclose(found[f"{metric}_{end}"], np.quantile(values, p, axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found["precision"], found["accuracy"] / found["returned"], rtol=1e-12)


def test_quantiles_of_a_run_are_those_of_the_mixture():
    verifier = of_draws(7)
    found = ll.solve(scenario(verifier)).select("accuracy_q05", "accuracy_q50", "accuracy_q95", "utility_q05")
    for at in range(len(GRID)):
        accuracy, utility = np.zeros(7), {}
        for one in each(verifier):
            frame = ll.solve(scenario(one), by="task").filter(max_attempts=GRID[at])
            law = {(0, 0): 1.0}
            for right, wrong in frame.select("accuracy", "wrong").iter_rows():
                steps = {(1, 0): right, (0, 1): wrong, (0, 0): 1 - right - wrong}
                new: dict[tuple[int, int], float] = {}
                for (c, w), p in law.items():
                    for (dc, dw), q in steps.items():
                        new[c + dc, w + dw] = new.get((c + dc, w + dw), 0.0) + p * q
                law = new
            for (c, w), p in law.items():
                accuracy[c] += p / 7
                utility[c - 2 * w] = utility.get(c - 2 * w, 0.0) + p / 7
        below = np.cumsum(accuracy)
        want = [int(np.argmax(below >= q - 1e-12)) / 6 for q in (0.05, 0.5, 0.95)]
        values = sorted(utility)
        want.append(values[int(np.argmax(np.cumsum([utility[v] for v in values]) >= 0.05 - 1e-12))] / 6)
        assert found.row(at) == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("icc", [0.0, 0.4])
@pytest.mark.parametrize("policy", [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AnyOf()])
def test_simulations_agree_with_the_solution(icc, policy):
    """Each of at most 3 x 8 looks has a false-alarm probability of 2.6e-12 (seven standard errors)."""
    one = scenario(of_draws(60, icc=icc), policies=[policy])
    exact, found = ll.solve(one), ll.simulate(one, trials=20_000, seed=5)
    for metric in METRICS:
        if metric in exact.columns and exact[metric].null_count() == 0:
            gap = (found[metric] - exact[metric]).abs().to_numpy()
            assert (gap <= 7 * found[f"{metric}_se"].to_numpy() + 1e-9).all(), metric
    for quantile in ("accuracy_q05", "accuracy_q50", "accuracy_q95"):
        assert (found[quantile] - exact[quantile]).abs().max() <= 1 / 6 + 1e-9


def test_recorded_verdicts_and_a_draw_of_all_tasks_at_once():
    log = pl.DataFrame({"task": [0, 1, 2] * 20, "correct": [k % 4 == 0 for k in range(60)]})
    one = scenario(of_draws(30, icc=0.3), ll.Tasks.from_attempts(log))
    exact, found = ll.solve(one), ll.simulate(one, trials=5_000, seed=5)
    for metric in METRICS:
        gap = (found[metric] - exact[metric]).abs().to_numpy()
        assert (gap <= 7 * found[f"{metric}_se"].to_numpy() + 1e-9).all(), metric


def test_standard_errors_count_that_tasks_share_the_draw():
    """The spread of 400 runs about the solution, in standard errors: chi-squared of 400, outside [.74, 1.31] with 1e-9.

    Were tasks taken for independent it would be near 5.
    """
    verifier = of_draws(2).replace(false_positive_rate=[0.0, 0.5], false_negative_rate=[0.0, 0.2])
    one = scenario(verifier, ll.Tasks.fixed(success=[0.1] * 60))
    exact = ll.solve(one)
    for metric in ("accuracy", "precision", "utility", "attempts_used", "returned"):
        found = [ll.simulate(one, trials=200, seed=seed, columns=[metric]) for seed in range(400)]
        scores = [((f[metric] - exact[metric]) / f[f"{metric}_se"])[2] for f in found]
        assert 0.74 < np.mean(np.square(scores)) < 1.31, metric


def test_tallies_merge_to_what_the_trials_say_together():
    one = scenario(of_draws(20))
    parts = [ll.simulate(one, trials=500, seed=3, replicate=r, tallies=True) for r in range(2)]
    merged, alone = ll.merge(parts), ll.simulate(one, trials=500, seed=3)
    assert ll.merge(parts[:1]).drop("run").equals(alone.drop("run"))
    ratio = (merged["accuracy_se"] / alone["accuracy_se"]).to_numpy()
    assert (abs(ratio * np.sqrt(2) - 1) < 0.2).all()
    assert ll.simulate(one, trials=500, seed=3, threads=1).equals(alone)


def test_pairwise_comparisons_meet_the_same_verifier():
    one = scenario(of_draws(20), policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")])
    frame = ll.compare_policies(one, trials=2_000, seed=2)
    assert frame.height == 6
    assert frame.select(pl.col("^.*_se$")).null_count().sum_horizontal().item() == 0


def test_no_error_is_no_perfect_verifier():
    """60 wrong answers of 60 tasks without an error: Jeffreys' Beta(1/2, 60.5), 97.5 % of it below .0409."""
    frame = pl.DataFrame({"task": range(120), "correct": [True, False] * 60, "accepted": [True, False] * 60})
    verifier = ll.Verifier.from_labels(frame)
    assert np.quantile(verifier.false_positive_rate, 0.975) == pytest.approx(0.0409, rel=0.05)
    ends = ll.ceilings(scenario(verifier, ll.Tasks.fixed(success=[0.05] * 20))).row(0, named=True)
    assert ends["ceiling_all_tasks_low"] < 0.8 < ends["ceiling_all_tasks_high"]


def test_the_best_number_of_attempts_is_of_the_mean_utility():
    verifier = of_draws(25)
    one = scenario(verifier).replace(max_attempts=list(range(1, 200)))
    utility = ll.solve(one, columns=["utility"])["utility"].to_numpy()
    row = ll.optimal_attempts(one, bootstrap=0).row(0, named=True)
    assert row["optimal_attempts"] == int(utility.argmax()) + 1
    assert row["utility"] == pytest.approx(utility.max(), rel=1e-12)

    def width(verifier: ll.Verifier) -> float:
        many = scenario(verifier, ll.Tasks.fixed(success=[0.9, 0.3, 0.02, 0.0] * 40))
        row = ll.optimal_attempts(many, bootstrap=400, seed=4).row(0, named=True)
        return row["utility_q95"] - row["utility_q05"]

    # Of many tasks it is the verifier that leaves the utility open.
    assert width(verifier) > 3 * max(map(width, each(verifier)))


def test_ceilings_and_matches_span_the_verifiers():
    verifier = of_draws(30)
    found = ll.ceilings(scenario(verifier), confidence=0.8).row(0, named=True)
    alone = np.array([ll.ceilings(scenario(one))["ceiling_all_tasks"].item() for one in each(verifier)])
    assert found["ceiling_all_tasks"] == pytest.approx(alone.mean(), rel=1e-12)
    ends = [found["ceiling_all_tasks_low"], found["ceiling_all_tasks_high"]]
    np.testing.assert_allclose(ends, np.quantile(alone, [0.1, 0.9]), rtol=1e-12)
    match = ll.can_match(scenario(verifier), alone.mean(), confidence=0.8).row(0, named=True)
    np.testing.assert_allclose(
        [match["difference_low"], match["difference_high"]], np.quantile(alone, [0.1, 0.9]) - alone.mean(), atol=1e-9
    )
    assert match["verdict"] == "too close to call"


def test_whether_it_is_good_enough():
    verifier = ll.Verifier.from_labels(labels(40, 5, 0.08, 0.05, seed=2))
    one = scenario(verifier, ll.Tasks.fixed(success=[0.1] * 100)).replace(max_attempts=[20])
    row = ll.solve(one).row(0, named=True)
    for target, verdict in (
        (row["accuracy_low"] - 0.01, "yes"),
        (0.1 * row["accuracy"] + 0.9 * row["accuracy_high"], "cannot tell"),
        (row["accuracy_high"] + 0.01, "no"),
    ):
        found = ll.required_false_positive_rate(one, accuracy=target).row(0, named=True)
        assert found["verdict"] == verdict
        assert (found["labels_needed"] is None) == (verdict != "cannot tell")
        ratio = found["required_false_positive_rate"] / found["false_positive_rate"]
        assert ratio > 1 if verdict == "yes" else ratio < 1
        assert found["accuracy"] == pytest.approx(row["accuracy"], rel=1e-12)
        if verdict == "cannot tell":
            assert found["labels"] == 200 < found["labels_needed"]
    # On which of these tasks the verifier errs no labels of other tasks tell.
    found = ll.required_false_positive_rate(one, accuracy=row["accuracy"] + 1e-4).row(0, named=True)
    assert found["verdict"] == "cannot tell"
    assert found["labels_needed"] is None


def test_the_posterior_knows_the_clusters():
    """The same 200 verdicts in 100 tasks of two and in 10 of twenty, whose errors are whole tasks."""
    errors = [k < 20 for k in range(200)]
    frames = [
        pl.DataFrame({"task": [k // size for k in range(200)], "correct": False, "accepted": errors}).vstack(
            pl.DataFrame({"task": [0, 1], "correct": True, "accepted": True})
        )
        for size in (2, 20)
    ]
    wide = [np.ptp(np.quantile(ll.Verifier.from_labels(f).false_positive_rate, [0.025, 0.975])) for f in frames]
    assert wide[1] > 2 * wide[0]
    assert ll.Verifier.from_labels(frames[0], task=None).labels == 202


def test_it_is_a_setting_like_the_others():
    verifier = ll.Verifier.from_labels(labels(30, 4, 0.1, 0.1, seed=4), draws=50)
    assert ll.Verifier.from_json(verifier.to_json()) == verifier
    assert "<50 values" in repr(verifier)
    assert len(repr(verifier)) < 250
    assert verifier.inputs().height == 5
    point = verifier.operating_points().row(0, named=True)
    assert point["false_positive_rate"] == pytest.approx(verifier.false_positive_rate.mean())
    assert ll.Verifier.from_labels(labels(30, 4, 0.1, 0.1, seed=4), draws=50).fingerprint() == verifier.fingerprint()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: ll.Verifier.from_labels(f.with_columns(correct=True)), "labels of correct and of wrong attempts"),
        (lambda f: ll.Verifier.from_labels(f, accepted="verdict"), "accepted must name one of the columns"),
        (lambda f: ll.Verifier.from_labels(f.with_columns(accepted=2)), "accepted must be a column of booleans"),
        (lambda f: ll.Verifier.from_labels(f, draws=3), "draws must be in"),
        (lambda f: ll.Verifier.ensemble([ll.Verifier.from_labels(f)]), "verifiers.0. must be one of given error rates"),
        (
            lambda f: ll.SamplingScenario(
                tasks=TASKS,
                verifier=ll.Verifier.from_labels(f),
                policies=[ll.FirstWorthwhile()],
                max_attempts=[3],
                utility=WORTH,
            ),
            "another one where rates are drawn",
        ),
        (
            lambda f: ll.optimal_attempts(
                ll.SamplingScenario(
                    tasks=ll.Tasks.beta(alpha=1, beta=1, count=3), verifier=ll.Verifier.from_labels(f), max_attempts=[3]
                ),
                bootstrap=0,
            ),
            "success rates are drawn and the verifier is known by labels",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises((ValueError, TypeError, _core.NoClosedFormError), match=message):
        call(labels(20, 4, 0.1, 0.1, seed=3))
