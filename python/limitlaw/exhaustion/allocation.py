"""The loss of a run, and the compute-optimal run, under a law when unique tokens are limited."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_confidence, as_floats, shown, together
from limitlaw.exhaustion.law import Law, MixtureLaw
from limitlaw.exhaustion.prior import RowsLawParameters

if TYPE_CHECKING:
    import numpy.typing as npt


def optimal_allocation(
    compute: npt.ArrayLike, unique_tokens: npt.ArrayLike, law: Law | RowsLawParameters, *, confidence: float = 0.95
) -> pl.DataFrame:
    """The compute-optimal parameters, tokens and epochs when only so many unique tokens exist.

    Minimises the law's loss over 6 N D <= C (Hoffmann et al. 2022, approach 3; Muennighoff et al. 2023; the root in
    normalised variables is exact, see ``Law``).

    Args:
        compute: C, FLOP, from 6 to 1e100; a number or an array.
        unique_tokens: U, from 1 to 1e100; a number or an array. Shapes broadcast; the result is flat, in C order.
        law: A law. Of one that is not known for certain (``fit.laws``, ``LawParameters.bootstrap()`` and their
            ``laws``, any mixture) each column is the median over its laws, with the ends of its interval in
            ``<column>_low`` and ``<column>_high``. Rows of coefficients alone say nothing of repeats, which count in
            full: give ``parameters.laws(Law.muennighoff())`` where text is scarce.
        confidence: Of the intervals of a mixture, in (0, 1).

    Returns:
        One row per pair: ``compute`` (FLOP), ``unique_tokens``, ``parameters``, ``tokens`` (repeats counted),
        ``epochs`` (at least 1), ``loss_unconstrained``, ``loss`` and ``excess_loss`` (nats per token), ``lost_compute``
        (orders of magnitude of compute that the shortage wastes), ``marginal_value`` (nats per e-fold of unique
        tokens), ``parameters_unconstrained``, ``tokens_unconstrained``, ``shortage`` = D*/U, ``tokens_per_parameter``,
        ``equivalent_compute`` (FLOP that reach this loss with unlimited data), ``compute_efficiency`` (its share of
        ``compute``), ``marginal_value_per_trillion_tokens`` (nats per token for 1e12 more unique tokens) and
        ``marginal_compute`` (what one more unique token is worth: FLOP of equivalent compute).

    Raises:
        ValueError: An argument is out of range, or shapes do not broadcast.
        TypeError: ``law`` is not a law.

    Example:
        >>> import limitlaw as ll
        >>> run = ll.optimal_allocation(1e22, 25e9, ll.Law.muennighoff_c4()).row(0, named=True)
        >>> round(run["parameters"] / 1e9, 4), round(run["tokens"] / 1e9, 2), round(run["epochs"], 3)
        (7.0262, 237.21, 9.488)
    """
    law = as_law(law)
    _, (c, u) = _broadcast(compute=(compute, 6.0, 1e100), unique_tokens=(unique_tokens, 1.0, 1e100))
    level = as_confidence(confidence) if isinstance(law, MixtureLaw) else None
    columns = _core.law_optima(law.wire()[0], c, u, level)
    return pl.DataFrame({"compute": c, "unique_tokens": u, **columns})


@overload
def loss(  # type: ignore[overload-overlap]  # of a mixture, which is a Law, there is more to say
    law: MixtureLaw | RowsLawParameters,
    parameters: npt.ArrayLike,
    tokens: npt.ArrayLike,
    unique_tokens: npt.ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> pl.DataFrame: ...


@overload
def loss(
    law: Law,
    parameters: npt.ArrayLike,
    tokens: npt.ArrayLike,
    unique_tokens: npt.ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> npt.NDArray[np.float64]: ...


def loss(
    law: Law | RowsLawParameters,
    parameters: npt.ArrayLike,
    tokens: npt.ArrayLike,
    unique_tokens: npt.ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> npt.NDArray[np.float64] | pl.DataFrame:
    """The loss of a run under a law.

    Args:
        law: A law, or one that is not known for certain: a mixture of laws (``fit.laws``), or rows of coefficients
            (``fit.parameters``, ``LawParameters.bootstrap()``).
        parameters: N, from 1e-6 to 1e100; a number or an array.
        tokens: D, training tokens with repeats, in the same range.
        unique_tokens: U, in the same range; above D only D count. All tokens are unique unless given.
        confidence: Of the interval of a law that is not certain, in (0, 1).

    Returns:
        Nats per token, in the broadcast shape of the arguments. Of a law that is not certain a frame, a row per run in
        C order: ``parameters``, ``tokens``, ``unique_tokens``, ``loss`` (the median over its laws), ``low``, ``high``.

    Raises:
        ValueError: An argument is out of range, or shapes do not broadcast.
        TypeError: ``law`` is not a law.

    Example:
        >>> import limitlaw as ll
        >>> ll.loss(ll.Law.besiroglu(), [7e10], [1.4e12]).round(4)
        array([1.9734])
    """
    law = as_law(law)
    unique = tokens if unique_tokens is None else unique_tokens
    shape, (n, d, u) = _broadcast(
        parameters=(parameters, 1e-6, 1e100), tokens=(tokens, 1e-6, 1e100), unique_tokens=(unique, 1e-6, 1e100)
    )
    if isinstance(law, MixtureLaw):
        found = _core.law_losses(law.wire()[0], n, d, u, as_confidence(confidence))
        ends = {"loss": found["loss"], "low": found["loss_low"], "high": found["loss_high"]}
        return pl.DataFrame({"parameters": n, "tokens": d, "unique_tokens": u, **ends})
    losses: npt.NDArray[np.float64] = _core.law_losses(law.wire()[0], n, d, u)["loss"]
    return losses.reshape(shape)


def as_law(law: object) -> Law:
    """A law; of rows of coefficients the law that they leave open. What is neither is refused, with what to take."""
    if isinstance(law, Law):
        return law
    if isinstance(law, RowsLawParameters):
        return law.laws()
    take = {
        "ScalingFit": ": take its law, or its laws",
        "NormalLawParameters": ": draw rows, LawParameters.rows(random.multivariate_normal(mean, covariance, 1000))",
    }.get(type(law).__name__, "")
    raise TypeError(f"law must be a Law, got {shown(law)}{take}")


def _broadcast(
    **named: tuple[npt.ArrayLike, float, float],
) -> tuple[tuple[int, ...], list[npt.NDArray[np.float64]]]:
    """The common shape and the flat arrays; an error names the argument that is out of range."""
    arrays = together(**{name: as_floats(values, name, low, high) for name, (values, low, high) in named.items()})
    return arrays[0].shape, [np.ascontiguousarray(a).ravel() for a in arrays]
