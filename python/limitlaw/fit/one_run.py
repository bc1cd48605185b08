"""One further run: how far from a fitted line or law it may lie, beyond what few residuals have shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limitlaw.closed_form._evaluate import evaluate

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def scatter(residuals: Floats, *, coefficients: int, independent: int, points: int) -> Floats:
    """Residuals of one further run, at the middle of so many equal shares of its distribution; rising.

    Residuals of the fit are enlarged by ``sqrt(n / (n - coefficients))``. The i-th of n stands at the share i / (n +
    1), as a further run is as likely in each gap; beyond the outermost, where residuals say nothing, a run lies as far
    as theirs or as Student's t with the remaining degrees of freedom, whichever is farther. n is the number of
    ``independent`` runs, or clusters of them.
    """
    left = independent - coefficients
    residuals = residuals * np.sqrt(independent / left)
    shares = (np.arange(points) + 0.5) / points
    found = np.quantile(residuals, shares, method="weibull")
    tail = np.minimum(shares, 1.0 - shares)
    beyond = tail < 1.0 / (independent + 1.0)
    if beyond.any():
        # Student's t by the distribution of df / (df + t^2), a Beta.
        x = evaluate("beta_quantile", {"alpha": left / 2.0, "beta": 0.5, "p": 2.0 * tail[beyond]})[0]
        t = np.sqrt((residuals**2).mean() * left * (1.0 - x) / np.maximum(x, 1e-300))
        low = shares[beyond] < 0.5  # noqa: PLR2004  (a half)
        found[beyond] = np.where(low, np.minimum(found[beyond], -t), np.maximum(found[beyond], t))
    return np.asarray(found)
