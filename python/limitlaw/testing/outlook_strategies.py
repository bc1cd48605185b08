"""Hypothesis strategies of data exhaustion: distributions, laws, priors, paths of compute and whole scenarios."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from limitlaw import _core
from limitlaw._arguments import as_number
from limitlaw._unused import quietly
from limitlaw.exhaustion import ComputePath, ExhaustionScenario, Law, LawParameters, dist
from limitlaw.exhaustion.families import Dist
from limitlaw.exhaustion.law import BESIROGLU, BoundedLaw, MixtureLaw

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
    least = max(low, high * 1e-9, 1e-12)
    # In the logarithm: most ranges span many orders of magnitude.
    number = st.floats(math.log(least), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))
    kind = draw(st.sampled_from([*_KINDS, *(["mixture", "clipped"] if nested else [])]))
    if kind in ("mixture", "clipped"):
        one = dists(low=low, high=high, nested=False)
        if kind == "mixture":
            parts = draw(st.lists(one, min_size=1, max_size=3))
            return dist.mixture(parts, [draw(st.floats(0.1, 1.0)) for _ in parts])
        return dist.clipped(draw(one), low=low, high=draw(st.none() | st.just(high)))
    if kind == "constant":
        return dist.constant(draw(st.just(low) | st.just(high) | number))
    if kind == "normal":
        mean = draw(number)
        return dist.normal(mean, mean * draw(st.floats(0.01, 1.0)))
    if kind == "logit_normal":
        return dist.logit_normal(draw(st.floats(-3.0, 3.0)), draw(st.floats(0.01, 3.0)))
    if kind == "beta":
        return dist.beta(draw(st.floats(0.1, 50.0)), draw(st.floats(0.1, 50.0)))
    if kind == "empirical":
        return dist.empirical(draw(st.lists(number, min_size=1, max_size=5)))
    first = draw(st.floats(math.log(least), math.log(high) - 1e-3))
    second = draw(st.floats(first + 1e-3, math.log(high)))
    ends = max(math.exp(first), low), min(math.exp(second), high)
    if kind == "uniform":
        return dist.uniform(*ends)
    if kind in ("triangular", "pert"):
        peaked = dist.triangular if kind == "triangular" else dist.pert
        return peaked(ends[0], min(max(draw(number), ends[0]), ends[1]), ends[1])
    if kind == "quantiles":
        level = draw(st.floats(0.01, 0.9))
        return dist.quantiles({level: ends[0], draw(st.floats(level + 0.01, 0.99)): ends[1]})
    if kind == "lognormal":
        return dist.lognormal(*ends, interval=draw(st.sampled_from([0.5, 0.8, 0.9, 0.95])))
    return dist.metalog(ends[0], math.sqrt(ends[0] * ends[1]), ends[1], lower=0.0)


@st.composite
def laws(draw: st.DrawFn, *, mixtures: bool = True) -> Law:
    """Laws of every kind, and mixtures of two of them."""
    if mixtures and draw(st.integers(0, 5)) == 0:
        return MixtureLaw(
            laws=(draw(laws(mixtures=False)), draw(laws(mixtures=False))), weights=(draw(st.floats(0.1, 1.0)), 1.0)
        )
    constant, epochs = st.none() | st.floats(1.0, 100.0), st.none() | st.floats(1.0, 50.0)
    own = {"repetition_data": constant, "repetition_params": constant, "max_epochs": epochs}
    return draw(
        st.one_of(
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
    )


def law_parameters() -> st.SearchStrategy[LawParameters]:
    """Joint priors of a law's base: a normal, and rows around the fit of Besiroglu et al. 2024."""
    near = st.tuples(*(st.floats(x - 0.1 * abs(x), x + 0.1 * abs(x)) for x in BESIROGLU))
    return st.just(LawParameters.normal()) | st.lists(near, min_size=1, max_size=4).map(LawParameters.rows)


@st.composite
def compute_paths(draw: st.DrawFn, *, first: int = _FIRST_YEAR, last: int = _LAST_YEAR) -> ComputePath:
    """Paths of compute that cover the years from ``first`` to ``last``, or say how they go on."""
    years = sorted(draw(st.sets(st.integers(first, last), min_size=1, max_size=4)))
    median = sorted(draw(st.lists(st.floats(24.0, 40.0), min_size=len(years), max_size=len(years))))
    below, above = (draw(st.lists(st.floats(0.0, 3.0), min_size=len(years), max_size=len(years))) for _ in range(2))
    before, after = draw(st.floats(0.0, 1.0)), draw(st.floats(0.0, 0.5))
    return ComputePath(
        years=years,
        low=[x - d for x, d in zip(median, below, strict=True)],
        median=median,
        high=[x + d for x, d in zip(median, above, strict=True)],
        growth_before=draw(st.none() | st.just(before)) if years[0] == first else before,
        growth_after=draw(st.none() | st.just(after)) if years[-1] == last else after,
    )


@st.composite
def exhaustion_scenarios(draw: st.DrawFn, *, max_inputs: int = 8, max_years: int = 6) -> ExhaustionScenario:
    """Exhaustion scenarios: the default with some inputs, options, a law and years of their own.

    Args:
        draw: Given by Hypothesis.
        max_inputs: The most inputs with a distribution of their own.
        max_years: The most years, from 2010 to 2100.
    """
    names = draw(st.sets(st.sampled_from(list(_core.EXHAUSTION_RANGES)), max_size=max_inputs))
    fields: dict[str, object] = {}
    for name in sorted(names):
        low, high = _GROWTH if name.endswith("_growth") else _core.EXHAUSTION_RANGES[name]
        fields[name] = draw(dists(low=low, high=high))
    law = draw(laws())
    parts = law.laws if isinstance(law, MixtureLaw) else (law,)
    demands = ["compute_optimal", "twenty_per_parameter"]
    if not any(isinstance(part, BoundedLaw) for part in parts):
        demands += ["inference_at_loss", "inference_at_budget", "profit"]
    flags = ("goodput", "smooth_caps", "monotone_compute", "endogenous_quality")
    fields |= {name: draw(st.booleans()) for name in flags}
    fields |= {
        "base_year": draw(st.just(2024.0) | st.floats(_FIRST_YEAR, 2030.0)),
        "years": sorted(draw(st.sets(st.integers(_FIRST_YEAR, _LAST_YEAR), min_size=1, max_size=max_years))),
        "law": law,
        "law_parameters": draw(law_parameters()),
        "demand": draw(st.sampled_from(demands)),
        "collapse": draw(st.sampled_from(["none", "accumulate", "replace"])),
        "compute_path": draw(st.none() | compute_paths()),
        "correlations": draw(st.sampled_from([{}, {("text_stock", "compute"): 0.5}])),
    }
    with quietly():  # no one wrote what no draw reads
        return ExhaustionScenario(**fields)  # type: ignore[arg-type]  # fields of many types
