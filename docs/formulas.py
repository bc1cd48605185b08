"""Turns the formulas of the pages to MathML while the site is built: a reader needs no script and no network."""

import html
import re

from math_core import LatexError, LatexToMathML
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

# What pymdownx.arithmatex makes of a formula, within a line or on its own.
FORMULA = re.compile(r'(<(span|div) class="arithmatex">)\\[(\[](.*?)\\[)\]](?=</\2>)', re.DOTALL)
CODE_OR_MATH = re.compile(r"<(code|math)\b.*?</\1>", re.DOTALL)
# Text that can only be a formula which nobody recognised: a command, or dollars around something.
RAW = re.compile(r"\\[a-zA-Z(\[]|\$\$|\$[^$<>]{0,200}\$")


def on_page_content(content: str, *, page: Page, **_: object) -> str:
    """Convert every formula of a page.

    Raises:
        PluginError: A formula is not understood, or one is left as text; the build ends.
    """
    convert = LatexToMathML(fancy_error=False)

    def to_mathml(found: re.Match[str]) -> str:
        latex = html.unescape(found[3])
        try:
            return found[1] + convert.convert_with_local_state(latex, displaystyle=found[2] == "div")
        except LatexError as error:
            raise PluginError(f"{page.file.src_uri}: {latex}: {error}") from error

    content = FORMULA.sub(to_mathml, content)
    if left := RAW.search(CODE_OR_MATH.sub("", content)):
        raise PluginError(f"{page.file.src_uri}: a formula is left as text: {left.string[left.start() :][:80]!r}")
    return content
