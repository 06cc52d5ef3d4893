"""Click prompts: random first, then on the inner margin of the pGT, then where mask and pGT differ.

Beside a box they are corrections only: a click where mask and pGT differ.

The margin clicks and the two rounds are MIDeepSeg's (Luo et al. 2021).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from HermesLib.prompts.interior_margin import margin_clicks
from HermesLib.prompts.plain import whole_points
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.stroke_simulation import deepest_pixel
from HermesLib.prompts.types import NO_POINTS, Prompt, PromptMarks

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Clicks:
    """Points as integer arrays (N, 2) of (x, y) = (column, row) pixel indices; (0, 2) for none."""

    kind: ClassVar[str] = "clicks"
    positive: np.ndarray
    negative: np.ndarray

    def to_plain(self) -> dict[str, Any]:
        """``positive`` and ``negative``: lists of [x, y]."""
        return {
            "kind": self.kind,
            "positive": self.positive.tolist(),
            "negative": self.negative.tolist(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], shape: tuple[int, int]) -> "Clicks":
        """See :class:`HermesLib.prompts.types.PromptType`."""
        return cls(
            whole_points(plain.get("positive", []), shape),
            whole_points(plain.get("negative", []), shape),
        )

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`, with the number of clicks."""
        return {
            **self.to_plain(),
            "positive_count": len(self.positive),
            "negative_count": len(self.negative),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """``positive`` and ``negative``: (N, 2) int64."""
        return {
            "positive": self.positive.astype(np.int64),
            "negative": self.negative.astype(np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Clicks":
        """The inverse of :meth:`arrays`."""
        return cls(arrays["positive"], arrays["negative"])

    def marks(self) -> PromptMarks:
        """The points."""
        return PromptMarks(positive_points=self.positive, negative_points=self.negative)

    @classmethod
    def from_marks(cls, marks: PromptMarks, shape: tuple[int, int]) -> "Clicks":
        """The points among the marks."""
        return cls(marks.positive_points, marks.negative_points)


def deepest_clicks(region: np.ndarray, most: int, smallest: float = 0.0) -> np.ndarray:
    """Clicks (N, 2) of (x, y), one at the deepest point of each of a region's largest components.

    Args:
        region: (H, W) bool.
        most: at most this many clicks.
        smallest: components of fewer pixels get none.
    """
    from scipy import ndimage

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
        smallest: error components below this share of the slice get a click only if there is no
            larger one.
    """

    kind = Clicks.kind
    count: int = 16
    inward: tuple[float, float] = (2.0, 3.0)
    corrections: int = 2
    smallest: float = 0.0003

    @classmethod
    def from_settings(cls, settings: PromptSettings) -> "ClickStrategy":
        """The strategy that a user's settings describe; none of them concerns clicks."""
        return cls()

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Clicks:
        """Uniformly distributed positive clicks."""
        columns = rng.integers(0, shape[1], self.count)
        rows = rng.integers(0, shape[0], self.count)
        return Clicks(np.column_stack([columns, rows]), NO_POINTS)

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Clicks:
        """Margin clicks of the pGT the first time; later corrections, added to the earlier clicks.

        Raises:
            ValueError: an empty pGT.
        """
        if not pgt.any():
            raise ValueError("an empty pseudo ground truth prompts nothing")
        if first_refinement or not isinstance(previous, Clicks):
            return Clicks(margin_clicks(pgt, rng, self.count, self.inward), NO_POINTS)
        return corrected(previous, mask, pgt, self.corrections, self.smallest)


@dataclass(frozen=True)
class CorrectiveClickStrategy:
    """Clicks beside a box, which already says where the organ is: corrections only.

    Attributes:
        corrections, smallest: as :class:`ClickStrategy` has them.
    """

    kind = Clicks.kind
    corrections: int = 2
    smallest: float = 0.0003

    @classmethod
    def from_settings(cls, settings: PromptSettings) -> "CorrectiveClickStrategy":
        """The strategy that a user's settings describe; none of them concerns clicks."""
        return cls()

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Clicks:
        """None: nothing is known yet that could be corrected."""
        return Clicks(NO_POINTS, NO_POINTS)

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Clicks:
        """Corrections, added to the earlier clicks; the first time in place of them.

        Raises:
            ValueError: an empty pGT.
        """
        if not pgt.any():
            raise ValueError("an empty pseudo ground truth prompts nothing")
        if first_refinement or not isinstance(previous, Clicks):
            previous = Clicks(NO_POINTS, NO_POINTS)
        return corrected(previous, mask, pgt, self.corrections, self.smallest)


def corrected(
    previous: Clicks, mask: np.ndarray, pgt: np.ndarray, most: int, smallest: float
) -> Clicks:
    """Clicks with new ones where a mask (H, W, bool) differs from its pGT.

    Args:
        previous: the clicks so far.
        mask, pgt: (H, W) bool.
        most: at most this many new positive and as many new negative clicks.
        smallest: error components below this share of the slice get a click only if there is no
            larger one.
    """
    missing = pgt & ~mask
    surplus = mask & ~pgt
    positive = deepest_clicks(missing, most, smallest * mask.size)
    negative = deepest_clicks(surplus, most, smallest * mask.size)
    if len(positive) == len(negative) == 0:
        # Without a new click the model would only repeat its last answer.
        positive = deepest_clicks(missing, 1)
        negative = deepest_clicks(surplus, 1)
    return Clicks(_with_new(previous.positive, positive), _with_new(previous.negative, negative))


def _with_new(earlier: np.ndarray, clicks: np.ndarray) -> np.ndarray:
    earlier_points = {tuple(point) for point in earlier.tolist()}
    new = [point for point in clicks.tolist() if tuple(point) not in earlier_points]
    return np.concatenate([earlier, np.array(new, np.int64).reshape(-1, 2)])
