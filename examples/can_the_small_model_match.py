"""Can a small model with unlimited attempts match one attempt of the best one? The ceilings of 17 published models."""

import altair as alt
import polars as pl

import limitlaw as ll

# How well 100 attempts a task determine such a ceiling: measured where all attempts are bundled.
data = ll.datasets.codegen_humaneval()
tasks = ll.Tasks.from_frame(data, attempts="n", accepted="accepted", accepted_correct="accepted_correct")
measured = ll.can_match(ll.SamplingScenario(tasks=tasks, max_attempts=[1]), 0.855)
error = measured["difference_se"].item()
print(f"standard error of CodeGen's ceiling over other attempts at its tasks: {error:.4f}")

# The published ceilings are over accepted tasks. How many tasks had none is not known: here it is a twentieth.
UNACCEPTED = 0.05
models = ll.datasets.humaneval_ceilings()
best, others = models.row(0, named=True), models[1:]
points = (others["ceiling"] < best["accuracy"]).sum()
print(f"{points} of {len(others)} ceilings lie below one attempt of {best['model']} ({best['accuracy']})")
verdicts = ll.can_match(others["ceiling"], best["accuracy"], unaccepted=UNACCEPTED, standard_error=error).with_columns(
    others["model"]
)
print(verdicts["verdict"].value_counts().sort("verdict"))

shown = verdicts.with_columns(
    low=pl.col("difference_low") + best["accuracy"], high=pl.col("difference_high") + best["accuracy"]
)
order = shown.sort("ceiling", descending=True)["model"].to_list()
y = alt.Y("model:N", sort=order, title=None)
colour = alt.Color(
    "verdict:N",
    sort=["cannot", "too close to call", "can"],
    scale=alt.Scale(domain=["cannot", "too close to call", "can"], range=["#d1661c", "#777777", "#12305e"]),
    legend=alt.Legend(title=None, orient="top"),
)
x = alt.X("low:Q", title="ceiling: share correct of unlimited attempts", scale=alt.Scale(domain=[0.65, 1.0]))
bars = alt.Chart(shown).mark_rule(strokeWidth=2).encode(x=x, x2="high:Q", y=y, color=colour)
dots = alt.Chart(shown).mark_point(filled=True, size=70, opacity=1).encode(x="ceiling:Q", y=y, color=colour)
line = alt.Chart(pl.DataFrame({"x": [best["accuracy"]]})).mark_rule(strokeDash=[6, 4]).encode(x="x:Q")
chart = (bars + dots + line).properties(
    width=560,
    height=380,
    title=alt.Title(
        f"Unlimited attempts against one attempt of {best['model']} (dashed)",
        subtitle=f"95 % intervals: errors as CodeGen's ({error:.3f}), {UNACCEPTED:.0%} of tasks without acceptance",
    ),
)
chart.save("can_the_small_model_match.png", scale_factor=2)
print("picture: can_the_small_model_match.png")
