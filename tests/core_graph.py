"""Which module of the Rust core uses which: from `use` lines and paths, without comments, strings and tests."""

import re
from collections.abc import Iterator
from pathlib import Path

CORE = Path(__file__).parent.parent / "rust_core" / "src"
Module = tuple[str, ...]


def code_of(path: Path) -> str:
    """Rust source without comments, without what strings say, and without its tests."""
    text = re.sub(
        r'"(?:\\.|[^"\\])*"|//[^\n]*', "", path.read_text(encoding="utf-8").replace("'\"'", ""), flags=re.DOTALL
    )
    return text.partition("#[cfg(test)]")[0]


def modules() -> dict[Module, str]:
    """The code of every module; `a/mod.rs` is module `a`."""
    found = {}
    for path in sorted(CORE.rglob("*.rs")):
        parts = path.relative_to(CORE).with_suffix("").parts
        if parts != ("lib",):
            found[parts[:-1] if parts[-1] == "mod" else parts] = code_of(path)
    return found


def paths(code: str) -> Iterator[list[str]]:
    """Every path that a source names, groups in braces taken apart."""

    def expand(prefix: list[str], tree: str) -> Iterator[list[str]]:
        head, brace, rest = tree.strip().partition("{")
        segments = prefix + [part.strip() for part in head.split(" as ")[0].split("::") if part.strip()]
        if not brace:
            yield segments
            return
        depth, item = 0, ""
        for letter in rest.rstrip().removesuffix("}") + ",":
            depth += (letter == "{") - (letter == "}")
            if letter == "," and depth == 0:
                if item.strip():
                    yield from expand(segments, item)
                item = ""
            else:
                item += letter

    for tree in re.findall(r"\buse ([^;]+);", code):
        yield from expand([], tree)
    for path in re.findall(r"\b(?:crate|super|self)(?:::\w+)+", re.sub(r"\buse [^;]+;", "", code)):
        yield path.split("::")


def graph(sources: dict[Module, str]) -> dict[Module, set[Module]]:
    """By module, the other modules that it uses; that a folder declares its files is no use."""

    def target(module: Module, segments: list[str]) -> Module | None:
        first, *rest = segments
        if first == "crate":
            full = rest
        elif first == "super":
            up = next((i for i, segment in enumerate(segments) if segment != "super"), len(segments))
            full = [*module[: len(module) - up], *segments[up:]]
        else:
            full = [*module, *(rest if first == "self" else segments)]
        ends = (tuple(full[:n]) for n in range(len(full), 0, -1))
        found = next((end for end in ends if end in sources), None)
        return None if found == module else found

    return {
        module: {to for segments in paths(code) if (to := target(module, segments))} for module, code in sources.items()
    }


def circle(edges: dict[Module, set[Module]]) -> list[str]:
    """Modules that use one another in a circle; none where there is no circle."""
    done: set[Module] = set()
    on_path: list[Module] = []

    def walk(module: Module) -> list[Module]:
        if module in on_path:
            return [*on_path[on_path.index(module) :], module]
        if module in done:
            return []
        on_path.append(module)
        found = next((found for to in sorted(edges[module]) if (found := walk(to))), [])
        on_path.pop()
        done.add(module)
        return found

    found = next((found for module in edges if (found := walk(module))), [])
    return ["::".join(module) for module in found]
