"""Click prompts: uniform first, then on the inner margin of the pseudo ground truth, then where mask and pGT differ.

The margin points and the two rounds are MIDeepSeg's (Luo et al. 2021).
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from HermesLib.prompts.interior_margin import margin_clicks
from HermesLib.prompts.stroke_simulation import deepest_pixel
from HermesLib.prompts.types import Clicks, Prompt

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)
_NONE = np.zeros((0, 2), np.int64)


def deepest_clicks(region: np.ndarray, most: int, smallest: float = 0.0) -> np.ndarray:
    """Clicks (N, 2) of (x, y) at the deepest points of the ``most`` largest components of at least ``smallest`` pixels."""
    labels, parts = ndimage.label(region, _EIGHT_NEIGHBOURS)
    areas = np.bincount(labels.ravel(), minlength=parts + 1)[1:]
    windows = ndimage.find_objects(labels)
    clicks = []
    for part in np.argsort(-areas, kind="stable")[:most]:
        if areas[part] >= smallest:
            row, column = deepest_pixel(labels[windows[part]] == part + 1)
            clicks.append((windows[part][1].start + column, windows[part][0].start + row))
    return np.array(clicks, np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class ClickStrategy:
    """Clicks as MIDeepSeg takes them.

    Attributes:
        count: clicks of the first prompt and on the margin.
        inward: how far inside the hull the margin is, in pixels of the slice.
        corrections: at most this many new positive and as many new negative clicks a round.
        smallest: error components below this share of the slice get a click only if there is no larger one.
    """

    kind = Clicks.kind
    count: int = 16
    inward: tuple[float, float] = (2.0, 3.0)
    corrections: int = 2
    smallest: float = 0.0003

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Clicks:
        """Uniform positive clicks."""
        return Clicks(
            np.column_stack(
                [rng.integers(0, shape[1], self.count), rng.integers(0, shape[0], self.count)]
            ),
            _NONE,
        )

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Clicks:
        """Margin clicks of the pseudo ground truth the first time; later corrections of the mask, added to the clicks there are.

        Raises:
            ValueError: an empty pseudo ground truth.
        """
        if not pgt.any():
            raise ValueError("an empty pseudo ground truth prompts nothing")
        if first_refinement or not isinstance(previous, Clicks):
            return Clicks(margin_clicks(pgt, rng, self.count, self.inward), _NONE)
        missing, surplus = pgt & ~mask, mask & ~pgt
        smallest = self.smallest * mask.size
        positive, negative = (
            deepest_clicks(error, self.corrections, smallest) for error in (missing, surplus)
        )
        if len(positive) == len(negative) == 0:
            # Without a new click the model would only repeat itself.
            positive, negative = deepest_clicks(missing, 1), deepest_clicks(surplus, 1)
        return Clicks(_added(previous.positive, positive), _added(previous.negative, negative))


def _added(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    known = {tuple(point) for point in old.tolist()}
    fresh = [point for point in new.tolist() if tuple(point) not in known]
    return np.concatenate([old, np.array(fresh, np.int64).reshape(-1, 2)])
