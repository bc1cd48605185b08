"""Frames that read well: the answer first, nothing that cannot exist, errors where wanted, where rows come from."""

import pickle

import polars as pl
import pytest

import limitlaw as ll
from limitlaw import _core
from limitlaw._frames import Run, runs_of

TASKS = ll.Tasks.fixed(success=[0.1, 0.4])
SCENARIO = ll.SamplingScenario(tasks=TASKS, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=[1, 10])
COST = ll.Cost(output_tokens=[100.0, 0.0], price_out=1e-3)
BILL = {"tokens", "cost", "latency"}


def metrics(frame: pl.DataFrame) -> set[str]:
    """What the columns are about, errors and quantiles aside."""
    return {name.removesuffix("_se").partition("_q0")[0] for name in frame.columns}


def first_view(frame: pl.DataFrame) -> list[str]:
    """The columns that Polars prints unless told otherwise: four from each end."""
    return frame.columns if frame.width <= 8 else [*frame.columns[:4], *frame.columns[-4:]]


def test_the_answer_is_in_the_first_view() -> None:
    frame = ll.simulate(SCENARIO.replace(utility=ll.Utility(wrong_cost=2), cost=COST), trials=100, seed=7)
    expected = ["policy", "max_attempts", "accuracy", "accuracy_se", "precision", "coverage", "trials", "run"]
    assert first_view(frame) == expected
    best = ll.optimal_attempts(SCENARIO, wrong_cost=[1, 4], bootstrap=50, seed=1)
    assert first_view(best) == [
        *("policy", "wrong_cost", "optimal_attempts", "status"),
        *("utility", "optimal_attempts_q05", "optimal_attempts_q95", "run"),
    ]
    world = ll.simulate(ll.ExhaustionScenario.preset("default"), trials=100, seed=7)
    assert first_view(world.exhaustion)[:4] == ["definition", "q50", "q05", "q95"]
    assert first_view(world.trajectories) == ["year", "variable", "unit", "q50", "q05", "q95", "trials", "run"]
    # A row takes at most two lines of a view of 100 characters, and a header is above them.
    with pl.Config(tbl_width_chars=100):
        lines = str(frame).splitlines()
    body = lines[next(i for i, line in enumerate(lines) if "╞" in line) + 1 : -1]
    assert len(body) <= 2 * frame.height


