"""A setting in one line: in full where that is short, else what differs from the defaults, nested scalars included."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["line_of"]

#: The most characters of a line in full, and of one that shows what differs from the defaults.
_LINE, _LONG_LINE = 120, 240


def line_of(setting: Any) -> str:
    """The repr of a setting, which is a frozen dataclass with a ``family``."""
    values = {f.name: (getattr(setting, f.name), f.default) for f in dataclasses.fields(setting)}
    full = _call(setting, {name: _show(value) for name, (value, _) in values.items()})
    if len(full) <= _LINE:
        return full
    changed = {name: value for name, (value, default) in values.items() if _show(value) != _show(default)}
    short = full
    for show in (_show_scalars, _show_short):
        short = _call(setting, {name: show(value) for name, value in changed.items()})
        if len(short) <= _LONG_LINE:
            return short
    return f"{short[: _LONG_LINE - 4]}...)"


def _is_setting(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and hasattr(value, "family")


def _call(setting: Any, texts: dict[str, str]) -> str:
    return f"{type(setting).__name__}({', '.join(f'{name}={text}' for name, text in texts.items())})"


def _show_scalars(value: Any) -> str:
    """A nested setting with its own scalars, as far as they differ from their defaults."""
    if _is_setting(value):
        fields = [(field.name, getattr(value, field.name), field.default) for field in dataclasses.fields(value)]
        changed = {name: _show_scalars(found) for name, found, default in fields if _show(found) != _show(default)}
        return _call(value, changed)
    if isinstance(value, tuple) and any(map(_is_setting, value)):
        return f"({', '.join(map(_show_scalars, value))})"
    return _show_short(value)


def _show_short(value: Any) -> str:
    if _is_setting(value):
        return type(value).__name__
    if isinstance(value, tuple) and any(map(_is_setting, value)):
        return f"({', '.join(map(_show_short, value))})"
    if isinstance(value, (np.ndarray, tuple)) and len(value) > 4:  # noqa: PLR2004
        return f"<{len(value)} values>"
    return _show(value)


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{len(value)} values in [{value.min():g}, {value.max():g}]>" if len(value) > 4 else str(value.tolist())  # noqa: PLR2004
    if isinstance(value, tuple) and len(value) > 8:  # noqa: PLR2004
        return f"({value[0]!r}, ..., {value[-1]!r}; {len(value)} values)"
    return repr(value)
