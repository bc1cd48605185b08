"""Verifiers: what accepts or rejects an answer, and how often it errs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_number, as_share, as_whole, shown
from limitlaw._declared import FloatArray
from limitlaw._elementary import normal_quantile
from limitlaw._spec import Spec
from limitlaw.sampling.labels import labelled

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Verifier(Spec):
    """A verifier: made by ``rates``, ``from_labels``, ``tests``, ``judge``, ``ensemble`` or ``perfect``."""

    family: ClassVar[str] = "verifier"

    def operating_points(self) -> pl.DataFrame:
        """Where the verifier stands on its receiver operating curve.

        Returns:
            Columns ``threshold`` (a judge's score; the number of tests, or of an ensemble's members, that must accept;
            null for given rates), ``false_positive_rate`` and ``true_positive_rate`` (no unit), ``source``:
            ``operating point`` (the verifier as it is; means over tasks where rates are given per task or spread) and
            ``curve`` (a judge from high to low thresholds in steps of 1/4; an ensemble from all members to any).

        Example:
            >>> import limitlaw as ll
            >>> judge = ll.Verifier.judge(auc=0.8, threshold=1.0)
            >>> judge.operating_points().head(1).select(pl.exclude("source").round(4)).row(0)
            (1.0, 0.1587, 0.5754)
        """
        spec, arrays = self.wire()
        tasks = max([len(array) for array in arrays], default=1)
        points = pl.DataFrame(_core.operating_points(spec, arrays, tasks)).with_columns(
            threshold=pl.col("threshold").fill_nan(None), at=pl.int_range(pl.len()).over("task")
        )
        mean = points.group_by("at", maintain_order=True).agg(
            pl.col("threshold", "false_positive_rate", "true_positive_rate").mean()
        )
        operates = not (isinstance(self, JudgeVerifier) and self.threshold is None)
        source = pl.when((pl.col("at") == 0) & operates).then(pl.lit("operating point")).otherwise(pl.lit("curve"))
        return mean.with_columns(source=source).drop("at")

    @staticmethod
    def rates(
        *,
        false_positive_rate: npt.ArrayLike = 0.0,
        false_negative_rate: npt.ArrayLike = 0.0,
        icc: float = 0.0,
        correlation: float = 0.0,
    ) -> RatesVerifier | SpreadVerifier:
        """A verifier with given error rates, the same for all tasks, one per task, or spread over tasks.

        With ``icc`` each rate is Beta across tasks, with the given rate as its mean and the variance
        icc * mean * (1 - mean): errors are *persistent*, some tasks fool the verifier every time and others never. The
        rates are drawn together with the tasks, in every trial (so that means are over verifiers of this kind, and
        standard errors count the draw), or once where the tasks have ``redraw="run"``. With ``correlation`` each error
        rate is tied to the success rate by a Gaussian copula (negative: harder tasks have more errors): its normal
        score is correlation z + sqrt(1 - correlation^2) e, with z the normal quantile of the place of the task's
        success rate among those of all tasks, by weight, and e standard normal and its own. Where success rates tie
        (one known task, tasks alike, the types of a mixture, an unsolvable share) the place is uniform within the tie;
        tasks with a posterior are ranked by the rates drawn in the trial. So z is standard normal over tasks and the
        mean error rate is the given one, whatever the correlation. Given z the two error rates are independent.

        Args:
            false_positive_rate: f = P(accept | wrong), in [0, 1]; a number, or one per task (shape ``(tasks,)``).
                It is not P(wrong | accepted), which is called ``false_discovery_rate`` everywhere.
            false_negative_rate: g = P(reject | correct), in [0, 1]; a number, or one per task.
            icc: Intra-class correlation of the rates over tasks, in [0, 1]: 0 spreads nothing, 1 makes every rate 0 or
                1.
            correlation: Of the normal scores of an error rate and of the success rate, in [-1, 1]; needs ``icc`` >
                0, and error rates that are numbers: at a task of known rank the mean is no longer the given one.

        Raises:
            ValueError: A value is outside its range.

        Source: the Beta-binomial model of correlated verdicts (Williams 1975); persistent errors in Stroebl et al.,
        arXiv 2411.17501.

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.02)
            RatesVerifier(false_positive_rate=0.05, false_negative_rate=0.02)
            >>> tasks = ll.Tasks.fixed(success=[0.1])
            >>> for icc in (0, 0.1, 0.3, 0.6):
            ...     verifier = ll.Verifier.rates(false_positive_rate=0.05, icc=icc)
            ...     scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1])
            ...     print(round(ll.ceilings(scenario)["ceiling_all_tasks"].item(), 3))
            0.69
            0.773
            0.849
            0.907
        """
        icc, correlation = as_number(icc, "icc"), as_number(correlation, "correlation")
        if icc == 0:
            if correlation != 0:
                raise ValueError(f"correlation must be 0 where icc is 0 (nothing is spread), got {correlation}")
            return RatesVerifier(false_positive_rate=false_positive_rate, false_negative_rate=false_negative_rate)
        return SpreadVerifier(
            false_positive_rate=false_positive_rate,
            false_negative_rate=false_negative_rate,
            icc=icc,
            correlation=correlation,
        )

    @staticmethod
    def from_labels(
        frame: pl.DataFrame,
        *,
        accepted: str = "accepted",
        correct: str = "correct",
        task: str | None = "task",
        draws: int = 1_000,
    ) -> LabelledVerifier:
        """A verifier whose verdicts were labelled on a few attempts: what they leave open is carried on.

        Of the labelled wrong attempts of a task some were accepted, of the correct ones some rejected; over tasks each
        rate is Beta, whose mean and intra-class correlation have a posterior (prior: Jeffreys' Beta(1/2, 1/2) for the
        mean, uniform for icc; tasks are the clusters). The verifier is ``draws`` equally likely ones, spread evenly
        over that posterior, each with rates of its own on every task of a scenario, which depend on nothing else.

        A trial of ``simulate`` meets one of them, for all of its tasks: standard errors and quantiles count the draw.
        ``solve`` gives the mean over all and intervals ``<column>_low``, ``<column>_high``; so do ``ceilings``,
        ``required_false_positive_rate``, ``can_match``, and each resample of ``optimal_attempts`` has one.

        Labels may be of more correct attempts than there are, or of fewer, but within each they must be a random
        sample, not chosen by the verdict. Errors are taken for unrelated to how hard a task is.

        Args:
            frame: One row per labelled attempt.
            accepted: The column of verdicts: booleans, or 0 and 1.
            correct: The column of labels: booleans, or 0 and 1.
            task: The column of tasks; ``None`` takes each attempt for a task of its own, which says nothing of how
                errors spread over tasks.
            draws: Verifiers that stand for the posterior, from 10 to 100,000.

        Raises:
            ValueError: A column is missing or no column of verdicts or labels, no correct or no wrong attempt is
                labelled, or by a column ``attempt`` one is labelled twice (two annotators, say, are to be made one).
            TypeError: ``frame`` is not a Polars frame.

        Warns:
            MisfitWarning: All labels are of accepted, or all of rejected attempts: as if chosen by the verdict.

        Source: Gelman et al., Bayesian Data Analysis, 3rd ed., section 5.3.

        Example:
            >>> import limitlaw as ll, polars as pl
            >>> columns = {"task": [n // 4 for n in range(160)], "correct": [n % 4 < 2 for n in range(160)]}
            >>> labels = pl.DataFrame(columns | {"accepted": [n % 4 < 2 or n % 32 == 3 for n in range(160)]})
            >>> verifier = ll.Verifier.from_labels(labels)
            >>> tasks = ll.Tasks.fixed(success=[0.1] * 50)
            >>> scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[10])
            >>> ll.solve(scenario).select(pl.col("accuracy", "accuracy_low", "accuracy_high").round(2)).row(0)
            (0.54, 0.44, 0.61)
        """
        return LabelledVerifier.of_counts(labelled(frame, accepted, correct, task), draws)

    @staticmethod
    def tests(*, tests: int, detection: npt.ArrayLike, icc: float = 0.0, flakiness: float = 0.0) -> SuiteVerifier:
        """A test suite: an answer is accepted if it passes every test.

        How visible a wrong answer is, D, is Beta with mean ``detection`` and the intra-class correlation ``icc``; each
        test catches it with probability D. So f = E[(1-D)^m] = B(al, be + m)/B(al, be), al + be = 1/icc - 1: the more
        the tests agree, the less each further one adds. A flaky test also fails any answer with probability
        ``flakiness``, so g = 1 - (1 - flakiness)^m and f shrinks by the same factor.

        Args:
            tests: m, at least 1 [tests].
            detection: P(one test catches a wrong answer), in [0, 1]; a number, or one per task.
            icc: Correlation of two tests' verdicts on one wrong answer, in [0, 1].
            flakiness: P(one test fails an answer for no reason), in [0, 1].

        Raises:
            ValueError: A value is out of range.

        Source: the Beta-binomial law (Skellam 1948).

        Example:
            >>> import limitlaw as ll
            >>> suite = ll.Verifier.tests(tests=10, detection=0.4, icc=0.2, flakiness=0.001)
            >>> suite.operating_points().select(pl.exclude("source").round(4)).row(0)
            (10.0, 0.082, 0.99)
        """
        return SuiteVerifier(tests=tests, detection=detection, icc=icc, flakiness=flakiness)

    @staticmethod
    def ensemble(
        verifiers: Sequence[Verifier], *, rule: Literal["all", "any"] | int = "all", shared: float = 0.0
    ) -> EnsembleVerifier:
        """Several verifiers and a rule that turns their verdicts into one.

        On the share ``shared`` of answers one uniform number decides for all members (each accepts where it lies below
        its own rate), on the rest they err independently. For members alike, ``shared`` is the correlation of two
        verdicts, and with ``shared=1`` the ensemble is one member: it does not help against *shared* errors.

        Args:
            verifiers: The members, 1 to 1000; judges need a threshold.
            rule: ``"all"``, ``"any"``, or the number of members that must accept. Unanimity of m independent members
                also drives the acceptance of correct answers to (1-g)^m.
            shared: Share of answers on which all members err together, in [0, 1].

        Raises:
            ValueError: A value is out of range.

        Source: reliability with common causes (the beta-factor model, Fleming 1975).

        Example:
            >>> import limitlaw as ll
            >>> one = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1)
            >>> two_of_three = ll.Verifier.ensemble([one] * 3, rule=2)
            >>> two_of_three.operating_points().head(1).select(pl.exclude("source").round(4)).row(0)
            (2.0, 0.104, 0.972)
        """
        return EnsembleVerifier(verifiers=verifiers, rule=rule, shared=shared)

    @staticmethod
    def judge(
        *,
        d_prime: float | None = None,
        auc: float | None = None,
        threshold: float | None = None,
        votes: int = 1,
        fresh: float = 0.0,
    ) -> JudgeVerifier:
        """A judge that scores answers: N(d', 1) for a correct one, N(0, 1) for a wrong one.

        One call's noise has two parts: the share 1 - ``fresh`` belongs to the answer and comes back in every call (the
        judge is persuaded by the same mistake again), the share ``fresh`` is new each time. The score is the mean of
        ``votes`` calls, so only the fresh part can be averaged away: its standard deviation is
        sqrt(1 - fresh + fresh / votes). With a threshold the judge accepts scores above it and acts as a verifier with
        f = P(N(0, s) > threshold) and g = P(N(d', s) < threshold). More than 8 s above d' g rounds to 1: it is taken to
        accept no correct answer.

        Args:
            d_prime: Distance between the means of correct and wrong answers, in standard deviations of one call, in
                [-100, 100] [sd].
            auc: Instead of ``d_prime``, P(one call scores a correct answer above a wrong one), in (0, 1):
                auc = Phi(d' / sqrt(2)).
            threshold: Scores above it are accepted, on the scale of one call [sd]; ``None`` for policies that only
                compare scores.
            votes: Calls whose scores are averaged, at least 1 [calls].
            fresh: Share of one call's variance that is new in every call, in [0, 1].

        Raises:
            ValueError: A value is out of range, or not exactly one of ``d_prime`` and ``auc`` is given.

        Source: signal detection theory (Green and Swets 1966); for verifiers Dorner et al., arXiv 2507.12399.

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.judge(d_prime=1.5, threshold=1.0, votes=4, fresh=0.5)
            JudgeVerifier(d_prime=1.5, threshold=1.0, votes=4, fresh=0.5)
        """
        if (d_prime is None) == (auc is None):
            given = f"d_prime={shown(d_prime)}, auc={shown(auc)}"
            raise ValueError(f"d_prime or auc must be given, one of them, got {given}")
        if auc is not None:
            d_prime = math.sqrt(2.0) * normal_quantile(as_share(auc, "auc", inside=True))
        return JudgeVerifier(d_prime=d_prime, threshold=threshold, votes=votes, fresh=fresh)  # type: ignore[arg-type]

    @staticmethod
    def perfect() -> RatesVerifier:
        """A verifier that never errs, such as a proof checker.

        Example:
            >>> import limitlaw as ll
            >>> ll.Verifier.perfect() == ll.Verifier.rates()
            True
        """
        return RatesVerifier()


class RatesVerifier(Verifier):
    """Given error rates; made by ``Verifier.rates``."""

    kind: ClassVar[str] = "rates"
    false_positive_rate: float | FloatArray = 0.0
    false_negative_rate: float | FloatArray = 0.0


class SpreadVerifier(Verifier):
    """Error rates that differ from task to task; made by ``Verifier.rates`` with ``icc``."""

    kind: ClassVar[str] = "spread"
    false_positive_rate: float | FloatArray = 0.0
    false_negative_rate: float | FloatArray = 0.0
    icc: float
    correlation: float = 0.0


class LabelledVerifier(Verifier):
    """Equally likely verifiers, as labels of a few verdicts leave them open; made by ``Verifier.from_labels``.

    Attributes:
        false_positive_rate: Of each, the mean over tasks of P(accept | wrong), in [0, 1].
        false_negative_rate: Of each, the mean over tasks of P(reject | correct), in [0, 1].
        false_positive_icc: Of each, the intra-class correlation of the first over tasks, in [0, 1].
        false_negative_icc: Of each, the same of the second.
        labels: Labelled attempts behind them [attempts]; 0 where not known.
    """

    kind: ClassVar[str] = "labelled"
    false_positive_rate: FloatArray
    false_negative_rate: FloatArray
    false_positive_icc: FloatArray
    false_negative_icc: FloatArray
    labels: int = 0

    @staticmethod
    def of_counts(counts: Sequence[npt.NDArray[np.float64]], draws: int = 1_000) -> LabelledVerifier:
        """From labelled attempts of each task: wrong ones, those accepted, correct ones, those rejected.

        Args:
            counts: These four, shape ``(tasks,)`` each.
            draws: As in ``Verifier.from_labels``.
        """
        wrong, accepted, right, rejected = counts
        many = as_whole(draws, "draws", 10, 100_000)
        found: dict[str, Any] = dict(_core.error_rate_draws(wrong, accepted, right, rejected, many))
        return LabelledVerifier(**found, labels=int(wrong.sum() + right.sum()))


class SuiteVerifier(Verifier):
    """A test suite; made by ``Verifier.tests``."""

    kind: ClassVar[str] = "tests"
    tests: int = dataclasses.field()  # type: ignore[assignment]  # in place of the constructor of that name
    detection: float | FloatArray
    icc: float = 0.0
    flakiness: float = 0.0


class JudgeVerifier(Verifier):
    """A judge whose score is normal; made by ``Verifier.judge``."""

    kind: ClassVar[str] = "judge"
    d_prime: float
    threshold: float | None = None
    votes: int = 1
    fresh: float = 0.0


class EnsembleVerifier(Verifier):
    """Several verifiers and a rule; made by ``Verifier.ensemble``."""

    kind: ClassVar[str] = "ensemble"
    verifiers: Sequence[Verifier]
    rule: int | Literal["all", "any"] = "all"
    shared: float = 0.0
