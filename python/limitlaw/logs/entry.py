"""One entry of a log, which knows where it stands: what is missing or of another type is named by file and field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from limitlaw._arguments import listed, shown

#: What says that an attempt is correct, or that it is not.
_RIGHT = {"C": True, "I": False, "N": False, "CORRECT": True, "INCORRECT": False, "pass": True, "fail": False}
_TYPES: dict[type, str] = {dict: "an object", list: "a list", str: "text", int: "a whole number"}


class Entry:
    """An object of a log."""

    def __init__(self, data: Any, place: str, *, top: bool = False) -> None:
        if not isinstance(data, dict):
            raise TypeError(f"{place} must be an object, got {shown(data)}")
        self.data: dict[str, Any] = data
        self.place = place
        #: Whether the place is a file, or a line of it.
        self.top = top

    def __contains__(self, name: str) -> bool:
        return self.data.get(name) is not None

    def where(self, name: str) -> str:
        """The place of a field."""
        return f"{self.place}: {name}" if self.top else f"{self.place}.{name}"

    def get(self, name: str, kind: type) -> Any:
        """A field that must be there."""
        value = self.data.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(
                f"{self.where(name)} must be {_TYPES[kind]}, got {'nothing' if value is None else shown(value)}"
            )
        return value

    def inner(self, name: str) -> Entry:
        """An object within."""
        return Entry(self.get(name, dict), self.where(name))

    def items(self, name: str) -> Iterator[Entry]:
        """The objects of a list within."""
        for i, item in enumerate(self.get(name, list)):
            yield Entry(item, f"{self.where(name)}[{i}]")

    def name(self, field: str) -> str:
        """A name: text, or a whole number."""
        value = self.data.get(field)
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise TypeError(f"{self.where(field)} must be text or a whole number, got {shown(value)}")
        return str(value)

    def number(self, name: str) -> float | None:
        """A number, where there is one."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{self.where(name)} must be a number, got {shown(value)}")
        return float(value)

    def right(self, name: str) -> bool:
        """Whether an attempt is correct, by a field that says so."""
        value = self.data.get(name)
        if isinstance(value, str) and value in _RIGHT:
            return _RIGHT[value]
        if isinstance(value, (bool, int, float)) and value in (0, 1):
            return bool(value)
        raise ValueError(f"{self.where(name)} must be a boolean, 0, 1, 'C' or 'I', got {shown(value)}")

    def choose(self, names: Sequence[str], wanted: str | None, argument: str) -> str:
        """One of several names: the one that is wanted, or the only one."""
        if wanted is None and len(names) == 1:
            return names[0]
        if wanted is None or wanted not in names:
            raise ValueError(
                f"{argument} must be one of {listed(list(names), wanted)} ({self.place}), got {shown(wanted)}"
            )
        return wanted
