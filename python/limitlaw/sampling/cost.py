"""What an answer is worth, what an attempt costs, and limits on what a task may take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from limitlaw._spec import Spec


class Utility(Spec):
    """The worth of one task, in any unit; abstaining is worth 0.

    Where the scenario has a ``Cost``, its money is subtracted too: the unit is then that of the prices.

    Args:
        correct_reward: Value V of a correct answer returned, at least 0 [units of utility].
        wrong_cost: Cost lambda of a wrong answer returned, at least 0 [units of utility].
        attempt_cost: Cost c of one attempt, at least 0 [units of utility].

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


class Cost(Spec):
    """What attempts cost in tokens, money and time.

    An attempt's tokens do not depend on whether it is correct, unless ``wrong_output_tokens`` are given. A batch that
    was begun is paid in full, and has no attempt beyond ``max_attempts``; it lasts as long as its slowest attempt and
    one verification. Policies that ask no verifier pay for no verification.

    Args:
        prompt_tokens: Prompt of one attempt, at least 0 [tokens].
        output_tokens: Mean and coefficient of variation (0, or 0.01 to 10) of the output tokens of one attempt
            [tokens]; a number is the mean of tokens that do not vary.
        wrong_output_tokens: The same of a wrong attempt, where it takes others: ``output_tokens`` is then of a correct
            one [tokens]. On a grid of ``max_attempts`` and with ``parallel=1`` only; attempts are drawn one by one.
        law: ``"gamma"``, or ``"lognormal"``, which has a heavier tail and is drawn attempt by attempt.
        price_in: Price of prompt tokens [money per million tokens].
        price_out: Price of output tokens [money per million tokens].
        verifier_price: Price of a verification [money].
        seconds_per_token: Time of an output token [seconds per token].
        verifier_seconds: Time of a verification [seconds].
        parallel: Attempts of one batch, drawn side by side [attempts].

    Raises:
        ValueError: A value is out of range.

    Example:
        >>> import limitlaw as ll
        >>> cost = ll.Cost(prompt_tokens=500, output_tokens=(800, 0.5), price_in=2.5, price_out=10)
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.5]), max_attempts=[1, 10], cost=cost)
        >>> ll.solve(scenario)["cost"].round(6).to_list()
        [0.00925, 0.018482]
        >>> wrong = scenario.replace(cost=cost.replace(wrong_output_tokens=(2_000, 0.5)))
        >>> ll.solve(wrong)["cost"].round(6).to_list()
        [0.01525, 0.03047]
    """

    family: ClassVar[str] = "cost"
    kind: ClassVar[str] = "cost"
    prompt_tokens: float = 0.0
    output_tokens: Sequence[float] = (1.0, 0.0)
    wrong_output_tokens: Sequence[float] | None = None
    law: Literal["gamma", "lognormal"] = "gamma"
    price_in: float = 0.0
    price_out: float = 0.0
    verifier_price: float = 0.0
    seconds_per_token: float = 0.0
    verifier_seconds: float = 0.0
    parallel: int = 1

    def __post_init__(self) -> None:
        for name in ("output_tokens", "wrong_output_tokens"):
            value: object = getattr(self, name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                object.__setattr__(self, name, (value, 0.0))
        super().__post_init__()

    def _check(self) -> None:
        for name in ("output_tokens", "wrong_output_tokens"):
            value = getattr(self, name)
            if value is not None and len(value) != 2:  # noqa: PLR2004  (mean and coefficient of variation)
                raise ValueError(f"{name} must be (mean, coefficient of variation), got {value}")
        super()._check()


#: What can be limited, and what it is called.
UNITS = {"cost": "money", "tokens": "tokens", "seconds": "seconds"}


class Limit(Spec):
    """A limit per task in money, tokens or seconds, in place of a number of attempts.

    A policy draws attempts, in whole batches of the ``Cost``, until it stops by itself or the limit stops it. An
    attempt begins as long as something of the limit is left.

    Args:
        cost: What may be paid, at least 0 [money].
        tokens: Prompt and output, at least 0 [tokens].
        seconds: Time, at least 0 [seconds].
        crossing: What happens to the attempt (or batch) that crosses the limit. ``"cut"``: it is interrupted there; its
            answer is lost and the limit is paid, with the same share of its other tokens, money and seconds.
            ``"refund"``: its answer is lost and it is not paid. ``"finish"``: it is finished, counted and paid, beyond
            the limit.

    Exactly one of ``cost``, ``tokens`` and ``seconds`` is given. An attempt whose answer is lost counts in
    neither ``attempts_used`` nor ``coverage``, and is charged no ``attempt_cost`` of a ``Utility``.

    Raises:
        ValueError: None or several amounts are given, or one is negative or above 1e15.

    Example:
        >>> import limitlaw as ll, polars as pl
        >>> scenario = ll.SamplingScenario(
        ...     tasks=ll.Tasks.fixed(success=[0.1]),
        ...     cost=ll.Cost(output_tokens=(500, 0.0), price_out=10),
        ...     limits=[ll.Limit(cost=0.02), ll.Limit(tokens=2_750, crossing="finish")],
        ... )
        >>> frame = ll.simulate(scenario, trials=100_000, seed=7).with_columns(pl.col("accuracy").round(2))
        >>> frame.select("limit", "accuracy").rows()
        [('cost=0.02', 0.34), ('tokens=2750, finish', 0.47)]
    """

    family: ClassVar[str] = "limit"
    kind: ClassVar[str] = "limit"
    cost: float | None = None
    tokens: float | None = None
    seconds: float | None = None
    crossing: Literal["cut", "refund", "finish"] = "cut"

    @property
    def unit(self) -> str:
        """What is limited: ``"cost"``, ``"tokens"`` or ``"seconds"``."""
        return next(name for name in UNITS if getattr(self, name) is not None)

    @property
    def amount(self) -> float:
        """How much of it a task may take."""
        return float(getattr(self, self.unit))

    @property
    def label(self) -> str:
        """The name of its rows in a frame."""
        number = repr(self.amount).removesuffix(".0")
        return f"{self.unit}={number}" + ("" if self.crossing == "cut" else f", {self.crossing}")
