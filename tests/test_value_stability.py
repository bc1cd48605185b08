"""Pinned numbers: a change here is a change of numbers under a fixed seed, "Value-breaking" in the changelog.

The numbers of first accepted in full, and digests of a small run of every kernel. They were written once; after a
deliberate change write the new ones (of all, or of the kernels named) and say so in the changelog:

    python tests/test_value_stability.py [KERNEL ...]
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import limitlaw as ll
from kernel_cases import KERNELS, digests
from limitlaw import _core
from limitlaw.seed import key_of
from mutate_kernels import MUTATIONS, ROOT, core_files

BOTH = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
ERRS = ll.Verifier.rates(false_positive_rate=[0.05, 0.3, 0.0], false_negative_rate=0.25)
SCENARIOS = {
    # Two tasks share an alias table, the third has one of its own.
    "paired tables": ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.4, 0.02]),
        verifier=ERRS,
        policies=BOTH,
        max_attempts=[1, 7, 50],
        utility=ll.Utility(wrong_cost=4.0, attempt_cost=0.01),
    ),
    # Over 127 grid points every task has a table of its own.
    "single tables": ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.4, 0.02]),
        verifier=ERRS,
        policies=BOTH,
        max_attempts=range(1, 151),
        utility=ll.Utility(wrong_cost=4.0),
    ),
    "pool": ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=[60, 50], accepted=[20, 3], accepted_correct=[15, 1], correct=[25, 2]),
        policies=BOTH,
        max_attempts=[1, 7, 50],
        utility=ll.Utility(wrong_cost=4.0, attempt_cost=0.01),
    ),
    # The rates are integrated, not drawn.
    "integrated posterior": ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[20, 20, 5], correct=[2, 0, 5], posterior=True, prior="jeffreys"),
        verifier=ERRS,
        policies=BOTH,
        max_attempts=[1, 7, 50],
        utility=ll.Utility(wrong_cost=4.0),
    ),
    # The same with attempt numbers.
    "posterior": ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[20, 20, 5], correct=[2, 0, 5], posterior=True, prior="jeffreys"),
        verifier=ERRS,
        policies=BOTH,
        max_attempts=[1, 7, 50],
        utility=ll.Utility(wrong_cost=4.0, attempt_cost=0.01),
    ),
}
SEED = 2**100 + 7
TRIALS = 5000
#: Counts as whole numbers, floats to the last bit in hexadecimal.
PINNED = Path(__file__).parent / "pinned" / "philox4x64-v1.json"
PINNED_KERNELS = PINNED.with_name("kernels.json")
INTEGERS = ("accepted", "correct", "wrong", "covered")
FLOATS = ("attempts_used", "utility", "utility_se", "precision")


def numbers(name: str) -> dict[str, list]:
    """The last row of each policy: counts per task, and floats to the last bit."""
    tallies = ll.simulate(SCENARIOS[name], trials=TRIALS, seed=SEED, replicate=3, tallies=True)
    frame = ll.simulate(SCENARIOS[name], trials=TRIALS, seed=SEED, replicate=3)
    middle = [1, 1 + len(SCENARIOS[name].max_attempts)]
    found: dict[str, list] = {column: tallies[middle][column].to_list() for column in INTEGERS}
    found |= {column: [x.hex() for x in frame[middle][column]] for column in FLOATS}
    found["accuracy_counts"] = tallies[middle]["accuracy_counts"].to_list()
    return found


def bootstrap() -> list:
    scenario = SCENARIOS["pool"]
    frame = ll.optimal_attempts(scenario, wrong_cost=[0.3, 2.0], bootstrap=200, seed=SEED, resample="attempts")
    return [*frame["p_zero"].to_list(), *[x.hex() for x in frame["utility_q25"]]]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fixed_seed_gives_the_pinned_numbers(name: str) -> None:
    assert numbers(name) == json.loads(PINNED.read_text())[name]


def test_the_bootstrap_gives_the_pinned_numbers() -> None:
    assert bootstrap() == json.loads(PINNED.read_text())["bootstrap"]


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_gives_the_pinned_numbers(name: str) -> None:
    pinned = json.loads(PINNED_KERNELS.read_text())[name]
    found = digests(name)
    # A further column changes no number.
    assert {column: found.get(column) for column in pinned} == pinned


def test_the_key_of_a_seed_and_the_name_of_the_stream_are_pinned() -> None:
    assert key_of(0) == ((15793235383387715774, 12390638538380655177), "0")
    assert key_of(np.random.SeedSequence(5, spawn_key=(3,)))[1] == "5/3"
    assert PINNED.stem == _core.STREAM_VERSION


def test_every_change_that_should_move_a_pin_stands_once_in_the_core() -> None:
    sources = [path.read_text(encoding="utf-8") for path in core_files(ROOT)]
    assert [old for old, _, _ in MUTATIONS if sum(source.count(old) for source in sources) != 1] == []
    assert {name for _, _, names in MUTATIONS for name in names} <= set(KERNELS)


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(KERNELS)
    if not sys.argv[1:]:
        pinned = {name: numbers(name) for name in SCENARIOS} | {"bootstrap": bootstrap()}
        PINNED.write_text(json.dumps(pinned, indent=1) + "\n")
    kernels = json.loads(PINNED_KERNELS.read_text()) if PINNED_KERNELS.exists() else {}
    kernels = {name: digests(name) if name in chosen else kernels[name] for name in KERNELS}
    lines = (f" {json.dumps(name)}: {json.dumps(found)}" for name, found in kernels.items())
    PINNED_KERNELS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
