"""Who may import whom: the layers of docs/contributing.md, in Python and in Rust."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import limitlaw as ll
from core_graph import CORE, circle, code_of, graph, modules
from limitlaw.sampling import policy

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "python" / "limitlaw"

#: From the top; a module may import from lower lines and from its own package. The façade stands beside them.
PYTHON_LAYERS = [
    {"__main__"},
    {"cli"},
    {"demo"},
    {"pages", "picture"},
    {"_pytest", "plots", "testing"},
    {"sweeps"},
    {"plan", "recommendation"},
    {"gates", "decisions"},
    {"run", "fit"},
    {"sampling", "exhaustion", "closed_form", "datasets", "logs"},
    {"_show"},
    {"_frames", "_random"},
    {"_spec", "errors", "seed"},
    {"_declared"},
    {"_dates", "_extras", "_files", "_hypothesis", "_inputs", "_lines", "_progress", "_unused"},
    {"_arguments", "_elementary"},
    {"_core"},
]

#: The modules of the core, from the bottom; a module may use lower lines and itself.
CORE_LAYERS = [
    {"error"},
    {"dispatch", "math", "memory", "rng"},
    {"special"},
    {"run", "spec", "variates"},
    {"histogram", "stats"},
    {"closed_form"},
    {"sampling", "exhaustion"},
    {"fit"},
    {"sweep"},
]


def level(layers: list[set[str]], name: str) -> int:
    found = [i for i, names in enumerate(layers) if name in names]
    assert len(found) == 1, f"{name} has no place in the layers: give it one here and in docs/contributing.md"
    return found[0]


def python_imports(source: str, package: str) -> set[str]:
    """The top-level modules of limitlaw that a file of ``package`` imports; ``__init__`` is the façade itself."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            targets = [f"{module}.{alias.name}" for alias in node.names] if module == "limitlaw" else [module]
        else:
            continue
        for target in targets:
            first, _, rest = target.partition(".")
            if first == "limitlaw":
                names.add(rest.partition(".")[0] or "__init__")
    return names


def python_breaches(name: str, source: str, package: str) -> list[str]:
    """What the file of module ``name`` imports from its own line or from above."""
    imports = python_imports(source, package) - {name, "__version__"}
    if name == "__init__":
        return sorted(imports & {"__main__", "cli"})
    own = level(PYTHON_LAYERS, name)
    if name in ("__main__", "cli", "demo"):
        imports -= {"__init__"}  # the command line uses the library as its users do
    return sorted(i for i in imports if i == "__init__" or level(PYTHON_LAYERS, i) <= own)


