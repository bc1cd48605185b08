"""What an answer is worth and what an attempt costs."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from limitlaw._spec import Spec


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Utility(Spec):
    """The worth of one task, in any unit; abstaining is worth 0.

    Args:
        correct_reward: Value V of a correct answer returned, at least 0.
        wrong_cost: Cost lambda of a wrong answer returned, at least 0.
        attempt_cost: Cost c of one attempt, at least 0.

    Raises:
        ValueError: A value is negative or above 1e15.

    Example:
        >>> import limitlaw as ll
        >>> ll.Utility(wrong_cost=4.0)
        Utility(correct_reward=1.0, wrong_cost=4.0, attempt_cost=0.0)
    """

    family: ClassVar[str] = "utility"
    kind: ClassVar[str] = "utility"
    correct_reward: float = 1.0
    wrong_cost: float = 0.0
    attempt_cost: float = 0.0
