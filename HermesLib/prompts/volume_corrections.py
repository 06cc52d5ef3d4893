"""Corrections of a whole volume: points or strokes where its mask differs from what is expected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import numpy as np
from scipy import ndimage

from HermesLib.metrics.components import largest_component
from HermesLib.prompts.volume import Points3D, VolumePrompt
from HermesLib.prompts.volume_drawn import StrokesOnSlice

#: Voxels are connected by faces, edges and corners: thin parts of thick slices stay one part.
_CONNECTED = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, eq=False)
class ErrorPart:
    """A connected part of a volume's errors.

    Attributes:
        missing: whether the mask misses the part; it has too much otherwise.
        offset: of ``voxels`` in the volume, along slice, row and column.
        voxels: (n, h, w) bool, the part in its own box.
    """

    missing: bool
    offset: tuple[int, int, int]
    voxels: np.ndarray

    @property
    def size(self) -> int:
        """The number of voxels."""
        return int(self.voxels.sum())


def error_parts(mask: np.ndarray, expected: np.ndarray) -> list[ErrorPart]:
    """The connected parts of the difference of two masks (N, H, W, bool), the largest first."""
    parts = [
        *_parts(expected & ~mask, missing=True),
        *_parts(mask & ~expected, missing=False),
    ]
    return sorted(parts, key=lambda part: -part.size)


def deepest_voxel(voxels: np.ndarray, spacing: Sequence[float]) -> tuple[int, int, int]:
    """The voxel of a region (n, h, w, bool) that is farthest from its outside, in mm.

    The volume's border counts as outside.
    """
    depth = ndimage.distance_transform_edt(np.pad(voxels, 1), sampling=tuple(spacing))
    place = np.unravel_index(int(np.argmax(depth)), depth.shape)
    slice_index, row, column = (int(index) - 1 for index in place)
    return slice_index, row, column


@dataclass
class VolumeCorrections:
    """Draws the corrections of one volume, and marks no voxel twice with the same sign.

    Attributes:
        kind: ``clicks`` for a point at the deepest voxel of a part, ``scribbles`` for a stroke
            along the middle of its largest section.
        spacing: mm along slice, row and column.
        stroke_thickness: in voxels along slice, row and column.
        most: at most this many a round; each costs a call of the model.
        smallest: parts below this share of the expected organ are corrected only if there is no
            larger one.
    """

    kind: Literal["clicks", "scribbles"]
    spacing: tuple[float, float, float]
    stroke_thickness: tuple[int, int, int] = (2, 2, 2)
    most: int = 3
    smallest: float = 0.002
    _marked: dict[bool, list[np.ndarray]] = field(
        default_factory=lambda: {True: [], False: []}, repr=False
    )

    def draw(self, mask: np.ndarray, expected: np.ndarray) -> tuple[VolumePrompt, ...]:
        """Corrections of the largest errors, the largest first; none if nothing new is left.

        A positive correction lies in what the mask misses, a negative one in what it has too much.

        Args:
            mask: (N, H, W) bool.
            expected: (N, H, W) bool.
        """
        parts = error_parts(mask, expected)
        least = self.smallest * int(expected.sum())
        large = [part for part in parts if part.size >= least] or parts[:1]
        return tuple(islice(self._new(large), self.most))

    def _new(self, parts: Sequence[ErrorPart]) -> Iterator[VolumePrompt]:
        for part in parts:
            region = self._unmarked(part)
            if region.any():
                draw = self._point if self.kind == "clicks" else self._stroke
                voxels, prompt = draw(part, region)
                self._marked[part.missing].append(voxels)
                yield prompt

    def _unmarked(self, part: ErrorPart) -> np.ndarray:
        """The part's voxels without those that were marked with the same sign before."""
        region = part.voxels.copy()
        for voxels in self._marked[part.missing]:
            local = voxels - np.array(part.offset)
            local = local[((local >= 0) & (local < region.shape)).all(1)]
            region[tuple(local.T)] = False
        return region

    def _point(self, part: ErrorPart, region: np.ndarray) -> tuple[np.ndarray, VolumePrompt]:
        deepest = deepest_voxel(region, self.spacing)
        voxel = np.array([deepest], np.int64) + np.array(part.offset)
        prompt = Points3D(positive=voxel) if part.missing else Points3D(negative=voxel)
        return voxel, prompt

    def _stroke(self, part: ErrorPart, region: np.ndarray) -> tuple[np.ndarray, VolumePrompt]:
        axis, index = largest_section(region, self.spacing)
        section = largest_component(region.take(index, axis))
        offset = [start for k, start in enumerate(part.offset) if k != axis]
        thickness = [length for k, length in enumerate(self.stroke_thickness) if k != axis]
        prompt = StrokesOnSlice(
            axis,
            part.offset[axis] + index,
            _stroke_in(section, thickness),
            (offset[0], offset[1]),
            positive=part.missing,
        )
        corner = np.array([low for low, _ in prompt.bounds])
        return np.argwhere(prompt.voxels) + corner, prompt


def largest_section(voxels: np.ndarray, spacing: Sequence[float]) -> tuple[int, int]:
    """(axis, index) of the plane in which a region (n, h, w, bool) is largest, in mm2."""
    best = (-1.0, 0, 0)
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        areas = voxels.sum(others) * spacing[others[0]] * spacing[others[1]]
        index = int(np.argmax(areas))
        if areas[index] > best[0]:
            best = (float(areas[index]), axis, index)
    return best[1], best[2]


def _stroke_in(section: np.ndarray, thickness: Sequence[int]) -> np.ndarray:
    """The middle line of a region (h, w, bool), so thick, and nowhere outside the region."""
    from skimage.morphology import skeletonize

    line = skeletonize(np.pad(section, 1))[1:-1, 1:-1]
    pen = np.ones([max(1, int(length)) for length in thickness], bool)
    return ndimage.binary_dilation(line, pen) & section


def _parts(region: np.ndarray, *, missing: bool) -> Iterator[ErrorPart]:
    labels, _ = ndimage.label(region, _CONNECTED)
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        offset = tuple(limits.start for limits in window)
        yield ErrorPart(missing, offset, labels[window] == number)