COUNTS = ([20] * 8, [0, 0, 1, 2, 4, 7, 13, 20])
SYSTEMS = {
    name: pl.DataFrame({"task": range(8), "n": 20, "correct": correct})
    for name, correct in (("a", COUNTS[1]), ("b", [1, 3, 1, 4, 4, 9, 15, 20]))
}
LABELS = pl.DataFrame({"task": [0, 0, 1, 1, 2, 2], "accepted": [1, 0, 1, 0, 1, 1], "correct": [1, 0, 1, 0, 0, 1]})
WORLD = ll.ExhaustionScenario.preset("default")
VIEWS = {
    "pass@k": (lambda: ll.pass_at_k(*COUNTS, [1, 5]), "k pass_at_k low high"),
    "pass^k": (lambda: ll.pass_hat_k(*COUNTS, [1, 5]), "k pass_hat_k low high"),
    "forecast": (lambda: ll.fit.forecast_pass_at_k(*COUNTS, [99], bootstrap=20, seed=1), "k pass_at_k low high"),
    "attempts": (lambda: ll.fit.attempts_for(*COUNTS, target=0.7, bootstrap=20, seed=1), "target attempts low high"),
    "population": (lambda: ll.fit.fit_beta_binomial(*COUNTS), "quantity estimate low high"),
    "systems": (
        lambda: ll.compare_systems(SYSTEMS, attempts="n", k=[1, 5]),
        "system other k difference low high p_holm winner",
    ),
    "policies": (
        lambda: ll.compare_policies(
            SCENARIO.replace(policies=[ll.FirstAccepted(), ll.MajorityVote()], answers=ll.Answers.uniform(4)),
            trials=100,
            seed=1,
        ),
        "policy max_attempts other difference difference_se winner",
    ),
    "match": (
        lambda: ll.can_match([0.9], 0.6, standard_error=0.05),
        "verdict difference difference_low difference_high",
    ),
    "check": (lambda: ll.check(SCENARIO, min_accuracy=0.2), "requirement verdict low high"),
    "recommended": (
        lambda: ll.recommend(ll.Tasks.counts(attempts=COUNTS[0], correct=COUNTS[1])).policies,
        "policy attempts attempts_low attempts_high utility utility_low utility_high p_best",
    ),
    "required": (lambda: ll.required_false_positive_rate(SCENARIO, accuracy=0.3), "policy max_attempts"),
    "tasks": (
        lambda: ll.plan.tasks(ll.plan.pilot(SYSTEMS, attempts="n"), difference=0.1),
        "attempts tasks tasks_low tasks_high",
    ),
    "errors": (
        lambda: ll.fit.fit_error_rates(attempts=20, accepted=[9, 5], accepted_correct=[8, 5], correct=[10, 5]),
        "rate quantity estimate low high",
    ),
    "corrected": (lambda: ll.corrected_accuracy(LABELS, LABELS.drop("correct")), "method estimate se low high"),
    "levers": (
        lambda: ll.levers(WORLD, {"private": {"private_share": 1}}, trials=100, seed=1),
        "lever definition q25 q25_change",
    ),
    "laws": (
        lambda: ll.fit.compare_scaling_laws(
            ll.datasets.repetition_runs().filter("fitted"),
            parameters="parameters",
            unique_tokens="unique_tokens",
            laws=["penalty"],
            bootstrap=0,
        ),
        "law part rms inside",
    ),
    "sweep": (
        lambda: (
            ll.sweep(ll.Grid(SCENARIO, {"verifier.false_positive_rate": [0.1]}), method="solve", progress=False)
            .frame()
            .drop("point")
        ),
        "verifier.false_positive_rate policy max_attempts accuracy precision coverage",
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_the_answer_and_its_interval_are_in_the_first_view(name: str) -> None:
    make, answer = VIEWS[name]
    assert set(answer.split()) <= set(first_view(make()))


def test_result_objects_print_their_frames() -> None:
    result = ll.simulate(ll.ConstraintScenario.epoch2030(), trials=100, seed=1)
    assert repr(result).splitlines()[:2] == ["ConstraintResult", "bands:"]
    assert "ConstraintResult: binding" in result._repr_html_()
    found = ll.sensitivity(WORLD, trials=100, seed=1, year=2035)
    assert f"correlations, 10 of {found.correlations.height} rows:" in repr(found)
    assert found.correlations["input"][0] in repr(found)
    judge = ll.fit.fit_judge(score=[0.9, 0.4, 0.7, 0.2], correct=[1, 0, 0, 1])
    assert repr(judge).startswith("JudgeFit\nestimates:\n")
    advice = ll.recommend(ll.Tasks.counts(attempts=COUNTS[0], correct=COUNTS[1]))
    assert (
        repr(advice).splitlines()[0] == f"Recommendation({advice.verdict}: {advice.policy}, {advice.attempts} attempts)"
    )
    assert advice.text in repr(advice)
    assert "attempts_low" in advice._repr_html_()


def test_results_of_the_same_content_are_equal() -> None:
    world = ll.ExhaustionScenario.preset("default")
    tasks = ll.Tasks.counts(attempts=[20, 20, 20], correct=[1, 4, 15])
    models = ll.datasets.epoch_models().filter(pl.col("compute_rank") <= 10)
    judged = {"score": [1, 2, 3, 4, 5, 2], "threshold": 2.5}
    for make, other in (
        (lambda: ll.simulate(world, trials=100, seed=1), lambda: ll.simulate(world, trials=100, seed=2)),
        (
            lambda: ll.recommend(tasks, bootstrap=100, max_attempts=4),
            lambda: ll.recommend(tasks, bootstrap=100, max_attempts=5),
        ),
        (
            lambda: ll.fit.fit_growth(models, since=2018, bootstrap=9, seed=1),
            lambda: ll.fit.fit_growth(models, since=2018, bootstrap=9, seed=2),
        ),
        (
            lambda: ll.fit.fit_judge(correct=[0, 1, 0, 1, 1, 0], **judged),
            lambda: ll.fit.fit_judge(correct=[0, 1, 0, 1, 1, 1], **judged),
        ),
    ):
        one, again, different = make(), make(), other()
        assert one == again
        assert one == pickle.loads(pickle.dumps(one))
        assert one != different
        assert one != 5


def test_what_cannot_exist_is_left_out() -> None:
    bare = ll.simulate(SCENARIO, trials=50, seed=1)
    assert not metrics(bare) & (BILL | {"utility"})
    assert not BILL - metrics(ll.simulate(SCENARIO.replace(cost=COST), trials=50, seed=1))
    assert "utility" in metrics(ll.simulate(SCENARIO.replace(utility=ll.Utility()), trials=50, seed=1))
    exact = ll.solve(SCENARIO)
    assert not [name for name in exact.columns if name.endswith("_se") or name == "trials"]
    assert set(exact.columns) < set(bare.columns)
    weighted = SCENARIO.replace(tasks=ll.Tasks.fixed(success=[0.1, 0.4], weight=[1, 2]))
    for frame in (ll.simulate(weighted, trials=50, seed=1), ll.simulate(SCENARIO, trials=50, seed=1, by="task")):
        assert not [name for name in frame.columns if "_q" in name]
    pool = ll.Tasks.pool(attempts=[6, 5], accepted=[2, 3], accepted_correct=[1, 3])
    unknown = SCENARIO.replace(tasks=pool, verifier=None, max_attempts=[1, 3])
    assert "coverage" not in metrics(ll.simulate(unknown, trials=50, seed=1))
    assert not [
        name for name in ll.optimal_attempts(SCENARIO, bootstrap=0).columns if "_q" in name or name.startswith("p_")
    ]


@pytest.mark.parametrize("cost", [None, COST])
@pytest.mark.parametrize("utility", [None, ll.Utility(wrong_cost=2.0, attempt_cost=0.01)])
@pytest.mark.parametrize("by", ["policy", "task"])
def test_nothing_that_exists_is_left_out(cost, utility, by) -> None:
    """What is left out of a frame has no value in any row, by the core's own account."""
    scenario = SCENARIO.replace(cost=cost, utility=utility)
    for run in (
        lambda columns: ll.simulate(scenario, trials=200, seed=3, by=by, columns=columns),
        lambda columns: ll.solve(scenario, by=by, columns=columns),
    ):
        shown, full = run(None), run(_core.SAMPLING_COLUMNS)
        scores = ("accuracy", "utility", *BILL)
        for name in _core.SAMPLING_COLUMNS:
            if name in shown.columns:
                assert shown[name].equals(full[name], null_equal=True)
            elif not name.endswith("_se") and ("_q" not in name or name.rpartition("_q")[0] in scores):
                assert full[name].null_count() == full.height, name
        if scenario is not SCENARIO and "trials" in shown.columns:
            assert [name for name in shown.columns if shown[name].null_count() == shown.height] == []


def test_a_chosen_column_brings_its_error() -> None:
    chosen = ["utility", "accuracy", "accuracy_q05"]
    scenario = SCENARIO.replace(utility=ll.Utility())
    expected = ["utility", "utility_se", "accuracy", "accuracy_se", "accuracy_q05"]
    simulated = ll.simulate(scenario, trials=50, seed=1, columns=chosen)
    assert simulated.columns == ["policy", "max_attempts", *expected, "trials", "run"]
    assert ll.solve(scenario, columns=chosen).columns == ["policy", "max_attempts", *chosen, "run"]
    grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.1]})
    swept = ll.sweep(grid, trials=50, seed=1, columns=["accuracy"], progress=False).frame()
    assert swept.columns[-4:] == ["accuracy", "accuracy_se", "trials", "error"]
    # Where the user has placed the error, it stays there, once.
    placed = ll.simulate(scenario, trials=50, seed=1, columns=["accuracy_se", "accuracy"])
    assert placed.columns[2:4] == ["accuracy_se", "accuracy"]