def python_graph(sources: dict[str, str]) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    """By module, the other modules of limitlaw that it imports, for types too; a package is its ``__init__``."""

    def known(name: str) -> bool:
        return name in sources

    edges: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for module, source in sources.items():
        found = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                parts = module.split(".")
                base = parts[: len(parts) - node.level] if node.level else []
                origin = ".".join([*base, *([node.module] if node.module else [])])
                names = [f"{origin}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                found.add(name if known(name) else name.rpartition(".")[0])
        edges[tuple(module.split("."))] = {tuple(name.split(".")) for name in found if known(name)} - {
            tuple(module.split("."))
        }
    return edges


def test_no_modules_of_the_package_import_one_another_in_a_circle() -> None:
    sources = {
        ".".join(("limitlaw", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path.read_text(encoding="utf-8")
        for path in PYTHON_FILES
    }
    edges = python_graph(sources)
    assert ("limitlaw", "sweeps", "grid") in edges["limitlaw", "sweeps", "plan"]
    # The command line and the demo use the library as its users do: the facade stands above what it exports.
    assert circle(edges) == []


def test_a_circle_in_the_package_is_noticed() -> None:
    sources = {"limitlaw.a": "from limitlaw.b import B", "limitlaw.b": "if TYPE_CHECKING:\n    from limitlaw import a"}
    assert circle(python_graph(sources)) == ["limitlaw::a", "limitlaw::b", "limitlaw::a"]
    assert circle(python_graph(sources | {"limitlaw.b": "from limitlaw.c import a"})) == []


def test_no_file_has_two_subjects() -> None:
    files = [*(p for p in PYTHON_FILES if p.suffix == ".py"), *CORE_FILES]
    assert [(p.name, n) for p in files if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400] == []


def test_the_facade_gives_what_its_stub_says() -> None:
    """``__init__.py`` imports a name when it is used; ``__init__.pyi`` tells type checkers and readers which."""
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    (listed,) = [node.value for node in stub.body if isinstance(node, ast.Assign)]
    assert sorted([*ast.literal_eval(listed), *policy.__all__]) == ll.__all__
    imported = {
        alias.name: node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name not in ("*", "policy", "__version__")
    }
    for name, module in imported.items():
        origin = importlib.import_module(f"{module}.{name}" if module == "limitlaw" else str(module))
        assert getattr(ll, name) is (origin if module == "limitlaw" else getattr(origin, name))
    assert set(imported) | set(policy.__all__) | {"__version__"} == set(ll.__all__)
    assert set(ll.__all__) <= set(dir(ll))
    with pytest.raises(AttributeError, match=r"^module 'limitlaw' has no attribute 'taste'$"):
        ll.taste  # noqa: B018


def test_importing_the_facade_waits_for_nothing() -> None:
    code = "import sys, limitlaw; print([name for name in ('numpy', 'polars', 'click', 'tqdm') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


PYTHON_FILES = sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi")])
CORE_FILES = sorted(p for p in CORE.rglob("*.rs") if p.name != "lib.rs")


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_python_modules_import_only_from_below(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    package = ".".join(("limitlaw", *parts[:-1]))
    assert python_breaches(parts[0], path.read_text(encoding="utf-8"), package) == []


def test_a_breach_in_python_is_noticed() -> None:
    assert python_breaches("sampling", "from limitlaw.run import simulate", "limitlaw.sampling") == ["run"]
    assert python_breaches("sampling", "from limitlaw import exhaustion, _core", "limitlaw.sampling") == ["exhaustion"]
    assert python_breaches("sampling", "from ..run import simulate", "limitlaw.sampling") == ["run"]
    assert python_breaches("run", "def f():\n    import limitlaw.cli", "limitlaw") == ["cli"]
    assert python_breaches("fit", "import limitlaw as ll", "limitlaw.fit") == ["__init__"]
    assert (
        python_breaches("sampling", "from .tasks import Tasks\nfrom limitlaw._spec import Spec", "limitlaw.sampling")
        == []
    )


@pytest.mark.parametrize("path", CORE_FILES, ids=lambda p: str(p.relative_to(CORE)))
def test_core_modules_use_only_what_is_below(path: Path) -> None:
    name = path.relative_to(CORE).with_suffix("").parts[0]
    used = set(re.findall(r"\bcrate::(\w+)", code_of(path))) - {name}
    assert sorted(u for u in used if level(CORE_LAYERS, u) >= level(CORE_LAYERS, name)) == []


#: Simulators and closed forms: neither names the other, so that each is an oracle for the other.
APART = [
    ("sampling/draw", r"closed_form|sampling::exact"),
    ("sampling/exact", r"sampling::draw"),
    ("exhaustion/simulate.rs", r"closed_form"),
    ("exhaustion/constraint/simulate.rs", r"closed_form"),
]


@pytest.mark.parametrize(("place", "other"), APART)
def test_simulators_and_closed_forms_never_name_each_other(place: str, other: str) -> None:
    root = CORE / place
    paths = sorted(root.rglob("*.rs")) if root.is_dir() else [root]
    assert paths
    assert [str(p) for p in paths if re.search(rf"\b(?:{other})\b", code_of(p))] == []


def test_no_modules_of_the_core_use_one_another_in_a_circle() -> None:
    edges = graph(modules())
    assert edges["sampling", "draw", "engine"] >= {("sampling", "draw", "plan"), ("run",)}
    assert circle(edges) == []


def test_a_circle_in_the_core_is_noticed() -> None:
    sources = {
        ("a",): "pub mod b; use b::{self, x::{Y, Z}};",
        ("a", "b"): "use super::c::C;",
        ("a", "c"): "fn f() -> crate::a::Thing {}",
    }
    assert graph(sources) == {("a",): {("a", "b")}, ("a", "b"): {("a", "c")}, ("a", "c"): {("a",)}}
    assert circle(graph(sources)) == ["a", "a::b", "a::c", "a"]
    assert circle(graph(sources | {("a", "c"): "use crate::d::D;", ("d",): ""})) == []


@pytest.mark.parametrize("path", sorted((CORE / "sampling" / "policy").glob("*.rs")), ids=lambda p: p.stem)
def test_a_policy_chooses_without_its_closed_form(path: Path) -> None:
    blocks = re.findall(r"^impl\b[^{]*\bSelector for [^{]*\{.*?^\}", code_of(path), flags=re.DOTALL | re.MULTILINE)
    assert [block for block in blocks if re.search(r"closed_form|exact::|Expected|Part\b", block)] == []


def test_only_the_bindings_know_python() -> None:
    tree = subprocess.run(
        [
            "cargo",
            "tree",
            "--locked",
            "--package",
            "limitlaw-core",
            "--edges",
            "normal,build,dev",
            "--prefix",
            "none",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    crates = {line.split()[0] for line in tree.splitlines() if line.strip()}
    assert "limitlaw-core" in crates
    assert {c for c in crates if "pyo3" in c or "python" in c or c == "numpy"} == set()
    assert [str(p) for p in CORE.rglob("*.rs") if "pyo3" in code_of(p)] == []
