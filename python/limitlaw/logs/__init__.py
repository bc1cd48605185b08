"""Logs of evaluation harnesses, read as one row per attempt."""

from limitlaw.logs.read import read_attempts

__all__ = ["read_attempts"]
