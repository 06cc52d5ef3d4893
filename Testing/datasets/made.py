"""Training folders of synthetic patients."""

import json
from pathlib import Path

import numpy as np
import SimpleITK
from PIL import Image

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.samples.prostate_phantom import prostate_phantom


def make_decathlon(
    folder: Path, modality: str, organ: str, patients: int = 6, slices: int = 3
) -> None:
    """Write a Decathlon folder "made" with ``patients`` volumes of up to three slices."""
    cases = []
    for number in range(1, patients + 1):
        phantom = prostate_phantom(seed=number, side=64, slices=5, spacing=(3.0, 3.0, 14.0))
        for part, volume in (("images", phantom.image), ("labels", phantom.label)):
            (folder / part).mkdir(exist_ok=True)
            SimpleITK.WriteImage(
                volume[:, :, 1 : 1 + slices], str(folder / part / f"made_{number}.nii.gz")
            )
        cases.append(
            {"image": f"images/made_{number}.nii.gz", "label": f"labels/made_{number}.nii.gz"}
        )
    table = {
        "name": "made",
        "modality": {"0": modality},
        "labels": {"0": "background", "1": organ},
        "training": cases,
    }
    (folder / "dataset.json").write_text(json.dumps(table), encoding="utf-8")


def make_slices(
    folder: Path, name: str, patients: list[int], organ: str = "liver"
) -> TrainingDataset:
    """A folder of single slices, one a patient."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    label = np.zeros((16, 16), np.uint8)
    label[4:9, 4:9] = 1
    for patient in patients:
        Image.fromarray(label * 200).save(folder / "images" / f"s{patient}.png")
        Image.fromarray(label).save(folder / "labels" / f"s{patient}.png")
    table = {
        "name": name,
        "modality": "CT",
        "labels": ["background", organ],
        "slices": [{"name": f"s{patient}", "patient": patient} for patient in patients],
    }
    (folder / "dataset.json").write_text(json.dumps(table), encoding="utf-8")
    return TrainingDataset("slices", folder)
