"""Arguments as they arrive: each becomes what it should be, or one error that names it and what was expected."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

#: The most threads of one call.
MAX_THREADS = 1024


def as_number(value: object, name: str) -> float:
    """A finite float; an array of one number is an array, not a number."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, Decimal)):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise TypeError(f"{name} must be a number, got {shown(value)}") from None
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number + 0.0  # -0.0 and 0.0 are one


def as_share(value: object, name: str, *, inside: bool = False) -> float:
    """A number in [0, 1], or with ``inside`` in (0, 1)."""
    number = as_number(value, name)
    if not 0.0 <= number <= 1.0 or (inside and number in (0.0, 1.0)):
        raise ValueError(f"{name} must be in {'(0, 1)' if inside else '[0, 1]'}, got {number}")
    return number


def as_whole(value: object, name: str, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {shown(value)}") from None
    if not low <= number <= high:
        raise ValueError(f"{name} must be in [{low}, {high}], got {shown(number)}")
    return number


def as_floats(
    value: Any, name: str, low: float = -np.inf, high: float = np.inf, *, above: bool = False, endless: bool = False
) -> npt.NDArray[np.float64]:
    """Floats of any shape in [low, high], or with ``above`` in (low, high]; infinity only if ``endless``."""
    try:
        given = np.asarray(value)
        array = given.astype(np.float64) if given.dtype.kind in "iuf" or given.size == 0 else None
    except (TypeError, ValueError, OverflowError):  # ragged, or no array at all
        array = None
    if array is None:
        raise TypeError(f"{name} must be a number or an array of numbers, got {shown(value)}")
    bad = ~(((array > low) if above else (array >= low)) & (array <= high) & (endless | np.isfinite(array)))
    if bad.any():
        finite = "finite and " if high == np.inf and not endless else ""
        expected = f"in [{low:g}, {high:g}]" if high < np.inf else f"{'above' if above else 'at least'} {low:g}"
        expected = finite + expected if low > -np.inf else "finite"
        raise ValueError(f"{name} must be {expected}, got {array[bad].flat[0]:g}")
    return array


def as_threads(value: object) -> int | None:
    """A number of threads; ``None`` is every core."""
    return None if value is None else as_whole(value, "threads", 1, MAX_THREADS)


def check_choice(value: object, name: str, choices: tuple[str, ...]) -> None:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}, got {shown(value)}")


def check_flag(value: object, name: str) -> None:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")


def check_progress(value: Callable[[int, int], object] | None) -> None:
    """Something to call, or nothing."""
    if value is not None and not callable(value):
        raise TypeError(f"progress must be callable, got {shown(value)}")


def is_sequence(value: Any) -> bool:
    """Whether a value has a length and an order, so that reading it ends; text is no sequence."""
    return (
        not isinstance(value, (str, bytes, bytearray, dict, type))
        and hasattr(value, "__len__")
        and hasattr(value, "__getitem__")
    )


def shown(value: object) -> str:
    """``value`` in an error message: its repr on one line, cut to 80 characters, or its type where it has none."""
    try:
        return " ".join(repr(value).split())[:80]
    except Exception:  # noqa: BLE001  (a repr may fail in any way; integers of more than 4300 digits have none)
        return f"a value of type {type(value).__name__}"
