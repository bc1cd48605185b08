"""The whole foreign interface on one page."""

from typing import Any

import numpy as np
import numpy.typing as npt

__version__: str
STREAM_VERSION: str
DEBUG_BUILD: bool

class NoClosedFormError(NotImplementedError): ...

def check(family: str, spec: str, arrays: list[npt.NDArray[np.float64]]) -> None: ...
