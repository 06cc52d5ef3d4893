"""What a prompt is. All coordinates are in the pixels of the slice the prompt was drawn on."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np


@dataclass(frozen=True)
class Box:
    """Axis-aligned box in pixel edges: it holds the columns ``x1 <= x < x2`` and the rows ``y1 <= y < y2``."""

    kind: ClassVar[str] = "box"
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, eq=False)
class Scribbles:
    """Strokes as two boolean rasters (H, W)."""

    kind: ClassVar[str] = "scribbles"
    positive: np.ndarray
    negative: np.ndarray


@dataclass(frozen=True, eq=False)
class Clicks:
    """Points as two integer arrays (N, 2) of (x, y) = (column, row) pixel indices; either may be empty (0, 2)."""

    kind: ClassVar[str] = "clicks"
    positive: np.ndarray
    negative: np.ndarray


Prompt: TypeAlias = Box | Scribbles | Clicks
PROMPT_KINDS: tuple[str, ...] = (Box.kind, Scribbles.kind, Clicks.kind)
