"""An input times a factor, draw by draw: what a lever that doubles something puts in its place."""

from __future__ import annotations

import numpy as np

from limitlaw import _core
from limitlaw._elementary import normal_cdf
from limitlaw.exhaustion.families import (
    Clipped,
    Constant,
    Dist,
    Empirical,
    Lognormal,
    Metalog,
    Mixture,
    Normal,
    Pert,
    Quantiles,
    Triangular,
    Uniform,
)

#: What of each family is in the unit of its values, and grows with them.
_IN_UNITS: dict[type[Dist], tuple[str, ...]] = {
    Constant: ("value",),
    Lognormal: ("low", "high"),
    Normal: ("mean", "sd"),
    Uniform: ("low", "high"),
    Triangular: ("low", "mode", "high"),
    Pert: ("low", "mode", "high"),
    Metalog: ("p10", "p50", "p90", "lower", "upper"),
}
#: Normal scores at which a family that no factor keeps is met exactly; between them its logarithm is a straight line.
_SCORES = np.linspace(-6.0, 6.0, 481)


def scaled_input(of: Dist, factor: float, name: str) -> Dist:
    """The input ``name`` with every draw multiplied by a factor above 0, and moved to the ends of the input's range."""
    low, high = _core.EXHAUSTION_RANGES[name]
    found = scaled(of, factor)
    if isinstance(found, Constant):
        return Constant(value=min(max(found.value, low), high))
    if isinstance(found, Empirical):  # may have rows, which nothing can be put around
        return found.replace(values=np.clip(found.values, low, high))
    return Clipped(of=found, low=low, high=high)


def scaled(of: Dist, factor: float) -> Dist:
    """The distribution of a factor above 0 times a draw: its quantiles times the factor.

    Exactly within the family where the family holds such a law; a beta and a logit-normal (and quantiles with that law)
    become the lognormal pieces through 481 quantiles, off by some 1e-5 between them (0.4 % for ``beta(0.05, 0.05)``).
    """
    if type(of) in _IN_UNITS:
        stated = {name: getattr(of, name) for name in _IN_UNITS[type(of)]}
        return of.replace(**{name: x if x is None else x * factor for name, x in stated.items()})
    if isinstance(of, Empirical) or (isinstance(of, Quantiles) and of.law != "logit_normal"):
        return of.replace(values=np.asarray(of.values) * factor)
    if isinstance(of, Mixture):
        return of.replace(parts=tuple(scaled(part, factor) for part in of.parts))
    if isinstance(of, Clipped):
        ends = {name: x if x is None else x * factor for name, x in (("low", of.low), ("high", of.high))}
        return of.replace(of=scaled(of.of, factor), **ends)
    levels = normal_cdf(np.array(_SCORES))
    values = np.asarray(of.quantile(levels))
    # A quantile that is not told from the one before, as near 0 or 1, says nothing more.
    rises = (values > 0.0) & (np.diff(values, prepend=0.0) > 0.0) & (levels < 1.0)
    return Quantiles(levels=levels[rises].tolist(), values=(values[rises] * factor).tolist(), law="lognormal")
