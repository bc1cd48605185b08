"""Every formula's way into the core: NumPy broadcasting around one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from limitlaw import _core
from limitlaw._arguments import MAX_ELEMENTS, as_numbers, brief, check_choice, together

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A number or anything NumPy makes an array of; all arguments of a formula broadcast against each other.
Numbers: TypeAlias = npt.ArrayLike
#: What comes back: an array of the broadcast shape, or a NumPy number where every argument was one.
Floats: TypeAlias = npt.NDArray[np.float64]
Fallback: TypeAlias = Literal["abstain", "last"]
Ties: TypeAlias = Literal["random", "abstain"]
#: The most numbers of an array that serves all rows: the core sorts it in one go.
_MAX_SHARED = 1_000_000

#: Arguments that count, of one attempt what is true or false.
_COUNTS = ("attempts", "accepted", "accepted_correct", "correct", "values")


def evaluate(
    formula: str, arguments: Mapping[str, Numbers], shared: Mapping[str, Numbers] | None = None
) -> tuple[Floats, ...]:
    """One row of the formula for each element of the broadcast arguments; ``shared`` arrays serve every row."""
    columns = together(**{name: _floats(name, value, MAX_ELEMENTS) for name, value in arguments.items()})
    whole = [_floats(name, value, _MAX_SHARED).ravel() for name, value in (shared or {}).items()]
    results = _core.closed_form(formula, [np.ascontiguousarray(c).ravel() for c in columns], whole)
    shape = columns[0].shape
    return tuple(column.reshape(shape)[()] for column in results)


def option(name: str, value: str, options: tuple[str, str]) -> float:
    """The place of a word among its options, as the core reads it."""
    check_choice(value, name, options)
    return float(options.index(value))


def _floats(name: str, value: Numbers, most: int) -> Floats:
    array = as_numbers(value, name, "a number or an array of numbers", counts=name in _COUNTS)
    if array.size > most:
        raise ValueError(f"{name} must be at most {brief(most)} numbers, got {brief(array.size)}")
    return array.astype(np.float64)
