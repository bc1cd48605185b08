"""Assertions about samples: one distribution, and the coverage of an interval; each with a stated false-alarm rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from limitlaw._arguments import as_confidence, as_floats, as_share
from limitlaw.closed_form._evaluate import evaluate

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


def assert_same_distribution(
    first: npt.ArrayLike, second: npt.ArrayLike | Callable[[Array], npt.ArrayLike], *, false_alarm: float = 1e-6
) -> None:
    """Two samples come from one distribution, or one sample from that of a cumulative distribution function.

    The largest distance of the two distribution functions (Kolmogorov and Smirnov) is compared with what it exceeds by
    chance with a probability of at most ``false_alarm``, for samples of any size and any law, ties and all: by
    Massart's bound for a function, by that of Wei and Dudley for two samples of equal size, and by the sum of two of
    Massart's for others. With the samples fixed (by a seed) the outcome is always the same. What differs by little
    passes: among 10,000 draws each distances below .039 do, at the default.

    Args:
        first: Independent draws, shape ``(draws,)``.
        second: Independent draws too, or the cumulative distribution function that the first should have: of an array
            of numbers, the probability of being at most each. Where that function jumps the bound holds too.
        false_alarm: The largest probability of a failure by chance, in (0, 1).

    Raises:
        AssertionError: The distance is too large; the message says where.
        ValueError: A sample is empty or not finite, or the function gives no probabilities.

    Source: Massart, Annals of Probability 18 (1990); Wei and Dudley, Statistics and Probability Letters 82 (2012).

    Example:
        >>> import numpy as np
        >>> draws = np.random.default_rng(7).uniform(size=1_000)
        >>> assert_same_distribution(draws, lambda x: np.clip(x, 0, 1))
        >>> try:
        ...     assert_same_distribution(draws, draws + 0.3)
        ... except AssertionError as error:
        ...     print(str(error).partition(" at 0.3")[0])
        two samples of 1000 and 1000 must have distribution functions at most 0.122 apart, got 0.319
    """
    draws = _sample("first", first)
    false_alarm = as_share(false_alarm, "false_alarm", inside=True)
    massart = math.sqrt(math.log(2.0 / false_alarm) / (2.0 * len(draws)))
    if callable(second):
        places, below = np.unique(draws, return_counts=True)
        of_sample = np.cumsum(below) / len(draws)
        wanted = as_floats(second(places), "second", 0.0, 1.0)
        if wanted.shape != places.shape:
            raise ValueError(f"second must give {len(places)} probabilities, got the shape {wanted.shape}")
        # Just below a draw the sample's function is that of the draws before it, and the law's at most what it is here.
        before = as_floats(second(np.nextafter(places, -math.inf)), "second", 0.0, 1.0)
        apart = np.maximum(np.abs(of_sample - wanted), np.abs(np.concatenate([[0.0], of_sample[:-1]]) - before))
        said, allowed = f"a sample of {len(draws)} must have a distribution function", massart
    else:
        others = _sample("second", second)
        places = np.unique(np.concatenate([draws, others]))
        shares = [np.searchsorted(np.sort(x), places, side="right") / len(x) for x in (draws, others)]
        apart = np.abs(shares[0] - shares[1])
        said = f"two samples of {len(draws)} and {len(others)} must have distribution functions"
        if len(draws) == len(others):
            allowed = math.sqrt(math.log(math.e / false_alarm) / len(draws))
        else:
            allowed = sum(math.sqrt(math.log(4.0 / false_alarm) / (2.0 * len(x))) for x in (draws, others))
    worst = int(np.argmax(apart))
    if apart[worst] > allowed:
        raise AssertionError(
            f"{said} at most {allowed:.3g} apart, got {apart[worst]:.3g} at {places[worst]:.6g} "
            f"(false alarms: {false_alarm:g})"
        )


def assert_covers(
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    truth: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    false_alarm: float = 1e-6,
) -> None:
    """An interval holds the truth at least as often as its confidence says, over repeated data sets.

    The number of intervals that do is binomial; an interval that keeps its word fails with a probability of at most
    ``false_alarm`` (exact, as Clopper and Pearson's limit). One that covers too little by a difference d is noticed
    with about ``14 confidence (1 - confidence) / d**2`` data sets at the default. That it is too wide is not noticed.

    Args:
        low: Lower ends, one for each data set, shape ``(sets,)``; -inf for none.
        high: Upper ends; inf for none.
        truth: The true value, one for all or one for each.
        confidence: What the interval promises, in (0, 1).
        false_alarm: The largest probability of a failure by chance, in (0, 1).

    Raises:
        AssertionError: Too few intervals hold the truth; the message says how many.
        ValueError: An end is NaN, ends are in the wrong order, or there are none.

    Example:
        >>> import limitlaw as ll, numpy as np
        >>> correct = np.random.default_rng(7).binomial(1, 0.3, (300, 50))
        >>> found = [ll.pass_at_k(1, row, 1).row(0, named=True) for row in correct]
        >>> assert_covers([row["low"] for row in found], [row["high"] for row in found], 0.3)
    """
    ends = [as_floats(x, name, endless=True) for name, x in (("low", low), ("high", high), ("truth", truth))]
    try:
        below, above, value = np.broadcast_arrays(*(np.atleast_1d(x) for x in ends))
    except ValueError:
        raise ValueError(f"low, high and truth must be equally long, got {[x.shape for x in ends]}") from None
    confidence = as_confidence(confidence)
    false_alarm = as_share(false_alarm, "false_alarm", inside=True)
    if below.ndim != 1 or not below.size:
        raise ValueError(f"low must have a number for each data set, got the shape {below.shape}")
    if (below > above).any():
        at = int(np.argmax(below > above))
        raise ValueError(f"low must be at most high, got {below[at]} and {above[at]} of data set {at} (from 0)")
    sets, hits = len(value), int(((below <= value) & (value <= above)).sum())
    # The largest coverage with which so few, or fewer, have a probability of false_alarm.
    shapes = {"alpha": hits + 1.0, "beta": float(sets - hits), "p": 1.0 - false_alarm}
    most = 1.0 if hits == sets else float(evaluate("beta_quantile", shapes)[0])
    if most < confidence:
        raise AssertionError(
            f"{sets} intervals must hold the truth with probability {confidence:g}, got {hits} that do "
            f"({hits / sets:.3g}; at most {most:.3g}, false alarms: {false_alarm:g})"
        )


def _sample(name: str, values: npt.ArrayLike) -> Array:
    sample = as_floats(values, name)
    if sample.ndim != 1 or not sample.size or not np.isfinite(sample).all():
        raise ValueError(f"{name} must be a sequence of finite numbers, got the shape {sample.shape}")
    return sample
