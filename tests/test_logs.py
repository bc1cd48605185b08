"""Logs of evaluation harnesses: each documented form is read, and what is wrong is named by file, line and field."""

# ruff: noqa: E501  (a table with one case per line)

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import limitlaw as ll

INSPECT = {
    "version": 2,
    "status": "success",
    "eval": {"task": "arith", "model": "mockllm/model"},
    "samples": [
        {
            "id": "sum",
            "epoch": epoch,
            "scores": {"match": {"value": value, "answer": answer}, "other": {"value": 1.0, "answer": None}},
            "model_usage": {"a": {"input_tokens": 5, "output_tokens": 7}, "b": {"output_tokens": 2}},
            "total_time": 0.5,
        }
        for epoch, value, answer in ((1, "C", "4"), (2, "I", "5"), (3, True, 4))
    ]
    + [{"id": 7, "epoch": 1, "scores": {}, "model_usage": {}, "error": {"message": "out of time"}}],
}
LM_EVAL = [
    {
        "doc_id": doc, "doc": {}, "target": "4", "arguments": {}, "resps": [["4"]], "filtered_resps": [answer],
        "filter": name, "metrics": ["exact_match"], "doc_hash": "x", "exact_match": right,
    }
    for doc in (0, 1)
    for name, answer, right in (("strict-match", "[invalid]", 0.0), ("flexible-extract", "4", float(doc)))
]  # fmt: skip
EVALPLUS = {
    "date": "2024", "hash": "x",
    "eval": {"HumanEval/0": [
        {"solution": "a", "base_status": "pass", "plus_status": "pass"},
        {"solution": "b", "base_status": "pass", "plus_status": "fail"},
        {"solution": "c", "base_status": "timeout", "plus_status": "fail"},
    ]},
}  # fmt: skip
SWE_BENCH = {"schema_version": 2, "submitted_ids": ["d-1", "d-2"], "resolved_ids": ["d-2"], "unresolved_ids": ["d-1"]}
TAU_BENCH = [{"task_id": t, "trial": k, "reward": float(t == k), "traj": []} for t in range(2) for k in range(2)]
PROMPTFOO = {
    "evalId": "eval-x",
    "results": {"version": 3, "results": [
        {
            "provider": {"id": "openai:gpt"}, "promptIdx": 0, "vars": {"q": "2+2"}, "success": right, "score": score, "cost": 0.25,
            "latencyMs": 1500, "response": {"output": output, "tokenUsage": {"total": 9, "completion": 4}},
        }
        for right, score, output in ((True, 1, "4"), (False, 0.25, {"n": 5}))
    ]},
}  # fmt: skip


