"""The base of every setting: frozen, keyword-only, with canonical JSON that round-trips and names it by its bytes."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
import types
import typing
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_whole, check_choice, listed, shown
from limitlaw._declared import Rule, rule_of
from limitlaw._files import parse_json, reading
from limitlaw._hypothesis import born
from limitlaw._inputs import html_of, inputs_of
from limitlaw._lines import line_of
from limitlaw._unused import is_quiet, quietly, warn_unused

#: What crosses into the core is kept up to so many characters and numbers.
_KEPT = 10_000
#: Every concrete setting by (family, kind): how ``from_json`` finds the class.
_REGISTRY: dict[tuple[str, str], type[Spec]] = {}


@typing.dataclass_transform(
    frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(dataclasses.field,)
)
@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spec:
    """A frozen setting. Subclasses declare ``family`` once and ``kind`` in each concrete class.

    A concrete class is a frozen, keyword-only dataclass without a decorator of its own.

    Two settings are equal when their canonical JSON is. Ranges are checked once, by the core, when the object is made.
    """

    family: ClassVar[str]
    kind: ClassVar[str]
    if typing.TYPE_CHECKING:  # on every setting, and no fields
        _stated: ClassVar[frozenset[str]]
        _idle: ClassVar[dict[str, str]]
        _kept: ClassVar[dict[str, Any]]

    def __new__(cls, *_: Any, **given: Any) -> Self:
        self = super().__new__(cls)
        object.__setattr__(self, "_stated", frozenset(given))
        object.__setattr__(self, "_kept", {})
        return self

    #: What else an error says that a setting of this class may be, such as " or a number".
    _or_else: ClassVar[str] = ""
    #: The fields of which only the length crosses into the core.
    _counted: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def _adapt(cls, value: Any) -> Any:
        """What may stand for a setting of this class, as one: by default nothing else may."""
        return value

    @classmethod
    def _presets(cls) -> dict[str, Callable[..., Self]]:
        """The settings of this class that plain data may change, by name: by default none."""
        return {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        born(cls)
        if "kind" in cls.__dict__:
            dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)(cls)
            _REGISTRY[cls.family, cls.kind] = cls

    def __post_init__(self) -> None:
        if not hasattr(self, "kind"):
            raise TypeError(f"{type(self).__name__} is made by one of {listed(_makers(type(self)))}, not by itself")
        for name, rule in _rules(type(self)).items():  # type: ignore[arg-type]  # mypy takes the instances' hash for the class's
            object.__setattr__(self, name, rule(getattr(self, name), name))
        object.__setattr__(self, "_idle", {})
        self._check()
        self.warn_unused(self._stated)

    def _check(self) -> None:
        """Ask the core whether every value is in range, and what has no effect: the name, and what would use it."""
        text, arrays = self.wire()
        self._idle.update(_core.check(self.family, text, arrays))

    def unused(self, names: Collection[str]) -> dict[str, str]:
        """Of the named fields, or paths into them, those that have no effect, each with what would use it."""
        fields = {name.partition(".")[0] for name in names}
        return {name: user for name, user in self._idle.items() if _field(name) in fields}

    def warn_unused(self, names: Collection[str]) -> None:
        """Warn of the named fields that have no effect, or a part of them."""
        if self._idle and not is_quiet():
            warn_unused(type(self).__name__, self.unused(names))

    def to_json(self, *, indent: int | None = None) -> str:
        """Canonical JSON: sorted keys, no white space, shortest floats that read back the same, arrays in full.

        Args:
            indent: Spaces per level, up to 16, for a file that people read; ``None`` is the canonical form.

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.rates(false_positive_rate=0.05).to_json()
            '{"false_negative_rate":0.0,"false_positive_rate":0.05,"kind":"rates"}'
        """
        if indent is None:
            return canonical(self._encode(np.ndarray.tolist))
        indent = as_whole(indent, "indent", 0, 16)
        return json.dumps(self._encode(np.ndarray.tolist), sort_keys=True, allow_nan=False, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: The text is not JSON, names an unknown kind or field, or a value is out of range.
            TypeError: A value has the wrong type, or the text describes another family.
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be a string, got {shown(text)}")
        return cls.from_data(parse_json(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a setting from a ``.toml`` or ``.json`` file; an error names the file."""
        with reading(path) as data:
            return cls.from_data(data)

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read plain data: what ``json.loads`` makes of ``to_json``, or changes to a named ``preset``."""
        if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
            raise TypeError(f"expected an object with a kind for {cls.family}, got {shown(data)}")
        found = _REGISTRY.get((cls.family, data["kind"]))
        if found is None or not issubclass(found, cls):
            known = sorted(k for (family, k), c in _REGISTRY.items() if family == cls.family and issubclass(c, cls))
            raise ValueError(f"kind must be one of {known} for {cls.family}, got {shown(data['kind'])}")
        given = {name: value for name, value in data.items() if name != "kind"}
        if "preset" in given and (presets := found._presets()):  # noqa: SLF001  (a class of this tree)
            check_choice(given["preset"], "preset", tuple(presets))
            return presets[given.pop("preset")](**given)
        _check_names(found, given)
        missing = dataclasses.MISSING
        for field in dataclasses.fields(found):
            if field.name not in given and field.default is missing and field.default_factory is missing:
                raise ValueError(
                    f"{field.name} must be given for {found.__name__}, got the fields {listed(list(given))}"
                )
        if len(given) < len(dataclasses.fields(found)):
            return found(**given)
        # What `to_json` writes states every field: only what differs from its default was written by someone.
        with quietly():
            made = found(**given)
        if made._idle and not is_quiet():  # noqa: SLF001  (of this class)
            defaults = {f.name: _encode(f.default, np.ndarray.tolist) for f in dataclasses.fields(found)}
            made.warn_unused([n for n in given if _encode(getattr(made, n), np.ndarray.tolist) != defaults[n]])
        return made

    def fingerprint(self) -> str:
        """BLAKE2b-128 (hex) of the canonical JSON in which each array stands as its length and its own digest."""
        found = self._kept.get("fingerprint")
        if found is None:
            found = self._kept["fingerprint"] = digest(canonical(self._encode(_array_digest)).encode())
        return str(found)

    def wire(self) -> tuple[str, list[npt.NDArray[np.float64]]]:
        """What crosses into the core: canonical JSON in which arrays are numbered, and the arrays beside it.

        Of names, which the core never reads, only how many there are. Kept where it is short: a setting is frozen.
        """
        if (kept := self._kept.get("wire")) is not None:
            return kept[0], list(kept[1])
        arrays: list[npt.NDArray[np.float64]] = []

        def number(array: npt.NDArray[Any]) -> dict[str, int]:
            arrays.append(np.ascontiguousarray(array, dtype=np.float64))
            return {"array": len(arrays) - 1}

        text = canonical(self._encode(number, crossing=True))
        if len(text) + sum(map(len, arrays)) <= _KEPT:
            self._kept["wire"] = text, tuple(arrays)
        return text, arrays

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked like a new one."""
        _check_names(type(self), changes)
        with quietly():
            made = dataclasses.replace(self, **changes)
        made.warn_unused(changes)
        return made

    def inputs(self) -> pl.DataFrame:
        """A row for each input: ``name``, ``value`` (number or distribution), ``unit``, ``meaning``, ``source``.

        A number without a unit has 1; what is no number (a choice, a name) has none.
        """
        return inputs_of(self, Spec)

    def _repr_html_(self) -> str:
        return html_of(type(self).__name__, self.inputs())

    def _encode(self, encode_array: Any, *, crossing: bool = False) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": self.kind}
        for name in _fields(type(self)):  # type: ignore[arg-type]  # as above
            value = getattr(self, name)
            if crossing and name in self._counted and value is not None:
                value = len(value)
            data[name] = _encode(value, encode_array, crossing=crossing)
        return data

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.fingerprint() == other.fingerprint()

    def __hash__(self) -> int:
        return hash((type(self), self.fingerprint()))

    def __repr__(self) -> str:
        return line_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), {f.name: getattr(self, f.name) for f in dataclasses.fields(self)})


