"""A chart for every frame: `ll.plot` picks it, and each says what its marks are."""

import datetime as dt
import functools
import json

import numpy as np
import polars as pl
import pytest
from scipy import stats

import limitlaw as ll
from limitlaw import plots

TASKS = ll.Tasks.fixed(success=[0.9, 0.5, 0.01, 0.0])
SCENARIO = ll.SamplingScenario(
    tasks=TASKS,
    verifier=ll.Verifier.rates(false_positive_rate=0.1),
    max_attempts=[1, 10, 100],
    utility=ll.Utility(wrong_cost=2),
)
WORLD = ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2041))
COST = ll.Cost(output_tokens=[1000.0, 1.0], price_out=1e-3)
VERDICTS = {
    "attempts": 20,
    "accepted": [9, 5, 12, 3],
    "accepted_correct": [8, 5, 10, 1],
    "correct": [10, 5, 14, 1],
}
RUNS = ll.datasets.evalperf()
SYSTEMS = {name: RUNS.filter(model=name) for name in ("grok-beta", "deepseek-chat-v3", "o1-mini-2024-09-12")}
REPEATED = ll.datasets.repetition_runs().filter("fitted")
COLUMNS = {"parameters": "parameters", "unique_tokens": "unique_tokens"}
COUNTS = [0, 0, 1, 2, 4, 7, 13, 20]
JUDGED = pl.DataFrame({"task": [0, 0, 1, 1, 2, 2], "accepted": [1, 0, 1, 0, 1, 1], "correct": [1, 0, 1, 0, 0, 1]})
PILOT = ll.plan.pilot({name: SYSTEMS[name] for name in ("grok-beta", "deepseek-chat-v3")}, attempts="n")


def limited():
    limits = [ll.Limit(cost=c) for c in (0.5, 2, 8)]
    return ll.simulate(SCENARIO.replace(max_attempts=None, limits=limits, cost=COST), trials=200, seed=3)


def policies():
    return SCENARIO.replace(policies=[ll.FirstAccepted(), ll.MajorityVote()], answers=ll.Answers.uniform(4))


