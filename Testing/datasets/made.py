"""Training folders of synthetic patients."""

import json
from collections.abc import Sequence
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
    volumes = []
    for number in range(1, patients + 1):
        phantom = prostate_phantom(seed=number, side=64, slices=5, spacing=(3.0, 3.0, 14.0))
        volumes.append([part[:, :, 1 : 1 + slices] for part in (phantom.image, phantom.label)])
    _write_decathlon(folder, modality, organ, volumes)


def make_easy_ct(folder: Path, organ: str, patients: int) -> None:
    """Write a Decathlon folder "made" of CTs on which the organ is found after a few steps.

    A round body at 0 HU holds a bright ellipse on two of its three slices; noise has 20 HU.
    """
    side = 64
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    body = np.hypot(y - 0.5, x - 0.5) < 0.45
    volumes = []
    for number in range(1, patients + 1):
        rng = np.random.default_rng(number)
        centre_y, centre_x = rng.uniform(0.35, 0.65, 2)
        radii = rng.uniform(0.12, 0.22, (3, 2, 1, 1))
        label = np.hypot((y - centre_y) / radii[:, 0], (x - centre_x) / radii[:, 1]) < 1
        label[2] = False
        units = np.where(body, 200 * label + rng.normal(0, 20, label.shape), -1000)
        arrays = (units.astype(np.int16), label.astype(np.uint8))
        images = [SimpleITK.GetImageFromArray(array) for array in arrays]
        for image in images:
            image.SetSpacing((3.0, 3.0, 14.0))
        volumes.append(images)
    _write_decathlon(folder, "CT", organ, volumes)


def _write_decathlon(
    folder: Path, modality: str, organ: str, volumes: Sequence[Sequence[SimpleITK.Image]]
) -> None:
    """Write images and labels, and the table that lists them."""
    cases = []
    for number, images in enumerate(volumes, 1):
        names = [f"{part}/made_{number}.nii.gz" for part in ("images", "labels")]
        for name, image in zip(names, images, strict=True):
            (folder / name).parent.mkdir(exist_ok=True)
            SimpleITK.WriteImage(image, str(folder / name))
        cases.append(dict(zip(("image", "label"), names, strict=True)))
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
