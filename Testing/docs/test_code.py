"""The Python code of the pages and the notebook run as they stand, on the synthetic sample."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest
import SimpleITK

from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebooks" / "first-steps.ipynb"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files that the pages name: two slices, and their masks."""
    phantom = prostate_phantom(SAMPLE_SEED)
    part = slice(8, 10)
    SimpleITK.WriteImage(phantom.image[:, :, part], str(tmp_path / "t2.nii.gz"))
    for name in ("mask", "gland"):
        SimpleITK.WriteImage(phantom.label[:, :, part], str(tmp_path / f"{name}.nii.gz"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


def test_the_first_page_of_python(folder: Path, capsys: pytest.CaptureFixture[str]):
    names: dict = {}
    for code in blocks("start-python.md"):
        exec(code, names)
    assert (folder / "out" / "report.json").is_file()
    assert names["worst"] in (0, 1) and names["quality"].pdsc.min() > 0.75
    # A line for each slice, then one for each try.
    assert len(capsys.readouterr().out.splitlines()) > 3


@pytest.mark.parametrize("page", ["guides.md", "first-prompts.md"])
def test_code_of_other_pages(folder: Path, page: str):
    assert blocks(page)
    for code in blocks(page):
        exec(code, {})


def test_the_notebook_prints_what_it_shows():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec("".join(cell["source"]), names)
            stored = "".join("".join(output["text"]) for output in cell["outputs"])
            # Numbers may differ in their last digit on another processor.
            words = [re.sub(r"[\d.]+", "0", text) for text in (printed.getvalue(), stored)]
            assert words[0] == words[1]
    assert names["dice"] > 0.8
    assert max(names["judged"].pdsc[8:10]) < min(names["result"].pdsc[8:10])
