"""The answer to each requirement: from an exact solution, the values of observed tasks, or simulated trials."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from limitlaw._core import NoClosedFormError
from limitlaw._progress import reporting
from limitlaw.gates.evidence import GROWING, OBSERVED, Observed, Simulated, columns_of, ends, observed
from limitlaw.gates.labelled import is_labelled, over_verifiers
from limitlaw.gates.limits import Ratio
from limitlaw.gates.requirement import METRICS, SHARES, Answer, Ask, Requirement
from limitlaw.run import solve
from limitlaw.sampling.clusters import sampled

if TYPE_CHECKING:
    from limitlaw.sampling import SamplingScenario

#: Trials of the first look.
FIRST_TRIALS = 1_000


def answers(scenario: SamplingScenario, ask: Ask) -> tuple[list[Answer], bool]:
    """The answers of a scenario of one row, one for each requirement, and whether numbers were drawn for them."""
    if is_labelled(scenario.verifier):
        return over_verifiers(scenario, ask, answers), True
    columns = columns_of([requirement.metric for requirement in ask.wanted])
    if isinstance(scenario.tasks, OBSERVED):
        seen = observed(scenario, columns, ask.seed)
        return [_of_tasks(scenario, seen, requirement, ask) for requirement in ask.wanted], seen.drawn
    try:
        frame = solve(scenario, columns=columns)
    except NoClosedFormError:
        return _of_trials(scenario, columns, ask), True
    row = frame.row(0, named=True)
    return [_exact(row, requirement) for requirement in ask.wanted], False


def _exact(row: dict[str, Any], requirement: Requirement) -> Answer:
    above, below = METRICS[requirement.metric]
    parts = [row[above], 1.0 if below is None else row[below]]
    if parts[0] is None or not parts[1]:
        return Answer("cannot tell", None, None, None, "exact", f"a scenario that has {requirement.metric}")
    value = parts[0] / parts[1]
    return Answer("holds" if requirement.holds(value, value) else "fails", value, value, value, "exact")


def _of_tasks(scenario: SamplingScenario, seen: Observed, requirement: Requirement, ask: Ask) -> Answer:
    """From the values of observed tasks."""
    metric, size = requirement.metric, sampled(scenario.tasks)
    values, weight = seen.sampled()
    count = len(scenario.tasks) if scenario.tasks.weight is None else np.count_nonzero(scenario.tasks.weight)
    said, unit = f"{count:,} tasks", "tasks"
    if seen.cluster is not None:
        said, unit = f"{said} in {size:,} cluster{'' if size == 1 else 's'}", "clusters"
    if seen.missing is not None:
        return Answer("cannot tell", None, None, None, said, seen.missing)
    above, below = METRICS[metric]
    if above not in values or (below is not None and below not in values):
        return Answer("cannot tell", None, None, None, said, f"a policy, or attempts, that have {metric}")
    denominator = None if below is None else values[below]
    ratio = Ratio(values[above], denominator, weight, *ends(scenario, metric), anytime=ask.anytime)
    estimate: float | None = ratio.estimate
    assert estimate is not None
    if math.isnan(estimate):
        return Answer("cannot tell", None, None, None, said, "tasks of which an answer is returned")
    if seen.attempts is not None:
        # Of fewer attempts than asked for: what grows with them is at least that.
        known = ratio.limits(ask.tail)[0] if metric in GROWING else None
        verdict = requirement.holds(-math.inf if known is None else known, math.inf)
        attempts = 0 if scenario.max_attempts is None else int(scenario.max_attempts[-1])
        if verdict is None:
            return Answer("cannot tell", None, known, None, said, seen.more, attempts)
        return Answer("holds" if verdict else "fails", None, known, None, f"{said}, at {seen.attempts:,} attempts")
    return _told(ratio, requirement, ask, (size, unit), said)


def _told(ratio: Ratio, requirement: Requirement, ask: Ask, seen: tuple[int, str], said: str) -> Answer:
    """The verdict of a ratio, and what would tell where it does not."""
    (size, unit), limits = seen, ratio.limits(ask.tail)
    verdict = requirement.holds(*limits)
    ends_ = (ratio.estimate, *limits)
    if verdict is not None:
        return Answer("holds" if verdict else "fails", *ends_, said)
    if not ask.sizes:
        return Answer("cannot tell", *ends_, said)
    copies = ratio.needed(requirement.bound, ask.tail)
    if copies is None:
        return Answer("cannot tell", *ends_, said, f"no number of {unit}: the estimate is at the bound")
    needed = math.ceil(copies * size)
    return Answer("cannot tell", *ends_, said, f"{needed:,} {unit} in all", needed)


def _of_trials(scenario: SamplingScenario, columns: list[str], ask: Ask) -> list[Answer]:
    """From trials, twice as many each time until all is told."""
    simulated = Simulated(scenario, columns, ask.seed, ask.threads)
    with reporting(ask.progress, ask.trials, "trials") as report:

        def done_of(done: int, _: int) -> None:
            if report is not None:
                report(simulated.trials + done, ask.trials)

        while True:
            more = min(max(simulated.trials, FIRST_TRIALS), ask.trials - simulated.trials)
            simulated.more(more, done_of)
            found = [_of_simulated(simulated, requirement, ask) for requirement in ask.wanted]
            if simulated.trials >= ask.trials or all(answer.verdict != "cannot tell" for answer in found):
                return found


def _of_simulated(simulated: Simulated, requirement: Requirement, ask: Ask) -> Answer:
    metric, said = requirement.metric, f"{simulated.trials:,} trials"
    if metric in SHARES:
        ratio = simulated.share(metric)
        if math.isnan(ratio.estimate):
            return Answer("cannot tell", None, None, None, said, "trials in which an answer is returned")
        return _told(ratio, requirement, ask, (simulated.trials, "trials"), said)
    low, high = simulated.bill(metric, ask.tail)
    verdict, mean = requirement.holds(low, high), simulated.mean(metric)
    if verdict is not None:
        return Answer("holds" if verdict else "fails", mean, low, high, said)
    apart = abs(mean - requirement.bound)
    if apart == 0.0 or not np.isfinite(apart):
        return Answer("cannot tell", mean, low, high, said, "no number of trials: the estimate is at the bound")
    # Twice over for the looks to come.
    needed = math.ceil(2.0 * simulated.trials * ((high - mean) / apart) ** 2)
    return Answer("cannot tell", mean, low, high, said, f"{needed:,} trials in all", needed)
