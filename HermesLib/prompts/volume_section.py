"""What the prompts of a whole volume mark on one of its slices, for events and reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.prompts.plain import whole_points
from HermesLib.prompts.types import PromptMarks
from HermesLib.prompts.volume import InitialMask, VolumePrompt, merged

_POINTS = ("positive_points", "negative_points")
_STROKES = ("positive_strokes", "negative_strokes")


@dataclass(frozen=True, eq=False)
class VolumeSection:
    """The marks of one round of prompts on one slice; a :class:`HermesLib.prompts.types.Prompt`.

    It records; it cannot prompt a model. Most slices bear no mark.

    Attributes:
        marked: boxes, points and strokes on the slice.
        initial_mask: whether the round started from an initial mask of the whole volume.
    """

    kind: ClassVar[str] = "volume"
    marked: PromptMarks
    initial_mask: bool = False

    @classmethod
    def of(
        cls, prompts: Sequence[VolumePrompt], index: int, shape: tuple[int, int]
    ) -> "VolumeSection":
        """What prompts mark on the slice ``index`` of ``shape`` (rows, columns)."""
        marked = merged([prompt.on_slice(index, shape) for prompt in prompts])
        return cls(marked, any(isinstance(prompt, InitialMask) for prompt in prompts))

    def to_plain(self) -> dict[str, Any]:
        """``initial_mask``, ``boxes``, and points and pixels of strokes as lists of [x, y]."""
        plain: dict[str, Any] = {"kind": self.kind, "initial_mask": self.initial_mask}
        plain["boxes"] = [list(box) for box in self.marked.boxes]
        for name in _POINTS:
            plain[name] = getattr(self.marked, name).tolist()
        for name in _STROKES:
            strokes = getattr(self.marked, name)
            if strokes is not None:
                plain[name] = np.argwhere(strokes)[:, ::-1].tolist()
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], shape: tuple[int, int]) -> "VolumeSection":
        """See :class:`HermesLib.prompts.types.PromptType`."""
        marks: dict[str, Any] = {name: whole_points(plain[name], shape) for name in _POINTS}
        marks["boxes"] = tuple(_box(box) for box in plain["boxes"])
        for name in _STROKES:
            if name in plain:
                marks[name] = np.zeros(shape, bool)
                columns, rows = whole_points(plain[name], shape).T
                marks[name][rows, columns] = True
        return cls(PromptMarks(**marks), bool(plain["initial_mask"]))

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`, with the number of pixels in place of strokes."""
        summary = self.to_plain()
        for name in _STROKES:
            if name in summary:
                summary[name] = len(summary[name])
        return summary

    def arrays(self) -> dict[str, np.ndarray]:
        """``initial_mask`` (1,) bool, ``boxes`` (N, 4), points (N, 2), strokes (H, W) if any."""
        arrays = {
            "initial_mask": np.array([self.initial_mask]),
            "boxes": np.array(self.marked.boxes, np.float64).reshape(-1, 4),
        }
        arrays |= {name: getattr(self.marked, name).astype(np.int64) for name in _POINTS}
        for name in _STROKES:
            if getattr(self.marked, name) is not None:
                arrays[name] = getattr(self.marked, name)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "VolumeSection":
        """The inverse of :meth:`arrays`."""
        marks = {name: arrays[name] for name in (*_POINTS, *_STROKES) if name in arrays}
        boxes = tuple(_box(box) for box in arrays["boxes"])
        return cls(PromptMarks(boxes=boxes, **marks), bool(arrays["initial_mask"][0]))

    def marks(self) -> PromptMarks:
        """The marks."""
        return self.marked

    @classmethod
    def from_marks(cls, marks: PromptMarks, shape: tuple[int, int]) -> "VolumeSection":
        """Not possible: nobody draws one.

        Raises:
            HermesError: always.
        """
        raise HermesError("the prompts of a whole volume are not drawn on a slice")


def _box(values: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in values)
    return left, top, right, bottom
