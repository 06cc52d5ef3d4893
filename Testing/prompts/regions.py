"""Random regions of shapes that are hard for geometry: blobs, pixels, lines, rings, at borders."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def regions(draw: st.DrawFn) -> np.ndarray:
    """A region (H, W, bool) that is not empty."""
    height, width = draw(st.sampled_from([(40, 56), (64, 64), (130, 70)]))
    region = np.zeros((height, width), bool)
    rows, columns = np.ogrid[:height, :width]
    for _ in range(draw(st.integers(1, 3))):
        row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        high, wide = draw(st.integers(0, 25)), draw(st.integers(0, 25))
        distance = ((rows - row) / (high + 0.5)) ** 2 + ((columns - column) / (wide + 0.5)) ** 2
        hole = draw(st.sampled_from([0.0, 0.0, 0.5, 0.8]))
        region |= (distance <= 1) & (distance >= hole)
        region[row, column] = True
    return region


def ellipse(
    shape: tuple[int, int], centre: tuple[float, float], radii: tuple[float, float]
) -> np.ndarray:
    """(H, W) bool."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return ((rows - centre[0]) / radii[0]) ** 2 + ((columns - centre[1]) / radii[1]) ** 2 <= 1


def disc(shape: tuple[int, int], row: float, column: float, radius: float) -> np.ndarray:
    """(H, W) bool."""
    return ellipse(shape, (row, column), (radius, radius))
