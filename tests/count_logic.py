"""Counts the lines of logic of the package: no docstrings, comments, blanks, imports, signatures, fields or `__all__`.

    python tests/count_logic.py [FOLDER]

Prints the sum, then every package and module with its own, the longest first. Not a test: how thin Python is.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "python" / "limitlaw"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def left_out(tree: ast.Module) -> set[int]:
    """The lines that are no logic, whatever they hold."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines.update(range(first, max(first + 1, node.body[0].lineno)))
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module)):
            fields = [part for part in node.body if isinstance(node, ast.ClassDef) and isinstance(part, ast.AnnAssign)]
            for part in [*fields, *filter(is_docstring, node.body[:1])]:
                lines.update(range(part.lineno, (part.end_lineno or part.lineno) + 1))
    return lines


def logic(source: str) -> int:
    """How many lines of a module are logic."""
    none = left_out(ast.parse(source))
    lines = enumerate(source.splitlines(), start=1)
    return sum(1 for at, line in lines if at not in none and line.strip() and not line.lstrip().startswith("#"))


def main(folder: Path) -> None:
    found = Counter(
        {path.relative_to(folder): logic(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")}
    )
    packages: Counter[str] = Counter()
    for path, count in found.items():
        packages[path.parts[0]] += count
    sys.stdout.write(f"{found.total():6} lines of logic in {len(found)} files\n\n")
    for name, count in [*packages.most_common(), ("", 0), *found.most_common()]:
        sys.stdout.write(f"{count:6} {name}\n" if name else "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE)
