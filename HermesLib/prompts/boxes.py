"""Box prompts: first the whole slice, then the padded box of the pseudo ground truth (pGT)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt, PromptMarks


@dataclass(frozen=True)
class Box:
    """Axis-aligned box in pixel edges: the columns ``x1 <= x < x2`` and the rows ``y1 <= y < y2``.

    >>> Box(2, 3, 10, 8).to_plain()
    {'kind': 'box', 'xyxy': [2.0, 3.0, 10.0, 8.0]}
    """

    kind: ClassVar[str] = "box"
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """``(x1, y1, x2, y2)``."""
        return float(self.x1), float(self.y1), float(self.x2), float(self.y2)

    def to_plain(self) -> dict[str, Any]:
        """``xyxy``: the four edges."""
        return {"kind": self.kind, "xyxy": list(self.edges)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], shape: tuple[int, int]) -> "Box":
        """See :class:`HermesLib.prompts.types.PromptType`."""
        edges = np.asarray(plain["xyxy"], float)
        if edges.shape != (4,) or not np.isfinite(edges).all():
            raise ValueError("xyxy must be four numbers")
        x1, y1, x2, y2 = (float(edge) for edge in edges)
        if not (0 <= x1 < x2 <= shape[1] and 0 <= y1 < y2 <= shape[0]):
            raise HermesError(
                f"the first prompt's box {x1:g}, {y1:g}, {x2:g}, {y2:g} is empty or leaves the"
                f" slice of {shape[1]} x {shape[0]} pixels"
            )
        return cls(x1, y1, x2, y2)

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`."""
        return self.to_plain()

    def arrays(self) -> dict[str, np.ndarray]:
        """``box``: (4,) float64."""
        return {"box": np.array(self.edges, np.float64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Box":
        """The inverse of :meth:`arrays`."""
        return cls(*(float(edge) for edge in arrays["box"]))

    def marks(self) -> PromptMarks:
        """The box."""
        return PromptMarks(boxes=(self.edges,))

    @classmethod
    def from_marks(cls, marks: PromptMarks, shape: tuple[int, int]) -> "Box":
        """The box among the marks.

        Raises:
            HermesError: marks without a box.
        """
        if not marks.boxes:
            raise HermesError("there is no box to prompt with")
        return cls(*marks.boxes[0])


def bounding_box(region: np.ndarray, padding: float = 0.0) -> Box:
    """Box of a region (H, W, bool), ``padding`` pixels wider on every side, clipped to the slice.

    Raises:
        ValueError: the region is empty.
    """
    rows, columns = np.nonzero(region)
    if len(rows) == 0:
        raise ValueError("an empty region has no box")
    height, width = region.shape
    return Box(
        max(float(columns.min()) - padding, 0.0),
        max(float(rows.min()) - padding, 0.0),
        min(float(columns.max()) + 1 + padding, float(width)),
        min(float(rows.max()) + 1 + padding, float(height)),
    )


@dataclass(frozen=True)
class BoxStrategy:
    """The paper's box prompts.

    Attributes:
        padding: in pixels of the slice; in proportion on slices smaller than ``reference_side``.
            The paper's ten pixels are 3 % of its slices; on a slice of 128 pixels they would be
            8 %, a box that no model was trained with.
        reference_side: the longer side, in pixels, of the smallest slices with the full padding.
    """

    kind = Box.kind
    padding: float = 10.0
    reference_side: int = 320

    @classmethod
    def from_settings(cls, settings: PromptSettings) -> "BoxStrategy":
        """The strategy that a user's settings describe."""
        return cls(settings.padding)

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Box:
        """The whole slice."""
        return Box(0.0, 0.0, float(shape[1]), float(shape[0]))

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Box:
        """The padded box of the pGT.

        Raises:
            ValueError: an empty pGT.
        """
        return self.around(pgt)

    def around(self, region: np.ndarray) -> Box:
        """The padded box of a region (H, W, bool).

        Raises:
            ValueError: it is empty.
        """
        padding = self.padding * min(1.0, max(region.shape) / self.reference_side)
        return bounding_box(region, padding)
