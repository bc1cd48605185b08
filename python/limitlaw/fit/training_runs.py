"""The columns of training runs, each checked, and what looks like another unit or another column."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from limitlaw._arguments import as_column, shown
from limitlaw._elementary import log
from limitlaw._unused import warn_unused
from limitlaw.errors import UnitsWarning
from limitlaw.fit.run_clusters import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

Array = npt.NDArray[np.float64]
#: Laws that say something of repeated tokens.
REPEATS = ("muennighoff", "penalty", "bounded")
#: Tokens by unique tokens of which some are repeated, but for rounding.
_REPEATED = 1.001
#: Below these no run is a language model's: a column is in millions or billions.
_LEAST = {"parameters": 1e4, "tokens": 1e6, "unique_tokens": 1e5, "compute": 1e10}
#: Nats per token of a uniform guess among a million tokens.
_MOST_LOSS = log(1e6)
#: No model of text is so sure of every token.
_LEAST_LOSS = 0.01
_MOST_RATIO = 1e5


@dataclasses.dataclass(frozen=True)
class Runs:
    """The runs of a fit, column by column, and the names of their columns."""

    names: dict[str, str]
    parameters: Array
    tokens: Array
    unique: Array | None
    given_compute: Array | None
    loss: Array
    weights: Array
    cluster: npt.NDArray[np.int64] | None = None

    @property
    def compute(self) -> Array:
        """C, FLOP."""
        return 6.0 * self.parameters * self.tokens if self.given_compute is None else self.given_compute

    @property
    def unique_tokens(self) -> Array:
        """U; above D only D count."""
        return self.tokens if self.unique is None else np.minimum(self.unique, self.tokens)

    @property
    def independent(self) -> int:
        """How many runs of positive weight, or clusters of them, there are."""
        return self._count(self.weights > 0)

    @property
    def repeated(self) -> int:
        """How many of these repeat tokens."""
        return self._count((self.weights > 0) & (self.tokens > _REPEATED * self.unique_tokens))

    def _count(self, of: npt.NDArray[np.bool_]) -> int:
        return int(of.sum()) if self.cluster is None else len(np.unique(self.cluster[of]))


def check_runs(
    frame: pl.DataFrame,
    law: str,
    named: Mapping[str, str | None],
    *,
    loss: str,
    weight: str | None,
    cluster: str | None = None,
) -> Runs:
    """The columns of the runs, each checked."""
    unique_tokens, compute = named["unique_tokens"], named["compute"]
    wanted: dict[str, Any] = {name: named[name] for name in ("parameters", "tokens")}
    if law == "envelope" and compute is not None:
        wanted = {"compute": compute}
    elif compute is not None:
        raise ValueError(f"compute must be left out unless law is 'envelope', got {shown(compute)}")
    if unique_tokens is not None:
        wanted["unique_tokens"] = unique_tokens
    elif law in REPEATS:
        raise ValueError(f"unique_tokens must name the column of unique tokens where law is {law!r}, got None")
    if not frame.height:
        raise ValueError("frame must have a row per run, got no rows")
    columns = {name: _positive(frame, name, column) for name, column in wanted.items()}
    losses = _positive(frame, "loss", loss)
    weights = np.ones(len(losses)) if weight is None else as_column(frame, "weight", weight, of="numbers").astype(float)
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        at = int(bad.argmax())
        raise ValueError(f"weight must be finite and not negative, got {weights[at]:g} in row {at} of {weight!r}")
    check_units(columns, losses)
    runs = Runs(
        names=wanted | {"loss": loss},
        parameters=columns.get("parameters", np.ones(len(losses))),
        tokens=columns.get("tokens", np.ones(len(losses))),
        unique=columns.get("unique_tokens"),
        given_compute=columns.get("compute"),
        loss=losses,
        weights=weights,
        cluster=None if cluster is None else clusters_of(frame, cluster),
    )
    if law in ("muennighoff", "penalty") and not (runs.tokens > _REPEATED * runs.unique_tokens).any():
        raise ValueError(
            f"unique_tokens must be below tokens in some runs where law is {law!r}, got no repeated tokens"
        )
    if law not in REPEATS and unique_tokens is not None:
        warn_unused("fit_scaling_law", {"unique_tokens": f"law='muennighoff' instead of {law!r}"})
    return runs


def _positive(frame: pl.DataFrame, argument: str, column: str) -> npt.NDArray[np.float64]:
    values = as_column(frame, argument, column, of="numbers").astype(np.float64)
    bad = ~((values > 0) & (values < 1e100))  # noqa: PLR2004
    if bad.any():
        at = int(bad.argmax())
        raise ValueError(f"{argument} must be above 0 and below 1e100, got {values[at]:g} in row {at} of {column!r}")
    return np.ascontiguousarray(values)


def check_units(columns: dict[str, npt.NDArray[np.float64]], loss: npt.NDArray[np.float64]) -> None:
    """Say what looks like another unit or another column."""
    found = []
    for name, values in columns.items():
        if len(values) and values.max() < _LEAST[name]:
            unit = "FLOP" if name == "compute" else "a count, not thousands, millions or billions"
            found.append(f"{name} should be {unit}: the largest is {values.max():g}")
    if not found and "parameters" in columns and "tokens" in columns:
        ratio = float(np.median(columns["tokens"] / columns["parameters"]))
        if not 1.0 / _MOST_RATIO <= ratio <= _MOST_RATIO:
            found.append(f"tokens per parameter have the median {ratio:.2g}: are the columns what they should be?")
    if len(loss) and loss.max() > _MOST_LOSS:
        found.append(f"loss should be nats per token: the largest is {loss.max():g} (a perplexity? take its logarithm)")
    if len(loss) and loss.max() < _LEAST_LOSS:
        found.append(f"loss should be nats per token: the largest is {loss.max():g}")
    for text in found:
        warnings.warn(text, UnitsWarning, stacklevel=4)
