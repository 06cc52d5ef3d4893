"""What a run finds out of its input reaches the user, whichever process found it out."""

import json
from pathlib import Path

import jsonschema
import pytest
import SimpleITK

import HermesLib
from HermesLib.cli.progress import ProgressPrinter
from HermesLib.notices import Notice, heard_by, notice
from Testing.cli.conftest import Hermes
from Testing.cli.results import SCHEMA

RESAMPLED = "the true mask is on another grid than the image; it was resampled (nearest neighbour)"


@pytest.fixture
def fine_truth(files: Path) -> Path:
    """The label on a grid of half the pixel size."""
    label = SimpleITK.ReadImage(str(files / "label.nii.gz"))
    path = files / "Doe-Jane.nii.gz"
    SimpleITK.WriteImage(SimpleITK.Expand(label, (2, 2, 1), SimpleITK.sitkNearestNeighbor), path)
    return path


def test_a_notice_of_the_engines_process_is_printed_at_once_summarised_and_reported(
    hermes: Hermes, files: Path, fine_truth: Path, tmp_path: Path
):
    words = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*words, "--steps", 1, "--samples", 1, "--truth", fine_truth)
    assert outcome.code == 0, outcome.err
    assert outcome.err[0] == f"hermes: note: {RESAMPLED}"
    assert f"note: {RESAMPLED}" in outcome.out
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    # Roles, not names: a file may be named after its patient.
    assert report["notices"] == [{"kind": "mask-resampled", "message": RESAMPLED}]


def test_a_run_without_anything_to_say_has_no_notice(hermes: Hermes, files: Path, tmp_path: Path):
    words = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*words, "--steps", 1, "--samples", 1, "--slices", "3")
    assert not any("note:" in line for line in outcome.err + outcome.out)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["notices"] == []


def test_a_python_caller_finds_notices_in_the_report_and_in_the_log(
    files: Path, fine_truth: Path, caplog: pytest.LogCaptureFixture
):
    result = HermesLib.assess(
        files / "image.nii.gz",
        files / "label.nii.gz",
        truth=fine_truth,
        slices=(2, 3),
        steps=1,
        samples=1,
        device="cpu",
    )
    assert [entry["message"] for entry in result.report["notices"]] == [RESAMPLED]
    assert [record.getMessage() for record in caplog.records] == [RESAMPLED]


def test_a_notice_goes_to_the_innermost_listener_and_to_the_log_without_one(
    caplog: pytest.LogCaptureFixture,
):
    outer: list[Notice] = []
    inner: list[Notice] = []
    with heard_by(outer.append):
        with heard_by(inner.append):
            notice("a", "inside")
        notice("b", "outside")
    notice("c", "nobody listens")
    assert inner == [Notice("a", "inside")] and outer == [Notice("b", "outside")]
    assert [record.getMessage() for record in caplog.records] == ["nobody listens"]


def test_what_a_guides_program_does_is_printed_now_and_then(capsys: pytest.CaptureFixture[str]):
    with ProgressPrinter() as progress:
        progress.show_work("Toy is at work")
        progress.show_work("Toy: 40 %")
    assert capsys.readouterr().err == "hermes: Toy is at work\n"
    with ProgressPrinter(bar=True) as progress:
        progress.show_work("Toy: 40 %")
    assert "Toy: 40 %" in capsys.readouterr().err
