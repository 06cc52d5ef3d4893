"""Prompts for a whole volume, on the volume's own grid.

All indices count voxels in the order of HERMES' arrays (N, H, W): slice, row, column. An ``axis``
is 0, 1 or 2 in that order, and a plane across it has the two other axes, in order. Ranges are half
open. Adapters of models convert where a model counts otherwise.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np

from HermesLib.prompts.types import NO_POINTS, PromptMarks

#: (low, high) along slice, row and column.
Bounds = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
#: No voxels (0, 3).
NO_VOXELS = np.zeros((0, 3), np.int64)
NO_VOXELS.setflags(write=False)


class VolumePrompt(Protocol):
    """A prompt for a whole volume; immutable."""

    @property
    def kind(self) -> str:
        """The kind's name in reports."""
        ...

    @property
    def bounds(self) -> Bounds:
        """The box of voxels that it marks or covers."""
        ...

    def to_plain(self) -> dict[str, Any]:
        """The prompt as values for JSON, ``kind`` among them."""
        ...

    def summary(self) -> dict[str, Any]:
        """``kind`` and, briefly, where it is."""
        ...

    def on_slice(self, index: int, shape: tuple[int, int]) -> PromptMarks:
        """What it marks on a slice of ``shape`` (rows, columns)."""
        ...


def require_within(prompt: VolumePrompt, shape: tuple[int, ...]) -> None:
    """Check that a prompt lies in a volume of ``shape`` (N, H, W).

    Raises:
        ValueError: it does not.
    """
    if any(low < 0 or high > size for (low, high), size in zip(prompt.bounds, shape, strict=True)):
        raise ValueError(f"the prompt covers {prompt.bounds}, the volume has the shape {shape}")


@dataclass(frozen=True, eq=False)
class Points3D:
    """Voxels (N, 3) of (slice, row, column) inside and outside the organ."""

    kind: ClassVar[str] = "points"
    positive: np.ndarray = field(default_factory=lambda: NO_VOXELS)
    negative: np.ndarray = field(default_factory=lambda: NO_VOXELS)

    def __post_init__(self) -> None:
        """Keep read-only copies.

        Raises:
            ValueError: other shapes, or no point at all.
        """
        for name in ("positive", "negative"):
            voxels = read_only(np.asarray(getattr(self, name)), np.int64)
            if voxels.ndim != 2 or voxels.shape[1] != 3:
                raise ValueError(f"points have the shape (N, 3), not {voxels.shape}")
            object.__setattr__(self, name, voxels)
        if not len(self.positive) + len(self.negative):
            raise ValueError("there is no point")

    @property
    def bounds(self) -> Bounds:
        """See :class:`VolumePrompt`."""
        voxels = np.concatenate([self.positive, self.negative])
        return _bounds(voxels.min(0), voxels.max(0) + 1)

    def to_plain(self) -> dict[str, Any]:
        """``positive`` and ``negative``: lists of [slice, row, column]."""
        return {
            "kind": self.kind,
            "positive": self.positive.tolist(),
            "negative": self.negative.tolist(),
        }

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`."""
        return self.to_plain()

    def on_slice(self, index: int, shape: tuple[int, int]) -> PromptMarks:
        """The points of this slice, as (column, row)."""
        here = [
            voxels[voxels[:, 0] == index][:, :0:-1] for voxels in (self.positive, self.negative)
        ]
        return PromptMarks(positive_points=here[0], negative_points=here[1])


@dataclass(frozen=True)
class BoxOnSlice:
    """A box in one plane.

    Attributes:
        axis, index: of the plane.
        first, second: (low, high) along the plane's two axes.
        positive: whether the box contains the organ; it excludes otherwise.
    """

    kind: ClassVar[str] = "box-on-slice"
    axis: int
    index: int
    first: tuple[int, int]
    second: tuple[int, int]
    positive: bool = True

    def __post_init__(self) -> None:
        """Raises ValueError: an empty box, or an axis that there is not."""
        require_axis(self.axis)
        if not (self.first[0] < self.first[1] and self.second[0] < self.second[1]):
            raise ValueError(f"the box {self.first}, {self.second} is empty")

    @property
    def bounds(self) -> Bounds:
        """See :class:`VolumePrompt`."""
        return with_axis(self.axis, self.index, self.first, self.second)

    def to_plain(self) -> dict[str, Any]:
        """``axis``, ``index``, ``box`` (the ranges along the plane's axes) and ``positive``."""
        box = [list(self.first), list(self.second)]
        plane = {"axis": self.axis, "index": self.index}
        return {"kind": self.kind, **plane, "box": box, "positive": self.positive}

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`."""
        return self.to_plain()

    def on_slice(self, index: int, shape: tuple[int, int]) -> PromptMarks:
        """The box if it lies in this slice; its cut, a line of pixels, if it crosses it."""
        (low, high), (top, bottom), (left, right) = self.bounds
        if not (self.positive and low <= index < high):
            return PromptMarks()
        return PromptMarks(boxes=((float(left), float(top), float(right), float(bottom)),))


@dataclass(frozen=True, eq=False)
class InitialMask:
    """A segmentation (N, H, W) of the whole volume, bool, that the model starts from."""

    kind: ClassVar[str] = "initial-mask"
    mask: np.ndarray

    def __post_init__(self) -> None:
        """Keep a read-only copy.

        Raises:
            ValueError: another shape or type.
        """
        if self.mask.ndim != 3 or self.mask.dtype != bool:
            raise ValueError("an initial mask is (N, H, W) bool")
        object.__setattr__(self, "mask", read_only(self.mask, bool))

    @property
    def bounds(self) -> Bounds:
        """The whole volume."""
        return _bounds((0, 0, 0), self.mask.shape)

    def to_plain(self) -> dict[str, Any]:
        """``voxel_count``, and ``slices``: the first slice with a voxel and the one after the last.

        The mask itself is an array of the results.
        """
        with_mask = np.flatnonzero(self.mask.any((1, 2)))
        found = [int(with_mask[0]), int(with_mask[-1]) + 1] if len(with_mask) else []
        return {"kind": self.kind, "voxel_count": int(self.mask.sum()), "slices": found}

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`."""
        return self.to_plain()

    def on_slice(self, index: int, shape: tuple[int, int]) -> PromptMarks:
        """Nothing: a mask is no mark."""
        return PromptMarks()


