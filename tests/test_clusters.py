"""Tasks in clusters: clusters are the sample, in every interval over tasks, gate, comparison and recommendation."""

import math

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

#: The log of twelve repositories of different size, each with its own rate.
SIZES = [23, 7, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1]


def made(seed: int, sizes: list[int], rates: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The cluster of each task, and whether its one attempt was correct; clusters have rates of Beta(3, 2)."""
    random = np.random.default_rng(seed)
    rates = random.beta(3.0, 2.0, len(sizes)) if rates is None else rates
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    return cluster, random.random(len(cluster)) < rates[cluster]


def log_of(cluster: np.ndarray, correct: np.ndarray, name: str = "repository {}") -> pl.DataFrame:
    names = [name.format(one) for one in cluster]
    tasks = [f"task {i}" for i in range(len(cluster))]
    return pl.DataFrame({"task": tasks, "repository": names, "correct": correct})


def test_the_standard_error_is_that_of_the_sums_of_clusters():
    cluster, correct = made(1, [4] * 12)
    row = ll.pass_at_k(1, correct, 1, cluster=cluster).row(0, named=True)
    residual = correct - correct.mean()
    # Liang and Zeger: over pairs of tasks of one cluster, with a degree of freedom less.
    pairs = sum(residual[i] * residual[j] for i in range(48) for j in range(48) if cluster[i] == cluster[j])
    assert row["pass_at_k_se"] == pytest.approx(math.sqrt(pairs * 12 / 11) / 48, rel=1e-12)
    assert (row["pass_at_k"], row["tasks"], row["clusters"]) == (pytest.approx(correct.mean()), 48, 12)


# Of the mean of 500 squared errors about 9 % each; a bias of 3 of them.
def test_standard_errors_over_clusters_of_any_size_are_not_too_small():
    estimates, errors, differences = [], [], []
    for number in range(500):
        cluster, correct = made(number, SIZES)
        row = ll.pass_at_k(1, correct, 1, cluster=cluster).row(0, named=True)
        frames = {"a": log_of(cluster, correct), "none": log_of(cluster, np.zeros(len(cluster), dtype=bool))}
        if number < 20:
            differences.append(
                ll.compare_systems(frames, cluster="repository")["difference_se"][0] / row["pass_at_k_se"]
            )
        estimates.append(row["pass_at_k"])
        errors.append(row["pass_at_k_se"])
    assert math.sqrt(np.mean(np.square(errors))) > 0.9 * np.std(estimates)
    assert differences == pytest.approx([1.0] * 20, rel=1e-9)  # one formula


def test_clusters_whose_tasks_are_alike_are_tasks():
    whole = np.array([True, False, True, True, False, True, True])
    cluster = np.repeat(np.arange(7), 9)
    names = ["pass_at_k", "low", "high", "pass_at_k_se"]
    found = ll.pass_at_k(1, whole[cluster], 1, cluster=[f"text {i}" for i in cluster])
    assert found.select(names).row(0) == pytest.approx(ll.pass_at_k(1, whole, 1).select(names).row(0), rel=1e-12)
    alone = ll.pass_at_k(1, whole[cluster], 1)
    assert found["high"][0] - found["low"][0] > 2.5 * (alone["high"][0] - alone["low"][0])  # of sqrt(9)


@pytest.mark.parametrize("rate", [ll.pass_at_k, ll.pass_hat_k])
def test_names_numbers_and_the_order_of_tasks_make_no_difference(rate):
    random = np.random.default_rng(3)
    cluster = np.repeat(np.arange(len(SIZES)), SIZES)
    n, c = np.full(50, 6), random.integers(0, 7, 50)
    found = rate(n, c, [1, 3, 7], cluster=cluster)
    order = random.permutation(50)
    named = pl.Series([f"c{11 - i}" for i in cluster[order]])
    again = rate(n[order], c[order], [1, 3, 7], cluster=named)
    for name in found.columns:
        if found[name].dtype.is_numeric():
            assert again[name].drop_nulls().to_list() == pytest.approx(found[name].drop_nulls().to_list(), rel=1e-9)


def test_one_cluster_says_nothing_about_others():
    row = ll.pass_at_k(1, [1, 0, 1], 1, cluster=["a"] * 3).row(0, named=True)
    assert [row[name] for name in ("low", "high", "pass_at_k_se")] == [None] * 3
    assert row["reason"] == "one cluster says nothing about others"


# The chance that a right interval fails: a mean of 200 of .95 is below .888 in 2e-4, four times.
@pytest.mark.parametrize("sizes", [[16] * 6, SIZES], ids=["equal", "unequal"])
@pytest.mark.parametrize("shape", [(3.0, 2.0), (19.0, 1.0)], ids=str)
def test_intervals_over_clusters_hold_and_those_over_tasks_do_not(sizes, shape):
    random = np.random.default_rng(7)
    held, alone, sets, truth = 0, 0, 200, shape[0] / sum(shape)
    for number in range(sets):
        cluster, correct = made(number, sizes, random.beta(*shape, len(sizes)))
        low, high = ll.pass_at_k(1, correct, 1, cluster=cluster).select("low", "high").row(0)
        held += low <= truth <= high
        low, high = ll.pass_at_k(1, correct, 1).select("low", "high").row(0)
        alone += low <= truth <= high
    assert held >= 0.888 * sets
    if shape == (3.0, 2.0):  # where clusters differ much
        assert alone < 0.9 * sets


def test_solutions_gates_and_pass_rates_have_the_same_limits():
    cluster, correct = made(2, SIZES)
    of_rates = ll.pass_at_k(1, correct, 1, cluster=cluster, confidence=0.9).select("low", "high").row(0)
    tasks = ll.Tasks.from_attempts(log_of(cluster, correct), cluster="repository")
    scenario = ll.SamplingScenario(tasks=tasks, policies=[ll.AnyOf()], max_attempts=[1])
    row = ll.solve(scenario, resample="tasks", confidence=0.9).row(0, named=True)
    assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx(of_rates, rel=1e-12)
    gate = ll.check(scenario, min_accuracy=0.2, error=0.05)
    assert gate.select("low", "high").row(0) == pytest.approx(of_rates, rel=1e-9)
    assert "50 tasks in 12 clusters" in gate["evidence"][0]
    simulated = ll.simulate(scenario, trials=10, seed=1, resample="tasks", confidence=0.9).row(0, named=True)
    assert (simulated["accuracy_low"], simulated["accuracy_high"]) == pytest.approx(of_rates, rel=1e-12)


def test_counts_pools_and_weights_have_clusters_too():
    cluster, correct = made(4, SIZES)
    asked = {"policies": [ll.FirstAccepted()], "max_attempts": [1]}
    accepted = {"accepted": correct, "accepted_correct": correct, "correct": correct}
    pool = ll.Tasks.pool(np.ones(50), **accepted, cluster=cluster)
    log = ll.Tasks.from_attempts(log_of(cluster, correct), cluster="repository")
    ends = [
        ll.solve(ll.SamplingScenario(tasks=tasks, **asked), resample="tasks").select("accuracy_low", "accuracy_high")
        for tasks in (pool, log)
    ]
    assert ends[0].row(0) == pytest.approx(ends[1].row(0), rel=1e-12)
    # Of counts, whose rates are drawn, clusters widen what other tasks leave open.
    widths = []
    for of in (None, cluster):
        counts = ll.SamplingScenario(tasks=ll.Tasks.counts(np.full(50, 9), 9 * correct, cluster=of), **asked)
        low, high = ll.solve(counts, resample="tasks", seed=1).select("accuracy_low", "accuracy_high").row(0)
        widths.append(high - low)
    assert widths[1] > 1.5 * widths[0]
    # A weight counts as so many tasks of its cluster.
    heavy = ll.Tasks.fixed([0.2, 0.8, 0.5], weight=[2, 1, 1], cluster=["a", "b", "b"])
    copied = ll.Tasks.fixed([0.2, 0.2, 0.8, 0.5], cluster=["a", "a", "b", "b"])
    found = [
        ll.solve(ll.SamplingScenario(tasks=tasks, **asked), resample="tasks").select("accuracy_low", "accuracy_high")
        for tasks in (heavy, copied)
    ]
    assert found[0].row(0) == pytest.approx(found[1].row(0), rel=1e-12)


@pytest.mark.parametrize("attempts", [1, 4])
def test_rates_of_counts_differ_between_clusters_as_their_attempts_say(attempts):
    """A log tells the interval of the mean rate without any population: that of drawn rates is as wide.

    One data set's ratio has a standard deviation of .04, so that the mean of eight leaves [.93, 1.06] once in 10^4.
    Under a population of all tasks, which draws clusters together, it was .85.
    """
    ratios = []
    for at in range(8):
        random = np.random.default_rng([at, attempts])
        cluster = np.repeat(np.arange(30), 16)
        mean = random.beta(0.6, 1.4, 30)[cluster]
        n = np.full(480, attempts)
        correct = random.binomial(n, random.beta(4 * mean, 4 * (1 - mean)))
        counts = ll.Tasks.counts(n, correct, cluster=cluster)
        pool = ll.Tasks.pool(n, correct, correct, correct=correct, cluster=cluster)
        widths = []
        for tasks in (counts, pool):
            found = ll.solve(
                ll.SamplingScenario(tasks=tasks, max_attempts=[1]), resample="tasks", columns=["accuracy"], seed=1
            )
            widths.append(found["accuracy_high"][0] - found["accuracy_low"][0])
        ratios.append(widths[0] / widths[1])
    assert 0.93 < np.mean(ratios) < 1.06, ratios


def test_a_cluster_of_copies_is_one_task_to_every_estimate():
    """Each task eight times, as one cluster: the best number, the verdict and every limit are those of the tasks."""
    random = np.random.default_rng(5)
    rates = random.beta(0.6, 1.4, 30)
    cluster = np.repeat(np.arange(30), 8)
    once, copied = ll.Tasks.fixed(rates), ll.Tasks.fixed(rates[cluster], cluster=cluster)
    verifier, utility = ll.Verifier.rates(false_positive_rate=0.05), ll.Utility(wrong_cost=2.0, attempt_cost=0.001)
    asked = {"verifier": verifier, "utility": utility, "max_attempts": [1, 8]}
    solved = [ll.solve(ll.SamplingScenario(tasks=tasks, **asked), resample="tasks") for tasks in (once, copied)]
    for name in solved[0].columns:
        if name.endswith(("_low", "_high")):
            assert solved[1][name].to_list() == pytest.approx(solved[0][name].to_list(), rel=1e-9)
    best = [
        ll.optimal_attempts(ll.SamplingScenario(tasks=tasks, **asked), seed=3).row(0, named=True)
        for tasks in (once, copied)
    ]
    for name in ("optimal_attempts", "optimal_attempts_q05", "optimal_attempts_q95", "utility_q05", "utility_q95"):
        assert best[1][name] == pytest.approx(best[0][name], rel=1e-9)
    advice = [ll.recommend(tasks, verifier, utility=utility, max_attempts=100) for tasks in (once, copied)]
    assert advice[1].verdict == advice[0].verdict
    assert advice[1].attempts == advice[0].attempts
    limits = [
        one.policies.select("utility_low", "utility_high", "accuracy_low", "accuracy_high").row(0) for one in advice
    ]
    assert limits[1] == pytest.approx(limits[0], rel=1e-9)
    # The span of clusters has Student's t: no narrower.
    spans = [one.policies.select("attempts_low", "attempts_high").row(0) for one in advice]
    assert spans[1][0] <= spans[0][0] <= spans[0][1] <= spans[1][1]
    assert advice[1].evidence["evidence"][0] == "clusters"
    assert advice[1].evidence["now"][0] == 30


def test_a_gate_is_not_passed_by_copies_of_a_task():
    correct = np.ones(60, dtype=bool)
    cluster = np.repeat(np.arange(3), 20)
    tasks = [ll.Tasks.from_attempts(log_of(cluster, correct), cluster=name) for name in (None, "repository")]
    verdicts = [
        ll.check(ll.SamplingScenario(tasks=one, policies=[ll.AnyOf()], max_attempts=[1]), min_accuracy=0.9)["verdict"][
            0
        ]
        for one in tasks
    ]
    assert verdicts == ["holds", "cannot tell"]


def test_systems_are_compared_over_clusters():
    cluster, correct = made(6, SIZES)
    other = correct ^ (np.random.default_rng(1).random(50) < 0.3)
    frames = {"a": log_of(cluster, correct), "b": log_of(cluster, other)}
    row = ll.compare_systems(frames, cluster="repository", k=1).row(0, named=True)
    difference = correct.astype(float) - other
    assert row["difference"] == pytest.approx(difference.mean(), abs=1e-12)
    weight = np.array(SIZES) / 50
    means = np.bincount(cluster, difference) / SIZES
    size = 1 / (weight**2).sum()
    variance = (weight * (means - difference.mean()) ** 2).sum() / (size - 1)
    assert row["difference_se"] == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert row["clusters"] == 12


@pytest.mark.parametrize("copies", [6, 10, 49])
def test_copies_of_a_task_in_its_cluster_compare_as_the_task(copies):
    random = np.random.default_rng(4)
    n, right = np.full(12, 4), random.integers(0, 5, (2, 12))
    for k, counts in ((1, right), ([1, 2, 4], right), (1, 4 * (right > 2))):
        rows = []
        for times in (1, copies):
            frames = {
                name: pl.DataFrame(
                    {
                        "task": range(12 * times),
                        "n": n.repeat(times),
                        "correct": c.repeat(times),
                        "of": np.arange(12).repeat(times),
                    }
                )
                for name, c in zip("ab", counts, strict=True)
            }
            rows.append(ll.compare_systems(frames, attempts="n", cluster="of", k=k))
        for name in ("difference", "difference_se", "low", "high", "p_value", "band_low", "band_high"):
            assert rows[1][name].to_list() == pytest.approx(rows[0][name].to_list(), rel=1e-9)


def test_recorded_attempts_bring_their_clusters_whatever_the_order_of_tasks():
    cluster, correct = made(8, SIZES)
    other = correct ^ (np.random.default_rng(2).random(50) < 0.3)
    frames = {
        "a": log_of(cluster, correct),
        "b": log_of(cluster, other, "another name {}").sample(40, seed=1, shuffle=True),
    }
    by_frames = ll.compare_systems(frames, cluster="repository", k=1)
    recorded = {name: ll.Tasks.from_attempts(frame, cluster="repository") for name, frame in frames.items()}
    assert ll.compare_systems(recorded, k=1).equals(by_frames)
    assert by_frames["tasks"][0] == 40


def test_clusters_of_one_task_change_no_bit():
    random = np.random.default_rng(9)
    frame = pl.DataFrame({"task": [f"t{i}" for i in range(40)], "n": 8, "correct": random.integers(0, 9, 40)})
    other = frame.with_columns(correct=pl.Series(random.integers(0, 9, 40)))
    pairs = [
        ll.compare_systems({"a": frame, "b": other}, attempts="n", k=[1, 4, 8], cluster=name) for name in (None, "task")
    ]
    assert pairs[1].drop("clusters").equals(pairs[0])
    both = [ll.pass_at_k(frame["n"], frame["correct"], [1, 8], cluster=of) for of in (None, frame["task"])]
    for name in ("pass_at_k", "low", "high", "pass_at_k_se"):
        assert both[1][name].to_list() == pytest.approx(both[0][name].to_list(), rel=1e-12)
    counts = [ll.Tasks.counts(frame["n"], frame["correct"], cluster=of) for of in (None, frame["task"])]
    scenarios = [ll.SamplingScenario(tasks=tasks, max_attempts=[1, 8, 20]) for tasks in counts]
    ends = [ll.solve(one, resample="tasks", seed=1).drop("run") for one in scenarios]
    assert ends[1].equals(ends[0])
    rates = [ll.Tasks.fixed(frame["correct"] / 8, cluster=of) for of in (None, frame["task"])]
    asked = {"utility": ll.Utility(attempt_cost=0.01), "max_attempts": [1]}
    best = [ll.optimal_attempts(ll.SamplingScenario(tasks=one, **asked), seed=1).drop("run") for one in rates]
    assert best[1].equals(best[0])


def test_short_tasks_leave_their_clusters():
    cluster, correct = made(10, SIZES)
    frame = pl.concat(
        [log_of(cluster, correct), log_of(cluster, ~correct).filter(pl.col("repository") != "repository 0")]
    )
    tasks = ll.Tasks.from_attempts(frame, cluster="repository", short="drop")
    scenario = ll.SamplingScenario(tasks=tasks, policies=[ll.AnyOf(), ll.AllOf()], max_attempts=[1, 2])
    found = ll.solve(scenario, resample="tasks").filter(policy="all_of", max_attempts=2).row(0, named=True)
    rest = frame.filter(pl.col("repository") != "repository 0")
    alone = scenario.replace(tasks=ll.Tasks.from_attempts(rest, cluster="repository"))
    row = ll.solve(alone, resample="tasks").filter(policy="all_of", max_attempts=2).row(0, named=True)
    assert found["short_tasks"] == 23
    assert [found[f"accuracy_{end}"] for end in ("low", "high")] == [row[f"accuracy_{end}"] for end in ("low", "high")]


def test_a_scenario_with_clusters_reads_back():
    tasks = ll.Tasks.counts([4, 4, 4], [1, 2, 3], cluster=["django", "flask", "django"])
    assert tasks.cluster.tolist() == [0, 1, 0]
    scenario = ll.SamplingScenario(tasks=tasks, max_attempts=[1])
    assert ll.SamplingScenario.from_json(scenario.to_json()) == scenario
    assert tasks.replace(cluster=[7, 3, 7]) == tasks
    frame = pl.DataFrame({"n": [4, 4, 4], "c": [1, 2, 3], "repo": ["django", "flask", "django"]})
    assert ll.Tasks.from_frame(frame, attempts="n", correct="c", cluster="repo") == tasks


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ll.pass_at_k(1, [1, 0], 1, cluster=["a"]), ValueError, "as long as correct"),
        (lambda: ll.pass_at_k(1, [1, 0], 1, cluster="ab"), TypeError, "cluster must be a sequence"),
        (lambda: ll.pass_at_k(1, [1, 0], 1, cluster=["a", None]), ValueError, r"cluster\[1\] must be"),
        (lambda: ll.pass_at_k(1, [1, 0], 1, cluster=[0.5, math.nan]), ValueError, r"cluster\[1\] must be the name"),
        (
            lambda: ll.pass_at_k(2, [1, 0], 1, cluster=["a", "b"], resample="attempts"),
            ValueError,
            "cluster must be None where resample is 'attempts'",
        ),
        (lambda: ll.Tasks.fixed([0.1, 0.2], cluster=["a"]), ValueError, "cluster must be"),
        (
            lambda: ll.Tasks.from_attempts(
                pl.DataFrame({"task": ["a", "a"], "correct": [1, 0], "repo": ["x", "y"]}), cluster="repo"
            ),
            ValueError,
            "cluster must be one for all rows of a task, got 'x' and 'y' at task 'a'",
        ),
        (
            lambda: ll.Tasks.from_attempts(pl.DataFrame({"task": ["a"], "correct": [1]}), cluster="repo"),
            ValueError,
            "cluster must name one of the columns",
        ),
        (lambda: ll.recommend(ll.Tasks.fixed([0.1, 0.2], cluster=["a", "a"])), ValueError, "at least two clusters"),
    ],
)  # fmt: skip
def test_bad_clusters_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_systems_must_agree_on_clusters():
    frame = pl.DataFrame({"task": list("abcd"), "repo": list("xxyy"), "correct": [1, 0, 1, 0]})
    apart = frame.with_columns(repo=pl.Series(list("xyzz")))
    for pair in ({"a": frame, "b": apart}, {"b": apart, "a": frame}):
        with pytest.raises(ValueError, match="that 'b' divides: its tasks 'a' and 'b' are in two"):
            ll.compare_systems(pair, cluster="repo")
    # Systems that tried other tasks of a cluster agree, in any order.
    parts = {"a": [0, 3], "b": [1, 3], "c": [0, 1, 3]}
    for order in ("abc", "cab", "bca"):
        found = ll.compare_systems({name: frame[parts[name]] for name in order}, cluster="repo")
        assert sorted(found["clusters"]) == [1, 2, 2]
    recorded = ll.Tasks.from_attempts(frame, cluster="repo")
    with pytest.raises(ValueError, match="systems must all name clusters, or none of them: 'b' names none"):
        ll.compare_systems({"a": recorded, "b": frame})


def test_weights_so_small_that_their_squares_are_0_are_weights():
    cluster, correct = made(2, SIZES)
    accepted = {"accepted": correct, "accepted_correct": correct, "correct": correct}
    limits = []
    for weight in (1.0, 1e-200):
        pool = ll.Tasks.pool(np.ones(50), **accepted, weight=np.full(50, weight), cluster=cluster)
        gate = ll.check(ll.SamplingScenario(tasks=pool, max_attempts=[1]), min_accuracy=0.2)
        limits.append(gate.select("low", "high").row(0))
    assert limits[1] == pytest.approx(limits[0], rel=1e-9)
    # Clusters without weight are as if they were not there, and say nothing of others by themselves.
    weight = (cluster < 2).astype(float)
    rest = ll.Tasks.fixed(correct[cluster < 2] * 1.0, cluster=cluster[cluster < 2])
    whole = ll.Tasks.fixed(correct * 1.0, weight=weight, cluster=cluster)
    ends = [
        ll.solve(ll.SamplingScenario(tasks=one, max_attempts=[1]), resample="tasks").select(
            "accuracy_low", "accuracy_high"
        )
        for one in (rest, whole)
    ]
    assert ends[1].row(0) == pytest.approx(ends[0].row(0), rel=1e-9)
    with pytest.raises(ValueError, match="at least two clusters"):
        ll.recommend(ll.Tasks.fixed([0.1, 0.5], weight=[1.0, 0.0], cluster=["a", "b"]))


def test_two_clusters_do_not_tell_the_best_number():
    random = np.random.default_rng(3)
    rates = np.concatenate([random.beta(8, 4, 50), random.beta(5, 7, 50)])
    asked = {"verifier": ll.Verifier.rates(false_positive_rate=0.05), "max_attempts": 100}
    asked["utility"] = ll.Utility(wrong_cost=2.0, attempt_cost=0.01)
    found = ll.recommend(ll.Tasks.fixed(rates, cluster=np.repeat(["a", "b"], 50)), **asked)
    assert found.verdict != "clear"


@pytest.mark.parametrize("tasks", [ll.Tasks.fixed([0.3]), ll.Tasks.fixed([0.3, 0.5, 0.01], cluster=["a", "a", "a"])])
def test_one_cluster_or_task_does_not_say_what_is_best_for_others(tasks):
    judge = ll.Verifier.rates(false_positive_rate=0.1)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=judge, max_attempts=[1], utility=ll.Utility(wrong_cost=1))
    found = ll.optimal_attempts(scenario, seed=1).row(0, named=True)
    unknown = [name for name in found if name.startswith(("optimal_attempts_q", "p_", "utility_q"))]
    assert len(unknown) == 13
    assert all(found[name] is None for name in unknown)
    several = scenario.replace(tasks=ll.Tasks.fixed([0.3, 0.5, 0.01], cluster=["a", "a", "b"]))
    assert ll.optimal_attempts(several, seed=1)["p_unbounded"].item() is not None


def test_a_gate_says_how_many_clusters_it_lacks_attempts_of():
    cluster, correct = made(2, SIZES)
    tasks = ll.Tasks.from_attempts(log_of(cluster, correct), cluster="repository")
    gate = ll.check(ll.SamplingScenario(tasks=tasks, policies=[ll.AllOf()], max_attempts=[5]), min_accuracy=0.2)
    assert (gate["verdict"][0], gate["evidence"][0]) == ("cannot tell", "50 tasks in 12 clusters")


def test_clusters_and_tasks_without_weight_are_no_evidence():
    weight, cluster = np.repeat([1.0, 2.0, 0.0], 5), np.repeat(["a", "b", "c"], 5)
    for named, unit, count, said in (
        (cluster, "clusters", 2, "10 tasks in 2 clusters"),
        (None, "tasks", 10, "10 tasks"),
    ):
        tasks = ll.Tasks.counts([8] * 15, list(range(1, 6)) * 3, weight=weight, cluster=named)
        found = ll.recommend(tasks, max_attempts=4, bootstrap=200)
        assert found.evidence.row(0)[:2] == (unit, count)
        scenario = ll.SamplingScenario(tasks=tasks, policies=[ll.AnyOf()], max_attempts=[2])
        assert ll.check(scenario, min_accuracy=0.01)["evidence"][0] == said
    one = ll.Tasks.fixed([0.5] * 15, weight=[1.0] * 5 + [0.0] * 10, cluster=cluster)
    with pytest.raises(ValueError, match=r"^tasks must be of at least two clusters, or tasks, with a weight, got 1"):
        ll.recommend(one)


def test_a_scenario_file_names_the_column_of_clusters(tmp_path):
    cluster, correct = made(2, SIZES)
    log = log_of(cluster, correct)
    log.write_csv(tmp_path / "log.csv")
    counted = log.with_columns(n=pl.lit(1), correct=pl.col("correct").cast(pl.Int64))
    counted.write_csv(tmp_path / "counts.csv")
    tables = {
        "recorded": 'kind = "recorded"\nfile = "log.csv"\ncluster = "repository"',
        "counts": 'kind = "counts"\nfile = "counts.csv"\nattempts = "n"\ncorrect = "correct"\ncluster = "repository"',
    }
    tables["posterior"] = tables["counts"] + '\nposterior = true\nprior = "jeffreys"'
    for name, table in tables.items():
        file = tmp_path / f"{name}.toml"
        file.write_text(f'kind = "sampling"\nmax_attempts = [1]\n[tasks]\n{table}\n')
        assert ll.read_scenario(file).tasks.cluster.tolist() == cluster.tolist()


def test_a_plan_from_clusters_warns():
    frame = pl.DataFrame({"task": list("aabbcc"), "repo": list("xxxxyy"), "correct": [1, 0, 1, 0, 1, 1]})
    with pytest.warns(ll.MisfitWarning, match="plans take them as independent"):
        ll.plan.pilot(ll.Tasks.from_attempts(frame, cluster="repo"))
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed([0.2, 0.4, 0.8], cluster=["a", "a", "b"]), max_attempts=[1])
    with pytest.warns(ll.MisfitWarning, match="plans take them as independent"):
        ll.plan.best_attempts(scenario.replace(utility=ll.Utility(attempt_cost=0.01)), tasks=5, attempts=3, sets=3)
