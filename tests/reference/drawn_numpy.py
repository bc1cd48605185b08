"""First accepted where every trial draws the rates anew: rates and waiting times drawn one by one with NumPy."""

import math
from collections.abc import Callable

import numpy as np

#: Draws rates of a shape.
Rates = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def known(rate: float) -> Rates:
    """A rate that is given."""
    return lambda _, shape: np.full(shape, rate)


def beta(a: float, b: float) -> Rates:
    """A Beta rate."""
    return lambda random, shape: random.beta(a, b, shape)


def spread(mean: float, icc: float) -> Rates:
    """A rate with a mean and an intra-class correlation."""
    size = (1 - icc) / icc
    return beta(mean * size, (1 - mean) * size)


def geometric(random: np.random.Generator, rate: np.ndarray) -> np.ndarray:
    """Attempts until a success, infinite at a rate of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        waits = np.floor(np.log(random.random(rate.shape)) / np.log1p(-rate)) + 1
    return np.where(rate > 0, np.where(rate < 1, waits, 1), math.inf)


def scores(
    random: np.random.Generator, rates: tuple[Rates, Rates, Rates], shape: tuple[int, int], grid: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """Tasks with a correct, an accepted and a covered answer: ``{score: (trials, grid)}`` of ``(trials, tasks)``.

    Each attempt is accepted and correct, accepted and wrong, or rejected; a rejected one may be correct.
    """
    p, f, g = (law(random, shape) for law in rates)
    right, wrong, hidden = p * (1 - g), (1 - p) * f, p * g
    some = right + wrong + hidden
    first = geometric(random, some)
    coin = random.random(shape) * some
    later_accepted = first + geometric(random, right + wrong)
    later_correct = first + geometric(random, p)
    missed = coin >= right + wrong
    accepted = np.where(missed, later_accepted, first)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(right > 0, right / (right + wrong), 0.0)
    is_correct = np.where(missed, random.random(shape) < precision, coin < right)
    covered = np.where((coin >= right) & ~missed, later_correct, first)
    by = {"correct": (accepted, is_correct), "accepted": (accepted, True), "covered": (covered, True)}
    return {
        name: np.stack([((time <= k) & which).sum(axis=1) for k in grid], axis=1) for name, (time, which) in by.items()
    }
