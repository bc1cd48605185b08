"""The inputs of a setting as a table: name, value, unit, meaning, source; from its fields and the docstrings."""

from __future__ import annotations

import dataclasses
import html
import inspect
import re
from typing import Any

import polars as pl

__all__ = ["html_of", "inputs_of"]

#: One entry of an ``Args`` or ``Attributes`` section.
_ENTRY = re.compile(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {8}.+)*)", re.MULTILINE)
#: Which maker a class names in its docstring, and the field that an argument of a maker becomes under another name.
_MAKER = re.compile(r"made by ``\w+\.(\w+)``")
_FIELD = re.compile(r" \(field ``(\w+)``\)")
#: A unit, as docstrings state it behind what a number is: ``Raw public text at 2024.0 [tokens]``.
_UNIT = re.compile(r" \[([a-zA-Z][^\],]*)\]")
#: What is said in brackets about where a default comes from.
_SOURCE = re.compile(r"\(((?:[^()]*\b(?:V24|E30|B24|M23|ours|Epoch|Ho et al|Llama 3|Longpre|Gerstgrasser)\b)[^()]*)\)")


def inputs_of(setting: Any, kind: type) -> pl.DataFrame:
    """A row for each scalar or distribution of a setting, nested ones under ``name.field``.

    Args:
        setting: A setting: a dataclass.
        kind: The class of nested settings.
    """
    rows = list(_rows(setting, "", kind))
    names = ("name", "value", "unit", "meaning", "source")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def html_of(heading: str, *frames: pl.DataFrame) -> str:
    """Frames as a notebook shows them, below a heading."""
    with pl.Config(tbl_rows=60, tbl_cols=12, fmt_str_lengths=80, tbl_hide_dataframe_shape=True):
        tables = "".join(frame._repr_html_() for frame in frames)
    return f"<strong>{html.escape(heading)}</strong>{tables}"


def _rows(setting: Any, prefix: str, kind: type) -> Any:
    documented = _documented(type(setting), kind)
    for field in dataclasses.fields(setting):
        value = getattr(setting, field.name)
        name, said = f"{prefix}{field.name}", documented.get(field.name, "")
        items = [(name, value)]
        if isinstance(value, tuple) and value and all(isinstance(item, kind) for item in value):
            items = [(f"{name}.{i}", item) for i, item in enumerate(value)]
        for path, item in items:
            if isinstance(item, kind) and getattr(item, "family", "") != "dist":
                yield (path, type(item).__name__, "", _meaning(said), "")
                yield from _rows(item, f"{path}.", kind)
            elif item is not None:
                unit = _unit(said, item)
                default = field.default is not dataclasses.MISSING and repr(field.default) == repr(value)
                found = _SOURCE.search(said) if unit else None
                source = "given" if not default else found[1] if found else "default"
                yield (path, _short(item), unit, _meaning(said), source)


def _unit(said: str, value: Any) -> str:
    """The unit that is stated; 1 of a number without, nothing of what is no number."""
    parts = value
    while isinstance(parts, tuple) and parts:
        parts = parts[0]
    if isinstance(parts, (str, bool)):
        return ""
    found = _UNIT.search(said)
    return found[1] if found else "1"


def _short(value: Any) -> str:
    if dataclasses.is_dataclass(value):  # a distribution
        parts = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        inner = ", ".join(f"{name}={one:.6g}" if isinstance(one, float) else f"{name}={one}" for name, one in parts)
        return (
            f"{inner.removeprefix('value=')}"
            if type(value).__name__ == "Constant"
            else f"{type(value).__name__}({inner})"
        )
    if hasattr(value, "shape"):
        numbers = value.tolist()
        return str(numbers) if len(numbers) <= 8 else f"{len(numbers)} numbers in [{min(numbers):g}, {max(numbers):g}]"  # noqa: PLR2004
    if isinstance(value, tuple) and len(value) > 8:  # noqa: PLR2004
        return f"{len(value)} values, {value[0]} to {value[-1]}"
    return str(value)


def _documented(setting: type, kind: type) -> dict[str, str]:
    """What is said of each field: by its class, else by what makes it, else by what makes others of its family."""
    families = [base for base in setting.__mro__[1:] if base is not kind and issubclass(base, kind)]
    makers = {
        name: made.__func__
        for base in families
        for name, made in vars(base).items()
        if isinstance(made, (classmethod, staticmethod)) and name[0] != "_"
    }
    named = _MAKER.search(setting.__doc__ or "")
    own = makers.pop(named[1], None) if named else None
    documented: dict[str, str] = {}
    for source in (setting, own, *makers.values()):
        for names, said in _ENTRY.findall(inspect.cleandoc((source and source.__doc__) or "")):
            field = _FIELD.search(said)
            for name in [field[1]] if field else names.split(", "):
                documented.setdefault(name, re.sub(r"\s+", " ", _FIELD.sub("", said)))
    return documented


def _meaning(said: str) -> str:
    """The first clause, without its unit: what it is."""
    return _UNIT.sub("", re.split(r"; |\. ", said, maxsplit=1)[0]).rstrip(".").strip().replace("``", "")
