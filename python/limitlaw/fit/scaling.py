"""A scaling law fitted to one's own runs: Huber's loss of ln L, many starts, resampled runs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_frame, as_number, as_whole, check_choice, check_name, shown
from limitlaw._elementary import exp, log
from limitlaw.errors import MisfitWarning
from limitlaw.exhaustion.law import Law
from limitlaw.fit._counts import resampling
from limitlaw.fit.design import design
from limitlaw.fit.fitted_coefficients import BASE, LEAST_EXPONENT
from limitlaw.fit.scaling_fit import ScalingFit
from limitlaw.fit.training_runs import check_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from limitlaw.seed import Seed

LawName = Literal["chinchilla", "muennighoff", "penalty", "bounded", "envelope"]
#: Coefficients that only runs which repeat tokens tell.
_OF_REPEATS = ("repetition_data", "repetition_params", "log_p", "delta", "kappa")
#: Residuals of ln loss that are rounding.
_EXACT = 1e-9
LAWS = ("chinchilla", "muennighoff", "penalty", "bounded", "envelope")


def fit_scaling_law(
    frame: pl.DataFrame,
    *,
    parameters: str = "params",
    tokens: str = "tokens",
    loss: str = "loss",
    unique_tokens: str | None = None,
    compute: str | None = None,
    weight: str | None = None,
    cluster: str | None = None,
    law: LawName = "chinchilla",
    fixed: Mapping[str, float] | Law | None = None,
    vocabulary: int = 50_257,
    bootstrap: int = 1_000,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> ScalingFit:
    """Fit a scaling law to training runs, with joint intervals from resampled runs.

    Minimises ``sum w huber(ln L - ln loss)`` with delta = 0.001 (Hoffmann et al. 2022, approach 3; the sum, as
    Besiroglu et al. 2024), which makes outliers weigh little: they are reported, not dropped. The search goes in units
    near the means of the runs, with analytic gradients, from many starts; E = 0 is allowed. A resample takes as many
    runs, with replacement, and starts from every minimum found for all runs. **Coefficients that run off stay where
    their range ends** (E at 0, an exponent at 0.05, a repetition constant at 1e15), so that every resample is a law:
    none is dropped, and ``modes`` says how many there are.

    Args:
        frame: One row per run.
        parameters: Column of N. Which N (all, non-embedding, active) is the user's choice: the law holds for that N.
        tokens: Column of D, training tokens with repeats; tokens, not billions.
        loss: Column of the loss, nats per token.
        unique_tokens: Column of U, unique tokens; for ``"muennighoff"``, ``"penalty"``, ``"bounded"``.
        compute: For ``"envelope"``: column of C, FLOP; 6 N D unless given.
        weight: Column of weights, not negative, in any unit; equal unless given.
        cluster: Column of names whose runs are drawn together, such as the model of which the rows are checkpoints, or
            the seed: their residuals are alike, and taken as independent their intervals are far too narrow
            (docs/intervals.md). Runs without a name stand alone.
        law: The form: ``"chinchilla"``, ``"muennighoff"``, ``"penalty"``, ``"bounded"`` (see ``ll.Law``), or
            ``"envelope"``, L(C) = E + A C^-alpha: give it the best run of each compute.
        fixed: Coefficients that are not fitted, by name; of a law its base.
        vocabulary: Of a bounded law: the loss of a uniform guess is its logarithm.
        bootstrap: Resamples for the intervals; 0 for none.
        confidence: Of the intervals, in (0, 1).
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        A :class:`ScalingFit`: ``estimates``, ``law``, ``parameters``, ``residuals``, ``predict`` and so on.

    Raises:
        ValueError: A value is not positive, there are no more runs (or clusters of them) than coefficients, no run
            repeats tokens where the law is about repeats, E is fixed above most losses, or a seed is missing.
        TypeError: A column is no column of numbers.

    Warns:
        MisfitWarning: No losses of runs of these sizes would tell some coefficients (``untold``): they are null, and so
            is what rests on them. Or there is only one run (or cluster) more than coefficients: at 95 % intervals of
            such fits held the truth in .77 to .89 of data sets, with one run more in .93 and more. Or no more runs
            repeat tokens than there are coefficients of repeats (.63 to .92). Or rows are copies of others, losses lie
            on the law to the last digits, or they do not fall.
        UnitsWarning: Numbers look like billions, like the wrong column, or like a perplexity.
        UnusedSettingWarning: ``unique_tokens`` says nothing to the law.

    Source: Hoffmann et al., arXiv 2203.15556; Besiroglu et al., arXiv 2404.10102; Muennighoff et al., arXiv 2305.16264.

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.repetition_runs().filter("fitted")
        >>> columns = {"parameters": "parameters", "unique_tokens": "unique_tokens"}
        >>> fit = ll.fit.fit_scaling_law(runs, law="penalty", bootstrap=0, **columns)
        >>> fit.estimates.select("quantity", pl.col("estimate").round(3)).head(3).rows()
        [('log_a', 6.227), ('log_b', 9.984), ('log_e', 0.714)]
    """
    frame = as_frame(frame, "frame")
    check_choice(law, "law", LAWS)
    ceiling = log(as_whole(vocabulary, "vocabulary", 2, 10**9))
    names = tuple(_core.scaling_coefficients(law))
    held = _fixed(fixed, names)
    wanted = {"parameters": parameters, "tokens": tokens, "unique_tokens": unique_tokens, "compute": compute}
    runs = check_runs(frame, law, wanted, loss=loss, weight=weight, cluster=cluster)
    if "log_e" in held and held["log_e"] >= log(float(np.median(runs.loss))):
        middle = log(float(np.median(runs.loss)))
        raise ValueError(f"fixed['log_e'] must be below ln of the median loss, {middle:.4g}, got {held['log_e']:.4g}")
    options, text = resampling(bootstrap, seed, confidence=confidence, threads=threads, progress=progress)
    level = options.pop("confidence")
    found: dict[str, Any] = _core.fit_scaling_law(
        law,
        parameters=runs.compute if law == "envelope" else runs.parameters,
        tokens=runs.tokens,
        unique_tokens=runs.unique_tokens,
        loss=runs.loss,
        weights=runs.weights,
        cluster=np.empty(0) if runs.cluster is None else runs.cluster.astype(np.float64),
        fixed=[held.get(name) for name in names],
        ceiling=ceiling,
        **options,
    )
    kept = runs.weights > 0
    first = runs.compute if law == "envelope" else runs.parameters
    sizes = (first[kept], runs.tokens[kept], runs.unique_tokens[kept], runs.loss[kept])
    fit = ScalingFit(
        form=law,
        objective=found["objective"],
        runs=runs,
        names=names,
        fixed=tuple(held),
        coefficients=found["coefficients"],
        table=found["draws"].reshape(-1, len(names)),
        fitted=exp(found["ln_fitted"]),
        gradients=found["gradients"].reshape(-1, len(names)),
        other_minima=tuple((value, tuple(at)) for value, at in found["others"]),
        log_vocabulary=ceiling,
        confidence=level,
        seed=text,
        design=design(law, names, held, sizes, estimate=found["coefficients"], ceiling=ceiling),
    )
    for text in _doubts(fit, bool(bootstrap)):
        warnings.warn(text, MisfitWarning, stacklevel=2)
    if fit.untold:
        warnings.warn(f"{len(fit.untold)} coefficients are null, from {fit.unknown}", MisfitWarning, stacklevel=2)
    return fit


def _doubts(fit: ScalingFit, resampled: bool) -> list[str]:
    """Why the intervals are narrower than they should be, or the law is none."""
    runs, free, found = fit.runs, len(fit.names) - len(fit.fixed), []
    kept = runs.weights > 0
    if resampled and runs.independent <= free + 1:
        what = "runs" if runs.cluster is None else "clusters of runs"
        found.append(
            f"{runs.independent} {what} for {free} coefficients: intervals over resamples of so few are too narrow"
        )
    rows = np.column_stack([runs.parameters, runs.tokens, runs.unique_tokens, runs.compute, runs.loss])[kept]
    copies = len(rows) - len(np.unique(rows, axis=0))
    if resampled and runs.cluster is None and copies and not fit.untold:
        found.append(
            f"{copies} of {len(rows)} runs are copies of others, to the last digit of the loss, and are resampled as "
            "independent, so that intervals are too narrow: leave them out, or name their cluster"
        )
    repeats = [n for n in _OF_REPEATS if n in fit.names and n not in fit.fixed + fit.untold]
    if resampled and fit.form in ("muennighoff", "penalty") and repeats and runs.repeated <= len(repeats):
        what = "run repeats" if runs.repeated == 1 else "runs repeat"
        found.append(
            f"{runs.repeated} {what} tokens, for {len(repeats)} coefficients of repeats ({', '.join(repeats)}), whose "
            "intervals are too narrow"
        )
    if resampled and not fit.untold and (np.abs(log(runs.loss / fit.fitted))[kept] < _EXACT).all():
        found.append("every loss lies on the law to the last digits: its intervals have no width")
    exponents = [n for n in ("alpha", "beta") if n in fit.names and not fit.fixed + fit.untold]
    at_least = (fit.coefficients[fit.names.index(n)] <= LEAST_EXPONENT[n] * (1.0 + 1e-9) for n in exponents)
    if exponents and all(at_least):
        found.append(f"{' and '.join(exponents)} at the least of the range: losses do not fall as those of a law do")
    return found


def _fixed(fixed: object, names: tuple[str, ...]) -> dict[str, float]:
    """Coefficients that are held, by name."""
    if fixed is None:
        return {}
    if isinstance(fixed, Law):
        base = getattr(fixed, "base", None)
        if base is None or "beta" not in names:
            raise ValueError(f"fixed must be a law with a base of its own, or map names to values, got {shown(fixed)}")
        return dict(zip(BASE, base, strict=True))
    if not isinstance(fixed, Mapping):
        raise TypeError(f"fixed must map names of coefficients to values, or be a law, got {shown(fixed)}")
    for name in fixed:
        check_name(name, "fixed", names)
    return {name: as_number(value, f"fixed[{name!r}]") for name, value in fixed.items()}
