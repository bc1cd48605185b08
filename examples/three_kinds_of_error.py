"""Why do two verifiers with the same error rates end at different accuracies? Persistent, fresh and shared errors."""

import altair as alt
import numpy as np
import polars as pl

import limitlaw as ll

ATTEMPTS = np.unique(np.geomspace(1, 1000, 25).astype(int))
ONE = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1)

kinds = {
    "persistent: spread over tasks (icc)": {
        f"icc {icc}": ll.Verifier.rates(false_positive_rate=0.05, icc=icc) for icc in (0.0, 0.1, 0.3, 0.6)
    },
    "fresh: averaged over 4 votes": {
        f"fresh {fresh}": ll.Verifier.judge(d_prime=1.5, threshold=1.0, votes=4, fresh=fresh)
        for fresh in (0.0, 0.5, 0.8, 1.0)
    },
    "shared: three must accept": {
        f"shared {shared}": ll.Verifier.ensemble([ONE] * 3, rule="all", shared=shared)
        for shared in (1.0, 0.5, 0.2, 0.0)
    },
}
panels = []
for title, verifiers in kinds.items():
    frames = []
    for label, verifier in verifiers.items():
        scenario = ll.SamplingScenario(
            tasks=ll.Tasks.fixed(success=[0.1] * 100), verifier=verifier, max_attempts=ATTEMPTS
        )
        frame = ll.simulate(scenario, trials=500, seed=7, columns=["accuracy", "accuracy_se"])
        last = frame.row(-1, named=True)
        print(f"{title}, {label}: accuracy ends at {last['accuracy']:.3f} (s.e. {last['accuracy_se']:.3f})")
        frames.append(frame.select("max_attempts", "accuracy", which=pl.lit(label)))
    y_title = "accuracy" if not panels else None
    panels.append(
        alt.Chart(pl.concat(frames), title=title)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X(
                "max_attempts", scale=alt.Scale(type="log"), title="attempts", axis=alt.Axis(values=[1, 10, 100, 1000])
            ),
            y=alt.Y("accuracy", scale=alt.Scale(domain=[0, 1]), title=y_title),
            color=alt.Color("which", sort=None, title=None, scale=alt.Scale(scheme="viridis")),
            strokeDash=alt.StrokeDash("which", sort=None, title=None),
        )
        .properties(width=230, height=230)
    )
chart = alt.hconcat(*panels).resolve_scale(color="independent", strokeDash="independent")
chart.configure_legend(orient="bottom-right", fillColor="white").save("three_kinds_of_error.png", scale_factor=2)
print("picture: three_kinds_of_error.png")
