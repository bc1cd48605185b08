"""Where the rows of a scenario stand on the axis of a page: numbers of attempts, or limits of one unit."""

from __future__ import annotations

import dataclasses

import numpy as np

from limitlaw.sampling.cost import UNITS
from limitlaw.sampling.scenario import SamplingScenario


@dataclasses.dataclass(frozen=True)
class Places:
    """The axis of a page.

    Args:
        amounts: What is allowed, ascending.
        axis: What it is, on the axis.
        label: Of the slider.
        texts: Each amount as people read it.
        tried: What was tried, in a sentence.
        unit: What an amount is of, in a sentence.
        column: The best amount in a frame of ``optimal_attempts``.
        title: The question.
    """

    amounts: list[float]
    axis: str
    label: str
    texts: list[str]
    tried: str
    unit: str
    column: str
    title: str

    @classmethod
    def of(cls, scenario: SamplingScenario) -> Places:
        """The axis of a scenario.

        Raises:
            ValueError: Its limits are of several units, or are crossed in several ways.
        """
        if scenario.limits is None:
            attempts = [int(k) for k in np.asarray(scenario.max_attempts)]
            return cls(
                amounts=list(attempts),
                axis="attempts allowed (log scale)",
                label="Attempts allowed",
                texts=[f"{k:,} attempt{'' if k == 1 else 's'}" for k in attempts],
                tried="numbers of attempts",
                unit="attempts",
                column="optimal_attempts",
                title="How many attempts are worth it?",
            )
        kinds = {(limit.unit, limit.crossing) for limit in scenario.limits}
        if len(kinds) > 1:
            raise ValueError(f"subject must have limits of one unit and crossing for a report, got {sorted(kinds)}")
        unit = UNITS[scenario.limits[0].unit]
        amounts = [limit.amount for limit in scenario.limits]
        return cls(
            amounts=amounts,
            axis=f"{unit} allowed per task (log scale)",
            label=f"{unit.capitalize()} allowed per task",
            texts=[f"{amount:,g} {'of ' if unit == 'money' else ''}{unit}" for amount in amounts],
            tried="limits",
            unit=f"{'of ' if unit == 'money' else ''}{unit}",
            column="optimal_limit",
            title=f"How {'much' if unit == 'money' else 'many'} {unit} is a task worth?",
        )
