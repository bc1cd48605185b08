"""The command line: the demo prints the published numbers, the verbs do what the functions do, errors fit a line."""

import datetime as dt
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner, Result
from polars.testing import assert_frame_equal

import limitlaw as ll
from limitlaw.cli import main

SPEC = """
kind = "sampling"
max_attempts = [1, 10, 100]
[tasks]
kind = "fixed"
success = [0.1, 0.5, 0.9]
[verifier]
kind = "rates"
false_positive_rate = 0.05
[[policies]]
kind = "first_accepted"
fallback = "abstain"
[utility]
kind = "utility"
wrong_cost = 4
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    picture = tmp_path_factory.mktemp("demo") / "demo.png"
    result = run("demo", "--trials", 20_000, "--seed", 7, "--out", picture)
    assert result.exit_code == 0, result.output
    return result.output, picture


def rows(output: str, header: str) -> list[list[str]]:
    """The words of the table below a header."""
    lines = output[output.index(header) :].split("\n\n", maxsplit=1)[0].splitlines()
    return [re.split(r"\s+", line.strip()) for line in lines[2:]]


def test_the_demo_prints_the_codegen_table(demo: tuple[str, Path]) -> None:
    table = {row[0]: row[1:4] for row in rows(demo[0], "Where more attempts lead")}
    assert table["1"] == ["0.1930", "0.2221", "0.8693"]
    assert table["10"] == ["0.4211", "0.5059", "0.8323"]
    assert table["100"] == ["0.5949", "0.7378", "0.8063"]


def test_the_demo_prints_the_ceilings(demo: tuple[str, Path]) -> None:
    output = demo[0]
    found = re.findall(r"^  (0\.\d{3})  over", output[output.index("Ceilings") :], re.MULTILINE)
    assert found == ["0.595", "0.806", "0.869"]


def test_the_demo_prints_the_best_number_of_attempts(demo: tuple[str, Path]) -> None:
    best = {row[0]: row for row in rows(demo[0], "The best number of attempts")}
    assert [best[cost][1] for cost in ("1", "2", "4", "8")] == ["100", "100", "3", "0"]
    assert best["4"][2] == "0.0986"
    assert best["8"][2] == "0.0000"
    assert [" ".join(best[cost]).endswith("the data end here") for cost in ("1", "2", "4", "8")] == [
        True,
        True,
        False,
        False,
    ]
    assert best["4"][3:6] == ["1", "to", "22"]


def test_the_demo_says_what_it_ran_and_writes_the_picture(demo: tuple[str, Path]) -> None:
    output, picture = demo
    assert re.search(r"Ran 20,000 trials of 164 tasks \(seed 7\) in \d+\.\d\d s", output)
    assert f"Picture: {picture}" in output
    assert "What to try next" in output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000


def test_the_demo_says_when_data_run_out(demo: tuple[str, Path]) -> None:
    text = demo[0][demo[0].index("training data run out") :]
    found = ll.simulate(ll.ExhaustionScenario.preset("default"), trials=20_000, seed=7).exhaustion
    meanings = ("reaches the stock", "reaches the unique tokens", "wastes half of the compute")
    for row, meaning in zip(found.iter_rows(named=True), meanings, strict=True):
        (line,) = [line for line in text.splitlines() if meaning in line]
        assert f"{row['q10']:.1f}" in line
        assert f"{row['q50']:.1f}" in line
        assert f"{row['p_by_2030']:.0%}" in line
        assert f"{row['p_not_by_horizon']:.0%}" in line


def test_the_demo_agrees_with_the_closed_form(demo: tuple[str, Path]) -> None:
    # 69 normal deviates at a fixed seed: beyond 7.5 by chance with probability below 1e-11.
    found = re.search(r"differ by at most (\d+\.\d) standard errors over (\d+) numbers", demo[0])
    assert found is not None
    assert float(found[1]) < 7.5
    assert int(found[2]) > 50


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_simulate_writes_what_the_function_returns(spec: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"result.{ending}"
    result = run("simulate", spec, "--trials", 1000, "--seed", 7, "--threads", 2, "--out", out)
    assert result.exit_code == 0, result.output
    assert "max_attempts" in result.output
    expected = ll.simulate(ll.SamplingScenario.from_file(spec), trials=1000, seed=7)
    if ending == "csv":
        assert out.read_text() == expected.write_csv()
    else:
        assert_frame_equal(pl.read_parquet(out), expected, check_exact=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([out.name, spec.name])


def test_simulate_takes_an_exhaustion_scenario(tmp_path: Path) -> None:
    spec = tmp_path / "scenario.toml"
    spec.write_text("""
