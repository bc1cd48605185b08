"""The notebook of the documentation: it runs from top to bottom, and its pictures need no network."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parent.parent / "docs" / "notebook.ipynb"


def test_the_notebook_is_stored_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")


# ipykernel and its libraries warn of their own affairs.
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_and_shows_pictures_without_a_network(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="the dependency group docs is not installed")
    nbclient = pytest.importorskip("nbclient", reason="the dependency group docs is not installed")
    pytest.importorskip("ipykernel", reason="the dependency group docs is not installed")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output["data"] for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    pictures = [data for data in shown if "image/png" in data]
    assert len(pictures) == 5
    assert not any("text/html" in data for data in pictures)
    pages = "".join("".join(data["text/html"]) for data in shown if "text/html" in data)
    assert "false_positive_rate" in pages  # a setting
    assert "attempts_low" in pages  # a recommendation
    assert "cdn" not in pages
    said = [output["text"] for cell in notebook.cells for output in cell.get("outputs", []) if "text" in output]
    assert any("first_accepted" in text for text in said)
    assert (tmp_path / "page.html").stat().st_size > 100_000
