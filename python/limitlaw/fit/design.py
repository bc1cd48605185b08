"""What the design of training runs can tell of a law: which coefficients, and the losses of which other runs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from limitlaw import _core
from limitlaw._elementary import exp, lengths, log, products, right_singular

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Sizes this close, as a logarithm, are one size: a bootstrap of what only such differences tell is too narrow.
_SAME = 0.01
#: Tokens that follow a power of parameters this closely (root mean square of the logarithm) do.
_ON_LINE = 0.02
#: Singular values below this share of the largest are zero, but for rounding.
_RANK = 1e-9
#: A share of a direction that nothing tells.
_PART = 1e-5
#: Of a run that is not of the design's kind: what its gradient may have that nothing tells.
_OUTSIDE = 1e-6
_TERMS = ("log_a", "log_b", "alpha", "beta")
_OF_SIZE = {"parameters": ("log_a", "alpha"), "tokens": ("log_b", "beta")}
#: Forms in which the terms of parameters and of tokens may change places.
_SWAPPED = ("chinchilla", "penalty", "bounded")
#: Exponents and repetition constants as laws of language models have them, where the design is looked at.
_TYPICAL = {
    "alpha": 0.3,
    "beta": 0.4,
    "delta": 0.5,
    "kappa": 0.6,
    "gamma": 0.5,
    "repetition_data": 10.0,
    "repetition_params": 5.0,
}
#: The fewest different sizes that tell a scale, an exponent and E.
_SIZES = 3


@dataclasses.dataclass(frozen=True, eq=False)
class Design:
    """What runs of these sizes can tell, whatever their losses.

    Attributes:
        untold: Coefficients that are not fixed and that no losses of such runs would tell.
        reason: Why, and what would tell them; None where all are told.
    """

    form: str
    untold: tuple[str, ...]
    reason: str | None
    sizes: tuple[Array, Array]
    line: tuple[float, float] | None
    free: list[int]
    at: Array
    scale: Array
    nothing: Array
    ceiling: float

    def tells(self, first: Array, tokens: Array, unique: Array) -> npt.NDArray[np.bool_]:
        """Of which other runs the loss is told; ``first`` is parameters, of an envelope compute."""
        told = np.ones(len(first), dtype=np.bool_)
        if len(self.nothing):
            near = _snapped(first, self.sizes[0]), _snapped(tokens, self.sizes[1])
            fresh = near[1] * np.minimum(unique / tokens, 1.0)
            slopes = _gradients(self.form, self.at, self.ceiling, first=near[0], tokens=near[1], unique=fresh)
            slopes = slopes[:, self.free] / self.scale
            outside = lengths(products(slopes, self.nothing), axis=1)
            told &= outside <= _OUTSIDE * np.maximum(lengths(slopes, axis=1), 1e-300)
        if self.line is not None:
            told &= np.abs(log(tokens) - self.line[0] - self.line[1] * log(first)) <= 2.0 * _ON_LINE
        return told


def design(
    form: str,
    names: tuple[str, ...],
    fixed: Mapping[str, float],
    runs: tuple[Array, Array, Array, Array],
    *,
    estimate: Array,
    ceiling: float,
) -> Design:
    """What the runs tell: their parameters (of an envelope compute), tokens, unique tokens and losses.

    Losses that no coefficients but these give determine them. Locally that is the rank of the gradients of ln L, which
    is largest at almost every law, and looked at where laws of language models are, and at the estimate.
    """
    first, tokens, unique, loss = runs
    sizes = _merged(first), _merged(tokens)
    near = _snapped(first, sizes[0]), _snapped(tokens, sizes[1])
    near_unique = near[1] * np.minimum(unique / tokens, 1.0)
    free = [i for i, name in enumerate(names) if name not in fixed]
    looks = []
    for at in (_typical(form, names, fixed, (*near, near_unique), loss=loss, ceiling=ceiling), estimate):
        slopes = _gradients(form, at, ceiling, first=near[0], tokens=near[1], unique=near_unique)[:, free]
        scale = lengths(slopes, axis=0)
        scale[scale == 0.0] = 1.0
        values, ways = right_singular(slopes / scale)
        looks.append((at, scale, ways[int((values > _RANK * values[0]).sum()) :]))
    at, scale, nothing = min(looks, key=lambda look: len(look[2]))
    moved = np.abs(nothing).max(axis=0) if len(nothing) else np.zeros(len(free))
    untold = [names[i] for i, share in zip(free, moved, strict=True) if share > _PART]
    line = None
    if form in _SWAPPED and not any(name in fixed for name in _TERMS):
        line = _line(*near)
        untold = [name for name in names if name in untold or (line is not None and name in _TERMS)]
    reason = _reason(form, untold, sizes, line) if untold else None
    return Design(form, tuple(untold), reason, sizes, line, free, at, scale, nothing, ceiling)


def _gradients(form: str, at: Array, ceiling: float, *, first: Array, tokens: Array, unique: Array) -> Array:
    """Of ln L in each coefficient, a row per run."""
    columns = {"parameters": first, "tokens": tokens, "unique_tokens": unique}
    columns = {name: np.ascontiguousarray(column) for name, column in columns.items()}
    return _core.scaling_gradients(form, at.tolist(), ceiling=ceiling, **columns).reshape(-1, len(at))


def _typical(
    form: str,
    names: tuple[str, ...],
    fixed: Mapping[str, float],
    sizes: tuple[Array, Array, Array],
    *,
    loss: Array,
    ceiling: float,
) -> Array:
    """A law whose terms are all felt at the runs, with what is fixed as it is."""
    n, d, u = (float(log(x).mean()) for x in sizes)
    middle = float(exp(log(loss).mean()))
    at = _TYPICAL | {"log_e": float(log(0.5 * middle))} | dict(fixed)
    rest = max(middle - exp(at["log_e"]), 0.1 * middle)
    part = float(log((rest / (ceiling - middle) if form == "bounded" else rest) / 3.0))
    scales = {
        "log_a": part + at["alpha"] * n,
        "log_b": part + at["beta"] * d,
        "log_p": part - at["kappa"] * (n - u),
        "log_c": part - at["gamma"] * n + at["delta"] * u,
    }
    at = scales | at
    return np.array([at[name] for name in names])


def _merged(values: Array) -> Array:
    """The different sizes; those within a hundredth of the least of a group are one."""
    found: list[list[float]] = []
    for x in np.sort(log(values)).tolist():
        if found and x - found[-1][0] <= _SAME:
            found[-1].append(x)
        else:
            found.append([x])
    return exp(np.array([float(np.mean(group)) for group in found]))


def _snapped(values: Array, sizes: Array) -> Array:
    """Each value, or the size of the runs that it is."""
    x, known = log(values), log(sizes)
    after = np.clip(np.searchsorted(known, x), 1, max(len(known) - 1, 1)).clip(max=len(known) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(x - known[before] <= known[after] - x, before, after)
    return np.asarray(np.where(np.abs(x - known[nearest]) <= _SAME, sizes[nearest], values))


def _line(first: Array, tokens: Array) -> tuple[float, float] | None:
    """Ln D = a + b ln N with b above 0, where all runs are so."""
    x, y = log(first), log(tokens)
    if np.ptp(x) <= _SAME or np.ptp(y) <= _SAME:
        return None
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    start = float(y.mean() - slope * x.mean())
    return (start, slope) if slope > 0 and float(np.std(y - start - slope * x)) <= _ON_LINE else None


def _reason(form: str, untold: list[str], sizes: tuple[Array, Array], line: tuple[float, float] | None) -> str:
    terms = {"compute": ("log_a", "alpha")} if form == "envelope" else _OF_SIZE
    few = [
        f"{len(of)} size{'s' * (len(of) > 1)} of {kind}"
        for (kind, term), of in zip(terms.items(), sizes, strict=False)
        if len(of) < _SIZES and set(term) & set(untold)
    ]
    if few:
        return f"only {' and '.join(few)} where a term takes {_SIZES}"
    if line is not None:
        return "tokens follow a power of parameters, so that the two terms could change places"
    return "other coefficients give all runs the same losses"
