"""``hermes cohort``: many volumes, one engine, one table."""

import csv
import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import SimpleITK

from Testing.cli.conftest import Hermes
from Testing.cli.results import RESULTS, SCHEMA, names, read

FILES = sorted([*RESULTS, "iterations.npz", "task.json"])
QUICK = ("--samples", 1, "--steps", 1)


@pytest.fixture
def images(files: Path, tmp_path: Path) -> Path:
    """Two volumes of one slice and one that cannot be read."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        shutil.copy(files / "one.nii.gz", folder / f"{name}.nii.gz")
    (folder / "broken.nii.gz").write_bytes(b"no image")
    return folder


@pytest.fixture
def masks(files: Path, tmp_path: Path) -> Path:
    """A right mask for one of the volumes, an empty one for the other."""
    folder = tmp_path / "masks"
    folder.mkdir()
    label = SimpleITK.ReadImage(str(files / "one_label.nii.gz"))
    SimpleITK.WriteImage(label, str(folder / "a.nii.gz"))
    SimpleITK.WriteImage(label * 0, str(folder / "b.nii.gz"))
    SimpleITK.WriteImage(label, str(folder / "elsewhere.nii.gz"))
    return folder


def table(output: Path) -> dict[str, dict[str, str]]:
    with open(output / "cohort.csv", encoding="utf-8") as stream:
        return {row["name"]: row for row in csv.DictReader(stream)}


def test_a_broken_volume_does_not_stop_the_others(
    hermes: Hermes, files: Path, images: Path, tmp_path: Path, warm_engine
):
    output = tmp_path / "out"
    model = ("--model", "scribbleprompt", "--weights", files / "model.safetensors")
    words = ("cohort", images, "-o", output, *QUICK, *model, "--max-iterations", 1)
    first = hermes(*words)
    process = warm_engine.process_id
    assert first.code == 2, first.err
    assert list(table(output)) == ["broken", "a", "b"]
    assert "cannot be read as an image" in table(output)["broken"]["reason"]
    assert names(output) == ["a", "b", "cohort.csv", "cohort.html", "cohort.json"]
    assert names(output / "a") == FILES
    report = json.loads((output / "a" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert float(table(output)["a"]["volume_ml"]) == report["summary"]["volume_ml"]
    assert first.out[-1] == f"2 of 3 volumes finished, 1 failed; results in {output}"

    # The same command goes on where it stopped: what is finished is not run again.
    before = (output / "a" / "report.json").stat().st_mtime_ns
    (output / "b" / "task.json").unlink()
    second = hermes(*words)
    assert "a: " in second.err[0] and "finished before" in second.err[0]
    assert "finished before" not in second.err[1]
    assert (output / "a" / "report.json").stat().st_mtime_ns == before
    assert table(output)["b"]["seconds"] != "" and warm_engine.process_id == process


def test_masks_made_elsewhere_are_judged_worst_first_and_again_when_they_change(
    hermes: Hermes, images: Path, masks: Path, tmp_path: Path
):
    output = tmp_path / "out"
    words = ("cohort", images, "--masks", masks, "-o", output, *QUICK)
    outcome = hermes(*words)
    rows = table(output)
    assert "hermes: no image for the mask elsewhere.nii.gz" in outcome.err
    assert rows["broken"]["reason"] == "no mask named broken in masks"
    label = read(masks / "a.nii.gz") > 0
    assert (read(output / "a" / "segmentation.nii.gz") > 0).sum() == label.sum()
    report = json.loads((output / "a" / "report.json").read_text(encoding="utf-8"))
    assert report["provenance"]["model"] is None
    # The organ is on the slice: an empty mask is worse than the right one.
    assert float(rows["b"]["whole_pdsc"]) < float(rows["a"]["whole_pdsc"])
    assert list(rows) == ["broken", "b", "a"]

    shutil.copy(masks / "a.nii.gz", masks / "b.nii.gz")
    again = hermes(*words)
    assert [line for line in again.err if "finished before" in line] == [
        line for line in again.err if "] a:" in line
    ]
    assert table(output)["b"]["whole_pdsc"] == rows["a"]["whole_pdsc"]


def test_other_settings_are_another_result(hermes: Hermes, images: Path, masks: Path, tmp_path):
    words = ("cohort", images / "a.nii.gz", "--masks", masks, "-o", tmp_path / "out", *QUICK)
    assert hermes(*words).code == 0
    assert "finished before" not in hermes(*words, "--threshold", 0.5).out[0]
    # Another device is no other result.
    again = (*words, "--threshold", 0.5, "--device", "cpu")
    assert "finished before" in hermes(*again).out[0]
    # A file that another run or a program left in the folder is no result of this one.
    mask = tmp_path / "out" / "a" / "segmentation.nii.gz"
    whole = mask.read_bytes()
    mask.write_bytes(whole[:-20])
    assert "finished before" not in hermes(*again).out[0]
    assert read(mask).any() and "finished before" in hermes(*again).out[0]


def test_an_interrupted_cohort_keeps_what_is_finished(
    hermes: Hermes, images: Path, masks: Path, tmp_path: Path, monkeypatch
):
    from HermesLib.cohorts.cohort import Cohort

    turn = Cohort.turn

    def interrupted_after_the_first(self, engine, wait=0.0):
        if any(row.state == "finished" for row in self.rows.values()) and not self.done:
            monkeypatch.setattr(Cohort, "turn", turn)
            raise KeyboardInterrupt
        return turn(self, engine, wait)

    monkeypatch.setattr(Cohort, "turn", interrupted_after_the_first)
    (images / "broken.nii.gz").unlink()
    output = tmp_path / "out"
    outcome = hermes("cohort", images, "--masks", masks, "-o", output, *QUICK)
    assert outcome.code == 130 and "1 of 2 volumes are finished and kept" in outcome.err[-1]
    assert {row["state"] for row in table(output).values()} == {"finished", "cancelled"}
    assert not list(tmp_path.rglob(".hermes*"))


def test_several_organs_in_one_mask_need_a_choice(hermes: Hermes, files: Path, tmp_path: Path):
    label = SimpleITK.ReadImage(str(files / "one_label.nii.gz"))
    array = SimpleITK.GetArrayFromImage(label)
    array[0, :5, :5] = 7
    several = SimpleITK.GetImageFromArray(array)
    several.CopyInformation(label)
    SimpleITK.WriteImage(several, str(tmp_path / "several.nii.gz"))
    words = ("assess", files / "one.nii.gz", tmp_path / "several.nii.gz", *QUICK)
    refused = hermes(*words, "-o", tmp_path / "refused")
    assert refused.code == 2 and "--labels" in refused.err[-1]
    assert not (tmp_path / "refused").exists()
    assert hermes(*words, "-o", tmp_path / "out", "--labels", 1).code == 0
    assert (read(tmp_path / "out" / "segmentation.nii.gz") > 0).sum() == (array == 1).sum()


def test_bad_sources_are_refused_in_one_line(hermes: Hermes, tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for words in ((empty,), (tmp_path / "none",), (empty, "--masks", tmp_path / "no-masks")):
        outcome = hermes("cohort", *words, "-o", tmp_path / "out")
        assert outcome.code == 2 and len(outcome.err) == 1
        assert not (tmp_path / "out").exists()
