"""What to type where an extra is missing: limitlaw again, from where it was installed, with the extra in brackets."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["command_for"]


def command_for(extra: str) -> str:
    """The command that installs an extra; pip keeps where a clone or a wheel came from (PEP 610)."""
    return f"pip install '{_source()}[{extra}]'"


def _source() -> str:
    import importlib.metadata  # noqa: PLC0415  (slow to import, and only here)
    import urllib.parse  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    try:
        said = json.loads(importlib.metadata.distribution("limitlaw").read_text("direct_url.json") or "{}")
        url = urllib.parse.urlparse(said.get("url", ""))
    except (importlib.metadata.PackageNotFoundError, AttributeError, ValueError):
        return "limitlaw"
    path = Path(urllib.request.url2pathname(url.path))
    return str(path) if url.scheme == "file" and path.exists() else "limitlaw"
