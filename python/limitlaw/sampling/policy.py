"""Policies: which of the drawn answers is returned."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal

from limitlaw._spec import Spec


class Policy(Spec):
    """A policy; see its subclasses."""

    family: ClassVar[str] = "policy"

    @property
    def label(self) -> str:
        """How the policy is named in frames: its kind, with the settings that are not the default."""
        changed = [
            f"{field.name}={getattr(self, field.name)}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        ]
        return self.kind + (f"({', '.join(changed)})" if changed else "")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FirstAccepted(Policy):
    """Return the first accepted answer among at most ``max_attempts``.

    Args:
        fallback: What is returned where no answer was accepted: ``"abstain"`` returns nothing, ``"last"`` the last
            answer drawn.

    Example:
        >>> import limitlaw as ll
        >>> ll.FirstAccepted(fallback="last").label
        'first_accepted(fallback=last)'
    """

    kind: ClassVar[str] = "first_accepted"
    fallback: Literal["abstain", "last"] = "abstain"