def write(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    text = "\n".join(json.dumps(line) for line in data) if name.endswith(".jsonl") else json.dumps(data)
    path.write_text(text, encoding="utf-8")
    return path


def test_inspect_is_read_from_json_and_from_an_archive(tmp_path: Path) -> None:
    path = write(tmp_path, "log.json", INSPECT)
    found = ll.read_attempts(path, metric="match")
    assert found.columns == ["task", "attempt", "correct", "answer", "tokens", "seconds", "error"]
    assert found.rows() == [
        ("arith/sum", 0, True, "4", 9.0, 0.5, None),
        ("arith/sum", 1, False, "5", 9.0, 0.5, None),
        ("arith/sum", 2, True, "4", 9.0, 0.5, None),
        ("arith/7", 0, None, None, None, None, "out of time"),
    ]
    archive = tmp_path / "log.eval"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", json.dumps({k: v for k, v in INSPECT.items() if k != "samples"}))
        for i, sample in enumerate(INSPECT["samples"]):  # type: ignore[arg-type, var-annotated]
            file.writestr(f"samples/{i}_epoch_1.json", json.dumps(sample))
    assert ll.read_attempts(archive, metric="match").equals(found)
    scored = found.drop_nulls("correct")
    tasks = ll.Tasks.from_attempts(scored, answer="answer", tokens="tokens")
    vote = ll.SamplingScenario(tasks=tasks, policies=[ll.MajorityVote()], max_attempts=[3])
    assert ll.solve(vote).select("accuracy", "tokens").row(0) == (1.0, 27.0)


def test_an_archive_of_another_compression_says_how_it_can_be_read(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.json", "{}")
    # The number of Zstandard in the local and in the central header.
    data = path.read_bytes()
    local, central = data.index(b"PK\x03\x04") + 8, data.index(b"PK\x01\x02") + 10
    changed = bytearray(data)
    changed[local : local + 2] = changed[central : central + 2] = (93).to_bytes(2, "little")
    path.write_bytes(bytes(changed))
    monkeypatch.setitem(__import__("sys").modules, "inspect_ai.log", None)
    with pytest.raises(ValueError, match=r"install inspect_ai, or write 'inspect log convert log\.eval --to json'"):
        ll.read_attempts(path)


def test_lm_eval_is_read_under_one_filter_and_further_files_are_further_attempts(tmp_path: Path) -> None:
    first = write(tmp_path, "samples_gsm8k_2024-11-29T10-00-00.000001.jsonl", LM_EVAL)
    found = ll.read_attempts(first, filter_key="flexible-extract")
    assert found.rows() == [("gsm8k/0", 0, False, "4"), ("gsm8k/1", 0, True, "4")]
    again = write(tmp_path, "samples_gsm8k_2024-11-30T10-00-00.000001.jsonl", LM_EVAL)
    both = ll.read_attempts([first, again], filter_key="flexible-extract")
    assert both["attempt"].to_list() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match=r"filter_key must be one of \['strict-match', 'flexible-extract'\]"):
        ll.read_attempts(first)


def test_the_other_harnesses(tmp_path: Path) -> None:
    code = ll.read_attempts(write(tmp_path, "x_eval_results.json", EVALPLUS))
    assert code.select("task", "attempt", "correct", "accepted", "answer").rows() == [
        ("HumanEval/0", 0, True, True, "a"),
        ("HumanEval/0", 1, False, True, "b"),
        ("HumanEval/0", 2, False, False, "c"),
    ]
    runs = [write(tmp_path, f"run{i}.json", SWE_BENCH) for i in range(2)]
    assert ll.read_attempts(runs).rows() == [("d-1", 0, False), ("d-2", 0, True), ("d-1", 1, False), ("d-2", 1, True)]
    assert ll.read_attempts(write(tmp_path, "tau.json", TAU_BENCH))["correct"].to_list() == [True, False, False, True]
    prompts = ll.read_attempts(write(tmp_path, "promptfoo.json", PROMPTFOO))
    task = '{"q": "2+2"}'
    assert prompts.drop("attempt").rows() == [
        (task, True, "4", 1.0, 4.0, 0.25, 1.5),
        (task, False, '{"n": 5}', 0.25, 4.0, 0.25, 1.5),
    ]


def test_tables_are_long_or_have_a_row_per_task(tmp_path: Path) -> None:
    long = pl.DataFrame({"problem": ["a", "a", "b"], "ok": [True, False, True], "answer": ["1", "2", "3"]})
    nested = long.group_by("problem", maintain_order=True).agg("ok", "answer")
    long.write_csv(tmp_path / "long.csv")
    long.write_parquet(tmp_path / "long.parquet")
    nested.write_parquet(tmp_path / "nested.parquet")
    write(tmp_path, "nested.jsonl", nested.to_dicts())
    for name in ("long.csv", "long.parquet", "nested.parquet", "nested.jsonl"):
        found = ll.read_attempts(tmp_path / name)
        assert found.select("problem", "ok", pl.col("answer").cast(pl.String)).equals(long), name
        assert ll.Tasks.from_attempts(found, task="problem", correct="ok").attempts.tolist() == [2, 1]


def without(log: Any, *path: Any) -> Any:
    """A copy of a log without one of its fields."""
    copy = json.loads(json.dumps(log))
    at = copy
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    return copy


@pytest.mark.parametrize(
    ("name", "data", "arguments", "error", "message"),
    [
        ("log.json", {"a": 1}, {}, ValueError, "log.json must be a log of ['inspect', 'lm_eval'"),
        ("log.txt", {}, {}, ValueError, "path must be a file that ends in .eval, .json, .jsonl, .csv or .parquet, got 'log.txt'"),
        ("log.json", INSPECT, {}, ValueError, "metric must be one of ['match', 'other']"),
        ("log.json", INSPECT, {"metric": 3}, TypeError, "metric must be text, got 3"),
        ("log.json", INSPECT, {"harness": "x"}, ValueError, "harness must be 'inspect', 'lm_eval'"),
        ("log.json", without(INSPECT, "eval", "task"), {"metric": "match"}, TypeError, "log.json: eval.task must be text or a whole number"),
        ("log.json", without(INSPECT, "samples", 1, "id"), {"metric": "match"}, TypeError, "log.json: samples[1].id must be text"),
        ("log.json", without(INSPECT, "samples", 1, "scores", "match", "value"), {"metric": "match"}, ValueError, "log.json: samples[1].scores.match.value must be a boolean, 0, 1, 'C' or 'I', got None"),
        ("log.json", without(INSPECT, "samples", 3, "error"), {"metric": "match"}, ValueError, "log.json: samples[3].scores must be there"),
        ("samples_x.jsonl", [LM_EVAL[0], LM_EVAL[1] | {"exact_match": 0.5}], {"filter_key": "flexible-extract"}, ValueError, "samples_x.jsonl, line 2: exact_match must be a boolean"),
        ("samples_x.jsonl", [LM_EVAL[0], 3], {"filter_key": "strict-match"}, TypeError, "samples_x.jsonl, line 2 must be an object, got 3"),
        ("x.json", without(EVALPLUS, "eval", "HumanEval/0", 2, "base_status"), {}, TypeError, "x.json: eval.HumanEval/0[2].base_status must be text, got nothing"),
        ("x.json", SWE_BENCH | {"resolved_ids": "d-2"}, {}, TypeError, "x.json: resolved_ids must be a list, got 'd-2'"),
        ("x.json", [{"task_id": 1, "reward": 0.3}], {}, ValueError, "x.json: [0].reward must be a boolean, 0, 1, 'C' or 'I', got 0.3"),
        ("x.jsonl", [{"a": [1, 2], "b": [1]}], {}, ValueError, "x.jsonl must have lists of one length in a row, got a 2, b 1 in row 0 (from 0)"),
        ("x.jsonl", [{"task": "a", "correct": [True]}, {"task": "b", "correct": []}], {}, ValueError, "x.jsonl must have an attempt in every row of lists, got none in row 1 (from 0): leave that row out"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(  # noqa: PLR0917  (a column each)
    tmp_path: Path, name: str, data: Any, arguments: Any, error: Any, message: str
) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(error, match=re.escape(message)):
        ll.read_attempts(path, **arguments)


def test_files_of_two_harnesses_and_of_none_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path, "a.json", SWE_BENCH), write(tmp_path, "b.json", TAU_BENCH)]
    with pytest.raises(ValueError, match="path must be files of one harness"):
        ll.read_attempts(paths)
    with pytest.raises(ValueError, match="path must name a file, got none"):
        ll.read_attempts([])
    with pytest.raises(ValueError, match="path must be a log with attempts, got none"):
        ll.read_attempts(write(tmp_path, "c.json", SWE_BENCH | {"submitted_ids": []}))
    (tmp_path / "d.jsonl").write_text('{"a": 1}\nnot json')
    with pytest.raises(ValueError, match=r"d\.jsonl, line 2: expected JSON"):
        ll.read_attempts(tmp_path / "d.jsonl")


def test_types_of_a_csv_are_those_of_all_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("task,correct,score\n" + "".join(f"{i},1,{i % 2}\n" for i in range(5000)) + "5000,0,0.5\n")
    found = ll.read_attempts(path)
    assert found.dtypes == [pl.Int64, pl.Int64, pl.Float64]
    assert found.row(-1) == (5000, 0, 0.5)


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["001", "1"], ["001", "1"]),
        (["1.10", "1.1"], ["1.10", "1.1"]),
        (["1e3", "1000"], ["1e3", "1000"]),
        (["True", "true"], ["True", "true"]),
        (["12345678901234567890123", "1"], ["12345678901234567890123", "1"]),
        (["1", "2"], [1, 2]),
        (["0.5", "2.25"], [0.5, 2.25]),
        (["true", "false"], [True, False]),
    ],
)
def test_names_in_a_csv_stay_apart_as_they_are_written(tmp_path: Path, texts: list[str], read: list[Any]) -> None:
    path = tmp_path / "log.csv"
    path.write_text("task,doc_id,mine,answer,score,correct\n" + "".join(f"{t},{t},{t},{t},01.0,01\n" for t in texts))
    found = ll.read_attempts(path, names=["mine"])
    for name in ("task", "doc_id", "mine", "answer"):
        assert found[name].to_list() == read
    assert (found["score"].dtype, found["correct"].dtype) == (pl.Float64, pl.Int64)
    assert len(ll.Tasks.from_attempts(found, answer="answer")) == 2
    # A name that is missing is missing, and other columns have the types that they had.
    path.write_text("task,answer,attempt\nx,,00\nx,7,01\n")
    assert ll.read_attempts(path).rows() == [("x", None, 0), ("x", 7, 1)]
    with pytest.raises(TypeError, match="names must be a list of columns, got 'mine'"):
        ll.read_attempts(path, names="mine")


