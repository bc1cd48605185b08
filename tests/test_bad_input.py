"""Bad input gets one clear error that names the argument, what was expected and what came; never a panic or a hang.

A panic of the core is a ``PanicException``, which is no ``Exception``: it would pass every handler here and fail the test.
"""

# ruff: noqa: E501  (a table with one case per line)

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

import limitlaw as ll

TASKS = ll.Tasks.fixed(success=[0.1, 0.5])
SCENARIO = ll.SamplingScenario(
    tasks=TASKS, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=[1, 10], utility=ll.Utility()
)
OTHER = SCENARIO.replace(max_attempts=[1, 20])
TALLIES = ll.simulate(SCENARIO, trials=10, seed=1, tallies=True)
FRAME = pl.DataFrame({"n": [10, 10], "c": [3, 0], "a": [4, 0], "t": [3, 0], "half": [1.5, 2.0], "word": ["x", "y"]})
NULLS = pl.DataFrame({"n": [10, None], "c": [3, 0]})


POINT, SERIES, NULL = np.array(5.0), pl.Series([0.1, 0.2]), pl.Series([None, 1.0])
JUDGE = ll.Verifier.judge(d_prime=1, threshold=1)


def simulate(**changes: Any) -> pl.DataFrame:
    return ll.simulate(**{"scenario": SCENARIO, "trials": 10, "seed": 1} | changes)


def scenario(**changes: Any) -> ll.SamplingScenario:
    return SCENARIO.replace(**changes)


def pool(n: Any, a: Any, t: Any, c: Any = None) -> ll.Tasks:
    return ll.Tasks.pool(attempts=n, accepted=a, accepted_correct=t, correct=c)


def optimal(**changes: Any) -> pl.DataFrame:
    return ll.optimal_attempts(**{"scenario": SCENARIO, "bootstrap": 3, "seed": 1} | changes)


def compare(**changes: Any) -> pl.DataFrame:
    two = SCENARIO.replace(policies=[ll.FirstAccepted(), ll.AnyOf()])
    return ll.compare_policies(**{"scenario": two, "trials": 10, "seed": 1} | changes)


BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    # Rates outside [0, 1], not finite, of the wrong type or shape.
    (lambda: ll.Tasks.fixed(success=[0.1, 1.2]), ValueError, "success[1] must be in [0, 1], got 1.2"),
    (lambda: ll.Tasks.fixed(success=[-1e-9, 0.2]), ValueError, "success[0] must be in [0, 1], got -1e-9"),
    (lambda: ll.Tasks.fixed(success=[0.1, math.nan]), ValueError, "success[1] must be finite, got nan"),
    (lambda: ll.Tasks.fixed(success=[math.inf]), ValueError, "success[0] must be finite, got inf"),
    (lambda: ll.Tasks.fixed(success=[]), ValueError, "success must be one value per task, for 1 to 10000000 tasks, got 0 values"),
    (lambda: ll.Tasks.fixed(success=0.3), TypeError, "success must be a one-dimensional sequence of numbers, got 0.3"),
    (lambda: ll.Tasks.fixed(success=[[0.3]]), TypeError, "success must be a one-dimensional sequence of numbers, got [[0.3]]"),
    (lambda: ll.Tasks.fixed(success=["0.3"]), TypeError, "success must be a one-dimensional sequence of numbers, got ['0.3']"),
    (lambda: ll.Tasks.fixed(success=[True]), TypeError, "success must be a one-dimensional sequence of numbers, got [True]"),
    (lambda: ll.Tasks.fixed(success=np.ma.array([0.3], mask=[True])), TypeError, "success must be a one-dimensional sequence of numbers"),
    (lambda: ll.Tasks.fixed(success=[0.1], weight=[0.0]), ValueError, "weight must be positive for at least one task, got zeros"),
    (lambda: ll.Tasks.fixed(success=[0.1], weight=[-1.0]), ValueError, "weight must be in [0, "),
    (lambda: ll.Tasks.fixed(success=[0.1], weight=[1, 2]), ValueError, "weight must be as long as success (1), got 2 values"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=["a", "b"]), ValueError, "names must be as long as success (1), got 2 names"),
    (lambda: ll.Tasks.fixed(success=[0.1], names="a"), TypeError, "names must be a sequence, got 'a'"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=[1]), TypeError, "names[0] must be a string, got 1"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=["\ud800"]), ValueError, "names[0] must be Unicode text, got '\\ud800'"),
    (lambda: ll.Tasks.fixed(success=[0.1], names=itertools.repeat("a")), TypeError, "names must be a sequence, got repeat('a')"),
    (lambda: ll.Verifier.rates(false_positive_rate=1.2), ValueError, "false_positive_rate must be in [0, 1], got 1.2"),
    (lambda: ll.Verifier.rates(false_negative_rate=[0.1, -0.5]), ValueError, "false_negative_rate[1] must be in [0, 1], got -0.5"),
    (lambda: ll.Verifier.rates(false_positive_rate=math.nan), ValueError, "false_positive_rate must be finite, got nan"),
    (lambda: ll.Verifier.rates(false_positive_rate="0.1"), TypeError, "false_positive_rate must be a one-dimensional sequence"),
    (lambda: ll.Verifier.rates(false_positive_rate=None), TypeError, "false_positive_rate must be a one-dimensional sequence"),
    # Counts.
    (lambda: ll.Tasks.counts(attempts=[10], correct=[11]), ValueError, "correct[0] must be at most attempts[0] (10), got 11"),
    (lambda: ll.Tasks.counts(attempts=[0], correct=[0]), ValueError, "attempts must be in [1, 1e9], got 0"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[-1]), ValueError, "correct must be in [0, 1e9], got -1"),
    (lambda: ll.Tasks.counts(attempts=[5.5], correct=[1]), ValueError, "attempts[0] must be a whole number, got 5.5"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1, 2]), ValueError, "correct must be as long as attempts (1), got 2 values"),
    (lambda: ll.Tasks.counts(attempts=[2**62], correct=[1]), ValueError, "attempts must be at most 2**53 in size"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True), ValueError, "prior must be 'jeffreys', 'fitted' or (alpha, beta) where posterior is True, got None"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], prior="jeffreys"), ValueError, "prior must be None where posterior is False"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=1), TypeError, "posterior must be True or False, got 1"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior=(0, 1)), ValueError, "prior must be two positive numbers up to 1e9, got (0, 1)"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior=(1,)), ValueError, "prior must hold 2 values, got (1,)"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior="flat"), ValueError, "prior must be one of ['jeffreys', 'fitted'], got 'flat'"),
    (lambda: ll.Tasks.counts(attempts=[5], correct=[1], posterior=True, prior=2.0), TypeError, "prior must be a sequence, got 2.0"),
    (lambda: pool([5], [6], [1]), ValueError, "accepted[0] must be at most attempts[0] (5), got 6"),
    (lambda: pool([5], [2], [3]), ValueError, "accepted_correct[0] must be at most accepted[0] (2), got 3"),
    (lambda: pool([5], [2], [2], [1]), ValueError, "accepted_correct[0] must be at most correct[0] (1), got 2"),
    (lambda: pool([5], [4], [1], [4]), ValueError, "correct[0] must be at most accepted_correct + attempts - accepted (2), got 4"),
    # Frames of tasks.
    (lambda: ll.Tasks.from_frame(FRAME, attempts="m", correct="c"), ValueError, "attempts must name one of the columns ["),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n"), ValueError, "correct must be the name of a column where accepted is not named"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n", correct="word"), TypeError, "correct must be a column of numbers, got 'word' of type String"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="half", correct="c"), ValueError, "attempts[0] must be a whole number, got 1.5"),
    (lambda: ll.Tasks.from_frame(NULLS, attempts="n", correct="c"), ValueError, "attempts must have a value in every row, got 1 nulls in 'n'"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n", accepted="a"), ValueError, "accepted_correct must be named with accepted ('a'), got None"),
    (lambda: ll.Tasks.from_frame(FRAME, attempts="n", accepted_correct="t"), ValueError, "accepted must be named with accepted_correct ('t')"),
    (lambda: ll.Tasks.from_frame(FRAME.lazy(), attempts="n", correct="c"), TypeError, "frame must be a polars.DataFrame, got a polars.LazyFrame: write frame.collect()"),
    (lambda: ll.Tasks.from_frame({"n": [1], "c": [1]}, attempts="n", correct="c"), TypeError, "frame must be a polars.DataFrame, got a builtins.dict: write polars.DataFrame(frame)"),
    (lambda: ll.Tasks.from_frame(FRAME.clear(), attempts="n", correct="c"), ValueError, "attempts must be one value per task"),
    # Scenarios.
    (lambda: scenario(max_attempts=[]), ValueError, "max_attempts must be 1 to 10000 numbers, got 0 numbers"),
    (lambda: scenario(max_attempts=[0, 1]), ValueError, "max_attempts[0] must be in [1, 1e12], got 0"),
    (lambda: scenario(max_attempts=[-5]), ValueError, "max_attempts must be in [1, 1e12], got -5"),
    (lambda: scenario(max_attempts=[1, 5, 5]), ValueError, "max_attempts[2] must be above max_attempts[1] (5), got 5"),
    (lambda: scenario(max_attempts=[5, 1]), ValueError, "max_attempts[1] must be above max_attempts[0] (5), got 1"),
    (lambda: scenario(max_attempts=[1, 2.5]), ValueError, "max_attempts[1] must be a whole number, got 2.5"),
    (lambda: scenario(max_attempts=10), TypeError, "max_attempts must be a one-dimensional sequence of whole numbers, got 10"),
    (lambda: scenario(max_attempts=[10**12 + 1]), ValueError, "max_attempts must be in [1, 1e12], got 1000000000001"),
    (lambda: scenario(max_attempts=range(1, 10_002)), ValueError, "max_attempts must be 1 to 10000 numbers, got 10001 numbers"),
    (lambda: scenario(tasks=ll.Tasks.fixed(success=np.full(3000, 0.1)), max_attempts=range(1, 10_001)), ValueError, "tasks times max_attempts must be at most 20000000, got 30000000"),
    (lambda: scenario(policies=[]), ValueError, "policies must be at least one policy, got none"),
    (lambda: scenario(policies=ll.FirstAccepted()), TypeError, "policies must be a sequence, got FirstAccepted("),
    (lambda: scenario(policies=[ll.FirstAccepted()] * 2), ValueError, "policies[1] must be different from every policy before it"),
    (lambda: scenario(policies=["first_accepted"]), TypeError, "policies[0] must be a Policy, got 'first_accepted'"),
    (lambda: scenario(verifier=0.1), TypeError, "verifier must be a Verifier, got 0.1"),
    (lambda: scenario(verifier=ll.Verifier.rates(false_positive_rate=[0.1] * 3)), ValueError, "verifier.false_positive_rate must be as long as tasks (2), got 3 values"),
    (lambda: scenario(verifier=ll.Verifier.rates(false_negative_rate=np.array([0.1]))), ValueError, "verifier.false_negative_rate must be as long as tasks (2), got 1 values"),
    (lambda: scenario(tasks=[0.1]), TypeError, "tasks must be a Tasks, got [0.1]"),
    (lambda: scenario(tasks=pool([5], [2], [1]), verifier=ll.Verifier.perfect()), ValueError, "verifier must be None for a pool"),
    (lambda: scenario(tasks=pool([5], [2], [1]), verifier=None, policies=[ll.FirstAccepted(fallback="last")]), ValueError, "policies[0].fallback must be 'abstain' for a pool without correct"),
    (lambda: ll.FirstAccepted(fallback="worst"), ValueError, "fallback must be one of ['abstain', 'last', 'best'], got 'worst'"),
    (lambda: ll.FirstAccepted(fallback=np.array(["abstain", "last"])), ValueError, "fallback must be one of ['abstain', 'last', 'best'], got array("),
    (lambda: ll.Utility(wrong_cost=-1), ValueError, "wrong_cost must be in [0, 1e15], got -1"),
    (lambda: ll.Utility(correct_reward=math.inf), ValueError, "correct_reward must be finite, got inf"),
    (lambda: ll.Utility(attempt_cost="1"), TypeError, "attempt_cost must be a number, got '1'"),
    (lambda: ll.Utility(wrong_cost=[1.0]), TypeError, "wrong_cost must be a number, got [1.0]"),
    (lambda: ll.SamplingScenario.from_json("{"), ValueError, "expected JSON, got text that fails at"),
    (lambda: ll.SamplingScenario.from_json(None), TypeError, "text must be a string, got None"),
    (lambda: ll.SamplingScenario.from_json("[" * 100_000), ValueError, "expected JSON, got text that is nested too deep"),
    # Runs.
    (lambda: simulate(trials=0), ValueError, "trials must be in [1, 1e14], got 0"),
    (lambda: simulate(trials=-1), ValueError, "trials must be in [1, 1e14], got -1"),
    (lambda: simulate(trials=2**63), ValueError, "trials must be in [1, 1e14], got 9223372036854775808"),
    (lambda: simulate(trials=10**5000), ValueError, "trials must be in [1, 1e14], got a value of type int"),
    (lambda: simulate(trials=1e3), TypeError, "trials must be a whole number, got 1000.0"),
    (lambda: simulate(trials=True), TypeError, "trials must be a whole number, got True"),
    (lambda: simulate(trials=None), TypeError, "trials must be a whole number, got None"),
    (lambda: simulate(seed=-1), ValueError, "seed must not be negative, got -1"),
    (lambda: simulate(seed=1.0), TypeError, "seed must be a whole number or a SeedSequence, got 1.0"),
    (lambda: simulate(seed=None), TypeError, "seed must be a whole number or a SeedSequence, got None"),
    (lambda: simulate(seed=10**5000), ValueError, "seed must be below 2**4096, got a larger number"),
    (lambda: simulate(seed=np.random.default_rng(1)), TypeError, "seed must be a whole number or a SeedSequence, got a Generator: drawing"),
    (lambda: simulate(seed=np.random.PCG64(1)), TypeError, "seed must be a whole number or a SeedSequence, got a PCG64: drawing"),
    (lambda: simulate(replicate=-1), ValueError, "replicate must be in [0, 18446744073709551615], got -1"),
    (lambda: simulate(replicate=2**64), ValueError, "replicate must be in [0, 18446744073709551615], got 18446744073709551616"),
    (lambda: simulate(threads=0), ValueError, "threads must be in [1, 1024], got 0"),
    (lambda: simulate(threads=1025), ValueError, "threads must be in [1, 1024], got 1025"),
    (lambda: simulate(progress=1), TypeError, "progress must be True, False or callable, got 1"),
    (lambda: simulate(by="tasks"), ValueError, "by must be 'policy' or 'task', got 'tasks'"),
    (lambda: simulate(by=np.array(["policy", "task"])), ValueError, "by must be 'policy' or 'task', got array("),
    (lambda: simulate(columns="accuracy"), TypeError, "columns must be a sequence of column names, got 'accuracy'"),
    (lambda: simulate(columns=5), TypeError, "columns must be a sequence of column names, got 5"),
    (lambda: simulate(columns=itertools.repeat("accuracy")), TypeError, "columns must be a sequence of column names, got repeat("),
    (lambda: simulate(columns=["accurcy"]), ValueError, "columns must name some of ["),
    (lambda: simulate(columns=[np.zeros(2)]), ValueError, "columns must name some of ["),
    (lambda: simulate(tallies=True, by="task"), ValueError, "tallies=True gives every count of every task: by, columns and resample must be left out"),
    (lambda: simulate(tallies="yes"), TypeError, "tallies must be True or False, got 'yes'"),
    (lambda: simulate(scenario=TASKS), TypeError, "scenario must be a SamplingScenario, got FixedTasks("),
    (lambda: ll.solve(None), TypeError, "scenario must be a SamplingScenario, got None"),
    (lambda: ll.solve(SCENARIO, by=None), ValueError, "by must be 'policy' or 'task', got None"),
    (lambda: ll.ceilings("scenario"), TypeError, "scenario must be a SamplingScenario, got 'scenario'"),
    # Merging.
    (lambda: ll.merge([]), ValueError, "frames must hold at least one frame of tallies, got none"),
    (lambda: ll.merge(5), TypeError, "frames must be a sequence of frames, got 5"),
    (lambda: ll.merge(TALLIES), TypeError, "frames must be a sequence of frames, got DataFrame(shape=(2, 37))"),
    (lambda: ll.merge([None]), TypeError, "frames[0] must be a polars.DataFrame, got None"),
    (lambda: ll.merge([simulate()]), ValueError, "frames[0] must come from simulate(..., tallies=True), with a column weight of type"),
    (lambda: ll.merge([TALLIES.clear()]), ValueError, "frames[0] must have the spec_id of frames[0], got no rows"),
    (lambda: ll.merge([TALLIES, TALLIES]), ValueError, "frames[1] repeats seed 1, replicate 0: the same draws count once"),
    (lambda: ll.merge([TALLIES, TALLIES[:1]]), ValueError, "frames[1] must have the rows of frames[0], got others"),
    (lambda: ll.merge([TALLIES, simulate(scenario=OTHER, tallies=True)]), ValueError, "frames[1] must have the spec_id of frames[0], got "),
    (lambda: ll.merge([TALLIES.with_columns(correct=pl.lit(None, pl.List(pl.UInt64)))]), ValueError, "frames[0] must have no nulls, got some in correct"),
    (lambda: ll.merge([TALLIES.with_columns(correct=pl.col("correct").list.head(1))]), ValueError, "frames must be tallies of as many tasks in every list"),
    (lambda: ll.merge([TALLIES.with_columns(trials=pl.col("trials").cast(pl.Float64))]), ValueError, "frames[0] must come from simulate(..., tallies=True), with a column trials of type Int64, got Float64"),
    # The best number of attempts.
    (lambda: optimal(wrong_cost=-1), ValueError, "wrong_cost must be in [0, 1e15], got -1"),
    (lambda: optimal(wrong_cost=[1, math.nan]), ValueError, "wrong_cost[1] must be finite, got nan"),
    (lambda: optimal(wrong_cost=[]), ValueError, "wrong_cost must hold one number or more, got none"),
    (lambda: scenario(max_attempts=[10**30]), ValueError, "max_attempts must be at most 2**53 in size, got 1e30"),
    (lambda: ll.pass_at_k([10**30], [2], 1), ValueError, "attempts must be in [0, 9007199254740992], got 1e30"),
    (lambda: optimal(wrong_cost=[10**400]), ValueError, "wrong_cost must be at most 1.8e308 in size, got 1000"),
    (lambda: optimal(scenario=pl.DataFrame({"a": [1, 2]})), TypeError, "scenario must be a SamplingScenario, got DataFrame(shape=(2, 1))"),
    (lambda: optimal(scenario=[pl.DataFrame({"a": [1]})]), TypeError, "scenario must be a SamplingScenario, got [DataFrame(shape=(1, 1))]"),
    (lambda: optimal(wrong_cost="4"), TypeError, "wrong_cost must be a number, got '4'"),
    (lambda: optimal(wrong_cost=[[1.0]]), TypeError, "wrong_cost must be a one-dimensional sequence of numbers, got [[1.0]]"),
    (lambda: optimal(wrong_cost=np.zeros(100_000), bootstrap=1000), ValueError, "wrong_cost must hold at most 10000 numbers with bootstrap=1000, got 100000"),
    (lambda: optimal(bootstrap=-1), ValueError, "bootstrap must be in [0, 1e6], got -1"),
    (lambda: optimal(bootstrap=10**30), ValueError, "bootstrap must be in [0, 1e6], got 1000000000000000000000000000000"),
    (lambda: optimal(bootstrap=2.5), TypeError, "bootstrap must be a whole number, got 2.5"),
    (lambda: optimal(resample="runs"), ValueError, "resample must be 'tasks' or 'attempts', got 'runs'"),
    (lambda: optimal(resample="attempts"), ValueError, "resample must be 'tasks' for tasks with fixed rates"),
    (lambda: optimal(seed=None), TypeError, "seed must be a whole number or a SeedSequence where bootstrap is not 0, got None"),
    (lambda: optimal(threads=-1), ValueError, "threads must be in [1, 1024], got -1"),
    (lambda: optimal(progress=5), TypeError, "progress must be callable, got 5"),
    (lambda: optimal(scenario=None), TypeError, "scenario must be a SamplingScenario, got None"),
    (lambda: optimal(scenario=scenario(tasks=pool([10**9], [2], [1]), verifier=None)), ValueError, "tasks times attempts of the pool must be at most 100000000, got 1e9"),
    # Whole numbers that the core refuses, by name.
    (lambda: ll.Tasks.beta(1, 1, count=-1), ValueError, "count must be a whole number in [1, 1e7], got -1"),
    (lambda: ll.Tasks.beta(1, 1, count=1e20), ValueError, "count must be a whole number in [1, 1e7], got 1e20"),
    (lambda: ll.Tasks.beta(1, 1, count=10**400), ValueError, "count must be at most 1.8e308 in size, got 1000"),
    (lambda: ll.Tasks.mixture(weight=[1], success=[0.1], count=-1), ValueError, "count must be a whole number in [1, 1e7], got -1"),
    (lambda: ll.Verifier.tests(tests=-1, detection=0.1), ValueError, "tests must be a whole number in [1, 1e9], got -1"),
    (lambda: ll.Verifier.judge(d_prime=1, votes=-1), ValueError, "votes must be a whole number in [1, 1e9], got -1"),
    (lambda: ll.Verifier.ensemble([JUDGE], rule=-1), ValueError, "rule must be 'all', 'any' or a whole number of verifiers in [1, 1], got -1"),
    (lambda: ll.Answers.uniform(-1), ValueError, "count must be a whole number in [1, 10000], got -1"),
    (lambda: ll.ShareVote(share=1.2), ValueError, "share must be in [0, 1], got 1.2"),
    (lambda: ll.ShareVote(share=0.5, min_votes=0), ValueError, "min_votes must be a whole number in [1, 1e12], got 0"),
    (lambda: ll.WindowStop(size=0), ValueError, "size must be a whole number in [1, 1e12], got 0"),
    (lambda: ll.BetaStop(confidence=0.4), ValueError, "confidence must be in [0.5, 0.999999999], got 0.4"),
    (lambda: ll.StopWhenAhead(margin=-1), ValueError, "margin must be a whole number in [1, 1e12], got -1"),
    (lambda: ll.Cost(parallel=-1), ValueError, "parallel must be a whole number in [1, 1e6], got -1"),
    # An array without a length is no sequence; a series is no word and no number.
    (lambda: ll.Verifier.ensemble(POINT), TypeError, "verifiers must be a sequence, got array(5.)"),
    (lambda: ll.Cost(output_tokens=POINT), TypeError, "output_tokens must be a sequence, got array(5.)"),
    (lambda: scenario(policies=POINT), TypeError, "policies must be a sequence, got array(5.)"),
    (lambda: scenario(limits=POINT), TypeError, "limits must be a sequence, got array(5.)"),
    (lambda: simulate(columns=POINT), TypeError, "columns must be a sequence of column names, got array(5.)"),
    (lambda: ll.solve(SCENARIO, columns=POINT), TypeError, "columns must be a sequence of column names, got array(5.)"),
    (lambda: ll.merge(POINT), TypeError, "frames must be a sequence of frames, got array(5.)"),
    (lambda: ll.Verifier.rates(icc=SERIES), TypeError, "icc must be a number, got shape: (2,) Series"),
    (lambda: ll.Verifier.rates(correlation=FRAME), TypeError, "correlation must be a number, got DataFrame(shape=(2, 6))"),
    (lambda: ll.Verifier.judge(d_prime=SERIES), TypeError, "d_prime must be a number, got shape: (2,) Series"),
    (lambda: simulate(samples=SERIES), TypeError, "samples must be a sequence of names, got shape: (2,) Series"),
    (lambda: simulate(sampler=SERIES), ValueError, "sampler must be 'philox' or 'sobol', got shape: (2,) Series"),
    (lambda: compare(metric=np.zeros(2)), ValueError, "metric must be 'accuracy' or 'utility', got array([0., 0.])"),
    (lambda: compare(progress=5), TypeError, "progress must be callable, got 5"),
    (lambda: simulate(columns=["acuracy"]), ValueError, "columns must name some of ['accuracy', 'accuracy_se', "),
    # A null is not a number, and not "not given".
    (lambda: ll.closed_form.finite_pool(attempts=5, accepted=3, accepted_correct=NULL, max_attempts=1), ValueError, "accepted_correct[0] must be a number, got null"),
    (lambda: ll.closed_form.pass_at_k(attempts=NULL, correct=1, k=1), ValueError, "attempts[0] must be a number, got null"),
    (lambda: ll.fit.fit_beta_binomial([3, 3], NULL), ValueError, "correct[0] must be a number, got null"),
    (lambda: ll.Tasks.fixed(success=NULL), ValueError, "success[0] must be a number, got null"),
    (lambda: optimal(wrong_cost=NULL), ValueError, "wrong_cost[0] must be a number, got null"),
    (lambda: ll.can_match(NULL, 0.5), ValueError, "weak[0] must be a number, got null"),
    # One standard error for all, or one for each.
    (lambda: ll.can_match([0.1, 0.2], 0.5, standard_error=[0.1] * 3), ValueError, "standard_error must be one number, or one for each of 2 models, got the shape (3,)"),
    (lambda: ll.can_match([0.1, 0.2], 0.5, standard_error=[[0.1], [0.2]]), ValueError, "standard_error must be one number, or one for each of 2 models, got the shape (2, 1)"),
    (lambda: ll.can_match([0.1, 0.2], 0.5, standard_error="a"), TypeError, "standard_error must be a number or an array of numbers, got 'a'"),
    (lambda: ll.can_match([0.1], [0.5, 0.6]), TypeError, "strong must be a SamplingScenario or a number in [0, 1], got [0.5, 0.6]"),
    # Numbers are shown as a person writes them, with every digit that tells them apart.
    (lambda: ll.Utility(wrong_cost=1.7e308), ValueError, "wrong_cost must be in [0, 1e15], got 1.7e308"),
    (lambda: ll.Tasks.beta(1e308, 1, 3), ValueError, "alpha must be in [1e-6, 1e9], got 1e308"),
    (lambda: ll.Verifier.rates(false_positive_rate=-5e-324), ValueError, "false_positive_rate must be in [0, 1], got -5e-324"),
    (lambda: ll.loss(ll.Law.besiroglu(), 1.0000000000001e100, 1), ValueError, "parameters must be in [1e-6, 1e100], got 1.0000000000001e100"),
    # What has no closed form.
    (lambda: ll.solve(ll.ExhaustionScenario()), TypeError, "scenario must be a SamplingScenario to be solved, got one that can be simulated only: ExhaustionScenario()"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=lambda x: x[:60] if isinstance(x, str) else "")
def test_one_clear_error(call: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_a_missing_argument_is_named() -> None:
    for call, name in (
        (ll.Tasks.fixed, "success"),
        (lambda: ll.simulate(SCENARIO), "trials"),
        (ll.SamplingScenario, "tasks"),
    ):  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=name):
            call()
