"""Folders with several volumes: the command lists them, and reads the one that is named."""

import json
from pathlib import Path

import pytest

from Testing.cli.conftest import Hermes
from Testing.cli.results import refine_arguments
from Testing.io.dicom.made import stack, write

LIST = ["1  t2 tra (MR, 8 slices of 10 x 12)", "2  dwi (MR, 5 slices of 10 x 12)"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two series of a patient; the folder is named after her."""
    other = stack([0, 3, 6, 9, 12], SeriesInstanceUID="1.5", SeriesNumber=5)
    for single in other:
        single.SeriesDescription = "dwi"
    return write(tmp_path / "DOE_JANE", [*stack(shift=0.3), *other])


def test_series_lists_numbers_descriptions_slices_and_sizes(hermes: Hermes, folder: Path):
    outcome = hermes("series", folder)
    assert (outcome.code, outcome.out, outcome.err) == (0, LIST, [])


@pytest.mark.parametrize("wanted", [(), ("--series", "3"), ("--series", "1.9")])
def test_without_a_choice_that_fits_the_run_ends_with_the_list(
    wanted: tuple[str, ...], hermes: Hermes, files: Path, folder: Path, tmp_path: Path
):
    words = list(refine_arguments(files, *wanted, "-o", tmp_path / "out"))
    words[1] = folder
    outcome = hermes(*words)
    assert outcome.code == 2 and len(outcome.err) == 1 and not (tmp_path / "out").exists()
    assert "1 = t2 tra (MR, 8 slices of 10 x 12); 2 = dwi (MR, 5 slices" in outcome.err[0]
    assert "DOE" not in outcome.err[0] and "Doe" not in outcome.err[0]


@pytest.mark.parametrize("wanted", ["1", "1.2.3.2"])
def test_the_series_that_was_named_is_read_and_what_was_done_to_it_is_said(
    wanted: str, hermes: Hermes, files: Path, folder: Path, tmp_path: Path
):
    words = list(refine_arguments(files, "--series", wanted, "--slices", "4"))
    words[1] = folder
    outcome = hermes(*words, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert "slices-shifted" in [entry["kind"] for entry in report["notices"]]
    assert any("upright grid" in line for line in outcome.out)
    assert report["slices"][0]["dicom_instance"] == 4


def test_a_series_of_something_else_than_a_dicom_folder_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path
):
    outcome = hermes(*refine_arguments(files, "--series", "1"), "-o", tmp_path / "out")
    assert outcome.code == 2 and "DICOM" in outcome.err[-1]
