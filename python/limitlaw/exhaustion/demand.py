"""Why a developer trains on more tokens than is compute-optimal: serving the model, and selling it.

Both keep the training budget C = 6 N D and move the split. At the compute optimum the reducible loss is shared so that
``A N^-alpha / (B D^-beta) = beta / alpha``; serving multiplies this ratio by a factor, selling by another, and
everything follows from the factor: with ``ln factor = s``, N falls by ``exp(s/(alpha + beta))`` and D rises by as
much, so tokens per parameter are ``exp(2 s/(alpha + beta))`` times optimal (the ``overtraining`` of an exhaustion
scenario).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_floats, as_number, brief, shown, together
from limitlaw._elementary import exp, log, logaddexp, power
from limitlaw.exhaustion.law import BESIROGLU, ChinchillaLaw, Law, MuennighoffLaw, PenaltyLaw

Number = float | npt.ArrayLike
Floats = npt.NDArray[np.float64]


class Coefficients(NamedTuple):
    """The coefficients of ``L = E + A N^-alpha + B D^-beta``."""

    log_a: float
    log_b: float
    log_e: float
    alpha: float
    beta: float


def coefficients(law: Law) -> Coefficients:
    """The base of a law: what it says where no token is repeated (Besiroglu's where a scenario would draw it).

    Raises:
        TypeError: The law is a mixture, or not a law.

    Example:
        >>> import limitlaw as ll
        >>> coefficients(ll.Law.besiroglu()).alpha
        0.34781303
    """
    if not isinstance(law, (ChinchillaLaw, MuennighoffLaw, PenaltyLaw)):
        raise TypeError(f"law must be a Law with a power-law base, got {shown(law)}")
    return Coefficients(*(law.base or BESIROGLU))


def inference_overtraining(inference_ratio: Number, law: Law) -> Floats:
    """Tokens per parameter, over optimal, if ``inference_ratio`` tokens are served per token trained on.

    Minimising ``6 N D + 2 N I`` at a given loss gives ``alpha A N^-alpha 3D/(3D + I) = beta B D^-beta`` (Sardana &
    Frankle 2024, arXiv 2401.00448). With I = rho D the factor is ``1 + rho/3``, whatever the budget, so the
    overtraining is ``(1 + rho/3)^(2/(alpha + beta))``. No inference gives the compute optimum.

    Args:
        inference_ratio: rho = I/D, served tokens per training token, from 0 to 1e12; any shape.
        law: The scaling law.

    Returns:
        Tokens per parameter over optimal, >= 1, in the shape of ``inference_ratio``.

    Raises:
        ValueError: The ratio is out of range.
        TypeError: The law has no power-law base.

    Example:
        >>> import limitlaw as ll
        >>> inference_overtraining([0, 3], law=ll.Law.besiroglu()).round(2).tolist()
        [1.0, 6.98]
    """
    base = coefficients(law)
    rho = as_floats(inference_ratio, "inference_ratio", 0.0, 1e12)
    return power(1 + rho / 3, 2 / (base.alpha + base.beta))


def inference_at_budget(compute: Number, inference_tokens: Number, law: Law) -> pl.DataFrame:
    """The run that spends a training budget and, among all runs of its loss, is cheapest to train and to serve.

    ``demand="inference_at_budget"`` of an exhaustion scenario; ``"inference_at_loss"`` is another quantity: it holds
    the loss of the compute optimum and trains for longer. Solves the condition of :func:`inference_overtraining` along
    ``6 N D = compute`` by Newton's method in ln N, started at the compute optimum: the condition is decreasing and
    concave in ln N, so the steps fall onto the root.

    Args:
        compute: C, FLOP of training, from 6 to 1e100; any shape that broadcasts with the next.
        inference_tokens: I, tokens served, from 0 to 1e100.
        law: The scaling law.

    Returns:
        One row per element: ``compute``, ``inference_tokens``, ``parameters``, ``tokens``, ``overtraining`` (tokens per
        parameter over those at I = 0).

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> import limitlaw as ll
        >>> frame = inference_at_budget(3.8e25, [0, 1e13, 1e15], law=ll.Law.besiroglu())
        >>> [f"{n:.2e}" for n in frame["parameters"]]
        ['6.20e+11', '4.58e+11', '7.06e+10']
    """
    base = coefficients(law)
    c, served = together(
        compute=as_floats(compute, "compute", 6.0, 1e100),
        inference_tokens=as_floats(inference_tokens, "inference_tokens", 0.0, 1e100),
    )
    log_k, both = log(c / 6).ravel(), base.alpha + base.beta
    start = _optimal_log_parameters(log_k, base)
    n = start
    with np.errstate(divide="ignore"):
        log_third = log(served.ravel() / 3)
    for _ in range(100):
        log_ratio = log_third - log_k + n  # of I/(3D)
        excess = -both * (n - start) - logaddexp(0.0, log_ratio)
        step = excess / (both + exp(-logaddexp(0.0, -log_ratio)))
        n = n + step
        if np.abs(step).max(initial=0.0) < 1e-13 * both:
            break
    return _frame(n, log_k, start, compute=c.ravel(), inference_tokens=served.ravel())


def profit_maximising_allocation(
    compute: Number,
    law: Law,
    *,
    demand_scale: float,
    loss_elasticity: float,
    price_elasticity: float,
    dollars_per_flop: float = 1e-18,
    served_per_training_compute: float = 1000.0,
) -> pl.DataFrame:
    """Parameters, tokens and price of a developer who maximises profit with the training budget spent in full.

    Profit is ``q (P - 2 N c) - 6 N D c`` with demand ``q = I_0 (L/0.1)^-r (P/1e-6)^-h`` tokens, L the reducible loss,
    c the price of a FLOP, and at most ``served_per_training_compute`` times the training compute to serve with. Given
    N and D the best price is ``P = h/(h - 1) 2 N c``, or where that sells more than can be served, the price that
    sells exactly so much. Either way what is left to minimise over ``6 N D = C`` is ``r ln L + (h - 1) ln N``, so the
    share of A N^-alpha in L is ``(beta + (h - 1)/r)/(alpha + beta)``: overtraining depends on (h - 1)/r alone, not on
    the budget.

    Args:
        compute: C, FLOP of training, from 6 to 1e100; any shape.
        law: The scaling law.
        demand_scale: I_0, tokens sold at a reducible loss of 0.1 and 1e-6 dollars per token, > 0.
        loss_elasticity: r > 0, and above ``(h - 1)/alpha``: else the smallest model is the most profitable.
        price_elasticity: h > 1.
        dollars_per_flop: c > 0.
        served_per_training_compute: Serving capacity over C, > 0.

    Returns:
        One row per element: ``compute``, ``price`` (dollars per token), ``profit`` (dollars), ``parameters``,
        ``tokens``, ``overtraining``.

    Raises:
        ValueError: An argument is out of range.

    Source: Villalobos et al. 2024 (arXiv 2211.04325v2), Appendix F. It describes the policies (1e13, 7, 1.1),
    (1e15, 7, 2), (1e16, 10, 2.4) as about 1, 5 and 100 times overtrained at 5e25 FLOP; its own program, solved exactly,
    gives 1.2, 10.6 and 10.1 with its law.

    Example:
        >>> import limitlaw as ll
        >>> frame = profit_maximising_allocation(
        ...     5e25, ll.Law.besiroglu(), demand_scale=1e15, loss_elasticity=7, price_elasticity=2)
        >>> frame["overtraining"].round(1).to_list()
        [11.1]
    """
    base = coefficients(law)
    r, h = as_number(loss_elasticity, "loss_elasticity"), as_number(price_elasticity, "price_elasticity")
    if not h > 1:
        raise ValueError(f"price_elasticity must be above 1, got {brief(h)}")
    if not r > (h - 1) / base.alpha:
        least = f"(price_elasticity - 1)/alpha = {brief((h - 1) / base.alpha)}"
        raise ValueError(f"loss_elasticity must be above {least}, got {brief(r)}")
    flop = as_floats(compute, "compute", 6.0, 1e100).ravel()
    scale, c = _positive(demand_scale, "demand_scale"), _positive(dollars_per_flop, "dollars_per_flop")
    served_per_training_compute = _positive(served_per_training_compute, "served_per_training_compute")
    log_k = log(flop / 6)
    start = _optimal_log_parameters(log_k, base)
    n = start - log(_profit_factor((h - 1) / r, base)) / (base.alpha + base.beta)
    parameters = exp(n)
    loss = exp(base.log_a - base.alpha * n) + exp(base.log_b - base.beta * (log_k - n))
    with np.errstate(all="ignore"):
        interest = scale * power(loss / 0.1, -r)
        sold_at_most = served_per_training_compute * flop / (2 * parameters)
        price = np.maximum(h / (h - 1) * 2 * parameters * c, 1e-6 * power(interest / sold_at_most, 1 / h))
        profit = interest * power(price / 1e-6, -h) * (price - 2 * parameters * c) - flop * c
    if not (np.isfinite(price) & np.isfinite(profit)).all():
        given = f"{brief(scale)}, {brief(r)}, {brief(h)}, {brief(c)} and {brief(served_per_training_compute)}"
        raise ValueError(
            "demand_scale, loss_elasticity, price_elasticity, dollars_per_flop and served_per_training_compute must "
            f"give a price and a profit below 1.8e308, got {given}"
        )
    return _frame(n, log_k, start, compute=flop, price=price, profit=profit)


def profit_overtraining(elasticity_ratio: Number, law: Law) -> Floats:
    """The overtraining of :func:`profit_maximising_allocation` as a function of (h - 1)/r alone.

    Args:
        elasticity_ratio: (h - 1)/r, in [0, alpha); any shape.
        law: The scaling law.

    Returns:
        Tokens per parameter over optimal, >= 1, in the shape of ``elasticity_ratio``.

    Raises:
        ValueError: The ratio is out of range.

    Source: Villalobos et al. 2024, Appendix F, solved exactly.

    Example:
        >>> import limitlaw as ll
        >>> profit_overtraining([0, 1 / 7], law=ll.Law.besiroglu()).round(1).tolist()
        [1.0, 11.1]
    """
    base = coefficients(law)
    ratio = as_floats(elasticity_ratio, "elasticity_ratio", 0.0)
    if not (ratio < base.alpha).all():
        raise ValueError(f"elasticity_ratio must be below alpha = {brief(base.alpha)}, got {brief(ratio.max())}")
    return power(_profit_factor(ratio, base), 2 / (base.alpha + base.beta))


def _profit_factor(ratio: Number, base: Coefficients) -> Floats:
    """The odds of the share (beta + ratio)/(alpha + beta) over those of beta/(alpha + beta)."""
    ratio = np.asarray(ratio, dtype=np.float64)
    return np.asarray((1 + ratio / base.beta) / (1 - ratio / base.alpha))


def _optimal_log_parameters(log_k: Floats, base: Coefficients) -> Floats:
    log_ratio = log(base.alpha / base.beta) + base.log_a - base.log_b
    return np.asarray((base.beta * log_k + log_ratio) / (base.alpha + base.beta))


def _frame(n: Floats, log_k: Floats, start: Floats, **columns: Floats) -> pl.DataFrame:
    split = {"parameters": exp(n), "tokens": exp(log_k - n), "overtraining": exp(2 * (start - n))}
    return pl.DataFrame(columns | split)


def _positive(value: float, name: str) -> float:
    number = as_number(value, name)
    if not number > 0:
        raise ValueError(f"{name} must be above 0, got {brief(number)}")
    return number
