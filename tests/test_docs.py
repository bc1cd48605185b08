"""The code in README and docs runs, and prints what the page says it prints; the examples run and draw.

After a deliberate change write what pages print now, and read it:

    python tests/test_docs.py docs/fit.md
"""

import contextlib
import io
import re
import runpy
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import limitlaw as ll
from limitlaw._spec import _REGISTRY
from limitlaw.cli import main

# What is shown to readers sets nothing that has no effect.
pytestmark = pytest.mark.filterwarnings("error::limitlaw.UnusedSettingWarning")

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: What pages use beside this library.
NEEDED = {"tables.md": ("duckdb", "pyarrow", "xarray")}
FENCE = re.compile(r'^```(\w*)(?: title="([\w.]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Each fenced block: its language, its title, its text and the line on which the text begins."""
    for match in FENCE.finditer(text):
        yield match[1], match[2], match[3], text.count("\n", 0, match.start(3))


def run_page(text: str, name: str, *, rewritten: list[str] | None = None) -> int:
    """Run the page's Python in order, in one namespace; a ``text`` block is what the code before it prints.

    A ``toml`` block is the file of its title, a scenario or a sweep. With ``rewritten``, a block that differs is no
    failure: what is printed, block by block, is added there.
    """
    namespace: dict[str, Any] = {}
    printed, count = "", 0
    for language, title, body, line in blocks(text):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile("\n" * line + body, name, "exec"), namespace)
            printed, count = out.getvalue(), count + 1
        elif language == "text" and rewritten is not None:
            rewritten.append(printed.rstrip() + "\n")
        elif language == "text":
            assert printed.rstrip() == body.rstrip(), f"{name}, line {line}: the output differs"
        elif language == "toml":
            assert title, f"{name}, line {line}: the file has no name"
            Path(title).write_text(body, encoding="utf-8")
            (ll.read_sweep if "\n[scenario]\n" in body else ll.read_scenario)(title)
    return count


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_runs_and_prints_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDED.get(page.name, ()):
        pytest.importorskip(package, reason="the dependency group docs is not installed")
    monkeypatch.chdir(tmp_path)
    write_own_data(tmp_path)
    run_page(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT)))


def write_own_data(folder: Path) -> None:
    """The files that the README has of its reader."""
    counts = "task,n,correct\nsum,20,3\nsort,20,17\nparse,20,0\nmerge,20,9\n"
    labels = "task,accepted,correct\n" + "sum,1,1\nsum,0,0\nsort,1,1\nsort,1,0\nparse,0,0\nmerge,0,0\nmerge,1,1\n" * 9
    (folder / "counts.csv").write_text(counts, encoding="utf-8")
    (folder / "labels.csv").write_text(labels, encoding="utf-8")


def test_the_commands_for_own_data_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_own_data(tmp_path)
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Your own data\n")[2].partition("\n## ")[0]
    found = list(blocks(section))
    (scenario,) = (body for language, _, body, _ in found if language == "toml")
    (tmp_path / "mine.toml").write_text(scenario, encoding="utf-8")
    commands = [line for language, _, body, _ in found if language == "sh" for line in body.splitlines()]
    assert len(commands) == 5
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "limitlaw"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, f"{command}: {result.output}"
        assert max(map(len, result.output.splitlines())) <= 135, f"{command} prints lines that nobody reads"
    assert (tmp_path / "page.html").stat().st_size > 100_000


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_an_example_runs_and_draws_its_picture(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    (picture,) = tmp_path.glob("*.png")
    assert picture.stem == path.stem
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_wrong_output_is_noticed() -> None:
    page = "```python\nprint(1 + 1)\n```\n\n```text\n{}\n```\n"
    assert run_page(page.format(2), "page") == 1
    with pytest.raises(AssertionError, match="the output differs"):
        run_page(page.format(3), "page")


def test_every_kind_of_setting_is_in_the_page_of_files() -> None:
    table = (ROOT / "docs" / "scenario-files.md").read_text(encoding="utf-8").partition("## Every kind")[2]
    assert {*re.findall(r"`(\w+)`", table)} >= {kind for family, kind in _REGISTRY if family != "toy"}


def rewrite(page: Path) -> None:
    """The outputs of a page as they are now."""
    text, found = page.read_text(encoding="utf-8"), []
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):  # pages write files
        write_own_data(Path(place))
        run_page(text, page.name, rewritten=found)
    printed = iter(found)
    text = FENCE.sub(lambda block: f"```text\n{next(printed)}```" if block[1] == "text" else block[0], text)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for page in sys.argv[1:]:
        rewrite(Path(page).resolve())