def _rebuild(cls: type[Spec], fields: dict[str, Any]) -> Spec:
    with quietly():
        return cls(**fields)


def _field(name: str) -> str:
    """The field that a part of it belongs to: ``correlations`` of ``correlations[2] (images, video_seconds)``."""
    return re.split(r"[.\[ ]", name, maxsplit=1)[0]


def _makers(kind: type[Spec]) -> list[str]:
    """What makes a setting of an abstract class: its own constructors, or the classes below it."""
    own = [
        name for name, made in vars(kind).items() if isinstance(made, (classmethod, staticmethod)) and name[0] != "_"
    ]
    below = [found.__name__ for found in _REGISTRY.values() if issubclass(found, kind)]
    return [f"{kind.__name__}.{name}" for name in own] or below


@functools.cache
def _fields(cls: type) -> tuple[str, ...]:
    """The names of the fields of a class."""
    return tuple(field.name for field in dataclasses.fields(cls))


@functools.cache
def _rules(cls: type) -> dict[str, Rule]:
    """How the value of each field of a class becomes its declared type."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return {name: rule_of(hints[name]) for name in _fields(cls)}


def _check_names(cls: type[Spec], given: dict[str, Any]) -> None:
    known = _fields(cls)  # type: ignore[arg-type]  # as above
    for name in given:
        if name not in known:
            others = [kind for (family, kind), c in _REGISTRY.items() if family == cls.family and name in _fields(c)]  # type: ignore[arg-type]  # as above
            hint = f", a field of kind {' or '.join(map(repr, sorted(others)))}" if others else ""
            raise ValueError(f"{cls.__name__} has the fields {listed(list(known), name)}, got {shown(name)}{hint}")


def coerce_field(owner: Spec | tuple[Any, ...], name: str, value: Any, label: str) -> Any:
    """``value`` as the type of a field, or of an item of a sequence; a TypeError names it by ``label``."""
    if isinstance(owner, Spec):
        return _rules(type(owner))[name](value, label)  # type: ignore[arg-type]  # as above
    return rule_of(_declared(owner[int(name)]))(value, label)


def _declared(item: Any) -> Any:
    """The type that an item of a sequence is declared as."""
    if isinstance(item, Spec):
        return _family(type(item))
    return types.GenericAlias(tuple, (_declared(item[0]), ...)) if isinstance(item, tuple) else type(item)


def _family(kind: type[Spec]) -> type[Spec]:
    """The class of all settings of a family: the topmost that declares it."""
    return [c for c in kind.__mro__ if "family" in c.__dict__][-1]


def canonical(data: Any) -> str:
    """JSON with sorted keys and no white space: the same text for the same data."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(data: bytes) -> str:
    """BLAKE2b-128 of bytes, in hex."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _array_digest(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"array": digest(array.astype("<f8").tobytes()), "length": len(array)}


def _encode(value: Any, encode_array: Any, *, crossing: bool = False) -> Any:
    if isinstance(value, Spec):
        return value._encode(encode_array, crossing=crossing)  # noqa: SLF001  (another Spec)
    if isinstance(value, np.ndarray):
        return encode_array(value)
    if isinstance(value, tuple):
        return [_encode(v, encode_array, crossing=crossing) for v in value]
    if isinstance(value, dict):
        return {k: _encode(v, encode_array, crossing=crossing) for k, v in value.items()}
    return value
