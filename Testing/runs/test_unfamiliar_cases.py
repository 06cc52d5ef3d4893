"""The collected inputs that a preset was not made for are marked on every slice, none accepted."""

from pathlib import Path

import pytest

import HermesLib
from HermesLib.refinement.settings import RefinementSettings

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "unfamiliar"


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not here")
@pytest.mark.parametrize("name", ["upside-down", "inverted", "sagittal", "called-sagittal"])
def test_a_collected_input_is_marked_on_every_slice_and_not_accepted(name):
    settings = RefinementSettings(max_iterations=1, threshold=0.1)
    report = HermesLib.refine(CASES / f"{name}.nii.gz", settings=settings, device="cpu").report
    assert report["summary"]["accepted"] == 0
    assert all("unfamiliar" in entry["marks"] for entry in report["slices"])
    kinds = [entry["kind"] for entry in report["notices"]]
    assert kinds == (["other-plane"] if "sagittal" in name else [])
