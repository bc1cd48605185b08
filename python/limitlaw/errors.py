"""The exceptions and warnings for which Python has no word of its own."""

from limitlaw._core import NoClosedFormError
from limitlaw._unused import UnusedSettingWarning

__all__ = ["MisfitWarning", "NoClosedFormError", "StoreError", "UnitsWarning", "UnusedSettingWarning", "VersionError"]


class StoreError(OSError):
    """A store cannot be written (no space, no permission), or a file of it is damaged or missing; the rest is kept."""


class VersionError(ValueError):
    """Numbers of two versions of limitlaw would meet in one sweep."""


class MisfitWarning(UserWarning):
    """What the data are taken for does not go with them: what is concluded may be wrong by more than it says.

    A fitted population does not give the data back, an estimate from observed shares lies outside the interval of the
    rates that the attempts leave open, or the attempts of a log ended with the first success.
    """


class UnitsWarning(UserWarning):
    """Numbers look like another unit or another column than the one asked for."""
