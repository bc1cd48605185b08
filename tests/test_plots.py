"""Charts over result frames: they can be read, saved without a browser, and refuse what they cannot draw."""

import itertools
from pathlib import Path

import polars as pl
import pytest

import limitlaw as ll
from limitlaw import plots
from limitlaw.plots.chart import STYLES

FRAME = pl.DataFrame(
    {
        "policy": ["first_accepted"] * 4,
        "max_attempts": [1, 10, 100, 1000],
        "accuracy": [0.2, 0.4, 0.5, 0.6],
        "accuracy_q05": [0.1, 0.3, 0.4, 0.5],
        "accuracy_q95": [0.3, 0.5, 0.6, 0.7],
        "coverage": [0.2, 0.5, 0.7, 0.8],
        "precision": [0.9, 0.85, 0.8, 0.75],
        "wrong": [0.02, 0.07, 0.12, 0.2],
        "attempts_used": [1.0, 7.0, 50.0, 300.0],
        "trials": [1000] * 4,
        "run": ["7-0123abcd-v1"] * 4,
    }
)
BEST = pl.DataFrame(
    {
        "wrong_cost": [1.0, 4.0, 11.0, 0.0],
        "correct_reward": [1.0] * 4,
        "attempt_cost": [0.0] * 4,
        "optimal_attempts": [1000.0, 10.0, 0.0, float("inf")],
        "optimal_attempts_q05": [10.0, 1.0, 0.0, float("inf")],
        "optimal_attempts_q95": [float("inf"), 1000.0, 10.0, float("inf")],
        "status": ["censored", "interior", "zero", "unbounded"],
        "utility": [0.4, 0.12, 0.0, 0.6],
    }
)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_survive_greyscale_and_dashes_differ() -> None:
    light = sorted(luminance(colour) for colour, _ in STYLES)
    assert all((b + 0.05) / (a + 0.05) > 1.3 for a, b in itertools.pairwise(light))
    assert len({tuple(dash) for _, dash in STYLES}) == len(STYLES)


def test_curves_say_what_they_show() -> None:
    text = plots.curves(FRAME, tasks=164).to_json()
    for words in (
        "attempts allowed per task (log scale)",
        "share of tasks",
        "Band: 5 to 95 % of single runs of 164 tasks (accuracy). 164 tasks, 1,000 trials, seed 7.",
        "coverage: some attempt was correct",
        '"type": "log"',
    ):
        assert words in text
    assert "Exact." in plots.curves(FRAME.drop("trials").with_columns(run=pl.lit("exact-0123abcd"))).to_json()
    # What does not say how it came about is not called exact.
    assert "xact" not in plots.curves(FRAME.drop("trials", "run")).to_json()


def test_curves_draw_the_interval_where_there_is_one() -> None:
    solved = ll.solve(SCENARIO, resample="tasks")
    for chart, metrics in ((plots.curves(solved), ("accuracy", "precision")), (plots.policies(solved), ("accuracy",))):
        drawn = [row for rows in chart.to_dict()["datasets"].values() for row in rows if row.get("low") is not None]
        for metric in metrics:
            for low, high in solved.select(f"{metric}_low", f"{metric}_high").iter_rows():
                assert any(row["low"] == low and row["high"] == high for row in drawn), metric
    text = plots.curves(solved).to_json()
    assert "Band: the interval of the estimate (accuracy and coverage and precision)." in text
    assert "single runs" not in text
    assert "5 to 95 % of single runs" in plots.curves(ll.solve(SCENARIO)).to_json()


SCENARIO = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.2, 0.6]),
    verifier=ll.Verifier.rates(false_positive_rate=0.1),
    max_attempts=[1, 4, 16],
)
WORLD = ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2036))


def swept(scenario, axes, **settings) -> pl.DataFrame:
    return ll.sweep(ll.Grid(scenario, axes), progress=False, **settings).frame()


