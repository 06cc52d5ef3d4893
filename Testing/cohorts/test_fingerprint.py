"""What a finished volume follows from: folders of cases count by their content."""

from pathlib import Path

from HermesLib.cohorts.fingerprint import fingerprint
from HermesLib.runs.request import RefineRequest


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
