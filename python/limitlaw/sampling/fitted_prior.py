"""The Beta prior that counts say themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw import _core

#: Equally likely populations, whose mean and spread are those of the prior.
_POPULATIONS = 1_000


def fitted(attempts: npt.NDArray[np.int64], correct: npt.NDArray[np.int64]) -> tuple[float, float]:
    """The Beta law with the posterior means of the counts' mean and intra-class correlation; any counts have one.

    Prior of the two: Jeffreys for the mean, uniform for the correlation.
    """
    n, right = attempts.astype(np.float64), correct.astype(np.float64)
    draws = _core.error_rate_draws(n, right, n, right, _POPULATIONS)
    mean, icc = (float(draws[f"false_positive_{name}"].mean()) for name in ("rate", "icc"))
    size = (1.0 - icc) / icc
    return mean * size, (1.0 - mean) * size
