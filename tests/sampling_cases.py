"""What several test files of the sampling family share: every policy, a full cost, and how rows are compared."""

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

import limitlaw as ll
from limitlaw import _core
from reference.tails import FALSE_ALARM, two_sample_p_value

#: Every part of a bill, with tokens that spread.
COST = ll.Cost(
    prompt_tokens=300,
    output_tokens=(700, 0.8),
    price_in=2.0,
    price_out=8.0,
    verifier_price=0.002,
    seconds_per_token=0.01,
    verifier_seconds=1.5,
)
#: Every policy with a judge and answers, but first worthwhile, which asks for known rates.
POLICIES = [
    ll.FirstAccepted(),
    ll.FirstAccepted(fallback="last"),
    ll.FirstAccepted(fallback="best"),
    ll.FirstAbove(threshold=1.6),
    ll.BestOf(),
    ll.BestOf(threshold=1.5),
    ll.MajorityVote(),
    ll.WeightedVote(),
    ll.FilteredVote(),
    ll.StopWhenAhead(margin=2),
    ll.ShareVote(share=0.7, min_votes=3),
    ll.BetaStop(confidence=0.9),
    ll.AnyOf(),
    ll.AllOf(),
    ll.MajorityVote(ties="abstain"),
    ll.MajorityVote(ties="lose"),
    ll.WeightedVote(weight="score"),
    ll.WindowStop(size=2),
]


def check_pairs(scenario: ll.SamplingScenario, correct: np.ndarray, trials: int, comparisons: int = 1) -> None:
    """Every two rows of a scenario of one task are right together as often as in the plain loop.

    ``correct`` says so by row and trial of the loop; ``trials`` are ours. The false-alarm probability of all pairs is
    ``FALSE_ALARM / comparisons``.
    """
    spec, arrays = scenario.wire()
    found = _core.compare_sampling(
        spec, arrays, score="accuracy", trials=trials, key=(11, 12), replicate=0, threads=2, progress=None
    )
    rows, slow = correct.shape
    ours = np.rint(found["products"].reshape(rows, rows) * trials).astype(int)
    # Whole numbers, by the fast product: it takes floats on both sides.
    both = correct.astype(float)
    theirs = both @ both.T
    names = [policy.label for policy in scenario.policies for _ in range(rows // len(scenario.policies))]
    pairs = [(r, s) for r in range(rows) for s in range(r + 1)]
    for r, s in pairs:
        p = two_sample_p_value(int(ours[r, s]), trials, int(theirs[r, s]), slow)
        assert p > FALSE_ALARM / len(pairs) / comparisons, (names[r], r, names[s], s, ours[r, s], theirs[r, s])


def check_policies_alone(scenario: ll.SamplingScenario, *, trials: int, seed: int) -> None:
    """A policy gives the same bits alone as beside all others."""

    def frame(policies: list[ll.Policy]) -> pl.DataFrame:
        found = ll.simulate(scenario.replace(policies=policies), trials=trials, seed=seed)
        return found.drop("run").with_columns(pl.col("policy").cast(pl.String))

    together = frame(scenario.policies)
    for policy in scenario.policies:
        assert_frame_equal(frame([policy]), together.filter(policy=policy.label), check_exact=True)
