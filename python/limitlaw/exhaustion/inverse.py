"""Questions asked backwards: what a loss needs, how few epochs do, what a dataset or a better recipe is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_confidence, as_floats, together
from limitlaw._unused import warn_unused
from limitlaw.exhaustion.allocation import as_law, optimal_allocation
from limitlaw.exhaustion.law import ChinchillaLaw, Law, MixtureLaw
from limitlaw.exhaustion.prior import RowsLawParameters

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["compute_for_loss", "dataset_value", "fewest_epochs", "speed_up", "unique_tokens_for_loss"]

_COMPUTE, _TOKENS = (6.0, 1e100), (1.0, 1e99)
#: What would use unique tokens that a law without repeats does not.
_USER = "law=Law.muennighoff(base=law), under which repeats do not count in full,"


def compute_for_loss(
    law: Law | RowsLawParameters, loss: npt.ArrayLike, unique_tokens: npt.ArrayLike, *, confidence: float = 0.95
) -> pl.DataFrame:
    """The least compute whose compute-optimal run reaches a loss with so many unique tokens.

    Args:
        law: A law, or one that is not known for certain: a mixture of laws (``fit.laws``), or rows of coefficients
            (``LawParameters.bootstrap()``, under which repeats count in full).
        loss: Nats per token, above 0; a number or an array.
        unique_tokens: U, from 1 to 1e99; a number or an array. Shapes broadcast.
        confidence: Of the interval of a law that is not certain, in (0, 1).

    Returns:
        One row per question, in C order: ``loss``, ``unique_tokens``, ``compute`` (FLOP; infinite where no compute
        reaches the loss; the median over a mixture), and with its interval ``compute_low`` and ``compute_high``.

    Where more compute hardly lowers the loss an answer is as sure as the last digit of the loss: ln C is off by at most
    2 ulp(L) / abs(dL/dlnC), or 3e-11; where that is near 1 nothing tells one compute from another. A loss counts as
    reached where the optimum comes within 2 ulp of it, so that what a budget reaches has a finite answer.

    Warns:
        UnusedSettingWarning: The law counts repeats in full, and the run takes more than ``unique_tokens``.

    Source: the root of :func:`limitlaw.optimal_allocation`'s loss in compute; without scarcity Hoffmann et al. 2022,
    ``C = 6 ((L - E)/k0)^(-(alpha + beta)/(alpha beta))``.

    Example:
        >>> import limitlaw as ll
        >>> found = ll.exhaustion.compute_for_loss(ll.Law.muennighoff(), [2.2, 1.9], 1e12)
        >>> [f"{x:.3g}" for x in found["compute"]]
        ['3.88e+21', '7.74e+25']
    """
    named = {"loss": (loss, 1e-6, 1e6), "unique_tokens": (unique_tokens, *_TOKENS)}
    law = as_law(law)
    found = _ask("compute_for_loss", law, named, ["compute"], confidence)
    reached = found.filter(pl.col("compute").is_between(*_COMPUTE))
    if _counts_repeats_in_full(law) and reached.height:
        best = optimal_allocation(reached["compute"].to_numpy(), reached["unique_tokens"].to_numpy(), law)
        if best["epochs"].max() > 1.0:  # type: ignore[operator]
            warn_unused("compute_for_loss", {"unique_tokens": _USER})
    return found


def unique_tokens_for_loss(
    law: Law | RowsLawParameters, loss: npt.ArrayLike, compute: npt.ArrayLike, *, confidence: float = 0.95
) -> pl.DataFrame:
    """The fewest unique tokens with which a budget reaches a loss.

    Args:
        law: As in :func:`compute_for_loss`.
        loss: Nats per token, above 0.
        compute: C, FLOP, from 6 to 1e100. Shapes broadcast.
        confidence: Of the interval of a law that is not certain, in (0, 1).

    Returns:
        One row per question: ``loss``, ``compute``, ``unique_tokens`` (infinite where the budget does not reach the
        loss with any text), and of a mixture its interval.

    Warns:
        UnusedSettingWarning: The law counts repeats in full, so that one token is as good as any number.

    Example:
        >>> import limitlaw as ll
        >>> found = ll.exhaustion.unique_tokens_for_loss(ll.Law.muennighoff(), 2.0, [2e24, 1e25])
        >>> [f"{x:.2g}" for x in found["unique_tokens"]]
        ['1e+11', '9.6e+10']
    """
    named = {"loss": (loss, 1e-6, 1e6), "compute": (compute, *_COMPUTE)}
    law = as_law(law)
    if _counts_repeats_in_full(law):
        warn_unused("unique_tokens_for_loss", {"unique_tokens": _USER})
    return _ask("unique_tokens_for_loss", law, named, ["unique_tokens"], confidence)


def fewest_epochs(
    law: Law | RowsLawParameters,
    compute: npt.ArrayLike,
    unique_tokens: npt.ArrayLike,
    *,
    within: npt.ArrayLike = 0.01,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """The run of fewest epochs whose loss is within so many nats of the compute-optimal one.

    Args:
        law: As in :func:`compute_for_loss`.
        compute: C, FLOP, from 6 to 1e100.
        unique_tokens: U, from 1 to 1e99.
        within: Nats per token, at least 0. Shapes broadcast.
        confidence: Of the interval of a law that is not certain, in (0, 1).

    Returns:
        One row per question: ``compute``, ``unique_tokens``, ``within``, ``epochs`` (at least 1), ``parameters``,
        ``tokens`` (with repeats), ``loss``; of a mixture with intervals.

    Warns:
        UnusedSettingWarning: As of :func:`compute_for_loss`.

    Example:
        >>> import limitlaw as ll
        >>> found = ll.exhaustion.fewest_epochs(ll.Law.muennighoff_c4(), 1e22, 25e9, within=[0, 0.001, 0.01])
        >>> found["epochs"].round(2).to_list()
        [9.49, 7.87, 5.25]
    """
    named = {
        "compute": (compute, *_COMPUTE),
        "unique_tokens": (unique_tokens, *_TOKENS),
        "within": (within, 0.0, 1e6),
    }
    law = as_law(law)
    found = _ask("fewest_epochs", law, named, ["epochs", "parameters", "tokens", "loss"], confidence)
    if _counts_repeats_in_full(law) and found.height and found["epochs"].max() > 1.0:  # type: ignore[operator]
        warn_unused("fewest_epochs", {"unique_tokens": _USER})
    return found


def dataset_value(
    law: Law | RowsLawParameters,
    compute: npt.ArrayLike,
    unique_tokens: npt.ArrayLike,
    added_tokens: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """What more unique tokens are worth to a budget.

    Args:
        law: As in :func:`compute_for_loss`.
        compute: C, FLOP, from 6 to 1e100.
        unique_tokens: U, what there is, from 1 to 1e99.
        added_tokens: Unique tokens of the dataset, from 1 to 1e99. Shapes broadcast.
        confidence: Of the interval of a law that is not certain, in (0, 1).

    Returns:
        One row per question: ``compute``, ``unique_tokens``, ``added_tokens``, ``loss`` without it, ``loss_with`` it,
        ``gain`` (nats per token), ``compute_factor``: by how much compute would have to grow to do as well without it
        (infinite where none would); of a mixture with intervals, which are over one law at a time: that of ``gain`` is
        not the difference of the others.

    Warns:
        UnusedSettingWarning: The law counts repeats in full, so that more unique tokens are worth nothing.

    Example:
        >>> import limitlaw as ll
        >>> found = ll.exhaustion.dataset_value(ll.Law.muennighoff(), 1e24, 2e11, 1e11)
        >>> found.select(pl.col("gain", "compute_factor").round(3)).row(0)
        (0.009, 1.821)
    """
    named = {
        "compute": (compute, *_COMPUTE),
        "unique_tokens": (unique_tokens, *_TOKENS),
        "added_tokens": (added_tokens, *_TOKENS),
    }
    law = as_law(law)
    if _counts_repeats_in_full(law):
        warn_unused("dataset_value", {"added_tokens": _USER})
    return _ask("dataset_value", law, named, ["loss", "loss_with", "gain", "compute_factor"], confidence)


def speed_up(
    law: Law | RowsLawParameters,
    other: Law | RowsLawParameters,
    compute: npt.ArrayLike,
    unique_tokens: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """How much less compute one recipe needs than another for the loss that the other reaches.

    Args:
        law: The law of the recipe, as in :func:`compute_for_loss`.
        other: That of the recipe it is compared with. Two mixtures of equally many laws with equal weights are paired
            law by law, so that bootstraps of one seed over the same runs stay joint; else every two laws are.
        compute: C, FLOP that the other recipe spends, from 6 to 1e100.
        unique_tokens: U, from 1 to 1e99. Shapes broadcast.
        confidence: Of the interval of laws that are not certain, in (0, 1).

    Returns:
        One row per question: ``compute``, ``unique_tokens``, ``loss`` of the other recipe, ``needed``: compute of this
        one for that loss (infinite where it does not reach it), ``speed_up``, the first over the second (0 there); of
        mixtures with intervals.

    Example:
        >>> import limitlaw as ll
        >>> now = dict(zip(["log_a", "log_b", "log_e", "alpha", "beta"], ll.Law.besiroglu().base))
        >>> better = ll.Law.chinchilla(**now | {"log_b": now["log_b"] - 0.1})  # a tenth less loss from few data
        >>> ll.exhaustion.speed_up(better, ll.Law.besiroglu(), 1e24, 1e14)["speed_up"].round(2).to_list()
        [1.31]
    """
    named = {"compute": (compute, *_COMPUTE), "unique_tokens": (unique_tokens, *_TOKENS)}
    return _ask("speed_up", law, named, ["loss", "needed", "speed_up"], confidence, other=as_law(other))


def _counts_repeats_in_full(law: Law) -> bool:
    """To such a law unique tokens are no limit."""
    return all(isinstance(one, ChinchillaLaw) for one in (law.laws if isinstance(law, MixtureLaw) else (law,)))


def _ask(
    question: str,
    law: Law | RowsLawParameters,
    named: dict[str, tuple[npt.ArrayLike, float, float]],
    answers: list[str],
    confidence: float,
    *,
    other: Law | None = None,
) -> pl.DataFrame:
    law = as_law(law)
    given = {name: as_floats(values, name, low, high) for name, (values, low, high) in named.items()}
    columns = dict(zip(given, (array.ravel() for array in together(**given)), strict=True))
    asked = [column.copy() for column in columns.values()]
    asked += [asked[0]] * (3 - len(asked))
    text = None if other is None else other.wire()[0]
    found = _core.law_inverse(question, law.wire()[0], text, asked, as_confidence(confidence))
    ends = ["", "_low", "_high"] if MixtureLaw in (type(law), type(other)) else [""]
    told = {f"{name}{end}": found[f"a{i}{end}"] for i, name in enumerate(answers) for end in ends}
    return pl.DataFrame(columns | told)