kind = "exhaustion"
preset = "epoch2024"
trend_weight = 1
years = [2024, 2028, 2032]
overtraining = {kind = "lognormal", low = 1, high = 10, interval = 0.9}
[[correlations]]
kind = "correlation"
first = "text_stock"
second = "trend_dataset"
spearman = 0.5
""")
    out = tmp_path / "found.parquet"
    result = run("simulate", spec, "--trials", 2000, "--seed", 7, "--samples", "exhaustion_year", "--out", out)
    assert result.exit_code == 0, result.output
    assert "p_not_by_horizon" in result.output
    scenario = ll.ExhaustionScenario.preset(
        "epoch2024",
        trend_weight=1,
        years=[2024, 2028, 2032],
        overtraining=ll.dist.lognormal(1, 10, interval=0.9),
        correlations={("text_stock", "trend_dataset"): 0.5},
    )
    assert ll.read_scenario(spec) == scenario
    expected = ll.simulate(scenario, trials=2000, seed=7, samples=["exhaustion_year"])
    for name in ("exhaustion", "trajectories", "exhausted_by", "samples"):
        found = pl.read_parquet(tmp_path / f"found-{name}.parquet")
        assert_frame_equal(found, getattr(expected, name), check_exact=True, categorical_as_str=True)


def test_simulate_takes_a_constraint_scenario(tmp_path: Path) -> None:
    spec = tmp_path / "scenario.json"
    spec.write_text('{"kind": "constraint", "preset": "epoch2030", "campus_watts": 1e10}')
    out = tmp_path / "found.csv"
    result = run("simulate", spec, "--trials", 2000, "--seed", 7, "--out", out)
    assert result.exit_code == 0, result.output
    scenario = ll.ConstraintScenario.epoch2030().replace(campus_watts=1e10)
    expected = ll.simulate(scenario, trials=2000, seed=7)
    assert (tmp_path / "found-bands.csv").read_text() == expected.bands.write_csv()
    assert (tmp_path / "found-binding.csv").read_text() == expected.binding.write_csv()
    power = next(line for line in result.output.splitlines() if "│ power " in line)
    assert f"{expected.bands.filter(pl.col('quantity') == 'power')['q50'].item():.3g}" in power


def test_a_file_that_is_no_scenario_is_one_line(tmp_path: Path) -> None:
    for text, message in (
        ('{"kind": "law"}', "kind must be one of ['sampling', 'exhaustion', 'constraint'], got 'law'"),
        ("[1]", "kind must be one of"),
        (
            '{"kind": "exhaustion", "preset": "epoch2030"}',
            "preset must be 'default', 'epoch2024' or 'corpus', got 'epoch2030'",
        ),
        ('{"kind": "constraint", "preset": "default"}', "preset must be 'epoch2030', got 'default'"),
        ('{"kind": "exhaustion", "data_share": 2}', "data_share must be in [0, 1], got 2"),
        ('{"kind": "exhaustion", "data_share": {"kind": "beta", "a": 1}}', "b must be given for Beta"),
        ("{", "wrong.json: "),
    ):
        wrong = tmp_path / "wrong.json"
        wrong.write_text(text)
        result = run("simulate", wrong, "--seed", 7)
        assert result.exit_code == 2, result.output
        assert message in result.output
        assert len([line for line in result.output.splitlines() if line.startswith("Error: ")]) == 1


def test_solve_writes_what_the_function_returns(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "result.csv"
    result = run("solve", spec, "--out", out)
    assert result.exit_code == 0, result.output
    assert out.read_text() == ll.solve(ll.SamplingScenario.from_file(spec)).write_csv()
    assert run("solve", spec, "--resample", "tasks", "--out", out, "--confidence", 0.9).exit_code == 0
    want = ll.solve(ll.SamplingScenario.from_file(spec), resample="tasks", confidence=0.9)
    assert out.read_text() == want.write_csv()
    assert "accuracy_low" in ll.brief(want)


def test_every_error_is_one_line(spec: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SPEC.replace("0.05", "1.2"))
    for arguments, message in (
        (["simulate", wrong, "--seed", 7], f"{wrong}: verifier: false_positive_rate must be in [0, 1], got 1.2"),
        (["simulate", spec, "--seed", 7, "--trials", 0], "trials must be "),
        (
            ["simulate", spec, "--seed", 7, "--out", "x.xlsx"],
            "--out must end in .parquet, .csv, .json or .md, got 'x.xlsx'",
        ),
        (["solve", spec, "--out", tmp_path / "absent" / "x.csv"], "--out must be in a folder that exists"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert message in result.output
        errors = [line for line in result.output.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1


def test_a_file_of_another_verb_is_told_to_it(spec: Path, tmp_path: Path) -> None:
    swept = tmp_path / "sweep.toml"
    swept.write_text('[scenario]\nkind = "sampling"\n[axes]\n"utility.wrong_cost" = [1, 2]\n')
    world = tmp_path / "world.json"
    world.write_text('{"kind": "exhaustion"}')
    for arguments, message in (
        (["simulate", swept, "--seed", 7], "got None; with scenario and axes it is a sweep: limitlaw sweep, or"),
        (["solve", swept], "got None; with scenario and axes it is a sweep: limitlaw sweep, or"),
        (["sweep", spec, "--store", tmp_path / "s"], "got 'kind'; with kind it is a scenario: limitlaw simulate or"),
        (["solve", world], "scenario must be a SamplingScenario to be solved, got one that can be simulated only"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert message in result.output
        assert result.output.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_nothing_but_results_is_shown_where_nobody_looks(spec: Path) -> None:
    assert run("simulate", spec, "--trials", 10, "--seed", 7).stderr == ""


def test_help_and_version() -> None:
    assert run("--version").output == f"limitlaw, version {ll.__version__}\n"
    for verb in ("demo", "simulate", "solve"):
        assert verb in run("--help").output
        assert run(verb, "--help").exit_code == 0


def test_fit_estimates_from_a_table_of_counts(tmp_path: Path) -> None:
    table = tmp_path / "counts.csv"
    data = ll.datasets.codegen_humaneval()
    data.write_csv(table)
    result = run("fit", table, "--k", 1, "--k", 10, "--seed", 7, "--out", tmp_path / "fit.parquet")
    assert result.exit_code == 0, result.output
    assert "0.1930" in result.output
    want = ll.pass_at_k(data["n"], data["correct"], [1, 10])
    assert_frame_equal(pl.read_parquet(tmp_path / "fit-pass_at_k.parquet"), want)
    assert pl.read_parquet(tmp_path / "fit-population.parquet")["quantity"].to_list() == [
        "alpha",
        "beta",
        "mean",
        "icc",
    ]
    bad = run("fit", table, "--correct", "right", "--seed", 7)
    assert bad.exit_code == 2
    assert "--correct must name one of the columns" in bad.output
    assert "got 'right'" in bad.output
    for column, message in (
        (pl.when(pl.int_range(pl.len()) != 3).then("correct"), "got 1 nulls in 'correct', the first in row 3 (from 0)"),
        (pl.lit("many"), "--correct must be a column of numbers, got 'correct' of type String"),
        (pl.lit(1e9), "correct[0] must be at most attempts[0] = 100, got 1e9"),
    ):
        data.with_columns(correct=column).write_parquet(tmp_path / "bad.parquet")
        bad = run("fit", tmp_path / "bad.parquet", "--seed", 7)
        assert bad.exit_code == 2
        assert message in bad.output


def test_plot_draws_what_simulate_wrote(spec: Path, tmp_path: Path) -> None:
    assert run("simulate", spec, "--seed", 7, "--trials", 100, "--out", tmp_path / "one.parquet").exit_code == 0
    spec.write_text(SPEC + '[[policies]]\nkind = "any_of"\n')
    assert run("simulate", spec, "--seed", 7, "--trials", 100, "--out", tmp_path / "two.csv").exit_code == 0
    world = tmp_path / "world.toml"
    world.write_text('kind = "exhaustion"\n')
    written = run("simulate", world, "--seed", 7, "--trials", 100, "--out", tmp_path / "world.parquet")
    assert written.exit_code == 0, written.output
    for name in ("one.parquet", "two.csv", "world-trajectories.parquet", "world-exhaustion.parquet"):
        picture = tmp_path / f"{name}.png"
        result = run("plot", tmp_path / name, "--out", picture)
        assert result.exit_code == 0, result.output
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size > 5000
    for arguments, message in (
        ((tmp_path / "one.parquet", "--out", tmp_path / "x.bmp"), "--out must end in .png, .svg or .json, got 'x.bmp'"),
        ((spec, "--out", tmp_path / "x.png"), "a frame must be a .csv, .jsonl or .parquet file, got 'scenario.toml'"),
        (
            (tmp_path / "world-exhaustion.parquet", "--out", tmp_path / "x.png", "--show", "q50"),
            "--show must be left out for this kind of frame, got ['q50']",
        ),
    ):
        refused = run("plot", *arguments)
        assert refused.exit_code == 2
        assert message in refused.output


def test_a_missing_folder_is_refused_before_the_work(spec: Path, tmp_path: Path) -> None:
    for name, verb in (("x.csv", ("simulate", spec, "--seed", 7, "--trials", 10**13)), ("x.png", ("demo",))):
        result = run(*verb, "--out", tmp_path / "missing" / name)
        assert result.exit_code == 2
        assert "--out must be in a folder that exists, got" in result.output


def test_a_picture_of_another_kind_is_refused_before_the_work(tmp_path: Path) -> None:
    result = run("demo", "--trials", 10**13, "--out", tmp_path / "x.bmp")
    assert result.exit_code == 2
    assert result.output == "Error: --out must end in .png, .svg or .json, got 'x.bmp'\n"


def test_plot_refuses_what_it_would_misread(tmp_path: Path) -> None:
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.2, 0.6]), max_attempts=[1, 4])
    grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.1]})
    world = ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2031))
    years = ll.Grid(world, {"data_share": [0.2, 0.8]})
    frames = {
        "sweep": (
            ll.sweep(grid, method="solve", progress=False).frame().drop("error"),
            "2 points of a sweep over verifier.false_p",
        ),
        "tasks": (ll.solve(scenario, by="task"), "got 2 tasks (by='task')"),
        "years": (
            ll.sweep(years, trials=50, seed=1, frame="trajectories", progress=False).frame().drop("error"),
            "2 points of a sweep over data_share",
        ),
    }
    for name, (frame, words) in frames.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
        result = run("plot", tmp_path / f"{name}.parquet", "--out", tmp_path / "x.svg")
        assert result.exit_code == 2
        assert words in result.output
        assert not (tmp_path / "x.svg").exists()


def test_every_question_of_a_benchmark_has_a_verb(spec: Path) -> None:
    settings = ll.SamplingScenario.from_file(spec)
    for arguments, expected in (
        (["ceilings", spec], ll.ceilings(settings)),
        (["best", spec, "--bootstrap", 0], ll.optimal_attempts(settings, bootstrap=0)),
        (
            ["best", spec, "--wrong-cost", 1, "--wrong-cost", 4, "--bootstrap", 50, "--seed", 3],
            ll.optimal_attempts(settings, wrong_cost=[1, 4], bootstrap=50, seed=3),
        ),
        (["required", spec, "--accuracy", 0.6], ll.required_false_positive_rate(settings, accuracy=0.6)),
        (["solve", spec], ll.solve(settings)),
        (["simulate", spec, "--trials", "1e3", "--seed", 7], ll.simulate(settings, trials=1000, seed=7)),
    ):
        result = run(*arguments, "--format", "csv")
        assert result.exit_code == 0, result.output
        assert result.output == expected.write_csv()
        assert run(*arguments).output == ll.brief(expected) + "\n"
        assert json.loads(run(*arguments, "--format", "json").output) == json.loads(expected.write_json())
        table = run(*arguments, "--format", "markdown").output.splitlines()
        assert table[0] == "| " + " | ".join(expected.columns) + " |"
        assert len(table) == 2 + expected.height
    two = spec.with_name("two.toml")
    two.write_text(SPEC + '[[policies]]\nkind = "any_of"\n')
    found = run("compare", two, "--trials", 200, "--seed", 2, "--format", "csv")
    assert found.output == ll.compare_policies(ll.SamplingScenario.from_file(two), trials=200, seed=2).write_csv()


def test_an_interruption_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "scenario.toml"
    spec.write_text(SPEC)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    options = {"check": ["--min-accuracy", 0.1], "simulate": ["--seed", 1], "report": ["--out", tmp_path / "x.html"]}
    for verb, given in options.items():
        with monkeypatch.context() as patch:
            patch.setattr(ll, verb, interrupted)
            found = run(verb, spec, *given)
        assert (found.exit_code, found.stderr) == (130, "interrupted\n"), verb
    monkeypatch.setattr(main, "get_command", interrupted)  # while its module is imported: of every verb
    assert run("fit").exit_code == 130


def test_systems_in_files_are_compared(tmp_path: Path) -> None:
    counts = pl.DataFrame({"task": ["x", "y", "z"], "n": [4, 4, 4], "c": [0, 2, 4]})
    a, b, log = tmp_path / "a.csv", tmp_path / "b.parquet", tmp_path / "log.csv"
    counts.write_csv(a)
    counts.with_columns(c=pl.Series([1, 2, 2])).write_parquet(b)
    options = ["--attempts", "n", "--correct", "c", "--k", 1, "--k", 2, "--format", "csv"]
    found = run("compare-systems", a, f"other={b}", *options)
    systems = {"a": pl.read_csv(a), "other": pl.read_parquet(b)}
    assert found.output == ll.compare_systems(systems, attempts="n", correct="c", k=[1, 2]).write_csv()
    pl.DataFrame({"task": ["x", "y", "x"], "correct": [True, False, False]}).write_csv(log)
    found = run("compare-systems", f"one={log}", f"two={log}", "--all-k", 2, "--bootstrap", 0, "--format", "csv")
    frame = ll.read_attempts(log)
    assert found.output == ll.compare_systems({"one": frame, "two": frame}, k=[1, 2], bootstrap=0).write_csv()
    assert "systems must have names of their own, got 'a' twice" in run("compare-systems", a, a).output
    assert (
        "systems must be files (NAME=FILE), got 'nowhere.csv', which is none"
        in run("compare-systems", "nowhere.csv", a).output
    )


def test_a_recommendation_for_the_scenario_of_a_file(tmp_path: Path) -> None:
    spec = tmp_path / "scenario.toml"
    spec.write_text(SPEC)
    asked = ll.SamplingScenario.from_file(spec)
    found = ll.recommend(
        asked.tasks,
        asked.verifier,
        utility=asked.utility,
        cost=asked.cost,
        policies=list(asked.policies),
        max_attempts=20,
    )
    result = run("recommend", spec, "--max-attempts", 20)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(found.text + "\n")
    written = json.loads(run("recommend", spec, "--max-attempts", 20, "--format", "json").output)
    assert written["recommendation"] == json.loads(found.policies.write_json())


def test_plans_from_pilots_in_files(tmp_path: Path) -> None:
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    pl.DataFrame({"task": ["x", "y", "z"], "n": [4, 4, 4], "correct": [0, 2, 4]}).write_csv(a)
    pl.DataFrame({"task": ["x", "y", "z"], "n": [4, 4, 4], "correct": [1, 2, 2]}).write_csv(b)
    pilot = ll.plan.pilot({"a": pl.read_csv(a), "b": pl.read_csv(b)}, attempts="n")
    both, csv = [f"a={a}", f"b={b}", "--attempts", "n"], ["--format", "csv"]
    found = run("plan", "tasks", *both, "--difference", 0.1, "--k", 1, "--k", 4, *csv)
    assert found.output == ll.plan.tasks(pilot, difference=0.1, attempts=[1, 4]).write_csv()
    found = run("plan", "power", *both, "--tasks", 50, *csv)
    assert found.output == ll.plan.power(pilot, tasks=[50]).write_csv()
    costs = ["--task-cost", 3, "--attempt-cost", 1, "--width", 0.2]
    expected = ll.plan.attempts(ll.plan.pilot(pl.read_csv(a), attempts="n"), task_cost=3, attempt_cost=1, width=0.2)
    assert run("plan", "attempts", a, "--attempts", "n", *costs, *csv).output == expected.write_csv()
    expected = ll.plan.labels(rate=0.01, bound=0.05)
    assert run("plan", "labels", "--rate", 0.01, "--bound", 0.05, *csv).output == expected.write_csv()
    assert (
        "--bound is no option of plan tasks, which takes --difference"
        in run("plan", "tasks", *both, "--bound", 1).output
    )
    assert "--tasks must be given for plan power" in run("plan", "power", *both).output
    assert "plan labels takes no files" in run("plan", "labels", "x.csv").output


def test_every_question_of_a_projection_has_a_verb(tmp_path: Path) -> None:
    spec = tmp_path / "world.toml"
    spec.write_text('kind = "exhaustion"\npreset = "epoch2024"\ntrend_weight = 1\n')
    world = ll.read_scenario(spec)
    out = tmp_path / "found.parquet"
    moved = run("levers", spec, "--trials", 200, "--seed", 1, "--out", out)
    assert moved.exit_code == 0, moved.output
    expected = ll.levers(world, trials=200, seed=1)
    assert_frame_equal(pl.read_parquet(out), expected, categorical_as_str=True)
    assert ll.brief(expected.filter(definition="effective_stock")) in moved.output
    asked = run("sensitivity", spec, "--year", 2030, "--trials", 200, "--seed", 1, "--format", "json")
    assert asked.exit_code == 0, asked.output
    indices = json.loads(asked.output)["indices"]
    assert indices == json.loads(
        ll.sensitivity(world, year=2030, trials=200, seed=1).indices.drop("inputs").write_json()
    )
    seen = tmp_path / "seen.csv"
    ll.datasets.record_runs().write_csv(seen)
    for more in ([], ["--observations", seen]):
        scored = run("backtest", spec, "--as-of", "2024-06-06", "--trials", 200, "--seed", 1, "--out", out, *more)
        assert scored.exit_code == 0, scored.output
        want = ll.backtest(world, ll.datasets.record_runs(), as_of=dt.date(2024, 6, 6), trials=200, seed=1)
        assert_frame_equal(pl.read_parquet(tmp_path / "found-scores.parquet"), want.scores)


def test_rows_of_a_store(tmp_path: Path) -> None:
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.2, 0.6]), max_attempts=[1, 4])
    grid = ll.Grid(scenario, {"verifier.false_positive_rate": [0.0, 0.1, 0.2]})
    frame = ll.sweep(grid, method="solve", store=tmp_path / "s", progress=False).frame()
    assert run("rows", tmp_path / "s", "--format", "csv").output == frame.write_csv()
    assert run("rows", tmp_path / "s", "--point", 1, "--format", "csv").output == frame.filter(point=1).write_csv()
    short = run("rows", tmp_path / "s", "--limit", 2, "--out", tmp_path / "all.csv", "--format", "csv")
    assert short.stdout == frame.head(2).write_csv()
    assert (tmp_path / "all.csv").read_text() == frame.write_csv()
    beyond = run("rows", tmp_path / "s", "--point", 9)
    assert beyond.exit_code == 2
    assert "point must be" in beyond.output


def test_what_is_written_can_be_read_in_every_form(spec: Path, tmp_path: Path) -> None:
    expected = ll.solve(ll.SamplingScenario.from_file(spec))
    for ending in ("parquet", "csv", "json", "md"):
        assert run("solve", spec, "--out", tmp_path / f"x.{ending}").exit_code == 0
    assert json.loads((tmp_path / "x.json").read_text()) == json.loads(expected.write_json())
    assert (tmp_path / "x.md").read_text().splitlines()[0].startswith("| policy | max_attempts | accuracy |")
    assert (tmp_path / "x.csv").read_text() == expected.write_csv()


def test_counts_are_read_from_lines_of_json(tmp_path: Path) -> None:
    lines = tmp_path / "counts.jsonl"
    lines.write_text("\n".join(json.dumps({"n": 20, "correct": c}) for c in (0, 1, 2, 7, 20)))
    result = run("fit", lines, "--k", 5, "--format", "json")
    assert result.exit_code == 0, result.output
    want = ll.pass_at_k([20] * 5, [0, 1, 2, 7, 20], [5])
    assert json.loads(result.output)["pass_at_k"] == json.loads(want.write_json())
    for text, message in (("[1]", "line 1 must be a JSON object, got [1]"), ('{"n": 1}\n{', "line 2: expected JSON")):
        lines.write_text(text)
        bad = run("fit", lines)
        assert bad.exit_code == 2
        assert message in bad.output


def test_whole_numbers_may_have_an_exponent(spec: Path) -> None:
    bad = run("simulate", spec, "--seed", 7, "--trials", "1.5")
    assert bad.exit_code == 2
    assert "'1.5' is not a whole number" in bad.output


def test_several_frames_are_no_csv(tmp_path: Path) -> None:
    spec = tmp_path / "scenario.json"
    spec.write_text('{"kind": "constraint", "preset": "epoch2030"}')
    result = run("simulate", spec, "--trials", 100, "--seed", 7, "--format", "csv")
    assert result.exit_code == 2
    assert "--format csv must be left out where there are several frames (bands, binding)" in result.output


def test_every_verb_has_help_with_an_example() -> None:
    listed = run("--help").output
    for verb in main.list_commands(click.Context(main)):
        assert re.search(rf"^  {verb} ", listed, re.MULTILINE)
        text = run(verb, "--help").output
        assert f"Example: limitlaw {verb} " in text


def test_the_demo_runs_without_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: None if name == "altair" else found(name, *rest)
    )
    result = run("demo", "--trials", 200, "--out", tmp_path / "demo.png")
    assert result.exit_code == 0, result.output
    assert re.search(r"Picture: none: pip install '\S+\[plots\]'", result.output)
    assert not (tmp_path / "demo.png").exists()


def test_help_waits_for_no_library() -> None:
    """Help of every verb is there before NumPy and Polars are: .06 s of CPU where they take .5."""
    code = (
        "import sys; from click.testing import CliRunner; from limitlaw.cli import main, _VERBS\n"
        "for verb in ([], *([name] for name in _VERBS)):\n"
        "    assert CliRunner().invoke(main, [*verb, '--help']).exit_code == 0\n"
        "print([name for name in ('numpy', 'polars', 'altair', 'tqdm') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
