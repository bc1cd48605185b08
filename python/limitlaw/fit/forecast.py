"""Forecasts beyond the attempts observed: pass@k, pass^k, and the attempts that a target takes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import check_choice, check_flag
from limitlaw._frames import whole
from limitlaw.errors import MisfitWarning
from limitlaw.fit._counts import closing, column, counts, resampling
from limitlaw.fit.beta_binomial import stop

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from limitlaw.fit.pass_rates import Resample
    from limitlaw.seed import Seed

#: A check of fit below this warns: one in a hundred where the population is right.
_MISFIT = 0.01


def forecast_pass_at_k(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    unsolvable: bool | None = None,
    stopped_at: int | None = None,
    resample: Resample = "tasks",
    bootstrap: int = 1_000,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Forecast mean pass@k beyond the attempts observed, with intervals.

    The population of :func:`fit_beta_binomial` is the prior of every task; a task's forecast is its posterior
    predictive 1 - B(alpha+c, beta+n-c+k)/B(alpha+c, beta+n-c), k fresh attempts. Far beyond n it rests on the shape of
    the population near p = 0, which counts seldom tell: a Beta and a Beta with a share of unsolvable tasks are both
    fitted, the estimate weighs them by Akaike's criterion, and the interval spans those of both: each resample refits
    to resampled tasks and draws what the rates of tasks with such counts may be. It also spans that of populations
    that are themselves drawn, as for ``solve(resample=)`` of counts, of which two sorts of tasks are one kind. What it
    covers on real tasks that are no Beta stands in docs/intervals.md.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        correct: c, correct ones among them.
        k: Numbers of fresh attempts, whole numbers >= 1, also above n.
        unsolvable: ``None``: both shapes (where no task has three attempts a Beta alone), and drawn populations.
            ``False``: a Beta, whose interval is narrower and holds only if there is one; ``True``: with a share of
            tasks with p = 0.
        stopped_at: As in :func:`fit_beta_binomial`.
        resample: ``"attempts"``: the interval counts what the rates of these tasks may be, and holds if the population
            is of the fitted shapes; ``"tasks"`` also counts how resampled tasks differ, a margin for real tasks, which
            are of no such shape. Both are about these tasks.
        bootstrap: Resamples for the interval, of each shape; 0 for none.
        confidence: Of the interval, in (0, 1).
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per k: ``k``, ``pass_at_k``, ``low``, ``high``; ``p_none_correct``, ``p_all_correct``: a check of fit,
        the two-sided probability, under the better shape, of as many or as few tasks without a correct attempt and
        without a wrong one (null with ``stopped_at``); ``shapes``, ``tasks``, ``bootstrap``, ``confidence``, ``seed``.

    Raises:
        ValueError: A count is out of range; no attempt is correct or none is wrong; no task has two attempts; a seed
            is missing.

    Warns:
        MisfitWarning: A check of fit is below .005 (of the two, below .01).

    Source: Schaeffer et al., arXiv 2502.17578, section 5; the predictive is ours.

    Example:
        >>> from limitlaw import fit
        >>> frame = fit.forecast_pass_at_k(20, [0, 0, 1, 2, 4, 7, 13, 20], [10, 1000], bootstrap=0)
        >>> frame["pass_at_k"].round(3).to_list()
        [0.633, 0.92]
    """
    n, c = counts(attempts, correct)
    ks = column("k", k, counts=False)
    options, text = resampling(bootstrap, seed, confidence=confidence, threads=threads, progress=progress)
    check_choice(resample, "resample", ("tasks", "attempts"))
    found = _core.forecast(
        "pass_at_k", n, c, ks, stopped_at=stop(stopped_at), unsolvable=_shape(unsolvable), resample=resample, **options
    )
    columns = {"k": ks.astype(np.int64), "pass_at_k": found["estimate"]}
    return _frame(columns, found, resample, _closing(len(c), options, text))


