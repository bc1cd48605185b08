"""The random stream equals NumPy's Philox bit for bit, word by word of the counter."""

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw import _core
from limitlaw._random import Random

WORD = st.integers(0, 2**64 - 1)
SEEDS = [0, 1, 7, 2**32 - 1, 2**32, 2**64 - 1, 2**64, 2**127, 2**128 - 1, 2**200 + 12345]


def numpy_words(seed: int, counter: list[int], blocks: int) -> np.ndarray:
    """The words that NumPy draws from a counter, given as (block, chunk, stream, replicate)."""
    key = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    return np.random.Philox(key=key, counter=np.array(counter, dtype=np.uint64)).random_raw(4 * blocks)


def our_words(seed: int, counter: list[int], blocks: int) -> np.ndarray:
    key = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    block, chunk, stream, replicate = counter
    return _core.stream_words(key.tolist(), replicate, stream, chunk, block, blocks)


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_numpy_at_the_start_of_every_kind_of_stream(seed: int) -> None:
    for counter in ([0, 0, 0, 0], [0, 3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 5], [0, 11, 1024, 1], [17, 1, 2, 3]):
        np.testing.assert_array_equal(our_words(seed, counter, 50), numpy_words(seed, counter, 50))


@settings(max_examples=300)
@given(st.integers(0, 2**128 - 1), st.integers(0, 2**63), WORD, WORD, WORD)
def test_equals_numpy_anywhere(seed: int, block: int, chunk: int, stream: int, replicate: int) -> None:
    counter = [block, chunk, stream, replicate]
    np.testing.assert_array_equal(our_words(seed, counter, 3), numpy_words(seed, counter, 3))


def test_a_block_is_found_without_those_before_it() -> None:
    counter = [0, 4, 2, 1]
    np.testing.assert_array_equal(our_words(7, [90, *counter[1:]], 10), our_words(7, counter, 100)[360:])


def test_no_two_purposes_chunks_or_replicates_share_a_block() -> None:
    words = {
        tuple(our_words(7, [0, chunk, stream, replicate], 1))
        for chunk in range(8)
        for stream in range(8)
        for replicate in range(8)
    }
    assert len(words) == 8**3


def test_too_many_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^blocks must be at most 1048576, got 1048577$"):
        _core.stream_words([0, 0], 0, 0, 0, 0, 2**20 + 1)
    with pytest.raises(OverflowError):
        _core.stream_words([0, 2**64], 0, 0, 0, 0, 1)


def test_multinomial_counts_have_their_law() -> None:
    """Each outcome of 3 draws as often as its probability says, within 6 standard errors of 50,000 rows."""
    rows, shares = 50_000, np.array([0.5, 0.0, 0.3, 0.2])
    found = Random(5).multinomial(3, np.tile(shares, (rows, 1)))
    assert found.shape == (rows, 4)
    assert (found.sum(axis=1) == 3).all()
    assert not found[:, 1].any()
    for outcome in itertools.product(range(4), repeat=3):
        if sum(outcome) != 3:
            continue
        ways = math.factorial(3) / math.prod(math.factorial(count) for count in outcome)
        expected = ways * math.prod(shares[[0, 2, 3]] ** outcome)
        seen = (found[:, [0, 2, 3]] == outcome).all(axis=1).mean()
        assert abs(seen - expected) < 6 * np.sqrt(expected * (1 - expected) / rows)
    assert Random(5).multinomial(7, np.array([[0.0, 1.0, 0.0]])).tolist() == [[0, 7, 0]]


@pytest.mark.parametrize("call", ["recommend", "power", "best_attempts", "whole_web_stock", "optimal_attempts"])
def test_every_call_takes_the_same_seeds(call: str) -> None:
    correct = [0, 1, 2, 3, 4, 5, 1, 0]
    tasks = ll.Tasks.counts([5] * 8, correct)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=ll.Verifier.rates(false_positive_rate=0.2), max_attempts=[9])
    seen = pl.DataFrame({"task": range(8), "attempts": 5, "correct": correct})
    pilot = ll.plan.pilot(
        {"a": seen, "b": seen.with_columns(correct=pl.Series([2, 1, 3, 3, 5, 5, 2, 1]))}, attempts="attempts"
    )
    calls = {
        "recommend": lambda seed: ll.recommend(tasks, scenario.verifier, bootstrap=100, seed=seed).policies,
        "power": lambda seed: ll.plan.power(pilot, tasks=40, sets=300, seed=seed),
        "best_attempts": lambda seed: ll.plan.best_attempts(scenario, tasks=6, attempts=4, sets=20, seed=seed),
        "whole_web_stock": lambda seed: pl.DataFrame({"stock": ll.exhaustion.whole_web_stock(5, seed=seed)}),
        "optimal_attempts": lambda seed: ll.optimal_attempts(scenario, wrong_cost=1.0, bootstrap=50, seed=seed),
    }
    drawn = {name: calls[call](seed) for name, seed in {"number": 7, "sequence": np.random.SeedSequence(7)}.items()}
    assert drawn["number"].equals(drawn["sequence"])
    assert not calls[call](2**200 + 1).equals(drawn["number"])
    with pytest.raises(TypeError, match="seed must be a whole number or a SeedSequence, got a Generator"):
        calls[call](np.random.default_rng(7))
    with pytest.raises(ValueError, match="seed must not be negative, got -1"):
        calls[call](-1)
