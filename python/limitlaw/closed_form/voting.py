"""Majority voting: two answers by the incomplete beta function, several by exact counting."""

from __future__ import annotations

from limitlaw.closed_form._evaluate import Floats, Numbers, Ties, evaluate, option

TIES = ("random", "abstain")


def binary_majority(*, success: Numbers, votes: Numbers, ties: Ties = "random") -> Floats:
    """Accuracy of a majority of k votes between two answers.

    P(Binomial(k, p) > k/2) = I_p((k+1)/2, (k+1)/2) for odd k. For even k a fair coin on ties gives the value of
    k - 1: the last vote only makes or breaks ties, evenly.

    Source: Condorcet (1785); DLMF 8.17.5.

    Args:
        success: p, P(one vote is correct), in [0, 1].
        votes: k, whole numbers >= 1.
        ties: ``"random"``: a fair coin settles a tie; ``"abstain"``: a tie is no answer.

    Raises:
        ValueError: An argument is out of its range; the message gives its index.

    Example:
        >>> print(binary_majority(success=0.6, votes=[1, 3, 101]).round(4))
        [0.6    0.648  0.9791]
    """
    arguments = {"success": success, "votes": votes, "ties": option("ties", ties, TIES)}
    return evaluate("binary_majority", arguments)[0]


def majority(*, answers: Numbers, votes: Numbers, ties: Ties = "random") -> Floats:
    """Accuracy of a majority of k votes among several answers; the first one is correct.

    Sums over the correct answer's count m; the other votes are dealt to the other answers in turn (conditional
    binomials), none above m, keeping how many answers reach m. All terms are positive: nothing cancels.

    Source: exact enumeration of the multinomial law. Voting can fall with k: Chen et al., arXiv 2403.02419.

    Args:
        answers: Probabilities of all answers, one-dimensional, sum 1, the correct answer first.
        votes: k, whole numbers in [1, 512]; the work grows as k^3.
        ties: ``"random"``: a tie at the top is settled at random among the tied answers (one random priority per
            answer gives the same accuracy); ``"abstain"``: a tie is no answer.

    Raises:
        ValueError: An argument is out of its range, or the probabilities do not sum to 1.

    Example:
        >>> print(majority(answers=[0.4, 0.3, 0.3], votes=[1, 5, 51]).round(4))
        [0.4    0.447  0.6954]
    """
    return evaluate("majority", {"votes": votes, "ties": option("ties", ties, TIES)}, {"answers": answers})[0]
