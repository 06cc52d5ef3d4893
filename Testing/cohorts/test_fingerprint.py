"""A finished volume is run again where its guide, references or calibration have changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from HermesLib.cohorts.fingerprint import fingerprint
from HermesLib.errors import HermesError
from HermesLib.guides import registry
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest


@pytest.fixture
def request_of(tmp_path: Path) -> RunRequest:
    for name in ("image.nii", "mask.nii", "guide.nii", "calibration.json"):
        (tmp_path / name).write_text(name)
    for folder in ("model", "references"):
        (tmp_path / folder / "fold").mkdir(parents=True)
        (tmp_path / folder / "fold" / "a.bin").write_text("weights")
    return AssessRequest(image=tmp_path / "image.nii", mask=tmp_path / "mask.nii", organ="liver")


def test_the_content_of_a_guide_counts_and_not_its_place(request_of, tmp_path):
    first = fingerprint(replace(request_of, guide=str(tmp_path / "guide.nii")))
    moved = tmp_path / "elsewhere" / "guide.nii"
    moved.parent.mkdir()
    moved.write_text("guide.nii")
    assert fingerprint(replace(request_of, guide=str(moved))) == first
    moved.write_text("another")
    assert fingerprint(replace(request_of, guide=str(moved))) != first
    assert str(tmp_path) not in str(first)


def test_a_guides_folder_counts_with_all_files_below(request_of, tmp_path, monkeypatch):
    entry = replace(registry.GUIDES["file"], name="net", path_title="model folder")
    monkeypatch.setitem(registry.GUIDES, "net", entry)
    request = replace(request_of, guide=f"net:{tmp_path / 'model'}")
    first = fingerprint(request)
    assert first["settings"]["guide"] == "net:model"
    assert fingerprint(request) == first
    (tmp_path / "model" / "fold" / "a.bin").write_text("trained longer")
    assert fingerprint(request) != first
    with pytest.raises(HermesError, match="no guide"):
        fingerprint(replace(request_of, guide=str(tmp_path / "gone.nii")))


@pytest.mark.parametrize(("field", "file"), [("references", "a.bin"), ("calibration", "")])
def test_what_a_judge_goes_by_counts(request_of, tmp_path, field, file):
    path = tmp_path / ("references" if file else "calibration.json")
    request = replace(request_of, judge="agreement", **{field: path})
    first = fingerprint(request)
    assert first["settings"][field] == path.name
    (path / "fold" / file if file else path).write_text("changed")
    assert fingerprint(request) != first


def test_a_volume_is_run_again_once_a_case_among_its_examples_has_changed(tmp_path: Path):
    image, cases = tmp_path / "image.nii.gz", tmp_path / "cases"
    image.write_bytes(b"image")
    (cases / "images").mkdir(parents=True)
    case = cases / "images" / "a.nii.gz"
    case.write_bytes(b"one")
    request = RefineRequest(image=image, examples=cases)
    before = fingerprint(request)
    assert before == fingerprint(request)
    case.write_bytes(b"two")
    changed = fingerprint(request)
    assert changed != before
    case.rename(cases / "images" / "b.nii.gz")
    assert fingerprint(request) != changed
    moved = cases.rename(tmp_path / "moved")
    case = moved / "images" / "b.nii.gz"
    case.rename(moved / "images" / "a.nii.gz").write_bytes(b"one")
    assert fingerprint(RefineRequest(image=image, examples=moved)) == before
