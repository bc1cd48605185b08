"""Arguments as they arrive: each becomes what it should be, or one error that names it and what was expected."""

from __future__ import annotations

import contextlib
import difflib
import math
import numbers
import operator
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

#: The most elements of an array, and of arrays that broadcast: about a gigabyte for any formula.
MAX_ELEMENTS = 10_000_000
_SIZED = (range, list, tuple, pl.Series)
#: The most characters of a value or a name in a message.
_WIDTH = 80
#: The least probability outside of an interval, and within.
_LEAST_TAIL = 1e-9
#: The most characters of a path, as on the common file systems.
_PATH = 4096
#: What Polars draws of a frame.
_BOX = re.compile(r"shape: (\([^)]*\))\s*┌.*?┘", re.DOTALL)
#: The most threads of one call.
MAX_THREADS = 1024


def as_number(value: object, name: str) -> float:
    """A finite float; an array of one number is an array, not a number."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.timedelta64)) or not isinstance(value, (numbers.Real, Decimal)):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    try:
        number = float(value)
    except ValueError:  # a signalling NaN
        raise TypeError(f"{name} must be a number, got {shown(value)}") from None
    except OverflowError:
        raise ValueError(f"{name} must be at most 1.8e308 in size, got {shown(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {brief(number)}")
    return number + 0.0  # -0.0 and 0.0 are one


def as_share(value: object, name: str, *, inside: bool = False) -> float:
    """A number in [0, 1], or with ``inside`` in (0, 1)."""
    number = as_number(value, name)
    if not 0.0 <= number <= 1.0 or (inside and number in (0.0, 1.0)):
        raise ValueError(f"{name} must be in {'(0, 1)' if inside else '[0, 1]'}, got {brief(number)}")
    return number


def as_within(value: object, name: str, low: float, high: float = np.inf, *, above: bool = False) -> float:
    """A number from ``low`` (or, with ``above``, beyond it) to ``high``."""
    number = as_number(value, name)
    if number < low or number > high or (above and number == low):
        expected = f"in {'(' if above else '['}{brief(low)}, {brief(high)}]"
        if high == np.inf:
            expected = f"{'above' if above else 'at least'} {brief(low)}"
        raise ValueError(f"{name} must be {expected}, got {brief(number)}")
    return number


def as_confidence(value: object, name: str = "confidence") -> float:
    """The probability of an interval: so near to 1 or 0 that no double tells its tails, it is refused."""
    number = as_number(value, name)
    if not _LEAST_TAIL <= number <= 1.0 - _LEAST_TAIL:
        raise ValueError(f"{name} must be in [1e-9, 1 - 1e-9], got {brief(number)}")
    return number


def index_of(value: object) -> int | None:
    """A whole number of any kind; none of anything else, to which booleans and spans of time belong."""
    try:
        return None if isinstance(value, (bool, np.bool_, np.timedelta64)) else operator.index(value)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  (an object's own conversion may fail in any way)
        return None


def as_whole(value: object, name: str, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    number = index_of(value)
    if number is None:
        raise TypeError(f"{name} must be a whole number, got {shown(value)}")
    if not low <= number <= high:
        raise ValueError(f"{name} must be in [{low}, {brief(high)}], got {shown(number)}")
    return number


def as_floats(
    value: Any, name: str, low: float = -np.inf, high: float = np.inf, *, above: bool = False, endless: bool = False
) -> npt.NDArray[np.float64]:
    """Floats of any shape in [low, high], or with ``above`` in (low, high]; infinity only if ``endless``."""
    array = as_numbers(value, name, "a number or an array of numbers").astype(np.float64)
    bad = ~(((array > low) if above else (array >= low)) & (array <= high) & (endless | np.isfinite(array)))
    if bad.any():
        finite = "finite and " if high == np.inf and not endless else ""
        expected = (
            f"in [{brief(low)}, {brief(high)}]" if high < np.inf else f"{'above' if above else 'at least'} {brief(low)}"
        )
        expected = finite + expected if low > -np.inf else "finite"
        raise ValueError(f"{name} must be {expected}, got {brief(array[bad].flat[0])}")
    return array


def as_numbers(
    value: Any, name: str, expected: str, *, dimensions: tuple[int, ...] = (), counts: bool = False
) -> npt.NDArray[Any]:
    """What NumPy makes of ``value``: whole numbers or floats of at most 64 bits, without gaps.

    A table is refused: an array would have its columns by position. Among ``counts`` a boolean is 0 or 1; elsewhere it
    is no number.
    """
    if getattr(value, "columns", None) is not None and not isinstance(value, pl.LazyFrame):
        names = listed([str(column) for column in value.columns])
        raise TypeError(f"{name} must be {expected}, got a table of the columns {names}: give one by its name")
    length = value.size if isinstance(value, np.ndarray) else len(value) if isinstance(value, _SIZED) else 0
    if length > MAX_ELEMENTS:  # before NumPy takes seconds and gigabytes for it
        raise ValueError(f"{name} must be at most {brief(MAX_ELEMENTS)} numbers, got {brief(length)}")
    try:
        array = np.asarray(value)
    except Exception:  # noqa: BLE001  (ragged, or an object whose own conversion fails in any way)
        array = np.asarray(None)
    if array.dtype.kind == "O" and all(isinstance(x, int) and not isinstance(x, bool) for x in array.flat):
        array = np.array([as_number(x, name) for x in array.flat]).reshape(array.shape)  # beyond 64 bits
    if counts and array.dtype.kind == "b":
        array = array.astype(np.int64)
    if isinstance(value, pl.Series) and value.null_count() and (value.dtype.is_numeric() or value.dtype == pl.Boolean):
        raise ValueError(f"{name}[{value.is_null().arg_max()}] must be a number, got null")  # NumPy has NaN or None
    numeric = array.dtype.kind in "iuf" or array.size == 0
    if not numeric or (dimensions and array.ndim not in dimensions) or np.ma.is_masked(value):
        raise TypeError(f"{name} must be {expected}, got {shown(value)}")
    if array.dtype.itemsize > 8:  # noqa: PLR2004  (a longer float may be too large for a double)
        with np.errstate(over="ignore"):
            array = array.astype(np.float64)
    return array


def together(**arrays: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Arrays in their common shape, which broadcasting must not make huge."""
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
        expected = f" to at most {brief(MAX_ELEMENTS)} elements" if math.prod(shape) > MAX_ELEMENTS else ""
    except ValueError:
        expected, shape = "", None
    if shape is None or expected:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"shapes must broadcast{expected}, got {shapes}")
    return list(np.broadcast_arrays(*arrays.values()))


