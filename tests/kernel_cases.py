"""A small run of every kernel, whose numbers are pinned: a change in a shared kernel changes at least one of them.

`test_value_stability.py` compares them; `mutate_kernels.py` shows that each pin bites.
"""

import hashlib
from collections.abc import Callable

import polars as pl

import limitlaw as ll
from exhaustion_cases import DEFAULT
from limitlaw import _core
from sampling_cases import COST

SEED = 2**90 + 11
#: What says where numbers come from, and not what they are.
PROVENANCE = {"run", "spec_id", "seed", "stream", "trials", "replicate", "sampler"}
JUDGE = ll.Verifier.judge(d_prime=1.1, threshold=0.9)
RATES = ll.Verifier.rates(false_positive_rate=[0.05, 0.3, 0.0], false_negative_rate=0.25)
FIXED = ll.Tasks.fixed(success=[0.1, 0.4, 0.02])
#: The policies of the pins: a further one gets a pin of its own.
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
    ll.AnyOf(),
    ll.AllOf(),
]
BOTH = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
WORTH = ll.Utility(wrong_cost=4.0, attempt_cost=0.01)
POOL = ll.Tasks.pool(attempts=[60, 50], accepted=[20, 3], accepted_correct=[15, 1], correct=[25, 2])
#: Recorded attempts, with several correct answers and blank ones.
RECORDED = ll.Tasks.from_attempts(
    pl.DataFrame(
        {
            "task": [0, 1] * 8,
            "correct": [1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0],
            "answer": ["a", "x", "b", "y", "c", None, "c", "z", "a", "z", "d", "", "a", "y", "d", "w"],
            "score": [0.9, 0.2, 0.7, 0.8, 0.6, 0.1, 0.7, 0.3, 0.4, 0.5, 0.3, 0.2, 0.8, 0.9, 0.1, 0.6],
            "accepted": [1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0],
            "tokens": [100, 900, 120, 300, 500, 2000, 400, 800, 90, 750, 640, 1999, 110, 280, 610, 700],
        }
    ),
    **{name: name for name in ("answer", "score", "accepted", "tokens")},
)
#: What is solved on them.
COUNTED = [
    *BOTH,
    ll.FirstAbove(threshold=0.5),
    ll.BestOf(),
    ll.MajorityVote(),
    ll.MajorityVote(ties="lose"),
    ll.FilteredVote(),
    ll.WeightedVote(weight="score"),
    ll.FirstWorthwhile(),
    ll.AllOf(),
]


def scenario(**changes: object) -> ll.SamplingScenario:
    """Three tasks of known rates under first accepted, with the fields that differ."""
    fields = {"tasks": FIXED, "verifier": RATES, "policies": BOTH, "max_attempts": [1, 7, 50], "utility": WORTH}
    return ll.SamplingScenario(**(fields | changes))


def simulated(trials: int = 600, **changes: object) -> Callable[[], pl.DataFrame]:
    """The rows of a simulation, and those of each task."""

    def run() -> pl.DataFrame:
        one = scenario(**changes)
        rows = ll.simulate(one, trials=trials, seed=SEED, replicate=2, columns=_core.SAMPLING_COLUMNS)
        tasks = ll.simulate(one, trials=trials, seed=SEED, replicate=2, by="task")
        return pl.concat([rows, tasks], how="diagonal_relaxed")

    return run


def solved(**changes: object) -> Callable[[], pl.DataFrame]:
    """The exact rows."""
    return lambda: ll.solve(scenario(**changes))


def drawn(law: ll.Law | None = None, **options: object) -> Callable[[], pl.DataFrame]:
    """The trajectories of the exhaustion model."""
    changed = DEFAULT if law is None else DEFAULT.replace(law=law, correlations={})
    return lambda: ll.simulate(changed, trials=1024, seed=SEED, **options).trajectories


