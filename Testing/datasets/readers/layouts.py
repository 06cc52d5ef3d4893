"""Made-up data sets of three labelled cases each, in the folders that their owners distribute.

Each has its traps: files that macOS leaves, images without a mask and masks without an image, two
studies of a patient, an empty mask, and a mask on another grid.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import SimpleITK

#: Rows, columns and slices of an image; spacing in mm.
SIDE, SLICES = 24, 3
SPACING = (2.0, 2.0, 4.0)


def organ(value: int = 1, shift: int = 0) -> np.ndarray:
    """A block of the organ on the two lower slices, (N, H, W, uint8)."""
    label = np.zeros((SLICES, SIDE, SIDE), np.uint8)
    label[:2, 8 + shift : 16 + shift, 6:14] = value
    return label


def picture(label: np.ndarray, seed: int, modality: str = "MR") -> np.ndarray:
    """An image (int16) on which everything labelled is bright."""
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 20, label.shape) + 300 * (label > 0)).astype(np.int16)


def write(path: Path, array: np.ndarray, spacing: Sequence[float] = SPACING) -> None:
    """Write an array (N, H, W) as a volume, or (C, N, H, W) as a 4D one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if array.ndim == 4:
        volumes = [SimpleITK.GetImageFromArray(part) for part in array]
        for volume in volumes:
            volume.SetSpacing(tuple(spacing))
        image = SimpleITK.JoinSeries(volumes)
    else:
        image = SimpleITK.GetImageFromArray(array)
        image.SetSpacing(tuple(spacing))
    SimpleITK.WriteImage(image, str(path))


def write_coarse(path: Path, label: np.ndarray) -> None:
    """Write every second voxel of a label map: another grid in the same place."""
    image = SimpleITK.GetImageFromArray(label)
    image.SetSpacing(SPACING)
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(image[::2, ::2, :], str(path))


def leave_macos_file(path: Path) -> None:
    """What macOS leaves beside a file in an archive."""
    path.with_name(f"._{path.name}").write_bytes(b"\0\x05\x16\x07")


def make_picai(folder: Path, studies: Mapping[str, str] | None = None) -> tuple[Path, Path]:
    """Images and labels of PI-CAI; ``studies``: names of PROSTATE-X by study."""
    images, labels = folder / "images", folder / "picai_labels"
    if studies is None:
        # Patient 11054 has two studies, one of 11373 and both of 11400 are PROSTATE-X's.
        studies = {
            "11373_1001396": "ProstateX-0000_07-07-2011",
            "11400_1001423": "ProstateX-0025_10-21-2011",
            "11400_1001424": "ProstateX-0025_12-01-2011",
        }
    gland = labels / "anatomical_delineations/whole_gland/AI"
    everyone = ["10000_1000000", "11054_1001054", "11054_1001055", *studies]
    for seed, study in enumerate(everyone):
        patient = study.split("_")[0]
        fold = images / f"picai_public_images_fold{seed % 2}" / patient
        label = organ(shift=seed % 3)
        for modality in ("t2w", "adc"):
            write(fold / f"{study}_{modality}.mha", picture(label, seed))
        for truth in ("Bosma22b", "Guerbet23"):
            write(gland / truth / f"{study}.nii.gz", label)
    write(images / "fold0" / "10001" / "10001_1000001_t2w.mha", picture(organ(), 9))
    write(gland / "Bosma22b" / "10002_1000002.nii.gz", organ())
    leave_macos_file(gland / "Bosma22b" / "10000_1000000.nii.gz")
    mapping = labels / "additional_resources" / "ProstateX-mapping.json"
    mapping.parent.mkdir()
    mapping.write_text(json.dumps({name: study for study, name in studies.items()}))
    return images, labels


def make_experts(folder: Path, shift: int = 1) -> Path:
    """Expert masks of PROSTATE-X on a grid of their own, one with a digit missing in its name."""
    masks = folder / "PROSTATEx_masks"
    inner = masks / "Files/prostate/mask_prostate"
    write_coarse(inner / "ProstateX-0000.nii.gz", organ(shift=shift))
    write(inner / "ProstateX-025.nii.gz", organ())
    return masks


def make_flare21(folder: Path, cases: int = 3) -> Path:
    """FLARE21 with a mask that lacks the spleen, and a validation image."""
    for number in range(cases):
        spleen, liver = organ(3, number % 3), organ(1)
        label = np.where(np.roll(liver, 9, 2) > 0, 1, spleen).astype(np.uint8)
        if number == 2:
            label[label == 3] = 0
        write(folder / f"TrainingImg/train_{number:03}_0000.nii.gz", picture(spleen, number))
        write(folder / f"TrainingMask/train_{number:03}.nii.gz", label)
    write(folder / "ValidationImg/validation_001_0000.nii.gz", picture(organ(), 9))
    return folder


