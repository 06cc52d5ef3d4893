"""What a run writes: five consistent files on the image's own grid, reproducible by the seed."""

import csv
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import SimpleITK
from PIL import Image

from Testing.cli.conftest import Hermes
from Testing.cli.results import RESULTS, SCHEMA, names, read, refine_arguments


@pytest.mark.parametrize("kind", ["scribbles", "clicks", "box", "box+clicks"])
def test_refine_writes_five_consistent_files(
    hermes: Hermes, files: Path, tmp_path: Path, kind: str
):
    output = tmp_path / "out"
    outcome = hermes(
        *refine_arguments(
            files,
            "-o",
            output,
            "--prompt",
            kind,
            "--truth",
            files / "label.nii.gz",
            "--slices",
            "1:4",
        )
    )
    assert outcome.code == 0, outcome.err
    assert names(output) == RESULTS
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [entry["index"] for entry in report["slices"]] == [1, 2, 3]
    present_slices = [entry for entry in report["slices"] if entry["status"] != "absent"]
    kinds = {
        iteration["prompt"]["kind"] for entry in present_slices for iteration in entry["iterations"]
    }
    assert kinds == {kind}
    with open(output / "report.csv", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == sum(
            len(entry["iterations"]) for entry in report["slices"]
        )
    segmentation, label = read(output / "segmentation.nii.gz") > 0, read(files / "label.nii.gz") > 0
    assert not segmentation[[0, 4]].any()
    for entry in report["slices"]:
        mask, truth = segmentation[entry["index"]], label[entry["index"]]
        total = mask.sum() + truth.sum()
        assert entry["dsc"] == pytest.approx(
            2 * (mask & truth).sum() / total if total else 1.0, abs=1e-5
        )
    assert Image.open(output / "overview.png").size[0] > 800
    assert str(output) in outcome.out[-1]


def test_results_have_the_grid_of_an_oblique_image(hermes: Hermes, files: Path, tmp_path: Path):
    image = SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(files / "image.nii.gz")), "RSP")
    rotation = SimpleITK.Euler3DTransform()
    rotation.SetRotation(0.1, 0.05, 0.2)
    image.SetDirection(
        (
            np.array(rotation.GetMatrix()).reshape(3, 3)
            @ np.array(image.GetDirection()).reshape(3, 3)
        ).ravel()
    )
    image.SetOrigin((12.5, -40.0, 7.0))
    SimpleITK.WriteImage(image, str(tmp_path / "oblique.nrrd"))
    outcome = hermes(
        *refine_arguments(files, "-o", tmp_path / "out", image=str(tmp_path / "oblique.nrrd"))
    )
    assert outcome.code == 0, outcome.err
    for name in ("segmentation.nii.gz", "pgt.nii.gz"):
        result = SimpleITK.ReadImage(str(tmp_path / "out" / name))
        assert result.GetSize() == image.GetSize()
        for ours, theirs in (
            (result.GetSpacing(), image.GetSpacing()),
            (result.GetOrigin(), image.GetOrigin()),
            (result.GetDirection(), image.GetDirection()),
        ):
            assert ours == pytest.approx(theirs, abs=1e-4)


def test_a_single_slice_is_refined_and_assessed(hermes: Hermes, files: Path, tmp_path: Path):
    refined = hermes(*refine_arguments(files, "-o", tmp_path / "refined", image="one.nii.gz"))
    assert refined.code == 0 and refined.out[0].startswith("1 slice: ")
    mask = tmp_path / "refined" / "segmentation.nii.gz"
    assessed = hermes("assess", files / "one.nii.gz", mask, "-o", tmp_path / "assessed")
    assert assessed.code == 0
    assert names(tmp_path / "assessed") == RESULTS


def test_assess_keeps_the_mask_and_scores_a_wrong_mask_lower(
    hermes: Hermes, files: Path, tmp_path: Path
):
    label = SimpleITK.ReadImage(str(files / "label.nii.gz"))
    wrong = SimpleITK.GetImageFromArray(np.roll(SimpleITK.GetArrayFromImage(label), 20, axis=2))
    wrong.CopyInformation(label)
    SimpleITK.WriteImage(wrong, str(files / "wrong.nii.gz"))
    mean_pdsc = {}
    for name in ("label", "wrong"):
        output = tmp_path / name
        outcome = hermes(
            "assess",
            files / "image.nii.gz",
            files / f"{name}.nii.gz",
            "-o",
            output,
            "--truth",
            files / "label.nii.gz",
        )
        assert outcome.code == 0, outcome.err
        report = json.loads((output / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(report, SCHEMA)
        assert report["provenance"]["model"] is None
        assert all(len(entry["iterations"]) == 1 for entry in report["slices"])
        assert np.array_equal(read(output / "segmentation.nii.gz"), read(files / f"{name}.nii.gz"))
        mean_pdsc[name] = sum(entry["pdsc"] for entry in report["slices"])
    assert mean_pdsc["wrong"] < mean_pdsc["label"]


def test_same_seed_gives_same_results_and_another_seed_different_ones(
    hermes: Hermes, files: Path, tmp_path: Path
):
    results = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert (
            hermes(
                *refine_arguments(files, "-o", tmp_path / name, "--seed", seed, image="one.nii.gz")
            ).code
            == 0
        )
        report = json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8"))
        for entry in report["slices"]:
            for iteration in entry["iterations"]:
                del iteration["seconds"]
        results.append((report["slices"], read(tmp_path / name / "pgt.nii.gz").tobytes()))
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_other_files_in_the_folder_are_kept_and_old_results_replaced(
    hermes: Hermes, files: Path, tmp_path: Path
):
    output = tmp_path / "out"
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    (output / "report.json").write_text("old")
    assert (
        hermes("assess", files / "one.nii.gz", files / "one_label.nii.gz", "-o", output).code == 0
    )
    assert names(output) == sorted([*RESULTS, "notes.txt"])
    assert (output / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert json.loads((output / "report.json").read_text(encoding="utf-8"))["format"] == 1


@pytest.mark.parametrize("kept", [False, True])
def test_the_report_names_no_file_and_no_folder_unless_asked_to(
    hermes: Hermes, files: Path, tmp_path: Path, kept: bool
):
    patient = tmp_path / "Doe^Jane 1971"
    files.rename(patient)
    image, mask = patient / "doe_jane.nii.gz", patient / "19710203.nii.gz"
    (patient / "one.nii.gz").rename(image)
    (patient / "one_label.nii.gz").rename(mask)
    words = ["assess", image, mask, f"-o{patient / 'out'}", f"--truth={mask}"]
    assert hermes(*words, *(["--keep-names"] if kept else [])).code == 0
    for name in ("report.json", "report.csv"):
        text = (patient / "out" / name).read_text(encoding="utf-8")
        assert "Doe" not in text and "1971 " not in text
        assert kept or ("doe_jane" not in text and "19710203" not in text)
    provenance = json.loads((patient / "out" / "report.json").read_text(encoding="utf-8"))[
        "provenance"
    ]
    if kept:
        assert provenance["names"]["image"] == "doe_jane.nii.gz"
        assert "--truth=19710203.nii.gz" in provenance["command"]
    else:
        assert provenance["names"] == {} and provenance["command"] == ["assess"]
