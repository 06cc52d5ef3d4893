"""Stacks of slices that are read one at a time: a large volume is never whole in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from HermesLib.io.orientation import SliceAxes


class SliceStack(Protocol):
    """Slices (N, H, W) of a volume, each made when it is read.

    Attributes:
        shape: (N, H, W).
    """

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, H, W)."""
        ...

    def __getitem__(self, index: int) -> np.ndarray:
        """One slice (H, W) float32, a copy."""
        ...


@dataclass(frozen=True, eq=False)
class StoredSlices:
    """Slices of an array in memory, which keeps its own type.

    Attributes:
        voxels: (N, H, W), of any numbers, in any order of memory.
    """

    voxels: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, H, W)."""
        count, rows, columns = self.voxels.shape
        return count, rows, columns

    def __getitem__(self, index: int) -> np.ndarray:
        return np.array(self.voxels[index], np.float32, order="C")


@dataclass(frozen=True, eq=False)
class PlaneSlices:
    """Slices that are the planes of a voxel grid, read one by one.

    Attributes:
        read: gives plane k, (j, i).
        size: of the grid, voxels along i, j, k.
        axes: how voxels become slices; slices lie across k.
    """

    read: Callable[[int], np.ndarray]
    size: tuple[int, int, int]
    axes: SliceAxes

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, H, W)."""
        count, rows, columns = (self.size[axis] for axis in self.axes.order)
        return count, rows, columns

    def __getitem__(self, index: int) -> np.ndarray:
        plane = self.size[2] - 1 - index if self.axes.backwards[0] else index
        return np.array(self.axes.view(self.read(plane)[None])[0], np.float32, order="C")


def each_slice(stack: SliceStack) -> Iterator[np.ndarray]:
    """The slices (H, W) float32 of a stack, in order."""
    for index in range(stack.shape[0]):
        yield stack[index]


def whole_array(stack: SliceStack) -> np.ndarray:
    """All slices of a stack, (N, H, W) float32."""
    array = np.empty(stack.shape, np.float32)
    for index, image in enumerate(each_slice(stack)):
        array[index] = image
    return array
