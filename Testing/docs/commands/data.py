"""Training folders that the pages name, with made-up patients of three slices."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK
from PIL import Image

from HermesLib.datasets.splits import read_split
from Testing.docs.commands.pages import ROOT
from Testing.docs.commands.sandbox import ORGANS, abdomen, organ, prostate, save, write_json

#: Patients of PROMISE12 that a page names.
_PROMISE12 = (1, 2, 10, 12, 27, 33, 41, 43)
#: Patients whom pages name, and others.
_SYNAPSE = (6, 10, 24, 27, 31, 33, 37, 40)
#: Patients of BTCV who are no test patients; five of twenty single slices of each are enough.
_BTCV = (6, 7, 8, 10)
#: The split of BTCV's test patients, by its place in the source checkout.
_SPLIT = Path("HermesLib/research/release/btcv_test.json")
#: Files of the source checkout that pages name.
_CHECKOUT = (_SPLIT, Path("Resources/Research/regression-prostate-t2.safetensors"))


def make_training_data(folder: Path) -> Path:
    """Write all folders that trainings and measurements of the pages read."""
    data = folder / "DATA"
    for name, numbers in (("promise12", _PROMISE12), ("prostatex", (0, 1))):
        _make_prostates(data / name, numbers)
    for name in ("livers", "other-livers", "spleens", "spleen-small", "ircad-01", "abdomen-ct"):
        _make_abdomens(data / name, range(1, 5))
    _make_abdomens(data / "synapse-ct", _SYNAPSE, "case_{:04}")
    _make_abdomens(folder / "mydata", range(1, 5))
    _make_amos(data / "amos22")
    test = [int(patient.split("-")[1]) for patient in read_split(ROOT / _SPLIT).test]
    _make_slices(data / "btcv-slices", [*test, *_BTCV])
    for number in range(1, 5):
        save(folder / f"guides/case_{number}.nii.gz", organ(abdomen(number)[1], "liver"))
        save(data / f"picai-masks/{number}.nii.gz", prostate(number).label)
    for number in (0, 1):
        save(folder / f"TAPS_MASKS/case_{number}.nii.gz", prostate(number).label)
    _make_scribbled(data / "medscribble")
    for file in _CHECKOUT:
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_bytes((ROOT / file).read_bytes())
    return folder


def _make_prostates(folder: Path, numbers: Sequence[int]) -> None:
    cases = {number: prostate(number) for number in numbers}
    labels = ("background", "prostate")
    _make_decathlon(
        folder, "MR", labels, {number: (one.image, one.label) for number, one in cases.items()}
    )


def _make_abdomens(folder: Path, numbers: Sequence[int], name: str = "case_{}") -> None:
    cases = {number: abdomen(number) for number in numbers}
    _make_decathlon(folder, "CT", ("background", *ORGANS), cases, name)


def _make_amos(folder: Path) -> None:
    """CTs in the folders of AMOS, where the liver has the label 6."""
    for number in range(1, 5):
        units, label = abdomen(number)
        save(folder / f"imagesTr/amos_{number:04}.nii.gz", units)
        save(folder / f"labelsTr/amos_{number:04}.nii.gz", 6 * organ(label, "liver"))


def _make_decathlon(
    folder: Path,
    modality: str,
    labels: Sequence[str],
    cases: dict[int, tuple[np.ndarray | SimpleITK.Image, np.ndarray | SimpleITK.Image]],
    name: str = "case_{}",
) -> None:
    training = []
    for number, (image, label) in cases.items():
        names = [f"{part}Tr/{name.format(number)}.nii.gz" for part in ("images", "labels")]
        for file, voxels in zip(names, (image, label), strict=True):
            save(folder / file, voxels)
        training.append(dict(zip(("image", "label"), names, strict=True)))
    table = {
        "name": folder.name,
        "modality": {"0": modality},
        "labels": {str(value): label for value, label in enumerate(labels)},
        "training": training,
    }
    write_json(folder / "dataset.json", table)


def _make_slices(folder: Path, numbers: Sequence[int]) -> None:
    """Single slices of CTs as PNGs, one a patient."""
    slices = []
    for number in numbers:
        units, label = abdomen(number)
        window = np.clip((units[0] + 125) / 400, 0, 1) * 255
        for part, pixels in (("images", window), ("labels", label[0])):
            (folder / part).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / part / f"s{number}.png")
        slices.append({"name": f"s{number}", "patient": number})
    table = {"name": "btcv-slices", "modality": "CT", "labels": ["background", *ORGANS]}
    write_json(folder / "dataset.json", {**table, "slices": slices})


def _make_scribbled(folder: Path) -> None:
    """Slices with a person's strokes, as MedScribble has them."""
    folder.mkdir(parents=True)
    for number in range(4):
        one = prostate(20 + number)
        image, label = (SimpleITK.GetArrayFromImage(part)[1] for part in (one.image, one.label))
        scaled = (image - image.min()) / max(np.ptp(image), 1)
        np.savez(
            folder / f"Prostate__{number}.npz",
            image=scaled.astype(np.float32),
            label=label.astype(np.uint8),
            scribbles=np.zeros((2, *label.shape), np.uint8),
        )
