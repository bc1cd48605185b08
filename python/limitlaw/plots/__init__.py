"""Charts over result frames. They need the extra ``plots``."""

from limitlaw._extras import command_for

try:
    import altair as alt  # noqa: F401  (asked for here, once, so that the message names the extra)
except ImportError as error:  # pragma: no cover  (the tests install the extra)
    raise ImportError(f"charts need Altair and vl-convert: {command_for('plots')}") from error

from limitlaw.plots.answers import can_match, ceilings, compared, limits, required_rate
from limitlaw.plots.chart import save, stack
from limitlaw.plots.comparison import scenarios
from limitlaw.plots.decided import checked, corrected, optima, recommended
from limitlaw.plots.estimates import error_rates, judge, operating_points, pass_rates
from limitlaw.plots.exhaustion import exhausted, fan, tornado
from limitlaw.plots.forecasts import backtest, constraints, run_out, sensitivity
from limitlaw.plots.laws import allocation, epochs, isoflops, residuals
from limitlaw.plots.plans import allocations, attempts_for, held_out, planned
from limitlaw.plots.populations import population
from limitlaw.plots.sampling import curves, policies, utility
from limitlaw.plots.sweeps import sweep
from limitlaw.plots.systems import differences
from limitlaw.plots.theme import dark
from limitlaw.plots.trends import growth

__all__ = [
    "allocation",
    "allocations",
    "attempts_for",
    "backtest",
    "can_match",
    "ceilings",
    "checked",
    "compared",
    "constraints",
    "corrected",
    "curves",
    "dark",
    "differences",
    "epochs",
    "error_rates",
    "exhausted",
    "fan",
    "growth",
    "held_out",
    "isoflops",
    "judge",
    "limits",
    "operating_points",
    "optima",
    "pass_rates",
    "planned",
    "policies",
    "population",
    "recommended",
    "required_rate",
    "residuals",
    "run_out",
    "save",
    "scenarios",
    "sensitivity",
    "stack",
    "sweep",
    "tornado",
    "utility",
]
