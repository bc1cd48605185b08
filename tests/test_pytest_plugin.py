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
