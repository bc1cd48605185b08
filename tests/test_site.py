"""The documentation site: what ends its strict build. The build of all pages is `make docs`."""

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import limitlaw as ll
from limitlaw.cli import main

DOCS = Path(__file__).parent.parent / "docs"
#: Of a line of code: docs/_static/site.css is made for it.
WIDTH = 105
BLOCK = re.compile(r"^ *```(\w+)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PUBLIC = re.compile(r"^```\{public\} ([\w.]+)\n```$", re.MULTILINE)
SETTINGS = ["-D", "exclude_patterns=", "-D", "extensions=myst_parser,formulas"]


def _module(name: str) -> ModuleType:
    """A file of the docs, as a module."""
    spec = importlib.util.spec_from_file_location(f"{name}_of_docs", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


#: The extension of the site that writes the reference, and the check of links.
reference, links = _module("reference"), _module("links")


def build(folder: Path, **pages: str) -> tuple[int, str, dict[str, str]]:
    """Build a site of these pages as `make docs` does: the exit code, what was said, and the pages."""
    (folder / "index.md").write_text("# Title\n\n```{toctree}\n" + "\n".join(pages) + "\n```\n", encoding="utf-8")
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(f"# Title\n\n{text}\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "--quiet", "-c", str(DOCS), *SETTINGS]
    done = subprocess.run([*command, str(folder), str(folder / "site")], capture_output=True, text=True, check=False)
    written = {name: (folder / "site" / f"{name}.html").read_text(encoding="utf-8") for name in pages}
    return done.returncode, done.stderr, written


def test_formulas_become_mathml_and_prices_do_not(tmp_path: Path) -> None:
    text = "With $x^2$, from $2 to $3 in `\\(code\\)`:\n\n$$\\frac{1}{2}$$"
    code, said, pages = build(tmp_path, right=text)
    page = pages["right"]
    assert (code, said) == (0, "")
    assert page.count("<math") == 2
    assert 'display="block"' in page
    assert "<mfrac>" in page
    assert "from $2 to $3" in page
    assert not re.search(r'<(link|script|img)\b[^>]*(src|href)="(https?:)?//', page), (
        "a page asks the network for nothing"
    )


def test_what_is_broken_ends_the_build_and_is_named(tmp_path: Path) -> None:
    broken = {
        "brackets": ("\\(x^2\\) in brackets", "a formula stands in dollars"),
        "bare": ("an \\alpha without dollars", "a formula is left as text"),
        "spaced": ("$ x^2$ with a space", "a formula is left as text"),
        "command": ("$\\nosuchcommand{2}$", "nosuchcommand"),
        "link": ("[a page](nowhere.md)", "nowhere.md"),
        "anchor": ("[a section](#nowhere)", "nowhere"),
        "image": ("![a picture](nowhere.png)", "nowhere.png"),
    }
    code, said, _ = build(tmp_path, right="A page.", **{name: wrong for name, (wrong, _) in broken.items()})
    assert code != 0
    for name, (_, reason) in broken.items():
        assert any(f"{name}.md" in line and reason in line for line in said.splitlines()), (name, said)
    assert "right.md" not in said


def test_every_public_name_is_in_the_reference_once() -> None:
    listed = [f"limitlaw.{name}" for name in ll.__all__ if not isinstance(getattr(ll, name), ModuleType)]
    listed.remove("limitlaw.__version__")
    for module in (
        "closed_form",
        "datasets",
        "exhaustion",
        "exhaustion.dist",
        "fit",
        "plan",
        "plots",
        "sweeps",
        "testing",
    ):
        found = importlib.import_module(f"limitlaw.{module}")
        own = [name for name in found.__all__ if not isinstance(getattr(found, name), ModuleType)]
        path = f"limitlaw.{module.removeprefix('exhaustion.')}"
        listed += [f"{path}.{name}" for name in own if name not in ll.__all__]
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md")]
    described = [name for page in pages for found in PUBLIC.findall(page) for name in reference.public(found)]
    assert len(described) > 150
    assert sorted(described) == sorted(listed)


def test_every_verb_is_in_the_reference_with_its_options_and_an_example() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output.partition("Commands:\n")[2]
    names = re.findall(r"^  (\w+) ", listed, re.MULTILINE)
    assert len(names) > 10
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", reference.verbs_reference(), re.MULTILINE | re.DOTALL))
    assert sorted(sections) == sorted(names)
    for name, section in sections.items():
        usage = CliRunner().invoke(main, [name, "--help"]).output
        options = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", usage.partition("Options:")[2]))
        assert options >= {"--help"}
        assert {option for option in options if option not in section} == set()
        assert f"```sh\nlimitlaw {name} " in section.partition("| option |")[2], f"{name} has no example"


@pytest.mark.parametrize("page", [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda p: p.stem)
def test_code_fits_the_page(page: Path) -> None:
    blocks = [found[2] for found in BLOCK.finditer(page.read_text(encoding="utf-8"))]
    assert [line for block in blocks for line in block.splitlines() if len(line) > WIDTH] == []


def test_links_of_the_site_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text('<h1 id="x y">A</h1><a href="sub/b.html#there">b</a><img src="no.png">')
    (tmp_path / "sub" / "b.html").write_text(
        '<a name="there"></a><a href="../a.html#x%20y"></a><a href="#none"></a><a href="mailto:a@b.c"></a>'
        '<a href="../c.html"></a>'
    )
    assert links.broken(tmp_path) == [
        "a.html: no.png is no file",
        "b.html: #none is no place",
        "b.html: ../c.html is no file",
    ]


def test_the_readme_and_the_changelog_lead_to_files() -> None:
    for name in ("README.md", "CHANGELOG.md"):
        assert links.broken_in_text(DOCS.parent / name) == []
    lost = DOCS.parent / "tests" / "README.md"
    assert links.broken_in_text(lost) == []
