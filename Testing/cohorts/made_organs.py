"""Ten organs of a made-up CT, as a program such as TotalSegmentator leaves them."""

from pathlib import Path

import numpy as np
import SimpleITK

NAMES = (
    "aorta",
    "gallbladder",
    "kidney_left",
    "kidney_right",
    "liver",
    "pancreas",
    "spleen",
    "stomach",
    "urinary_bladder",
    "vertebrae_L1",
)
SHAPE = (6, 40, 60)
#: How far a mask is shifted against its guide, pixels; the others are not.
SHIFTS = {"pancreas": 5, "kidney_left": 3, "vertebrae_L1": 2}


def as_image(array: np.ndarray) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing((1.5, 1.5, 5.0))
    image.SetOrigin((-40.0, -30.0, 100.0))
    return image


def organ(name: str) -> np.ndarray:
    """A block of 8 x 8 pixels on the slices in the middle."""
    row, column = divmod(NAMES.index(name), 5)
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:5, 6 + 16 * row : 14 + 16 * row, 2 + 11 * column : 10 + 11 * column] = 1
    return mask


def write_organs(folder: Path) -> tuple[Path, Path, Path]:
    """An image, a folder of masks, some of them shifted, and a folder of guides."""
    labels = sum((place + 1) * organ(name) for place, name in enumerate(NAMES))
    voxels = np.random.default_rng(0).normal(-900, 20, SHAPE) + 950 * (labels > 0)
    image, masks, guides = folder / "ct.nii.gz", folder / "masks", folder / "guides"
    SimpleITK.WriteImage(as_image(voxels.astype(np.int16)), str(image))
    for path, shifts in ((masks, SHIFTS), (guides, {})):
        path.mkdir()
        for name in NAMES:
            shifted = np.roll(organ(name), shifts.get(name, 0), axis=1)
            SimpleITK.WriteImage(as_image(shifted), str(path / f"{name}.nii.gz"))
    return image, masks, guides


def label_map(count: int = len(NAMES)) -> SimpleITK.Image:
    """The first organs in one map: 1 for the first name."""
    labels = sum((place + 1) * organ(name) for place, name in enumerate(NAMES[:count]))
    return as_image(labels.astype(np.uint8))