CASES = {
    "one policy": (lambda: ll.solve(SCENARIO), ["share of tasks", "Exact."]),
    "policies": (lambda: ll.simulate(policies(), trials=100, seed=1), ["majority_vote", "100 trials, seed 1"]),
    "limits": (limited, ["money per task (log scale)", "200 trials, seed 3"]),
    "ceilings": (lambda: ll.ceilings(SCENARIO), ["accuracy in the limit", "all acceptances pooled"]),
    "match": (lambda: ll.can_match([0.9, 0.4], 0.6, standard_error=0.05), ["model 1: can", "model 2: cannot"]),
    "compared": (
        lambda: ll.compare_policies(policies(), trials=200, seed=2),
        ["first_accepted over majority_vote at 10", "three standard errors"],
    ),
    "systems": (
        lambda: ll.compare_systems(SYSTEMS, attempts="n"),
        ["grok-beta less deepseek-chat-v3", "Holm over all pairs", "95% interval"],
    ),
    "systems over k": (
        lambda: ll.compare_systems(SYSTEMS, attempts="n", k=range(1, 9)),
        ["band that holds at all k together", "difference of pass@k"],
    ),
    "required": (
        lambda: ll.required_false_positive_rate(SCENARIO, accuracy=0.4),
        ["an accuracy of 0.4", "the rate it has"],
    ),
    "pass@k": (lambda: ll.pass_at_k(20, COUNTS, [1, 5, 20, 50]), ["95% interval", "1 beyond the attempts left out"]),
    "pass^k": (lambda: ll.pass_hat_k(20, COUNTS, [1, 5, 20]), ["pass^k: all of k attempts correct"]),
    "error rates": (
        lambda: ll.fit.fit_error_rates(**VERDICTS),
        ["mean over tasks", "false positive rate"],
    ),
    "error rates by task": (
        lambda: ll.fit.fit_error_rates(**VERDICTS, by="task"),
        ["task 3", "shrunk to the population"],
    ),
    "judge": (
        lambda: ll.Verifier.judge(auc=0.8, threshold=1.0).operating_points(),
        ["wrong answers accepted", "chance"],
    ),
    "fitted law": (
        lambda: ll.fit.fit_scaling_law(REPEATED, law="penalty", bootstrap=20, seed=1, **COLUMNS),
        [
            "8e19 FLOP",
            "beyond five robust standard deviations",
            "band: 95% interval",
            "beyond it the law is extrapolated",
        ],
    ),
    "fitted envelope": (
        lambda: ll.fit.fit_scaling_law(REPEATED.head(20), law="envelope", parameters="parameters", bootstrap=0),
        ["What the law does not explain"],
    ),
    "world": (lambda: ll.simulate(WORLD, trials=200, seed=1), ["Run out by then", "200 worlds, seed 1"]),
    "trajectories": (lambda: ll.simulate(WORLD, trials=200, seed=1).trajectories, ["the middle 50 % and 90 %"]),
    "exhausted by": (lambda: ll.simulate(WORLD, trials=200, seed=1).exhausted_by, ["By three definitions"]),
    "years": (
        lambda: ll.simulate(WORLD, trials=200, seed=1).exhaustion,
        ["% not by the horizon", "open where they end"],
    ),
    "levers": (lambda: ll.levers(WORLD, {"private": {"private_share": 1}}, trials=200, seed=1), ["What buys time"]),
    "sensitivity": (
        lambda: ll.sensitivity(WORLD, trials=200, seed=1, year=2035),
        ["with others (total)", "data_share", "running out (effective stock by 2035)"],
    ),
    "backtest": (
        lambda: ll.backtest(
            ll.ExhaustionScenario.preset("epoch2024", trend_weight=1),
            ll.datasets.record_runs(),
            as_of=dt.date(2024, 6, 6),
            seed=1,
            trials=200,
        ),
        ["what came: demand", "what came: compute", "5 to 95 % of the projection", "demand, tokens (log scale)"],
    ),
    "constraints": (
        lambda: ll.simulate(ll.ConstraintScenario.epoch2030(), trials=200, seed=1),
        ["FLOP (log scale)", "Binds: data", "200 draws"],
    ),
    "optima": (
        lambda: ll.optimal_attempts(SCENARIO, wrong_cost=[0, 1, 100], bootstrap=20, seed=1),
        ["wrong answer costs 0: no limit", "over resamples of the tasks", "At the right edge"],
    ),
    "recommended": (
        lambda: ll.recommend(ll.Tasks.counts(attempts=[20] * 8, correct=COUNTS)),
        ["do not ask: 0 attempts", "interval over tasks"],
    ),
    "checked": (
        lambda: ll.check(SCENARIO, min_accuracy=0.3, min_utility=-9),
        ["accuracy >= 0.3: holds", "tick: what is required", "share of tasks"],
    ),
    "corrected": (
        lambda: ll.corrected_accuracy(JUDGED, JUDGED.drop("correct")),
        ["prediction-powered", "6 labels, 6 further verdicts"],
    ),
    "attempts for": (
        lambda: ll.fit.attempts_for(20, COUNTS, target=[0.3, 0.6], bootstrap=20, seed=1),
        ["the fewest attempts", "95% interval"],
    ),
    "held out": (
        lambda: ll.fit.compare_scaling_laws(REPEATED, laws=["penalty"], bootstrap=0, **COLUMNS),
        ["part 4", "predicted without them"],
    ),
    "allocation": (
        lambda: ll.optimal_allocation(np.geomspace(1e21, 1e26, 5), law=ll.Law.penalty(), unique_tokens=1e12),
        ["compute, FLOP (log scale)", "unique tokens"],
    ),
    "tasks": (
        lambda: ll.plan.tasks(PILOT, difference=0.05, attempts=[1, 5]),
        ["middle 90% over resamples", "attempts at each task"],
    ),
    "power": (
        lambda: ll.plan.power(PILOT, tasks=[50, 100], attempts=[1, 5], sets=0),
        ["5 attempts at each task", "P(told apart)"],
    ),
    "split": (
        lambda: ll.plan.attempts(PILOT, task_cost=20, attempt_cost=0.5, difference=0.05),
        ["one attempt at each task", "standard error"],
    ),
    "best found": (
        lambda: ll.plan.best_attempts(SCENARIO, tasks=[5, 20], attempts=10, sets=20),
        ["10 attempts at each task", "two standard errors"],
    ),
    "labels": (lambda: ll.plan.labels(rate=0.01, bound=0.05), ["Labels to collect"]),
    "population": (lambda: ll.fit.fit_beta_binomial(20, COUNTS), ["intra-class correlation"]),
    "judge fit": (
        lambda: ll.fit.fit_judge(
            score=np.arange(40) % 7, correct=np.arange(40) % 7 + np.arange(40) % 3 > 4, threshold=3
        ),
        ["AUC 0.", "bars: intervals"],
    ),
    "recorded and modelled": (
        lambda: {"recorded": ll.solve(SCENARIO), "modelled": ll.simulate(SCENARIO, trials=100, seed=1)},
        ["recorded", "modelled", "two standard errors", "Exact; 100 trials, seed 1"],
    ),
    "sweep": (
        lambda: ll.sweep(
            ll.Grid(SCENARIO, {"verifier.false_positive_rate": [0.0, 0.1, 0.3]}), trials=100, seed=1, progress=False
        ),
        ["false positive rate (verifier)", "10 attempts", "3 points; band: two standard errors"],
    ),
}


