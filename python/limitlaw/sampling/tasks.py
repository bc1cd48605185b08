"""Task populations: known success rates, observed counts, observed attempts themselves, Beta laws and mixtures."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from limitlaw._declared import ClusterArray, CountArray, FloatArray, IntArray
from limitlaw._spec import Spec
from limitlaw.sampling import attempts as log
from limitlaw.sampling import table
from limitlaw.sampling.fitted_prior import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import polars as pl

#: When the tasks of a population are drawn.
Redraw = Literal["trial", "run"]


class Tasks(Spec):
    """The tasks of a benchmark: made by ``fixed``, ``counts``, ``pool``, ``beta``, ``mixture`` or ``from_frame``.

    Every kind whose tasks are known one by one takes ``weight`` (shape ``(tasks,)``, not negative, scaled to add to 1
    in every mean; ``None`` counts all tasks alike), ``cluster`` (the name of each task's cluster: tasks of one may
    depend on one another, as questions about one text or bugs of one repository do, and intervals over tasks take
    clusters for the sample; ``None``: each task alone) and ``names`` (one per task, each once, shown by ``by="task"``).
    Counts may be booleans, for tasks that were attempted once: ``True`` is 1.
    """

    family: ClassVar[str] = "tasks"
    _counted: ClassVar[frozenset[str]] = frozenset({"names"})
    weight: FloatArray | None = None
    cluster: ClusterArray | None = None
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        """The number of tasks."""
        count: int | None = getattr(self, "count", None)  # of a population
        return len(getattr(self, dataclasses.fields(self)[0].name)) if count is None else count

    @staticmethod
    def fixed(  # noqa: D417  (what all kinds take shares a line)
        success: npt.ArrayLike,
        *,
        weight: npt.ArrayLike | None = None,
        cluster: Sequence[object] | npt.ArrayLike | None = None,
        names: Sequence[str] | None = None,
    ) -> FixedTasks:
        """Tasks with known success rates.

        Args:
            success: P(one attempt is correct), shape ``(tasks,)``, in [0, 1].
            weight, cluster, names: Weights, clusters and names of the tasks; see the class.

        Raises:
            ValueError: A rate is outside [0, 1], there are no tasks, or lengths differ.

        Example:
            >>> import limitlaw as ll
            >>> len(ll.Tasks.fixed(success=[0.1, 0.5, 0.9]))
            3
        """
        return FixedTasks(success=success, weight=weight, cluster=cluster, names=names)  # type: ignore[arg-type]

    @staticmethod
    def counts(  # noqa: D417  (what all kinds take shares a line)
        attempts: npt.ArrayLike,
        correct: npt.ArrayLike,
        *,
        posterior: bool = False,
        prior: Literal["jeffreys", "fitted"] | tuple[float, float] | None = None,
        weight: npt.ArrayLike | None = None,
        cluster: Sequence[object] | npt.ArrayLike | None = None,
        names: Sequence[str] | None = None,
    ) -> CountsTasks:
        """Tasks known by how many of their observed attempts were correct.

        Args:
            attempts: Observed attempts n, shape ``(tasks,)``, at least 1 (at least 0 with ``posterior``) [attempts].
            correct: Correct ones among them, shape ``(tasks,)``, at most ``attempts`` [attempts].
            posterior: ``False`` takes the observed share as the success rate: a task with none correct never succeeds,
                and coverage of nearly as many attempts as were observed, or of more, is too low. ``True`` draws each
                task's rate from Beta(alpha + correct, beta + attempts - correct) in every trial, so that the finite
                number of attempts shows; the spread over trials is then predictive (parameters and luck together).
            prior: The Beta prior, ``"jeffreys"`` for (1/2, 1/2), ``(alpha, beta)``, or ``"fitted"``: by the
                posterior means of these counts' mean and intra-class correlation. It must be given with
                ``posterior``: it decides what a task without a correct answer can still do.
            weight, cluster, names: Weights, clusters and names of the tasks; see the class.

        Raises:
            ValueError: A count is out of range, ``correct`` exceeds ``attempts``, or the prior is missing.

        Example:
            >>> import limitlaw as ll
            >>> ll.Tasks.counts(attempts=[100, 100], correct=[3, 0], posterior=True, prior="jeffreys").correct.tolist()
            [3, 0]
        """
        counted = {"attempts": attempts, "correct": correct, "posterior": posterior, "prior": prior}
        return CountsTasks(**counted, weight=weight, cluster=cluster, names=names)  # type: ignore[arg-type]

    @staticmethod
    def pool(  # noqa: D417  (what all kinds take shares a line)
        attempts: npt.ArrayLike,
        accepted: npt.ArrayLike,
        accepted_correct: npt.ArrayLike,
        *,
        correct: npt.ArrayLike | None = None,
        weight: npt.ArrayLike | None = None,
        cluster: Sequence[object] | npt.ArrayLike | None = None,
        names: Sequence[str] | None = None,
    ) -> PoolTasks:
        """The observed attempts themselves, drawn without replacement; beyond the smallest pool results are null.

        Args:
            attempts: Observed attempts n, shape ``(tasks,)``, at least 1 [attempts].
            accepted: Attempts that the verifier accepted, shape ``(tasks,)`` [attempts].
            accepted_correct: Correct ones among the accepted, shape ``(tasks,)`` [attempts].
            correct: All correct ones, accepted or not, shape ``(tasks,)`` [attempts]; without it coverage is null.
            weight, cluster, names: Weights, clusters and names of the tasks; see the class.

        Raises:
            ValueError: A count is negative or exceeds the one it is part of.

        Example:
            >>> import limitlaw as ll
            >>> len(ll.Tasks.pool(attempts=[10, 10], accepted=[4, 0], accepted_correct=[3, 0]))
            2
        """
        counts = {"attempts": attempts, "accepted": accepted, "accepted_correct": accepted_correct, "correct": correct}
        return PoolTasks(**counts, weight=weight, cluster=cluster, names=names)  # type: ignore[arg-type]

    @staticmethod
    def beta(alpha: float, beta: float, count: int, *, unsolvable: float = 0.0, redraw: Redraw = "trial") -> BetaTasks:
        """Tasks whose success rates come from Beta(alpha, beta), with a share that cannot be solved at all.

        ``redraw="trial"`` draws all tasks anew in every trial: means are over populations, and the spread over trials
        is that of benchmarks of ``count`` tasks. ``redraw="run"`` draws them once, from the seed alone: every trial and
        every replicate of a seed has the same tasks, standard errors say how well these tasks' values are known, and
        ``solve``, which has no seed, refuses it.

        Args:
            alpha: First Beta parameter, in [1e-6, 1e9].
            beta: Second Beta parameter, in [1e-6, 1e9].
            count: Tasks, at least 1 [tasks].
            unsolvable: P(a task has success rate 0, whatever the number of attempts), in [0, 1]: tasks limited by
                knowledge, not by luck.
            redraw: When the tasks are drawn.

        Raises:
            ValueError: A value is out of range.

        Source: Schaeffer et al., arXiv 2502.17578 (Beta rates); the unsolvable share is its zero-inflated form.

        Example:
            >>> import limitlaw as ll
            >>> tasks = ll.Tasks.beta(alpha=0.5, beta=4.0, count=164, unsolvable=0.1)
            >>> ll.solve(ll.SamplingScenario(tasks=tasks, max_attempts=[1, 100]))["coverage"].round(4).to_list()
            [0.1, 0.7287]
        """
        return BetaTasks(alpha=alpha, beta=beta, count=count, unsolvable=unsolvable, redraw=redraw)

    @staticmethod
    def mixture(*, weight: npt.ArrayLike, success: npt.ArrayLike, count: int, redraw: Redraw = "trial") -> MixtureTasks:
        """Tasks that are each of one of a few types, such as easy and hard.

        Args:
            weight: Weights of the types, shape ``(types,)``, not negative, scaled to add to 1 (field ``type_weight``).
            success: P(one attempt is correct), per type, in [0, 1].
            count: Tasks, at least 1 [tasks].
            redraw: When the types are drawn, as in ``beta``.

        Raises:
            ValueError: A value is out of range, or lengths differ.

        Source: two types in Stroebl, Kapoor, Narayanan, arXiv 2411.17501, section 4.

        Example:
            >>> import limitlaw as ll
            >>> tasks = ll.Tasks.mixture(weight=[0.6, 0.4], success=[0.9, 0.05], count=100)
            >>> verifier = ll.Verifier.rates(false_positive_rate=0.1)
            >>> scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1, 100])
            >>> ll.solve(scenario)["precision"].round(4).to_list()
            [0.9272, 0.7313]
        """
        return MixtureTasks(type_weight=weight, success=success, count=count, redraw=redraw)

    @staticmethod
    def from_frame(
        frame: pl.DataFrame,
        *,
        attempts: str = "attempts",
        correct: str | None = None,
        accepted: str | None = None,
        accepted_correct: str | None = None,
        task: str | None = None,
        weight: str | None = None,
        cluster: str | None = None,
    ) -> Tasks:
        """Tasks from a frame with one row per task: a pool where ``accepted`` is named, else counts.

        A frame with one row per attempt, or several rows per task, is summed first: an error has the line that does.

        Args:
            frame: One row per task. Columns of counts may be booleans.
            attempts: The column of observed attempts.
            correct: The column of correct attempts (required for counts).
            accepted: The column of accepted attempts.
            accepted_correct: The column of accepted and correct attempts (required with ``accepted``).
            task: The column of task names, each in one row.
            weight: The column of weights.
            cluster: The column of clusters; see the class.

        Raises:
            ValueError: A named column is missing, holds nulls, or is out of range; a needed column is not named; a task
                is named in several rows.
            TypeError: ``frame`` is not a Polars frame, or a column is not numeric.

        Example:
            >>> import limitlaw as ll, polars as pl
            >>> df = pl.DataFrame({"task_id": ["a", "b"], "n": [100, 100], "c": [7, 0]})
            >>> ll.Tasks.from_frame(df, attempts="n", correct="c", task="task_id").names
            ('a', 'b')
        """
        columns = {"attempts": attempts, "correct": correct, "accepted": accepted, "accepted_correct": accepted_correct}
        fields = table.counts(frame, columns, task, weight, cluster)
        return CountsTasks(**fields) if accepted is None else PoolTasks(**fields)

    @staticmethod
    def from_attempts(
        frame: pl.DataFrame,
        *,
        task: str = "task",
        correct: str = "correct",
        answer: str | None = None,
        score: str | None = None,
        accepted: str | None = None,
        tokens: str | None = None,
        cost: str | None = None,
        seconds: str | None = None,
        cluster: str | None = None,
        blank: Literal["vote", "skip"] = "vote",
        short: Literal["null", "drop"] = "null",
        missing: Literal["refuse", "false", "drop"] = "refuse",
    ) -> RecordedTasks:
        """Recorded attempts, one row each: every policy runs on them, without replacement.

        Results are means over all subsets (or orders) of ``max_attempts`` attempts of each task, reading what was
        recorded; ``solve`` has them exactly where counts decide. Without ``accepted`` the scenario's verifier stands
        in: a perfect one unless given, else its verdicts (or a judge's scores) are drawn for the recorded correctness.
        What an attempt took is charged as recorded; a scenario's ``Cost`` prices recorded ``tokens`` instead.

        Args:
            frame: One row per attempt, in any order; tasks keep the order of their first rows.
            task: The column of task names.
            correct: The column that says whether an attempt is correct: booleans, or 0 and 1.
            answer: The column of answers, for votes. Several answers of a task may be correct. Where equal answers were
                graded differently a vote returns the first drawn attempt that gave the leading one.
            score: The column of scores, of any scale; for ``BestOf``, ``FirstAbove`` and ``WeightedVote``.
            accepted: The column of verdicts: booleans, or 0 and 1.
            tokens: The column of tokens [tokens]. A null in these three is the mean of others as correct.
            cost: The column of prices [money].
            seconds: The column of times [seconds].
            cluster: The column of the cluster of each attempt's task; see the class.
            blank: What a null or blank answer votes for: ``"vote"`` for returning nothing (they count together like an
                answer, and nothing is returned where they lead), ``"skip"`` for nothing at all.
            short: What a row says where some tasks have fewer than ``max_attempts`` attempts: ``"null"`` nothing,
                ``"drop"`` what holds for the other tasks. The column ``short_tasks`` counts those with too few.
            missing: What becomes of an attempt whose ``correct`` or ``accepted`` is null, such as one that timed out:
                it is refused, taken for ``"false"`` (wrong, or rejected), or left out (``"drop"``).

        Raises:
            ValueError: A named column is missing, or has a null or a value that it cannot have; or a column ``attempt``
                has a number twice at one task.
            TypeError: ``frame`` is not a Polars frame, or a column has the wrong type.

        Warns:
            MisfitWarning: No attempt follows a success: the tasks seem to have been tried until they succeeded. Or the
                attempts at a task are of several models, by a column ``model`` or ``system``.

        Source: subsets without replacement as in pass@k (Chen et al., arXiv 2107.03374, equation 1).

        Example:
            >>> import limitlaw as ll, polars as pl
            >>> columns = {"task": list("aaabb"), "answer": list("773xy"), "correct": [1, 1, 0, 0, 1]}
            >>> log = pl.DataFrame(columns | {"score": [0.9, 0.4, 0.6, 0.8, 0.7]})
            >>> tasks = ll.Tasks.from_attempts(log, answer="answer", score="score")
            >>> policies = [ll.AnyOf(), ll.BestOf(), ll.MajorityVote()]
            >>> scenario = ll.SamplingScenario(tasks=tasks, policies=policies, max_attempts=[2])
            >>> ll.solve(scenario)["accuracy"].round(4).to_list()
            [1.0, 0.3333, 0.5833]
        """
        bills = {"tokens": tokens, "cost": cost, "seconds": seconds}
        read = {"answer": answer, "score": score, "accepted": accepted}
        frame = log.settled(frame, {"correct": correct, "accepted": accepted}, missing)
        fields = log.recorded(frame, task, correct, read, bills=bills, cluster=cluster)
        return RecordedTasks(**fields, blank=blank, short=short)


class KnownTasks(Tasks):
    """Tasks that are known one by one: a kind has the columns of ``Tasks`` behind its own fields."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls.__annotations__ |= {name: Tasks.__annotations__[name] for name in table.COLUMNS}
        super().__init_subclass__(**kwargs)

    def _check(self) -> None:
        super()._check()
        table.check_names(self.names)


class FixedTasks(KnownTasks):
    """Tasks with known success rates; made by ``Tasks.fixed``."""

    kind: ClassVar[str] = "fixed"
    success: FloatArray


class CountsTasks(KnownTasks):
    """Tasks known by observed counts; made by ``Tasks.counts``."""

    kind: ClassVar[str] = "counts"
    attempts: CountArray
    correct: CountArray
    posterior: bool = False
    prior: Literal["jeffreys", "fitted"] | tuple[float, float] | None = None

    def _check(self) -> None:
        if self.prior == "fitted":
            object.__setattr__(self, "prior", "jeffreys")  # while the counts are checked
            super()._check()
            object.__setattr__(self, "prior", fitted(self.attempts, self.correct))
            self._kept.clear()
        super()._check()


class PoolTasks(KnownTasks):
    """Observed attempts, drawn without replacement; made by ``Tasks.pool``."""

    kind: ClassVar[str] = "pool"
    attempts: CountArray
    accepted: CountArray
    accepted_correct: CountArray
    correct: CountArray | None = None


class RecordedTasks(KnownTasks):
    """Recorded attempts, a value for each, task by task; drawn without replacement; made by ``Tasks.from_attempts``."""

    kind: ClassVar[str] = "recorded"
    attempts: CountArray
    correct: CountArray
    accepted: CountArray | None = None
    answer: IntArray | None = None
    score: FloatArray | None = None
    tokens: FloatArray | None = None
    cost: FloatArray | None = None
    seconds: FloatArray | None = None
    blank: Literal["vote", "skip"] = "vote"
    short: Literal["null", "drop"] = "null"

    def counted(self) -> PoolTasks:
        """The same attempts as counts; accepted are the correct ones where no verdict was recorded.

        Example:
            >>> import limitlaw as ll, polars as pl
            >>> log = pl.DataFrame({"task": ["a", "b", "a", "b"], "correct": [True, False, True, True]})
            >>> ll.Tasks.from_attempts(log).counted().correct.tolist()
            [2, 1]
        """
        return PoolTasks(**log.counted(self.attempts, self.correct, self.accepted), **table.said_of_each(self))


class BetaTasks(Tasks):
    """Success rates from a Beta law; made by ``Tasks.beta``."""

    kind: ClassVar[str] = "beta"
    alpha: float
    beta: float = dataclasses.field()  # type: ignore[assignment]  # in place of the constructor of that name
    count: int
    unsolvable: float = 0.0
    redraw: Redraw = "trial"


class MixtureTasks(Tasks):
    """Tasks of a few types; made by ``Tasks.mixture``."""

    kind: ClassVar[str] = "mixture"
    type_weight: FloatArray
    success: FloatArray
    count: int
    redraw: Redraw = "trial"
