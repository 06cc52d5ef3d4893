"""``hermes`` says what it took a mask for, wherever a mask is given."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from Testing.cli.conftest import Hermes
from Testing.cli.results import refine_arguments


@pytest.fixture
def masks(files: Path) -> dict[str, Path]:
    """The label as a label map of two organs, as probabilities, and empty."""
    label = SimpleITK.ReadImage(str(files / "label.nii.gz"))
    organ = SimpleITK.GetArrayFromImage(label)
    arrays = {
        "several": organ * 2 + (np.roll(organ, 20, 2) * 5) * (organ == 0),
        "probable": np.where(organ, 0.8, 0.1).astype(np.float32),
        "empty": organ * 0,
    }
    paths = {}
    for name, array in arrays.items():
        image = SimpleITK.GetImageFromArray(array)
        image.CopyInformation(label)
        paths[name] = files / f"{name}.nii.gz"
        SimpleITK.WriteImage(image, str(paths[name]))
    return paths


def words_with(option: str, files: Path, mask: Path) -> tuple[object, ...]:
    """A short run that is given a mask as MASK, ``--init`` or ``--truth``."""
    if option == "MASK":
        words = ("assess", files / "image.nii.gz", mask, "--steps", 1, "--samples", 1)
    else:
        words = (*refine_arguments(files), option, mask, "--max-iterations", 0)
    return (*words, "--slices", "3")


@pytest.mark.parametrize("option", ["MASK", "--init", "--truth"])
def test_a_label_map_needs_a_label(hermes: Hermes, files, masks, tmp_path, option):
    words = (*words_with(option, files, masks["several"]), "-o", tmp_path / "out")
    label = "--truth-labels" if option == "--truth" else "--labels"
    outcome = hermes(*words)
    assert outcome.code == 2 and len(outcome.err) == 1
    assert "several labels" in outcome.err[0] and f"{label} N" in outcome.err[0]
    assert not (tmp_path / "out").exists()
    assert hermes(*words, label, 2).code == 0


@pytest.mark.parametrize("option", ["MASK", "--init", "--truth"])
@pytest.mark.parametrize(("kind", "said"), [("probable", "probability map"), ("empty", "is empty")])
def test_what_a_mask_was_taken_for_is_printed_and_reported(
    hermes: Hermes, files, masks, tmp_path, option, kind, said
):
    outcome = hermes(*words_with(option, files, masks[kind]), "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    role = {"MASK": "the mask", "--init": "the initial mask", "--truth": "the true mask"}[option]
    assert any(line.startswith(f"hermes: note: {role}") and said in line for line in outcome.err)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert any(said in entry["message"] for entry in report["notices"])


def test_one_organ_of_a_label_map_is_judged_as_its_mask_alone(
    hermes: Hermes, files, masks, tmp_path
):
    label = files / "label.nii.gz"
    truth = ("--truth", masks["several"], "--truth-label", 2)
    alone = hermes(*words_with("MASK", files, label), *truth, "-o", tmp_path / "alone")
    chosen = hermes(
        *words_with("MASK", files, masks["several"]), "--label", 2, "-o", tmp_path / "chosen"
    )
    assert alone.code == chosen.code == 0
    first, second = (
        json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8"))["slices"][0]
        for name in ("alone", "chosen")
    )
    assert first["dsc"] == 1 and first["pdsc"] == second["pdsc"]
