"""A Sphinx extension: the reference of package and command line, from the code that users run."""

# ruff: noqa: ARG001, PLR0917  (the signatures of events)

import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

import limitlaw
from limitlaw.cli import main

_log = logging.getLogger(__name__)

#: What stands in a page for generated text: ```{public} fit``` for `limitlaw.fit`, ```{verbs}```.
_PUBLIC = re.compile(r"^```\{public\} ([\w.]+)\n```$", re.MULTILINE)
_VERBS = re.compile(r"^```\{verbs\}\n```$", re.MULTILINE)
#: How autodoc writes the declared type of an array.
_ARRAY = re.compile(r"~?(?:typing\.)?Annotated\[~?(?:typing\.)?Any, '(\w+)'\]")
#: Code in a page that names something of ours: `ll.simulate(scenario, ...)`, `ll.fit.pass_at_k`.
_NAMED = re.compile(r"(?:ll|limitlaw)\.((?:[A-Za-z]\w*\.)*[A-Za-z]\w*)(?:\(.*\))?", re.DOTALL)


def public(module: str) -> list[str]:
    """The public names that a module has, by the path that users write; each name has one place."""
    places = {name: place for place, names in limitlaw._PLACES.items() for name in names.split()}  # noqa: SLF001
    policies = importlib.import_module("limitlaw.sampling.policy").__all__
    places |= dict.fromkeys(policies, "sampling.policy")
    names = [
        f"limitlaw.{name}"
        for name, place in places.items()
        if place == module and not _is_module(name)
    ]
    if module == "" or module[0] == "_":
        return names
    own = getattr(importlib.import_module(f"limitlaw.{module}"), "__all__", ())
    return names + [
        f"{_path(module)}.{name}" for name in own if name not in places and not _is_module(name)
    ]


def _path(module: str) -> str:
    """What users write for a module: ``limitlaw.dist`` is given as it is."""
    return "limitlaw." + module.removeprefix("exhaustion.")


def _is_module(name: str) -> bool:
    return name in {*limitlaw._MODULES, "dist"}  # noqa: SLF001


def _value(path: str) -> Any:
    return functools.reduce(getattr, path.split(".")[1:], limitlaw)


def describe(path: str) -> str:
    """What autodoc is told of a name."""
    value = _value(path)
    if inspect.isclass(value):
        return f".. autoclass:: {path}\n   :members:\n   :show-inheritance:\n"
    return f".. {'autofunction' if callable(value) else 'autodata'}:: {path}\n"


def _summary(path: str) -> str:
    text = inspect.getdoc(_value(path)) or ""
    line = " ".join(text.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")
    return f"| {{py:obj}}`{path}` | {line} |"


def reference_of(module: str) -> str:
    """A table of the names, then each in full."""
    names = public(module)
    table = "\n".join(["| name | what it is |", "|---|---|", *map(_summary, names)])
    described = "\n".join(map(describe, names))
    if f"{_path(module)}." in "".join(names):
        described = f".. py:module:: {_path(module)}\n\n{described}"
    return f"{table}\n\n```{{eval-rst}}\n{described}```"


def verbs() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Each verb of the command line."""
    top = click.Context(main, info_name="limitlaw")
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        assert command is not None, f"{name} is listed"
        yield name, command, click.Context(command, info_name=name, parent=top)


def verbs_reference() -> str:
    """A section for each verb: its usage, what it does, its options, an example."""
    return "\n\n".join(_verb(*found) for found in verbs())


def _verb(name: str, command: click.Command, context: click.Context) -> str:
    usage = command.get_usage(context).removeprefix("Usage: ")
    lines = [
        f"## {name}",
        inspect.cleandoc(command.help or ""),
        f"```sh\n{' '.join(usage.split())}\n```",
    ]
    options = [
        row for row in (p.get_help_record(context) for p in command.get_params(context)) if row
    ]
    cells = [
        tuple(" ".join(cell.split()).replace("|", "\\|") for cell in row)
        for row in options
        if row[1]
    ]
    lines.append(
        "\n".join(
            ["| option | what it does |", "|---|---|", *(f"| `{a}` | {b} |" for a, b in cells)]
        )
    )
    if command.epilog:
        before, _, example = command.epilog.partition("Example: ")
        lines += [before] * bool(before) + [f"```sh\n{example}\n```"] * bool(example)
    return "\n\n".join(lines)


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    text = _PUBLIC.sub(lambda found: reference_of(found[1]), source[0])
    source[0] = _VERBS.sub(lambda _: verbs_reference(), text)


def _find(env: BuildEnvironment, path: str) -> tuple[str, str, str] | None:
    """Where a name is described: the page, the anchor, the path; the module left out."""
    objects = env.domains.python_domain.objects
    parts = path.split(".")
    for tail in range(1, len(parts)):
        for head in range(tail):
            candidate = ".".join([*parts[: head + 1], *parts[tail:]])
            if candidate in objects:
                return objects[candidate].docname, objects[candidate].node_id, candidate
    return None


def _plain(text: str) -> str:
    """An array as what may be given for it."""
    text = _ARRAY.sub(
        lambda found: f"~collections.abc.Sequence[{'float' if found[1] == 'float' else 'int'}]",
        text,
    )
    return text.replace("npt.", "~numpy.typing.")


def _sign(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, given: str | None, result: str | None
) -> Any:
    """An abstract class has no signature of its own."""
    if given and given.startswith("(*_"):
        given = None
    return (_plain(given) if given else given), (_plain(result) if result else result)


def _hint(app: Sphinx, domain: str, objtype: str, content: nodes.Element) -> None:
    for hints in app.env.current_document.autodoc_annotations.values():
        if "given" in hints and "_" in hints:
            hints.clear()
        hints.update({name: _plain(text) for name, text in hints.items()})


def _shorten(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [re.sub(r"^(:vartype \w+: )limitlaw\.", r"\1~limitlaw.", line) for line in lines]


class LinkNames(SphinxPostTransform):
    """Code that names something public links to its description; another name is a warning."""

    default_priority = 400

    def run(self, **_: Any) -> None:
        """Link every name of a page."""
        for literal in list(self.document.findall(nodes.literal)):
            found = _NAMED.fullmatch(literal.astext())
            if not found or isinstance(literal.parent, nodes.reference):
                continue
            if target := _find(self.env, f"limitlaw.{found[1]}"):
                page, anchor, path = target
                link = make_refnode(
                    self.app.builder, self.env.docname, page, anchor, literal.deepcopy(), path
                )
                literal.replace_self(link)
            else:
                _log.warning("no public name: %s", literal.astext(), location=literal)


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: nodes.Element, content: nodes.Element
) -> nodes.Element | None:
    """A type in a signature is named by the module that has it; users see it elsewhere."""
    if node.get("refdomain") != "py" or not (target := _find(env, node["reftarget"])):
        return None
    page, anchor, path = target
    return make_refnode(app.builder, node["refdoc"], page, anchor, content, path)


def setup(app: Sphinx) -> None:
    """Fill in generated text, and link names."""
    app.connect("source-read", _fill)
    app.connect("missing-reference", _resolve)
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-process-docstring", _shorten, priority=900)  # after Napoleon
    app.connect("object-description-transform", _hint, priority=400)  # before the types are written
    app.add_post_transform(LinkNames)
