"""What no compute can buy: the loss, and the unconstrained compute worth the same, at which fixed data stops paying."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_floats, together
from limitlaw._elementary import exp, log, log1p, logaddexp
from limitlaw.exhaustion.demand import coefficients
from limitlaw.exhaustion.law import Law

Number = float | npt.ArrayLike


def plateau(
    unique_tokens: Number,
    law: Law,
    *,
    repetition_data: Number = 0.0,
    repetition_params: Number = np.inf,
) -> pl.DataFrame:
    """The reducible loss as compute goes to infinity over ``unique_tokens``, and its equivalent compute.

    With no repetition (the default) ever larger models are trained on the same tokens once, and ``B U^-beta`` remains.
    With the repetition law of Muennighoff et al. it is ``A (U_N (1 + R_N))^-alpha + B (U (1 + R_D))^-beta``, where
    ``U_N = G (U G)^(beta/alpha)`` are the parameters for which U is the optimal amount of data. A reducible loss l is
    what ``6 (l/k_0)^(-(alpha + beta)/(alpha beta))`` FLOP reach with all the data they want.

    Args:
        unique_tokens: U, from 1 to 1e100; any shape that broadcasts with the next two.
        law: The scaling law.
        repetition_data: R_D >= 0; 0 is no value in repeating, infinity no loss of it.
        repetition_params: R_N >= 0; infinity is no loss of value in larger models.

    Returns:
        One row per element: ``unique_tokens``, ``reducible_loss`` (nats per token), ``equivalent_compute`` (FLOP;
        infinite beyond 1.8e308, and where nothing loses value).

    Raises:
        ValueError: An argument is out of range.

    Source: Villalobos et al. 2024 (arXiv 2211.04325v2), Appendix G (prints 3e30 FLOP for 300T tokens with the
    coefficients 514, 2115.2, .35, .37); Muennighoff et al. 2023 (arXiv 2305.16264), in the limit.

    Example:
        >>> import limitlaw as ll
        >>> law = ll.Law.chinchilla(log_a=np.log(514), log_b=np.log(2115.2), log_e=0, alpha=0.35, beta=0.37)
        >>> frame = plateau(3e14, law)
        >>> f"{frame['equivalent_compute'][0]:.5e}"
        '2.99924e+30'
    """
    u, r_d, r_n = together(
        unique_tokens=as_floats(unique_tokens, "unique_tokens", 1.0, 1e100),
        repetition_data=as_floats(repetition_data, "repetition_data", 0.0, endless=True),
        repetition_params=as_floats(repetition_params, "repetition_params", 0.0, endless=True),
    )
    log_a, log_b, _, alpha, beta = coefficients(law)
    both = alpha + beta
    log_g = (log(alpha / beta) + log_a - log_b) / both
    log_u = log(u.ravel())
    log_u_n = log_g + (log_u + log_g) * beta / alpha
    of_n = exp(log_a - alpha * (log_u_n + log1p(r_n.ravel())))
    of_d = exp(log_b - beta * (log_u + log1p(r_d.ravel())))
    log_k0 = logaddexp(log_a - alpha * log_g, log_b + beta * log_g)
    with np.errstate(divide="ignore", over="ignore"):  # without any loss of value no compute is too much
        log_left = log(of_n + of_d)
        equivalent = exp(log(6) - both / (alpha * beta) * (log_left - log_k0))
    columns = {"unique_tokens": u.ravel(), "reducible_loss": of_n + of_d, "equivalent_compute": equivalent}
    return pl.DataFrame(columns)
