"""The pytest plugin, run as users run it: a session of its own, which finds it by its entry point."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import limitlaw as ll

TASKS = ll.Tasks.counts(attempts=[10] * 60, correct=[10] * 50 + [7] * 10)
WEAK = ll.SamplingScenario(tasks=TASKS, verifier=ll.Verifier.rates(false_positive_rate=0.25), max_attempts=[3])


def run(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_gate.py").write_text(f"import pytest\nimport limitlaw as ll\n{source}")
    (folder / "weak.json").write_text(WEAK.to_json())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--strict-markers"]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)


def test_a_marker_gates_the_scenario_of_a_file(tmp_path):
    done = run(
        tmp_path,
        """
@pytest.mark.limitlaw("weak.json", min_accuracy=0.8, min_coverage=0.9)
def test_good_enough():
    pass

@pytest.mark.limitlaw("weak.json", min_accuracy=0.8, min_precision=0.999)
def test_not_good_enough():
    raise RuntimeError("never reached")
""",
        "--junitxml=report.xml",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "RuntimeError" not in done.stdout
    # The numbers and the rates that fail, without a traceback.
    assert "first_accepted: precision >= 0.999 fails: 0.9" in done.stdout
    assert "false_positive_rate=0.25" in done.stdout
    assert "accuracy >= 0.8 holds" not in done.stdout
    assert "_pytest.py" not in done.stdout
    said = [one.get("value") for one in ET.parse(tmp_path / "report.xml").iter("property")]
    assert len(said) == 4
    assert said[0].startswith("accuracy >= 0.8 holds: 0.9")


def test_the_fixture_takes_what_the_marker_requires(tmp_path):
    done = run(
        tmp_path,
        """
SCENARIO = ll.read_scenario("weak.json")

@pytest.mark.limitlaw(min_accuracy=0.5)
def test_holds(limitlaw_check):
    assert limitlaw_check(SCENARIO)["requirement"].to_list() == ["accuracy >= 0.5"]

@pytest.mark.limitlaw(min_accuracy=0.5)
def test_own_bound(limitlaw_check):
    limitlaw_check(SCENARIO, min_accuracy=0.999)

def test_without_a_marker(limitlaw_check):
    limitlaw_check(SCENARIO, min_accuracy=0.5)

def test_nothing_required(limitlaw_check):
    limitlaw_check(SCENARIO)
""",
    )
    assert "2 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "accuracy >= 0.999 fails" in done.stdout
    assert "one of min_accuracy, " in done.stdout


def test_evidence_that_cannot_tell(tmp_path):
    wanted = {"fail": "failure", "skip": "skipped", "pass": None, "3": "failure"}
    source = "".join(
        f"""
@pytest.mark.limitlaw("weak.json", min_precision=0.96, undecided={undecided if undecided == "3" else repr(undecided)})
def test_{undecided}():
    pass
