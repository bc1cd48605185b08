"""The verbs over labelled verdicts do what the functions do, and name what is missing."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

import limitlaw as ll
from limitlaw.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def labelled(tmp_path: Path) -> tuple[Path, Path]:
    """Labels of 200 verdicts of 20 tasks, and 400 verdicts without labels."""
    random = np.random.default_rng(3)
    correct = random.random(600) < 0.6
    frame = pl.DataFrame(
        {
            "question": np.repeat(np.arange(20), 30),
            "label": correct,
            "passed": correct ^ (random.random(600) < 0.1),
            "grade": correct + random.normal(size=600),
        }
    )
    at = pl.int_range(pl.len()) % 3 == 0
    paths = tmp_path / "labels.csv", tmp_path / "verdicts.jsonl"
    frame.filter(at).write_csv(paths[0])
    frame.filter(~at).drop("label").write_ndjson(paths[1])
    return paths


COLUMNS = ("--accepted", "passed", "--correct", "label", "--task", "question")


def test_verifier_says_its_error_rates(labelled: tuple[Path, Path], tmp_path: Path) -> None:
    labels = pl.read_csv(labelled[0])
    ran = run("verifier", labelled[0], *COLUMNS, "--format", "json")
    assert ran.exit_code == 0, ran.output
    positive, negative = json.loads(ran.output)
    wrong = labels.filter(~pl.col("label"))
    assert (positive["errors"], positive["of"]) == (wrong["passed"].sum(), wrong.height)
    right = labels.filter("label")
    assert (negative["errors"], negative["of"]) == ((~right["passed"]).sum(), right.height)
    # Tasks with labels of that kind.
    having = [kind["question"].n_unique() for kind in (wrong, right)]
    assert [positive["tasks"], negative["tasks"]] == having
    counts = labels.group_by("question", maintain_order=True).agg(
        pl.len().alias("n"),
        pl.col("passed").sum(),
        pl.col("label").sum(),
        (pl.col("passed") & pl.col("label")).sum().alias("t"),
    )
    fitted = ll.fit.fit_error_rates(
        attempts=counts["n"], accepted=counts["passed"], accepted_correct=counts["t"], correct=counts["label"]
    ).filter(quantity="mean")
    assert [[row[end] for end in ("estimate", "low", "high")] for row in (positive, negative)] == [
        pytest.approx(row) for row in fitted.select("estimate", "low", "high").iter_rows()
    ]
    alone = json.loads(run("verifier", labelled[0], *COLUMNS, "--independent", "--format", "json").output)
    assert [row["tasks"] for row in alone] == [wrong.height, right.height]
    assert alone[0]["icc"] is None
    judged = run("verifier", labelled[0], *COLUMNS, "--score", "grade", "--threshold", 0.5, "--out", tmp_path / "v.csv")
    assert judged.exit_code == 0, judged.output
    assert "auc_within" in judged.output
    assert pl.read_csv(tmp_path / "v-roc.csv").columns == ["threshold", "false_positive_rate", "true_positive_rate"]
    without = run("verifier", labelled[0], "--score", "grade", "--correct", "label", "--task", "question")
    assert without.exit_code == 0
    assert "false_positive_rate" not in without.output
    for words, message in (
        ((labelled[0],), "task must name one of the columns"),
        ((labelled[0], *COLUMNS[:4], "--score", "x", "--task", "question"), "--score must name one of the columns"),
        ((labelled[1], *COLUMNS), "correct must name one of the columns"),
    ):
        failed = run("verifier", *words)
        assert failed.exit_code == 2
        assert message in failed.output


def test_corrected_says_the_accuracy_behind_verdicts(labelled: tuple[Path, Path]) -> None:
    for method, independent in (("ppi", ()), ("rogan_gladen", ("--independent",))):
        ran = run("corrected", *labelled, *COLUMNS, "--method", method, *independent, "--format", "json")
        assert ran.exit_code == 0, ran.output
        found = ll.corrected_accuracy(
            pl.read_csv(labelled[0]),
            pl.read_ndjson(labelled[1]),
            accepted="passed",
            correct="label",
            task=None if independent else "question",
            method=method,
        )
        assert json.loads(ran.output) == json.loads(found.write_json())
    assert "task must name one of" in run("corrected", *labelled, *COLUMNS[:4]).output
