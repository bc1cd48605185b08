"""Verbs over a log of attempts in place of a scenario, and what they say is missing."""

import io
from pathlib import Path

import polars as pl
import pytest

import limitlaw as ll
from test_cli import SPEC, run


def write_log(folder: Path) -> pl.DataFrame:
    rows = [(f"t{i}", j % 4 == i % 4, (i + j) % 5 < 2) for i in range(12) for j in range(8)]
    log = pl.DataFrame(rows, schema=["question", "right", "accepted"], orient="row")
    log.write_csv(folder / "log.csv")
    log.write_parquet(folder / "log.parquet")
    log.write_ndjson(folder / "log.jsonl")
    return log


def test_a_log_takes_the_place_of_a_scenario(tmp_path: Path) -> None:
    log = write_log(tmp_path)
    tasks = ll.Tasks.from_attempts(log, task="question", correct="right", accepted="accepted")
    utility = ll.Utility(wrong_cost=0.5, attempt_cost=0.01)
    columns = ["--task", "question", "--correct", "right", "--attempt-cost", 0.01, "--wrong-cost", 0.5]
    found = ll.recommend(tasks, utility=utility)
    for ending in ("csv", "parquet", "jsonl"):
        result = run("recommend", tmp_path / f"log.{ending}", *columns)
        assert result.output.startswith(found.text + "\n"), result.output
    scenario = ll.SamplingScenario(tasks=tasks, max_attempts=[2, 5], utility=utility)
    grid, csv = ["--max-attempts", 5, "--max-attempts", 2], ["--format", "csv"]
    assert run("solve", tmp_path / "log.csv", *columns, *grid, *csv).output == ll.solve(scenario).write_csv()
    checked = run("check", tmp_path / "log.csv", *columns, *grid, "--min-accuracy", 0.01, *csv)
    assert (checked.exit_code, checked.output) == (0, ll.check(scenario, min_accuracy=0.01).write_csv())
    best = run("best", tmp_path / "log.csv", *columns, *grid, "--seed", 0, *csv)
    scenario = scenario.replace(utility=ll.Utility(attempt_cost=0.01))
    assert best.output == ll.optimal_attempts(scenario, wrong_cost=[0.5], seed=0).write_csv()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["recommend", "log.csv"], "log.csv must have a row for each attempt with the columns 'task' and 'correct'"),
        (["recommend", "spec.toml", "--wrong-cost", "4"], "--wrong-cost is of a log or of counts; settings stand in"),
        (["solve", "spec.toml", "--max-attempts", "4"], "--max-attempts is of a log or of counts; settings stand in"),
        (["check", "world.toml"], "scenario must be one of repeated sampling, got ExhaustionScenario in"),
        (["recommend", "world.toml"], "scenario must be one of repeated sampling, got ExhaustionScenario in"),
        (["check", "spec.toml"], "one of --min-accuracy, --min-precision"),
        (
            ["recommend", "log.csv", "--task", "question", "--correct", "right", "--false-positive-rate", "0.1"],
            "must be left out of a log with verdicts (column 'accepted'), got 0.1 and 0",
        ),
        *(([verb, "spec.toml"], "Missing option '--seed'") for verb in ("simulate", "compare")),
        *(([verb, "world.toml"], "Missing option '--seed'") for verb in ("levers", "sensitivity")),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, command: list[str], message: str) -> None:
    write_log(tmp_path)
    (tmp_path / "spec.toml").write_text(SPEC)
    (tmp_path / "world.toml").write_text('kind = "exhaustion"\npreset = "default"\n')
    verb, file, *options = command
    result = run(verb, tmp_path / file, *options)
    assert result.exit_code != 0
    assert message in result.output


