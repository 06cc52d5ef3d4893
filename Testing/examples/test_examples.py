"""The examples and the Python code of the README run on the synthetic phantom."""

import csv
import json
import re
import runpy
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import SimpleITK

from HermesLib.samples.prostate_phantom import SAMPLE_SEED, Phantom, prostate_phantom

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def sample() -> Phantom:
    return prostate_phantom(SAMPLE_SEED)


def dice(first: np.ndarray, second: np.ndarray) -> float:
    return 2 * (first & second).sum() / (first.sum() + second.sum())


def test_an_array_is_refined_to_a_mask_near_the_truth(tmp_path: Path, sample: Phantom):
    runpy.run_path(str(EXAMPLES / "refine_array.py"))["main"](tmp_path)
    mask = np.load(tmp_path / "segmentation.npy")
    truth = SimpleITK.GetArrayFromImage(sample.label) > 0
    assert mask.shape == truth.shape
    assert dice(mask[8:11], truth[8:11]) > 0.8
    assert (tmp_path / "slices.png").stat().st_size > 20_000


def test_masks_of_a_folder_are_scored_and_the_worst_comes_first(tmp_path: Path, sample: Phantom):
    images = tmp_path / "images"
    masks = tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    part = slice(8, 10)
    label = sample.label[:, :, part]
    shifted = SimpleITK.GetImageFromArray(np.roll(SimpleITK.GetArrayFromImage(label), 30, axis=2))
    shifted.CopyInformation(label)
    for name, mask in (("good", label), ("shifted", shifted)):
        SimpleITK.WriteImage(sample.image[:, :, part], str(images / f"{name}.nii.gz"))
        SimpleITK.WriteImage(mask, str(masks / f"{name}.nii.gz"))
    runpy.run_path(str(EXAMPLES / "judge_masks.py"))["main"](images, masks, tmp_path / "scores.csv")
    with open(tmp_path / "scores.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["mask"] for row in rows] == ["shifted.nii.gz"] * 2 + ["good.nii.gz"] * 2
    assert float(rows[-1]["pdsc"]) > 0.75 > 0.5 > float(rows[0]["pdsc"])


def test_the_notebook_shows_every_iteration(monkeypatch: pytest.MonkeyPatch):
    matplotlib.use("Agg")
    shown: list[int] = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(len(plt.gcf().axes)))
    notebook = json.loads((EXAMPLES / "refine_step_by_step.ipynb").read_text(encoding="utf-8"))
    names: dict = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    plt.close("all")
    iterations = names["iterations"]
    assert len(iterations) > 1
    assert shown == [len(iterations)]
    assert iterations[-1].dsc > iterations[0].dsc
    assert iterations[-1].dsc > 0.7


def test_the_python_code_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Phantom
):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    part = slice(8, 10)
    SimpleITK.WriteImage(sample.image[:, :, part], str(tmp_path / "t2.nii.gz"))
    SimpleITK.WriteImage(sample.label[:, :, part], str(tmp_path / "mask.nii.gz"))
    monkeypatch.chdir(tmp_path)
    names = {"array": SimpleITK.GetArrayFromImage(sample.image)[8:10]}
    exec(code, names)
    assert names["result"].mask.shape == names["array"].shape
    assert names["array_result"].mask.any()
    assert min(names["quality"].pdsc) > 0.75
