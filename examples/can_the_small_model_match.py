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

models = ll.datasets.humaneval_ceilings()
best, others = models.row(0, named=True), models[1:]
points = (others["ceiling"] < best["accuracy"]).sum()
verdicts = ll.can_match(others["ceiling"], best["accuracy"], standard_error=error).with_columns(others["model"])
print(f"{points} of {len(others)} ceilings lie below one attempt of {best['model']} ({best['accuracy']})")
print(verdicts["verdict"].value_counts().sort("verdict"))
# The ceilings are over accepted tasks. One attempt is scored on all tasks, and a task never accepted is a task lost.
share = verdicts.filter(pl.col("difference") >= 0).select(
    "model", must_be_accepted=best["accuracy"] / pl.col("ceiling")
)
print(share)

shown = verdicts.with_columns(low=pl.col("ceiling") - 1.96 * error, high=pl.col("ceiling") + 1.96 * error)
order = shown.sort("ceiling", descending=True)["model"].to_list()
y = alt.Y("model:N", sort=order, title=None)
colour = alt.Color(
    "verdict:N",
    sort=["cannot", "too close to call", "can"],
    scale=alt.Scale(domain=["cannot", "too close to call", "can"], range=["#d1661c", "#777777", "#12305e"]),
    legend=alt.Legend(title=None, orient="top"),
)
x = alt.X("low:Q", title="ceiling: share correct among accepted answers", scale=alt.Scale(domain=[0.65, 1.0]))
bars = alt.Chart(shown).mark_rule(strokeWidth=2).encode(x=x, x2="high:Q", y=y, color=colour)
dots = alt.Chart(shown).mark_point(filled=True, size=70, opacity=1).encode(x="ceiling:Q", y=y, color=colour)
line = alt.Chart(pl.DataFrame({"x": [best["accuracy"]]})).mark_rule(strokeDash=[6, 4]).encode(x="x:Q")
chart = (bars + dots + line).properties(
    width=560,
    height=380,
    title=alt.Title(
        f"Unlimited attempts against one attempt of {best['model']} (dashed)",
        subtitle=f"HumanEval+; 95 % intervals, were each ceiling as uncertain as CodeGen's (s.e. {error:.3f})",
    ),
)
chart.save("can_the_small_model_match.png", scale_factor=2)
print("picture: can_the_small_model_match.png")
