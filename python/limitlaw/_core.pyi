"""The whole foreign interface on one page."""

from typing import Any

import numpy as np
import numpy.typing as npt

__version__: str
STREAM_VERSION: str
DEBUG_BUILD: bool

class NoClosedFormError(NotImplementedError): ...

def check(family: str, spec: str, arrays: list[npt.NDArray[np.float64]]) -> None: ...
def stream_words(
    key: list[int], replicate: int, stream: int, chunk: int, first_block: int, blocks: int
) -> npt.NDArray[np.uint64]: ...
def closed_form(
    name: str, columns: list[npt.NDArray[np.float64]], shared: list[npt.NDArray[np.float64]]
) -> list[npt.NDArray[np.float64]]: ...
