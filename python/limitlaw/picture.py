"""A picture of any result, with the charts' libraries imported only when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limitlaw._arguments import check_flag

if TYPE_CHECKING:
    import altair as alt

__all__ = ["plot"]


def plot(result: Any, *, dark: bool = False, **options: Any) -> alt.VConcatChart:
    """The chart of a result: of a frame whose kind has one, or of a result object.

    Args:
        result: A frame, or what ``simulate``, ``sweep``, ``backtest``, ``sensitivity``, ``recommend`` or a fit return;
            or frames of scenarios by name, ``{"recorded": frame, "modelled": other}``, one beside the other.
        dark: For a dark page: on a dark ground, in lighter colours.
        **options: Arguments of the chart that is picked, such as ``title`` or ``metric`` (:mod:`limitlaw.plots`).

    Returns:
        An Altair chart: shown by a notebook, written by ``limitlaw.plots.save``.

    Raises:
        TypeError: It is no result of this library.
        ValueError: No chart is known for the frame, or its chart would misread it.
        ImportError: Altair is not installed; the message says how.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10, 100])
        >>> type(ll.plot(ll.solve(scenario))).__name__
        'Chart'
    """
    from limitlaw.plots.pick import plot as pick  # noqa: PLC0415  (slow to import)

    check_flag(dark, "dark")
    chart = pick(result, **options)
    if dark:
        from limitlaw.plots.theme import dark as darkened  # noqa: PLC0415  (as above)

        return darkened(chart)
    return chart
