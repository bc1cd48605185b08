"""The wrong answers: how many there are and how the wrong mass is shared among them."""

from __future__ import annotations

from typing import ClassVar

from limitlaw._spec import Spec


class Answers(Spec):
    """The wrong answers of each task, for policies that count votes: made by ``uniform``, ``zipf`` or ``dirichlet``.

    An attempt gives the correct answer with the task's success rate; the rest is shared among ``count`` wrong answers.
    """

    family: ClassVar[str] = "answers"

    @staticmethod
    def uniform(count: int) -> UniformAnswers:
        """Wrong answers that are all equally likely.

        Args:
            count: Wrong answers, 1 to 10,000 [answers].

        Example:
            >>> import limitlaw as ll
            >>> ll.Answers.uniform(10)
            UniformAnswers(count=10)
        """
        return UniformAnswers(count=count)

    @staticmethod
    def zipf(count: int, exponent: float = 1.0) -> ZipfAnswers:
        """Wrong answers of which the j-th is likely in proportion to ``j ** -exponent``.

        Args:
            count: Wrong answers, 1 to 10,000 [answers].
            exponent: From 0 (uniform) to 100.

        Example:
            >>> import limitlaw as ll
            >>> ll.Answers.zipf(10, 1.2)
            ZipfAnswers(count=10, exponent=1.2)
        """
        return ZipfAnswers(count=count, exponent=exponent)

    @staticmethod
    def dirichlet(concentration: float, count: int) -> DirichletAnswers:
        """Wrong answers whose shares are drawn for every task in every trial from a symmetric Dirichlet distribution.

        Args:
            concentration: The parameter of each answer, in [1e-6, 1e6]; small ones leave one dominant wrong answer.
            count: Wrong answers, 1 to 10,000 [answers].

        Example:
            >>> import limitlaw as ll
            >>> ll.Answers.dirichlet(0.3, 10)
            DirichletAnswers(concentration=0.3, count=10)
        """
        return DirichletAnswers(concentration=concentration, count=count)


class UniformAnswers(Answers):
    """Equally likely wrong answers; made by ``Answers.uniform``."""

    kind: ClassVar[str] = "uniform"
    count: int


class ZipfAnswers(Answers):
    """Wrong answers by Zipf's law; made by ``Answers.zipf``."""

    kind: ClassVar[str] = "zipf"
    count: int
    exponent: float = 1.0


class DirichletAnswers(Answers):
    """Wrong answers with drawn shares; made by ``Answers.dirichlet``."""

    kind: ClassVar[str] = "dirichlet"
    concentration: float
    count: int
