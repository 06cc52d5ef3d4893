"""Box prompts: first the whole slice, then the box of the pseudo ground truth."""

from dataclasses import dataclass

import numpy as np

from HermesLib.prompts.types import Box, Prompt

#: The longer side, in pixels, of the smallest slices that boxes are padded on as told.
USUAL_SIDE = 320


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
    """The paper's box prompts.

    ``pad`` is in pixels of the slice; on slices smaller than :data:`USUAL_SIDE` in proportion to their longer side. The paper's ten pixels
    are 3 % of its slices; on a slice of 128 pixels they would be 8 %, a box that no model was trained with.
    """

    kind = Box.kind
    pad: float = 10.0

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
        """The padded box of the pseudo ground truth.

        Raises:
            ValueError: an empty pseudo ground truth.
        """
        return bounding_box(pgt, self.pad * min(1.0, max(pgt.shape) / USUAL_SIDE))