class EarlierMask(InitialMask):
    """The session's own mask before its last round, which is taken back.

    A model that keeps its earlier state goes back to that; for others it is an initial mask.
    """


def merged(marks: list[PromptMarks]) -> PromptMarks:
    """The marks of several prompts on one slice."""

    def points(name: str) -> np.ndarray:
        return np.concatenate([NO_POINTS, *(getattr(mark, name) for mark in marks)])

    def strokes(name: str) -> np.ndarray | None:
        drawn = [raster for mark in marks if (raster := getattr(mark, name)) is not None]
        return np.logical_or.reduce(drawn) if drawn else None

    return PromptMarks(
        boxes=tuple(box for mark in marks for box in mark.boxes),
        positive_points=points("positive_points"),
        negative_points=points("negative_points"),
        positive_strokes=strokes("positive_strokes"),
        negative_strokes=strokes("negative_strokes"),
    )


def require_axis(axis: int) -> None:
    """Raises ValueError: an axis that there is not."""
    if axis not in (0, 1, 2):
        raise ValueError(f"a volume has no axis {axis}")


def read_only(array: np.ndarray, dtype: Any) -> np.ndarray:
    """A copy that cannot be changed."""
    copied = array.astype(dtype)
    copied.setflags(write=False)
    return copied


def _bounds(low: Any, high: Any) -> Bounds:
    first, second, third = ((int(a), int(b)) for a, b in zip(low, high, strict=True))
    return first, second, third


def with_axis(axis: int, index: int, first: tuple[int, int], second: tuple[int, int]) -> Bounds:
    """The bounds of ranges along the axes of a plane, one voxel thick along its own axis."""
    ranges = [first, second]
    ranges.insert(axis, (index, index + 1))
    return ranges[0], ranges[1], ranges[2]
