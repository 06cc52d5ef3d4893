"""What the values of a mask mean: a mask, a probability map, a label map, or nothing that is clear.

Nothing is taken for a mask without a word: what is unclear is refused with the values that were
found, and what is taken is said in a notice (:mod:`HermesLib.notices`).
"""

from collections.abc import Collection, Sequence

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.notices import notice

#: Values of an organ: None for the only one besides 0, ``()`` for all but 0.
Labels = Sequence[int] | None
#: What masks are called in messages.
TRUTH = "the true mask"
INITIAL = "the initial mask"
GUIDE = "the guide"
#: The option that chooses among several labels.
_OPTIONS = {TRUTH: "--truth-labels", GUIDE: "--guide-labels"}
#: From this probability on a voxel belongs to the organ.
PROBABLE = 0.5
#: How far values may lie beyond 0..1 in a probability map, and from a whole number in a label map:
#: interpolation and single precision leave as much.
_NOISE = 1e-3
#: A mask that covers more of the image than this is doubted.
_LARGEST_SHARE = 0.5
#: A label map with more values than this may be a soft mask of 0 to 255.
_SOFT = 60
#: Values listed in a message, at most.
_LISTED = 8


def binary_mask(values: np.ndarray, role: str = "the mask", labels: Labels = None) -> np.ndarray:
    """The voxels that a mask means, bool, of the same shape.

    >>> binary_mask(np.array([0, 2, 2, 5]), labels=(5,)).tolist()
    [False, False, False, True]

    Args:
        values: of the mask, of any shape.
        role: what the mask is to the run, for messages.
        labels: the organ's values; ``()`` for all but 0. Without them, there may be one value
            besides 0 and it must be positive, or all values are probabilities.

    Raises:
        HermesError: no numbers, values that are not finite, several labels, negative ones, values
            that are neither labels nor probabilities, or none of ``labels``.
    """
    values = _numbers(values, role)
    if _are_whole(values):
        mask = _labelled(values, role, labels)
    else:
        mask = _probabilities(values, role, labels) >= PROBABLE
        notice(
            "mask-thresholded",
            f"{role} is a probability map (0 to 1); from {PROBABLE:g} on a voxel counts as organ",
        )
    _doubt_extent(mask, role)
    return mask


def organ_probability(
    values: np.ndarray, role: str = "the map", labels: Labels = None
) -> tuple[np.ndarray, bool]:
    """The organ's probability that a mask or a probability map means.

    >>> organ_probability(np.array([0, 255], np.uint8))
    (array([0., 1.], dtype=float32), False)
    >>> organ_probability(np.array([0.25, 1.0], np.float32))
    (array([0.25, 1.  ], dtype=float32), True)

    Args:
        values, role, labels: as in :func:`binary_mask`.

    Returns:
        float32 in 0..1 of the same shape, and whether the values are probabilities.

    Raises:
        HermesError: as :func:`binary_mask`.
    """
    values = _numbers(values, role)
    soft = not _are_whole(values)
    read = _probabilities if soft else _labelled
    probability = np.clip(read(values, role, labels), 0, 1).astype(np.float32)
    _doubt_extent(probability >= PROBABLE, role)
    return probability, soft


def require_labels(values: np.ndarray, name: str, known: Collection[int] | None = None) -> None:
    """Check that a data set's label map holds whole numbers from 0 on.

    Args:
        values: of the map, of any shape.
        name: of the file, for messages.
        known: the values that the data set's table names; by default any.

    Raises:
        HermesError: probabilities, negative values, no numbers, or a value that is not known.
    """
    numbers = values.dtype.kind in "uifb" and bool(np.isfinite(values).all())
    if not (numbers and _are_whole(values)):
        raise HermesError(f"{name} is not a label map: its values are not whole numbers")
    found, counts = np.unique(np.round(values), return_counts=True)
    if (found < 0).any() or (known is not None and not set(found.tolist()) <= set(known)):
        table = "" if known is None else f", dataset.json names {len(known)} labels"
        raise HermesError(f"{name} holds values {_listed(found, counts)}{table}; correct either")


def _doubt_extent(mask: np.ndarray, role: str) -> None:
    """Say that a mask is empty, or so large that it may be inverted."""
    if not mask.any():
        notice("mask-empty", f"{role} is empty")
    elif (share := float(mask.mean())) > _LARGEST_SHARE:
        notice("mask-covers-most", f"{role} covers {share:.0%} of its image; is it inverted?")


def _numbers(values: np.ndarray, role: str) -> np.ndarray:
    """Values as numbers.

    Raises:
        HermesError: no numbers, or not finite.
    """
    if values.dtype == bool:
        values = values.astype(np.uint8)
    if values.dtype.kind not in "uif":
        raise HermesError(f"{role} holds {values.dtype} values; give whole numbers or 0 to 1")
    if not np.isfinite(values).all():
        raise HermesError(f"{role} contains NaN or infinite values; replace them by 0")
    return values


def _labelled(values: np.ndarray, role: str, labels: Labels) -> np.ndarray:
    """The organ among whole numbers, bool."""
    whole = np.round(values).astype(np.int64) if values.dtype.kind == "f" else values
    found, counts = np.unique(whole, return_counts=True)
    if labels:
        if not set(labels) & set(found.tolist()):
            missing = "+".join(map(str, labels))
            raise HermesError(f"{role} has no label {missing}; it holds {_listed(found, counts)}")
        return np.isin(whole, list(labels))
    organ = found[found != 0]
    if (labels is None and len(organ) > 1) or (organ < 0).any():
        soft = ", or threshold it if it is a soft mask" if len(organ) > _SOFT else ""
        unclear = "negative values" if (organ < 0).any() else "several labels"
        raise HermesError(
            f"{role} holds {unclear}: {_listed(found, counts)}; choose the organ's with"
            f" {_OPTIONS.get(role, '--labels')} N{soft}"
        )
    return whole != 0


def _are_whole(values: np.ndarray) -> bool:
    """Whether values are whole numbers, apart from noise."""
    return values.dtype.kind in "uib" or bool((np.abs(values - np.round(values)) <= _NOISE).all())


def _probabilities(values: np.ndarray, role: str, labels: Labels) -> np.ndarray:
    """Values that are 0 to 1 apart from noise."""
    lowest, highest = float(values.min()), float(values.max())
    if lowest < -_NOISE or highest > 1 + _NOISE:
        raise HermesError(
            f"{role} holds values from {lowest:.4g} to {highest:.4g}, which are neither labels nor"
            " probabilities (0 to 1); threshold them first"
        )
    if labels:
        missing = "+".join(map(str, labels))
        raise HermesError(f"{role} is a probability map, which has no label {missing}")
    return values


def _listed(found: np.ndarray, counts: np.ndarray) -> str:
    """Values with their share of the voxels, for a message."""
    shares = counts / counts.sum()
    parts = [
        f"{value} ({share:.0%})" if share >= 0.005 else f"{value} (<1%)"
        for value, share in zip(found[:_LISTED].astype(int).tolist(), shares, strict=False)
    ]
    more = f" and {len(found) - _LISTED} more values" if len(found) > _LISTED else ""
    return ", ".join(parts) + more