def as_frame(value: object, name: str) -> pl.DataFrame:
    """A Polars frame; where another kind of table came, the error says how to make one of it."""
    if isinstance(value, pl.DataFrame):
        return value
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    if isinstance(value, pl.LazyFrame):
        instead = f"{name}.collect()"
    elif package == "pandas":
        instead = f"polars.from_pandas({name})"
    elif isinstance(value, dict) or hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__dataframe__"):
        instead = f"polars.DataFrame({name})"
    else:
        raise TypeError(f"{name} must be a polars.DataFrame, got {shown(value)}")
    raise TypeError(f"{name} must be a polars.DataFrame, got a {package}.{kind.__name__}: write {instead}")


def as_query(value: object, name: str) -> pl.LazyFrame:
    """A Polars query."""
    if not isinstance(value, pl.LazyFrame):
        write = f": write {name}.lazy()" if isinstance(value, pl.DataFrame) else ""
        raise TypeError(f"{name} must be a polars.LazyFrame, got {shown(value)}{write}")
    return value


def as_column(
    frame: pl.DataFrame, argument: str, name: str, *, of: Literal["counts", "numbers", "names"] = "counts"
) -> npt.NDArray[Any]:
    """A column of a frame that an argument names, as an array without gaps; among counts a boolean is 0 or 1."""
    frame = as_frame(frame, "frame")
    if not isinstance(name, str) or name not in frame.columns:
        raise ValueError(f"{argument} must name one of the columns {listed(frame.columns, name)}, got {shown(name)}")
    column = frame.get_column(name)
    if of != "names" and not (column.dtype.is_numeric() or (of == "counts" and column.dtype == pl.Boolean)):
        raise TypeError(f"{argument} must be a column of numbers, got {name!r} of type {column.dtype}")
    if str(column.dtype).endswith("128"):
        raise TypeError(f"{argument} must be a column of numbers of at most 64 bits, got {name!r} of {column.dtype}")
    if column.null_count():
        nulls = f"{column.null_count()} nulls in {name!r}, the first in row {column.is_null().arg_max()}"
        raise ValueError(f"{argument} must have a value in every row, got {nulls} (from 0)")
    return np.asarray(column.to_list() if of == "names" else column.to_numpy())


def as_path(value: object, name: str) -> Path:
    """The path of a file or folder."""
    try:
        path = Path(value)  # type: ignore[arg-type]
        good = b"\0" not in os.fsencode(path) and len(str(path)) <= _PATH
    except (TypeError, ValueError):
        good = False
    if not good:
        raise TypeError(f"{name} must be a path, got {shown(value)}")
    return path


