"""The root of a falling function, of which each value may be a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def last_reaching(excess: Callable[[float], float], largest: float, width: float) -> float | None:
    """The largest rate in [0, largest] at which a falling excess is not negative, to within a width relative to it.

    The bracket of Chandrupatla, A new hybrid quadratic/bisection algorithm, 1997: inverse quadratic steps where they
    are safe, halves elsewhere. It always holds a rate that reaches and one that does not.
    """
    least, most = excess(0.0), excess(largest)
    if least < 0.0:
        return None
    if most >= 0.0:
        return largest
    new, f_new, old, f_old, step = largest, most, 0.0, least or _TINY, 0.5
    while True:
        rate = new + step * (old - new)
        found = excess(rate) or _TINY
        # The end that is given up serves the next interpolation.
        if (found > 0.0) == (f_new > 0.0):
            gone, f_gone = new, f_new
        else:
            gone, f_gone, old, f_old = old, f_old, new, f_new
        new, f_new = rate, found
        low = new if f_new > 0.0 else old
        least_step = (_LEAST + width * low) / abs(old - new)
        if least_step >= 1.0:
            return low
        along, level = (new - old) / (gone - old), (f_new - f_old) / (f_gone - f_old)
        step = 0.5
        if level**2 < along and (1.0 - level) ** 2 < 1.0 - along:
            step = f_new / (f_old - f_new) * f_gone / (f_old - f_gone)
            step += (gone - new) / (old - new) * f_new / (f_gone - f_new) * f_old / (f_gone - f_old)
        step = min(max(step, min(least_step, 0.5)), 1.0 - min(least_step, 0.5))


#: A rate with an excess of 0 reaches.
_TINY = 1e-300
#: Roots below are as good as 0.
_LEAST = 1e-18
