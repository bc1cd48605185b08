"""Elementary functions and sums of products: the core's, whose bits are the same on every machine.

NumPy's and the C library's depend on the processor and on the platform: results are made without them, as
tests/test_portable.py checks. A number gives a number, an array an array.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from limitlaw import _core

Array: TypeAlias = npt.NDArray[np.float64]
_X = TypeVar("_X", float, Array)


def asin(x: float) -> float:
    """The arcsine, in radians."""
    return _of("asin", x)


def exp(x: _X) -> _X:
    """e^x."""
    return _of("exp", x)


def exp10(x: _X) -> _X:
    """10^x."""
    return _of("exp10", x)


def expm1(x: _X) -> _X:
    """e^x - 1, exact for tiny x."""
    return _of("expm1", x)


def log(x: _X) -> _X:
    """The natural logarithm; of 0 minus infinity, of less NaN."""
    return _of("log", x)


def log1p(x: _X) -> _X:
    """ln(1 + x), exact for tiny x."""
    return _of("log1p", x)


def log10(x: _X) -> _X:
    """The logarithm to base 10."""
    return _of("log10", x)


def power(x: _X, y: float | Array) -> _X:
    """x^y."""
    return _of("power", x, y)


def logaddexp(x: _X, y: float | Array) -> _X:
    """ln(e^x + e^y)."""
    return _of("logaddexp", x, y)


def hypot(x: float, y: float) -> float:
    """The square root of x^2 + y^2."""
    return _of("hypot", x, y)


def lgamma(x: float) -> float:
    """The logarithm of the gamma function."""
    return _of("lgamma", x)


def erf(x: _X) -> _X:
    """The error function."""
    return _of("erf", x)


def normal_cdf(x: _X) -> _X:
    """P(a standard normal number is at most x)."""
    return _of("normal_cdf", x)


def normal_quantile(p: _X) -> _X:
    """The number that a standard normal one is at most with probability p; infinite at 0 and 1."""
    return _of("normal_quantile", p)


def dot(x: Array, y: Array) -> float:
    """The sum of the products of two columns."""
    return float(products(x[None, :], y[None, :])[0, 0])


def products(table: Array, other: Array) -> Array:
    """``table @ other.T``: of each row of one table and each row of the other, the sum of the products."""
    found = _core.products(*(np.ascontiguousarray(one, dtype=np.float64) for one in (table, other)))
    return found.reshape(len(table), len(other))


def lengths(table: Array, axis: int) -> Array:
    """The Euclidean length of each row (axis 1) or column (axis 0)."""
    return np.asarray(np.sqrt((table**2).sum(axis=axis)))


def right_singular(table: Array) -> tuple[Array, Array]:
    """The singular values, largest first, and their right singular vectors as rows; as many as there are columns."""
    sizes, ways = _core.singular_values(np.ascontiguousarray(table, dtype=np.float64))
    return sizes, ways.reshape(-1, table.shape[1])


def interpolated(x: Array, known: Array, values: Array) -> Array:
    """On straight lines between known points in rising order; before and after them as at the ends."""
    after = np.clip(np.searchsorted(known, x), 1, len(known) - 1)
    low, high = known[after - 1], known[after]
    share = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(values[after - 1] + share * (values[after] - values[after - 1]))


def power_of_two(most: float) -> int:
    """The largest power of two up to a number of at least 1."""
    return 1 << (int(most).bit_length() - 1)


def _of(name: str, x: _X, *others: float | Array) -> _X:
    columns = [np.asarray(one, dtype=np.float64) for one in (x, *others)]
    if others:
        columns = list(np.broadcast_arrays(*columns))
    found = _core.elementary(name, [np.ascontiguousarray(one).ravel() for one in columns])
    shaped: Any = found.reshape(columns[0].shape)
    # As of NumPy's own functions an array of no dimension gives its number.
    of_numpy = any(isinstance(one, np.ndarray | np.generic) for one in (x, *others))
    return cast("_X", shaped[()] if of_numpy else float(shaped))
