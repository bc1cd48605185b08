"""Settings without effect: one warning for each, at the line that made them."""

from __future__ import annotations

import contextlib
import contextvars
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Whether settings are made that no one wrote: copies, points of a grid, what a function derives from a scenario.
_QUIET = contextvars.ContextVar("quiet", default=False)
#: Through whose frames a setting is made.
_PACKAGES = ("limitlaw", "dataclasses")


class UnusedSettingWarning(UserWarning):
    """A setting that was given has no effect beside the others; the message says what would use it."""


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Within it nothing is said about settings without effect."""
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)


def is_quiet() -> bool:
    """Whether nothing would be said now."""
    return _QUIET.get()


def warn_unused(owner: str, unused: Mapping[str, str]) -> None:
    """Say of each setting what would use it, at the line outside this package that made it."""
    if is_quiet():
        return
    for name, user in unused.items():
        warn_at_user(f"{owner}: {name} has no effect; {user} would use it")


def warn_at_user(message: str, category: type[Warning] = UnusedSettingWarning) -> None:
    """Warn at the line outside this package that called it."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001  (warnings themselves skip packages from Python 3.12 on only)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _PACKAGES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
