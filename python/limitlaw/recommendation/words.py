"""The paragraph of a recommendation."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from limitlaw._elementary import log1p, products
from limitlaw.recommendation.options import MEASURES, Options

if TYPE_CHECKING:
    import polars as pl

    from limitlaw.sampling.cost import Utility

#: A value of evidence, in rewards of a correct answer, that is not worth a word.
_LITTLE = 1e-4
#: A share that is 0 but for rounding.
_NONE = 1e-12


@dataclasses.dataclass(frozen=True)
class Judged:
    """What was chosen, and the interval of its number of attempts."""

    options: Options
    utility: Utility
    best: int
    span: tuple[int, int]
    level: float
    #: A loss that does not matter.
    slack: float
    #: Of observed tasks that are all alike, the share of others that may exist.
    unseen: float
    #: Where the interval ends because the data do; none where it does not.
    end: int | None
    #: Whether that end is why the data cannot tell.
    ends_early: bool
    #: Of tasks with fewer attempts than others.
    short: str


def paragraph(judged: Judged, verdict: str, frame: pl.DataFrame, evidence: pl.DataFrame, regret: float) -> str:
    """What is recommended, whether the data tell it, what limits it, and what to buy next."""
    policy, attempts = judged.options.policies[judged.best], int(judged.options.attempts[judged.best])
    top = frame.row(0, named=True)
    if attempts == 0:
        most = max(0.0, float(judged.options.means["utility"].max()))
        worth = f"utility above {most:.1g}" if most > _NONE else "positive utility"
        most_asked = f" with up to {judged.end} of their attempts" if _censored(judged) else ""
        head = f"Do not ask: no policy has a {worth} on these tasks{most_asked}."
    else:
        money = f" for {top['cost']:.3g} of money" if "cost" in top else ""
        head = (
            f"{policy} with {attempts} attempt{'s' if attempts > 1 else ''}: "
            f"{top['accuracy']:.1%} of the tasks correct "
            f"[{top['accuracy_low']:.1%}, {top['accuracy_high']:.1%}], {top['wrong']:.1%} wrong, "
            f"{top['attempts_used']:.3g} attempts used{money}, utility {top['utility']:.3g} per task "
            f"[{top['utility_low']:.3g}, {top['utility_high']:.3g}]."
        )
    told = _told(judged, verdict, evidence, regret)
    parts = (head, told, judged.short, _limit(judged), _further(judged, verdict, evidence), _simulated(judged))
    return " ".join(part for part in parts if part)


def _censored(judged: Judged) -> bool:
    """Whether the best is where the data end."""
    return judged.end is not None and judged.options.attempts[judged.best] in {0, judged.end}


def _unit(evidence: pl.DataFrame) -> str:
    """What is resampled."""
    return str(evidence["evidence"][0])


def _told(judged: Judged, verdict: str, evidence: pl.DataFrame, regret: float) -> str:
    (low, high), level = judged.span, judged.level
    again = f"resampled {_unit(evidence)}{' and verifiers' if 'labels' in evidence['evidence'] else ''}"
    if verdict == "cannot tell" and judged.unseen:
        return (
            f"The data cannot tell: the tasks are all alike, and up to {judged.unseen:.2g} of such tasks may be of "
            f"another kind ({level:.0%}), which they do not show."
        )
    if _censored(judged) and judged.options.attempts[judged.best] == 0:
        return f"The data cannot tell: the attempts end at {judged.end}, and with more, asking may pay."
    if _censored(judged):
        return (
            f"The data cannot tell: the best number is at least {low} (in {0.5 + 0.5 * level:.0%} of {again}), "
            f"and the attempts end at {judged.end}: more may be better."
        )
    span = f"{low} to {high}{'' if judged.end is None else ' or more'}"
    if judged.ends_early:
        return (
            f"The data cannot tell: over {again} the best number is {span} ({level:.0%}), for the attempts end at "
            f"{judged.end}. Up to there not knowing it costs {regret:.2g} of utility per task."
        )
    return {
        "clear": f"The data tell: over {again} the best number is {span} ({level:.0%}).",
        "does not matter": (
            f"The best number may be {span} ({level:.0%} of {again}), but it does not matter: "
            f"{regret:.2g} of utility per task is lost by not knowing it."
        ),
        "cannot tell": (
            f"The data cannot tell: over {again} the best number is {span} ({level:.0%}), "
            f"and not knowing it costs {regret:.2g} of utility per task."
        ),
    }[verdict]


def _further(judged: Judged, verdict: str, evidence: pl.DataFrame) -> str:
    """What to collect next."""
    if verdict == "cannot tell" and judged.unseen:
        share = judged.slack / (judged.utility.correct_reward + judged.utility.wrong_cost)
        if share <= 0.0:
            return "Worth collecting: tasks of other kinds."
        enough = math.ceil(log1p(-judged.level) / log1p(-share))
        return f"Worth collecting: more {_unit(evidence)}; {enough:,} in all would tell, were they all alike."
    if judged.ends_early:
        attempts = f"{judged.end} attempt{'' if judged.end == 1 else 's'}"
        return f"Worth collecting: more than {attempts} at each task."
    worth = evidence.sort("value_of_double", descending=True).row(0, named=True)
    if worth["value_of_double"] > _LITTLE * judged.utility.correct_reward:
        now = "" if worth["now"] is None else f" (now {worth['now']})"
        return (
            f"Worth buying next: twice the {worth['evidence']}{now} would bring "
            f"{worth['value_of_double']:.2g} of utility per task by a better choice."
        )
    if verdict == "cannot tell":
        return "Twice the evidence would hardly change the choice: it takes more than that to tell."
    return "Further evidence of this kind would hardly change the choice."


def _simulated(judged: Judged) -> str:
    """What had no closed form, and how far the simulation is off."""
    if not judged.options.errors:
        return ""
    squares = [products(se**2, judged.options.weight[None] ** 2) for se in judged.options.errors.values()]
    error = max(float(np.sqrt(one).max()) for one in squares)
    names = ", ".join(judged.options.errors)
    return f"Simulated, for want of a closed form: {names}; the standard error of utility is at most {error:.1g}."


def _limit(judged: Judged) -> str:
    """What keeps more attempts from being better, and where the answer turns."""
    options, best, utility = judged.options, judged.best, judged.utility
    means, turn = options.means, _turn(judged)
    if options.attempts[best] == 0:
        return turn
    right, wrong, used, money = (float(means[name][best]) for name in MEASURES[1:])
    if best + 1 == len(options.attempts) or options.policies[best + 1] != options.policies[best]:
        if _censored(judged):
            return turn
        beyond = utility.correct_reward * (1.0 - right) + utility.wrong_cost * wrong
        more = "more may be better" if beyond > judged.slack else f"more would bring {beyond:.2g} at most"
        return f"It is the largest number that was looked at: {more}. {turn}".strip()
    after = [float(means[name][best + 1]) for name in MEASURES[1:]]
    worse = utility.wrong_cost * (after[1] - wrong)
    dearer = utility.attempt_cost * (after[2] - used) + after[3] - money
    policy = np.array([name == options.policies[best] for name in options.policies])
    gain = float(means["utility"][policy].max() - means["utility"][best])
    if gain > _NONE:
        return f"More attempts bring {gain:.1g} of utility at most. {turn}".strip()
    if worse <= 0.0 and dearer <= 0.0:
        return f"More attempts bring nothing: what accuracy there is has been reached. {turn}".strip()
    limit = "wrong answers, which more attempts add" if worse >= dearer else "the price of attempts"
    return f"What limits it: {limit}. {turn}".strip()


def _turn(judged: Judged) -> str:
    """Up to which cost of a wrong answer asking pays, by the option that bears the highest."""
    utility = judged.utility
    right, wrong, used, money = (judged.options.means[name] for name in MEASURES[1:])
    worth = utility.correct_reward * right - utility.attempt_cost * used - money
    if (worth[wrong <= _NONE] > 0.0).any():  # nothing wrong is answered
        return ""
    asks = (wrong > _NONE) & (worth > 0.0)
    if not asks.any():
        return "It would not pay if wrong answers cost nothing, either." if utility.wrong_cost else ""
    most = float((worth[asks] / wrong[asks]).max())
    if judged.options.attempts[judged.best] == 0:
        return f"Asking pays where a wrong answer costs less than {most:.3g}."
    return f"Not asking is better once a wrong answer costs more than {most:.3g}."
