"""Scaling laws as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from limitlaw._arguments import as_number, is_sequence, shown
from limitlaw._elementary import exp, log
from limitlaw._spec import Spec
from limitlaw.exhaustion.fitted import fitted_draws

if TYPE_CHECKING:
    from collections.abc import Callable

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

    @classmethod
    def _adapt(cls, value: Any) -> Any:
        if type(value).__name__ == "ScalingFit":
            raise TypeError("a ScalingFit is no Law: take its law, or its laws, which have its uncertainty")
        if getattr(value, "family", None) == "law_parameters":
            raise TypeError(
                "LawParameters are no Law: they are the setting law_parameters of a scenario, or take their laws()"
            )
        return value

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
        base: Law | Sequence[float] | None = None,
        repetition_data: float | None = None,
        repetition_params: float | None = None,
        max_epochs: float | None = None,
    ) -> MuennighoffLaw:
        """Repeated tokens and excess parameters lose value exponentially (Muennighoff et al. 2023, arXiv 2305.16264).

        ``L = E + A N'^-alpha + B D'^-beta``, ``D' = U + U R_D (1 - exp(-(D/U - 1) / R_D))``, and the same for
        parameters beyond those that U unique tokens are optimal for.

        Args:
            base: The law of fresh tokens: a law whose base is taken (``fit.law``), or (ln A, ln B, ln E, alpha, beta).
                In a scenario its ``law_parameters`` unless given; on its own Besiroglu's.
            repetition_data: R_D*, in [0.001, 1e15] [epochs]. In a scenario: drawn from its ``repetition_data`` unless
                given; on its own 15.387756.
            repetition_params: R_N*, as above; on its own 5.309743.
            max_epochs: The most epochs allowed, at least 1 [epochs].

        Example:
            >>> import limitlaw as ll
            >>> mine = ll.Law.chinchilla(log_a=6.2, log_b=7.6, log_e=0.6, alpha=0.35, beta=0.37)
            >>> ll.loss(ll.Law.muennighoff(base=mine), [7e9], 4e11, 1e11).round(4)
            array([2.1032])
        """
        return MuennighoffLaw(
            base=_base(base),
            repetition_data=repetition_data,
            repetition_params=repetition_params,
            max_epochs=max_epochs,
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
    def penalty(
        *,
        base: Law | Sequence[float] | None = None,
        log_p: float | None = None,
        delta: float | None = None,
        kappa: float | None = None,
    ) -> PenaltyLaw:
        """``L = E + A N^-alpha + B D^-beta + P x^delta (N / U)^kappa``, ``x = D / U - 1`` (Lovelace et al. 2026).

        The form is published (arXiv 2605.01640), the coefficients are our fit to the 182 runs behind the published
        repetition constants (Huber loss 0.0051, against 0.0158 for the exponential form).

        Args:
            base: As of ``muennighoff``, but of our fit unless given, to which the other terms belong as well: with a
                base of one's own fit them too (``ll.fit.fit_scaling_law(law="penalty")``).
            log_p: ln P, in [-50, 50].
            delta: Exponent of repetitions, in [0.001, 5].
            kappa: Exponent of parameters per unique token, in [0.001, 5].

        Raises:
            ValueError: A coefficient is out of range.
        """
        return PenaltyLaw(**_given(base=_base(base), log_p=log_p, delta=delta, kappa=kappa))

    @staticmethod
    def penalty_bootstrap() -> MixtureLaw:
        """The 600 bootstrap fits of ``penalty``, each as likely: all coefficients of a draw belong to one fit."""
        rows = fitted_draws("lovelace_form_bootstrap_600.csv").tolist()
        laws = [PenaltyLaw(base=tuple(r[:5]), log_p=r[5], delta=r[6], kappa=r[7]) for r in rows]
        return MixtureLaw(laws=tuple(laws), weights=(1.0,) * len(laws))

    @staticmethod
    def bounded(
        *,
        base: Law | Sequence[float] | None = None,
        log_c: float | None = None,
        gamma: float | None = None,
        delta: float | None = None,
        log_vocabulary: float | None = None,
    ) -> BoundedLaw:
        """``L = E + (L0 - E) h / (1 + h)``, ``h = a N^-alpha + b D^-beta + c N^gamma U^-delta``.

        The form of *Practical Scaling Laws* (arXiv 2605.09189); the coefficients are our fit to the same 182 runs.

        Args:
            base: As of ``penalty``: (ln a, ln b, ln E, alpha, beta). Of a law of another form a and b are its A and
                B over L0 - E, so that both agree where the loss is near E.
            log_c: ln c, in [-50, 50].
            gamma: Exponent of parameters, in [0.001, 5].
            delta: Exponent of unique tokens, in [0.001, 5].
            log_vocabulary: L0, at most 100 [nats per token]; ln 50257 unless given.

        Raises:
            ValueError: A coefficient is out of range, or E of the base is not below L0.
        """
        own = _base(base)
        if own is not None and isinstance(base, Law) and not isinstance(base, BoundedLaw):
            top = log(50257) if log_vocabulary is None else as_number(log_vocabulary, "log_vocabulary")
            room = top - exp(own[2])
            if not room > 0.0:
                raise ValueError(f"base must have E below L0 = {top:.4g}, got {exp(own[2]):.4g}")
            own = (own[0] - log(room), own[1] - log(room), *own[2:])
        return BoundedLaw(**_given(base=own, log_c=log_c, gamma=gamma, delta=delta, log_vocabulary=log_vocabulary))

    @staticmethod
    def mixture(weights: Mapping[Law | str, float]) -> MixtureLaw:
        """One of several laws, drawn anew for each draw of a scenario; of it `ll.loss` gives an interval.

        Args:
            weights: Law, or the name of one of this class's laws without arguments, to its weight (not negative, in any
                unit).

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
    log_vocabulary: float = log(50257)


class MixtureLaw(Law):
    """One of several laws per draw; made by ``Law.mixture``.

    Attributes:
        laws: The laws.
        weights: Of each, not negative.
    """

    kind: ClassVar[str] = "mixture"
    laws: tuple[Law, ...]
    weights: tuple[float, ...]


def _base(given: object) -> Base | None:
    """The five coefficients of a base: those of a law that has its own, or as they are."""
    if given is None:
        return None
    if isinstance(given, Law):
        base: Base | None = getattr(given, "base", None)
        if base is None:
            expected = "a law with coefficients of its own, or (ln A, ln B, ln E, alpha, beta)"
            raise ValueError(f"base must be {expected}, got {shown(given)}")
        return base
    if not is_sequence(given) or len(given) != len(BESIROGLU):  # type: ignore[arg-type]
        raise TypeError(f"base must be a law, or (ln A, ln B, ln E, alpha, beta), got {shown(given)}")
    values: list[Any] = list(given)  # type: ignore[call-overload]
    return tuple(as_number(x, f"base[{i}]") for i, x in enumerate(values))  # type: ignore[return-value]


def _given(**settings: Any) -> dict[str, Any]:
    """The settings that are given; the others keep their defaults."""
    return {name: value for name, value in settings.items() if value is not None}
