"""The paragraph of a recommendation."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from limitlaw.recommendation.options import MEASURES, Options

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from limitlaw.sampling.cost import Utility


@dataclasses.dataclass(frozen=True)
class Judged:
    """What was chosen, and the interval of its number of attempts."""

    options: Options
    utility: Utility
    best: int
    mean: npt.NDArray[np.float64]
    span: tuple[int, int]
    level: float
    #: Of observed tasks that are all alike, the share of others that may exist.
    unseen: float


def paragraph(judged: Judged, verdict: str, frame: pl.DataFrame, evidence: pl.DataFrame, regret: float) -> str:
    """What is recommended, whether the data tell it, what limits it, and what to buy next."""
    (low, high), level, options = judged.span, judged.level, judged.options
    policy, attempts = options.policies[judged.best], int(options.attempts[judged.best])
    top = frame.row(0, named=True)
    if attempts == 0:
        head = "Do not ask: no policy has a positive utility on these tasks."
    else:
        money = f" for {top['cost']:.3g} of money" if "cost" in top else ""
        head = (
            f"{policy} with {attempts} attempt{'s' if attempts > 1 else ''}: "
            f"{top['accuracy']:.1%} of the tasks correct "
            f"[{top['accuracy_low']:.1%}, {top['accuracy_high']:.1%}], {top['wrong']:.1%} wrong, "
            f"{top['attempts_used']:.3g} attempts used{money}, utility {top['utility']:.3g} per task "
            f"[{top['utility_low']:.3g}, {top['utility_high']:.3g}]."
        )
    labelled = " and verifiers" if "labels" in evidence["evidence"] else ""
    again = f"resampled tasks{labelled}"
    told = {
        "clear": f"The data tell: over {again} the best number is {low} to {high} ({level:.0%}).",
        "does not matter": (
            f"The best number may be {low} to {high} ({level:.0%} of {again}), but it does not matter: "
            f"{regret:.2g} of utility per task is lost by not knowing it."
        ),
        "cannot tell": (
            f"The data cannot tell: over {again} the best number is {low} to {high} ({level:.0%}), "
            f"and not knowing it costs {regret:.2g} of utility per task."
        ),
    }[verdict]
    if verdict == "cannot tell" and judged.unseen:
        told = (
            f"The data cannot tell: the tasks are all alike, and up to {judged.unseen:.2g} of such tasks may be of "
            f"another kind ({level:.0%}), which they do not show."
        )
    worth = evidence.sort("value_of_double", descending=True).row(0, named=True)
    now = "" if worth["now"] is None else f" (now {worth['now']})"
    further = (
        f"Worth buying next: twice the {worth['evidence']}{now} would bring "
        f"{worth['value_of_double']:.2g} of utility per task by a better choice."
        if worth["value_of_double"] > 1e-4 * judged.utility.correct_reward
        else "Further evidence of this kind would hardly change the choice."
    )
    return " ".join(part for part in (head, told, _limit(judged), further) if part)


def _limit(judged: Judged) -> str:
    """What keeps more attempts from being better, and where the answer turns."""
    options, best, mean, utility = judged.options, judged.best, judged.mean, judged.utility
    if options.attempts[best] == 0:
        return ""
    tables = options.tables
    right, wrong, used, money = (float(tables[name][best] @ mean) for name in MEASURES[1:])
    paid = utility.attempt_cost * used + money
    turn = ""
    if wrong > 0.0:
        most = (utility.correct_reward * right - paid) / wrong
        turn = f" Not asking is better once a wrong answer costs more than {most:.3g}."
    if best + 1 == len(options.attempts) or options.policies[best + 1] != options.policies[best]:
        why = "the attempts end there" if hasattr(options.tasks, "accepted") else "max_attempts ends there"
        return f"It is the largest number that was looked at ({why}): more may be better.{turn}"
    after = [float(tables[name][best + 1] @ mean) for name in MEASURES[1:]]
    worse = utility.wrong_cost * (after[1] - wrong)
    dearer = utility.attempt_cost * (after[2] - used) + after[3] - money
    if worse <= 0.0 and dearer <= 0.0:
        return f"More attempts bring nothing: what accuracy there is has been reached.{turn}"
    limit = "wrong answers, which more attempts add" if worse >= dearer else "the price of attempts"
    return f"What limits it: {limit}.{turn}"
