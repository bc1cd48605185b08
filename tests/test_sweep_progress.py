"""Progress: a bar where someone looks, any callable, and otherwise nothing."""

import os
import pty
import re
import subprocess
import sys
import termios
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

import limitlaw as ll
from limitlaw._progress import Progress
from sweep_cases import SETTINGS, grid

SWEEP = """
import limitlaw as ll, sweep_cases as case
ll.sweep(case.grid(), **case.SETTINGS)
"""


def run_with(stderr):
    environment = os.environ | {"PYTHONPATH": os.path.dirname(__file__)}  # noqa: PTH120
    return subprocess.Popen(
        [sys.executable, "-c", SWEEP], env=environment, stderr=stderr, text=stderr == subprocess.PIPE
    )


def test_a_terminal_shows_points_their_rate_and_the_time_left():
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    process = run_with(theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        seen += more
    os.close(ours)
    assert process.wait(60) == 0
    last = [line for line in seen.decode().split("\r") if "%" in line][-1]
    assert "100%" in last
    assert re.search(r"2\.05k/2\.05k \[\d\d:\d\d<\d\d:\d\d, +[\d.]+k? points/s\]", last), last


def test_nothing_is_shown_where_nobody_looks():
    _, err = run_with(subprocess.PIPE).communicate(timeout=60)
    assert err == ""


@pytest.mark.parametrize(("config", "shown"), [({"IPKernelApp": {}}, True), ({}, False)])
def test_a_notebook_shows_a_bar(monkeypatch, capsys, config, shown):
    fake = types.ModuleType("IPython")
    fake.get_ipython = lambda: types.SimpleNamespace(config=config)
    monkeypatch.setitem(sys.modules, "IPython", fake)
    with Progress(wanted=True, points=200, skipped=100) as bar:
        bar.advance(50)
        assert (bar.bar is not None) == shown
    assert ("150/200" in capsys.readouterr().err) == shown


def test_progress_goes_to_a_callable_and_counts_what_was_there(tmp_path):
    ll.sweep(grid().shard(0, of=2), store=tmp_path, progress=False, **SETTINGS)
    seen = []
    ll.sweep(grid(), store=tmp_path, progress=lambda *done: seen.append(done), **SETTINGS)
    assert seen[0][0] > 1024
    assert seen[-1] == (2048, 2048)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with pytest.raises(TypeError, match="progress must be"):
        ll.sweep(grid(), progress="bar", **SETTINGS)


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor])
def test_an_exception_of_the_callable_ends_the_sweep(tmp_path, executor):
    """It is no failure of a shard, which would be tried again and given up."""

    def stop(done, points):
        raise OSError(f"no {done} of {points}")

    pool = executor and executor(1)
    with pytest.raises(OSError, match=r"^no 64 of 2048$"):
        ll.sweep(grid(), store=tmp_path, progress=stop, executor=pool, **SETTINGS)
    if pool is not None:
        pool.shutdown()  # a shard that was out may still be written
    # Of 32 shards: at most the one that was told of, and those that were out already.
    assert len(ll.Store(tmp_path).done()) <= (1 if pool is None else 5)
    assert ll.Store(tmp_path).verify() == []
    assert ll.sweep(grid(), store=tmp_path, progress=False, **SETTINGS).report().ok
