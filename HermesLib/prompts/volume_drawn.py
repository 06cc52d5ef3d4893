"""Strokes and lassos: pixels drawn in one plane of a volume (:mod:`HermesLib.prompts.volume`)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from HermesLib.prompts.types import PromptMarks
from HermesLib.prompts.volume import Bounds, read_only, require_axis, with_axis


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Pixels drawn in one plane.

    Attributes:
        axis, index: of the plane.
        pixels: (h, w) bool, a cut-out of the plane, not empty.
        offset: of the cut-out along the plane's two axes.
        positive: inside the organ, or outside.
    """

    kind: ClassVar[str] = ""
    axis: int
    index: int
    pixels: np.ndarray
    offset: tuple[int, int] = (0, 0)
    positive: bool = True

    def __post_init__(self) -> None:
        """Keep a read-only copy.

        Raises:
            ValueError: another shape or type, no pixel, or an axis that there is not.
        """
        require_axis(self.axis)
        if self.pixels.ndim != 2 or self.pixels.dtype != bool or not self.pixels.any():
            raise ValueError("pixels are (h, w) bool with at least one set")
        object.__setattr__(self, "pixels", read_only(self.pixels, bool))

    @property
    def bounds(self) -> Bounds:
        """See :class:`VolumePrompt`."""
        first, second = (
            (start, start + size)
            for start, size in zip(self.offset, self.pixels.shape, strict=True)
        )
        return with_axis(self.axis, self.index, first, second)

    @property
    def voxels(self) -> np.ndarray:
        """The pixels as voxels of :attr:`bounds`, bool: one voxel thick along the axis."""
        return np.expand_dims(self.pixels, self.axis)

    def to_plain(self) -> dict[str, Any]:
        """``axis``, ``index``, ``positive`` and the ``pixels`` along the plane's axes."""
        pixels = np.argwhere(self.pixels) + np.array(self.offset)
        plane = {"axis": self.axis, "index": self.index, "positive": self.positive}
        return {"kind": self.kind, **plane, "pixels": pixels.tolist()}

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`, with the number of pixels and the box in place of the pixels."""
        plane = {"axis": self.axis, "index": self.index, "positive": self.positive}
        box = [list(limits) for limits in self.bounds]
        return {"kind": self.kind, **plane, "pixel_count": int(self.pixels.sum()), "bounds": box}

    def on_slice(self, index: int, shape: tuple[int, int]) -> PromptMarks:
        """The pixels on this slice."""
        (low, high), rows, columns = self.bounds
        if not low <= index < high:
            return PromptMarks()
        strokes = np.zeros(shape, bool)
        strokes[slice(*rows), slice(*columns)] = self.voxels[index - low]
        if not strokes.any():
            return PromptMarks()
        if self.positive:
            return PromptMarks(positive_strokes=strokes)
        return PromptMarks(negative_strokes=strokes)


class StrokesOnSlice(_Drawn):
    """Strokes in one plane."""

    kind: ClassVar[str] = "strokes-on-slice"


class Lasso(_Drawn):
    """An encircled region of one plane, filled."""

    kind: ClassVar[str] = "lasso"
