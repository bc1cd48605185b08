"""The exceptions for which Python has no word of its own."""

from limitlaw._core import NoClosedFormError

__all__ = ["NoClosedFormError", "StoreError", "VersionError"]


class StoreError(OSError):
    """A store cannot be written (no space, no permission), or a file of it is damaged or missing; the rest is kept."""


class VersionError(ValueError):
    """Numbers of two versions of limitlaw would meet in one sweep."""