def test_a_chart_refuses_the_rows_of_several_scenarios() -> None:
    axes = {"verifier.false_positive_rate": [0.0, 0.1, 0.2]}
    message = (
        r"^frame must have one row for each .*max_attempts, got 3 points of a sweep over verifier.false_positive_r"
    )
    for settings in ({"method": "solve"}, {"trials": 100, "seed": 7}):
        frame = swept(SCENARIO, axes, **settings)
        for draw in (plots.curves, plots.policies):
            with pytest.raises(ValueError, match=message):
                draw(frame)
    # One point is one scenario, and the chart says which; a solved sweep has no trials, and no word of them.
    one = plots.curves(swept(SCENARIO, axes, method="solve").filter(point=1)).to_json()
    assert "verifier.false_positive_rate = 0.1." in one
    assert "trials" not in one
    # Names of columns do not decide: an axis that is zipped with the grid leaves one row for each number of attempts.
    zipped = ll.Grid(SCENARIO, axes | {"max_attempts": [[1], [4], [16]]}, zip=[(*axes, "max_attempts")])
    frame = ll.sweep(zipped, method="solve", progress=False).frame()
    assert not frame["max_attempts"].is_duplicated().any()
    with pytest.raises(ValueError, match=message):
        plots.curves(frame)
    by_task = ll.solve(SCENARIO, by="task")
    with pytest.raises(ValueError, match=r"^frame must have one row for each max_attempts, got 2 tasks \(by='task'\)"):
        plots.curves(by_task)
    assert "Task 1 alone." in plots.curves(by_task.filter(task=1)).to_json()
    other = SCENARIO.replace(verifier=ll.Verifier.perfect(), max_attempts=[2, 8])
    two = pl.concat([ll.solve(SCENARIO), ll.solve(other)])
    with pytest.raises(ValueError, match=r"^frame must come from one run, got rows that differ in run"):
        plots.curves(two)


@pytest.mark.parametrize(
    ("frame", "draw"),
    [
        ("trajectories", lambda frame: plots.fan(frame, ["demand"])),
        ("exhausted_by", plots.exhausted),
    ],
)
def test_a_chart_of_years_refuses_a_sweep(frame: str, draw) -> None:
    found = swept(WORLD, {"data_share": [0.2, 0.8]}, trials=100, seed=7, frame=frame)
    with pytest.raises(
        ValueError, match=f"^{frame} must have one row for each .*, got 2 points of a sweep over data_s"
    ):
        draw(found)
    text = draw(found.filter(point=0)).to_json()
    assert "data_share = 0.2." in text
    assert "100 worlds" in text


def test_a_fan_shades_only_the_years_of_its_own_worlds(exhaustion: ll.ExhaustionResult) -> None:
    other = ll.simulate(WORLD, trials=500, seed=8)
    with pytest.raises(ValueError, match=r"^exhaustion must be of the run of trajectories \(run 7-.*\), got run 8-"):
        plots.fan(exhaustion.trajectories, ["demand"], exhaustion=other.exhaustion)


def test_shares_stay_shares() -> None:
    with pytest.raises(ValueError, match=r"^metrics must be shares in \[0, 1\], got 'attempts_used' up to 300"):
        plots.curves(FRAME, metrics=["attempts_used"])


def test_utility_takes_the_reward_from_the_optimum() -> None:
    # A reward of 5: the chart once drew the dot at 1.46 and the curve at -.1.
    utility = ll.Utility(correct_reward=5.0, wrong_cost=4.0, attempt_cost=0.01)
    tasks = ll.Tasks.fixed(success=[0.9, 0.5, 0.01, 0.0])
    scenario = SCENARIO.replace(tasks=tasks, utility=utility, max_attempts=range(1, 20))
    best = ll.optimal_attempts(scenario, bootstrap=0)
    assert best.select("correct_reward", "attempt_cost").row(0) == (5.0, 0.01)
    exact = ll.solve(scenario)
    text = plots.utility(exact, best).to_json()
    at = best["optimal_attempts"].item()
    assert exact.filter(max_attempts=at)["utility"].item() == pytest.approx(best["utility"].item(), rel=1e-12)
    assert f'"max_attempts": {float(at)}' in text
    assert "Reward 5" in text
    # Without a bootstrap there is no interval, and none is drawn.
    assert "5 to 95" not in text
    # The curve is the scenario's own utility, attempts paid.
    drawn = [row["utility"] for row in curve_of(plots.utility(exact, best))]
    assert drawn == pytest.approx(exact["utility"].to_list(), rel=1e-12)
    with pytest.raises(ValueError, match=r"^best must be the optimum of the scenario of frame, got a utility of"):
        plots.utility(ll.solve(scenario.replace(verifier=ll.Verifier.perfect())), best)


