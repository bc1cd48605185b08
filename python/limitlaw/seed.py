"""Seeds: a whole number or a NumPy SeedSequence becomes the 128-bit key of the random streams."""

from __future__ import annotations

import operator
from functools import lru_cache

import numpy as np

from limitlaw._arguments import index_of, shown

#: Seeds are below this number: their text must stay readable.
MAX_SEED = 2**4096

#: A whole number that is not negative, or a NumPy SeedSequence.
Seed = int | np.random.SeedSequence


def key_of(seed: Seed) -> tuple[tuple[int, int], str]:
    """The key of a seed, and the seed as text (seeds may exceed 64 bits).

    Args:
        seed: A whole number that is not negative, or a ``numpy.random.SeedSequence``.

    Returns:
        ``SeedSequence(seed).generate_state(2, uint64)`` as two whole numbers, and the text.

    Raises:
        TypeError: The seed is neither; a Generator is refused, because drawing from it would change it and the same
            call would not give the same numbers again.
        ValueError: The seed is negative, or 2**4096 or more.

    Example:
        >>> key_of(0)
        ((15793235383387715774, 12390638538380655177), '0')
    """
    if isinstance(seed, (np.random.Generator, np.random.BitGenerator)):
        raise TypeError(
            f"seed must be a whole number or a SeedSequence, got a {type(seed).__name__}: drawing from it would change "
            "it, so the same call would not give the same numbers again"
        )
    if isinstance(seed, np.random.SeedSequence):
        sequence = seed
        text = str(seed.entropy) if not seed.spawn_key else f"{seed.entropy}/{'/'.join(map(str, seed.spawn_key))}"
    else:
        number = index_of(seed)
        if number is None:
            raise TypeError(f"seed must be a whole number or a SeedSequence, got {shown(seed)}")
        if number >= MAX_SEED:
            raise ValueError("seed must be below 2**4096, got a larger number")
        if number < 0:
            raise ValueError(f"seed must not be negative, got {shown(number)}")
        return _key_of_number(number)
    return _state(sequence), text


@lru_cache(maxsize=64)
def _key_of_number(number: int) -> tuple[tuple[int, int], str]:
    return _state(np.random.SeedSequence(number)), str(number)


def child_of(seed: Seed, *numbers: int) -> np.random.SeedSequence:
    """A seed of its own for each of several parts of the work of one seed, named by numbers.

    Raises:
        TypeError: As ``key_of`` does.
        ValueError: As ``key_of`` does.
    """
    key_of(seed)
    whole = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(operator.index(seed))
    return np.random.SeedSequence(whole.entropy, spawn_key=(*whole.spawn_key, *numbers))


def _state(sequence: np.random.SeedSequence) -> tuple[int, int]:
    low, high = sequence.generate_state(2, np.uint64)
    return int(low), int(high)
