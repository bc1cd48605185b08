"""Charts over result frames. They need the extra ``plots``: ``pip install 'limitlaw[plots]'``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

try:
    import altair as alt
except ImportError as error:  # pragma: no cover  (the tests install the extra)
    raise ImportError("charts need Altair and vl-convert: pip install 'limitlaw[plots]'") from error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["curves", "save", "stack", "utility"]

#: Colours whose lightness differs, so that they survive greyscale, each with its own dashes.
_STYLES = [("#12305e", [1, 0]), ("#d1661c", [7, 3]), ("#4fa79a", [2, 2]), ("#8e3b74", [9, 3, 2, 3])]
#: What the legend says beside a metric's name.
_MEANINGS = {
    "accuracy": "answered correctly",
    "accepted": "an answer passed the verifier",
    "coverage": "some attempt was correct",
    "precision": "correct among the answered",
}
_WIDTH = 860
_INK = "#222222"
#: Where a log axis shows zero attempts.
_ZERO = 0.4


def curves(
    frame: pl.DataFrame,
    *,
    metrics: Sequence[str] = ("accuracy", "coverage", "precision"),
    tasks: int | None = None,
    title: str = "What more attempts buy",
) -> alt.VConcatChart:
    """Shares of tasks against attempts, on a log axis.

    Args:
        frame: What ``simulate`` or ``solve`` returns for one policy: one row per ``max_attempts``.
        metrics: Columns to draw, at most four, each a share in [0, 1]; the first is drawn boldest.
        tasks: Number of tasks, for the caption.
        title: Title of the chart.

    Returns:
        A chart. A band around a metric goes from its 5 % to its 95 % quantile over single runs of the whole
        benchmark, where the frame has them.

    Raises:
        ValueError: The frame has several policies, or lacks a column.
    """
    _check(frame, metrics)
    if len(metrics) > len(_STYLES):
        raise ValueError(f"metrics must be at most {len(_STYLES)}, got {len(metrics)}")
    colours = alt.Scale(domain=list(metrics), range=[c for c, _ in _STYLES[: len(metrics)]])
    dashes = alt.Scale(domain=list(metrics), range=[d for _, d in _STYLES[: len(metrics)]])
    meanings = ", ".join(f"{m!r}: {_label(m)!r}" for m in metrics)
    legend = alt.Legend(
        title=None,
        orient="top",
        symbolSize=900,
        symbolStrokeWidth=2.5,
        labelFontSize=13,
        labelLimit=0,
        columnPadding=24,
        labelExpr=f"({{{meanings}}})[datum.label]",
    )
    lines = frame.unpivot(metrics, index="max_attempts", variable_name="metric", value_name="share").drop_nulls()
    x = alt.X("max_attempts:Q", title="attempts allowed per task (log scale)", scale=_log(frame), axis=_ticks())
    y = alt.Y("share:Q", title="share of tasks", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    line = (
        alt.Chart(lines)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color("metric:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("metric:N", scale=dashes, legend=legend),
        )
    )
    layers: list[Any] = []
    banded = [m for m in metrics if f"{m}_q05" in frame.columns and frame[f"{m}_q05"].null_count() < frame.height]
    for metric in banded:
        colour = _STYLES[list(metrics).index(metric)][0]
        layers.append(
            alt.Chart(frame.select("max_attempts", low=f"{metric}_q05", high=f"{metric}_q95"))
            .mark_area(color=colour, opacity=0.18)
            .encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
        )
    size = f"{tasks} tasks" if tasks else "the whole benchmark"
    notes = [f"Band: 5 to 95 % of single runs of {size} ({' and '.join(banded)})."] if banded else []
    subtitle = " ".join([*notes, _provenance(frame, tasks)])
    chart = alt.layer(*layers, line).properties(width=_WIDTH, height=300)
    return _own_legends(alt.vconcat(chart)).properties(title=_title(title, subtitle))


def utility(
    frame: pl.DataFrame,
    best: pl.DataFrame,
    *,
    tasks: int | None = None,
    correct_reward: float = 1.0,
    attempt_cost: float = 0.0,
    title: str = "How many attempts are worth it",
) -> alt.VConcatChart:
    """Utility per task against attempts, one panel for each cost of a wrong answer, the optimum marked.

    Args:
        frame: What ``simulate`` or ``solve`` returns for one policy.
        best: What ``optimal_attempts`` returns for it: one row per ``wrong_cost``.
        tasks: Number of tasks, for the caption.
        correct_reward: Value of a correct answer returned.
        attempt_cost: Cost of one attempt, in the same unit.
        title: Title of the chart.

    Returns:
        Panels in a row. The shaded span is the 5 to 95 % bootstrap interval of the optimum.
    """
    _check(frame, ["accuracy", "wrong", "attempts_used"])
    for column in (
        "wrong_cost",
        "optimal_attempts",
        "optimal_attempts_q05",
        "optimal_attempts_q95",
        "status",
        "utility",
    ):
        if column not in best.columns:
            raise ValueError(f"best must have a column {column!r}, got {best.columns}")
    panels = [
        _panel(
            frame.select(
                "max_attempts",
                utility=correct_reward * pl.col("accuracy")
                - row["wrong_cost"] * pl.col("wrong")
                - attempt_cost * pl.col("attempts_used"),
            ),
            row,
            width=(_WIDTH + 18) / best.height - 54,
            first=i == 0,
        )
        for i, row in enumerate(best.iter_rows(named=True))
    ]
    subtitle = (
        f"Reward {correct_reward:g} for a correct answer, 0 for none. Dot: best number of attempts; "
        f"shaded: its 5 to 95 % bootstrap interval{f' over {tasks} tasks' if tasks else ''}."
    )
    return alt.vconcat(alt.hconcat(*panels, spacing=18)).properties(title=_title(title, subtitle))


def _panel(curve: pl.DataFrame, row: dict[str, Any], *, width: float, first: bool) -> Any:
    """Utility at one cost of a wrong answer; zero attempts, worth nothing, stand left of the log axis' one."""
    last = float(max(curve["max_attempts"].to_list()))

    def place(attempts: float | None) -> float:
        return last if attempts is None else min(max(float(attempts), _ZERO), last)

    at = place(row["optimal_attempts"])
    scale = alt.Scale(type="log", domain=[_ZERO, last], nice=False)
    axis = alt.Axis(
        values=[_ZERO, *_powers(last)],
        labelExpr=f"datum.value <= {_ZERO} ? '0' : format(datum.value, ',')",
        grid=False,
        title="attempts allowed",
    )
    x = alt.X("max_attempts:Q", scale=scale, axis=axis)
    y = alt.Y("utility:Q", title="utility per task" if first else None, axis=alt.Axis(format=".2f", tickCount=5))
    low, high = place(row["optimal_attempts_q05"]), place(row["optimal_attempts_q95"])
    span = pl.DataFrame({"low": [low], "high": [high if high > low else low * 1.06]})
    dot = pl.DataFrame({"max_attempts": [at], "utility": [float(row["utility"])]})
    layers = [
        alt.Chart(span).mark_rect(color=_STYLES[1][0], opacity=0.2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q"),
        alt.Chart(pl.DataFrame({"utility": [0.0]})).mark_rule(color="#999999", strokeDash=[3, 3]).encode(y=y),
        alt.Chart(curve).mark_line(color=_STYLES[0][0], strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(dot).mark_rule(color=_STYLES[1][0], strokeWidth=1.5).encode(x=x),
        alt.Chart(dot).mark_point(color=_INK, fill=_STYLES[1][0], size=90, opacity=1).encode(x=x, y=y),
    ]
    heading = alt.TitleParams(
        f"wrong answer costs {row['wrong_cost']:g}",
        subtitle=_verdict(row),
        fontSize=13,
        subtitleFontSize=12,
        anchor="start",
    )
    return alt.layer(*layers).properties(width=width, height=170, title=heading)


def _label(metric: str) -> str:
    return f"{metric}: {_MEANINGS[metric]}" if metric in _MEANINGS else metric


def _count(attempts: float | None) -> str:
    return "no limit" if attempts is None or attempts == float("inf") else f"{attempts:,.0f}"


def _verdict(row: dict[str, Any]) -> list[str]:
    attempts, low, high = (_count(row[f"optimal_attempts{which}"]) for which in ("", "_q05", "_q95"))
    best = {
        "zero": "best: do not answer",
        "unbounded": "best: no limit",
        "censored": f"best: {attempts}, where the data end",
    }.get(row["status"], f"best: {attempts} attempt{'s' if attempts != '1' else ''}")
    return [best, f"5 to 95 %: {low} to {high}"]


def stack(*charts: Any) -> alt.VConcatChart:
    """Charts below each other, ready to save."""
    chart: alt.VConcatChart = (
        _own_legends(alt.vconcat(*charts, spacing=34))
        .configure_view(stroke="#cccccc")
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", titleColor=_INK, gridOpacity=0.6)
        .configure(font="Liberation Sans", padding=18)
    )
    return chart


def save(chart: Any, path: str | Path, *, scale: float = 2.0) -> Path:
    """Write a chart as PNG, SVG or JSON by the ending of ``path``, without a browser and without a network.

    Args:
        chart: Any Altair chart.
        path: The file to write.
        scale: Pixels of a PNG for each pixel of the chart.

    Returns:
        The absolute path of the file.
    """
    path = Path(path).resolve()
    chart.save(str(path), scale_factor=scale)
    return path


def _check(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    for column in ("policy", "max_attempts", *columns):
        if column not in frame.columns:
            raise ValueError(f"frame must have a column {column!r}, got {frame.columns}")
    policies = frame["policy"].unique().to_list()
    if len(policies) != 1:
        raise ValueError(f"frame must be of one policy (filter it first), got {sorted(map(str, policies))}")


def _own_legends(chart: alt.VConcatChart) -> alt.VConcatChart:
    """Keeps a legend below the title of its own chart."""
    own: alt.VConcatChart = chart.resolve_legend(color="independent", strokeDash="independent")
    return own


def _title(title: str, subtitle: str) -> alt.TitleParams:
    return alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=17, subtitleFontSize=12, subtitleColor="#555555", offset=10
    )


def _provenance(frame: pl.DataFrame, tasks: int | None) -> str:
    trials = frame["trials"][0] if "trials" in frame.columns else None
    run = "exact" if trials is None else f"{trials:,} trials, seed {frame['seed'][0]}"
    return f"{tasks} tasks, {run}." if tasks else f"{run.capitalize()}."


def _powers(last: float) -> list[int]:
    return [10**i for i in range(20) if 10**i <= last]


def _log(frame: pl.DataFrame) -> alt.Scale:
    attempts = frame["max_attempts"].to_list()
    return alt.Scale(type="log", domain=[min(attempts), max(attempts)], nice=False)


def _ticks() -> alt.Axis:
    return alt.Axis(format=",", tickCount=6, gridOpacity=0.4)
