"""The documentation site, by Sphinx: make docs."""

# ruff: noqa: ARG001  (the signatures of events)

import importlib.metadata
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))  # the extension of this folder

project = "limitlaw"
author = "the authors of limitlaw"
release = version = importlib.metadata.version("limitlaw")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "formulas", "reference"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 80
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["dollarmath"]
myst_dmath_allow_space = False  # "$2 and $3" are two prices
myst_dmath_allow_digits = False
myst_heading_anchors = 3
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = "limitlaw"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": True,
    "show_prev_next": True,
    "header_links_before_dropdown": 7,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}

#: A block that is the file of its title, as tests/test_docs.py reads it.
_FILE = re.compile(r'^( *)```(\w+) title="([^"]+)"$', re.MULTILINE)


def _title(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = _FILE.sub(r"\1```{code-block} \2\n\1:caption: \3\n", source[0])


def setup(app: Sphinx) -> None:
    """Show the name of a file above its text."""
    app.connect("source-read", _title)