def test_names_in_a_csv_are_those_of_other_files(tmp_path: Path) -> None:
    whole, padded = ([str(i) for i in range(5)], [f"{i:03}" for i in range(5)])
    for texts, values in ((whole, [*range(5)]), (whole, whole), (padded, padded)):
        a, b, c = tmp_path / "a.csv", tmp_path / "b.jsonl", tmp_path / "c.parquet"
        a.write_text("task,correct\n" + "".join(f"{text},1\n" for text in texts))
        other = pl.DataFrame({"task": values, "correct": [0] * 5})
        other.write_ndjson(b)
        other.write_parquet(c)
        frames = {path.stem: ll.read_attempts(path) for path in (a, b, c)}
        assert ll.compare_systems(frames)["tasks"].to_list() == [5, 5, 5]


def test_names_of_several_files_stay_apart(tmp_path: Path) -> None:
    paths = []
    for number, texts in enumerate((["1", "9007199254740993"], ["true", "false"], ["0.5", "2.25"])):
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_text("task,correct\n" + "".join(f"{text},1\n" for text in texts))
    found = ll.read_attempts(paths)
    assert found["task"].to_list() == ["1", "9007199254740993", "true", "false", "0.5", "2.25"]


def test_a_copied_attempt_is_no_further_one(tmp_path: Path) -> None:
    log = pl.DataFrame({"task": ["a", "a", "b"], "attempt": [0, 1, 0], "correct": [True, False, True]})
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for path in paths:
        log.write_csv(path)
    with pytest.raises(ValueError, match=r"path must name every file once, got .*one\.csv twice"):
        ll.read_attempts([paths[0], tmp_path / "." / "one.csv"])
    # Further files are further attempts, and numbered so.
    both = ll.read_attempts(paths)
    assert both["attempt"].to_list() == [0, 1, 0, 2, 3, 2]
    assert ll.Tasks.from_attempts(both).attempts.tolist() == [4, 2]
    message = "frame must have every attempt at a task in one row, got attempt 0 at task 'a' in several"
    with pytest.raises(ValueError, match=re.escape(message)):
        ll.Tasks.from_attempts(pl.concat([log, log]))
    with pytest.raises(ValueError, match=re.escape(message)):
        ll.Tasks.from_attempts(pl.concat([log, log.head(1)]))
    assert ll.Tasks.from_attempts(pl.concat([log, log]).drop("attempt")).attempts.tolist() == [4, 2]
