"""Scribble prompts: random first, then from the pGT, then corrections where the mask differs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.prompts.plain import whole_points
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.strokes import (
    centerline_scribbles,
    contour_scribbles,
    line_scribbles,
    random_scribbles,
)
from HermesLib.prompts.types import Prompt, PromptMarks


@dataclass(frozen=True, eq=False)
class Scribbles:
    """Strokes as two boolean rasters (H, W)."""

    kind: ClassVar[str] = "scribbles"
    positive: np.ndarray
    negative: np.ndarray

    def to_plain(self) -> dict[str, Any]:
        """``positive`` and ``negative``: the covered pixels as lists of [x, y]."""
        return {
            "kind": self.kind,
            "positive": np.argwhere(self.positive)[:, ::-1].tolist(),
            "negative": np.argwhere(self.negative)[:, ::-1].tolist(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], shape: tuple[int, int]) -> "Scribbles":
        """See :class:`HermesLib.prompts.types.PromptType`."""
        return cls(
            _raster(whole_points(plain.get("positive", []), shape), shape),
            _raster(whole_points(plain.get("negative", []), shape), shape),
        )

    def summary(self) -> dict[str, Any]:
        """The number of pixels that the strokes cover."""
        return {
            "kind": self.kind,
            "positive_pixels": int(self.positive.sum()),
            "negative_pixels": int(self.negative.sum()),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """``positive`` and ``negative``: (H, W) bool."""
        return {"positive": self.positive, "negative": self.negative}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Scribbles":
        """The inverse of :meth:`arrays`."""
        return cls(arrays["positive"], arrays["negative"])

    def marks(self) -> PromptMarks:
        """The strokes."""
        return PromptMarks(positive_strokes=self.positive, negative_strokes=self.negative)

    @classmethod
    def from_marks(cls, marks: PromptMarks, shape: tuple[int, int]) -> "Scribbles":
        """The strokes among the marks.

        Raises:
            HermesError: marks without strokes.
        """
        positive = marks.positive_strokes
        negative = marks.negative_strokes
        if positive is None and negative is None:
            raise HermesError("there are no scribbles to prompt with")
        nothing = np.zeros(shape, bool)
        return cls(
            nothing if positive is None else positive, nothing if negative is None else negative
        )


def _raster(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    raster = np.zeros(shape, bool)
    raster[points[:, 1], points[:, 0]] = True
    return raster


def split_by_area(count: int, areas: tuple[int, int]) -> tuple[int, int]:
    """Divide ``count`` strokes between two areas in proportion.

    An area that is not zero gets at least one stroke if there are enough.
    """
    total = sum(areas)
    if total == 0:
        return 0, 0
    first = round(count * areas[0] / total)
    if all(areas) and count > 1:
        first = min(max(first, 1), count - 1)
    return first, count - first


@dataclass(frozen=True)
class ScribbleStrategy:
    """Scribbles as a person draws them.

    Attributes:
        strokes: the number of strokes of the first prompt, and of corrections a round.
        keep_first: keep the random first strokes (the paper does not say). Most are wrong, hence
            dropped by default.
        smallest: error regions below this share of the slice get no stroke: nobody corrects
            single pixels.
    """

    kind = Scribbles.kind
    strokes: int = 3
    keep_first: bool = False
    smallest: float = 0.0003

    @classmethod
    def from_settings(cls, settings: PromptSettings) -> "ScribbleStrategy":
        """The strategy that a user's settings describe."""
        return cls(keep_first=settings.keep_first)

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
        """Strokes from the pGT the first time; later corrections, added to the earlier strokes.

        Raises:
            ValueError: an empty pGT.
        """
        if not pgt.any():
            raise ValueError("an empty pseudo ground truth prompts nothing")
        earlier = previous if isinstance(previous, Scribbles) else None
        if first_refinement or earlier is None:
            strokes = self._from_pgt(pgt, rng)
            if not self.keep_first:
                earlier = None
        else:
            strokes = self._corrections(mask, pgt, rng)
        if earlier is None:
            return strokes
        # Even a stroke that the newest pGT contradicts stays: ScribblePrompt discards its logits
        # when strokes are taken back.
        return Scribbles(earlier.positive | strokes.positive, earlier.negative | strokes.negative)

    def _from_pgt(self, pgt: np.ndarray, rng: np.random.Generator) -> Scribbles:
        positive = centerline_scribbles(pgt, rng) | contour_scribbles(pgt, rng, self.strokes - 1)
        return Scribbles(positive, contour_scribbles(background_band(pgt), rng, self.strokes))

    def _corrections(
        self, mask: np.ndarray, pgt: np.ndarray, rng: np.random.Generator
    ) -> Scribbles:
        missing = pgt & ~mask
        surplus = mask & ~pgt
        missing_area, surplus_area = (
            area if area >= self.smallest * mask.size else 0
            for area in (int(np.count_nonzero(missing)), int(np.count_nonzero(surplus)))
        )
        positive, negative = split_by_area(self.strokes, (missing_area, surplus_area))
        if positive == negative == 0:
            return Scribbles(random_scribbles(pgt, rng), np.zeros(pgt.shape, bool))
        return Scribbles(
            contour_scribbles(missing, rng, positive), contour_scribbles(surplus, rng, negative)
        )


def background_band(region: np.ndarray, gap: float = 0.015, reach: float = 0.07) -> np.ndarray:
    """Band (H, W, bool) around a region (H, W, bool); empty for an empty region.

    Args:
        region: what the band surrounds.
        gap, reach: the band's distances from the region, as shares of the slice's longer side.
    """
    band = np.zeros(region.shape, bool)
    side = max(region.shape)
    if not region.any():
        return band
    from scipy import ndimage

    bounds = ndimage.find_objects(region.astype(np.uint8))[0]
    margin = math.ceil(reach * side)
    window = tuple(slice(max(0, axis.start - margin), axis.stop + margin) for axis in bounds)
    distance = ndimage.distance_transform_edt(~region[window])
    band[window] = (distance > gap * side) & (distance <= reach * side)
    return band