@functools.cache
def made(name: str) -> object:
    """The result of a case, for all who draw it."""
    return CASES[name][0]()


@pytest.mark.parametrize("name", CASES)
def test_every_result_has_a_chart_that_says_what_it_shows(name: str) -> None:
    text = json.dumps(ll.plot(made(name)).to_dict(), ensure_ascii=False)
    for word in CASES[name][1]:
        assert word in text


def test_the_picture_of_a_sweep_of_two_axes_is_a_map_for_each_number_of_attempts() -> None:
    axes = {"verifier.false_positive_rate": np.geomspace(1e-3, 0.5, 4), "utility.wrong_cost": [0.0, 1.0, 4.0]}
    frame = ll.sweep(ll.Grid(SCENARIO, axes), method="solve", progress=False).frame()
    found = plots.sweep(frame, metric="utility").to_dict()
    panels = [panel["title"]["text"] for row in found["vconcat"] for panel in row["hconcat"]]
    assert panels == ["1 attempt", "10 attempts", "100 attempts"]
    drawn = [row["value"] for rows in found["datasets"].values() for row in rows]
    assert sorted(drawn) == sorted(frame["utility"])
    assert '"mark": {"type": "rect"}' in json.dumps(found)
    one = plots.sweep(frame.filter(pl.col("utility.wrong_cost") == 1.0), metric="utility").to_dict()
    assert "utility.wrong_cost = 1.0" in json.dumps(one)


def test_what_a_sweep_cannot_tell_apart_is_refused() -> None:
    axes = {f"verifier.false_{kind}_rate": [0.0, 0.1] for kind in ("positive", "negative")}
    grid = ll.Grid(SCENARIO, axes | {"utility.wrong_cost": [0.0, 1.0]})
    frame = ll.sweep(grid, method="solve", progress=False).frame()
    with pytest.raises(ValueError, match=r"^frame must vary in one or two axes \(filter the others\), got"):
        plots.sweep(frame)
    with pytest.raises(ValueError, match=r"^frame must have a column 'point', got"):
        plots.sweep(ll.solve(SCENARIO))
    with pytest.raises(ValueError, match=r"^by must name some of \[.*\], got 'taste'$"):
        plots.sweep(frame, by="taste")
    many = ll.Grid(SCENARIO.replace(max_attempts=range(1, 20)), {"utility.wrong_cost": [0.0, 1.0]})
    with pytest.raises(ValueError, match=r"^frame must have at most 8 rows for each point, got 19: filter"):
        plots.sweep(ll.sweep(many, method="solve", progress=False).frame())


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^result must be a frame or a result of limitlaw, got 5$"):
        ll.plot(5)
    with pytest.raises(ValueError, match=r"^frame must be of a kind that has a chart, got the columns \['a'\]$"):
        ll.plot(pl.DataFrame({"a": [1]}))
    nine = pl.concat([ll.can_match([0.5] * 61, 0.6, standard_error=0.05)])
    with pytest.raises(ValueError, match=r"^frame must have at most 60 rows to be drawn, got 61: filter it first$"):
        ll.plot(nine)
    with pytest.raises(ValueError, match=r"^models must be 2 different names, got \['a', 'a'\]$"):
        plots.can_match(ll.can_match([0.9, 0.4], 0.6, standard_error=0.05), models=["a", "a"])
    frame = limited().with_columns(pl.col("limit").cast(pl.String))
    other = frame.head(1).with_columns(limit=pl.lit("tokens=5"))
    with pytest.raises(ValueError, match=r"^frame must have limits of one unit and crossing, got"):
        plots.limits(pl.concat([frame, other]))


def test_curves_of_equal_compute_are_the_law_and_runs_keep_their_residuals() -> None:
    fit = ll.fit.fit_scaling_law(REPEATED, law="penalty", bootstrap=0, **COLUMNS)
    found = plots.isoflops(fit).to_dict()
    rows = [row for part in found["datasets"].values() for row in part if "budget" in row]
    at = {"1e19 FLOP": 1e19, "8e19 FLOP": 8e19, "6e20 FLOP": 6e20}
    assert {row["budget"] for row in rows} == set(at)
    curve = [
        row
        for row in rows
        if abs(row["loss"] / ll.loss(fit.law, n := row["parameters"], at[row["budget"]] / 6 / n) - 1) < 0.01
    ]
    assert len(curve) >= 300  # three curves of 100 points, whose budget is the mean of its runs
    with pytest.raises(TypeError, match=r"fit must be what ll\.fit\.fit_scaling_law returns, got 3"):
        plots.isoflops(3)
    with pytest.raises(ValueError, match="fit must have 3 runs without repeats at some compute"):
        plots.isoflops(
            ll.fit.fit_scaling_law(
                REPEATED.filter(pl.col("tokens") > 2 * pl.col("unique_tokens")), law="penalty", bootstrap=0, **COLUMNS
            )
        )


