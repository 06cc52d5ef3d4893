"""Overlap of two masks."""

from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    # Slicer's panel compares masks where torch is not installed.
    import torch


@overload
def dice(a: np.ndarray, b: np.ndarray) -> float: ...
@overload
def dice(a: "torch.Tensor", b: "torch.Tensor") -> float: ...
def dice(a: "np.ndarray | torch.Tensor", b: "np.ndarray | torch.Tensor") -> float:
    """Dice coefficient ``2 |a & b| / (|a| + |b|)`` of two boolean masks of the same shape.

    Any number of dimensions. Two empty masks agree perfectly: 1. One empty and one not: 0.

    Raises:
        ValueError: masks of different shapes.

    >>> dice(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    if a.shape != b.shape:
        raise ValueError(f"masks differ in shape: {tuple(a.shape)} and {tuple(b.shape)}")
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else 1.0


def dice_batch(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    """Dice (B,) float32 of each pair of masks of two batches (B, ..., bool).

    Empty masks as in :func:`dice`.

    Raises:
        ValueError: batches of different shapes.
    """
    if a.shape != b.shape:
        raise ValueError(f"masks differ in shape: {tuple(a.shape)} and {tuple(b.shape)}")
    overlap = (a & b).flatten(1).sum(1)
    total = a.flatten(1).sum(1) + b.flatten(1).sum(1)
    return (2 * overlap / total.clamp(min=1)).where(total > 0, 1.0).float()
