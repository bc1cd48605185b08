"""Scaling laws as values, and the compute-optimal run under each when unique tokens are limited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_floats, as_number, shown, together
from limitlaw._spec import Spec
from limitlaw.exhaustion.fitted import fitted_draws

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

#: (ln A, ln B, ln E, alpha, beta).
Base = tuple[float, float, float, float, float]
#: Of published laws.
HOFFMANN = (6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083)
BESIROGLU = (6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412)
C4 = (6.255414, 7.3049974, 0.6254804, 0.3526596, 0.3526596)


class Law(Spec):
    """A law of the loss L(N, D, U), in nats per token: N parameters, D training tokens, U of them unique.

    With ``K = C / 6`` and ``G = (alpha A / (beta B))**(1 / (alpha + beta))`` the Chinchilla optimum is
    ``N* = G K**(beta / (alpha + beta))``, ``D* = K / N*``. Under a limit on unique tokens, and with the repetition law
    of Muennighoff et al., the loss along the budget is convex in ln N, and **the shortage depends on D*/U alone**: with
    ``T = (alpha + beta) / alpha ln(D* / U)`` the optimum solves one equation in ``u = ln(N / U_N)``, with epochs
    ``exp(T - u)``. ``D*/U`` (column ``shortage`` of ``optimal_allocation``) says how many times the optimal data
    exceed the unique data.
    """

    family: ClassVar[str] = "law"

    @staticmethod
    def chinchilla(*, log_a: float, log_b: float, log_e: float, alpha: float, beta: float) -> ChinchillaLaw:
        """``L = E + A N^-alpha + B D^-beta``: repeats count in full, so data never run short.

        Args:
            log_a: ln A.
            log_b: ln B.
            log_e: ln E, E in nats per token.
            alpha: Exponent of parameters, in [0.05, 5].
            beta: Exponent of tokens, in [0.05, 5].
        """
        given = {"log_a": log_a, "log_b": log_b, "log_e": log_e, "alpha": alpha, "beta": beta}
        return ChinchillaLaw(base=tuple(as_number(value, name) for name, value in given.items()))  # type: ignore[arg-type]

    @staticmethod
    def hoffmann() -> ChinchillaLaw:
        """Hoffmann et al. 2022 (arXiv 2203.15556, approach 3), with the digits of the paper's source.

        The rounded coefficients of the printed equation break it: they give 93 tokens per parameter at 5.76e23 FLOP.
        """
        return ChinchillaLaw(base=HOFFMANN)

    @staticmethod
    def besiroglu() -> ChinchillaLaw:
        """Besiroglu et al. 2024 (arXiv 2404.10102, Table 1), a refit of Hoffmann's data.

        Example:
            >>> import limitlaw as ll
            >>> round(ll.optimal_allocation(5.76e23, 1e15, ll.Law.besiroglu())["parameters"][0] / 1e9, 1)
            72.4
        """
        return ChinchillaLaw(base=BESIROGLU)

    @staticmethod
    def muennighoff(
        *,
        repetition_data: float | None = None,
        repetition_params: float | None = None,
        max_epochs: float | None = None,
    ) -> MuennighoffLaw:
        """Repeated tokens and excess parameters lose value exponentially (Muennighoff et al. 2023, arXiv 2305.16264).

        ``L = E + A N'^-alpha + B D'^-beta``, ``D' = U + U R_D (1 - exp(-(D/U - 1) / R_D))``, and the same for
        parameters beyond those that U unique tokens are optimal for.

        Args:
            repetition_data: R_D*, in [0.001, 1e15]. In a scenario: drawn from its ``repetition_data`` unless given; on
                its own 15.387756.
            repetition_params: R_N*, as above; on its own 5.309743.
            max_epochs: The most epochs allowed, at least 1.

        The base is the scenario's ``law_parameters``; on its own Besiroglu's.
        """
        return MuennighoffLaw(
            repetition_data=repetition_data, repetition_params=repetition_params, max_epochs=max_epochs
        )

    @staticmethod
    def muennighoff_c4(
        *,
        repetition_data: float | None = None,
        repetition_params: float | None = None,
        max_epochs: float | None = None,
    ) -> MuennighoffLaw:
        """The repetition law on the C4 base that its constants were fitted on (alpha = beta).

        Example:
            >>> import limitlaw as ll
            >>> float(ll.loss(ll.Law.muennighoff_c4(), 6.34e9, 242e9, 25e9).round(7))
            2.2256441
        """
        return MuennighoffLaw(
            base=C4, repetition_data=repetition_data, repetition_params=repetition_params, max_epochs=max_epochs
        )

    @staticmethod
    def penalty() -> PenaltyLaw:
        """``L = E + A N^-alpha + B D^-beta + P x^delta (N / U)^kappa``, ``x = D / U - 1`` (Lovelace et al. 2026).

        The form is published (arXiv 2605.01640), the coefficients are our fit to the 182 runs behind the published
        repetition constants (Huber loss 0.0051, against 0.0158 for the exponential form).
        """
        return PenaltyLaw()

    @staticmethod
    def penalty_bootstrap() -> MixtureLaw:
        """The 600 bootstrap fits of ``penalty``, each as likely: all coefficients of a draw belong to one fit."""
        rows = fitted_draws("lovelace_form_bootstrap_600.csv").tolist()
        laws = [PenaltyLaw(base=tuple(r[:5]), log_p=r[5], delta=r[6], kappa=r[7]) for r in rows]
        return MixtureLaw(laws=tuple(laws), weights=(1.0,) * len(laws))

    @staticmethod
    def bounded() -> BoundedLaw:
        """``L = E + (L0 - E) h / (1 + h)``, ``h = a N^-alpha + b D^-beta + c N^gamma U^-delta``.

        The form of *Practical Scaling Laws* (arXiv 2605.09189); the coefficients are our fit to the same 182 runs.
        """
        return BoundedLaw()

    @staticmethod
    def mixture(weights: Mapping[Law | str, float]) -> MixtureLaw:
        """One of several laws, chosen once per draw; for scenarios only.

        Args:
            weights: Law, or the name of one of this class's laws without arguments, to its weight (not negative, in
                any unit).

        Raises:
            ValueError: A name is unknown, or no weight is positive.

        Example:
            >>> import limitlaw as ll
            >>> ll.Law.mixture({"muennighoff": 0.5, "penalty": 0.5}).weights
            (0.5, 0.5)
        """
        named: dict[str, Callable[[], Law]] = {
            "hoffmann": Law.hoffmann,
            "besiroglu": Law.besiroglu,
            "muennighoff": Law.muennighoff,
            "muennighoff_c4": Law.muennighoff_c4,
            "penalty": Law.penalty,
            "bounded": Law.bounded,
        }
        if not isinstance(weights, Mapping) or not weights:
            raise TypeError(f"weights must map at least one law to its weight, got {shown(weights)}")
        laws = []
        for law in weights:
            if isinstance(law, str) and law not in named:
                raise ValueError(f"weights must name laws of {sorted(named)}, got {shown(law)}")
            laws.append(named[law]() if isinstance(law, str) else law)
        return MixtureLaw(laws=tuple(laws), weights=tuple(weights.values()))


class ChinchillaLaw(Law):
    """Repeats count in full; made by ``Law.chinchilla``, ``Law.hoffmann`` or ``Law.besiroglu``."""

    kind: ClassVar[str] = "chinchilla"
    base: Base


class MuennighoffLaw(Law):
    """Repeats lose value; made by ``Law.muennighoff`` or ``Law.muennighoff_c4``."""

    kind: ClassVar[str] = "muennighoff"
    base: Base | None = None
    repetition_data: float | None = None
    repetition_params: float | None = None
    max_epochs: float | None = None


class PenaltyLaw(Law):
    """Repeats are penalised; made by ``Law.penalty``."""

    kind: ClassVar[str] = "penalty"
    base: Base = (6.2272, 9.9843, 0.71361, 0.33813, 0.46860)
    log_p: float = -2.8840
    delta: float = 0.34896
    kappa: float = 0.70654


class BoundedLaw(Law):
    """The loss is bounded by the vocabulary; made by ``Law.bounded``."""

    kind: ClassVar[str] = "bounded"
    base: Base = (4.8385, 15.8437, 0.68408, 0.35816, 0.84495)
    log_c: float = -1.1008
    gamma: float = 0.51496
    delta: float = 0.61549
    log_vocabulary: float = math.log(50257)


class MixtureLaw(Law):
    """One of several laws per draw; made by ``Law.mixture``."""

    kind: ClassVar[str] = "mixture"
    laws: tuple[Law, ...]
    weights: tuple[float, ...]


def optimal_allocation(compute: npt.ArrayLike, unique_tokens: npt.ArrayLike, law: Law) -> pl.DataFrame:
    """The compute-optimal parameters, tokens and epochs when only so many unique tokens exist.

    Minimises the law's loss over 6 N D <= C (Hoffmann et al. 2022, approach 3; Muennighoff et al. 2023; the root in
    normalised variables is exact, see ``Law``).

    Args:
        compute: C, FLOP, from 6 to 1e100; a number or an array.
        unique_tokens: U, from 1 to 1e100; a number or an array. Shapes broadcast; the result is flat, in C order.
        law: A law, not a mixture.

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
    _check_law(law)
    _, (c, u) = _broadcast(compute=(compute, 6.0, 1e100), unique_tokens=(unique_tokens, 1.0, 1e100))
    columns = _core.law_optima(law.wire()[0], c, u)
    return pl.DataFrame({"compute": c, "unique_tokens": u, **columns})


