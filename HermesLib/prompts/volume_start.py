"""The first prompt of a model that starts from one slice: the box of the pGT's section there."""

from collections.abc import Mapping

import numpy as np

from HermesLib.prompts.boxes import BoxStrategy
from HermesLib.prompts.volume import BoxOnSlice


def start_box(expected: np.ndarray, certainty: Mapping[int, float], padding: float) -> BoxOnSlice:
    """The padded box of the section that is largest and most certain.

    Sections are compared by their area times what is known of their certainty.

    Args:
        expected: (N, H, W) bool, the organ as it is expected; not empty.
        certainty: of slices by their index, 0..1; 1 where none is given.
        padding: pixels around the box, fewer on small slices, see
            :class:`HermesLib.prompts.boxes.BoxStrategy`.
    """
    areas = expected.sum((1, 2)).astype(float)
    weights = np.array([certainty.get(index, 1.0) for index in range(len(expected))])
    index = int(np.argmax(areas * weights))
    section = expected[index]
    left, top, right, bottom = BoxStrategy(padding).around(section).edges
    rows = int(np.floor(top)), int(np.ceil(bottom))
    columns = int(np.floor(left)), int(np.ceil(right))
    return BoxOnSlice(0, index, rows, columns)
