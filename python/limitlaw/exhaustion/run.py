"""Simulating an exhaustion scenario: the result and the frames it holds."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._frames import Alike, closing, first, known, labels, ordered, run_of
from limitlaw._inputs import html_of
from limitlaw._show import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from limitlaw.exhaustion.scenario import ExhaustionScenario

#: How numbers are drawn.
SamplerName = Literal["philox", "sobol"]

#: Yearly variables with their units.
VARIABLES: dict[str, str] = dict(_core.EXHAUSTION_VARIABLES)
#: By frame, the columns that come first and those that come last: the answer and its interval are in view.
ORDER: dict[str, tuple[list[str], list[str]]] = {
    "trajectories": (["year", "variable", "unit", "q50", "mean", "se"], ["q05", "q95"]),
    "exhaustion": (
        ["definition", "q50", "q05", "q95"],
        ["p_by_2030_se", "p_not_by_horizon_se", "p_by_2030", "p_not_by_horizon"],
    ),
    "exhausted_by": (["definition", "year"], []),
}
#: Definitions of running out.
DEFINITIONS: list[str] = list(_core.EXHAUSTION_DEFINITIONS)
#: What they say, as charts and pages have it.
MEANINGS = {
    "effective_stock": "demand reaches the effective stock",
    "unique_tokens": "demand reaches the unique tokens",
    "half_compute": "the shortage wastes half of the compute",
}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExhaustionResult(Alike):
    """What ``simulate`` returns for an exhaustion scenario.

    Attributes:
        trajectories: One row per year and variable: ``year``, ``variable``, ``unit``, ``mean``, ``se`` (the mean's
            standard error; null for one draw, and beyond 1e150, whose squares overflow), quantiles ``q05`` to ``q95``.
            They are read off histograms whose bins halve each power of two 8 times (losses: 14 times): off the order
            statistic by less than 2**-8 of their value, of epochs beyond the first, losses by less than 2**-14; exact
            with ``exact_quantiles=True``.
        exhaustion: One row per definition of running out: demand reaches the effective stock (``effective_stock``, V24)
            or the unique tokens (``unique_tokens``), or the shortage wastes half of the compute (``half_compute``, or
            ``lost_threshold``). Quantiles of the year (null where not reached by the horizon; off by less than 0.001
            year, or exact); ``p_already`` (short in the first year), ``p_by_2030``, ``p_by_2035`` (null where the
            projection does not cover the year), ``p_not_by_horizon``. Each has its standard error ``_se``: the distance
            to the farther end of its 95 % interval (Wilson's, or that of ranks), over 1.96, so that probabilities of 0
            and 1 have one too; null for one draw, and where so few draws lie on one side of a quantile, or run out by
            the horizon, that its interval has no end. The year of a draw is interpolated between whole years, and every
            quantile and probability is of that year, whether ``years`` lists 2030 or not.
        exhausted_by: One row per definition and year: ``probability`` of having run out by then, and ``se``. These
            three frames end in ``trials`` and ``run`` (as of :func:`limitlaw.simulate`).
        samples: The variables asked for, one row per draw; a year is null where the draw does not run out by the
            horizon. Inputs and coefficients are those that the draw used: of the law chosen for it, ``compute`` of its
            ``compute_path``; null where it used none.
        trials: Draws.
        seed: The seed, as text.
        spec_id: Fingerprint of the scenario.
        sampler: How numbers were drawn.
        stream: Version of the random stream.
    """

    trajectories: pl.DataFrame
    exhaustion: pl.DataFrame
    exhausted_by: pl.DataFrame
    samples: pl.DataFrame
    trials: int
    seed: str
    spec_id: str
    sampler: str
    stream: str

    def __repr__(self) -> str:
        head = f"ExhaustionResult(trials={self.trials}, seed={self.seed}, sampler={self.sampler!r})"
        return f"{head}\n{brief(self.exhaustion)}"

    def _repr_html_(self) -> str:
        head = f"ExhaustionResult: {self.trials:,} draws, seed {self.seed}, {self.sampler}"
        return html_of(head, first(self.exhaustion, []).drop("trials", "run"))


def simulate_exhaustion(
    scenario: ExhaustionScenario,
    *,
    trials: int,
    key: tuple[int, int],
    seed: str,
    replicate: int,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
    samples: Sequence[str],
    sampler: SamplerName,
    exact_quantiles: bool,
) -> ExhaustionResult:
    """Simulate a scenario; ``limitlaw.simulate`` documents the arguments and turns the seed into its key."""
    text, arrays = scenario.wire()
    frames, draws = _core.simulate_exhaustion(
        text,
        arrays,
        trials=trials,
        key=key,
        replicate=replicate,
        threads=threads,
        sampler=sampler,
        samples=list(samples),
        progress=progress,
        exact_quantiles=exact_quantiles,
    )
    provenance: dict[str, Any] = {
        "trials": trials,
        "seed": seed,
        "spec_id": scenario.fingerprint(),
        "sampler": sampler,
        "stream": _core.STREAM_VERSION,
    }
    run = run_of(scenario, seed=seed, sampler=sampler)

    def ending(name: str, key: dict[str, Any]) -> pl.DataFrame:
        columns = key | frames[name]
        return ordered(columns | closing(len(next(iter(key.values()))), run, trials), *ORDER[name])

    return ExhaustionResult(
        trajectories=ending("trajectories", _variables(scenario.years)),
        exhaustion=ending("exhaustion", _each_definition()),
        exhausted_by=ending("exhausted_by", _definitions(scenario.years)),
        samples=pl.DataFrame({name: known(_finite_year(name, values)) for name, values in draws.items()}),
        **provenance,
    )


# What names rows is kept: to make it takes as long as a run of few draws.
@functools.lru_cache(16)
def _variables(years: tuple[int, ...]) -> dict[str, Any]:
    """What names a row of the trajectories."""
    count = len(VARIABLES)
    codes = np.tile(np.arange(count), len(years))
    return {
        "year": np.repeat(np.asarray(years, dtype=np.int32), count),
        "variable": labels(list(VARIABLES), codes),
        "unit": labels(list(VARIABLES.values()), codes),
    }


@functools.cache
def _each_definition() -> dict[str, Any]:
    return {"definition": labels(DEFINITIONS, np.arange(len(DEFINITIONS)))}


@functools.lru_cache(16)
def _definitions(years: tuple[int, ...]) -> dict[str, Any]:
    """What names a row of the shares of draws that have run out."""
    count = len(DEFINITIONS)
    return {
        "definition": labels(DEFINITIONS, np.repeat(np.arange(count), len(years))),
        "year": np.tile(np.asarray(years, dtype=np.int32), count),
    }


def _finite_year(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Years of running out are infinite where there is none: NaN then."""
    return np.where(np.isfinite(values), values, np.nan) if name.startswith("exhaustion_year") else values
