"""Scribble prompts: random strokes first, then strokes from the pseudo ground truth, then corrections where the mask differs."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from HermesLib.prompts.strokes import (
    centerline_scribbles,
    contour_scribbles,
    line_scribbles,
    random_scribbles,
)
from HermesLib.prompts.types import Prompt, Scribbles


def split_by_area(count: int, areas: tuple[int, int]) -> tuple[int, int]:
    """Share strokes between two areas in proportion; each area that is not zero gets one if there are enough."""
    total = sum(areas)
    if total == 0:
        return 0, 0
    first = round(count * areas[0] / total)
    if all(areas) and count > 1:
        first = min(max(first, 1), count - 1)
    return first, count - first


@dataclass(frozen=True)
class ScribbleStrategy:
    """Scribbles as a person's.

    Attributes:
        strokes: how many strokes the first prompt has, and how many corrections a round.
        keep_first: keep the random first strokes (the paper is silent). They are mostly wrong, hence dropped by default.
        smallest: error regions below this share of the slice get no stroke: nobody corrects single pixels.
    """

    kind = Scribbles.kind
    strokes: int = 3
    keep_first: bool = False
    smallest: float = 0.0003

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Scribbles:
        """Random line strokes anywhere, all positive."""
        return Scribbles(
            line_scribbles(np.ones(shape, bool), rng, self.strokes), np.zeros(shape, bool)
        )

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Scribbles:
        """Strokes from the pseudo ground truth the first time; later corrections of the mask, added to the strokes there are.

        Raises:
            ValueError: an empty pseudo ground truth.
        """
        if not pgt.any():
            raise ValueError("an empty pseudo ground truth prompts nothing")
        earlier = previous if isinstance(previous, Scribbles) else None
        if first_refinement or earlier is None:
            drawn = self._from_pgt(pgt, rng)
            if not self.keep_first:
                earlier = None
        else:
            drawn = self._corrections(mask, pgt, rng)
        if earlier is None:
            return drawn
        # Even a stroke that the newest pGT contradicts stays: ScribblePrompt forgets its logits when strokes are taken back.
        return Scribbles(earlier.positive | drawn.positive, earlier.negative | drawn.negative)

    def _from_pgt(self, pgt: np.ndarray, rng: np.random.Generator) -> Scribbles:
        positive = centerline_scribbles(pgt, rng) | contour_scribbles(pgt, rng, self.strokes - 1)
        return Scribbles(positive, contour_scribbles(background_band(pgt), rng, self.strokes))

    def _corrections(
        self, mask: np.ndarray, pgt: np.ndarray, rng: np.random.Generator
    ) -> Scribbles:
        missing, surplus = pgt & ~mask, mask & ~pgt
        missing_area, surplus_area = (
            area if area >= self.smallest * mask.size else 0
            for area in (int(missing.sum()), int(surplus.sum()))
        )
        positive, negative = split_by_area(self.strokes, (missing_area, surplus_area))
        if positive == negative == 0:
            return Scribbles(random_scribbles(pgt, rng), np.zeros(pgt.shape, bool))
        return Scribbles(
            contour_scribbles(missing, rng, positive), contour_scribbles(surplus, rng, negative)
        )


def background_band(region: np.ndarray, gap: float = 0.015, reach: float = 0.07) -> np.ndarray:
    """Band (H, W, bool) around a region, ``gap`` to ``reach`` of the slice's longer side away; empty for an empty region."""
    band = np.zeros(region.shape, bool)
    side = max(region.shape)
    found = ndimage.find_objects(region.astype(np.uint8))
    if not found:
        return band
    margin = math.ceil(reach * side)
    window = tuple(slice(max(0, place.start - margin), place.stop + margin) for place in found[0])
    distance = ndimage.distance_transform_edt(~region[window])
    band[window] = (distance > gap * side) & (distance <= reach * side)
    return band
