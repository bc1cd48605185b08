"""Logs that Inspect and lm-evaluation-harness write themselves, with a mock model and without a network, read back.

Needs `pip install inspect_ai lm_eval`. Nothing is measured: it fails where a harness has changed its files.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import limitlaw as ll

INSPECT = """
import sys
import tiktoken


class Words:  # in place of a tokenizer from the network
    def encode(self, text, **_):
        return text.split()


tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_, **__: Words()
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import includes, match

answers = ["5", "ANSWER: 4", "7", "4", "9", "4"]
for form in ("json", "eval"):
    outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in answers]
    model = get_model("mockllm/model", custom_outputs=outputs)
    samples = [Sample(id="sum", input="2 + 2?", target="4"), Sample(id="other", input="3 + 4?", target="7")]
    task = Task(dataset=samples, scorer=[match(), includes()], name="arithmetic")
    done = eval(task, model=model, epochs=3, log_dir=sys.argv[1], log_format=form, display="none", max_connections=1)
    assert done[0].status == "success", done[0].error
"""
LM_EVAL = {
    "task": "toy",
    "dataset_path": "json",
    "test_split": "test",
    "output_type": "generate_until",
    "doc_to_text": "{{question}}",
    "doc_to_target": "{{answer}}",
    "generation_kwargs": {"until": ["\n"]},
    "filter_list": [
        {"name": "first", "filter": [{"function": "take_first"}]},
        {"name": "all", "filter": [{"function": "majority_vote"}, {"function": "take_first"}]},
    ],
    "metric_list": [{"metric": "exact_match"}],
}


def inspect(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", INSPECT, str(folder)], check=True)
    for path in sorted(folder.iterdir()):
        found = ll.read_attempts(path, metric="match")
        assert found.height == 6
        assert set(found["task"]) == {"arithmetic/sum", "arithmetic/other"}
        assert found["correct"].null_count() == 0
        print(path.suffix, found.drop("seconds").rows())


def lm_eval(folder: Path) -> None:
    rows = [{"question": "2+2", "answer": "lol"}, {"question": "2+3", "answer": "5"}]  # the dummy model says lol
    (folder / "toy.jsonl").write_text("\n".join(map(json.dumps, rows)))
    data = {"dataset_kwargs": {"data_files": {"test": str(folder / "toy.jsonl")}}}
    (folder / "toy.yaml").write_text(json.dumps(LM_EVAL | data))
    command = ["lm_eval", "--model", "dummy", "--include_path", str(folder), "--tasks", "toy", "--log_samples"]
    subprocess.run([*command, "--output_path", str(folder)], check=True, stdout=subprocess.DEVNULL)
    found = ll.read_attempts(list(folder.rglob("samples_toy_*.jsonl")), filter_key="first")
    assert found.rows() == [("toy/0", 0, True, "lol"), ("toy/1", 0, False, "lol")]
    print(found.rows())


if __name__ == "__main__":
    for run in (inspect, lm_eval):
        with tempfile.TemporaryDirectory() as name:
            run(Path(name))
