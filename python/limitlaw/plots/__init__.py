"""Charts over result frames. They need the extra ``plots``: ``pip install 'limitlaw[plots]'``."""

try:
    import altair as alt  # noqa: F401  (asked for here, once, so that the message names the extra)
except ImportError as error:  # pragma: no cover  (the tests install the extra)
    raise ImportError("charts need Altair and vl-convert: pip install 'limitlaw[plots]'") from error

from limitlaw.plots.chart import save, stack
from limitlaw.plots.exhaustion import exhausted, fan, tornado
from limitlaw.plots.sampling import curves, policies, utility

__all__ = ["curves", "exhausted", "fan", "policies", "save", "stack", "tornado", "utility"]
