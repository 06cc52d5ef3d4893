"""The protocols of a prompt kind. All coordinates are in pixels of the prompt's slice.

A kind is one module with two classes: the prompt (a :class:`Prompt`, and as a class a
:class:`PromptType`) and its :class:`PromptStrategy`. :mod:`HermesLib.prompts.registry` lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

#: No points (0, 2).
NO_POINTS = np.zeros((0, 2), np.int64)
NO_POINTS.setflags(write=False)


@dataclass(frozen=True, eq=False)
class PromptMarks:
    """What a prompt marks on a slice: the shapes that models, figures and Slicer markups draw.

    Attributes:
        boxes: (x1, y1, x2, y2) in pixel edges; a box covers the columns ``x1 <= x < x2`` and the
            rows ``y1 <= y < y2``.
        positive_points, negative_points: (N, 2) integer pixel indices (x, y) = (column, row).
        positive_strokes, negative_strokes: (H, W) bool; None if the prompt has no strokes.
    """

    boxes: tuple[tuple[float, float, float, float], ...] = ()
    positive_points: np.ndarray = field(default_factory=lambda: NO_POINTS)
    negative_points: np.ndarray = field(default_factory=lambda: NO_POINTS)
    positive_strokes: np.ndarray | None = None
    negative_strokes: np.ndarray | None = None

    @property
    def has_signs(self) -> bool:
        """Whether the prompt consists, at least in part, of positive and negative marks."""
        strokes = (self.positive_strokes, self.negative_strokes)
        points = (self.positive_points, self.negative_points)
        return any(raster is not None for raster in strokes) or any(map(len, points))

    @property
    def has_positive(self) -> bool:
        """Whether anything marks the organ."""
        strokes = self.positive_strokes is not None and bool(self.positive_strokes.any())
        return bool(self.boxes) or len(self.positive_points) > 0 or strokes


class Prompt(Protocol):
    """A prompt for one slice; immutable."""

    @property
    def kind(self) -> str:
        """The kind's name in the registry; for a mixed prompt, the parts' kinds joined by ``+``."""
        ...

    def to_plain(self) -> dict[str, Any]:
        """The prompt as values for JSON, ``kind`` among them."""
        ...

    def summary(self) -> dict[str, Any]:
        """The prompt's entry in ``report.json``: ``kind`` and, briefly, where it is."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """The prompt as named arrays, to be sent to another process."""
        ...

    def marks(self) -> PromptMarks:
        """What the prompt marks on the slice."""
        ...


class PromptType(Protocol):
    """Builds the prompts of one kind.

    It is the prompt's class, or a :class:`HermesLib.prompts.mixed.MixedType`.
    """

    def from_plain(self, plain: Mapping[str, Any], shape: tuple[int, int]) -> Prompt:
        """The inverse of :meth:`Prompt.to_plain`, on a slice of ``shape`` (rows, columns).

        Raises:
            KeyError, TypeError, ValueError: values that do not describe a prompt of this kind.
            HermesError: a prompt outside the slice.
        """
        ...

    def from_arrays(self, arrays: Mapping[str, np.ndarray]) -> Prompt:
        """The inverse of :meth:`Prompt.arrays`."""
        ...

    def from_marks(self, marks: PromptMarks, shape: tuple[int, int]) -> Prompt:
        """The prompt that marks these shapes, on a slice of ``shape`` (rows, columns).

        Raises:
            HermesError: marks that this kind cannot express.
        """
        ...


class PromptStrategy(Protocol):
    """Draws and refines the prompts of one kind."""

    @property
    def kind(self) -> str:
        """The kind of prompt."""
        ...

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Prompt:
        """The first prompt on a slice of ``shape`` (rows, columns), drawn without looking at it."""
        ...

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Prompt:
        """The next prompt from the current mask and its pseudo ground truth (pGT).

        Args:
            previous: the prompt that led to the mask; None if the mask came from no prompt.
            mask: (H, W) bool.
            pgt: (H, W) bool.
            first_refinement: whether this is the slice's first refinement.
            rng: random numbers.

        Raises:
            ValueError: an empty pGT.
        """
        ...
