"""One verb for every scenario: simulate it, solve it, merge what was simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, overload

import polars as pl

from limitlaw import _core
from limitlaw._arguments import (
    as_confidence,
    as_frame,
    as_threads,
    as_whole,
    check_choice,
    check_flag,
    is_sequence,
    shown,
)
from limitlaw._files import reading
from limitlaw._progress import check_wanted, reporting
from limitlaw.exhaustion.constraint import ConstraintResult, ConstraintScenario, simulate_constraint
from limitlaw.exhaustion.run import ExhaustionResult, SamplerName, simulate_exhaustion
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.sampling.files import with_tables
from limitlaw.sampling.frames import By, check_resampled, simulate_frame, solve_frame
from limitlaw.sampling.plug_in import is_resampled, resamples_of, warn_outside
from limitlaw.sampling.scenario import SamplingScenario, check_scenario
from limitlaw.sampling.tallies import merge_frames, tallies_frame
from limitlaw.seed import Seed, key_of

#: What intervals of known tasks are about.
Resample = Literal["tasks", "attempts"]
#: What ``simulate`` simulates.
Scenario = SamplingScenario | ExhaustionScenario | ConstraintScenario
#: Trials of a resample of attempts, at least: noise of so many is small beside what attempts leave open.
_LEAST_TRIALS = 100
_KINDS: dict[str, type[Scenario]] = {
    one.kind: one for one in (SamplingScenario, ExhaustionScenario, ConstraintScenario)
}


@overload
def simulate(
    scenario: SamplingScenario,
    *,
    trials: int,
    seed: Seed,
    by: By = "policy",
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
    replicate: int = 0,
    tallies: bool = False,
    resample: Resample | None = None,
    confidence: float = 0.95,
    bootstrap: int = 200,
) -> pl.DataFrame: ...
@overload
def simulate(
    scenario: ExhaustionScenario,
    *,
    trials: int,
    seed: Seed,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
    replicate: int = 0,
    samples: Sequence[str] = (),
    sampler: SamplerName = "philox",
    exact_quantiles: bool = False,
) -> ExhaustionResult: ...
@overload
def simulate(
    scenario: ConstraintScenario,
    *,
    trials: int,
    seed: Seed,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
    replicate: int = 0,
) -> ConstraintResult: ...
def simulate(  # noqa: C901
    scenario: Scenario,
    *,
    trials: int,
    seed: Seed,
    by: By = "policy",
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
    replicate: int = 0,
    tallies: bool = False,
    resample: Resample | None = None,
    confidence: float = 0.95,
    bootstrap: int = 200,
    samples: Sequence[str] = (),
    sampler: SamplerName = "philox",
    exact_quantiles: bool = False,
) -> pl.DataFrame | ExhaustionResult | ConstraintResult:
    """Simulate a scenario on all cores.

    A trial of a sampling scenario is one pass over all tasks, of an exhaustion scenario one path over all years, of a
    constraint scenario one draw. The same seed gives the same bits for any number of threads.

    Args:
        scenario: What to simulate.
        trials: Trials, from 1 to 1e14 (an exhaustion scenario: 2**32 - 1; a constraint scenario: 1e7).
        seed: A whole number that is not negative, or a ``numpy.random.SeedSequence``.
        by: ``"policy"`` for one row per policy and ``max_attempts``; ``"task"`` for one row per task as well.
        columns: The result columns to compute, each of which brings its standard error; all of them unless given. A
            choice changes no number.
        threads: Threads to use, from 1 to 1024; every core unless given.
        progress: ``True`` shows a bar on a terminal and in a notebook. A function is called from this thread about
            every 50 ms, and at the end, with (trials done, trials); an exception from it ends the run and propagates.
        replicate: The number of an independent repetition under the same seed, from 0.
        tallies: Return the counts behind the estimates, for ``merge``, instead of the estimates.
        resample: Adds the interval of each column, ``<column>_low`` and ``<column>_high``, as in ``solve``: would other
            tasks, or other attempts at these, say the same? The noise of the trials is in it.
        confidence: Of the intervals, in (0, 1).
        bootstrap: Resamples of attempts, from 10 to 100,000, each of which is simulated in ``trials / bootstrap``
            trials, at least 100.
        samples: Of an exhaustion scenario, the variables to return draw by draw: ``"exhaustion_year"`` (by every
            definition), an input, a coefficient of the law such as ``"alpha"``, or a variable and a year such as
            ``"loss_2035"``. Variables are those of the trajectories and ``tokens_per_parameter``,
            ``equivalent_compute``, ``compute_efficiency``, ``marginal_value_per_trillion_tokens`` and
            ``marginal_compute``, as in ``optimal_allocation``. They are in memory at once: at most 1e9 values.
        sampler: Of an exhaustion scenario, ``"philox"`` for pseudo-random numbers, or ``"sobol"`` for Owen-scrambled
            Sobol' points: 16 independent scramblings of ``trials / 16`` points, whose spread gives the standard errors
            (t with 15 degrees of freedom); ``trials`` is then a power of two. At most 2**32 - 1 trials.
        exact_quantiles: Of an exhaustion scenario, make every quantile the order statistic of all draws, by two further
            passes over the same draws (three times the time, memory that does not grow with trials); else each is
            off by less than its bin's width (see ``ExhaustionResult``). ``progress`` then counts thrice the trials.

    ``by``, ``columns``, ``tallies`` and ``resample`` are for sampling scenarios only, ``samples``, ``sampler`` and
    ``exact_quantiles`` for exhaustion scenarios only.

    Returns:
        An ``ExhaustionResult``, a ``ConstraintResult``, or for a sampling scenario a frame of this form.

        One row per policy and ``max_attempts``, or ``limit``. Shares (no unit): ``accuracy``, ``wrong``, ``accepted``,
        ``returned``, ``abstained``, ``false_discovery_rate``, ``precision``, ``coverage``; means per task:
        ``utility``, ``attempts_used``, ``tokens``, ``cost``, ``latency``; what a correct answer takes, that is these
        divided by the accuracy: ``tokens_per_correct``, ``cost_per_correct``; each with its Monte Carlo standard error
        ``_se``; quantiles ``_q05`` to ``_q95`` of one run of the whole benchmark for accuracy, tokens, cost, latency
        and utility; ``trials``, and ``run``, which reads ``seed-settings-stream``: the seed, the first 8 digits of the
        settings' ``fingerprint()``, the version of the random stream. What the scenario cannot have is left out: the
        bill without a ``Cost``, utility without a ``Utility``, coverage of a pool without ``correct``, quantiles of
        weighted tasks and by task. Null where a value does not exist.

        ``attempts_used`` averages the expected number given the cell of the grid that the acceptance fell into, which
        has less noise than the numbers themselves. A continuous score's quantile is the least value of its bin of
        relative width 2**-13: exact where each bin holds one value, as utilities without attempt costs do unless the
        tasks are many or the rewards have a fine common unit.

    Raises:
        ValueError: An argument is out of range.
        TypeError: An argument has the wrong type; a NumPy Generator as seed is refused, because it has a state.
        KeyboardInterrupt: Ctrl-C, within about 0.1 s.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> frame = ll.simulate(scenario, trials=100_000, seed=7)
        >>> frame.select("max_attempts", "accuracy", "trials").with_columns(pl.col("accuracy").round(2)).rows()
        [(1, 0.25, 100000), (10, 0.82, 100000)]
    """
    if not isinstance(scenario, (ExhaustionScenario, ConstraintScenario)):
        check_solvable(scenario)
    key, text = key_of(seed)
    check_wanted(progress if progress is not None else False)
    run: dict[str, Any] = {
        "trials": as_whole(trials, "trials", 1, _core.MAX_TRIALS[scenario.kind]),
        "key": key,
        "seed": text,
        "replicate": as_whole(replicate, "replicate", 0, 2**64 - 1),
        "threads": as_threads(threads),
    }
    check_choice(by, "by", ("policy", "task"))
    check_flag(tallies, "tallies")
    check_flag(exact_quantiles, "exact_quantiles")
    check_choice(sampler, "sampler", ("philox", "sobol"))
    if not is_sequence(samples) or not all(isinstance(name, str) for name in samples):
        raise TypeError(f"samples must be a sequence of names, got {shown(samples)}")
    if not isinstance(scenario, SamplingScenario):
        _check_left_out(
            scenario.kind,
            by=(by, "policy"),
            columns=(columns, None),
            tallies=(tallies, False),
            resample=(resample, None),
        )
    if not isinstance(scenario, ExhaustionScenario):
        _check_left_out(
            scenario.kind,
            samples=(tuple(samples), ()),
            sampler=(sampler, "philox"),
            exact_quantiles=(exact_quantiles, False),
        )
    confidence = as_confidence(confidence)
    check_resampled(scenario, resample, by=by, simulated=True)
    intervals: dict[str, Any] = {}
    total = run["trials"]
    if resample == "tasks":
        intervals = {"over_tasks": confidence}
    if isinstance(scenario, SamplingScenario) and is_resampled(scenario.tasks, resample):
        resamples = resamples_of(scenario.tasks, resample, as_whole(bootstrap, "bootstrap", 10, 100_000))
        each = max(total // resamples, _LEAST_TRIALS)
        intervals["resampled"] = (resamples, each, confidence)
        total += resamples * each
    if tallies and (by != "policy" or columns is not None or resample is not None):
        raise ValueError("tallies=True gives every count of every task: by, columns and resample must be left out")
    with reporting(progress, total, "trials") as run["progress"]:
        if isinstance(scenario, ExhaustionScenario):
            options: dict[str, Any] = {"samples": samples, "sampler": sampler, "exact_quantiles": exact_quantiles}
            return simulate_exhaustion(scenario, **options, **run)
        if isinstance(scenario, ConstraintScenario):
            return simulate_constraint(scenario, **run)
        if tallies:
            return tallies_frame(scenario, **run)
        frame = simulate_frame(scenario, by=by, columns=columns, **intervals, **run)
    warn_outside(scenario.tasks, frame)
    return frame


def solve(
    scenario: SamplingScenario,
    *,
    by: By = "policy",
    columns: Sequence[str] | None = None,
    resample: Resample | None = None,
    confidence: float = 0.95,
    bootstrap: int = 1_000,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Solve a scenario exactly: the columns of ``simulate`` from closed forms, without standard errors.

    Where rates are drawn anew in every trial, shares are integrals with an error below 1e-12. With a verifier known by
    labels (``Verifier.from_labels``) they are means over its equally likely verifiers, each with the interval of what
    the labels leave open, ``<column>_low`` and ``<column>_high``.

    ``run`` reads ``exact-settings``. Quantiles of one benchmark run come from the exact distribution of the score
    (Poisson-binomial). There are none of tokens, cost and latency, nor of the utility where an attempt costs something
    or the rewards have no small common unit. Under limits with ``crossing="cut"`` and tokens that spread, the parts of
    the bill other than the limited one are null unless they are in proportion to it.

    Args:
        scenario: What to solve.
        by: As in ``simulate``.
        columns: As in ``simulate``.
        resample: What the intervals ``<column>_low`` and ``<column>_high`` are about. ``"tasks"``: would other tasks
            say the same? ``"attempts"``: would other attempts at these tasks? Counts, pools and recorded attempts have
            both, fixed rates tasks alone. With a verifier known by labels they hold what its labels leave open too.
        confidence: Of the intervals, in (0, 1).
        bootstrap: Resamples of attempts, from 10 to 1,000,000, of pools and logs at most: many tasks need fewer; over
            tasks there is no need of any, but of counts.
        seed: Of these; required for ``"attempts"``; 0 over tasks unless given.
        threads: Threads for these; every core unless given.
        progress: Of these, as in ``simulate``.

    Over tasks shares, precision, and the utility where attempts cost nothing have the limits of Gaffke for a mean
    of values within known bounds, which hold for few tasks and at 0 and 100 % (as ``pass_at_k``); attempts, tokens,
    cost and latency Student's t on the scale of the logarithm; a utility where attempts cost joins both; what a
    correct answer takes has the limits of a ratio (Donner and Zou 2012). One task, or cluster, has none. Of counts each
    resample, over attempts and over tasks, draws every task's rate from its posterior under a population that is
    itself drawn (a Beta, a Beta beside tasks that never and always succeed, or two Betas, as far as counts tell; of
    one attempt each, one rate for all, only 0 and 1, or a Beta of any spread), with ``posterior`` too, whose prior
    decides the columns alone; these, or the observed shares that columns take for rates without, may lie outside (a
    warning then says so). Pools and logs are drawn anew at rates that are themselves
    drawn; the limits of a share are then those of Clopper and Pearson for as many independent trials as have the
    variance of such logs, as in ``pass_at_k``. ``docs/intervals.md`` has the coverage.

    Raises:
        ValueError: An argument is out of range, or the tasks have nothing to resample.
        NoClosedFormError: No closed form exists; the message says why.

    Warns:
        MisfitWarning: Estimates from observed shares lie outside the intervals of what the attempts leave open.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> ll.solve(scenario)["accuracy"].round(4).to_list()
        [0.25, 0.8226]
    """
    check_solvable(scenario)
    check_choice(by, "by", ("policy", "task"))
    confidence = as_confidence(confidence)
    check_resampled(scenario, resample, by=by)
    check_wanted(progress if progress is not None else False)
    over_tasks = resample == "tasks"
    if not is_resampled(scenario.tasks, resample):
        return solve_frame(scenario, by=by, columns=columns, over_tasks=over_tasks, confidence=confidence)
    if seed is None and not over_tasks:
        raise TypeError("seed must be a whole number or a SeedSequence where resample is 'attempts', got None")
    options: dict[str, Any] = {
        "resamples": resamples_of(scenario.tasks, resample, as_whole(bootstrap, "bootstrap", 10, 1_000_000)),
        "key": key_of(0 if seed is None else seed)[0],
        "threads": as_threads(threads),
    }
    with reporting(progress, options["resamples"], "resamples") as options["progress"]:
        frame = solve_frame(
            scenario, by=by, columns=columns, over_tasks=over_tasks, resampled=options, confidence=confidence
        )
    warn_outside(scenario.tasks, frame)
    return frame


