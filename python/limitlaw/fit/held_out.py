"""Scaling laws on runs they were not fitted to: larger ones, or a random part."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw._arguments import as_whole, check_choice, check_name, is_sequence, shown
from limitlaw._elementary import log
from limitlaw._random import Random
from limitlaw._unused import quietly
from limitlaw.errors import MisfitWarning, UnitsWarning
from limitlaw.fit._counts import resampling
from limitlaw.fit.scaling import LAWS, fit_scaling_law
from limitlaw.fit.training_runs import check_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from limitlaw.exhaustion.law import Law
    from limitlaw.fit.scaling import LawName
    from limitlaw.seed import Seed

_FORMS = tuple(name for name in LAWS if name != "envelope")


def compare_scaling_laws(
    frame: pl.DataFrame,
    *,
    parameters: str = "params",
    tokens: str = "tokens",
    loss: str = "loss",
    unique_tokens: str | None = None,
    weight: str | None = None,
    cluster: str | None = None,
    laws: Sequence[LawName] = ("chinchilla",),
    hold_out: Literal["largest", "random"] = "largest",
    by: Literal["compute", "parameters", "tokens"] = "compute",
    parts: int = 5,
    fixed: Mapping[str, float] | Law | None = None,
    vocabulary: int = 50_257,
    bootstrap: int = 200,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
) -> pl.DataFrame:
    """Fit laws to a part of the runs, predict the others, and hold the error against the interval.

    Args:
        frame: One row per run, as for :func:`fit_scaling_law`, whose arguments are the same here.
        parameters: Column of N.
        tokens: Column of D.
        loss: Column of the loss, nats per token.
        unique_tokens: Column of U, for the laws that have it.
        weight: Column of weights.
        cluster: Column of names whose runs are drawn together, and stay together in a random part.
        laws: Names of laws, one or several; not ``"envelope"``.
        hold_out: ``"largest"``: the runs are cut into ``parts`` of equal number by scale, and each part but the first
            is predicted from all smaller ones: does the law extrapolate? ``"random"``: each of ``parts`` random parts
            is predicted from all others: does it interpolate? Parts are the same for all laws.
        by: The scale: ``"compute"`` (6 N D), ``"parameters"`` or ``"tokens"``.
        parts: How many, 2 to 20. Equal scales stay together.
        fixed: Coefficients that are not fitted.
        vocabulary: Of a bounded law.
        bootstrap: Resamples of each fit; 0: no intervals.
        confidence: Of the intervals, in (0, 1).
        seed: The seed of the bootstrap and of random parts; required unless there is neither.
        threads: Threads to use; every core unless given.

    Returns:
        One row per law and part: ``law``, ``part`` (from 0), ``rms`` (root mean square of ln(loss / predicted)),
        ``inside`` (the share of runs within their interval; well below ``confidence`` says that the law does not hold
        there), ``bias`` (the mean of ln(loss / predicted)), ``scale_low``, ``scale_high`` (of the runs predicted),
        ``fitted_runs``, ``runs`` (predicted), ``half_width`` (of the interval, median, in ln loss), ``note`` (why
        there is no fit), ``confidence``, ``seed``.

    Raises:
        ValueError: As :func:`fit_scaling_law`, or no part can be predicted.

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.repetition_runs().filter("fitted")
        >>> frame = ll.fit.compare_scaling_laws(
        ...     runs,
        ...     parameters="parameters",
        ...     unique_tokens="unique_tokens",
        ...     laws=["muennighoff", "penalty"],
        ...     bootstrap=0,
        ... )
        >>> frame.filter(part=4).select("law", "fitted_runs", "runs", pl.col("rms").round(3)).rows()
        [('muennighoff', 147, 35, 0.055), ('penalty', 147, 35, 0.038)]
    """
    if not is_sequence(laws) or not len(laws):
        raise TypeError(f"laws must be a sequence of names of laws, got {shown(laws)}")
    for name in laws:
        check_name(name, "laws", _FORMS)
    check_choice(hold_out, "hold_out", ("largest", "random"))
    check_choice(by, "by", ("compute", "parameters", "tokens"))
    parts = as_whole(parts, "parts", 2, 20)
    options, text = resampling(bootstrap, seed, confidence=confidence, threads=threads, progress=None)
    if hold_out == "random" and seed is None:
        raise ValueError("seed must be given where parts are random, got None")
    named = {"parameters": parameters, "tokens": tokens, "unique_tokens": unique_tokens, "compute": None}
    most = next((name for name in laws if name != "chinchilla"), laws[0])
    given = check_runs(frame, most, named, loss=loss, weight=weight, cluster=cluster)
    scale = {"compute": given.compute, "parameters": given.parameters, "tokens": given.tokens}[by]
    place = _parts(scale, parts, hold_out, options["key"] if seed is None else seed)
    if hold_out == "random" and given.cluster is not None:
        # The clusters are what is put into parts.
        place = _parts(np.zeros(int(given.cluster.max()) + 1), parts, hold_out, seed)[given.cluster]
    rows = []
    for law in laws:
        columns: dict[str, Any] = {"parameters": parameters, "tokens": tokens, "loss": loss}
        columns |= {"weight": weight, "cluster": cluster}
        columns |= {"unique_tokens": unique_tokens} if law != "chinchilla" else {}
        for part in range(1 if hold_out == "largest" else 0, int(place.max()) + 1):
            before = place < part if hold_out == "largest" else place != part
            rest, held = frame.filter(pl.Series(before)), frame.filter(pl.Series(place == part))
            within = scale[place == part]
            row = {"law": law, "part": part, "scale_low": within.min(), "scale_high": within.max()}
            row |= {"fitted_runs": rest.height, "runs": held.height}
            try:
                with warnings.catch_warnings(), quietly():
                    warnings.simplefilter("ignore", UnitsWarning)
                    warnings.simplefilter("ignore", MisfitWarning)  # it is the note of the part
                    fit = fit_scaling_law(
                        rest,
                        **columns,
                        law=law,
                        fixed=fixed,
                        vocabulary=vocabulary,
                        bootstrap=bootstrap,
                        confidence=confidence,
                        seed=seed,
                        threads=threads,
                    )
                    predicted = fit.predict(held, confidence=options["confidence"])
            except ValueError as error:  # too few runs, or none that repeats tokens
                rows.append(row | {"note": str(error)})
                continue
            if predicted["predicted"].null_count():
                rows.append(row | {"note": f"fitted to {fit.unknown}"})
                continue
            rows.append(row | _errors(predicted, loss))
    found = pl.DataFrame(rows, schema=_SCHEMA)
    if found["rms"].null_count() == found.height:
        raise ValueError(f"frame must have runs enough to be fitted in parts, got {found['note'][0]}")
    return found.with_columns(confidence=pl.lit(options["confidence"]), seed=pl.lit(text, pl.String))


_SCHEMA = {
    **dict.fromkeys(("law",), pl.String),
    **dict.fromkeys(("part",), pl.Int64),
    **dict.fromkeys(("rms", "inside", "bias", "scale_low", "scale_high"), pl.Float64),
    **dict.fromkeys(("fitted_runs", "runs"), pl.Int64),
    "half_width": pl.Float64,
    "note": pl.String,
}


def _parts(scale: npt.NDArray[np.float64], parts: int, hold_out: str, seed: Any) -> npt.NDArray[np.int64]:
    """The part of each run; equal scales are in one part."""
    count = len(scale)
    if hold_out == "random":
        return Random(seed).permutation(count) * parts // count
    rank = np.searchsorted(np.sort(scale), scale * (1.0 - 1e-9))
    _, place = np.unique(rank * parts // count, return_inverse=True)
    return np.asarray(place, dtype=np.int64)


def _errors(predicted: pl.DataFrame, loss: str) -> dict[str, float | None]:
    error = log(predicted[loss].to_numpy() / predicted["predicted"].to_numpy())
    found: dict[str, float | None] = {"bias": float(error.mean()), "rms": math.sqrt(float((error**2).mean()))}
    if predicted["run_low"].null_count() == 0:
        inside = (predicted["run_low"] <= predicted[loss]) & (predicted[loss] <= predicted["run_high"])
        found["inside"] = float(inside.mean())  # type: ignore[arg-type]
        width = log(predicted["run_high"].to_numpy() / predicted["run_low"].to_numpy())
        found["half_width"] = 0.5 * float(np.median(width))
    return found
