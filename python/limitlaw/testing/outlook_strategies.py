"""Hypothesis strategies of data exhaustion: distributions, laws, priors, paths of compute and whole scenarios."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from hypothesis import strategies as st

from limitlaw import _core
from limitlaw._arguments import as_number
from limitlaw._unused import quietly
from limitlaw.exhaustion import ComputePath, ExhaustionScenario, Law, LawParameters, dist
from limitlaw.exhaustion.families import Dist
from limitlaw.exhaustion.law import BESIROGLU, BoundedLaw, MixtureLaw
from limitlaw.testing.task_strategies import FLAG, exactly, whole

_KINDS = [
    "constant",
    "lognormal",
    "normal",
    "logit_normal",
    "uniform",
    "triangular",
    "pert",
    "beta",
    "quantiles",
    "metalog",
    "empirical",
]
#: Growths that no horizon of these strategies overflows from.
_GROWTH = (0.5, 2.5)
_FIRST_YEAR, _LAST_YEAR = 2010, 2100
# Made once, as in task_strategies.
_DIST_KINDS = {True: st.sampled_from([*_KINDS, "mixture", "clipped"]), False: st.sampled_from(_KINDS)}
_WEIGHT = st.floats(0.1, 1.0)
_SPREAD = st.floats(0.01, 1.0)
_LOGIT, _LOGIT_SD = st.floats(-3.0, 3.0), st.floats(0.01, 3.0)
_SHAPE = st.floats(0.1, 50.0)
_LEVEL = st.floats(0.01, 0.9)
_INTERVAL = st.sampled_from([0.5, 0.8, 0.9, 0.95])


@st.composite
def dists(  # noqa: C901, PLR0911  (one case per kind)
    draw: st.DrawFn, *, low: float = 1e-3, high: float = 1e3, nested: bool = True
) -> Dist:
    """Distributions of every kind whose numbers lie in [low, high]; draws of some reach beyond.

    Args:
        draw: Given by Hypothesis.
        low: At least 0.
        high: Above ``low``.
        nested: Mixtures and clipped distributions too.

    Example:
        >>> from hypothesis import find
        >>> import limitlaw as ll
        >>> isinstance(find(dists(), lambda one: one.kind == "metalog"), ll.dist.Dist)
        True
    """
    low, high = as_number(low, "low"), as_number(high, "high")
    if not 0.0 <= low < high:
        raise ValueError(f"low must be at least 0 and below high ({high}), got {low}")
    within = _within(low, high)
    kind = draw(_DIST_KINDS[nested])
    if kind == "mixture":
        parts = draw(within.parts)
        return dist.mixture(parts, [draw(_WEIGHT) for _ in parts])
    if kind == "clipped":
        return dist.clipped(draw(within.part), low=low, high=draw(within.no_or_high))
    if kind == "constant":
        return dist.constant(draw(within.edge_or_number))
    number = within.number
    if kind == "normal":
        mean = draw(number)
        return dist.normal(mean, mean * draw(_SPREAD))
    if kind == "logit_normal":
        return dist.logit_normal(draw(_LOGIT), draw(_LOGIT_SD))
    if kind == "beta":
        return dist.beta(draw(_SHAPE), draw(_SHAPE))
    if kind == "empirical":
        return dist.empirical(draw(within.numbers))
    first = draw(within.first)
    second = draw(st.floats(first + 1e-3, math.log(high)))
    ends = max(math.exp(first), low), min(math.exp(second), high)
    if kind == "uniform":
        return dist.uniform(*ends)
    if kind in ("triangular", "pert"):
        peaked = dist.triangular if kind == "triangular" else dist.pert
        return peaked(ends[0], min(max(draw(number), ends[0]), ends[1]), ends[1])
    if kind == "quantiles":
        level = draw(_LEVEL)
        return dist.quantiles({level: ends[0], draw(st.floats(level + 0.01, 0.99)): ends[1]})
    if kind == "lognormal":
        return dist.lognormal(*ends, interval=draw(_INTERVAL))
    return dist.metalog(ends[0], math.sqrt(ends[0] * ends[1]), ends[1], lower=0.0)


class _Within(NamedTuple):
    """Strategies of numbers in a range, and of distributions over it."""

    number: st.SearchStrategy[float]
    numbers: st.SearchStrategy[list[float]]
    edge_or_number: st.SearchStrategy[float]
    first: st.SearchStrategy[float]
    part: st.SearchStrategy[Dist]
    parts: st.SearchStrategy[list[Dist]]
    no_or_high: st.SearchStrategy[float | None]


@functools.lru_cache
def _within(low: float, high: float) -> _Within:
    least = max(low, high * 1e-9, 1e-12)
    # In the logarithm: most ranges span many orders of magnitude.
    number = st.floats(math.log(least), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))
    part = dists(low=low, high=high, nested=False)
    return _Within(
        number=number,
        numbers=st.lists(number, min_size=1, max_size=5),
        edge_or_number=st.just(low) | st.just(high) | number,
        first=st.floats(math.log(least), math.log(high) - 1e-3),
        part=part,
        parts=st.lists(part, min_size=1, max_size=3),
        no_or_high=st.none() | st.just(high),
    )


@st.composite
def laws(draw: st.DrawFn, *, mixtures: bool = True) -> Law:
    """Laws of every kind, and mixtures of two of them."""
    if mixtures and draw(whole(0, 5)) == 0:
        return MixtureLaw(laws=(draw(_LAW), draw(_LAW)), weights=(draw(_WEIGHT), 1.0))
    return draw(_LAW)


def _one_law() -> st.SearchStrategy[Law]:
    constant, epochs = st.none() | st.floats(1.0, 100.0), st.none() | st.floats(1.0, 50.0)
    own = {"repetition_data": constant, "repetition_params": constant, "max_epochs": epochs}
    return st.one_of(
        st.builds(Law.muennighoff, **own),
        st.builds(Law.muennighoff_c4, **own),
        st.sampled_from([Law.hoffmann(), Law.besiroglu(), Law.penalty(), Law.bounded()]),
        st.builds(
            Law.chinchilla,
            log_a=st.floats(4.0, 8.0),
            log_b=st.floats(4.0, 9.0),
            log_e=st.floats(-0.5, 1.0),
            alpha=st.floats(0.2, 0.6),
            beta=st.floats(0.2, 0.6),
        ),
    )


_LAW = _one_law()


def law_parameters() -> st.SearchStrategy[LawParameters]:
    """Joint priors of a law's base: a normal, and rows around the fit of Besiroglu et al. 2024."""
    return _LAW_PARAMETERS


