"""Which limitlaw computes: compared wherever the numbers of two meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from limitlaw import _core
from limitlaw.errors import VersionError

__all__ = ["Versions", "check_versions", "versions"]

#: The version of the package, that of the random stream, and the digest of the sources of the core.
Versions = Mapping[str, str]


def versions() -> dict[str, str]:
    """What computes here."""
    return {"limitlaw": _core.__version__, "stream": _core.STREAM_VERSION, "core": _core.CORE_DIGEST}


def check_versions(name: str, got: Versions, expected: Versions, accepted: Sequence[str]) -> None:
    """Refuse what another version has computed, or would compute, unless its version is among the accepted.

    Raises:
        VersionError: They differ; the message has both.
    """
    if got != expected and got.get("limitlaw") not in accepted:
        raise VersionError(
            f"{name} must be of {_text(expected)}, got {_text(got)}: run one version everywhere, or give each a store "
            "of its own; where the changelog says that no value changed, "
            f"store=ll.Store(path, accept_versions=[{got.get('limitlaw')!r}]) takes both"
        )


def _text(found: Versions) -> str:
    return f"limitlaw {found.get('limitlaw')} (stream {found.get('stream')}, core {found.get('core')})"
