"""A chart for a dark page: the same marks on a dark ground, in lighter colours."""

from __future__ import annotations

from typing import Any

import altair as alt

from limitlaw._arguments import shown

#: The colours of charts, and what stands for each on a dark ground: as far apart for people who see no red or green.
_COLOURS = {
    "#12305e": "#8fb4ea",
    "#d1661c": "#ff9d57",
    "#4fa79a": "#6fd3c3",
    "#8e3b74": "#e08cc4",
    "#0072b2": "#56b4e9",
    "#d55e00": "#ff8a3d",
    "#009e73": "#3fd6a8",
    "#000000": "#ffffff",
    "#222222": "#ececec",
    "#555555": "#b8b8b8",
    "#777777": "#9a9a9a",
    "#cccccc": "#50555b",
}
_GROUND, _INK, _LINE = "#17191c", "#ececec", "#50555b"


def dark(chart: Any) -> alt.VConcatChart:
    """The chart on a dark ground.

    Args:
        chart: What ``ll.plot`` or ``plots.stack`` returns.

    Raises:
        TypeError: It is no Altair chart.

    Example:
        >>> import limitlaw as ll
        >>> from limitlaw import plots
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10, 100])
        >>> plots.dark(ll.plot(ll.solve(scenario))).to_dict()["config"]["background"]
        '#17191c'
    """
    if not isinstance(chart, alt.TopLevelMixin):
        raise TypeError(f"chart must be an Altair chart, got {shown(chart)}")
    # Changed as it stands: to read a whole specification again, Altair takes a second.
    found: alt.VConcatChart = _recoloured(chart)
    config = {} if found.config is alt.Undefined else _plain(found.config)
    config["background"] = _GROUND
    config["view"] = config.get("view", {}) | {"stroke": _LINE}
    axis = {"labelColor": _INK, "titleColor": _INK, "gridColor": _LINE, "domainColor": _LINE, "tickColor": _LINE}
    config["axis"] = config.get("axis", {}) | axis
    config["legend"] = config.get("legend", {}) | {"labelColor": _INK, "titleColor": _INK}
    config["title"] = config.get("title", {}) | {"color": _INK, "subtitleColor": _COLOURS["#555555"]}
    config["text"] = config.get("text", {}) | {"color": _INK}
    found.config = config
    # Schemes whose one end is the ground's darkness stay: a map has no ground, and viridis is told apart on any.
    return found


def _plain(config: Any) -> dict[str, Any]:
    if isinstance(config, alt.SchemaBase):
        config = config.to_dict()
    return {name: value.to_dict() if isinstance(value, alt.SchemaBase) else value for name, value in config.items()}


def _recoloured(part: Any) -> Any:
    """A copy of a part of a chart, and of all but the data in it."""
    if isinstance(part, alt.SchemaBase):
        made = part.copy(deep=False)
        for name, value in part._kwds.items():  # noqa: SLF001  (how Altair keeps what was given)
            made._kwds[name] = value if name in ("data", "datasets") else _recoloured(value)  # noqa: SLF001
        object.__setattr__(made, "_args", tuple(_recoloured(value) for value in part._args))  # noqa: SLF001
        return made
    if isinstance(part, dict):
        return {name: value if name in ("data", "datasets") else _recoloured(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_recoloured(value) for value in part]
    return _COLOURS.get(part, part) if isinstance(part, str) else part
