"""A Sphinx extension: formulas become MathML while the site is built; a page needs no script."""

# ruff: noqa: ARG001  (the signatures of events)

import re
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

_log = logging.getLogger(__name__)
_convert = LatexToMathML(fancy_error=False)

_CODE = re.compile(
    r"^( *)(`{3,})[^\n]*\n.*?^\1\2\s*?$|(`+)(?!`).*?(?<!`)\3(?!`)", re.MULTILINE | re.DOTALL
)
#: Brackets that Markdown takes for escaped ones, and drops the backslash of.
_BRACKET = re.compile(r"\\[(\[].{0,60}")
_CODE_OR_MATH = re.compile(r"<(pre|code|math|dt|script)\b.*?</\1>", re.DOTALL)
#: Text that can only be a formula which nobody recognised: a command, or dollars around no price.
_RAW = re.compile(r"\\[a-zA-Z].{0,60}|\$\$|\$(?!\d)[^$<>\n]{0,200}\$")


def _write(writer: HTML5Translator, node: nodes.math | nodes.math_block, *, display: bool) -> None:
    """Write a formula; one that is not understood is a warning, and the strict build ends."""
    latex = node.astext()
    try:
        made = _convert.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        _log.warning("%s: %s", latex, error, location=node)
        made = ""
    tag = "div" if display else "span"
    writer.body.append(f'<{tag} class="formula">{made}</{tag}>')
    raise nodes.SkipNode


def _check_source(app: Sphinx, docname: str, source: list[str]) -> None:
    if found := _BRACKET.search(_CODE.sub("", source[0])):
        _log.warning("a formula stands in dollars, got: %s", found[0], location=docname)


def _check_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if found := _RAW.search(_CODE_OR_MATH.sub("", context.get("body", ""))):
        _log.warning("a formula is left as text: %s", found[0], location=pagename)


def setup(app: Sphinx) -> dict[str, bool]:
    """Render formulas as MathML, and warn of one that is left as text."""

    def inline(writer: HTML5Translator, node: nodes.math) -> None:
        _write(writer, node, display=False)

    def block(writer: HTML5Translator, node: nodes.math_block) -> None:
        _write(writer, node, display=True)

    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("source-read", _check_source)
    app.connect("html-page-context", _check_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
