"""With a guide or an uncalibrated judge, no line of the command line claims to know the quality."""

import json
from pathlib import Path

import pytest
import SimpleITK

from HermesLib.report.words import score_words
from Testing.cli.conftest import Hermes

STEERED = {
    "agreement": ("--organ", "prostate", "--modality", "MR", "--guide"),
    "judged": ("--samples", 1, "--steps", 1, "--judge", "agreement"),
}


@pytest.mark.parametrize("score", STEERED)
def test_progress_and_summary_say_what_the_number_is(
    hermes: Hermes, files: Path, tmp_path: Path, score: str
):
    label = files / "one_label.nii.gz"
    options = STEERED[score] + ((label,) if score == "agreement" else ())
    outcome = hermes("assess", files / "one.nii.gz", label, "-o", tmp_path / "out", *options)
    assert outcome.code == 0, outcome.err
    words = score_words(score)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["provenance"]["score"] == score
    (progress,) = [line for line in outcome.err if line.startswith("slice 1: ")]
    assert words.name in progress and "quality" not in progress and "accepted" not in progress
    printed = "\n".join(outcome.out)
    assert words.several in outcome.out[0] and "(0.90 or more)" in outcome.out[0]
    assert f"mean {words.name}" in printed and "pDSC" not in outcome.out[1]
    assert "accepted" not in outcome.out[0] and "estimate of the true Dice" in printed
    # The machine's value stays: nothing is accepted.
    assert report["slices"][0]["status"] == "stopped"


def test_the_table_of_a_cohort_says_it_too(hermes: Hermes, files: Path, tmp_path: Path):
    label, output = files / "one_label.nii.gz", tmp_path / "out"
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "one.nii.gz").write_bytes(label.read_bytes())
    options = (*STEERED["agreement"], label)
    outcome = hermes("cohort", files / "one.nii.gz", "--masks", masks, "-o", output, *options)
    assert outcome.code == 0, outcome.err
    assert "one: agreement 1.00" in outcome.out[0]
    assert "1 agree, 1 to look at (1 uncalibrated), 0 absent" in outcome.out[0]
    assert outcome.out[1] == score_words("agreement").caution
    page = (output / "cohort.html").read_text(encoding="utf-8")
    assert "Agreement with the guide</th>" in page and "no estimate of the true quality" in page
    assert "stimated quality" not in page and "Accepted" not in page
    (row,) = json.loads((output / "cohort.json").read_text(encoding="utf-8"))["volumes"]
    assert (row["score"], row["accepted"], row["agree"]) == ("agreement", 0, 1)


def test_each_volume_of_a_cohort_has_its_own_guide(hermes: Hermes, files: Path, tmp_path: Path):
    images, guides, output = (tmp_path / name for name in ("images", "guides", "out"))
    images.mkdir()
    guides.mkdir()
    label = SimpleITK.ReadImage(str(files / "one_label.nii.gz"))
    for name, shift in (("a", 0), ("b", 8)):
        (images / f"{name}.nii.gz").write_bytes((files / "one.nii.gz").read_bytes())
        moved = SimpleITK.CyclicShift(label, (shift, 0, 0))
        SimpleITK.WriteImage(moved, str(guides / f"{name}.nii.gz"))
    masks = tmp_path / "masks"
    masks.mkdir()
    for name in ("a", "b"):
        SimpleITK.WriteImage(label, str(masks / f"{name}.nii.gz"))
    words = ("cohort", images, "--masks", masks, "-o", output, "--modality", "MR")
    outcome = hermes(*words, "--organ", "prostate", "--guides", guides)
    assert outcome.code == 0, outcome.err
    rows = json.loads((output / "cohort.json").read_text(encoding="utf-8"))["volumes"]
    assert [row["name"] for row in rows] == ["b", "a"]
    assert rows[0]["whole_pdsc"] < 0.8 and rows[1]["whole_pdsc"] == 1

    again = hermes(*words, "--organ", "prostate", "--guides", guides)
    assert sum("finished before" in line for line in again.out) == 2
    (guides / "b.nii.gz").write_bytes((guides / "a.nii.gz").read_bytes())
    changed = hermes(*words, "--organ", "prostate", "--guides", guides)
    assert sum("finished before" in line for line in changed.out) == 1

    refused = hermes(*words, "--guides", guides)
    assert refused.code == 2 and "name what the guides segment" in refused.err[-1]
    one = hermes(*words, "--organ", "prostate", "--guide", guides / "a.nii.gz")
    assert one.code == 2 and "is the guide of one image, and there are 2" in one.err[-1]
