"""What each system has in every task that it tried: from counts, from a row per attempt, or by a policy on records."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from limitlaw import _core
from limitlaw._arguments import as_column, as_frame, naming, numbered, shown
from limitlaw.run import solve
from limitlaw.sampling.attempts import check_flags, check_once, cluster_names
from limitlaw.sampling.policy import Policy
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.stopped import warn_stopped
from limitlaw.sampling.tasks import RecordedTasks

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


class System(NamedTuple):
    """One system: the names of the tasks that it tried, and what it has in each (row) at every k (column).

    ``clusters``: the name of each task's cluster, which means nothing to other systems; none where tasks stand alone.
    """

    name: str
    tasks: list[str]
    values: Floats
    clusters: list[str] | None


def clusters_of(systems: list[System], numbers: dict[str, int]) -> Floats | None:
    """The cluster of each task, by the numbers of tasks: those in one cluster of any system are in one.

    Raises:
        ValueError: Only some of the systems have clusters, or two of them do not agree.
    """
    without = [one.name for one in systems if one.clusters is None]
    if len(without) == len(systems):
        return None
    if without:
        raise ValueError(f"systems must all name clusters, or none of them: {shown(without[0])} names none")
    parent = list(range(len(numbers)))

    def root(task: int) -> int:
        while parent[task] != task:
            parent[task] = task = parent[parent[task]]
        return task

    first: list[dict[str, int]] = [{} for _ in systems]  # by system, a task of each cluster
    for one, of in zip(systems, first, strict=True):
        assert one.clusters is not None  # as above
        for name, cluster in zip(one.tasks, one.clusters, strict=True):
            parent[root(numbers[name])] = root(of.setdefault(cluster, numbers[name]))
    for one, of in zip(systems, first, strict=True):
        seen: dict[int, str] = {}
        for cluster, task in of.items():
            if (other := seen.setdefault(root(task), cluster)) != cluster:
                names = list(numbers)
                tasks = [names[of[each]] for each in (other, cluster)]
                raise ValueError(
                    "cluster must put tasks together alike in all systems, got one cluster of another system that "
                    f"{one.name!r} divides: its tasks {shown(tasks[0])} and {shown(tasks[1])} are in two"
                )
    return np.array([root(task) for task in range(len(numbers))], dtype=np.float64)


@dataclasses.dataclass(frozen=True)
class Reading:
    """The columns that are read and what is made of them, as ``compare_systems`` says."""

    task: str
    attempts: str | None
    correct: str
    statistic: str | Policy
    grid: Floats
    cluster: str | None = None

    def system(self, name: str, given: object) -> System:
        """One system, whose errors are named by it."""
        with naming(f"systems[{name!r}]"):
            if isinstance(given, RecordedTasks) and given.weight is not None and len(set(given.weight)) > 1:
                raise ValueError(
                    f"recorded attempts must have no weights, for tasks count alike, got {shown(given.weight)}"
                )
            if isinstance(self.statistic, Policy):
                tasks, values = self._by_policy(given, self.statistic)
                kept = np.ones(len(tasks), dtype=bool)
            else:
                tasks, n, c = self.counts(given)
                values = _core.task_pass_rates(self.statistic, n, c, self.grid).reshape(len(n), len(self.grid))
                kept = n > 0
            if isinstance(given, RecordedTasks) and given.short == "drop":  # the same tasks at every k
                kept &= given.attempts >= self.grid[-1]
                if not kept.any():
                    most = int(given.attempts.max())
                    raise ValueError(
                        f"tasks must have one with {self.grid[-1]:.0f} attempts, got {most} at most (short='drop')"
                    )
            clusters = self._clusters(given, tasks)
        rows = np.flatnonzero(kept)
        own = None if clusters is None else [clusters[row] for row in rows]
        return System(name, [tasks[row] for row in rows], values[kept], own)

    def _clusters(self, given: object, tasks: list[str]) -> list[str] | None:
        """The cluster of each task: of recorded attempts their own, of a frame those of the column, if one is named."""
        if isinstance(given, RecordedTasks):
            if given.cluster is None and self.cluster is not None:
                raise ValueError(f"recorded attempts must have clusters ({self.cluster!r}), got none")
            return None if given.cluster is None else [str(number) for number in given.cluster]
        if self.cluster is None:
            return None
        frame = as_frame(given, "frame")
        names = [str(name) for name in as_column(frame, "task", self.task, of="names")]
        return cluster_names(frame, self.cluster, names, tasks)

    def _by_policy(self, given: object, policy: Policy) -> tuple[list[str], Floats]:
        if not isinstance(given, RecordedTasks):
            raise TypeError(f"a policy needs recorded attempts (Tasks.from_attempts), got {shown(given)}")
        answered = self.grid[self.grid <= int(given.attempts.max())]
        values = np.full((len(given), len(self.grid)), np.nan)
        if len(answered):
            tasks = given.replace(short="drop")  # a task with too few attempts is no other's matter
            scenario = SamplingScenario(tasks=tasks, policies=[policy], max_attempts=answered.astype(np.int64))
            accuracy = solve(scenario, by="task")["accuracy"].to_numpy()
            values[:, : len(answered)] = accuracy.reshape(len(answered), len(given)).T
        return _names(given), values

    def counts(self, given: object) -> tuple[list[str], Floats, Floats]:
        """The names of the tasks, their attempts and the correct ones among them."""
        if isinstance(given, RecordedTasks):
            counted = given.counted()
            assert counted.correct is not None  # recorded
            return _names(given), counted.attempts.astype(np.float64), counted.correct.astype(np.float64)
        table = as_frame(given, "frame")
        names = [str(name) for name in as_column(table, "task", self.task, of="names")]
        if self.attempts is None and self.correct in table.columns:
            check_flags(table[self.correct], "correct")
        c = as_column(table, "correct", self.correct).astype(np.float64)
        if not names:
            raise ValueError("frame must have a row for each task or attempt, got none")
        if self.attempts is not None:
            n = as_column(table, "attempts", self.attempts).astype(np.float64)
            if len(set(names)) < len(names):
                seen: set[str] = set()
                twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
                raise ValueError(f"task must name each task once where attempts are counted, got {twice!r} twice")
            return names, n, c
        wrong = c[(c != 0.0) & (c != 1.0)]
        if len(wrong):
            expected = "a column of booleans, or of 0 and 1, in frames with a row per attempt"
            raise ValueError(f"correct must be {expected} (attempts= names a column of counts), got {wrong[0]:g}")
        check_once(table, self.task)
        tasks, place = numbered(names)
        warn_stopped(table, place, {"a correct one": c.astype(np.int64)})
        right = np.bincount(place, weights=c).astype(np.float64)
        return tasks, np.bincount(place).astype(np.float64), right


def _names(tasks: RecordedTasks) -> list[str]:
    return list(tasks.names or map(str, range(len(tasks))))