def merge(frames: Sequence[pl.DataFrame], *, tallies: bool = False) -> pl.DataFrame:
    """Add runs of one scenario: frames of ``simulate(..., tallies=True)`` with different replicates or seeds.

    Args:
        frames: Frames of tallies.
        tallies: Return the sum as tallies, to be merged further, instead of the estimates.

    Raises:
        ValueError: The frames are not tallies, belong to different scenarios, or repeat the same draws.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> parts = [ll.simulate(scenario, trials=1000, seed=7, replicate=r, tallies=True) for r in range(3)]
        >>> ll.merge(parts)["trials"].to_list()
        [3000, 3000]
    """
    check_flag(tallies, "tallies")
    if not is_sequence(frames) or hasattr(frames, "columns"):  # one frame is no sequence of frames
        raise TypeError(f"frames must be a sequence of frames, got {shown(frames)}")
    # One by one, before a list is made: a range of 1e9 numbers is a sequence too.
    return merge_frames([as_frame(frame, f"frames[{at}]") for at, frame in enumerate(frames)], tallies=tallies)


def read_scenario(path: str | Path) -> Scenario:
    r"""Read a scenario of any kind from a ``.toml`` or ``.json`` file.

    The file holds ``kind`` (``"sampling"``, ``"exhaustion"`` or ``"constraint"``) and the fields of that scenario; what
    it leaves out keeps its default. An exhaustion or constraint scenario may start from a ``preset``. Tasks of the kind
    ``"counts"``, ``"pool"`` or ``"recorded"`` may stand in a table: ``file`` is its path relative to this file, and
    ``attempts``, ``correct``, ``task`` and the like are then its columns.

    Raises:
        ValueError: The file is not TOML or JSON, names an unknown kind, preset or field, or a value is out of range;
            the message names the file.
        TypeError: A value has the wrong type.

    Example:
        >>> import limitlaw as ll, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "scenario.toml"
        >>> _ = path.write_text('kind = "exhaustion"\npreset = "epoch2024"\ntrend_weight = 1')
        >>> ll.read_scenario(path).trend_weight
        Constant(value=1.0)
    """
    with reading(path) as data:
        kind, axes = (data.get("kind"), "axes" in data) if isinstance(data, dict) else (None, False)
        if not isinstance(kind, str) or kind not in _KINDS:
            hint = "; with scenario and axes it is a sweep: limitlaw sweep, or read_sweep" if axes else ""
            raise ValueError(f"kind must be one of {list(_KINDS)}, got {shown(kind)}{hint}")
        return _KINDS[kind].from_data(with_tables(data, Path(path).parent) if kind == SamplingScenario.kind else data)


def _check_left_out(kind: str, **arguments: tuple[object, object]) -> None:
    """Each argument, given with what it is unless given, says nothing about this kind of scenario."""
    for name, (value, default) in arguments.items():
        if type(value) is not type(default) or value != default:
            raise ValueError(f"{name} must be left out for scenarios of the kind {kind}, got {shown(value)}")


def check_solvable(scenario: object) -> None:
    """Only a sampling scenario will do."""
    if isinstance(scenario, (ExhaustionScenario, ConstraintScenario)):
        raise TypeError(
            f"scenario must be a SamplingScenario to be solved, got one that can be simulated only: {scenario}"
        )
    check_scenario(scenario)