"""
        for undecided in wanted
    )
    done = run(tmp_path, source, "-rs", "--junitxml=report.xml")
    assert "2 failed, 1 passed, 1 skipped" in done.stdout, done.stdout + done.stderr
    (skipped,) = (line for line in done.stdout.splitlines() if line.startswith("SKIPPED"))
    assert "tasks in all" in skipped
    told = {case.get("name"): case for case in ET.parse(tmp_path / "report.xml").iter("testcase")}
    assert told.keys() == {f"test_{undecided}" for undecided in wanted}
    for undecided, outcome in wanted.items():
        found = [one for one in told[f"test_{undecided}"] if one.tag in ("failure", "skipped", "error")]
        assert [one.tag for one in found] == ([outcome] if outcome else []), undecided
        text = "".join(f"{one.get('message')} {one.text}" for one in found)
        assert ("tasks in all" in text) == (undecided in ("fail", "skip")), undecided
        assert ("undecided must be" in text) == (undecided == "3"), undecided


def test_pytest_alone_imports_nothing_heavy(tmp_path):
    done = run(
        tmp_path,
        "",
    )
    assert done.returncode == 5, done.stdout
    (tmp_path / "test_gate.py").write_text(
        "import sys\n\ndef test_it():\n    assert not {'numpy', 'polars', 'limitlaw.gates'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", "-p", "no:xdist"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert (
        "limitlaw(scenario=None"
        in subprocess.run(
            [sys.executable, "-m", "pytest", "--markers"], cwd=tmp_path, capture_output=True, text=True, check=False
        ).stdout
    )


GOOD = "ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.9]), max_attempts=[1])"
#: Markers and tests that check nothing, or not what they seem to, and what is said of each.
IDLE = {
    "@pytest.mark.limitlaw(min_accuracy=0.9)\ndef test_it(): pass": "must name a scenario, as in limitlaw('system",
    "@pytest.mark.limitlaw\ndef test_it(): pass": "got limitlaw() at a test without it: nothing would be checked",
    "@pytest.mark.limitlaw(None, min_accuracy=0.9)\ndef test_it(): pass": "got limitlaw(None, min_accuracy=0.9) at",
    "@pytest.mark.limitlaw(min_accuracy=0.9)\nclass TestIt:\n    def test_it(self): pass": "nothing would be checked",
    "@pytest.mark.limitlaw(min_accuracy=0.5)\ndef test_it(limitlaw_check): pass": "the fixture limitlaw_check must be",
    "@pytest.mark.limitlaw(GOOD, min_accuracy=0.5)\ndef test_it(limitlaw_check): pass": "must be called, as in",
    "def test_it(limitlaw_check): pass": "got a test that only asks for it: nothing was checked",
    "@pytest.mark.limitlaw(scenario=GOOD, min_accuracy=0.95)\ndef test_it(): pass": "accuracy >= 0.95 fails: 0.9",
    '@pytest.mark.limitlaw(scenario="none.toml", min_accuracy=0.9)\ndef test_it(): pass': "none.toml",
    "@pytest.mark.limitlaw(GOOD, 0.9)\ndef test_it(): pass": "must name one scenario, and requirements by name, got 2",
    "@pytest.mark.limitlaw(GOOD, scenario=GOOD, min_accuracy=0.1)\ndef test_it(): pass": "must name one scenario",
    "@pytest.mark.limitlaw(GOOD, min_acuracy=0.9)\ndef test_it(): pass": (
        "requirements and settings must name some of ['min_accuracy', ",
        "got 'min_acuracy'",
    ),
    "def test_it(limitlaw_check): limitlaw_check(GOOD, min_acuracy=0.9)": "['min_accuracy', ",
    "@pytest.mark.limitlaw(GOOD)\ndef test_it(): pass": "cannot be checked: one of min_accuracy, min_precision",
    "@pytest.mark.limitlaw(7, min_accuracy=0.9)\ndef test_it(): pass": "scenario must be a SamplingScenario, got 7",
    '@pytest.mark.limitlaw("log.csv", min_accuracy=0.9)\ndef test_it(): pass': (
        "log.csv: expected settings, a .toml or .json file, got a table: a log of attempts is taken as it is",
    ),
    "@pytest.mark.limitlaw(min_accuracy=0.95)\nclass TestIt:\n    @pytest.mark.limitlaw(min_coverage=0.1)\n"
    "    def test_it(self, limitlaw_check): limitlaw_check(GOOD)": "accuracy >= 0.95 fails",
}  # fmt: skip


def test_what_checks_nothing_is_an_error_that_says_what_was_expected(tmp_path):
    (tmp_path / "log.csv").write_text("task,correct\na,1\n")
    for number, source in enumerate(IDLE):
        (tmp_path / f"test_{number}.py").write_text(f"import pytest\nimport limitlaw as ll\nGOOD = {GOOD}\n{source}\n")
    done = run(tmp_path, "", "--junitxml=report.xml")
    assert f"{len(IDLE)} failed" in done.stdout, done.stdout + done.stderr
    cases = {case.get("classname").split(".")[0]: case for case in ET.parse(tmp_path / "report.xml").iter("testcase")}
    for number, (source, wanted) in enumerate(IDLE.items()):
        text = "".join(f"{one.get('message')}\n{one.text}" for one in cases[f"test_{number}"])
        for words in [wanted] if isinstance(wanted, str) else wanted:
            assert words in text, (source, text)
        assert "_pytest.py" not in text, (source, text)


def test_a_marker_by_name_and_a_fixture_called_by_another_are_checks(tmp_path):
    done = run(
        tmp_path,
        f"""
GOOD = {GOOD}

@pytest.fixture
def gate(limitlaw_check):
    limitlaw_check(GOOD)

@pytest.mark.limitlaw(scenario=GOOD, min_accuracy=0.5)
def test_by_name():
    pass

@pytest.mark.limitlaw(min_accuracy=0.5)
def test_by_fixture(gate):
    pass

def test_skipped(limitlaw_check):
    pytest.skip("before it is called")

def test_fails_by_itself(limitlaw_check):
    raise RuntimeError("its own error")
""",
        "--junitxml=report.xml",
    )
    assert "1 failed, 2 passed, 1 skipped" in done.stdout, done.stdout + done.stderr
    assert "its own error" in done.stdout
    assert "must be called" not in done.stdout
    said = [one.get("value") for one in ET.parse(tmp_path / "report.xml").iter("property")]
    assert said == ["accuracy >= 0.5 holds: 0.9 exactly"] * 2
