"""Verifiers: what accepts or rejects an answer, and how often it errs."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import TYPE_CHECKING, ClassVar

from limitlaw._spec import FloatArray, Spec

if TYPE_CHECKING:
    import numpy.typing as npt


class Verifier(Spec):
    """A verifier: made by ``rates``, ``judge`` or ``perfect``."""

    family: ClassVar[str] = "verifier"

    @staticmethod
    def rates(*, false_positive_rate: npt.ArrayLike = 0.0, false_negative_rate: npt.ArrayLike = 0.0) -> RatesVerifier:
        """A verifier with given error rates.

        Args:
            false_positive_rate: f = P(accept | wrong), in [0, 1]; a number, or one per task (shape ``(tasks,)``). It is
                not P(wrong | accepted), which is called ``false_discovery_rate`` everywhere.
            false_negative_rate: g = P(reject | correct), in [0, 1]; a number, or one per task.

        Raises:
            ValueError: A rate is outside [0, 1].

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.02)
            RatesVerifier(false_positive_rate=0.05, false_negative_rate=0.02)
        """
        return RatesVerifier(
            false_positive_rate=false_positive_rate,
            false_negative_rate=false_negative_rate,
        )

    @staticmethod
    def judge(
        *,
        d_prime: float | None = None,
        auc: float | None = None,
        threshold: float | None = None,
        votes: int = 1,
        fresh: float = 0.0,
    ) -> JudgeVerifier:
        """A judge that scores answers: N(d', 1) for a correct one, N(0, 1) for a wrong one.

        One call's noise has two parts: the share 1 - ``fresh`` belongs to the answer and comes back in every call (the
        judge is persuaded by the same mistake again), the share ``fresh`` is new each time. The score is the mean of
        ``votes`` calls, so only the fresh part can be averaged away: its standard deviation is
        sqrt(1 - fresh + fresh / votes). With a threshold the judge accepts scores above it and acts as a verifier with
        f = P(N(0, s) > threshold) and g = P(N(d', s) < threshold).

        Args:
            d_prime: Distance between the means of correct and wrong answers, in standard deviations of one call, in
                [-100, 100].
            auc: Instead of ``d_prime``, P(one call scores a correct answer above a wrong one), in (0, 1):
                auc = Phi(d' / sqrt(2)).
            threshold: Scores above it are accepted, on the scale of one call; ``None`` for policies that only compare
                scores.
            votes: Calls whose scores are averaged, at least 1.
            fresh: Share of one call's variance that is new in every call, in [0, 1].

        Raises:
            ValueError: A value is out of range, or not exactly one of ``d_prime`` and ``auc`` is given.

        Source: signal detection theory (Green and Swets 1966); for verifiers Dorner et al., arXiv 2507.12399.

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.judge(d_prime=1.5, threshold=1.0, votes=4, fresh=0.5)
            JudgeVerifier(d_prime=1.5, threshold=1.0, votes=4, fresh=0.5)
        """
        if (d_prime is None) == (auc is None):
            raise ValueError(f"d_prime or auc must be given, one of them, got d_prime={d_prime}, auc={auc}")
        if auc is not None:
            if not 0.0 < auc < 1.0:
                raise ValueError(f"auc must be in (0, 1), got {auc}")
            d_prime = math.sqrt(2.0) * statistics.NormalDist().inv_cdf(auc)
        return JudgeVerifier(d_prime=d_prime, threshold=threshold, votes=votes, fresh=fresh)  # type: ignore[arg-type]

    @staticmethod
    def perfect() -> RatesVerifier:
        """A verifier that never errs, such as a proof checker.

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.perfect() == ll.Verifier.rates()
            True
        """
        return RatesVerifier()


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RatesVerifier(Verifier):
    """Given error rates; made by ``Verifier.rates``."""

    kind: ClassVar[str] = "rates"
    false_positive_rate: float | FloatArray = 0.0
    false_negative_rate: float | FloatArray = 0.0


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class JudgeVerifier(Verifier):
    """A judge whose score is normal; made by ``Verifier.judge``."""

    kind: ClassVar[str] = "judge"
    d_prime: float
    threshold: float | None = None
    votes: int = 1
    fresh: float = 0.0
