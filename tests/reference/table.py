"""The exact law of one task, attempt by attempt: sums and products in floats, no closed form of a sum."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import limitlaw as ll


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """Probabilities at attempts 1, 2, ..., each array of that length."""

    accepted_correct: np.ndarray  #: the first acceptance comes at this attempt and is correct
    accepted_wrong: np.ndarray  #: it comes at this attempt and is wrong
    none: np.ndarray  #: no acceptance up to this attempt
    none_last_correct: np.ndarray  #: no acceptance up to this attempt, which is correct
    uncovered: np.ndarray  #: no correct answer up to this attempt
    redrawn: bool = False  #: the rate is drawn anew in every trial

    def shares(self, cap: int, fallback: str) -> dict[str, float]:
        """P(accepted), P(returned correct), P(returned wrong), P(covered) at most ``cap`` attempts."""
        last = fallback == "last"
        right = self.accepted_correct[:cap].sum() + last * self.none_last_correct[cap - 1]
        wrong = self.accepted_wrong[:cap].sum() + last * (self.none[cap - 1] - self.none_last_correct[cap - 1])
        accepted = self.accepted_correct[:cap].sum() + self.accepted_wrong[:cap].sum()
        return {"accepted": accepted, "correct": right, "wrong": wrong, "covered": 1.0 - self.uncovered[cap - 1]}

    @functools.cache  # noqa: B019  (a handful of tables)
    def estimated_attempts(self, grid: tuple[int, ...]) -> np.ndarray:
        """The number that the simulator averages for an acceptance at each attempt.

        It is the attempt itself where rates are redrawn, else the mean attempt of its cell of the grid.
        """
        number = np.arange(1.0, grid[-1] + 1)
        if self.redrawn:
            return number
        accepted = self.accepted_correct + self.accepted_wrong
        for low, high in zip((0, *grid), grid, strict=False):
            mass = accepted[low:high].sum()
            if mass > 0.0:
                number[low:high] = (accepted * np.arange(1.0, grid[-1] + 1))[low:high].sum() / mass
        return number

    def moments(
        self, at: int, grid: Sequence[int], fallback: str, utility: ll.Utility | None
    ) -> tuple[float, float, float]:
        """Mean, variance and largest size of one trial's number: of attempts used, or of the utility."""
        cap = grid[at]
        number = self.estimated_attempts(tuple(grid))[:cap]
        reward, cost, price = (0.0, 0.0, -1.0)
        if utility is not None:
            reward, cost, price = utility.correct_reward, utility.wrong_cost, utility.attempt_cost
        last = self.none_last_correct[cap - 1] if fallback == "last" else 0.0
        last_wrong = self.none[cap - 1] - last if fallback == "last" else 0.0
        masses = np.concatenate(
            [
                self.accepted_correct[:cap],
                self.accepted_wrong[:cap],
                [last, last_wrong, self.none[cap - 1] - last - last_wrong],
            ]
        )
        values = np.concatenate(
            [reward - price * number, -cost - price * number, [reward - price * cap, -cost - price * cap, -price * cap]]
        )
        mean = float(masses @ values)
        return mean, float(masses @ (values - mean) ** 2), float(np.abs(values - mean).max())


def independent(success: float | np.ndarray, false_positive: float, false_negative: float, length: int) -> Table:
    """Independent attempts; of a column of success rates, a row for each."""
    p, f, g = success, false_positive, false_negative
    rejected = p * g + (1 - p) * (1 - f)
    before = rejected ** np.arange(length)
    return Table(
        before * p * (1 - g),
        before * (1 - p) * f,
        before * rejected,
        before * p * g,
        (1 - p) ** np.arange(1, length + 1),
    )


def pool(attempts: int, accepted: int, accepted_correct: int, correct: int, length: int) -> Table:
    """Observed attempts without replacement."""
    left = attempts - np.arange(length)

    def none_of(marked: int) -> np.ndarray:
        return np.cumprod(np.maximum(left - marked, 0) / left)

    none = none_of(accepted)
    before = np.concatenate([[1.0], none[:-1]])
    # At an attempt before which k were rejected, the pool holds all its accepted ones still.
    right, wrong = before * accepted_correct / left, before * (accepted - accepted_correct) / left
    hidden = correct - accepted_correct
    last = none * hidden / max(attempts - accepted, 1)
    return Table(right, wrong, none, last, none_of(correct))


@functools.cache
def gauss() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [-1, 1]."""
    return np.polynomial.legendre.leggauss(160)


@functools.cache
def posterior(alpha: float, beta: float, false_positive: float, false_negative: float, length: int) -> Table:
    """A rate from Beta(alpha, beta), integrated by Gauss and Legendre over the angle whose squared sine it is."""
    x, w = gauss()
    angle = (x + 1) * np.pi / 4
    weight = w * np.sin(angle) ** (2 * alpha - 1) * np.cos(angle) ** (2 * beta - 1)
    at = independent(np.sin(angle)[:, None] ** 2, false_positive, false_negative, length)
    names = [field.name for field in dataclasses.fields(Table) if field.name != "redrawn"]
    return Table(*(weight @ getattr(at, name) / weight.sum() for name in names), redrawn=True)