def test_utility_counts_the_money_of_a_cost() -> None:
    scenario = SCENARIO.replace(
        utility=ll.Utility(correct_reward=5.0, wrong_cost=1.0),
        cost=ll.Cost(output_tokens=[100.0, 0.0], price_out=1e-3),
        max_attempts=range(1, 20),
    )
    best = ll.optimal_attempts(scenario, bootstrap=0)
    for frame in (ll.solve(scenario), ll.simulate(scenario, trials=20_000, seed=7)):
        drawn = [row["utility"] for row in curve_of(plots.utility(frame, best))]
        assert drawn == pytest.approx(frame["utility"].to_list(), rel=1e-9)


def curve_of(chart) -> list[dict]:
    """The rows behind the curve of the first panel."""
    data = chart.to_dict()
    panel = data["vconcat"][0]["hconcat"][0]
    return data["datasets"][panel["layer"][2]["data"]["name"]]


def test_utility_marks_the_optimum_of_every_kind() -> None:
    text = plots.utility(FRAME, BEST, tasks=164).to_json()
    for words in (
        "wrong answer costs 4",
        "best: 10 attempts",
        "5 to 95 %: 1 to 1,000",
        "best: do not answer",
        "best: 1,000, where the data end",
        "best: no limit",
        "bootstrap interval over 164 tasks",
    ):
        assert words in text


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("json", b"{")])
def test_charts_are_saved(ending: str, start: bytes, tmp_path: Path) -> None:
    chart = plots.stack(plots.curves(FRAME), plots.utility(FRAME, BEST))
    path = plots.save(chart, tmp_path / f"chart.{ending}")
    assert path.is_absolute()
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 5000


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^frame must have a column 'wrong', got \["):
        plots.utility(FRAME.drop("wrong"), BEST)
    with pytest.raises(ValueError, match=r"^best must have a column 'status', got \["):
        plots.utility(FRAME, BEST.drop("status"))
    two = pl.concat([FRAME, FRAME.with_columns(policy=pl.lit("best_of_n"))])
    with pytest.raises(
        ValueError, match=r"^frame must be of one policy \(filter it first\), got \['best_of_n', 'first"
    ):
        plots.curves(two)
    with pytest.raises(ValueError, match=r"^metrics must be 1 to 4, got 5$"):
        plots.curves(FRAME, metrics=["accuracy", "coverage", "precision", "wrong", "attempts_used"])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.curves(5), "^frame must be a polars.DataFrame, got 5$"),
        (lambda: plots.curves(FRAME.clear()), "^frame must have at least one row, got none$"),
        (lambda: plots.curves(FRAME, metrics="accuracy"), "^metrics must be a sequence of names, got 'accuracy'$"),
        (lambda: plots.curves(FRAME, title=None), "^title must be text, got None$"),
        (lambda: plots.curves(FRAME, tasks=0.5), "^tasks must be a whole number, got 0.5$"),
        (
            lambda: plots.curves(FRAME.with_columns(accuracy=pl.lit("x"))),
            r"^frame\['accuracy'\] must be numbers, got Str",
        ),
        (lambda: plots.curves(FRAME.with_columns(max_attempts=None)), r"^frame\['max_attempts'\] must have a value in"),
        (lambda: plots.policies(FRAME, metric=5), "^frame must have a column 5, got"),
        (lambda: plots.save(plots.curves(FRAME), "x.bmp"), "^path must end in .png, .svg or .json, got 'x.bmp'$"),
        (lambda: plots.save(5, "x.png"), "^chart must be an Altair chart, got 5$"),
        (lambda: plots.save(plots.curves(FRAME), "x.png", scale=0), "^scale must be above 0 and at most 20, got 0$"),
    ],
)
def test_bad_input_of_a_chart_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        draw()


