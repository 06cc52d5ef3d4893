"""One image with its truth: paths and how to read them, no voxels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from HermesLib.datasets.splits import Part
from HermesLib.io.masks import read_organ
from HermesLib.io.volumes import Volume, read_volume


@dataclass(frozen=True)
class Truth:
    """Where an organ's true mask is, and which voxels of it are the organ.

    Attributes:
        files: label maps or masks; the organ is their union.
        values: of the organ in each of them; ``()``: every value but 0.
    """

    files: tuple[Path, ...]
    values: tuple[int, ...] = ()

    def read(self, volume: Volume) -> np.ndarray:
        """The organ (N, H, W, bool) on a volume's slices; it may be empty.

        Raises:
            HermesError: as of :func:`HermesLib.io.masks.read_organ`.
        """
        return np.logical_or.reduce([read_organ(path, volume, self.values) for path in self.files])


@dataclass(frozen=True)
class Case:
    """One image with its truth.

    Attributes:
        patient: name for people and for ``--patients``: the file's stem, or the identity.
        image: the file.
        truth: of the organ.
        identity: the patient in splits (:func:`HermesLib.datasets.folders.entry_identity`).
        channel: which volume of a 4D image is read.
        part: of the data set's own split; None where it has none.
    """

    patient: str
    image: Path
    truth: Truth
    identity: str = ""
    channel: int | None = None
    part: Part | None = None

    def read_image(self) -> Volume:
        """The image; errors as of :func:`HermesLib.io.volumes.read_volume`."""
        return read_volume(self.image, channel=self.channel)
