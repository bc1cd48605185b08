"""Files as they come: byte order marks, endings in capitals, keys and columns named twice, depth, bits."""

import json

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
    assert done.exit_code == 1
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
