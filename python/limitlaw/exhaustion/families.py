"""The distributions of scenario inputs as settings; ``dist.py`` has the functions that make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from limitlaw import _core
from limitlaw._arguments import as_floats, brief, is_sequence, shown
from limitlaw._declared import FloatArray
from limitlaw._spec import Spec

if TYPE_CHECKING:
    import numpy.typing as npt


class Dist(Spec):
    """A distribution of one input; made by the functions of ``ll.dist``."""

    family: ClassVar[str] = "dist"
    _or_else: ClassVar[str] = " or a number"

    def quantile(self, p: npt.ArrayLike) -> Any:
        """The quantile at each probability: what inputs are drawn by, with no sampling error.

        Args:
            p: Probabilities in (0, 1), of any shape.

        Returns:
            A float, or an array of the shape of ``p``.

        Example:
            >>> import limitlaw as ll
            >>> ll.dist.triangular(0, 1, 4).quantile([0.25, 0.5]).round(4).tolist()
            [1.0, 1.5505]
        """
        shares = as_floats(p, "p")
        if not ((shares > 0) & (shares < 1)).all():
            raise ValueError(f"p must be in (0, 1), got {brief(shares[~((shares > 0) & (shares < 1))].flat[0])}")
        return self._at(_core.dist_quantiles, shares)

    def cdf(self, x: npt.ArrayLike) -> Any:
        """The probability of values up to each of ``x``, which may have any shape.

        Example:
            >>> import limitlaw as ll
            >>> ll.dist.triangular(0, 1, 4).cdf(1.0)
            0.25
        """
        return self._at(_core.dist_probabilities, as_floats(x, "x"))

    def _at(self, of: Callable[..., npt.NDArray[np.float64]], at: npt.NDArray[np.float64]) -> Any:
        found = of(*self.wire(), np.ravel(at)).reshape(at.shape)
        return float(found) if at.ndim == 0 else found

    @classmethod
    def _adapt(cls, value: Any) -> Any:
        """A plain number stands for a constant; a setting checks the type of everything else."""
        if isinstance(value, (Dist, dict, str, bytes)) or value is None:
            return value
        expected = f"must be a Dist or a number, got {shown(value)}: write"
        if callable(getattr(value, "ppf", None)):  # a frozen distribution of SciPy
            raise TypeError(
                f"{expected} ll.dist.from_samples(x.rvs(100_000)) for such an x, or the same law of ll.dist"
            )
        if is_sequence(value) and len(value) == 2:  # noqa: PLR2004  (two ends)
            ends = f"({shown(value[0])}, {shown(value[1])})"
            raise TypeError(f"{expected} ll.dist.lognormal{ends} for a 95 % interval, or ll.dist.uniform{ends}")
        if is_sequence(value) and len(value) > 2:  # noqa: PLR2004  (more)
            raise TypeError(f"{expected} ll.dist.from_samples(values) for values that are equally likely")
        if hasattr(value, "__len__"):
            return value
        try:
            return Constant(value=value)
        except TypeError:
            return value


class Constant(Dist):
    """Always the same value; made by ``constant``, or by a plain number."""

    kind: ClassVar[str] = "constant"
    value: float


class Lognormal(Dist):
    """The logarithm is normal; made by ``lognormal``."""

    kind: ClassVar[str] = "lognormal"
    low: float
    high: float
    interval: float = 0.95


class Normal(Dist):
    """Normal; made by ``normal``."""

    kind: ClassVar[str] = "normal"
    mean: float
    sd: float


class LogitNormal(Dist):
    """The logit is normal; made by ``logit_normal``."""

    kind: ClassVar[str] = "logit_normal"
    mean: float
    sd: float


class Uniform(Dist):
    """Uniform; made by ``uniform``."""

    kind: ClassVar[str] = "uniform"
    low: float
    high: float


class Beta(Dist):
    """Beta; made by ``beta``."""

    kind: ClassVar[str] = "beta"
    a: float
    b: float


class Triangular(Dist):
    """Straight lines up and down; made by ``triangular``."""

    kind: ClassVar[str] = "triangular"
    low: float
    mode: float
    high: float


class Pert(Dist):
    """A beta between two ends around a mode; made by ``pert``."""

    kind: ClassVar[str] = "pert"
    low: float
    mode: float
    high: float
    concentration: float = 4.0


class Quantiles(Dist):
    """Through given quantiles; made by ``quantiles``."""

    kind: ClassVar[str] = "quantiles"
    levels: Sequence[float]
    values: Sequence[float]
    law: Literal["lognormal", "normal", "logit_normal"] = "lognormal"


class Mixture(Dist):
    """One of several distributions; made by ``mixture``."""

    kind: ClassVar[str] = "mixture"
    parts: tuple[Dist, ...]
    weights: Sequence[float]


class Clipped(Dist):
    """Values beyond the bounds are moved to them; made by ``clipped``."""

    kind: ClassVar[str] = "clipped"
    of: Dist
    low: float | None = None
    high: float | None = None


class Metalog(Dist):
    """Three-term metalog; made by ``metalog``."""

    kind: ClassVar[str] = "metalog"
    p10: float
    p50: float
    p90: float
    lower: float | None = None
    upper: float | None = None


class Empirical(Dist):
    """Given values, each as likely; made by ``empirical``."""

    kind: ClassVar[str] = "empirical"
    values: FloatArray
    rows: str | None = None
