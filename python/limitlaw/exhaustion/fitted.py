"""The bundled bootstrap draws of fitted laws, computed for this project.

``chinchilla_bootstrap_4000.csv``: our rerun of the bootstrap of Besiroglu et al. 2024 on the points digitised from
Hoffmann et al. 2022, Figure 4. ``muennighoff_rstar_bootstrap_1000.csv`` and ``lovelace_form_bootstrap_600.csv``: our
refits to the 182 runs of Muennighoff et al. 2023 (huggingface/datablations, Apache-2.0). MIT licensed like the project.
"""

from __future__ import annotations

import functools
import importlib.resources
import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@functools.cache
def fitted_draws(name: str) -> npt.NDArray[np.float64]:
    """The rows of a bundled table, one column per coefficient."""
    text = importlib.resources.files("limitlaw").joinpath("data", name).read_text(encoding="utf-8")
    return np.loadtxt(io.StringIO(text), delimiter=",", skiprows=1)
