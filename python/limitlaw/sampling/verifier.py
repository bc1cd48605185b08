"""Verifiers: what accepts or rejects an answer, and how often it errs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from limitlaw._spec import FloatArray, Spec

if TYPE_CHECKING:
    import numpy.typing as npt


class Verifier(Spec):
    """A verifier: made by ``rates`` or ``perfect``."""

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
