"""Tasks that have fewer attempts than asked for: how many, and the others alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from limitlaw.sampling.tasks import PoolTasks, RecordedTasks
from limitlaw.sampling.verifier import RatesVerifier, SpreadVerifier, SuiteVerifier, Verifier

#: What a recorded attempt has.
_COLUMNS = ("correct", "accepted", "answer", "score", "tokens", "cost", "seconds")


def left_out(tasks: RecordedTasks, verifier: Verifier | None, attempts: int) -> tuple[RecordedTasks, Verifier | None]:
    """The tasks with at least so many attempts, and the verifier of these.

    Raises:
        ValueError: No task has so many.
    """
    kept = tasks.attempts >= attempts
    if not kept.any():
        most = int(tasks.attempts.max())
        raise ValueError(f"tasks must have one with {attempts:,} attempts, got {most:,} at most (short='drop')")
    return chosen(tasks, verifier, kept)


def chosen(
    tasks: RecordedTasks, verifier: Verifier | None, kept: npt.NDArray[np.bool_]
) -> tuple[RecordedTasks, Verifier | None]:
    """Some of the tasks, a flag for each, and the verifier of these."""
    rows = np.repeat(kept, tasks.attempts)
    columns: dict[str, Any] = {name: column[rows] for name in _COLUMNS if (column := getattr(tasks, name)) is not None}
    for name in ("attempts", "weight", "cluster"):
        columns |= {} if getattr(tasks, name) is None else {name: getattr(tasks, name)[kept]}
    names = None if tasks.names is None else tuple(np.array(tasks.names, dtype=object)[kept])
    if isinstance(verifier, (RatesVerifier, SpreadVerifier, SuiteVerifier)):
        fields = ("false_positive_rate", "false_negative_rate", "detection")
        given = {name: np.asarray(getattr(verifier, name)) for name in fields if hasattr(verifier, name)}
        of_tasks: dict[str, Any] = {name: rates[kept] for name, rates in given.items() if rates.shape == kept.shape}
        verifier = verifier.replace(**of_tasks) if of_tasks else verifier
    return tasks.replace(**columns, names=names), verifier


def held(
    tasks: PoolTasks | RecordedTasks, verifier: Verifier | None, asked: int
) -> tuple[PoolTasks | RecordedTasks, Verifier | None, int, str]:
    """What observed attempts say of up to ``asked`` attempts: the tasks, their verifier, the most attempts, and words.

    With ``short="drop"`` tasks with fewer attempts than asked for, or than half of the tasks have, are left out of
    everything, so that all that is compared is of the same tasks; else the task with the fewest ends it.
    """
    usual = min(asked, int(np.sort(tasks.attempts)[(len(tasks) - 1) // 2]))
    fewest = int(tasks.attempts.min())
    short = int((tasks.attempts < usual).sum())
    if not short:
        return tasks, verifier, usual, ""
    have = f"{short:,} of the {len(tasks):,} tasks {'has' if short == 1 else 'have'} fewer than {usual:,} attempts"
    if isinstance(tasks, RecordedTasks) and tasks.short == "drop":
        tasks, verifier = left_out(tasks, verifier, usual)
        return tasks, verifier, usual, f"{have} and {'is' if short == 1 else 'are'} left out."
    remedy = "short='drop' leaves such tasks out" if isinstance(tasks, RecordedTasks) else "leave such tasks out"
    return tasks, verifier, fewest, f"{have}, the least {fewest:,}: no more was looked at ({remedy})."
