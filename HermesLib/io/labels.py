"""Masks made elsewhere, whose files may hold several organs."""

from pathlib import Path

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.volumes import Volume, read_label_map

#: Values of a file that a message lists.
_MOST_VALUES = 10


def read_organ(path: Path, volume: Volume, labels: tuple[int, ...] | None = None) -> np.ndarray:
    """The mask (N, H, W, bool) of one organ on a volume's slices.

    Args:
        path: the label map.
        volume: the image.
        labels: the values that are the organ; None for the only one, ``()`` for all but 0.

    Raises:
        HermesError: see :func:`HermesLib.io.volumes.read_label_map`; several values and no choice;
            values that the file does not have.
    """
    values = read_label_map(path, volume)
    if labels == ():
        return values != 0
    found = [value for value in np.unique(values).tolist() if value != 0]
    if labels is None:
        if len(found) > 1:
            raise HermesError(
                f"{path.name} has several labels ({_listed(found)}); choose the organ's with"
                " --labels, e.g. --labels 1, 1+2 or all"
            )
        return values != 0
    mask = np.isin(values, labels)
    if not mask.any():
        missing = "+".join(str(label) for label in labels)
        raise HermesError(f"{path.name} has no label {missing}; it has {_listed(found) or 'none'}")
    return mask


def _listed(values: list[float]) -> str:
    more = ", ..." if len(values) > _MOST_VALUES else ""
    return ", ".join(f"{value:g}" for value in values[:_MOST_VALUES]) + more
