"""Which labels a file with several organs holds."""

from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.io.image_files import read_label_image
from HermesLib.io.mask_values import require_labels


def label_values(path: Path) -> tuple[int, ...]:
    """The labels of a label map besides 0, rising.

    Args:
        path: of a file, as a mask is read.

    Raises:
        HermesError: no label map, as :func:`require_labels` says, or one that cannot be read.
    """
    image = read_label_image(path)
    values = SimpleITK.GetArrayViewFromImage(image)
    require_labels(values, path.name)
    found = np.unique(np.round(values)).astype(int)
    return tuple(int(value) for value in found if value)
