"""Distributions of scenario inputs: ``ll.dist.lognormal(1e26, 1e28, interval=0.9)`` and the like, or a plain number."""

from __future__ import annotations

import functools
import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from limitlaw._arguments import as_number, brief, is_sequence, shown
from limitlaw._spec import FloatArray, Spec

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "Dist",
    "beta",
    "constant",
    "empirical",
    "log_moments",
    "logit_normal",
    "lognormal",
    "metalog",
    "normal",
    "structural_stock",
    "uniform",
]


class Dist(Spec):
    """A distribution of one input; made by the functions of ``ll.dist``."""

    family: ClassVar[str] = "dist"

    @classmethod
    def _adapt(cls, value: Any) -> Any:
        """A plain number stands for a constant; a setting checks the type of everything else."""
        if isinstance(value, (Dist, dict, str, bytes)) or value is None:
            return value
        expected = f"must be a Dist or a number, got {shown(value)}: write"
        if callable(getattr(value, "ppf", None)):  # a frozen distribution of SciPy
            raise TypeError(f"{expected} ll.dist.empirical(x.rvs(100_000)) for such an x, or the same law of ll.dist")
        if is_sequence(value) and len(value) == 2:  # noqa: PLR2004  (two ends)
            ends = f"({shown(value[0])}, {shown(value[1])})"
            raise TypeError(f"{expected} ll.dist.lognormal{ends} for a 95 % interval, or ll.dist.uniform{ends}")
        if is_sequence(value) and len(value) > 2:  # noqa: PLR2004  (more)
            raise TypeError(f"{expected} ll.dist.empirical(values) for values that are equally likely")
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


def constant(value: float) -> Constant:
    """Always ``value``.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.constant(0.5)
        Constant(value=0.5)
    """
    return Constant(value=value)


def lognormal(low: float, high: float, interval: float = 0.95) -> Lognormal:
    """The logarithm is normal, and ``[low, high]`` is the central interval of that probability.

    Args:
        low: Lower end, positive.
        high: Upper end, above ``low``.
        interval: Probability between them, in (0, 1).

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.lognormal(1, 10, interval=0.90)
        Lognormal(low=1.0, high=10.0, interval=0.9)
    """
    return Lognormal(low=low, high=high, interval=interval)


def log_moments(mean: float, sd: float) -> Lognormal:
    """The lognormal whose logarithm has this mean and standard deviation.

    Example:
        >>> import limitlaw as ll
        >>> round(ll.dist.log_moments(0.0, 1.0).high, 6)
        7.099071
    """
    mean, sd = as_number(mean, "mean"), as_number(sd, "sd")
    half = 1.959963984540054 * sd
    if not sd > 0:
        raise ValueError(f"sd must be positive, got {brief(sd)}")
    if not abs(mean) + half < 700:  # noqa: PLR2004  (the exponential of more is no double)
        expected = "keep both ends of the 95 % interval within e^-700 and e^700"
        raise ValueError(f"mean and sd must {expected}, got {brief(mean)}, {brief(sd)}")
    low, high = math.exp(mean - half), math.exp(mean + half)
    if not high > low:
        raise ValueError(f"sd must be large enough to tell the ends of the 95 % interval apart, got {brief(sd)}")
    return Lognormal(low=low, high=high, interval=0.95)


def normal(mean: float, sd: float) -> Normal:
    """Normal with this mean and standard deviation (above 0).

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.normal(0.4, 0.1)
        Normal(mean=0.4, sd=0.1)
    """
    return Normal(mean=mean, sd=sd)


def logit_normal(mean: float, sd: float) -> LogitNormal:
    """Between 0 and 1: ln(x / (1 - x)) is normal with this mean and standard deviation (above 0).

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.logit_normal(-0.8, 1.0)
        LogitNormal(mean=-0.8, sd=1.0)
    """
    return LogitNormal(mean=mean, sd=sd)


def uniform(low: float, high: float) -> Uniform:
    """Uniform between ``low`` and ``high``.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.uniform(0, 1)
        Uniform(low=0.0, high=1.0)
    """
    return Uniform(low=low, high=high)


def beta(a: float, b: float) -> Beta:
    """Beta on (0, 1) with shapes ``a`` and ``b`` (above 0).

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.beta(2, 5)
        Beta(a=2.0, b=5.0)
    """
    return Beta(a=a, b=b)


def metalog(p10: float, p50: float, p90: float, *, lower: float | None = None, upper: float | None = None) -> Metalog:
    """The three-term metalog through a 10th, 50th and 90th percentile, perhaps bounded.

    ``M(u) = a1 + a2 l + a3 (u - 1/2) l`` with ``l = ln(u / (1 - u))``, of the value, of ``ln(x - lower)``, of
    ``-ln(upper - x)``, or of ``ln((x - lower) / (upper - x))`` (Keelin, *The metalog distributions*, Decision Analysis
    13, 2016).

    Raises:
        ValueError: The percentiles do not rise, lie outside the bounds, or are more skewed than three terms can be.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.metalog(2, 5, 12, lower=0)
        Metalog(p10=2.0, p50=5.0, p90=12.0, lower=0.0, upper=None)
    """
    return Metalog(p10=p10, p50=p50, p90=p90, lower=lower, upper=upper)


def empirical(values: npt.ArrayLike, rows: str | None = None) -> Empirical:
    """One of the given values, each as likely.

    Args:
        values: Shape ``(n,)``.
        rows: A label: inputs with the same label (and equally many values) draw the same row, so that bootstrap rows
            stay joint.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.empirical([1, 2, 3])
        Empirical(values=[1.0, 2.0, 3.0], rows=None)
    """
    return Empirical(values=values, rows=rows)


@functools.cache
def structural_stock() -> Empirical:
    """The stock of the indexed web from its parts (Villalobos et al. 2024, section 2): an input ``text_stock``.

    Pages (LN 95 % [75e9, 1e12]) times bytes per page (LN 95 % [6100, 8200]) over bytes per token (6 - LN 95 % [1, 4];
    draws below 1 are rejected). Returned as 20,000 equally likely values, the quantiles of that distribution.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.ExhaustionScenario(text_stock=ll.dist.structural_stock())
    """
    standard = NormalDist()

    def lognormal_moments(low: float, high: float) -> tuple[float, float]:
        return math.log(low * high) / 2, math.log(high / low) / 2 / standard.inv_cdf(0.975)

    pages, page, bytes_left = ((75e9, 1e12), (6100, 8200), (1, 4))
    (mean_pages, sd_pages), (mean_page, sd_page) = lognormal_moments(*pages), lognormal_moments(*page)
    mean, sd = mean_pages + mean_page, math.hypot(sd_pages, sd_page)
    mean_left, sd_left = lognormal_moments(*bytes_left)
    accepted = standard.cdf((math.log(5) - mean_left) / sd_left)
    nodes = 500
    ln_bytes = [
        math.log(6 - math.exp(mean_left + sd_left * standard.inv_cdf(accepted * (i + 0.5) / nodes)))
        for i in range(nodes)
    ]
    # The distribution function on a grid of ln tokens: the mean over bytes per token of normal probabilities.
    grid = np.linspace(mean - 6 * sd - 2, mean + 6 * sd, 1200)
    below = [sum(standard.cdf((x + b - mean) / sd) for b in ln_bytes) / nodes for x in grid]
    probabilities = (np.arange(20_000) + 0.5) / 20_000
    return Empirical(values=np.exp(np.interp(probabilities, below, grid)))
