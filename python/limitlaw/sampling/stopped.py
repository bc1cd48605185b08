"""Logs in which tasks were tried until they succeeded: told by their order and lengths, and how likely by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from limitlaw._elementary import exp, lgamma, log
from limitlaw._unused import warn_at_user
from limitlaw.errors import MisfitWarning

if TYPE_CHECKING:
    import numpy.typing as npt

    Whole = npt.NDArray[np.int64]

#: Less likely than that by chance, it is said.
_RARE = log(1e-3)
#: The least probability that is written.
_LEAST = 1e-99


def warn_stopped(frame: pl.DataFrame, place: Whole, flags: Mapping[str, Whole]) -> None:
    """Warn where no attempt of any task follows one of a kind, unless that may be by chance.

    Args:
        frame: A row for each attempt; a column ``attempt`` of numbers says their order, else the rows do.
        place: The number of each row's task.
        flags: By kind of attempt, whether each row is one.
    """
    order = np.argsort(place, kind="stable")
    if "attempt" in frame.columns and frame["attempt"].dtype.is_numeric() and not frame["attempt"].null_count():
        order = np.lexsort((frame["attempt"].to_numpy(), place))
    attempts = np.bincount(place)
    for kind, flag in flags.items():
        chance = log_chance(attempts, flag[order])
        if chance is None or chance > _RARE:
            continue
        warn_at_user(
            f"no attempt at any task follows {kind}, of which the probability is at most "
            f"{max(exp(chance), _LEAST):.1g} where attempts do not end with one: these tasks seem to have been "
            "tried until they succeeded, so that shares of correct attempts, and what rests on them, are too high. The "
            "first attempts alone are not biased; stopped_at=1 of fit.fit_beta_binomial and fit.forecast_pass_at_k "
            "takes the counts for what they are",
            MisfitWarning,
        )
        return


def log_chance(attempts: Whole, flag: Whole) -> float | None:
    """The logarithm of how likely it is that every task ends with its first flag; none where some does not.

    The larger of two probabilities, each given what the other is of. Of the order: attempts at a task come in any order
    alike, so that the only flag of n is the last with probability 1/n. Of the lengths: of the tasks that are still
    tried at the j-th attempt any may be those that end there, so that all that are flagged do with a hypergeometric
    probability. The first alone would take a sorted log for one that stopped, the second alone a log in which hard
    tasks were given more attempts.

    Args:
        attempts: Of each task.
        flag: Of each attempt, 0 or 1, task by task and in order.
    """
    ends = np.cumsum(attempts)
    flagged = np.add.reduceat(flag, ends - attempts)
    if (flagged != flag[ends - 1]).any():
        return None
    order = -float(log(attempts[flagged == 1]).sum())
    lengths = 0.0
    for length in np.unique(attempts):
        left, ended = int((attempts >= length).sum()), int((attempts == length).sum())
        lengths += _log_share(ended, left, int(flagged[attempts == length].sum()))
    return max(order, lengths)


def _log_share(ended: int, left: int, flagged: int) -> float:
    """log(C(ended, flagged) / C(left, flagged)): that all flagged ones are among those that end."""

    def log_of(total: int) -> float:
        return lgamma(total + 1) - lgamma(total - flagged + 1)

    return log_of(ended) - log_of(left)
