"""The slow truth: every attempt of every task in every trial is drawn and judged, one after the other."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

#: Draws the next attempt of every trial and task: (correct, accepted), each of shape (trials, tasks).
Draw = Callable[[], tuple[np.ndarray, np.ndarray]]


class Outcome(NamedTuple):
    """What came of each task at each grid point, arrays of shape (points, trials, tasks)."""

    accepted: np.ndarray
    correct: np.ndarray
    wrong: np.ndarray
    covered: np.ndarray
    attempts: np.ndarray


def independent(
    success: np.ndarray,
    false_positive: np.ndarray,
    false_negative: np.ndarray,
    trials: int,
    random: np.random.Generator,
) -> Draw:
    """Independent attempts.

    ``success`` has shape (tasks,), or (trials, tasks) where each trial has rates of its own.
    """
    shape = (trials, np.shape(success)[-1])

    def draw() -> tuple[np.ndarray, np.ndarray]:
        correct = random.random(shape) < success
        accepted = random.random(shape) < np.where(correct, 1.0 - np.asarray(false_negative), false_positive)
        return correct, accepted

    return draw


def posterior(
    parameters: np.ndarray,
    false_positive: np.ndarray,
    false_negative: np.ndarray,
    trials: int,
    random: np.random.Generator,
) -> Draw:
    """Rates drawn from Beta(alpha, beta) once per trial; ``parameters`` has shape (2, tasks)."""
    alpha, beta = parameters
    success = random.beta(alpha, beta, size=(trials, len(alpha)))
    return independent(success, false_positive, false_negative, trials, random)


def pool(kinds: np.ndarray, trials: int, random: np.random.Generator) -> Draw:
    """Observed attempts without replacement.

    ``kinds`` (tasks, 4) counts those that are accepted and correct, accepted and wrong, rejected and correct, rejected
    and wrong.
    """
    left = np.tile(np.asarray(kinds, dtype=np.int64), (trials, 1, 1))

    def draw() -> tuple[np.ndarray, np.ndarray]:
        place = random.random(left.shape[:2]) * left.sum(axis=2)
        kind = (place[..., None] >= np.cumsum(left, axis=2)).sum(axis=2)
        np.put_along_axis(left, kind[..., None], np.take_along_axis(left, kind[..., None], axis=2) - 1, axis=2)
        return kind % 2 == 0, kind < 2

    return draw


def first_accepted(draw: Draw, max_attempts: Sequence[int], fallback: str) -> Outcome:
    """The first accepted answer among at most each of ``max_attempts``; else nothing, or the last answer drawn."""
    rows: list[tuple[np.ndarray, ...]] = []
    for attempt in range(1, max_attempts[-1] + 1):
        correct, accepts = draw()
        if attempt == 1:
            accepted, right, covered = (np.zeros(correct.shape, dtype=bool) for _ in range(3))
            attempts = np.zeros(correct.shape, dtype=np.int64)
        attempts = attempts + ~accepted
        right = right | (~accepted & accepts & correct)
        accepted = accepted | accepts
        covered = covered | correct
        if attempt in max_attempts:
            last = ~accepted & (fallback == "last")
            rows.append(
                (accepted, right | (last & correct), (accepted & ~right) | (last & ~correct), covered, attempts)
            )
    return Outcome(*(np.array(column) for column in zip(*rows, strict=True)))