def loss(
    law: Law, parameters: npt.ArrayLike, tokens: npt.ArrayLike, unique_tokens: npt.ArrayLike | None = None
) -> npt.NDArray[np.float64]:
    """The loss of a run under a law.

    Args:
        law: A law, not a mixture.
        parameters: N, from 1e-6 to 1e100; a number or an array.
        tokens: D, training tokens with repeats, in the same range.
        unique_tokens: U, in the same range; above D only D count. All tokens are unique unless given.

    Returns:
        Nats per token, in the broadcast shape of the arguments.

    Raises:
        ValueError: An argument is out of range, or shapes do not broadcast.
        TypeError: ``law`` is not a law.

    Example:
        >>> import limitlaw as ll
        >>> ll.loss(ll.Law.besiroglu(), [7e10], [1.4e12]).round(4)
        array([1.9734])
    """
    _check_law(law)
    unique = tokens if unique_tokens is None else unique_tokens
    shape, (n, d, u) = _broadcast(
        parameters=(parameters, 1e-6, 1e100), tokens=(tokens, 1e-6, 1e100), unique_tokens=(unique, 1e-6, 1e100)
    )
    losses: npt.NDArray[np.float64] = _core.law_losses(law.wire()[0], n, d, u)["loss"]
    return losses.reshape(shape)


def _check_law(law: object) -> None:
    if not isinstance(law, Law):
        raise TypeError(f"law must be a Law, got {shown(law)}")


def _broadcast(
    **named: tuple[npt.ArrayLike, float, float],
) -> tuple[tuple[int, ...], list[npt.NDArray[np.float64]]]:
    """The common shape and the flat arrays; an error names the argument that is out of range."""
    arrays = together(**{name: as_floats(values, name, low, high) for name, (values, low, high) in named.items()})
    return arrays[0].shape, [np.ascontiguousarray(a).ravel() for a in arrays]
