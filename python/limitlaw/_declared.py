"""How a value becomes the type that a field of a setting declares: a rule for each, made once for each class."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np

from limitlaw._arguments import (
    as_array,
    as_clusters,
    as_number,
    check_flag,
    index_of,
    is_sequence,
    is_text,
    naming,
    shown,
)
from limitlaw._dates import as_year

#: A one-dimensional read-only array of floats; any sequence of numbers is accepted (hence ``Any`` for type checkers).
FloatArray = Annotated[Any, "float"]
#: A one-dimensional read-only array of integers; any sequence of whole numbers is accepted.
IntArray = Annotated[Any, "int"]
#: An ``IntArray`` of counts, in which a boolean is 0 or 1.
CountArray = Annotated[Any, "count"]

#: The number of each task's cluster, from 0 in the order in which they come; any sequence of names is accepted.
ClusterArray = Annotated[Any, "cluster"]

#: A year with its fraction; a date or text such as ``"2026-03"`` is accepted.
Year = Annotated[float, "year"]

#: Makes a value, of the argument with a name, the type that a field declares.
Rule = Callable[[Any, str], Any]


def rule_of(hint: Any) -> Rule:  # noqa: PLR0911  (one case per declared type)
    """What makes a value the declared type, so that 4 and 4.0 are one setting; a TypeError names the argument."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint == Year:
        return as_year
    if hint == ClusterArray:
        return as_clusters
    if hint in (FloatArray, IntArray, CountArray):
        return functools.partial(as_array, whole=hint != FloatArray, counts=hint == CountArray)
    if origin in (typing.Union, types.UnionType):
        return _union(args)
    if origin is Literal:
        return functools.partial(_option, args)
    if origin in (tuple, Sequence):  # declared as a sequence where callers build it: they may pass a list
        length = len(args) if origin is tuple and args[-1] is not Ellipsis else None
        return functools.partial(_sequence, rule_of(args[0]), length)
    if isinstance(hint, type) and hasattr(hint, "from_data"):
        return functools.partial(_setting, hint)
    simple: dict[Any, Rule] = {bool: _flag, float: as_number, int: _whole, str: _text}
    if hint in simple:
        return simple[hint]
    raise AssertionError(f"a setting declares the type {hint}, which has no rule")


def _union(args: tuple[Any, ...]) -> Rule:
    """The first option that fits; a scalar is tried before an array."""
    optional = type(None) in args
    options = [(option, rule_of(option)) for option in args if option is not type(None)]
    literal = {option for option in args if typing.get_origin(option) is Literal}

    def rule(value: Any, name: str) -> Any:
        if value is None and optional:
            return None
        tried = options
        if (
            isinstance(value, np.ndarray) and value.ndim
        ):  # no scalar; what it looks like is only said where nothing fits
            tried = [option for option in options if option[0] not in (float, int)] or options
        error: Exception | None = None
        for option, convert in tried:
            if option in literal and not isinstance(value, str):
                continue
            try:
                return convert(value, name)
            except TypeError as failed:
                error = failed
        assert error is not None
        raise error

    return rule


def _option(options: tuple[Any, ...], value: Any, name: str) -> Any:
    for option in options:
        if isinstance(value, type(option)) and value == option:
            return option
    raise ValueError(f"{name} must be one of {list(options)}, got {shown(value)}")


def _sequence(rule: Rule, length: int | None, value: Any, name: str) -> tuple[Any, ...]:
    if not is_sequence(value):
        raise TypeError(f"{name} must be a sequence, got {shown(value)}")
    if length is not None and len(value) != length:
        raise ValueError(f"{name} must hold {length} values, got {shown(value)}")
    return tuple(rule(v, f"{name}[{i}]") for i, v in enumerate(value))


def _flag(value: Any, name: str) -> bool:
    check_flag(value, name)
    return bool(value)


def _whole(value: Any, name: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    number = index_of(value)
    if number is None:
        raise TypeError(f"{name} must be a whole number, got {shown(value)}")
    as_number(number, name)  # the core reads a float
    return number


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {shown(value)}")
    if not is_text(value):
        raise ValueError(f"{name} must be Unicode text, got {shown(value)}")
    return str(value)


def _setting(kind: Any, value: Any, name: str) -> Any:
    if isinstance(value, kind):
        return value
    with naming(name):
        value = kind.from_data(value) if isinstance(value, dict) else kind._adapt(value)  # noqa: SLF001  (of a setting)
    if isinstance(value, kind):
        return value
    raise TypeError(f"{name} must be a {kind.__name__}{kind._or_else}, got {shown(value)}")  # noqa: SLF001  (as above)
