"""Charts over result frames. They need the extra ``plots``."""

from limitlaw._extras import command_for

try:
    import altair as alt  # noqa: F401  (asked for here, once, so that the message names the extra)
except ImportError as error:  # pragma: no cover  (the tests install the extra)
    raise ImportError(f"charts need Altair and vl-convert: {command_for('plots')}") from error

from limitlaw.plots.answers import can_match, ceilings, compared, limits, required_rate
from limitlaw.plots.chart import save, stack
from limitlaw.plots.estimates import error_rates, operating_points, pass_rates
from limitlaw.plots.exhaustion import exhausted, fan, tornado
from limitlaw.plots.forecasts import backtest, constraints, run_out, sensitivity
from limitlaw.plots.laws import allocation, epochs, isoflops, residuals
from limitlaw.plots.sampling import curves, policies, utility
from limitlaw.plots.sweeps import sweep
from limitlaw.plots.systems import differences
from limitlaw.plots.trends import growth

__all__ = [
    "allocation",
    "backtest",
    "can_match",
    "ceilings",
    "compared",
    "constraints",
    "curves",
    "differences",
    "epochs",
    "error_rates",
    "exhausted",
    "fan",
    "growth",
    "isoflops",
    "limits",
    "operating_points",
    "pass_rates",
    "policies",
    "required_rate",
    "residuals",
    "run_out",
    "save",
    "sensitivity",
    "stack",
    "sweep",
    "tornado",
    "utility",
]
