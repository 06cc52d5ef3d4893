"""Box prompts: first the whole slice, then the box of the pseudo ground truth."""

from dataclasses import dataclass

import numpy as np

from HermesLib.prompts.types import Box, Prompt


def bounding_box(region: np.ndarray, pad: float = 0.0) -> Box:
    """Box of a region's (H, W, bool) pixels, widened by ``pad`` pixels on every side and clipped to the slice.

    Raises:
        ValueError: the region is empty.
    """
    rows, columns = np.nonzero(region)
    if len(rows) == 0:
        raise ValueError("an empty region has no box")
    height, width = region.shape
    return Box(
        max(float(columns.min()) - pad, 0.0),
        max(float(rows.min()) - pad, 0.0),
        min(float(columns.max()) + 1 + pad, float(width)),
        min(float(rows.max()) + 1 + pad, float(height)),
    )


@dataclass(frozen=True)
class BoxStrategy:
    """The paper's box prompts; ``pad`` in pixels of the slice."""

    kind = Box.kind
    pad: float = 10.0

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Box:
        """The whole slice."""
        return Box(0.0, 0.0, float(shape[1]), float(shape[0]))

    def refine(
        self, previous: Prompt | None, mask: np.ndarray, pgt: np.ndarray, first_refinement: bool, rng: np.random.Generator
    ) -> Box:
        """The padded box of the pseudo ground truth.

        Raises:
            ValueError: an empty pseudo ground truth.
        """
        return bounding_box(pgt, self.pad)