def test_loss_against_epochs_is_that_of_each_law() -> None:
    laws = {"mine": ll.Law.penalty(), "other": ll.Law.mixture({"penalty": 1, "muennighoff": 1})}
    found = plots.epochs(laws, parameters=1e9, unique_tokens=1e10, most=10).to_dict()
    rows = [row for part in found["datasets"].values() for row in part if row.get("series") == "mine"]
    ends = {round(row["epochs"], 6): row["value"] for row in rows}
    for epochs in (1.0, 10.0):
        assert ends[epochs] == pytest.approx(float(ll.loss(laws["mine"], 1e9, 1e10 * epochs, 1e10)), rel=1e-12)
    assert "interval of the law" in json.dumps(found)
    with pytest.raises(TypeError, match="laws must map names to laws, got"):
        plots.epochs([ll.Law.penalty()], parameters=1e9, unique_tokens=1e10)
    with pytest.raises(ValueError, match="most must be above 1 and at most 1e6, got 1"):
        plots.epochs(laws, parameters=1e9, unique_tokens=1e10, most=1)


@pytest.mark.parametrize(("mean", "icc"), [(0.3, 0.4), (0.3, 0.0), (0.7, 1.0), (0.0, 0.0), (1.0, 0.5)])
def test_the_fitted_population_is_the_beta_binomial(mean: float, icc: float) -> None:
    """The line against SciPy's distribution of each task, its own number of attempts counted."""
    n, c = np.array([5, 5, 40, 400]), np.array([0, 5, 8, 300])
    frame = pl.DataFrame({"quantity": ["mean", "icc"], "estimate": [mean, icc], "low": [0.0, 0.0], "high": [1.0, 1.0]})
    found = plots.population(frame, attempts=n, correct=c).to_dict()
    rows = [row for part in found["datasets"].values() for row in part]
    line = {row["at"]: row for row in rows if row.get("series") == "fitted population"}

    def below(size: int, share: float) -> float:
        most = np.floor(share * size + 1e-9)
        if icc == 1.0 or mean in (0.0, 1.0):
            return 1.0 if most >= size else 1.0 - mean
        if icc == 0.0:
            return float(stats.binom.cdf(most, size, mean))
        scale = 1 / icc - 1
        return float(stats.betabinom.cdf(most, size, mean * scale, (1 - mean) * scale))

    for at in (0.0, 0.1, 0.5, 0.995, 1.0):
        each = np.array([below(size, at) for size in n])
        assert line[at]["value"] == pytest.approx(each.mean(), abs=1e-9)
        half = 1.96 * np.sqrt((each * (1 - each)).sum()) / 4
        assert line[at]["high"] - line[at]["value"] == pytest.approx(min(half, 1 - each.mean()), abs=1e-9)
    seen = {row["at"]: row["value"] for row in rows if row.get("series") == "observed"}
    assert [seen[at] for at in (0.0, 0.2, 0.75, 1.0)] == [0.25, 0.5, 0.75, 1.0]


def test_a_dark_chart_has_no_dark_marks() -> None:
    """Every fixed colour of every chart has a contrast of at least 3 with the ground (WCAG 1.4.11), grids aside."""
    ground = ll.plot(ll.solve(SCENARIO), dark=True).to_dict()["config"]["background"]
    for name in ("one policy", "systems", "judge fit", "world", "fitted law", "levers", "checked", "sensitivity"):
        spec = ll.plot(made(name), dark=True).to_dict()
        for colour in _mark_colours({key: value for key, value in spec.items() if key not in ("datasets", "config")}):
            assert _contrast(colour, ground) >= 3.0, (name, colour)
    with pytest.raises(TypeError, match=r"^dark must be True or False, got 1$"):
        ll.plot(ll.solve(SCENARIO), dark=1)
    with pytest.raises(TypeError, match=r"^chart must be an Altair chart, got 3$"):
        plots.dark(3)


def _mark_colours(part: object, key: str = "") -> set[str]:
    if isinstance(part, dict):
        skip = {"axis", "view"}  # lines behind the marks
        return set().union(*(_mark_colours(v, k) for k, v in part.items() if k not in skip), set())
    if isinstance(part, list):
        return set().union(*(_mark_colours(v, key) for v in part), set())
    return {part} if isinstance(part, str) and part.startswith("#") else set()


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
