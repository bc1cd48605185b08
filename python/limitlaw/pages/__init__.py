"""One offline HTML page for one question: recommendation, charts with sliders, tables, assumptions, its command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from limitlaw._arguments import as_path, as_threads, as_whole, shown
from limitlaw.exhaustion.constraint import ConstraintScenario
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.pages.page import Page, written
from limitlaw.sampling.scenario import SamplingScenario

__all__ = ["report"]

#: The most trials of each of the precomputed points.
_MAX_TRIALS = 10**7


def report(
    subject: Any,
    path: str | Path,
    *,
    title: str | None = None,
    trials: int = 10_000,
    seed: int = 0,
    threads: int | None = None,
    command: str | None = None,
) -> Path:
    """Write one self-contained HTML page that can be sent: it needs no network, no server and no other file.

    Of a sampling scenario it has the best number of attempts (or the best limit) with its interval, the curves over
    them, sliders for the false positive rate, the cost of a wrong answer and the attempts (or the limit); of recorded
    attempts what ``recommend`` says of its policies, with the curves and sliders of the recommended one. Of an
    exhaustion scenario it has the year of running out with its interval, and sliders for the share of progress that
    saves data and for the growth of compute. Slider positions are precomputed: what is between them is not
    interpolated. Of any other result it has the table, and the chart where there is one.

    Args:
        subject: A sampling, exhaustion or constraint scenario, a result of ``simulate``, ``sweep``, ``backtest``,
            ``sensitivity``, ``recommend`` or a fit, a ``Store`` or its folder, or any frame of this library.
        path: The ``.html`` file to write.
        title: Title of the page; the question unless given.
        trials: Trials of each point that is simulated.
        seed: Seed of every random number, a whole number.
        threads: Threads; every core unless given.
        command: The command that makes the page again; shown at its end.

    Returns:
        The absolute path of the file.

    Raises:
        ValueError: The path does not end in ``.html``, a folder is no store, or a value is out of range.
        TypeError: It is no result of this library.
        ImportError: The extra ``plots`` is not installed.

    Example:
        >>> import limitlaw as ll, pathlib, tempfile
        >>> scenario = ll.SamplingScenario(
        ...     tasks=ll.Tasks.counts(attempts=[20, 20, 20], correct=[1, 4, 15]),
        ...     verifier=ll.Verifier.rates(false_positive_rate=0.05),
        ...     max_attempts=[1, 10, 100],
        ...     utility=ll.Utility(wrong_cost=2),
        ... )
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = ll.report(scenario, pathlib.Path(folder) / "page.html", trials=1000)
        ...     "<title>How many attempts" in page.read_text(encoding="utf-8")
        True
    """
    path = as_path(path, "path").resolve()
    if path.suffix != ".html":
        raise ValueError(f"path must end in .html, got {path.name!r}")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be text, got {shown(title)}")
    trials = as_whole(trials, "trials", 100, _MAX_TRIALS)
    seed = as_whole(seed, "seed", 0, 2**63 - 1)
    options = {"trials": trials, "seed": seed, "threads": as_threads(threads)}
    page = _page(subject, options)
    page.title = title or page.title
    page.command = command
    return written(page, path)


def _page(subject: Any, options: dict[str, Any]) -> Page:
    if isinstance(subject, SamplingScenario):
        from limitlaw.pages.sampling import sampling_page  # noqa: PLC0415  (one kind of page at a time)

        return sampling_page(subject, **options)
    if isinstance(subject, ExhaustionScenario):
        from limitlaw.pages.exhaustion import exhaustion_page  # noqa: PLC0415

        return exhaustion_page(subject, **options)
    from limitlaw.pages.result import result_page  # noqa: PLC0415
    from limitlaw.sweeps.store import Store  # noqa: PLC0415

    if isinstance(subject, (str, Path)):
        if not as_path(subject, "subject").is_dir():
            expected = "a scenario, a frame or a result of limitlaw, or the folder of a store"
            raise ValueError(
                f"subject must be {expected}, got {str(subject)!r} (read_scenario reads a scenario's file)"
            )
        subject = Store(subject)
    if isinstance(subject, Store):
        subject = subject.collect()
    if isinstance(subject, ConstraintScenario):
        from limitlaw.run import simulate  # noqa: PLC0415

        return result_page(simulate(subject, **options), scenario=subject)
    if not isinstance(subject, pl.DataFrame) and type(subject).__name__ not in _RESULTS:
        raise TypeError(f"subject must be a scenario, a frame or a result of limitlaw, got {shown(subject)}")
    if isinstance(subject, pl.DataFrame) and subject.is_empty():
        raise ValueError("subject must have rows, got an empty frame")
    return result_page(subject)


#: Results that are not frames.
_RESULTS = (
    *("ExhaustionResult", "ConstraintResult", "Sweep", "Backtest", "Sensitivity"),
    *("Recommendation", "JudgeFit", "ScalingFit", "GrowthFit"),
)
