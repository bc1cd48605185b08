"""What is imported is the newest wheel: nothing stale, nothing from the source tree."""

import importlib.metadata
from pathlib import Path

import limitlaw
from limitlaw import _core

ROOT = Path(__file__).parent.parent
INSTALLED = Path(limitlaw.__file__).parent


def test_the_installed_wheel_is_imported() -> None:
    assert ROOT / "python" not in INSTALLED.parents, "tests run on the installed wheel: make test"
    assert "site-packages" in INSTALLED.parts


def test_no_shared_object_in_the_source_tree_can_shadow_it() -> None:
    assert sorted((ROOT / "python").rglob("*.so")) == []


def test_one_core_is_installed_and_imported() -> None:
    assert [Path(_core.__file__)] == [
        p for p in INSTALLED.iterdir() if p.name.startswith("_core.") and p.suffix != ".pyi"
    ]


def test_no_source_is_newer_than_the_core() -> None:
    built = Path(_core.__file__).stat().st_mtime
    rust = [*(ROOT / "rust_core").rglob("*.rs"), *(ROOT / "rust_core").rglob("Cargo.toml"), ROOT / "Cargo.lock"]
    newer = [str(p.relative_to(ROOT)) for p in rust if p.stat().st_mtime > built]
    assert newer == [], "make test builds the wheel anew"


def test_the_installed_python_is_the_source() -> None:
    sources = ROOT / "python" / "limitlaw"
    files = [p for p in sources.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert files
    for path in files:
        assert (INSTALLED / path.relative_to(sources)).read_bytes() == path.read_bytes(), (
            f"{path} is not what is installed"
        )


def test_versions_agree_and_the_build_is_optimised() -> None:
    assert limitlaw.__version__ == _core.__version__ == importlib.metadata.version("limitlaw")
    assert not _core.DEBUG_BUILD, "a debug build of the core is slow"