def make_msd_prostate(folder: Path) -> Path:
    """Task05: 4D images, T2 before ADC, and labels of zones."""
    training = []
    for number in (0, 1, 4):
        label = organ(1)
        label[:, 8:12] *= 2
        both = np.stack([picture(label, number), picture(0 * label, number)]).astype(np.float32)
        training.append(_msd_case(folder, f"prostate_{number:02}", both, label))
    labels = {"0": "background", "1": "PZ", "2": "TZ"}
    _msd_table(folder, "PROSTATE", {"0": "T2", "1": "ADC"}, labels, training)
    return folder


def make_msd_spleen(folder: Path) -> Path:
    """Task09 with a file that macOS left, and an image that the table lists and nobody unpacked."""
    training = [
        _msd_case(folder, f"spleen_{number}", picture(organ(), number), organ())
        for number in (2, 3, 10)
    ]
    leave_macos_file(folder / training[0]["image"])
    training.append(
        {"image": "./imagesTr/spleen_12.nii.gz", "label": "./labelsTr/spleen_12.nii.gz"}
    )
    _msd_table(folder, "Spleen", {"0": "CT"}, {"0": "background", "1": "spleen"}, training)
    return folder


def _msd_case(folder: Path, name: str, image: np.ndarray, label: np.ndarray) -> dict[str, str]:
    write(folder / f"imagesTr/{name}.nii.gz", image)
    write(folder / f"labelsTr/{name}.nii.gz", label)
    return {part: f"./{part}sTr/{name}.nii.gz" for part in ("image", "label")}


def _msd_table(
    folder: Path, name: str, modality: dict[str, str], labels: dict[str, str], training: list
) -> None:
    table = {"name": name, "modality": modality, "labels": labels, "training": training}
    table["test"] = ["./imagesTs/unlabelled_1.nii.gz"]
    (folder / "dataset.json").write_text(json.dumps(table))


def make_amos(folder: Path) -> Path:
    """AMOS22: two CTs and an MR; one of the CTs validates."""
    for part, number in (("Tr", 4), ("Va", 8), ("Tr", 507)):
        write(folder / f"images{part}/amos_{number:04}.nii.gz", picture(organ(), number))
        write(folder / f"labels{part}/amos_{number:04}.nii.gz", organ(1) + organ(5, 3))
    write(folder / "imagesTs/amos_0999.nii.gz", picture(organ(), 9))
    leave_macos_file(folder / "imagesTr/amos_0004.nii.gz")
    return folder


def make_totalsegmentator(folder: Path, image: str = "ct.nii.gz") -> Path:
    """Three subjects, of which one does not show the spleen, below the archive's own folder."""
    root = folder / "Totalsegmentator_dataset_v201"
    rows = [["image_id", "age", "gender", "institute", "study_type", "split"]]
    for number, part in enumerate(("train", "val", "test")):
        subject = root / f"s{number:04}"
        label = organ() if number else 0 * organ()
        write(subject / image, picture(organ(), number))
        write(subject / "segmentations/spleen.nii.gz", label)
        write(subject / "segmentations/kidney_left.nii.gz", organ(1, 3))
        rows.append([subject.name, "60", "m", "A", "ct", part])
    with open(root / "meta.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    return folder


def make_nnunet(folder: Path) -> Path:
    """nnU-Net's raw format with a region of two labels, two channels, and a labelled test case."""
    for part, number in (("Tr", 1), ("Tr", 2), ("Ts", 3)):
        label = organ(1)
        label[:, 8:12] *= 2
        for channel in range(2):
            name = f"images{part}/case_{number:03}_{channel:04}.nii.gz"
            write(folder / name, picture(label * (channel == 0), number))
        write(folder / f"labels{part}/case_{number:03}.nii.gz", label)
    table = {
        "channel_names": {"0": "T2", "1": "ADC"},
        "labels": {"background": 0, "gland": [1, 2], "zone": 2},
        "numTraining": 2,
        "file_ending": ".nii.gz",
    }
    (folder / "dataset.json").write_text(json.dumps(table))
    return folder


def make_pairs(folder: Path) -> Path:
    """A table of three pairs, one of them 4D, and a row whose mask is missing."""
    label = organ(2)
    for number in range(3):
        image = picture(label, number)
        write(folder / f"i{number}.nii.gz", np.stack([0 * image, image]) if number == 2 else image)
        write(folder / f"m{number}.nii.gz", label + organ(1, 6) * (label == 0))
    table = folder / "table.csv"
    table.write_text(
        "image;mask;patient;split;values;channel\n"
        "i0.nii.gz;m0.nii.gz;doe;train;2;\n"
        "i1.nii.gz;m1.nii.gz;roe;val;1+2;\n"
        "i2.nii.gz;m2.nii.gz;poe;test;2;1\n"
        "i2.nii.gz;lost.nii.gz;poe;test;2;1\n"
    )
    return table