def test_policies_are_lines_of_their_own_with_their_errors() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.2, 0.6]),
        verifier=ll.Verifier.rates(false_positive_rate=0.1),
        policies=[ll.FirstAccepted(), ll.AnyOf()],
        max_attempts=[1, 4, 16],
    )
    frame = ll.simulate(scenario, trials=100, seed=7)
    text = plots.policies(frame, tasks=2).to_json()
    for words in ('"first_accepted"', '"any_of"', '"accuracy"', "2 tasks, 100 trials, seed 7."):
        assert words in text
    # A bar spans two standard errors to each side.
    accuracy, se = frame.row(0, named=True)["accuracy"], frame.row(0, named=True)["accuracy_se"]
    assert f'"low": {accuracy - 2 * se}' in text
    with pytest.raises(ValueError, match=r"^frame must have a column 'taste', got \["):
        plots.policies(frame, metric="taste")


@pytest.fixture(scope="module")
def exhaustion() -> ll.ExhaustionResult:
    return ll.simulate(ll.ExhaustionScenario.preset("default"), trials=500, seed=7)


def test_a_fan_has_bands_and_medians(exhaustion: ll.ExhaustionResult) -> None:
    text = plots.fan(exhaustion.trajectories, {"effective_stock": "stock", "demand": "demand"}).to_json()
    for words in ('"stock"', '"demand"', "tokens (log scale)", '"q05', '"q75', '"type": "log"', "90 % of the worlds"):
        assert words in text
    late = plots.fan(exhaustion.trajectories, ["lost_compute"], log=False, years=(2030, 2035)).to_json()
    assert '"year": 2030' in late
    assert '"year": 2029' not in late
    for variables, message in (
        (["taste"], r"^variables must name some of \['compute', .*, got 'taste'$"),
        (["loss", "demand"], r"^variables must have one unit, got \["),
        ([], "^variables must be 1 to 4, got 0$"),
    ):
        with pytest.raises(ValueError, match=message):
            plots.fan(exhaustion.trajectories, variables)


def test_a_fan_shades_the_years_of_running_out(exhaustion: ll.ExhaustionResult) -> None:
    def drawn(frame: pl.DataFrame, definition: str = "effective_stock") -> str:
        return plots.fan(exhaustion.trajectories, ["demand"], exhaustion=frame, definition=definition).to_json()

    text = drawn(exhaustion.exhaustion)
    row = exhaustion.exhaustion.row(0, named=True)
    assert f'"from": {row["q25"]}' in text
    assert f'"median": {row["q50"]}' in text
    for words in (f"from {row['q25']:.0f} ", f"half by {row['q50']:.0f}", "not by the horizon", "500 worlds, seed 7"):
        assert words in text
    nothing = [pl.lit(None, dtype=pl.Float64).alias(q) for q in ("q25", "q50", "q75")]
    never = drawn(exhaustion.exhaustion.with_columns(nothing))
    assert '"from"' not in never
    assert "not by the horizon" in never
    with pytest.raises(ValueError, match=r"^definition must name some of \['effective_stock', .*\], got 'taste'$"):
        drawn(exhaustion.exhaustion, "taste")


def test_running_out_has_a_line_for_each_definition(exhaustion: ll.ExhaustionResult) -> None:
    text = plots.exhausted(exhaustion.exhausted_by).to_json()
    for words in ("effective stock", "unique tokens", "half of the compute", '"value": 0.0', "500 worlds"):
        assert words in text
    with pytest.raises(ValueError, match=r"^exhausted_by must have a column 'probability'"):
        plots.exhausted(exhaustion.exhausted_by.drop("probability"))


def test_a_tornado_has_the_largest_effect_on_top() -> None:
    levers = pl.DataFrame(
        {
            "lever": [None, "small", "large", "never"],
            "definition": ["effective_stock"] * 4,
            "q50": [2035.0, 2036.0, 2030.0, None],
            "q50_change": [None, 1.0, -5.0, None],
        }
    )
    text = plots.tornado(levers).to_json()
    for words in ('"never",\n', '"-5.0 y"', '"1.0 y"', "half never run out", "2035.0"):
        assert words in text
    order = text[text.index('"sort": [') :]
    assert order.index('"never"') < order.index('"large"') < order.index('"small"')
    with pytest.raises(ValueError, match=r"^definition must name some of \['effective_stock'\], got 'taste'$"):
        plots.tornado(levers, definition="taste")
    with pytest.raises(ValueError, match=r"^levers must have a median year of effective_stock by default, got none"):
        plots.tornado(levers.with_columns(q50=pl.lit(None, dtype=pl.Float64)))
