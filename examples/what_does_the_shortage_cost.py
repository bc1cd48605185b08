"""What does the shortage of data cost? Orders of magnitude of compute that it wastes, year by year."""

import altair as alt
import polars as pl

import limitlaw as ll

scenario = ll.ExhaustionScenario.preset("default")
half = scenario.lost_threshold
result = ll.simulate(scenario, trials=200_000, seed=7)
frame = result.trajectories.filter(variable="lost_compute")
wasted = result.exhausted_by.filter(definition="half_compute")

x = alt.X("year:Q", title=None, scale=alt.Scale(nice=False), axis=alt.Axis(format="d"))
title = "orders of magnitude of compute lost"
fans = [
    alt.Chart(frame)
    .mark_area(color="#12305e", opacity=opacity)
    .encode(x=x, y=alt.Y(f"{low}:Q", title=title), y2=f"{high}:Q")
    for low, high, opacity in (("q05", "q95", 0.15), ("q25", "q75", 0.25))
]
median = alt.Chart(frame).mark_line(color="#12305e", strokeWidth=2.5).encode(x=x, y=alt.Y("q50:Q", title=title))
line = alt.Chart(pl.DataFrame({"lost": [half], "text": ["half of the compute"]}))
threshold = line.mark_rule(color="#d1661c", strokeDash=[6, 3]).encode(y="lost:Q") + line.mark_text(
    align="left", dx=6, dy=-7, color="#d1661c", fontSize=13
).encode(x=alt.value(0), y="lost:Q", text="text:N")
cost = alt.layer(*fans, median, threshold).properties(width=860, height=320)
share = (
    alt.Chart(wasted)
    .mark_area(color="#d1661c", opacity=0.35, line={"color": "#d1661c"})
    .encode(x=x, y=alt.Y("probability:Q", title="half wasted by then", axis=alt.Axis(format="%")))
    .properties(width=860, height=140)
)
subtitle = [
    f"{result.trials:,} worlds; line: median, fans: 50 % and 90 %.",
    "At 1 a run does no better than one with a tenth of its compute.",
]
chart = alt.vconcat(cost, share).properties(
    title=alt.TitleParams("Compute that the shortage of data wastes", subtitle=subtitle, anchor="start")
)
chart.save("what_does_the_shortage_cost.png", ppi=120)
print(
    frame.filter(pl.col("year").is_in([2028, 2032, 2036, 2040, 2050])).select("year", "q05", "q25", "q50", "q75", "q95")
)
