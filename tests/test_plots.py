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
        "seed": ["7"] * 4,
    }
)
BEST = pl.DataFrame(
    {
        "wrong_cost": [1.0, 4.0, 8.0, 0.0],
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
    assert "Exact." in plots.curves(FRAME.with_columns(trials=None)).to_json()


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
    for words in ("effective stock", "unique tokens", "half of the compute", '"probability": 0.0', "500 worlds"):
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
