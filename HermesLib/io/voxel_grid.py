"""Where the voxels of a volume lie, without the voxels."""

from collections.abc import Iterable
from dataclasses import dataclass

import SimpleITK


@dataclass(frozen=True)
class VoxelGrid:
    """A grid in DICOM's axes.

    Attributes:
        size: voxels along i, j, k.
        spacing: of the voxels along i, j, k, mm.
        origin: of the first voxel, mm.
        direction: 9 direction cosines, row by row.
    """

    size: tuple[int, int, int]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]

    @classmethod
    def of(cls, image: SimpleITK.Image) -> "VoxelGrid":
        """The grid of a 3D image."""
        columns, rows, slices = image.GetSize()
        size = (columns, rows, slices)
        return cls(size, image.GetSpacing(), image.GetOrigin(), image.GetDirection())

    def place(self, image: SimpleITK.Image) -> SimpleITK.Image:
        """The same image, lying on the grid.

        Raises:
            ValueError: an image of another size.
        """
        if image.GetSize() != self.size:
            raise ValueError(f"an image of {image.GetSize()} is not on a grid of {self.size}")
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        image.SetDirection(self.direction)
        return image

    def empty(self) -> SimpleITK.Image:
        """An image of 8 bits on the grid, all 0."""
        return self.place(SimpleITK.Image(self.size, SimpleITK.sitkUInt8))


def numbers(values: Iterable[float]) -> tuple[float, ...]:
    """Numbers as a grid keeps them."""
    return tuple(float(value) for value in values)
