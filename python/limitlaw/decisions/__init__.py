"""Decisions from evidence: which of several systems is better."""

from limitlaw.decisions.systems import compare_systems

__all__ = ["compare_systems"]
