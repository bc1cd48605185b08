"""Random numbers a column at a time, from the core's stream: the same bits on every machine and with every NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from limitlaw import _core
from limitlaw.seed import Seed, key_of

Floats = npt.NDArray[np.float64]


class Random:
    """The columns that are drawn with one seed, one after the other."""

    def __init__(self, seed: Seed) -> None:
        self._key = key_of(seed)[0]
        self._columns = 0

    def uniform(self, count: int) -> Floats:
        """Numbers in [0, 1)."""
        return self._column("uniform", count)

    def normal(self, count: int) -> Floats:
        """Standard normal numbers."""
        return self._column("normal", count)

    def below(self, end: npt.ArrayLike, count: int) -> npt.NDArray[np.int64]:
        """Whole numbers from 0 to below ``end``, which is one or ``count``."""
        return self._column("below", count, end).astype(np.int64)

    def beta(self, alpha: Floats, beta: Floats) -> Floats:
        """A number of each Beta law."""
        return self._column("beta", len(alpha), alpha, beta)

    def binomial(self, count: npt.ArrayLike, p: Floats) -> npt.NDArray[np.int64]:
        """How many of ``count`` happen, each with probability ``p``; of one count or of several."""
        return self._column("binomial", len(p), count, p).astype(np.int64)

    def multinomial(self, count: int, shares: Floats) -> npt.NDArray[np.int64]:
        """How many of ``count`` are of each kind, row by row of shares that add to 1 in each."""
        found, left = np.zeros(shares.shape, dtype=np.int64), np.full(len(shares), count)
        rest = np.cumsum(shares[:, ::-1], axis=1)[:, ::-1]  # of a kind and those after it
        for kind in range(shares.shape[1] - 1):
            share = np.divide(shares[:, kind], rest[:, kind], out=np.zeros(len(shares)), where=rest[:, kind] > 0.0)
            found[:, kind] = self.binomial(left, share)
            left -= found[:, kind]
        found[:, -1] = left
        return found

    def permutation(self, count: int) -> npt.NDArray[np.int64]:
        """The numbers from 0 to below ``count`` in random order."""
        return np.asarray(np.argsort(self.uniform(count), kind="stable"))

    def _column(self, law: str, count: int, *parameters: npt.ArrayLike) -> Floats:
        each = [np.broadcast_to(np.asarray(one, dtype=np.float64), count) for one in parameters]
        self._columns += 1
        columns = [np.ascontiguousarray(one) for one in each]
        return _core.variates(law, count, columns, self._key, self._columns - 1)
