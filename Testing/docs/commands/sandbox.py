"""A folder with the files that the pages name: small images, masks and settings."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK
import torch
from pydicom.uid import CTImageStorage, MRImageStorage

from HermesLib.models.incontext.network import InContextNetwork
from HermesLib.presets.preset import write_preset
from HermesLib.presets.registry import load_preset
from HermesLib.resources import resource_path
from HermesLib.samples.prostate_phantom import Phantom, prostate_phantom
from Testing.datasets.readers import layouts
from Testing.io.dicom.made import fill, instance, write

_SIDE = 64
SPACING = (3.0, 3.0, 14.0)
#: Values of the label maps of made-up CTs.
ORGANS = {"spleen": 1, "liver": 2, "kidney_right": 3}
#: Words of commands on CTs. The pages use the same names of folders for either.
_ABDOMINAL = ("spleen", "liver", "kidney", "ct.nii.gz", "dicom-folder")


def make_sandbox(folder: Path) -> Path:
    """Write what commands on single images and small folders need."""
    _make_prostate(folder / "prostate")
    _make_abdomen(folder / "abdomen")
    save(folder / "many-slices/t2.nii.gz", prostate(1, 16).image)
    save(folder / "many-slices/gland.nii.gz", prostate(1, 16).label)
    _make_data(folder / "both" / "DATA")
    _make_networks(folder / "both")
    return folder


def lay_out(sandbox: Path, command: str, folder: Path) -> None:
    """Empty a folder and put what a command needs there, so that it sees nothing of others'.

    The folder stays the same, as the engine is a process that has it as its working folder.
    """
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    parts = ["both", "abdomen" if any(word in command for word in _ABDOMINAL) else "prostate"]
    for part in [*parts, *["many-slices"] * ("--slices 5-16" in command)]:
        shutil.copytree(sandbox / part, folder, dirs_exist_ok=True, copy_function=_link)


def _link(source: str, target: str) -> None:
    """A hard link in place of a copy; HERMES never writes into a file that exists."""
    Path(target).unlink(missing_ok=True)
    os.link(source, target)


def save(path: Path, voxels: np.ndarray | SimpleITK.Image) -> None:
    """Write a volume."""
    image = voxels
    if isinstance(voxels, np.ndarray):
        image = SimpleITK.GetImageFromArray(voxels)
        image.SetSpacing(SPACING)
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(image, str(path))


def abdomen(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A made-up CT (3, 64, 64, int16, Hounsfield units) and its label map (uint8).

    A round body holds three bright discs, the organs, on two of its slices.
    """
    y, x = (np.mgrid[:_SIDE, :_SIDE] + 0.5) / _SIDE
    rng = np.random.default_rng(seed)
    label = np.zeros((3, _SIDE, _SIDE), np.uint8)
    for value, (row, column, radius) in zip(
        ORGANS.values(), ((0.4, 0.68, 0.11), (0.4, 0.3, 0.16), (0.7, 0.35, 0.07)), strict=True
    ):
        shift_y, shift_x = rng.uniform(-0.04, 0.04, 2)
        label[:2, np.hypot(y - row - shift_y, x - column - shift_x) < radius] = value
    units = np.where(np.hypot(y - 0.5, x - 0.5) < 0.45, 40, -1000) + 80 * (label > 0)
    return (units + rng.normal(0, 20, label.shape)).astype(np.int16), label


def prostate(seed: int, slices: int = 3) -> Phantom:
    """A made-up T2-weighted image of a few slices around the prostate's middle."""
    whole = prostate_phantom(seed=seed, side=_SIDE, slices=slices + 2, spacing=SPACING)
    return Phantom(whole.image[:, :, 1:-1], whole.label[:, :, 1:-1])


