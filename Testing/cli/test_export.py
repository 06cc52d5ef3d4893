"""``hermes export`` writes the organ that the run was about, and never guesses one."""

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from HermesLib.io.masks import write_mask
from HermesLib.io.volumes import read_volume
from Testing.cli.conftest import Hermes
from Testing.io.dicom.made import stack, write

pytest.importorskip("highdicom")


@pytest.fixture
def run(tmp_path: Path, hermes: Hermes) -> Path:
    """The folder of a run with a guide on a CT series."""
    write(tmp_path / "ct", stack(Modality="CT"))
    volume = read_volume(tmp_path / "ct")
    mask = np.zeros(volume.slices.shape, bool)
    mask[2:5, 3:8, 3:8] = 1
    write_mask(tmp_path / "guide.nii.gz", mask, volume)
    words = ["refine", tmp_path / "ct", "--organ", "spleen", "--guide", tmp_path / "guide.nii.gz"]
    outcome = hermes(*words, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    return tmp_path / "out"


@pytest.fixture
def export(run: Path, hermes: Hermes):
    """Export the run's mask; the outcome, and the codes of the file or None."""

    def call(*words: object):
        path = run.with_name("organ.seg.dcm")
        path.unlink(missing_ok=True)
        mask = run / "segmentation.nii.gz"
        outcome = hermes("export", mask, "--dicom", run.with_name("ct"), "-o", path, *words)
        if not path.exists():
            return outcome, None
        (segment,) = pydicom.dcmread(path).SegmentSequence
        (code,) = segment.SegmentedPropertyTypeCodeSequence
        return outcome, (segment.SegmentLabel, code.CodeValue)

    return call


def test_the_organ_is_that_of_the_run_unless_another_one_is_named(export):
    assert export()[1] == ("Spleen", "78961009")
    assert export("--preset", "liver-ct")[1] == ("Liver", "10200004")


def test_without_a_report_the_organ_must_be_named(export, run: Path):
    (run / "report.json").unlink()
    outcome, codes = export()
    assert (outcome.code, codes) == (2, None) and "--preset" in outcome.err[-1]
    assert export("--preset", "spleen-ct")[1] == ("Spleen", "78961009")


def test_a_preset_that_was_a_file_is_asked_for(export, run: Path):
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    report["provenance"]["preset"] = "follicles-v2"
    (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
    outcome, codes = export()
    assert (outcome.code, codes) == (2, None)
    assert "'follicles-v2'" in outcome.err[-1] and "--preset" in outcome.err[-1]