def test_best_of_a_log_with_scores_is_that_of_first_accepted(tmp_path: Path) -> None:
    log = write_log(tmp_path).with_columns(score=pl.int_range(pl.len()) % 7, answer=pl.lit("x"))
    log.write_csv(tmp_path / "scored.csv")
    columns = ["--task", "question", "--correct", "right"]
    scored, plain = (run("best", tmp_path / name, *columns) for name in ("scored.csv", "log.csv"))
    assert (scored.exit_code, scored.output) == (0, plain.output)
    assert "first_accepted" in scored.output


def test_null_verdicts_end_any_command_with_two(tmp_path: Path) -> None:
    write_log(tmp_path).with_columns(accepted=None).write_csv(tmp_path / "null.csv")
    for verb, *options in (["best"], ["recommend"], ["check", "--min-accuracy", 0.5]):
        result = run(verb, tmp_path / "null.csv", "--task", "question", "--correct", "right", *options)
        assert result.exit_code == 2
    assert run("required", tmp_path / "null.csv", "--accuracy", 0.5).exit_code == 2


def test_missing_verdicts_are_what_the_option_says(tmp_path: Path) -> None:
    log = write_log(tmp_path).with_columns(accepted=pl.when(pl.int_range(pl.len()) % 9 > 0).then("accepted"))
    log.write_csv(tmp_path / "null.csv")
    columns = [
        "--task",
        "question",
        "--correct",
        "right",
        "--max-attempts",
        2,
        "--min-accuracy",
        0.1,
        "--format",
        "csv",
    ]
    refused = run("check", tmp_path / "null.csv", *columns)
    assert refused.exit_code == 2
    assert "missing='false' takes them for wrong, or" in refused.output
    for missing in ("false", "drop"):
        named = {"task": "question", "correct": "right", "accepted": "accepted", "missing": missing}
        scenario = ll.SamplingScenario(
            tasks=ll.Tasks.from_attempts(log, **named), max_attempts=[2], utility=ll.Utility()
        )
        found = run("check", tmp_path / "null.csv", *columns, "--missing", missing)
        assert found.output == ll.check(scenario, min_accuracy=0.1).write_csv()


def test_a_comparison_is_read_from_its_main_columns(tmp_path: Path) -> None:
    log = write_log(tmp_path)
    log.with_columns(right=~pl.col("right")).write_csv(tmp_path / "other.csv")
    pair = [tmp_path / "log.csv", tmp_path / "other.csv"]
    printed = run("compare-systems", *pair, "--task", "question", "--correct", "right", "--k", 1, "--k", 2).output
    assert max(map(len, printed.splitlines())) <= 120
    heads = [word.strip() for word in printed.splitlines()[1].strip("│").split("┆")]
    assert heads == ["system", "other", "k", "difference", "low", "high", "p_holm", "winner", "tasks"]


def test_columns_that_an_option_names_are_names(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("q,c,right\n001,01,1\n1,1,0\n2,1,1\n")
    pl.DataFrame({"q": ["001", "1", "2"], "c": ["01", "1", "1"], "right": [1, 0, 0]}).write_ndjson(tmp_path / "b.jsonl")
    columns = ["--task", "q", "--correct", "right", "--cluster", "c"]
    found = run("check", tmp_path / "log.csv", *columns, "--max-attempts", 1, "--min-accuracy", 0.1)
    assert "from 3 tasks in 2 clusters" in found.output
    both = [f"a={tmp_path / 'log.csv'}", f"b={tmp_path / 'b.jsonl'}"]
    table = pl.read_csv(io.StringIO(run("compare-systems", *both, *columns, "--format", "csv").stdout))
    assert table.select("tasks", "clusters").row(0) == (3, 2)
    (tmp_path / "s.toml").write_text(
        'kind = "sampling"\nmax_attempts = [1]\n'
        '[tasks]\nkind = "recorded"\nfile = "log.csv"\ntask = "q"\ncorrect = "right"\n'
    )
    assert ll.read_scenario(tmp_path / "s.toml").tasks.names == ("001", "1", "2")
