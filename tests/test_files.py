"""Files as they come: byte order marks, endings in capitals, keys and columns named twice, depth, bits."""

import json
import tomllib

import polars as pl
import pytest
from click.testing import CliRunner

import limitlaw as ll
from limitlaw.cli import main

SCENARIO = 'kind = "sampling"\nmax_attempts = [1]\ntasks = { kind = "fixed", success = [0.1] }\n'


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["a.toml", "a.TOML", "a.Toml"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_endings_in_capitals_and_byte_order_marks_are_read(tmp_path, name, mark):
    assert ll.read_scenario(written(tmp_path / name, mark + SCENARIO)).max_attempts.tolist() == [1]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"kind": "rates", "kind": "rates"}', "expected every key once, got 'kind' twice"),
        ("a.json", '{"kind": "sampling", "tasks": {"x": 1, "x": 2}}', "expected every key once, got 'x' twice"),
        ("a.json", "[" * 100_000, "expected JSON, got text that is nested too deep"),
        ("a.toml", "x = " + "[" * 5000 + "]" * 5000, "expected TOML, got text that is nested too deep"),
        ("a.json", '{"kind": ["sampling"]}', "kind must be one of .*, got \\['sampling'\\]"),
        ("a.toml", SCENARIO + "tasks = 1\n", "Cannot overwrite"),
        ("a.json", '{"kind": "' + "x" * 100_000 + '"}', "kind must be one of .*, got 'xxx"),
    ],
)
def test_what_a_file_should_not_hold_is_one_line_that_names_it(tmp_path, name, text, message):
    path = written(tmp_path / name, text)
    with pytest.raises(ValueError, match=rf"^{path}: {message}") as caught:
        ll.read_scenario(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n,n,correct\n1,2,1\n", "every column must have a name of its own, got 'n' twice"),
        ("n,correct\n99999999999999999999,3\n", "--attempts must be a column of numbers of at most 64 bits"),
        ("n,correct\n5,3,4\n", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_table_that_would_be_misread_is_one_line(tmp_path, text, message):
    done = CliRunner().invoke(main, ["fit", str(written(tmp_path / "a.csv", text)), "--seed", "1"])
    assert done.exit_code == 2
    assert message in done.output
    assert done.output.strip().count("\n") == 0


def test_a_table_with_a_mark_and_an_ending_in_capitals_is_read(tmp_path):
    path = written(tmp_path / "a[1].CSV", "\ufeffn,correct\n9,3\n5,1\n7,7\n")
    assert CliRunner().invoke(main, ["fit", str(path), "--seed", "1"]).exit_code == 0


def test_json_for_people_has_few_spaces():
    verifier = ll.Verifier.rates()
    assert json.loads(verifier.to_json(indent=2)) == json.loads(verifier.to_json())
    for indent in (2**32, -1, "x" * 100, True):
        with pytest.raises((TypeError, ValueError), match=r"^indent must be"):
            verifier.to_json(indent=indent)


TABLED = """
kind = "sampling"
max_attempts = [1, 2]
[tasks]
kind = "{kind}"
file = "tables/{file}"
{columns}
"""


def test_tasks_may_stand_in_a_table_beside_the_scenario(tmp_path):
    (tmp_path / "tables").mkdir()
    counts = pl.DataFrame({"n": [10, 20], "c": [3, 0], "a": [4, 2], "t": [3, 0], "name": ["x", "y"]})
    counts.write_csv(tmp_path / "tables" / "counts.csv")
    log = pl.DataFrame(
        {"task": ["a", "b", "a", "b"], "correct": [True, False, True, True], "answer": ["u", "v", "u", "w"]}
    )
    (tmp_path / "tables" / "log.jsonl").write_text(log.write_ndjson())
    named = 'attempts = "n"\ncorrect = "c"\ntask = "name"'
    for kind, file, columns, expected in (
        ("counts", "counts.csv", named, ll.Tasks.from_frame(counts, attempts="n", correct="c", task="name")),
        (
            "counts",
            "counts.csv",
            'attempts = "n"\ncorrect = "c"\nposterior = true\nprior = "jeffreys"',
            ll.Tasks.counts(attempts=[10, 20], correct=[3, 0], posterior=True, prior="jeffreys"),
        ),
        (
            "pool",
            "counts.csv",
            named + '\naccepted = "a"\naccepted_correct = "t"',
            ll.Tasks.from_frame(counts, attempts="n", correct="c", accepted="a", accepted_correct="t", task="name"),
        ),
        ("recorded", "log.jsonl", 'answer = "answer"', ll.Tasks.from_attempts(log, answer="answer")),
    ):
        path = tmp_path / "scenario.toml"
        path.write_text(TABLED.format(kind=kind, file=file, columns=columns))
        scenario = ll.read_scenario(path)
        assert scenario == ll.SamplingScenario(tasks=expected, max_attempts=[1, 2])
        swept = tmp_path / "sweep.json"
        data = {"kind": "sampling", "max_attempts": [1], "tasks": tomllib.loads(path.read_text())["tasks"]}
        swept.write_text(json.dumps({"scenario": data, "axes": {"max_attempts": [[1], [2]]}, "method": "solve"}))
        grid, _ = ll.read_sweep(swept)
        assert grid.scenario.tasks == expected
    for kind, file, columns, message in (
        ("fixed", "counts.csv", "", "tasks.kind must be one of .* beside tasks.file, got 'fixed'"),
        ("counts", "none.csv", named, "tasks.file must be a file that exists, got '.*none.csv'"),
        (
            "counts",
            "counts.csv",
            "attempts = [1]",
            r"tasks.attempts must be a column of tasks.file beside it, got \[1\]",
        ),
        ("counts", "counts.csv", 'taste = "n"', "tasks must name some of .*, got 'taste'"),
        ("counts", "counts.csv", 'attempts = "m"\ncorrect = "c"', "attempts must name one of the columns .*, got 'm'"),
        ("pool", "counts.csv", named, "tasks.accepted must name a column of tasks.file for a pool, got none"),
    ):
        path.write_text(TABLED.format(kind=kind, file=file, columns=columns))
        with pytest.raises((TypeError, ValueError), match=f"scenario.toml: {message}"):
            ll.read_scenario(path)


def test_a_verifier_is_known_by_the_labels_of_a_table(tmp_path):
    task = [n // 4 for n in range(160)]
    labels = pl.DataFrame({"q": task, "right": [n % 4 < 2 for n in range(160)]})
    labels = labels.with_columns(passed=pl.col("right") | (pl.int_range(160) % 32 == 3))
    labels.write_ndjson(tmp_path / "labels.jsonl")

    def read(verifier: str) -> ll.SamplingScenario:
        text = "kind = 'sampling'\nmax_attempts = [5]\ntasks = {kind = 'fixed', success = [0.1, 0.6]}\n"
        (tmp_path / "scenario.toml").write_text(f"{text}verifier = {{file = 'labels.jsonl', {verifier}}}\n")
        return ll.read_scenario(tmp_path / "scenario.toml")

    columns = "kind = 'labelled', accepted = 'passed', correct = 'right'"
    named = {"accepted": "passed", "correct": "right"}
    assert read(f"{columns}, task = 'q', draws = 50").verifier == ll.Verifier.from_labels(
        labels, **named, task="q", draws=50
    )
    assert read(f"{columns}, independent = true").verifier == ll.Verifier.from_labels(labels, **named, task=None)
    for words, message in (
        ("kind = 'rates'", "verifier.kind must be 'labelled' beside verifier.file, got 'rates'"),
        (f"{columns}, task = 3", "verifier.task must be a column of verifier.file beside it, got 3"),
        (f"{columns}, task = 'x'", "task must name one of the columns"),
        (f"{columns}, independent = 1", "verifier.independent must be"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            read(words)
    checked = ll.check(read(f"{columns}, task = 'q'"), min_precision=0.5)
    assert checked["evidence"].item() == "tasks as supposed, 160 labels"
    assert checked["low"].item() < checked["estimate"].item() < checked["high"].item()
