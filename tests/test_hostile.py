"""Every public callable meets hostile values; benches/fuzz.py goes on for as long as one likes."""

import datetime as dt
import random

import numpy as np
import pytest

import limitlaw as ll
from hostile import public, walk
from sweep_cases import SETTINGS, grid


def test_every_public_callable_takes_or_refuses_hostile_values_in_one_line_of_ours():
    assert len(public()) > 250
    wrong = [(name, problem) for name, _, _, problem in walk(random.Random(20), calls=4000) if problem]
    assert wrong == []


@pytest.mark.parametrize("time", [np.timedelta64(10, "s"), dt.timedelta(10)])
def test_a_time_is_no_number(time):
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1]), max_attempts=[1])
    calls = {
        "trials": lambda: ll.simulate(scenario, trials=time, seed=1),
        "false_positive_rate": lambda: ll.Verifier.rates(false_positive_rate=time),
        "wrong_cost": lambda: ll.Utility(wrong_cost=time),
        "attempts": lambda: ll.Tasks.counts(attempts=[time], correct=[1]),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"^{name} must be"):
            call()


def test_a_confidence_that_no_double_tells_from_1_is_refused():
    for wrong in (1 - 1e-16, 1.0, 0.0, 1e-300):
        with pytest.raises(ValueError, match=r"^confidence must be in \[1e-9, 1 - 1e-9\], got"):
            ll.pass_at_k([10, 10], [3, 4], [1], confidence=wrong)


@pytest.mark.parametrize("kind", [ll.Verifier, ll.Tasks, ll.Policy, ll.Law, ll.Answers])
def test_what_only_its_kinds_make_says_so(kind):
    with pytest.raises(TypeError, match=rf"^{kind.__name__} is made by one of .*, not by itself"):
        kind()


def test_a_callback_cannot_end_a_sweep_without_a_word():
    def stop(*_):
        raise StopIteration

    for executor in (None, "processes"):
        with pytest.raises(RuntimeError, match=r"progress must not raise StopIteration"):
            ll.sweep(grid(64), progress=stop, executor=executor, **SETTINGS)
