"""The documentation site: what ends its strict build. The build of all pages is `make docs`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
SETTINGS = ["-D", "exclude_patterns=", "-D", "extensions=myst_parser,formulas"]


def build(folder: Path, page: str) -> tuple[int, str, str]:
    """Build a site of one page as `make docs` does: the exit code, what was said, and the page."""
    (folder / "index.md").write_text(f"# Title\n\n{page}\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "--quiet", "-c", str(DOCS), *SETTINGS]
    done = subprocess.run([*command, str(folder), str(folder / "site")], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, (folder / "site" / "index.html").read_text(encoding="utf-8")


def test_formulas_become_mathml_and_prices_do_not(tmp_path: Path) -> None:
    code, said, page = build(tmp_path, "With $x^2$, from $2 to $3 in `\\(code\\)`:\n\n$$\\frac{1}{2}$$")
    assert (code, said) == (0, "")
    assert page.count("<math") == 2
    assert 'display="block"' in page
    assert "<mfrac>" in page
    assert "from $2 to $3" in page
    assert not re.search(r'<(link|script|img)\b[^>]*(src|href)="(https?:)?//', page), (
        "a page asks the network for nothing"
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("\\(x^2\\) in brackets", "a formula stands in dollars"),
        ("an \\alpha without dollars", "a formula is left as text"),
        ("$ x^2$ with a space", "a formula is left as text"),
        ("$\\nosuchcommand{2}$", "nosuchcommand"),
        ("[a page](nowhere.md)", "nowhere.md"),
        ("[a section](#nowhere)", "nowhere"),
        ("![a picture](nowhere.png)", "nowhere.png"),
    ],
)
def test_what_is_broken_ends_the_build(tmp_path: Path, wrong: str, reason: str) -> None:
    code, said, _ = build(tmp_path, wrong)
    assert code != 0
    assert reason in said