def as_threads(value: object) -> int | None:
    """A number of threads; ``None`` is every core."""
    return None if value is None else as_whole(value, "threads", 1, MAX_THREADS)


def check_choice(value: object, name: str, choices: tuple[str, ...]) -> None:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        *others, last = map(repr, choices)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"{name} must be {expected}, got {shown(value)}")


def check_name(value: object, name: str, known: Sequence[str]) -> None:
    """One of many words."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must name some of {listed(known, value)}, got {shown(value)}")


def check_flag(value: object, name: str) -> None:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")


def check_progress(value: Callable[[int, int], object] | None) -> None:
    """Something to call, or nothing."""
    if value is not None and not callable(value):
        raise TypeError(f"progress must be callable, got {shown(value)}")


@contextlib.contextmanager
def naming(what: object) -> Iterator[None]:
    """An error within says first what it is about."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{what}: {error}") from None


def is_sequence(value: Any) -> bool:
    """Whether a value has a length and an order, so that reading it ends; text is no sequence."""
    return (
        not isinstance(value, (str, bytes, bytearray, dict, type))
        and hasattr(value, "__len__")
        and hasattr(value, "__getitem__")
        and getattr(value, "ndim", 1) != 0
    )


def as_array(value: Any, name: str, *, whole: bool = False, counts: bool = False) -> npt.NDArray[Any]:
    """A private, read-only, one-dimensional copy."""
    kind = "whole numbers" if whole else "numbers"
    array = as_numbers(value, name, f"a one-dimensional sequence of {kind}", dimensions=(1,), counts=counts)
    if not np.isfinite(array).all() if array.size else False:
        at = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}[{at}] must be finite, got {array[at]}")
    if whole:
        if array.dtype.kind == "f" and not (array == np.floor(array)).all():
            at = int(np.flatnonzero(array != np.floor(array))[0])
            raise ValueError(f"{name}[{at}] must be a whole number, got {array[at]}")
        if array.size and (np.abs(array.astype(np.float64)) > 2.0**53).any():
            raise ValueError(
                f"{name} must be at most 2**53 in size, got {brief(np.abs(array.astype(np.float64)).max())}"
            )
    array = array.astype(np.int64 if whole else np.float64) + 0  # a copy in which -0.0 is 0.0
    array.flags.writeable = False
    return array


def numbered(names: Iterable[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The different names in the order in which they come, and of each name its number among them."""
    numbers: dict[str, int] = {}
    found = np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
    return list(numbers), found


def as_clusters(value: Any, name: str) -> npt.NDArray[np.int64]:
    """A name for each task as the number of its cluster, from 0 in the order in which they come."""
    if not is_sequence(value):
        raise TypeError(f"{name} must be a sequence with the name of each task's cluster, got {shown(value)}")
    items = value.tolist() if isinstance(value, np.ndarray) else list(value)
    for at, item in enumerate(items):
        if item is None or item != item or is_sequence(item) or isinstance(item, dict):  # noqa: PLR0124  (NaN)
            raise ValueError(f"{name}[{at}] must be the name of a cluster, got {shown(item)}")
    _, found = numbered(map(str, items))
    found.flags.writeable = False
    return found


def is_text(value: str) -> bool:
    """Whether a string can be written."""
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def listed(names: Sequence[str], near: object = None) -> str:
    """Names in an error message: all of a few; of many those like ``near``, and the first."""
    most = 12
    names = [name if len(name) <= _WIDTH else f"{name[: _WIDTH - 3]}..." for name in names]
    if len(names) <= most:
        return str(names)
    close = difflib.get_close_matches(near, names) if isinstance(near, str) else []
    first = list(dict.fromkeys([*close, *names]))[:most]
    return f"{str(first)[:-1]}, ...] ({len(names)} names)"


def brief(number: float) -> str:
    """A number as the core shows it: in full, or with an exponent where that is far shorter."""
    if isinstance(number, int) and number != int(float(number)):
        return str(number)
    full = np.format_float_positional(number, trim="-")
    short = np.format_float_scientific(number, trim="-", exp_digits=1).replace("e+", "e")
    return short if len(full) > len(short) + 3 else full


def shown(value: object) -> str:
    """``value`` in an error message: its repr on one line, cut to 80 characters, or its type where it has none.

    Frames, which are drawn in boxes, are named by their shape.
    """
    try:
        return " ".join(_BOX.sub(r"DataFrame(shape=\1)", repr(value)).split())[:_WIDTH]
    except Exception:  # noqa: BLE001  (a repr may fail in any way; integers of more than 4300 digits have none)
        return f"a value of type {type(value).__name__}"
