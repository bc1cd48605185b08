"""The exceptions for which Python has no word of its own."""

from limitlaw._core import NoClosedFormError

__all__ = ["NoClosedFormError"]
