"""When does training data run out? Stock against demand as fans, and the year in which they cross."""

import altair as alt
import polars as pl

import limitlaw as ll

YEARS = (2024, 2046)
NAMES = {"effective_stock": "stock, repeated as often as is harmless", "demand": "demand of the largest run"}
COLOURS = alt.Scale(domain=list(NAMES.values()), range=["#12305e", "#d1661c"])

result = ll.simulate(ll.ExhaustionScenario.preset("default"), trials=200_000, seed=7)
years = result.exhaustion.row(by_predicate=pl.col("definition") == "effective_stock", named=True)
frame = (
    result.trajectories.with_columns(pl.col("variable").cast(pl.String))
    .filter(pl.col("variable").is_in(NAMES), pl.col("year").is_between(*YEARS))
    .with_columns(series=pl.col("variable").replace(NAMES))
)
x = alt.X("year:Q", title=None, scale=alt.Scale(domain=YEARS, nice=False, zero=False), axis=alt.Axis(format="d"))
y = alt.Y(
    "q50:Q",
    title="tokens (log scale)",
    scale=alt.Scale(type="log", domain=[1e12, 1e18]),
    axis=alt.Axis(values=[10.0**k for k in range(12, 19)], format="~e"),
)
legend = alt.Legend(title=None, orient="top", labelLimit=0, labelFontSize=13, symbolOpacity=1)
colour = alt.Color("series:N", scale=COLOURS, legend=legend)
fans = [
    alt.Chart(frame).mark_area(opacity=opacity).encode(x=x, y=alt.Y(f"{low}:Q"), y2=f"{high}:Q", color=colour)
    for low, high, opacity in (("q05", "q95", 0.15), ("q25", "q75", 0.25))
]
medians = alt.Chart(frame).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
crossing = pl.DataFrame(
    {"from": [years["q25"]], "to": [min(years["q75"] or YEARS[1], YEARS[1])], "median": [years["q50"]]}
)
band = alt.Chart(crossing).mark_rect(color="#888888", opacity=0.15).encode(x="from:Q", x2="to:Q")
middle = alt.Chart(crossing).mark_rule(color="#444444", strokeDash=[5, 3]).encode(x="median:Q")
half, quarter, never = years["q50"], years["q25"], years["p_not_by_horizon"]
subtitle = [
    "Fans: 50 % and 90 % of the worlds. Grey: the middle half of the years of running out.",
    f"Half run out by {half:.0f} (dashed), a quarter by {quarter:.0f}; {never:.0%} not by 2053.",
]
chart = alt.layer(band, *fans, medians, middle).properties(
    width=860,
    height=420,
    title=alt.TitleParams("Training data: stock against demand", subtitle=subtitle, anchor="start"),
)
chart.save("when_does_data_run_out.png", ppi=120)
print(result.exhaustion.select("definition", "q25", "q50", "p_by_2030", "p_by_2035", "p_not_by_horizon"))
