"""Observed attempts without verdicts: where the perfect verifier that stands in for them counts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from limitlaw._unused import quietly, warn_at_user
from limitlaw.sampling.answers import Answers
from limitlaw.sampling.policy import Policy
from limitlaw.sampling.scenario import STAND_IN, SamplingScenario
from limitlaw.sampling.tasks import CountsTasks, RecordedTasks, Tasks
from limitlaw.sampling.verifier import Verifier


def is_unjudged(tasks: Tasks, verifier: Verifier | None, policies: Iterable[Policy]) -> bool:
    """Whether verdicts are asked of a verifier that nobody gave, on attempts that were observed.

    Supposed tasks are no such case: whoever supposes them says what judges them.
    """
    if not isinstance(tasks, (CountsTasks, RecordedTasks)) or getattr(tasks, "accepted", None) is not None:
        return False
    given = verifier is not None and verifier is not STAND_IN
    return not given and any(isinstance(policy, Policy) and asks_verdicts(policy) for policy in policies)


@lru_cache(maxsize=64)
def asks_verdicts(policy: Policy) -> bool:
    """Whether what a policy returns depends on verdicts: the core says so of a judge's threshold."""
    return not _probe(policy).unused(["verifier"])


@lru_cache(maxsize=64)
def asks_answers(policy: Policy) -> bool:
    """Whether what a policy returns depends on which wrong answer is which."""
    return not _probe(policy).unused(["answers"])


def _probe(policy: Policy) -> SamplingScenario:
    """A scenario with everything that a policy may ask for: the core says what it does not."""
    judge = Verifier.judge(d_prime=1.0, threshold=0.0)
    given: dict[str, Any] = {"tasks": Tasks.fixed(success=[0.5]), "verifier": judge, "answers": Answers.uniform(2)}
    with quietly():
        return SamplingScenario(**given, policies=[policy], max_attempts=[1])


def warn_unjudged(
    caller: str, tasks: Tasks, verifier: Verifier | None, policies: Iterable[Policy], wrong_cost: float
) -> None:
    """Say that wrong answers cost something where none is known of."""
    if wrong_cost > 0.0 and is_unjudged(tasks, verifier, policies):
        warn_at_user(
            f"{caller}: no verdicts were found and no verifier was given, so a perfect one is taken: nothing that it "
            f"accepts is wrong, whatever a wrong answer costs ({wrong_cost:g}). accepted= names a log's column of "
            "verdicts; verifier=Verifier.perfect() says that this is meant"
        )
