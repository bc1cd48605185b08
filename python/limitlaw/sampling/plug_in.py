"""Plug-in rates: counts whose observed shares are taken for rates, and the rates that their attempts leave open."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, TypeGuard

from limitlaw import _core
from limitlaw.errors import MisfitWarning
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.tasks import CountsTasks, Tasks

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

#: The most rates that are drawn, but for so many resamples at least.
_MOST_RATES, _LEAST_RESAMPLES = 10_000_000, 100


def is_plug_in(tasks: Tasks) -> TypeGuard[CountsTasks]:
    """Whether the observed shares of counts are taken for the success rates."""
    return isinstance(tasks, CountsTasks) and not tasks.posterior


def is_resampled(tasks: Tasks, resample: str | None) -> bool:
    """Whether an interval is made of resamples: over attempts, or over tasks whose rates are not known.

    Neither the shares of counts nor the means of their posteriors are: these scatter less than rates do.
    """
    return resample == "attempts" or (resample == "tasks" and isinstance(tasks, CountsTasks))


def resamples_of(tasks: Tasks, resample: str | None, most: int) -> int:
    """How many resamples of at most so many: fewer over very many tasks, each of which tells the same."""
    return min(most, max(_MOST_RATES // len(tasks), _LEAST_RESAMPLES)) if resample == "tasks" else most


def drawn_rates(tasks: CountsTasks, resamples: int, key: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Success rates that the attempts leave open: posterior draws, under a population that is itself drawn.

    Shape ``(resamples, tasks)``.
    """
    spec, arrays = SamplingScenario(tasks=tasks, max_attempts=[1]).wire()
    rates = _core.drawn_rates(spec, arrays, resamples=resamples, key=key)
    return rates.reshape(resamples, len(tasks))


def drawn_utilities(scenario: SamplingScenario, resamples: int, key: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The utility of each row in each task at rates that the attempts of a pool leave open.

    Shape ``(resamples, rows, tasks)``.
    """
    found = _core.drawn_utilities(*scenario.wire(), resamples=resamples, key=key)
    return found.reshape(resamples, -1, len(scenario.tasks))


def warn_outside(tasks: Tasks, frame: pl.DataFrame, ends: tuple[str, str] = ("_low", "_high")) -> None:
    """Says where estimates from counts lie outside the intervals of what the attempts leave open."""
    if not isinstance(tasks, CountsTasks):
        return
    low, high = ends
    names = [name.removesuffix(low) for name in frame.columns if name.endswith(low)]

    def is_outside(name: str) -> bool:
        value, slack = frame[name], 1e-9 * frame[name].abs()
        return bool(((value < frame[name + low] - slack) | (value > frame[name + high] + slack)).any())

    outside = [name for name in names if name in frame.columns and is_outside(name)]
    if outside:
        most = int(tasks.attempts.max())
        why = (
            f"Tasks.counts takes the observed share of at most {most} attempts for a task's rate: one with none "
            "correct never succeeds; the interval is of the rates that the attempts leave open. Tasks.counts(..., "
            "posterior=True, prior='fitted') puts these into the estimate too"
            if is_plug_in(tasks)
            else f"The prior decides what at most {most} attempts leave open of a task's rate; the interval lets the "
            "tasks themselves say how rates are spread, as prior='fitted' does"
        )
        text = f"{', '.join(outside)}: the estimate lies outside its interval. {why}"
        warnings.warn(text, MisfitWarning, stacklevel=3)
