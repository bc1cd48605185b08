"""The files of evaluation harnesses, each to rows of one attempt."""

from __future__ import annotations

import importlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from limitlaw._arguments import listed, naming, shown
from limitlaw._files import parse_json
from limitlaw.logs.entry import Entry

#: An attempt, by column.
Row = dict[str, Any]


def lines(path: Path) -> Iterator[Entry]:
    """The objects of a file with one on each line."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                place = f"{path}, line {number}"
                with naming(place):
                    data = parse_json(line)
                yield Entry(data, place, top=True)


def inspect(path: Path, metric: str | None, _: str | None) -> Iterator[Row]:
    """Inspect: ``.eval`` (an archive with a file per sample) or ``.json``."""
    if path.suffix.lower() == ".eval":
        header, samples = _archive(path)
    else:
        log = Entry(parse_json(path.read_text(encoding="utf-8-sig")), str(path), top=True)
        header, samples = log, log.items("samples")
    task = header.inner("eval").name("task")
    for sample in samples:
        usage = sample.data.get("model_usage") or {}
        output = [Entry(used, sample.where("model_usage")).number("output_tokens") or 0.0 for used in usage.values()]
        row: Row = {"task": f"{task}/{sample.name('id')}", "tokens": sum(output) if output else None}
        row["seconds"] = sample.number("total_time")
        if sample.data.get("scores"):
            scores = sample.inner("scores")
            score = scores.inner(scores.choose(list(scores.data), metric, "metric"))
            row |= {"correct": score.right("value"), "answer": score.data.get("answer")}
        elif "error" in sample:
            row |= {"correct": None, "error": str(sample.inner("error").data.get("message"))}
        else:
            raise ValueError(
                f"{sample.where('scores')} must be there, got a sample without scores and without an error"
            )
        yield row


def _archive(path: Path) -> tuple[Entry, Iterable[Entry]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.startswith("samples/") and name.endswith(".json")]
            if "header.json" not in archive.namelist():
                raise ValueError(
                    f"{path} must have a header.json, got {listed(archive.namelist())}: a run that has not ended"
                )
            header = Entry(parse_json(archive.read("header.json").decode()), f"{path}, header.json", top=True)
            samples = [Entry(parse_json(archive.read(name).decode()), f"{path}, {name}", top=True) for name in names]
            return header, samples
    except zipfile.BadZipFile:
        raise ValueError(f"{path} must be an archive of Inspect, got another file") from None
    except NotImplementedError:  # a compression that Python does not know
        return _read_by_inspect(path)


def _read_by_inspect(path: Path) -> tuple[Entry, Iterable[Entry]]:
    try:
        reader = importlib.import_module("inspect_ai.log")
    except ImportError:
        raise ValueError(
            f"{path} must be compressed as Python's zipfile can read, got another compression: install inspect_ai, or "
            f"write 'inspect log convert {path.name} --to json'"
        ) from None
    log = Entry(json.loads(reader.read_eval_log(str(path)).model_dump_json()), str(path), top=True)
    return log, log.items("samples")


#: What of an entry is no metric.
_LM_EVAL = {
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash",
    "target_hash", "schema_version",
}  # fmt: skip
#: The name of a task in that of its file.
_SAMPLES = re.compile(r"samples_(.+?)(_\d{4}-\d\d-\d\dT[\d.:-]+)?")


def lm_eval(path: Path, metric: str | None, filter_key: str | None) -> Iterator[Row]:
    """lm-evaluation-harness: ``samples_<task>_<time>.jsonl``, a line for each document and filter."""
    name = _SAMPLES.fullmatch(path.stem)
    task = name[1] if name else path.stem
    entries = list(lines(path))
    filters = list(dict.fromkeys(entry.name("filter") for entry in entries if "filter" in entry))
    chosen = entries[0].choose(filters, filter_key, "filter_key") if filters else None
    for entry in entries:
        if chosen is not None and entry.name("filter") != chosen:
            continue
        names = entry.data.get("metrics") or [name for name in entry.data if name not in _LM_EVAL]
        filtered = entry.data.get("filtered_resps")
        answer = filtered[0] if isinstance(filtered, list) and filtered else filtered
        yield {
            "task": f"{task}/{entry.name('doc_id')}",
            "correct": entry.right(entry.choose([str(n) for n in names], metric, "metric")),
            "answer": answer,
        }


def evalplus(path: Path, _metric: str | None, _: str | None) -> Iterator[Row]:
    """EvalPlus: ``*_eval_results.json``; the base tests are the verdict, base and plus tests together the truth."""
    tasks = Entry(parse_json(path.read_text(encoding="utf-8-sig")), str(path), top=True).inner("eval")
    for task in tasks.data:
        for attempt in tasks.items(task):
            base = attempt.get("base_status", str) == "pass"
            plus = attempt.data.get("plus_status")
            row: Row = {
                "task": task,
                "correct": base and plus in (None, "pass"),
                "answer": attempt.data.get("solution"),
            }
            yield row if plus is None else row | {"accepted": base}


def swe_bench(path: Path, _metric: str | None, _: str | None) -> Iterator[Row]:
    """SWE-bench: the report of a run, an attempt at each submitted instance."""
    report = Entry(parse_json(path.read_text(encoding="utf-8-sig")), str(path), top=True)
    resolved = set(report.get("resolved_ids", list))
    submitted = report.data.get("submitted_ids")
    if submitted is None:
        others = [report.data.get(name) or [] for name in ("unresolved_ids", "error_ids", "empty_patch_ids")]
        submitted = [*report.get("resolved_ids", list), *(name for names in others for name in names)]
    for name in submitted:
        yield {"task": str(name), "correct": name in resolved}


def tau_bench(path: Path, _metric: str | None, _: str | None) -> Iterator[Row]:
    """tau-bench: a list of trajectories, each with its task and its reward."""
    data = parse_json(path.read_text(encoding="utf-8-sig"))
    for i, item in enumerate(data if isinstance(data, list) else [data]):
        entry = Entry(item, f"{path}: [{i}]")
        yield {"task": entry.name("task_id"), "correct": entry.right("reward")}


def promptfoo(path: Path, _metric: str | None, _: str | None) -> Iterator[Row]:
    """promptfoo: the results of one prompt and provider; equal variables are one task."""
    results = Entry(parse_json(path.read_text(encoding="utf-8-sig")), str(path), top=True).inner("results")
    seen: set[str] = set()
    for result in results.items("results"):
        provider = result.data.get("provider")
        label = provider.get("id") if isinstance(provider, dict) else provider
        seen.add(f"{label}, prompt {result.data.get('promptIdx', 0)}")
        if len(seen) > 1:
            raise ValueError(f"{path} must hold the results of one provider and prompt, got {listed(sorted(seen))}")
        seconds = result.number("latencyMs")
        output: object = None
        usage: dict[str, Any] = {}
        if "response" in result:
            response = result.inner("response")
            output = response.data.get("output")
            usage = response.data.get("tokenUsage") or {}
        yield {
            "task": json.dumps(result.data.get("vars"), sort_keys=True),
            "correct": result.right("success"),
            "answer": output,
            "score": result.number("score"),
            "tokens": Entry(usage, result.where("response.tokenUsage")).number("completion"),
            "cost": result.number("cost"),
            "seconds": None if seconds is None else seconds / 1000,
        }


#: A reader takes a file, the metric that says what is correct, and the filter of answers.
Reader = Callable[[Path, str | None, str | None], Iterator[Row]]
HARNESSES: dict[str, Reader] = {
    "inspect": inspect,
    "lm_eval": lm_eval,
    "evalplus": evalplus,
    "swe_bench": swe_bench,
    "tau_bench": tau_bench,
    "promptfoo": promptfoo,
}


def recognised(path: Path) -> str | None:
    """The harness that a file is from; none where it is a table.

    Raises:
        ValueError: The file is JSON of no known harness.
    """
    ending = path.suffix.lower()
    if ending in (".csv", ".parquet"):
        return None
    if ending == ".eval":
        return "inspect"
    if ending == ".jsonl":
        first = next(lines(path), None)
        return "lm_eval" if first is not None and {"doc_id", "resps"} <= set(first.data) else None
    if ending != ".json":
        raise ValueError(f"path must be a file that ends in .eval, .json, .jsonl, .csv or .parquet, got {path.name!r}")
    data = parse_json(path.read_text(encoding="utf-8-sig"))
    if isinstance(data, list):
        data = {f"[{name}]": 0 for item in data[:1] if isinstance(item, dict) for name in item}
    keys: set[str] = set(data) if isinstance(data, dict) else set()
    signs = {
        "inspect": {"eval", "samples"},
        "evalplus": {"eval", "hash"},
        "swe_bench": {"resolved_ids"},
        "promptfoo": {"results", "evalId"},
        "tau_bench": {"[task_id]", "[reward]"},
    }
    for name, sign in signs.items():
        if sign <= keys:
            return name
    raise ValueError(
        f"{path} must be a log of {listed(list(HARNESSES))}, got JSON with {shown(sorted(keys))}: name its harness"
    )
