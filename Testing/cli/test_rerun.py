"""``hermes rerun``: a report is enough to repeat its run, whoever started it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

import HermesLib
from HermesLib.errors import DIFFERENT
from HermesLib.prompts.boxes import Box
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.repeat import Inputs, request_from_report
from HermesLib.runs.request import RefineRequest
from Testing.cli.conftest import Hermes
from Testing.cli.results import refine_arguments

SAME = "segmentation and pGT are the same as in the report"


def report_of(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_a_run_of_the_command_line_is_repeated_with_all_its_options(
    hermes: Hermes, files: Path, tmp_path: Path
):
    options = ["--seed", 7, "--threshold", 0.95, "--slices", "2-4", "--patience", 1]
    first = refine_arguments(files, "-o", tmp_path / "first", *options)
    assert hermes(*first).code == 0
    report = tmp_path / "first" / "report.json"
    weights = ("--weights", files / "model.safetensors")
    again = hermes("rerun", report, files / "image.nii.gz", "-o", tmp_path / "again", *weights)
    assert again.code == 0 and again.out[-1] == SAME
    before, after = (report_of(tmp_path / name) for name in ("first", "again"))
    same = ("segmentation.nii.gz", "pgt.nii.gz")
    assert [before["files"][name] for name in same] == [after["files"][name] for name in same]
    for key in ("settings", "inputs", "threads", "versions", "device"):
        assert before["provenance"][key] == after["provenance"][key], key


def test_a_run_of_python_on_arrays_is_repeated_from_files(
    hermes: Hermes, files: Path, tmp_path: Path
):
    image = SimpleITK.ReadImage(str(files / "image.nii.gz"))
    mask = SimpleITK.ReadImage(str(files / "label.nii.gz"))
    result = HermesLib.refine(
        image,
        model="scribbleprompt",
        initial_mask=mask,
        truth=mask,
        prompt="box",
        first_prompt=Box(10.0, 12.0, 40.0, 44.0),
        settings=RefinementSettings(max_iterations=1, seed=3),
        samples=1,
        steps=1,
        device="cpu",
    )
    report = result.write(tmp_path / "first") / "report.json"
    words = ("rerun", report, files / "image.nii.gz", "-o", tmp_path / "again")
    again = hermes(*words, "--mask", files / "label.nii.gz")
    assert again.code == 0 and again.out[-1] == SAME, again


def test_other_inputs_are_refused_and_other_results_are_said(
    hermes: Hermes, files: Path, tmp_path: Path
):
    assess = ("assess", files / "one.nii.gz", files / "one_label.nii.gz")
    assert hermes(*assess, "-o", tmp_path / "first").code == 0
    report = tmp_path / "first" / "report.json"
    image = SimpleITK.ReadImage(str(files / "one.nii.gz"))
    SimpleITK.WriteImage(image + 1, str(files / "other.nii.gz"))
    mask = ("--mask", files / "one_label.nii.gz", "-o", tmp_path / "again")
    for words, message in (
        ((files / "other.nii.gz", *mask), "not the one of the report: the image"),
        ((files / "one.nii.gz", *mask[2:]), "give it with --mask"),
        ((files / "one.nii.gz", *mask, "--weights", "x"), "used no file for its weights"),
    ):
        refused = hermes("rerun", report, *words)
        assert refused.code == 2 and message in refused.err[-1], refused.err
        assert not (tmp_path / "again").exists()
    content = report_of(tmp_path / "first")
    content["results"]["pgt"] = "0" * 64
    report.write_text(json.dumps(content))
    changed = hermes("rerun", report, files / "one.nii.gz", *mask)
    assert changed.code == DIFFERENT
    assert changed.out[-1] == "not the same as in the report: pgt"
    del content["provenance"]["settings"]
    report.write_text(json.dumps(content))
    assert "earlier version" in hermes("rerun", report, files / "one.nii.gz", *mask).err[-1]


def test_every_field_of_a_request_is_repeated_or_left_out_on_purpose(tmp_path: Path):
    from HermesLib.runs.recorded import LEFT_OUT, recorded_settings

    request = RefineRequest(
        image=tmp_path,
        samples=2,
        steps=3,
        score="raw",
        slices=(1, None),
        labels=(1, 2),
        truth_labels=(),
        settings=RefinementSettings(keep="last", pgt="fixed", redraws=1),
        slices_at_once=1,
        prompt="box",
        model="medsam",
    )
    recorded = {"image": "a", "quality": "b"}
    provenance = {
        "settings": json.loads(json.dumps(recorded_settings(request))),
        "inputs": recorded,
        "device": "cpu",
        "threads": 2,
    }
    again = request_from_report({"provenance": provenance}, Inputs(image=tmp_path))
    left_out = {"threads": 2, "expected": again.expected, "device": "cpu"}
    assert replace(request, **left_out) == again
    assert again.expected is not None and again.expected.image == "a"
    assert set(LEFT_OUT) < set(RefineRequest.__dataclass_fields__) | {"mask"}


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_refused(hermes: Hermes, files: Path, name: str):
    for words in (
        ("assess", files / "one.nii.gz", files / "one_label.nii.gz", "-o", name),
        ("assess", name, files / "one_label.nii.gz", "-o", files / "out"),
    ):
        refused = hermes(*words)
        assert refused.code == 2 and "the name is empty" in refused.err[-1]
    assert np.array_equal(sorted(path.name for path in files.parent.iterdir()), ["files"])