judged = {"verifier": JUDGE, "policies": POLICIES, "max_attempts": [1, 6, 40]}
costly = judged | {"answers": ll.Answers.zipf(3, 1.0), "trials": 200}
limits = [
    ll.Limit(cost=0.03),
    ll.Limit(tokens=3_000, crossing="refund"),
    ll.Limit(seconds=25.0, crossing="finish"),
]
votes = {"policies": [ll.MajorityVote(), ll.FilteredVote(), ll.StopWhenAhead(margin=2)]}
KERNELS: dict[str, Callable[[], pl.DataFrame]] = {
    # Every policy, every kind of answers.
    "policies, uniform answers": simulated(**judged, answers=ll.Answers.uniform(4)),
    "policies, many uniform answers": simulated(**judged, answers=ll.Answers.uniform(40)),
    "policies, zipf answers": simulated(**judged, answers=ll.Answers.zipf(3, 1.0)),
    "policies, dirichlet answers": simulated(**judged, answers=ll.Answers.dirichlet(0.5, 3)),
    "votes, many attempts": simulated(**votes, answers=ll.Answers.uniform(3), max_attempts=[900], trials=100),
    "votes, many attempts, zipf": simulated(**votes, answers=ll.Answers.zipf(3, 1.0), max_attempts=[900], trials=100),
    "votes, beyond the tables": simulated(
        tasks=ll.Tasks.beta(0.5, 2.0, 4, unsolvable=0.2),
        verifier=JUDGE,
        policies=[ll.BestOf(), ll.MajorityVote(), ll.FilteredVote()],
        answers=ll.Answers.uniform(4),
        max_attempts=[4, 40, 9_000],
        trials=200,
    ),
    "share vote": simulated(
        policies=[ll.ShareVote(share=0.6)], answers=ll.Answers.zipf(3, 1.0), max_attempts=[3, 8, 40]
    ),
    "beta stop": simulated(
        policies=[ll.BetaStop(confidence=0.9)], answers=ll.Answers.uniform(4), max_attempts=[3, 8, 40]
    ),
    "first worthwhile": simulated(policies=[ll.FirstWorthwhile(), ll.AnyOf()], max_attempts=[1, 3, 30]),
    "far attempts": simulated(max_attempts=[10**4, 10**9], policies=[*BOTH, ll.AllOf(), ll.AnyOf()]),
    # Every population and verifier.
    "beta": simulated(tasks=ll.Tasks.beta(0.5, 2.0, 4), verifier=ll.Verifier.rates(false_positive_rate=0.1)),
    "beta, every policy": simulated(
        tasks=ll.Tasks.beta(0.5, 2.0, 3, unsolvable=0.2), **judged, answers=ll.Answers.zipf(3, 1.0)
    ),
    "correlated errors": simulated(
        tasks=ll.Tasks.beta(0.5, 2.0, 4, unsolvable=0.2),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.2, icc=0.3, correlation=-0.5),
    ),
    "mixture, correlated": simulated(
        tasks=ll.Tasks.mixture(weight=[2, 1, 1], success=[0.8, 0.02, 0.3], count=4),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.3, correlation=0.5),
    ),
    "mixture": simulated(
        tasks=ll.Tasks.mixture(weight=[2, 1], success=[0.8, 0.02], count=4),
        verifier=ll.Verifier.rates(false_positive_rate=0.1),
    ),
    "spread errors": simulated(verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.3, correlation=-0.5)),
    "redraw once": simulated(
        tasks=ll.Tasks.beta(0.5, 2.0, 5, redraw="run"), verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.3)
    ),
    "posterior": simulated(tasks=ll.Tasks.counts([20, 20, 5], [2, 0, 5], posterior=True, prior="jeffreys")),
    # Rates that are integrated rather than drawn.
    "integrated": simulated(
        trials=6000,
        tasks=ll.Tasks.counts([20, 20, 5], [2, 0, 5], posterior=True, prior="jeffreys"),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.3),
        policies=BOTH,
        utility=ll.Utility(wrong_cost=4.0),
    ),
    "posterior, correlated": simulated(
        tasks=ll.Tasks.counts([20, 20, 5], [2, 0, 5], posterior=True, prior="jeffreys"),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.3, correlation=-0.5),
    ),
    "pool": simulated(tasks=POOL, verifier=None, policies=[*BOTH, ll.FirstWorthwhile(), ll.AnyOf(), ll.AllOf()]),
    "recorded": simulated(
        tasks=RECORDED,
        verifier=None,
        policies=[*COUNTED, ll.StopWhenAhead(margin=2), ll.WindowStop(size=2)],
        max_attempts=[1, 3, 7],
    ),
    "many tasks": simulated(tasks=ll.Tasks.fixed(success=[0.1, 0.6, 0.3] * 100), verifier=JUDGE, max_attempts=[1, 9]),
    # Tokens of both laws, batches, limits both ways.
    "gamma tokens": simulated(**costly, cost=COST),
    "lognormal tokens": simulated(**costly, cost=COST.replace(law="lognormal")),
    "batches": simulated(**costly, cost=COST.replace(parallel=3)),
    "limits": simulated(**costly | {"max_attempts": None}, cost=COST, limits=limits),
    "limits, lognormal": simulated(
        **costly | {"max_attempts": [40]}, cost=COST.replace(law="lognormal", parallel=2), limits=limits
    ),
    "compared": lambda: ll.compare_policies(
        scenario(**judged, answers=ll.Answers.uniform(4), utility=None), trials=500, seed=SEED
    ),
    # Exact rows.
    "exact": solved(),
    "exact, every policy": solved(
        **judged | {"policies": [p for p in POLICIES if not isinstance(p, ll.WeightedVote | ll.StopWhenAhead)]},
        answers=ll.Answers.zipf(3, 1.0),
    ),
    "exact pool": solved(tasks=POOL, verifier=None, policies=[*BOTH, ll.FirstWorthwhile(), ll.AllOf()]),
    "exact recorded": solved(tasks=RECORDED, verifier=None, policies=COUNTED, max_attempts=[1, 3, 7]),
    "exact limits": solved(policies=[*BOTH, ll.FirstWorthwhile()], max_attempts=None, cost=COST, limits=limits),
    "exact beta": solved(tasks=ll.Tasks.beta(0.5, 2.0, 4), verifier=ll.Verifier.rates(false_positive_rate=0.0)),
    "exact posterior, spread errors": solved(
        tasks=ll.Tasks.counts([20, 20, 5], [2, 0, 5], posterior=True, prior="jeffreys"),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.3),
    ),
    "optimal attempts": lambda: ll.optimal_attempts(
        scenario(), wrong_cost=[0.3, 2.0], bootstrap=100, seed=SEED, resample="tasks"
    ),
    "optimal attempts, pool": lambda: ll.optimal_attempts(
        scenario(tasks=POOL, verifier=None), wrong_cost=[0.3, 2.0], bootstrap=100, seed=SEED, resample="attempts"
    ),
    "ceilings": lambda: ll.ceilings(scenario()),
    # Exhaustion: every law, both samplers, the constraint model.
    "exhaustion": drawn(),
    "exhaustion, sobol": drawn(sampler="sobol"),
    "hoffmann": drawn(ll.Law.hoffmann()),
    "muennighoff": drawn(ll.Law.muennighoff()),
    "penalty": drawn(ll.Law.penalty()),
    "bounded": drawn(ll.Law.bounded()),
    "mixture of laws": drawn(ll.Law.mixture({"muennighoff": 1.0, "penalty": 1.0})),
    "constraint": lambda: ll.simulate(ll.ConstraintScenario.epoch2030(), trials=300, seed=SEED).bands,
    "fit beta binomial": lambda: ll.fit.fit_beta_binomial(20, [2, 0, 20, 7, 9], bootstrap=50, seed=SEED),
    "fit scaling law": lambda: (
        ll.fit.fit_scaling_law(
            ll.datasets.repetition_runs().filter("fitted"),
            parameters="parameters",
            unique_tokens="unique_tokens",
            law="penalty",
            bootstrap=5,
            seed=SEED,
        ).draws
    ),
    "fit pass at k": lambda: ll.pass_at_k(20, [2, 0, 20, 7, 9], [1, 5]),
    "sweep, sampling": lambda: ll.sweep(
        ll.Grid(scenario(), {"utility.wrong_cost": [1.0, 2.0]}), trials=500, seed=SEED, progress=False
    ).frame(),
    "sweep, exhaustion": lambda: ll.sweep(
        ll.Grid(DEFAULT, {"compute_growth": [3.0, 4.0]}), trials=200, seed=SEED, progress=False
    ).frame(),
}


def digests(name: str) -> dict[str, str]:
    """A digest of each column of a kernel's frame."""
    return digest(KERNELS[name]())


def digest(frame: pl.DataFrame) -> dict[str, str]:
    """A digest of each column's values, to the last bit; columns that are null throughout are left out."""
    columns = [frame[column] for column in frame.columns if column not in PROVENANCE]

    def text(value: object) -> str:
        return value.hex() if isinstance(value, float) else str(value)

    return {
        column.name: hashlib.blake2b("|".join(map(text, column.to_list())).encode(), digest_size=4).hexdigest()
        for column in columns
        if column.null_count() < len(column)
    }
