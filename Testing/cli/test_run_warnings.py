"""Slices that need a look are printed and reported."""

import dataclasses
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch

from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.presence import PresenceRule, contiguous_presence
from HermesLib.quality.slice_reading import slice_features
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.cli.conftest import Hermes
from Testing.cli.results import SCHEMA, refine_arguments
from Testing.quality.small import CALIBRATION, SMALL


def test_out_of_distribution_slices_are_printed_and_reported(
    hermes: Hermes, files: Path, tmp_path: Path
):
    torch.manual_seed(0)
    core = QualityCore(dataclasses.replace(SMALL, familiarity=True))
    # Its training features come from a single slice of noise, so all slices are far from them.
    with torch.no_grad():
        features = slice_features(core, torch.rand(1, 1, 64, 64))
    features = features + 1e-4 * torch.randn(40, 32)
    core.familiarity.fit(features[:30], features[30:])
    save_checkpoint(
        tmp_path / "noise.safetensors", core.state_dict(), "quality", core.config.to_dict()
    )
    arguments = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*arguments, "--quality", tmp_path / "noise.safetensors")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [entry["familiar"] for entry in report["slices"]] == [False] * 5
    assert any("do not trust the score: 5 slices" in line for line in outcome.out)
    assert all("unfamiliar" in entry["marks"] for entry in report["slices"])
    assert report["summary"]["marked"] == 5


def test_borderline_slices_are_printed_and_reported(hermes: Hermes, files: Path, tmp_path: Path):
    torch.manual_seed(0)
    core = QualityCore(SMALL)
    core.presence.layers[-1].weight.data.zero_()
    core.presence.layers[-1].bias.data.fill_(-1.0)
    save_checkpoint(
        tmp_path / "doubt.safetensors", core.state_dict(), "quality", core.config.to_dict()
    )
    arguments = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*arguments, "--quality", tmp_path / "doubt.safetensors")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [(entry["present"], entry["borderline"]) for entry in report["slices"]] == [
        (round(present, 6), True)
        for present in contiguous_presence(np.full(5, -1.0), PresenceRule().weight)
    ]
    assert any(
        "presence of the organ uncertain, please check: 5 slices" in line for line in outcome.out
    )


def test_a_volume_without_the_organ_is_said_in_one_line_and_marked_on_every_slice(
    hermes: Hermes, files: Path, tmp_path: Path
):
    torch.manual_seed(0)
    core = QualityCore(SMALL)
    core.presence.layers[-1].weight.data.zero_()
    core.presence.layers[-1].bias.data.fill_(-9.0)
    save_checkpoint(
        tmp_path / "absent.safetensors", core.state_dict(), "quality", core.config.to_dict()
    )
    outcome = hermes(
        *refine_arguments(files, "--quality", tmp_path / "absent.safetensors"),
        "-o",
        tmp_path / "out",
    )
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [entry["marks"] for entry in report["slices"]] == [["not-found"]] * 5
    lines = [line for line in outcome.out if "the organ was not found on any slice" in line]
    assert len(lines) == 1 and "5 slices (1, 2, 3, 4, 5)" in lines[0]


def test_what_the_patients_can_guarantee_is_printed_beside_the_nominal_level(
    hermes: Hermes, files: Path, tmp_path: Path
):
    torch.manual_seed(0)
    core = QualityCore(dataclasses.replace(SMALL, calibration=CALIBRATION))
    save_checkpoint(
        tmp_path / "eight.safetensors", core.state_dict(), "quality", core.config.to_dict()
    )
    arguments = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*arguments, "--quality", tmp_path / "eight.safetensors")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    interval = report["provenance"]["interval"]
    assert (interval["nominal"], interval["patients"]) == (0.9, 8)
    assert interval["guaranteed"] == pytest.approx(1 - 2 / 9)
    line = "interval of the pDSC: 90% nominal; 8 patients can guarantee at most 78%"
    assert line in outcome.out
