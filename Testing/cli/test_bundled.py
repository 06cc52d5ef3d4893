"""Results with the bundled weights: the demo, every model, and real series."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.cli.main import main
from HermesLib.engine.client import Engine

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs real patients (../shared/data)")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, warm_engine: Engine) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "-o", str(folder)], warm_engine) == 0
    return folder


def report_of(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def mask_of(path: Path) -> np.ndarray:
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))) > 0


def test_the_demo_ends_near_the_true_mask(demo: Path):
    truth = mask_of(demo / "sample_label.nii.gz")
    mask = mask_of(demo / "segmentation.nii.gz")
    assert 2 * (truth & mask).sum() / (truth.sum() + mask.sum()) > 0.75
    report = report_of(demo)
    ended = {entry["index"]: entry for entry in report["slices"]}
    beside = np.flatnonzero(mask.any((1, 2)) & ~truth.any((1, 2))).tolist()
    assert all(ended[index]["marks"] for index in beside), "drawn beside the organ without a mark"
    # The sample shows both: slices that can be trusted, and slices to look at.
    accepted = [entry for entry in report["slices"] if entry["status"] == "accepted"]
    assert len(accepted) >= 3
    assert min(entry["dsc"] for entry in accepted) > 0.85
    assert any(entry["status"] == "stopped" for entry in report["slices"])


@pytest.mark.parametrize("model", ["medsam", "scribbleprompt", "mideepseg"])
def test_refinement_improves_every_model_far_beyond_its_first_mask(
    demo: Path, tmp_path: Path, warm_engine: Engine, model: str
):
    arguments = [
        "refine",
        str(demo / "sample.nii.gz"),
        "-o",
        str(tmp_path),
        "--model",
        model,
        "--truth",
        str(demo / "sample_label.nii.gz"),
    ]
    assert main([*arguments, "--slices", "7:10", "--max-iterations", "3"], warm_engine) == 0
    slices = report_of(tmp_path)["slices"]
    first = np.mean([entry["iterations"][0]["dsc"] for entry in slices])
    final = np.mean([entry["dsc"] for entry in slices])
    assert final > 0.7
    assert final > first + 0.3


def test_assess_scores_the_true_gland_above_a_shifted_one(
    demo: Path, tmp_path: Path, warm_engine: Engine
):
    label = SimpleITK.ReadImage(str(demo / "sample_label.nii.gz"))
    shifted = SimpleITK.GetImageFromArray(np.roll(SimpleITK.GetArrayFromImage(label), 30, axis=2))
    shifted.CopyInformation(label)
    SimpleITK.WriteImage(shifted, str(tmp_path / "shifted.nii.gz"))
    scores = []
    for name, path in (
        ("good", demo / "sample_label.nii.gz"),
        ("bad", tmp_path / "shifted.nii.gz"),
    ):
        arguments = [
            "assess",
            str(demo / "sample.nii.gz"),
            str(path),
            "-o",
            str(tmp_path / name),
            "--slices",
            "7:10",
        ]
        assert main(arguments, warm_engine) == 0
        scores.append(report_of(tmp_path / name)["summary"]["mean_pdsc"])
    assert scores[0] > 0.75 > 0.5 > scores[1]


@needs_data
@pytest.mark.parametrize(
    ("image", "preset", "slices"),
    [
        ("dicom/mr-prostate-t2", "prostate-t2", "9:11"),
        ("dicom/ct-abdomen", "spleen-ct", "9:11"),
        ("ct-example/ct.nii.gz", "spleen-ct", "14:16"),
    ],
)
def test_results_of_real_series_have_the_grid_of_the_series(
    tmp_path: Path, warm_engine: Engine, image: str, preset: str, slices: str
):
    arguments = [
        "refine",
        str(DATA / image),
        "-o",
        str(tmp_path),
        "--preset",
        preset,
        "--slices",
        slices,
    ]
    assert main([*arguments, "--max-iterations", "1"], warm_engine) == 0
    result = SimpleITK.ReadImage(str(tmp_path / "segmentation.nii.gz"))
    if (DATA / image).is_file():
        original = SimpleITK.ReadImage(str(DATA / image))
    else:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(DATA / image)))
        original = reader.Execute()
    assert result.GetSize() == original.GetSize()
    assert np.allclose(result.GetSpacing(), original.GetSpacing(), atol=1e-5)
    assert np.allclose(result.GetOrigin(), original.GetOrigin(), atol=1e-3)
    assert np.allclose(result.GetDirection(), original.GetDirection(), atol=1e-5)
