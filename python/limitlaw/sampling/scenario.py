"""The sampling scenario: tasks, verifier, policies, the grid of attempts or limits, and what answers are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from limitlaw._arguments import shown
from limitlaw._declared import IntArray
from limitlaw._spec import Spec
from limitlaw._unused import quietly
from limitlaw.sampling.answers import Answers
from limitlaw.sampling.cost import Cost, Limit, Utility
from limitlaw.sampling.policy import FirstAccepted, Policy
from limitlaw.sampling.tasks import PoolTasks, RecordedTasks, Tasks
from limitlaw.sampling.verifier import Verifier

#: What judges where no verifier is given; one that is given, perfect or not, is another object.
STAND_IN = Verifier.perfect()


class SamplingScenario(Spec):
    """Repeated sampling: draw answers to each task until something imperfect accepts one.

    Args:
        tasks: The tasks.
        verifier: The verifier; perfect unless given. A pool, or recorded attempts with verdicts, take none.
        answers: The wrong answers, for policies that count votes; recorded attempts have their own.
        policies: The policies; a further one changes no other's numbers, and ``compare_policies`` shows all of them the
            same attempts.
        max_attempts: The grid of attempts K, ascending whole numbers from 1 to 1e12, shape ``(points,)`` [attempts].
            Under limits one number that no limit exceeds, or ``None``.
        limits: Limits in money, tokens or seconds per task in place of a grid of attempts, a row each, in any order;
            they need a ``cost``.
        cost: What attempts cost; without it the columns of tokens, cost and latency are null.
        utility: What answers are worth; without it the utility columns are null.

    Raises:
        ValueError: A value is out of range or two settings do not fit together; the message says which.

    Warns:
        UnusedSettingWarning: A setting has no effect: answers that no policy tells apart, a verifier that none asks.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(
        ...     tasks=ll.Tasks.fixed(success=[0.1, 0.4]),
        ...     verifier=ll.Verifier.rates(false_positive_rate=0.05),
        ...     max_attempts=[1, 10, 100],
        ... )
        >>> ll.solve(scenario)["accuracy"].round(4).to_list()
        [0.25, 0.7363, 0.8099]
    """

    family: ClassVar[str] = "scenario"
    kind: ClassVar[str] = "sampling"
    tasks: Tasks
    verifier: Verifier | None = None
    answers: Answers | None = None
    policies: Sequence[Policy] = (FirstAccepted(),)
    max_attempts: IntArray | None = None
    limits: Sequence[Limit] | None = None
    cost: Cost | None = None
    utility: Utility | None = None

    def _check(self) -> None:
        # Only here the tasks are a setting, whatever they were given as.
        judged = isinstance(self.tasks, PoolTasks)
        judged |= isinstance(self.tasks, RecordedTasks) and self.tasks.accepted is not None
        if self.verifier is None and not judged:
            object.__setattr__(self, "verifier", STAND_IN)
        super()._check()


def check_scenario(scenario: object) -> None:
    """A scenario of repeated sampling."""
    if not isinstance(scenario, SamplingScenario):
        raise TypeError(f"scenario must be a SamplingScenario, got {shown(scenario)}")


def row_key(scenario: SamplingScenario) -> tuple[str, pl.Series]:
    """What names the rows of a policy: the column, ``max_attempts`` or ``limit``, and a value for each."""
    if scenario.limits is not None:
        labels = [limit.label for limit in scenario.limits]
        return "limit", pl.Series(labels, dtype=pl.Enum(labels))
    return "max_attempts", pl.Series(scenario.max_attempts)


def rows_alone(scenario: SamplingScenario) -> list[SamplingScenario]:
    """One scenario per row, policy by policy."""
    if scenario.limits is not None:
        points: list[dict[str, object]] = [{"limits": [limit]} for limit in scenario.limits]
    else:
        assert scenario.max_attempts is not None  # the core refuses a scenario without either
        points = [{"max_attempts": [attempts]} for attempts in scenario.max_attempts]
    with quietly():  # of one policy's row, what the others read has no effect
        return [scenario.replace(policies=[policy], **point) for policy in scenario.policies for point in points]
