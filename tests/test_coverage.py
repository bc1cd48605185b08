"""A part of the coverage bench, so that no change of an estimator makes its intervals hold less in silence."""

import importlib.util
import warnings
from pathlib import Path

import pytest

import limitlaw as ll
from reference.tails import binomial_p_value

BENCH = Path(__file__).parent.parent / "benches" / "coverage.py"
#: Of one interval, whose coverage is at least the share it is held to; about 20 are held.
FALSE_ALARM = 1e-6
#: Of intervals at 95 %: less than what the page says of these cells (docs/intervals.md), which is .93 and more.
SHARE = 0.93
CELLS = [
    ("pass_rates", "spread", (20, 5), 100),
    ("pass_rates", "hard", (20, 1), 100),
    ("populations", "spread", (20, 5), 50),
    ("error_rates", "easy", (20, 20), 60),
    ("matches", "spread", (20, 5), 60),
    ("corrections", "easy", (20, 20), 100),
    ("judges", "spread", (20, 5), 100),
    ("optima", "spread", (20, 5), 60),
]
#: Of intervals that exist at 90 % alone.
SHARE_AT_90 = 0.83


@pytest.mark.parametrize(("kind", "shape", "cell", "sets"), CELLS)
def test_intervals_hold_the_truth_as_often_as_the_page_says(
    kind: str, shape: str, cell: tuple[int, int], sets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCH.parent))  # as where the bench is run
    found = importlib.util.spec_from_file_location("coverage_bench", BENCH)
    assert found is not None
    assert found.loader is not None
    bench = importlib.util.module_from_spec(found)
    found.loader.exec_module(bench)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ll.MisfitWarning)
        level, share = (0.9, SHARE_AT_90) if kind == "optima" else (0.95, SHARE)
        rows = list(bench.measured(bench.KINDS[kind][0], shape, cell, level, sets))
    assert rows
    for name, held, _, size in rows:
        # Intervals of the tasks of one data set are not independent: each counts as a part of it.
        many = min(size, sets)
        assert held >= share or binomial_p_value(round(held * many), many, share) > FALSE_ALARM, (name, held, size)