_NEAR = st.tuples(*(st.floats(x - 0.1 * abs(x), x + 0.1 * abs(x)) for x in BESIROGLU))
_LAW_PARAMETERS = st.just(LawParameters.normal()) | st.lists(_NEAR, min_size=1, max_size=4).map(LawParameters.rows)
_MEDIAN, _BELOW, _BEFORE, _AFTER = st.floats(24.0, 40.0), st.floats(0.0, 3.0), st.floats(0.0, 1.0), st.floats(0.0, 0.5)


@functools.lru_cache
def _years(first: int, last: int, most: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(first, last), min_size=1, max_size=most)


@st.composite
def compute_paths(draw: st.DrawFn, *, first: int = _FIRST_YEAR, last: int = _LAST_YEAR) -> ComputePath:
    """Paths of compute that cover the years from ``first`` to ``last``, or say how they go on."""
    years = sorted(draw(_years(first, last, 4)))
    median = sorted(draw(exactly(len(years), _MEDIAN)))
    below, above = (draw(exactly(len(years), _BELOW)) for _ in range(2))
    before, after = draw(_BEFORE), draw(_AFTER)
    return ComputePath(
        years=years,
        low=[x - d for x, d in zip(median, below, strict=True)],
        median=median,
        high=[x + d for x, d in zip(median, above, strict=True)],
        growth_before=draw(st.none() | st.just(before)) if years[0] == first else before,
        growth_after=draw(st.none() | st.just(after)) if years[-1] == last else after,
    )


_LAWS = laws()
_BASE_YEAR = st.just(2024.0) | st.floats(_FIRST_YEAR, 2030.0)
_COLLAPSE = st.sampled_from(["none", "accumulate", "replace"])
_NO_PATH_OR_ONE = st.none() | compute_paths()
_CORRELATIONS = st.sampled_from([{}, {("text_stock", "compute"): 0.5}])
_DEMANDED = ["compute_optimal", "twenty_per_parameter"]
#: By whether a law is bounded.
_DEMANDS = {
    True: st.sampled_from(_DEMANDED),
    False: st.sampled_from([*_DEMANDED, "inference_at_loss", "inference_at_budget", "profit"]),
}


@functools.cache
def _names(most: int) -> st.SearchStrategy[set[str]]:
    return st.sets(st.sampled_from(list(_core.EXHAUSTION_RANGES)), max_size=most)


@functools.lru_cache
def _dists(low: float, high: float) -> st.SearchStrategy[Dist]:
    return dists(low=low, high=high)


@st.composite
def exhaustion_scenarios(draw: st.DrawFn, *, max_inputs: int = 8, max_years: int = 6) -> ExhaustionScenario:
    """Exhaustion scenarios: the default with some inputs, options, a law and years of their own.

    Args:
        draw: Given by Hypothesis.
        max_inputs: The most inputs with a distribution of their own.
        max_years: The most years, from 2010 to 2100.
    """
    names = draw(_names(max_inputs))
    fields: dict[str, object] = {}
    for name in sorted(names):
        low, high = _GROWTH if name.endswith("_growth") else _core.EXHAUSTION_RANGES[name]
        fields[name] = draw(_dists(low, high))
    law = draw(_LAWS)
    parts = law.laws if isinstance(law, MixtureLaw) else (law,)
    bounded = any(isinstance(part, BoundedLaw) for part in parts)
    flags = ("goodput", "smooth_caps", "monotone_compute", "endogenous_quality")
    fields |= {name: draw(FLAG) for name in flags}
    fields |= {
        "base_year": draw(_BASE_YEAR),
        "years": sorted(draw(_years(_FIRST_YEAR, _LAST_YEAR, max_years))),
        "law": law,
        "law_parameters": draw(_LAW_PARAMETERS),
        "demand": draw(_DEMANDS[bounded]),
        "collapse": draw(_COLLAPSE),
        "compute_path": draw(_NO_PATH_OR_ONE),
        "correlations": draw(_CORRELATIONS),
    }
    with quietly():  # no one wrote what no draw reads
        return ExhaustionScenario(**fields)  # type: ignore[arg-type]  # fields of many types
