"""A verifier that labels of a few verdicts leave open: the answer under each of the verifiers that it may be."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from limitlaw._random import Random
from limitlaw._unused import quietly
from limitlaw.sampling.verifier import RatesVerifier, Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from limitlaw.gates.requirement import Answer, Ask, Requirement
    from limitlaw.sampling import SamplingScenario

#: The most verifiers that are looked at.
_MOST = 200


def is_labelled(verifier: Verifier | None) -> bool:
    """Whether a verifier is one of many equally likely ones (``Verifier.from_labels``)."""
    return verifier is not None and verifier.kind == "labelled"


def over_verifiers(
    scenario: SamplingScenario, ask: Ask, answers: Callable[[SamplingScenario, Ask], tuple[list[Answer], bool]]
) -> list[Answer]:
    """The answers to all requirements: half of each limit's error is for the verifier, half for the tasks.

    A limit is the quantile over the verifiers of the limit under each: if the true verifier is none of those beyond it,
    it errs only where the limit under that verifier does.
    """
    half = dataclasses.replace(ask, tail=ask.tail / 2.0, sizes=False)
    found = []
    for verifier in _drawn(scenario.verifier, len(scenario.tasks)):
        with quietly():
            found.append(answers(scenario.replace(verifier=verifier), half)[0])
    labels = int(getattr(scenario.verifier, "labels", 0))
    by_requirement = zip(ask.wanted, zip(*found, strict=True), strict=True)
    return [_joined(requirement, each, half.tail, labels) for requirement, each in by_requirement]


def _drawn(labelled: Any, tasks: int) -> Iterator[RatesVerifier]:
    """Verifiers evenly among those that are likely, each with rates of its own on every task."""
    random = Random(0)
    count = len(labelled.false_positive_rate)
    for at in np.unique(np.linspace(0, count - 1, min(count, _MOST)).astype(np.int64)):
        fields = {}
        for kind in ("false_positive", "false_negative"):
            mean, icc = (float(getattr(labelled, f"{kind}_{name}")[at]) for name in ("rate", "icc"))
            fields[f"{kind}_rate"] = spread(random, np.full(tasks, mean), icc)
        yield RatesVerifier(**fields)


def spread(random: Random, means: npt.NDArray[np.float64], icc: float) -> npt.NDArray[np.float64]:
    """A rate for each task from the Beta law of that mean and intra-class correlation."""
    if icc == 0.0:
        return means
    scale = 1.0 / icc - 1.0
    found = (random.uniform(len(means)) < means).astype(np.float64)  # all or none, where icc is 1
    inner = (means > 0.0) & (means < 1.0)
    if scale > 0.0:
        found[inner] = random.beta(means[inner] * scale, (1.0 - means[inner]) * scale)
    return found


def _joined(requirement: Requirement, each: tuple[Answer, ...], tail: float, labels: int) -> Answer:
    first = each[0]
    tasks = "tasks as supposed" if first.evidence == "exact" else first.evidence
    said = f"{tasks}, {labels:,} labels" if labels else f"{tasks}, labels"
    if any(answer.low is None for answer in each):
        return dataclasses.replace(first, evidence=said)
    out = math.floor(tail * len(each))
    lows = np.sort([-math.inf if answer.low is None else answer.low for answer in each])
    highs = np.sort([math.inf if answer.high is None else answer.high for answer in each])
    low, high = float(lows[out]), float(highs[len(each) - 1 - out])
    known = [answer.estimate for answer in each if answer.estimate is not None]
    limits: dict[str, Any] = {"low": low, "high": None if math.isinf(high) else high, "evidence": said}
    estimate = float(np.mean(known)) if len(known) == len(each) else None
    verdict = requirement.holds(low, high)
    if verdict is not None:
        words = "holds" if verdict else "fails"
        return dataclasses.replace(first, verdict=words, estimate=estimate, **limits, would_tell=None, needed=None)
    if estimate is None:  # of fewer attempts than asked for: no number of labels gives one
        open_ = next((answer for answer in each if answer.would_tell), first)
        return dataclasses.replace(open_, verdict="cannot tell", estimate=None, **limits)
    # Were the verifier known: its limits would be those in the middle.
    middle = float(np.median(lows)), float(np.median(highs))
    unit = "clusters" if " cluster" in first.evidence else "tasks"
    told, needed = f"more {unit}{' and labels' if labels else ''}", None
    if requirement.holds(*middle) is not None:
        end, at = (low, middle[0]) if (requirement.holds(*middle) is True) == requirement.least else (high, middle[1])
        needed = math.ceil(labels * ((end - at) / (at - requirement.bound)) ** 2) if labels else None
        told = "more labels" if needed is None else f"about {needed:,} labels in all"
    return dataclasses.replace(
        first, verdict="cannot tell", estimate=estimate, **limits, would_tell=told, needed=needed
    )
