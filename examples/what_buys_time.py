"""What buys time before data run out? A tornado of levers on the same random numbers."""

import altair as alt
import polars as pl

import limitlaw as ll

scenario = ll.ExhaustionScenario.preset("default")
frame = ll.levers(scenario, trials=50_000, seed=7).filter(definition="effective_stock")
median = frame.filter(pl.col("lever").is_null())["q50"][0]
horizon = scenario.years[-1]
# Where half of the worlds never run out the bar goes to the horizon, with an arrow in its label.
bars = frame.drop_nulls("lever").with_columns(
    year=pl.col("q50").fill_null(horizon),
    start=pl.lit(median),
    label=pl.when(pl.col("q50").is_null())
    .then(pl.lit("beyond the horizon →"))
    .otherwise(pl.format("{} y", pl.col("q50_change").round(1))),
    effect=pl.when(pl.col("q50").fill_null(horizon) >= median).then(pl.lit("later")).otherwise(pl.lit("earlier")),
)
order = bars.sort((pl.col("year") - median).abs(), descending=True)["lever"].to_list()
y = alt.Y("lever:N", sort=order, title=None, axis=alt.Axis(labelLimit=0, labelFontSize=12))
x = alt.X(
    "start:Q",
    title="median year of running out",
    scale=alt.Scale(domain=[2024, 2057], nice=False, zero=False),
    axis=alt.Axis(format="d"),
)
colour = alt.Color("effect:N", legend=None, scale=alt.Scale(domain=["later", "earlier"], range=["#4fa79a", "#d1661c"]))
base = alt.Chart(bars)
chart = (
    base.mark_bar(height=12).encode(y=y, x=x, x2="year:Q", color=colour)
    + base.transform_filter("datum.effect == 'later'")
    .mark_text(align="left", dx=4)
    .encode(y=y, x="year:Q", text="label")
    + base.transform_filter("datum.effect == 'earlier'")
    .mark_text(align="right", dx=-4)
    .encode(y=y, x="year:Q", text="label")
    + alt.Chart(pl.DataFrame({"start": [median]})).mark_rule(color="#444444").encode(x="start:Q")
)
subtitle = [
    f"Change of the median year in which demand exceeds the effective stock ({median:.1f} by default).",
    "Every lever sees the same 50,000 worlds; standard errors are below 0.3 years.",
]
chart = chart.properties(
    width=640, height=22 * len(order), title=alt.TitleParams("What buys time", subtitle=subtitle, anchor="start")
)
chart.save("what_buys_time.png", ppi=120)
print(bars.select("lever", "q50", "q50_change", "q50_change_se", "p_by_2035_change"))
