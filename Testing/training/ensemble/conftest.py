"""Four phantoms, and an ensemble that two steps have trained on them."""

import json
from pathlib import Path

import pytest
import SimpleITK

from HermesLib.presets.registry import load_preset
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.training.ensemble.train_ensemble import train_ensemble
from Testing.training.ensemble.small import SETTINGS, job


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four whole volumes, each with slices beyond both ends of the gland."""
    folder = tmp_path_factory.mktemp("volumes")
    cases = []
    for number in range(1, 5):
        phantom = prostate_phantom(seed=number, side=48, slices=10, spacing=(3.5, 3.5, 7.0))
        for part, volume in (("images", phantom.image), ("labels", phantom.label)):
            (folder / part).mkdir(exist_ok=True)
            SimpleITK.WriteImage(volume, str(folder / part / f"made_{number}.nii.gz"))
        name = f"made_{number}.nii.gz"
        cases.append({"image": f"images/{name}", "label": f"labels/{name}"})
    table = {
        "name": "made",
        "modality": {"0": "MR"},
        "labels": {"0": "background", "1": "prostate"},
        "training": cases,
    }
    (folder / "dataset.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def trained(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    preset = load_preset("prostate-t2")
    output = train_ensemble(preset, job(folder, tmp_path_factory.mktemp("run")), SETTINGS)
    assert output is not None
    return output
