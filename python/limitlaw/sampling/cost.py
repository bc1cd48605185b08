"""What an answer is worth and what an attempt costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar, Literal

from limitlaw._spec import Spec


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Utility(Spec):
    """The worth of one task, in any unit; abstaining is worth 0.

    Where the scenario has a ``Cost``, its money is subtracted too: the unit is then that of the prices.

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


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cost(Spec):
    """What attempts cost in tokens, money and time.

    An attempt's tokens do not depend on whether it is correct. A batch that was begun is paid in full, cut at
    ``max_attempts``; it lasts as long as its slowest attempt and one verification. Policies that ask no verifier pay
    for no verification.

    Args:
        prompt_tokens: Prompt tokens of one attempt, at least 0.
        output_tokens: Mean and coefficient of variation (0, or 0.01 to 10) of the output tokens of one attempt.
        law: ``"gamma"``, or ``"lognormal"``, which has a heavier tail and is drawn attempt by attempt.
        price_in: Money per million prompt tokens.
        price_out: Money per million output tokens.
        verifier_price: Money per verification.
        seconds_per_token: Seconds per output token.
        verifier_seconds: Seconds per verification.
        parallel: Attempts of one batch, drawn side by side.

    Raises:
        ValueError: A value is out of range.

    Example:
        >>> import limitlaw as ll
        >>> cost = ll.Cost(prompt_tokens=500, output_tokens=(800, 0.5), price_in=2.5, price_out=10)
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.5]), max_attempts=[1, 10], cost=cost)
        >>> ll.solve(scenario)["cost"].round(6).to_list()
        [0.00925, 0.018482]
    """

    family: ClassVar[str] = "cost"
    kind: ClassVar[str] = "cost"
    prompt_tokens: float = 0.0
    output_tokens: Sequence[float] = (1.0, 0.0)
    law: Literal["gamma", "lognormal"] = "gamma"
    price_in: float = 0.0
    price_out: float = 0.0
    verifier_price: float = 0.0
    seconds_per_token: float = 0.0
    verifier_seconds: float = 0.0
    parallel: int = 1

    def _check(self) -> None:
        if len(self.output_tokens) != 2:  # noqa: PLR2004  (mean and coefficient of variation)
            raise ValueError(f"output_tokens must be (mean, coefficient of variation), got {self.output_tokens}")
        super()._check()
