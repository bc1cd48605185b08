"""The inputs of a setting as a table: name, value, meaning with its unit, source; from its fields and its docstring."""

from __future__ import annotations

import dataclasses
import html
import inspect
import re
from typing import Any

import polars as pl

__all__ = ["html_of", "inputs_of"]

#: One entry of an ``Args`` or ``Attributes`` section.
_ENTRY = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
#: What is said in brackets about where a default comes from.
_SOURCE = re.compile(r"\(((?:[^()]*\b(?:V24|E30|B24|M23|ours|Epoch|Ho et al|Llama 3|Longpre|Gerstgrasser)\b)[^()]*)\)")


def inputs_of(setting: Any, kind: type) -> pl.DataFrame:
    """A row for each scalar or distribution of a setting, nested ones under ``name.field``.

    Args:
        setting: A setting: a dataclass.
        kind: The class of nested settings.
    """
    rows = list(_rows(setting, "", kind))
    names = ("name", "value", "meaning", "source")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def html_of(heading: str, *frames: pl.DataFrame) -> str:
    """Frames as a notebook shows them, below a heading."""
    with pl.Config(tbl_rows=60, tbl_cols=12, fmt_str_lengths=80, tbl_hide_dataframe_shape=True):
        tables = "".join(frame._repr_html_() for frame in frames)
    return f"<strong>{html.escape(heading)}</strong>{tables}"


def _rows(setting: Any, prefix: str, kind: type) -> Any:
    documented = _documented(type(setting))
    for field in dataclasses.fields(setting):
        value = getattr(setting, field.name)
        name, said = f"{prefix}{field.name}", documented.get(field.name, "")
        items = [(name, value)]
        if isinstance(value, tuple) and value and all(isinstance(item, kind) for item in value):
            items = [(f"{name}.{i}", item) for i, item in enumerate(value)]
        for path, item in items:
            if isinstance(item, kind) and getattr(item, "family", "") != "dist":
                yield (path, type(item).__name__, _meaning(said), "")
                yield from _rows(item, f"{path}.", kind)
            elif item is not None:
                default = field.default is not dataclasses.MISSING and repr(field.default) == repr(value)
                found = _SOURCE.search(said)
                source = "given" if not default else found[1] if found else "default"
                yield (path, _short(item), _meaning(said), source)


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


def _documented(kind: type) -> dict[str, str]:
    """What the docstring says of each field."""
    text = inspect.cleandoc(kind.__doc__ or "")
    return {name: re.sub(r"\s+", " ", said) for name, said in _ENTRY.findall(text)}


def _meaning(said: str) -> str:
    """The first clause: what it is, and its unit."""
    return said.split(";", maxsplit=1)[0].rstrip(".").strip().replace("``", "")
