"""Which way of picking an answer wins at equal cost? Six policies on the same attempts, with a judge of AUC .80."""

import polars as pl

import limitlaw as ll
from limitlaw import plots

scenario = ll.SamplingScenario(
    tasks=ll.Tasks.beta(alpha=0.8, beta=1.2, count=200),
    verifier=ll.Verifier.judge(auc=0.8, threshold=1.5),
    answers=ll.Answers.zipf(20, 1.0),
    policies=[
        ll.FirstAccepted(fallback="best"),
        ll.BestOf(),
        ll.MajorityVote(),
        ll.WeightedVote(),
        ll.FilteredVote(),
        ll.StopWhenAhead(margin=3),
    ],
    max_attempts=[1, 2, 4, 8, 16, 32, 64],
)
compared = ll.compare_policies(scenario, trials=1_000, seed=7)
print("Difference in accuracy at the same mean number of attempts, where both can spend it:")
table = compared.filter(pl.col("max_attempts") == 16).drop_nulls("difference")
for row in table.filter(pl.col("policy").cast(pl.String) == "weighted_vote").iter_rows(named=True):
    print(
        f"  {row['policy']} at {row['cost']:.1f} attempts against {row['other']}: "
        f"{row['difference']:+.3f} (s.e. {row['difference_se']:.4f}), winner {row['winner']}"
    )

frame = ll.simulate(scenario, trials=1_000, seed=7, columns=["accuracy", "accuracy_se", "attempts_used"])
chart = plots.policies(
    frame, tasks=200, title="Few attempts: the judge's favourite. Many: a vote weighted by the judge"
)
plots.save(plots.stack(chart), "which_policy_wins.png")
print("picture: which_policy_wins.png")
