"""Simulated prompts: a small model is measured on its own test patients."""

import json
from pathlib import Path

import pytest

from HermesLib.cli.main import main
from HermesLib.weights.bundled import bundled_checkpoint

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs real patients (../shared/data)")
def test_a_small_model_is_measured_on_its_own_test_patients_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    output = tmp_path / "figures.json"
    words = ["research", "simulated-prompts", "--model", "mideepseg", "--objects", "32"]
    assert main([*words, "--data", f"decathlon:{DATA / 'promise12'}", "-o", str(output)]) == 0
    figures = json.loads(output.read_text(encoding="utf-8"))["figures"]
    test_patients = bundled_checkpoint("mideepseg-small").training["split"]["test"]
    promise12 = [patient for patient in test_patients if patient.startswith("promise12")]
    assert figures["patients"] == len(promise12) > 0
    assert figures["dice"] > 0.8
    assert main([*words, "--data", f"decathlon:{DATA / 'prostatex'}"]) == 2
    assert "test patients" in capsys.readouterr().err
