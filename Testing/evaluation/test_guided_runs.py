"""What becomes of a guide's errors: `hermes evaluate guide`."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.cli.main import main
from HermesLib.evaluation.guided_runs import GuidedSlice, guided_figures


def slice_of(patient: str, guide: float, mask: float, agrees: bool) -> GuidedSlice:
    return GuidedSlice(patient, 0, guide, mask, 0.95 if agrees else 0.5, agrees, 1)


def test_agreement_that_hides_an_error_is_counted():
    slices = [
        slice_of("a", 0.5, 0.6, True),
        slice_of("a", 0.7, 0.95, True),
        slice_of("b", 0.9, 0.8, False),
    ]
    figures = guided_figures(slices, 0.9)
    assert figures["agree"] == 2 and figures["agree_but_below_threshold"] == 1
    assert figures["guide_dice"] == pytest.approx(0.75) and figures["slices_better"] == 2
    assert figures["worst_patient_mask"] == pytest.approx(0.775)
    assert figures["patients_better"] == 1


def test_spoilt_guides_of_an_organ_without_a_preset_are_measured(tmp_path: Path, capsys):
    folder = tmp_path / "made"
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    rows, columns = np.indices((64, 64))
    disc = (rows - 30) ** 2 + (columns - 34) ** 2 < 14**2
    for name, pixels in (("images", 60 + 120 * disc), ("labels", disc)):
        image = SimpleITK.GetImageFromArray(pixels.astype(np.uint8))
        SimpleITK.WriteImage(image, str(folder / name / "p1.png"))
    table = {
        "name": "made",
        "modality": "CT",
        "window_hu": [-125, 275],
        "labels": ["background", "liver"],
        "slices": [{"name": "p1", "patient": 1}],
    }
    (folder / "dataset.json").write_text(json.dumps(table), encoding="utf-8")
    words = ["evaluate", "guide", "--organ", "liver", "--data", f"slices:{folder}"]
    assert main([*words, "--models", "medsam", "--levels", "0.5", "--device", "cpu"]) == 0
    figures = json.loads(capsys.readouterr().out)["medsam, corrupted 0.5"]
    assert figures["slices"] == 1 and 0 < figures["guide_dice"] < 0.95
    assert figures["mask_dice"] > figures["guide_dice"], "a bright disc is easy for the model"