def test_a_sweep_leaves_out_what_no_point_has() -> None:
    grid = ll.Grid(SCENARIO, {"verifier.false_positive_rate": [0.0, 0.1]})
    assert not metrics(ll.sweep(grid, method="solve", progress=False).frame()) & (BILL | {"utility"})
    costs = ll.Grid(SCENARIO, {"cost": [None, COST]})
    frame = ll.sweep(costs, method="solve", progress=False).frame()
    assert metrics(frame) >= BILL
    assert frame.group_by("point", maintain_order=True).agg(pl.col("tokens").null_count())["tokens"].to_list() == [2, 0]


def test_a_run_says_where_rows_come_from() -> None:
    spec_id = SCENARIO.fingerprint()[:8]
    assert ll.solve(SCENARIO)["run"].unique().to_list() == [f"exact-{spec_id}"]
    assert ll.simulate(SCENARIO, trials=10, seed=7)["run"].unique().to_list() == [f"7-{spec_id}-v1"]
    parts = [ll.simulate(SCENARIO, trials=10, seed=seed, tallies=True) for seed in (7, 8)]
    assert ll.merge(parts)["run"].unique().to_list() == [f"7+8-{spec_id}-v1"]
    world = ll.ExhaustionScenario.preset("default").replace(years=[2024, 2030])
    sobol = ll.simulate(world, trials=1024, seed=5, sampler="sobol").exhaustion
    assert sobol["run"][0] == f"5-{world.fingerprint()[:8]}-v1-sobol"
    assert runs_of(sobol) == [Run("5", world.fingerprint()[:8], "v1", "sobol")]
    for run in (Run(None, "0123abcd"), Run("7/3", "0123abcd", "v1"), Run("1+2", "0123abcd", "v1", "sobol")):
        assert Run.read(str(run)) == run
    assert Run.read("another's text") is None