def forecast_pass_hat_k(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    infallible: bool | None = None,
    resample: Resample = "tasks",
    bootstrap: int = 1_000,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Forecast mean pass^k beyond the attempts observed, with intervals: all of k fresh attempts are correct.

    The mirror image of :func:`forecast_pass_at_k`, with failures in the place of successes: far beyond n it rests on
    the shape of the population near p = 1, and the second shape has a share of tasks that never fail. Near p = 1 real
    tasks are no Beta: a third shape is free (maximum likelihood over all distributions on a grid of rates), it gives
    the estimate, and the interval spans all three (of the free one it is that of the likelihood ratio).

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        correct: c, correct ones among them.
        k: Numbers of fresh attempts, whole numbers >= 1, also above n.
        infallible: As ``unsolvable`` of :func:`forecast_pass_at_k`: ``None`` all shapes, ``False`` a Beta, ``True``
            with a share of tasks with p = 1.
        resample: As in :func:`forecast_pass_at_k`.
        bootstrap: Resamples for the interval, of each shape; 0 for none.
        confidence: Of the interval, in (0, 1).
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per k: ``k``, ``pass_hat_k``, and the other columns of :func:`forecast_pass_at_k`.

    Raises:
        ValueError: As :func:`forecast_pass_at_k`.

    Warns:
        MisfitWarning: As :func:`forecast_pass_at_k`.

    Source: as :func:`forecast_pass_at_k`; pass^k is of Yao et al., arXiv 2406.12045; Kiefer and Wolfowitz, Annals of
    Mathematical Statistics 27 (1956), for the free shape.

    Example:
        >>> from limitlaw import fit
        >>> frame = fit.forecast_pass_hat_k(20, [0, 0, 1, 2, 4, 7, 13, 20], [1, 10], bootstrap=0)
        >>> frame["pass_hat_k"].round(3).to_list()
        [0.292, 0.126]
    """
    n, c = counts(attempts, correct)
    ks = column("k", k, counts=False)
    options, text = resampling(bootstrap, seed, confidence=confidence, threads=threads, progress=progress)
    check_choice(resample, "resample", ("tasks", "attempts"))
    shape = _shape(infallible, "infallible")
    found = _core.forecast("pass_hat_k", n, c, ks, stopped_at=None, unsolvable=shape, resample=resample, **options)
    columns = {"k": ks.astype(np.int64), "pass_hat_k": found["estimate"]}
    return _frame(columns, found, resample, _closing(len(c), options, text), other="infallible")


def attempts_for(
    attempts: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    target: npt.ArrayLike,
    unsolvable: bool | None = None,
    stopped_at: int | None = None,
    resample: Resample = "tasks",
    bootstrap: int = 1_000,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """The fewest attempts with which mean pass@k reaches a target, with intervals.

    The k at which :func:`forecast_pass_at_k` reaches it; the interval is that of the k found for each resample.

    Args:
        attempts: n, attempts of each task; one number serves all tasks.
        correct: c, correct ones among them.
        target: The mean pass@k to reach, in [0, 1]; one or several.
        unsolvable: As in :func:`forecast_pass_at_k`.
        stopped_at: As in :func:`fit_beta_binomial`.
        resample: As in :func:`forecast_pass_at_k`.
        bootstrap: Resamples for the interval, of each shape; 0 for none.
        confidence: Of the interval, in (0, 1).
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per target: ``target``, ``attempts``, ``low``, ``high`` (null: no number up to 1e15 is enough; of all
        three where ``bootstrap=0`` only ``attempts`` is given), and the other columns of :func:`forecast_pass_at_k`.

    Raises:
        ValueError: As :func:`forecast_pass_at_k`, or a target is not in [0, 1].

    Warns:
        MisfitWarning: As :func:`forecast_pass_at_k`.

    Source: as :func:`forecast_pass_at_k`.

    Example:
        >>> from limitlaw import fit
        >>> frame = fit.attempts_for(20, [0, 0, 1, 2, 4, 7, 13, 20], target=[0.5, 0.9], bootstrap=0)
        >>> frame["attempts"].to_list()
        [4, 475]
    """
    n, c = counts(attempts, correct)
    targets = column("target", target, counts=False)
    options, text = resampling(bootstrap, seed, confidence=confidence, threads=threads, progress=progress)
    check_choice(resample, "resample", ("tasks", "attempts"))
    found = _core.forecast(
        "attempts_for",
        n,
        c,
        targets,
        stopped_at=stop(stopped_at),
        unsolvable=_shape(unsolvable),
        resample=resample,
        **options,
    )
    found |= {end: whole(found[end]) for end in ("low", "high")}
    columns = {"target": targets, "attempts": whole(found["estimate"])}
    return _frame(columns, found, resample, _closing(len(c), options, text))


def _shape(chosen: bool | None, name: str = "unsolvable") -> bool | None:
    if chosen is not None:
        check_flag(chosen, name)
    return chosen


def _closing(tasks: int, options: dict[str, Any], seed: str | None) -> list[pl.Expr]:
    return closing(tasks, options, seed, bootstrap=options["resamples"])


def _frame(
    columns: dict[str, Any],
    found: dict[str, Any],
    resample: Resample,
    closed: list[pl.Expr],
    *,
    other: str = "unsolvable",
) -> pl.DataFrame:
    none, every = found["fit"]
    if min(none, every) < 0.5 * _MISFIT:
        which = "correct" if none < every else "wrong"
        warnings.warn(
            f"no Beta population fits the number of tasks without a {which} attempt (two-sided p = "
            f"{min(none, every):.2g}): the interval may hold the truth less often than it says",
            MisfitWarning,
            stacklevel=3,
        )
    names = ("beta", f"beta and {other}", "free")
    shapes = [name for name, fitted in zip(names, found["shapes"], strict=True) if fitted]
    ends = {"low": found["low"], "high": found["high"]}
    fit = {"p_none_correct": none, "p_all_correct": every, "shapes": ", ".join(shapes), "resample": resample}
    return pl.DataFrame(columns | ends | fit).with_columns(pl.selectors.float().fill_nan(None), *closed)
