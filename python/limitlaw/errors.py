"""The exceptions for which Python has no word of its own."""

from limitlaw._core import NoClosedFormError

__all__ = ["NoClosedFormError", "StoreError"]


class StoreError(OSError):
    """A store cannot be written: no space, no permission. What was finished before is kept."""
