"""Logs and counts without verdicts: a perfect verifier is taken, which is said, and proves nothing of wrong answers."""

import warnings
from pathlib import Path

import polars as pl
import pytest

import limitlaw as ll
from limitlaw.sampling.verdicts import asks_verdicts
from test_cli import run

ROWS = [(f"t{i}", (i + j) % 3 > 0, (i * j) % 4 < 2, "ab"[(i + j) % 2]) for i in range(40) for j in range(4)]
LOG = pl.DataFrame(ROWS, schema=["task", "correct", "passed", "answer"], orient="row")
PLAIN = ll.Tasks.from_attempts(LOG)
COUNTS = ll.Tasks.counts(attempts=[4] * 40, correct=PLAIN.counted().correct)
DEAR = ll.Utility(wrong_cost=4)
#: Requirements on wrong answers.
OF_WRONG = ({"min_precision": 0.5}, {"max_wrong": 0.5}, {"min_utility": -3.0})
TAKEN = "and a perfect verifier (no verdicts were found)"


def scenario(**changes) -> ll.SamplingScenario:
    return ll.SamplingScenario(**{"tasks": PLAIN, "max_attempts": [3], "utility": DEAR} | changes)


def test_policies_that_ask_for_verdicts():
    asking = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.FirstWorthwhile(), ll.FilteredVote()]
    others = [ll.BestOf(), ll.FirstAbove(threshold=1), ll.MajorityVote(), ll.WeightedVote(), ll.StopWhenAhead(3)]
    others += [ll.ShareVote(0.8), ll.BetaStop(0.9), ll.WindowStop(4), ll.AnyOf(), ll.AllOf()]
    assert [asks_verdicts(policy) for policy in asking + others] == [True] * len(asking) + [False] * len(others)


@pytest.mark.parametrize("tasks", [PLAIN, COUNTS])
@pytest.mark.parametrize("required", OF_WRONG)
def test_what_is_required_of_wrong_answers_is_refused_where_no_verdicts_are_known(tasks, required):
    (name,) = required
    asked = scenario(tasks=PLAIN).replace(tasks=tasks)
    with pytest.raises(
        ValueError, match=f"{name} must be left out where no verdicts are known, got .*Verifier.perfect"
    ):
        ll.check(asked, **required)
    row = ll.check(asked, min_accuracy=0.1).row(0, named=True)
    assert row["evidence"] == f"40 tasks {TAKEN}"
    # Said to be meant, given, recorded, supposed, or not asked for.
    verdicts = ll.Tasks.from_attempts(LOG, accepted="passed")
    voted = ll.Tasks.from_attempts(LOG, answer="answer")
    for meant in (
        asked.replace(verifier=ll.Verifier.perfect()),
        asked.replace(verifier=ll.Verifier.rates(false_positive_rate=0.1)),
        scenario(tasks=verdicts),
        scenario(tasks=voted, policies=[ll.MajorityVote()]),
        scenario(tasks=ll.Tasks.fixed(success=[0.5, 0.9])),
        scenario(tasks=PLAIN, policies=[ll.AnyOf()]),
    ):
        assert TAKEN not in ll.check(meant, **required)["evidence"][0]
    assert ll.check(asked.replace(utility=ll.Utility()), min_utility=0.1)["verdict"].to_list() == ["holds"]


def said(make) -> list[str]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        make()
    assert all(one.filename == __file__ for one in found), "the user's line"
    return [str(one.message).partition(":")[0] for one in found if "no verdicts were found" in str(one.message)]


@pytest.mark.parametrize("tasks", [PLAIN, COUNTS])
def test_a_cost_of_wrong_answers_without_verdicts_is_named(tasks):
    best = {"bootstrap": 0}
    perfect = ll.Verifier.perfect()
    assert said(lambda: ll.recommend(tasks, utility=DEAR)) == ["recommend"]
    assert said(lambda: ll.optimal_attempts(scenario(tasks=tasks), **best)) == ["optimal_attempts"]
    assert said(lambda: ll.optimal_attempts(scenario(tasks=tasks), wrong_cost=[0, 1], **best)) == ["optimal_attempts"]
    assert said(lambda: ll.recommend(tasks, perfect, utility=DEAR)) == []
    assert said(lambda: ll.recommend(tasks)) == []
    assert said(lambda: ll.optimal_attempts(scenario(tasks=tasks, verifier=perfect), **best)) == []
    assert said(lambda: ll.recommend(ll.Tasks.from_attempts(LOG, accepted="passed"), utility=DEAR)) == []


@pytest.mark.parametrize("form", ["log.csv", "counts.csv"])
def test_the_command_line_says_that_a_perfect_verifier_is_taken(tmp_path: Path, form: str):
    LOG.drop("answer").write_csv(tmp_path / "log.csv")
    counted = pl.DataFrame({"n": COUNTS.attempts.astype(int), "correct": COUNTS.correct.astype(int)})
    counted.write_csv(tmp_path / "counts.csv")
    file, grid, note = tmp_path / form, ["--max-attempts", 3], "a perfect verifier is taken, which accepts"
    refused = run("check", file, *grid, "--min-precision", 0.5)
    assert refused.exit_code == 2
    assert "min_precision must be left out where no verdicts are known" in refused.output
    assert run("check", file, *grid, "--min-precision", 0.5, "--false-positive-rate", 0).exit_code == 0
    holds = run("check", file, *grid, "--min-accuracy", 0.1)
    assert holds.exit_code == 0
    assert note in holds.output
    assert f"from 40 tasks {TAKEN}" in holds.output
    for verb in ("recommend", "best"):
        plain = run(verb, file, "--wrong-cost", 4)
        assert plain.exit_code == 0, plain.output
        assert plain.output.count("no verdicts") + plain.output.count("have no verdicts") == 1 + (form != "log.csv")
        assert note in plain.output
        assert note not in run(verb, file, "--wrong-cost", 4, "--false-positive-rate", 0.1).output
    if form == "log.csv":
        judged = run("check", file, *grid, "--min-precision", 0.5, "--accepted", "passed")
        assert note not in judged.output
        assert TAKEN not in judged.output