def _make_prostate(folder: Path) -> None:
    first = prostate(1)
    save(folder / "t2.nii.gz", first.image)
    for name in ("mask", "gland"):
        save(folder / f"{name}.nii.gz", first.label)
    save(folder / "organs.nii.gz", first.label * 3)
    rows = ["image,mask"]
    for number, seed in enumerate((1, 2), 1):
        case = prostate(seed)
        for part, image in (("images", case.image), ("masks", case.label)):
            save(folder / f"{part}/case{number}.nii.gz", image)
            save(folder / f"cases/{part}/p{number}.nii.gz", image)
        rows.append(f"images/case{number}.nii.gz,masks/case{number}.nii.gz")
    (folder / "cases.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "box.json").write_text(json.dumps({"kind": "box", "xyxy": [16, 16, 48, 48]}))


def _make_abdomen(folder: Path) -> None:
    units, label = abdomen(1)
    for name in ("ct", "new"):
        save(folder / f"{name}.nii.gz", units)
    for name in ("liver", "mask"):
        save(folder / f"{name}.nii.gz", organ(label, "liver"))
    save(folder / "labels.nii.gz", label)
    write_json(folder / "dataset.json", {"labels": {"background": 0, **ORGANS}})
    for name in ORGANS:
        save(folder / f"segmentations/{name}.nii.gz", organ(label, name))
    for masks in ("masks", "other-masks", "others"):
        for name in ORGANS:
            shifted = np.roll(organ(label, name), masks != "masks", axis=2)
            save(folder / f"{masks}/{name}.nii.gz", shifted)
    for number in (1, 2):
        units, label = abdomen(number)
        save(folder / f"images/case{number}.nii.gz", units)
        save(folder / f"guides/case{number}.nii.gz", organ(label, "liver"))
        save(folder / f"totalsegmentator/case{number}/spleen.nii.gz", organ(label, "spleen"))
    make_series(folder / "dicom-folder", abdomen(1)[0], "CT")
    _make_preset(folder / "liver")


def _make_preset(folder: Path) -> None:
    """A preset of a user, with the networks of the spleen."""
    folder.mkdir()
    preset = load_preset("spleen-ct")
    write_preset(folder / "liver-ct.json", replace(preset, quality="liver-ct"))
    (folder / "liver-ct.safetensors").symlink_to(resource_path("Weights/qc-spleen-ct.safetensors"))


def make_series(
    folder: Path, voxels: np.ndarray, modality: str, spacing: Sequence[float] = SPACING
) -> None:
    """Write axial slices (N, H, W) as a DICOM series, one file a slice; spacing (x, y, z) in mm."""
    slices = []
    for index, plane in enumerate(voxels):
        one = instance(
            (0.0, 0.0, spacing[2] * index),
            index + 1,
            SOPClassUID=CTImageStorage if modality == "CT" else MRImageStorage,
            Modality=modality,
            Rows=plane.shape[0],
            Columns=plane.shape[1],
            PixelSpacing=[spacing[1], spacing[0]],
            SliceThickness=spacing[2],
        )
        fill(one, plane)
        slices.append(one)
    write(folder, slices)


def _make_data(folder: Path) -> None:
    """Published data sets that 'hermes data check' looks at."""
    layouts.make_picai(folder)
    (folder / "picai").mkdir()
    (folder / "images").rename(folder / "picai/images")
    layouts.make_experts(folder)
    layouts.make_flare21(folder / "FLARE21", cases=5)
    layouts.make_amos(folder / "amos22")
    layouts.make_totalsegmentator(folder)


def _make_networks(folder: Path) -> None:
    """Small networks with random weights in the form of official files."""
    torch.manual_seed(0)
    for name, channels, norm in (
        ("universeg_v1_nf64_ss64_STA.pt", 1, False),
        ("MultiverSeg_v1_nf256_res128.pt", 5, True),
    ):
        network = InContextNetwork(channels, (8, 8, 8), norm=norm)
        torch.save(network.state_dict(), folder / name)


def organ(label: np.ndarray, name: str) -> np.ndarray:
    """One organ of a label map, uint8."""
    return (label == ORGANS[name]).astype(np.uint8)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
