"""Monte Carlo of two limits of AI progress: repeated sampling with imperfect verifiers, and running out of data."""

from limitlaw._core import __version__

__all__ = ["__version__"]
