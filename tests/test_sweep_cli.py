"""The command line's sweep: files, job arrays, exit codes, interruption."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import mpmath
import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.sweeps.shard_file import content_digest
from limitlaw.sweeps.spaced import spaced

SPEC = """
method = "simulate"
trials = 2000
seed = 7
columns = ["accuracy", "accuracy_se"]
zip = [["utility.wrong_cost", "utility.attempt_cost"]]

[scenario]
kind = "sampling"
max_attempts = [1, 10]
tasks = { kind = "fixed", success = [0.1, 0.4, 0.7] }
verifier = { kind = "rates" }
utility = { kind = "utility" }

[axes]
verifier.false_positive_rate = [0, 0.1, RATE]
"utility.wrong_cost" = COSTS
"utility.attempt_cost" = COSTS
"""


@pytest.fixture
def spec(tmp_path):
    def write(rate="0.2", costs=512, **lines):
        text = SPEC.replace("RATE", rate).replace("COSTS", str(np.arange(float(costs)).tolist()))
        for old, new in lines.values():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "sweep.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def limitlaw(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "limitlaw", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_file_is_the_sweep_it_says(spec):
    grid, settings = ll.read_sweep(spec(costs=2))
    assert len(grid) == 6
    assert grid.values(3) == {
        "verifier.false_positive_rate": 0.1,
        "utility.wrong_cost": 1.0,
        "utility.attempt_cost": 1.0,
    }
    assert settings == {"method": "simulate", "trials": 2000, "seed": 7, "columns": ["accuracy", "accuracy_se"]}
    data = {"scenario": json.loads(grid.scenario.to_json()), "axes": {"utility.wrong_cost": [1, 2]}, "method": "solve"}
    path = spec(costs=2).with_suffix(".json")
    path.write_text(json.dumps(data), encoding="utf-8")
    assert len(ll.read_sweep(path)[0]) == 2


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("trials = 2000", "trials = 'many'", TypeError, "trials must be a whole number, got 'many'"),
        ("trials = 2000", "trails = 2000", ValueError, r"a sweep has the keys .*, got 'trails'"),
        ("[0, 0.1, 0.2]", "[0, 'x']", TypeError, r"verifier.false_positive_rate\[1\] must be"),
        ("max_attempts = [1, 10]", "max_attempts = [10, 1]", ValueError, r"max_attempts\[1\] must be above"),
        ("[scenario]", "[scenery]", ValueError, "got 'scenery'"),
        ("seed = 7", "", ValueError, "trials and seed must be given"),
        ('kind = "sampling"', 'kind = "sampler"', ValueError, r"scenario.kind must be one of"),
        ("[0, 0.1, 0.2]", "{ linspace = [0, 1] }", ValueError, r"rate\.linspace must be \[first, last, count\], got"),
        ("[0, 0.1, 0.2]", "{ linspace = [0, 1, 1] }", ValueError, r"linspace\[2\] must be in \[2, 1e6\], got 1"),
        ("[0, 0.1, 0.2]", "{ linspace = [0, 1, 2.5] }", TypeError, r"linspace\[2\] must be a whole number, got 2\.5"),
        ("[0, 0.1, 0.2]", "{ linspace = [0, 'x', 2] }", TypeError, r"linspace\[1\] must be a number, got 'x'"),
        ("[0, 0.1, 0.2]", "{ logspace = [0, 1, 3] }", ValueError, "logspace must have ends of one sign, both not 0"),
        ("[0, 0.1, 0.2]", "{ logspace = [1, 2, 3], n = 1 }", ValueError, "logspace must stand alone, got the keys"),
        ('method = "simulate"', "method = simulate", ValueError, "Invalid value"),
    ],
)
def test_an_error_names_file_key_and_what_was_expected(spec, old, new, error, message):
    path = spec(costs=2, change=(old, new))
    with pytest.raises(error, match=rf"sweep\.toml: .*{message}"):
        ll.read_sweep(path)


def test_axes_are_spaced_in_steps_and_in_ratios(spec):
    change = ("[0, 0.1, 0.2]", "{ linspace = [0, 0.1, 11] }")
    more = ('"utility.attempt_cost" = [0.0, 1.0]', "utility.attempt_cost = { logspace = [1e-3, 0.1, 3] }")
    costs = ('"utility.wrong_cost" = [0.0, 1.0]', '"utility.wrong_cost" = [0.0, 1.0, 2.0]')
    grid, _ = ll.read_sweep(spec(costs=2, change=change, more=more, costs_of=costs))
    axis = [grid.values(at)["verifier.false_positive_rate"] for at in range(0, len(grid), 3)]
    assert axis == [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]
    assert [grid.values(at)["utility.attempt_cost"] for at in range(3)] == [0.001, 0.01, 0.1]


@pytest.mark.parametrize(
    ("first", "last"), [(1e-300, 1e300), (-1e13, -1e-3), (3.0, 7.0), (7.0, 3.0), (2.3e-308, 1.7e308)]
)
@pytest.mark.parametrize("count", [2, 3, 10, 1000])
def test_a_spaced_axis_is_the_nearest_double_to_the_exact_value(first, last, count):
    with mpmath.workdps(60):
        low, high = mpmath.mpf(repr(first)), mpmath.mpf(repr(last))
        steps = [low + (high - low) * at / (count - 1) for at in range(count)]
        ratios = [low * (high / low) ** (mpmath.mpf(at) / (count - 1)) for at in range(count)]
        assert spaced("linspace", [first, last, count], "x") == [float(value) for value in steps]
        found = spaced("logspace", [first, last, count], "x")
    assert found[0] == first
    assert found[-1] == last
    assert found[1:-1] == [float(value) for value in ratios[1:-1]]
    np.testing.assert_allclose(found, np.geomspace(first, last, count), rtol=1e-12)


def blocks(page, language):
    """The code blocks of a page of the documentation."""
    text = (Path(__file__).parents[1] / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_the_files_in_the_documentation_are_sweeps(tmp_path):
    found = blocks("sweeps.md", "toml")
    assert len(found) == 3
    for text, points in zip(found, [6, 6, 24], strict=True):
        path = tmp_path / "sweep.toml"
        path.write_text(text, encoding="utf-8")
        grid, settings = ll.read_sweep(path)
        assert len(grid) == points
        fewer = {"trials": 10} if "trials" in settings else {}
        assert ll.sweep(grid, progress=False, **settings | fewer).report().ok


def test_the_job_array_of_the_documentation_is_the_serial_sweep(spec, tmp_path):
    spec()
    (script,) = blocks("clusters.md", "bash")[-1:]
    assert script.startswith("#!/bin/bash\n#SBATCH --array=0-15\n")
    for theirs, ours in [("/shared/runs/x", "s"), ("/16", "/4")]:
        assert theirs in script
        script = script.replace(theirs, ours)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "SLURM_CPUS_PER_TASK": "1"}
    processes = [
        subprocess.Popen(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=environment | {"SLURM_ARRAY_TASK_ID": str(i)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(4)
    ]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    grid, settings = ll.read_sweep(tmp_path / "sweep.toml")
    serial = ll.sweep(grid, progress=False, **settings).frame()
    store = ll.Store(tmp_path / "s")
    assert store.verify() == []
    assert content_digest(store.scan().collect()) == content_digest(serial)
    assert sum(int(out.split(" of ")[0].replace(",", "")) for out, _ in outputs) == 1536


def test_failed_points_are_listed_and_the_exit_is_an_error(spec, tmp_path):
    for executor in ([], ["--executor", "processes"]):
        process = limitlaw("sweep", spec(rate="1.5", costs=20), "--store", tmp_path / "s", *executor)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 1, err
        assert "20 points failed" in out
        assert "false_positive_rate must be in [0, 1], got 1.5" in out
    assert ll.Store(tmp_path / "s").scan().filter(pl.col("error").is_null()).collect().height == 80


@pytest.mark.parametrize("shard", ["4/4", "1", "a/b", "-1/3"])
def test_a_part_that_is_none_is_refused(spec, tmp_path, shard):
    process = limitlaw("sweep", spec(costs=2), "--store", tmp_path / "s", f"--shard={shard}")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--shard must be I/N" in err


def test_an_interrupt_says_how_to_go_on(spec, tmp_path):
    path = spec(change=("trials = 2000", "trials = 200_000"))
    process = limitlaw("sweep", path, "--store", tmp_path / "s", env=os.environ | {"COLUMNS": "200"})
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "s").rglob("*.parquet"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "what is finished is kept" in err
    assert f"To go on: limitlaw sweep {path} --store {tmp_path / 's'}" in err
    assert "Traceback" not in err
