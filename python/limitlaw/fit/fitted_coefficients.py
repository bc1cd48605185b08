"""Fitted coefficients: the law that they are, and where one of them says nothing but that its term is gone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw.exhaustion.law import BoundedLaw, ChinchillaLaw, Law, MuennighoffLaw, PenaltyLaw

BASE = ("log_a", "log_b", "log_e", "alpha", "beta")
#: Of a repetition constant: above it four epochs count as more than 3.95, so repeats are as good as new.
_FADELESS = 100.0
#: Of an exponent: above it a term is gone within the range of any table.
_STEEP = 2.0
LEAST_EXPONENT = {"alpha": 0.05, "beta": 0.05, "gamma": 1e-3, "delta": 1e-3, "kappa": 1e-3}
_NO_LOSS = -49.0
_KINDS: dict[str, type[Law]] = {
    "chinchilla": ChinchillaLaw,
    "muennighoff": MuennighoffLaw,
    "penalty": PenaltyLaw,
    "bounded": BoundedLaw,
}


def as_law_of(form: str, values: dict[str, float], log_vocabulary: float) -> Law:
    """The law of these coefficients."""
    rest = {name: float(value) for name, value in values.items() if name not in BASE}
    if form == "bounded":
        rest["log_vocabulary"] = log_vocabulary
    return _KINDS[form](base=tuple(float(values[name]) for name in BASE), **rest)


def runs_off(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where a coefficient says nothing but that its term is gone, or does not fade."""
    if name.startswith("repetition"):
        return np.asarray(values > _FADELESS)
    if name == "log_e":
        return np.asarray(values <= _NO_LOSS)
    if name in LEAST_EXPONENT:
        return np.asarray((values <= LEAST_EXPONENT[name] * (1.0 + 1e-9)) | (values > _STEEP))
    return np.zeros(len(values), dtype=np.bool_)
