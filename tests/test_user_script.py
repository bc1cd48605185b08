"""The script that type checkers see (make lint) also runs."""

import runpy
from pathlib import Path

import pytest


@pytest.mark.filterwarnings("error")
def test_the_script_of_a_user_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(Path(__file__).parent / "user_script.py"))
    assert capsys.readouterr().out == "18 6 3 3 3 8 (2,) True\n"
