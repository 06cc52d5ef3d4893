"""Labelled slices for training: read from a folder, windowed to 8 bit, at most 256 pixels wide."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

#: Larger slices are averaged down to this side: no bundled network reads more.
MAXIMUM_SIDE = 256


@dataclass(frozen=True, eq=False)
class LabelledSlice:
    """One slice of a patient.

    Attributes:
        image: (H, W) uint8, the preset's intensity range on 0..255.
        label: (H, W) uint8 label map, or None for images without one.
        names: names of the label values; index 0 is the background.
        patient: identity for splits, e.g. ``liver-6``; the same person has the same identity in
            every folder.
        source: name of the folder's data set.
        index: position in the patient's volume, -1 for a single slice.
        volume: name of the volume's file; a patient may have several.
        thickness: distance to the next slice, mm; None for a single slice.
    """

    image: np.ndarray
    label: np.ndarray | None
    names: tuple[str, ...]
    patient: str
    source: str
    index: int = -1
    volume: str = ""
    thickness: float | None = None

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Where the slice lies: data set, patient, volume and position."""
        return self.source, self.patient, self.volume, self.index

    def organ(self, name: str) -> np.ndarray | None:
        """Boolean mask (H, W) of an organ; None where this data set does not label it."""
        if self.label is None or name not in self.names:
            return None
        return self.label == self.names.index(name)


def shrink(
    image: np.ndarray, label: np.ndarray | None, side: int = MAXIMUM_SIDE
) -> tuple[np.ndarray, np.ndarray | None]:
    """Average an image (H, W) of 0..1 down to at most ``side`` pixels, as uint8.

    Labels are resampled by nearest neighbour.
    """
    rows, columns = image.shape
    scale = min(1.0, side / max(rows, columns))
    if scale < 1:
        size = (round(rows * scale), round(columns * scale))
        picture = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None, None]
        image = functional.interpolate(picture, size, mode="bilinear", antialias=True)[0, 0].numpy()
        if label is not None:
            tensor = torch.from_numpy(np.ascontiguousarray(label))[None, None].float()
            label = (
                functional.interpolate(tensor, size, mode="nearest-exact")[0, 0]
                .to(torch.uint8)
                .numpy()
            )
    return np.round(image.clip(0, 1) * 255).astype(np.uint8), label


def patients_of(slices: Iterable[LabelledSlice]) -> list[str]:
    """Sorted identities."""
    return sorted({item.patient for item in slices})


class VolumeImages:
    """Images of slices by data set, patient and position, to find a slice's neighbours."""

    def __init__(self, slices: Iterable[LabelledSlice]):
        self._images = {item.place: item.image for item in slices if item.index >= 0}

    def with_neighbours(self, labelled: LabelledSlice, neighbours: int) -> np.ndarray:
        """A slice between its neighbours (C, H, W), uint8; the nearest replaces a missing one."""
        images = [labelled.image]
        for step in range(1, neighbours + 1):
            for place, offset in ((0, -step), (-1, step)):
                key = (*labelled.place[:-1], labelled.index + offset)
                image = self._images.get(key, images[place])
                images.insert(0 if place == 0 else len(images), image)
        return np.stack(images)