def test_brief_has_the_main_columns_of_every_row() -> None:
    frame = ll.simulate(SCENARIO, trials=1000, seed=7)
    text = ll.brief(frame)
    assert text.splitlines()[1].replace("│", "┆").split("┆")[1:-1] == [
        f" {name.ljust(width)} "
        for name, width in zip(
            ["policy", "max_attempts", "accuracy", "accepted", "precision", "coverage", "attempts_used"],
            [14, 12, 8, 8, 9, 8, 13],
            strict=True,
        )
    ]
    assert len(text.splitlines()) == 4 + frame.height
    assert "run" not in ll.brief(ll.optimal_attempts(SCENARIO, bootstrap=0)).splitlines()[1].split()
    years = ll.brief(ll.simulate(ll.ExhaustionScenario.preset("default"), trials=100, seed=7).exhaustion)
    assert "q50_se" not in years
    assert "q95" in years  # an open end is an answer too
    with pytest.raises(TypeError, match=r"^frame must be a polars.DataFrame, got 5$"):
        ll.brief(5)


def test_a_repr_shows_the_rates_that_fail_a_gate() -> None:
    text = repr(SCENARIO.replace(tasks=ll.Tasks.counts(attempts=[10] * 9, correct=[3] * 9)))
    assert "verifier=RatesVerifier(false_positive_rate=0.05" in text
    assert repr(ll.ExhaustionScenario.preset("default", data_share=0.5)).endswith("(data_share=Constant(value=0.5))")
