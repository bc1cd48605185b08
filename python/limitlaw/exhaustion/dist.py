"""Distributions of scenario inputs: ``ll.dist.lognormal(1e26, 1e28, interval=0.9)`` and the like, or a plain number."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from limitlaw._arguments import as_number, brief, is_sequence, naming, shown
from limitlaw._elementary import erf, exp, hypot, interpolated, log, normal_cdf, normal_quantile
from limitlaw.exhaustion.families import (
    Beta,
    Clipped,
    Constant,
    Dist,
    Empirical,
    LogitNormal,
    Lognormal,
    Metalog,
    Mixture,
    Normal,
    Pert,
    Quantiles,
    Triangular,
    Uniform,
)

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "Dist",
    "beta",
    "clipped",
    "constant",
    "empirical",
    "from_samples",
    "log_moments",
    "logit_normal",
    "lognormal",
    "metalog",
    "mixture",
    "normal",
    "pert",
    "quantiles",
    "structural_stock",
    "triangular",
    "uniform",
]

#: The most parts of a mixture.
_MOST_PARTS = 10_000


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
    low, high = exp(mean - half), exp(mean + half)
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


def triangular(low: float, mode: float, high: float) -> Triangular:
    """A density that rises in a straight line from ``low`` to ``mode`` and falls in one to ``high``.

    The quantile of u is ``low + sqrt(u (high - low) (mode - low))`` up to the mode, and the mirror image of that beyond
    (Kotz and van Dorp, *Beyond Beta*, 2004, chapter 1).

    Args:
        low: Least value.
        mode: Most likely value, in [low, high].
        high: Greatest value, above ``low``.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.triangular(1e12, 5e12, 2e13)
        Triangular(low=1000000000000.0, mode=5000000000000.0, high=20000000000000.0)
    """
    return Triangular(low=low, mode=mode, high=high)


def pert(low: float, mode: float, high: float, concentration: float = 4.0) -> Pert:
    """Between two ends around a most likely value, with thinner tails than ``triangular``.

    ``low + (high - low) B`` with B a beta of shapes ``1 + c (mode - low)/(high - low)`` and ``1 + c (high - mode)/(high
    - low)``, whose mean is ``(low + c mode + high)/(c + 2)``. With ``c = 4`` this is the distribution of PERT (Malcolm
    et al. 1959; Clark, Operations Research 10, 1962); other c are Vose's modified PERT (*Risk Analysis*, 2008).

    Args:
        low: Least value.
        mode: Most likely value, in [low, high].
        high: Greatest value, above ``low``.
        concentration: c: how strongly values gather around the mode; 0 is uniform; [0, 1e6].

    Example:
        >>> import limitlaw as ll
        >>> round(ll.dist.pert(0, 1, 4).quantile(0.5), 6)
        1.255241
    """
    return Pert(low=low, mode=mode, high=high, concentration=concentration)


def quantiles(
    pairs: Mapping[float, float], law: Literal["lognormal", "normal", "logit_normal"] = "lognormal"
) -> Quantiles:
    """The distribution with these quantiles: ``{0.1: 2e12, 0.75: 9e12}``.

    Two pairs determine the law. With more, what is normal under the law (the logarithm, the value or the logit) is
    piecewise linear in the normal score: straight lines between the pairs, the outer ones going on beyond them. Each
    pair is met exactly.

    Args:
        pairs: Values by their probabilities in (0, 1), at least two, both rising.
        law: ``"lognormal"`` for positive values, ``"normal"``, or ``"logit_normal"`` for shares.

    Raises:
        ValueError: The values do not rise with the probabilities, or are out of the law's range.

    Example:
        >>> import limitlaw as ll
        >>> stock = ll.dist.quantiles({0.1: 2e12, 0.5: 4e12, 0.75: 9e12})
        >>> f"{stock.quantile(0.75):.3g}"
        '9e+12'
    """
    if not isinstance(pairs, Mapping):
        raise TypeError(f"pairs must be a mapping of probabilities to values, got {shown(pairs)}")
    found = sorted((as_number(p, "a probability of pairs"), as_number(x, "a value of pairs")) for p, x in pairs.items())
    return Quantiles(levels=[p for p, _ in found], values=[x for _, x in found], law=law)


def mixture(parts: Sequence[Dist | float], weights: Sequence[float] | None = None) -> Mixture:
    """One of several distributions, chosen anew in every draw.

    The quantile of u is the least x with ``sum of w_i F_i(x) >= u``, to the last digit, so that rank correlations mean
    the same as for any other input.

    Args:
        parts: Distributions or numbers, without ``rows``; at most 10,000.
        weights: Their weights, in any unit; equal by default.

    Example:
        >>> import limitlaw as ll
        >>> stock = ll.dist.mixture([ll.dist.lognormal(1e13, 1e14), 5e14], weights=[3, 1])
        >>> f"{stock.quantile(0.9):.3g}"
        '5e+14'
    """
    if not is_sequence(parts):
        raise TypeError(f"parts must be a sequence of distributions or numbers, got {shown(parts)}")
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"parts must be at most {_MOST_PARTS:,} distributions, got {len(parts):,}")
    return Mixture(
        parts=tuple(parts),  # type: ignore[arg-type]  # a number becomes a constant
        weights=[1.0] * len(parts) if weights is None else weights,
    )


def clipped(of: Dist | float, low: float | None = None, high: float | None = None) -> Clipped:
    """Another distribution whose values beyond the bounds are moved to them.

    Moved, not drawn again: a bound takes all the probability beyond it, and quantiles between the bounds stay as they
    are.

    Args:
        of: A distribution, without ``rows``.
        low: Lower bound, if any.
        high: Upper bound, if any, above ``low``.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.clipped(ll.dist.normal(0.3, 0.2), low=0).quantile([0.01, 0.5]).tolist()
        [0.0, 0.3]
    """
    return Clipped(of=of, low=low, high=high)  # type: ignore[arg-type]  # a number becomes a constant


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


@overload
def from_samples(samples: Sequence[float] | npt.NDArray[Any] | pl.Series, rows: str = ...) -> Empirical: ...
@overload
def from_samples(samples: pl.DataFrame | Mapping[str, Any], rows: str = ...) -> dict[str, Empirical]: ...
def from_samples(samples: Any, rows: str = "samples") -> Any:
    """Samples of another program (a posterior, a simulation, SciPy's ``rvs``) as one input, or as several joint ones.

    Samples of one quantity are drawn *by quantile*: the value is the sample whose rank is that of the draw's normal
    number, so that the input can be correlated with others. The columns of a table are drawn *by index*: all of them
    take the same row in a draw, so that they stay joint, and none of them can be correlated with anything else.

    Args:
        samples: Shape ``(n,)``; or a frame or a mapping of columns of that shape, named as the inputs.
        rows: For a table: a label that no other table of the scenario has.

    Returns:
        A distribution; of a table a dictionary of them, for ``scenario.replace(**...)``.

    Example:
        >>> import limitlaw as ll
        >>> ll.dist.from_samples([3.0, 1.0, 2.0]).quantile(0.5)
        2.0
        >>> joint = ll.dist.from_samples({"compute": [3e25, 5e25], "compute_growth": [4.8, 4.2]})
        >>> scenario = ll.ExhaustionScenario.preset("default").replace(**joint)
    """
    if isinstance(samples, pl.LazyFrame):
        raise TypeError("samples must be a table in memory, got a polars.LazyFrame: collect() it first")
    names = list(samples) if isinstance(samples, Mapping) else getattr(samples, "columns", None)
    if names is None:
        return empirical(samples)
    columns = {}
    for name in names:
        with naming(f"samples[{shown(name)}]"):
            columns[str(name)] = empirical(samples[name], rows=rows)
    lengths = {name: len(column.values) for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"samples must have columns of one length, at least one, got {shown(lengths)}")
    return columns


@functools.cache
def structural_stock() -> Empirical:
    """The stock of the indexed web from its parts (Villalobos et al. 2024, section 2): an input ``text_stock``.

    Pages (LN 95 % [75e9, 1e12]) times bytes per page (LN 95 % [6100, 8200]) over bytes per token (6 - LN 95 % [1, 4];
    draws below 1 are rejected). Returned as 20,000 equally likely values, the quantiles of that distribution.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.ExhaustionScenario(text_stock=ll.dist.structural_stock())
    """

    def lognormal_moments(low: float, high: float) -> tuple[float, float]:
        return log(low * high) / 2, log(high / low) / 2 / normal_quantile(0.975)

    pages, page, bytes_left = ((75e9, 1e12), (6100, 8200), (1, 4))
    (mean_pages, sd_pages), (mean_page, sd_page) = lognormal_moments(*pages), lognormal_moments(*page)
    mean, sd = mean_pages + mean_page, hypot(sd_pages, sd_page)
    mean_left, sd_left = lognormal_moments(*bytes_left)
    accepted = normal_cdf((log(5) - mean_left) / sd_left)
    nodes = 500
    ln_bytes = [log(6 - exp(mean_left + sd_left * normal_quantile(accepted * (i + 0.5) / nodes))) for i in range(nodes)]
    # The distribution function on a grid of ln tokens: the mean over bytes per token of normal probabilities.
    grid = np.linspace(mean - 6 * sd - 2, mean + 6 * sd, 1200)
    scores = (grid[:, None] + ln_bytes - mean) / sd / math.sqrt(2)
    below = np.array([sum(row) / nodes for row in (0.5 * (1 + erf(scores))).tolist()])
    probabilities = (np.arange(20_000) + 0.5) / 20_000
    return Empirical(values=exp(interpolated(probabilities, below, grid)))
