"""What a message says to type for a missing extra: limitlaw again, from where it came from."""

import importlib.metadata
import json
from pathlib import Path

import pytest

from limitlaw._extras import command_for


@pytest.mark.parametrize("name", ["limitlaw-0.1.0-cp311-abi3-linux_x86_64.whl", "a clone"])
def test_the_command_names_the_clone_or_the_wheel(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / name
    source.touch()
    installed(monkeypatch, json.dumps({"url": source.as_uri()}))
    assert command_for("plots") == f"pip install '{source}[plots]'"


@pytest.mark.parametrize("text", [None, "{", '{"url": "file:///nowhere/at/all"}', '{"url": "ssh://host/repository"}'])
def test_without_a_place_on_this_machine_it_is_the_name(text: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, text)
    assert command_for("all") == "pip install 'limitlaw[all]'"


def installed(monkeypatch: pytest.MonkeyPatch, direct_url: str | None) -> None:
    """Let pip have noted that."""
    found = type("Distribution", (), {"read_text": lambda _, name: {"direct_url.json": direct_url}[name]})()
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: {"limitlaw": found}[name])
