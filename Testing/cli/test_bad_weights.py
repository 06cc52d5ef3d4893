"""Every user error ends with exit code 2, one helpful line, and no files written: weights."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from HermesLib.resources import resource_path
from Testing.cli.conftest import Hermes
from Testing.cli.refusal import refused


def test_a_damaged_model_file_is_refused(hermes: Hermes, files: Path, tmp_path: Path):
    weights, output = tmp_path / "model.safetensors", tmp_path / "out"
    weights.write_bytes((files / "model.safetensors").read_bytes()[:-100])
    arguments = (
        "refine",
        files / "one.nii.gz",
        "-o",
        output,
        "--model",
        "scribbleprompt",
        "--weights",
        weights,
    )
    assert "model.safetensors" in refused(hermes(*arguments), output)


def test_weights_of_another_model_are_refused(hermes: Hermes, files: Path, tmp_path: Path):
    output = tmp_path / "out"
    arguments = (
        "refine",
        files / "one.nii.gz",
        "-o",
        output,
        "--model",
        "medsam",
        "--weights",
        files / "model.safetensors",
    )
    assert "not of medsam" in refused(hermes(*arguments), output)


def test_a_pickle_with_code_is_refused_and_not_run(hermes: Hermes, files: Path, tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    weights, output = tmp_path / "model.pth", tmp_path / "out"
    torch.save({"model": Trap()}, weights)
    arguments = (
        "refine",
        files / "one.nii.gz",
        "-o",
        output,
        "--model",
        "scribbleprompt",
        "--weights",
        weights,
    )
    assert "model.pth" in refused(hermes(*arguments), output)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("damage", ["cut off", "one bit"])
def test_a_damaged_bundled_file_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
):
    resources, output = tmp_path / "Resources", tmp_path / "out"
    shutil.copytree(resource_path("Presets"), resources / "Presets")
    (resources / "Weights").mkdir()
    entries = json.loads(resource_path("Weights", "manifest.json").read_text(encoding="utf-8"))
    (resources / "Weights" / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    content = bytearray(resource_path("Weights", "qc-prostate-t2.safetensors").read_bytes())
    if damage == "cut off":
        del content[len(content) // 2 :]
    else:
        content[-1] ^= 1
    (resources / "Weights" / "qc-prostate-t2.safetensors").write_bytes(content)
    monkeypatch.setenv("HERMES_RESOURCES", str(resources))
    arguments = ("assess", files / "one.nii.gz", files / "one_label.nii.gz", "-o", output)
    # A new engine: the shared one has the environment, perhaps the network, of earlier commands.
    line = refused(hermes(*arguments, engine=None), output)
    assert "qc-prostate-t2.safetensors is damaged" in line
