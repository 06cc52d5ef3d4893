"""Corruptions of masks that Post-DAE learns to repair."""

import numpy as np
import torch
from scipy import ndimage

_MORPHOLOGY = (
    ndimage.binary_erosion,
    ndimage.binary_dilation,
    ndimage.binary_opening,
    ndimage.binary_closing,
)
#: Range of a disc's radius, as a share of the grid.
_RADIUS = (0.02, 0.1)


def corrupt(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Corrupt a mask (S, S, bool) in one to three steps.

    A step deletes a patch, adds a disc, applies morphology (erosion, dilation, opening or closing),
    or swaps organ and background within a patch. An empty mask stays empty.
    """
    side = len(mask)
    corrupted = mask.copy()
    rows, columns = np.mgrid[:side, :side]
    for way in rng.integers(4, size=int(rng.integers(1, 4))):
        # Within the organ, or near it.
        places = np.argwhere(ndimage.binary_dilation(mask, iterations=max(side // 16, 1)))
        if len(places) == 0:
            break
        row, column = places[rng.integers(len(places))]
        height, width = rng.integers(side // 16, side // 4, 2)
        patch = (abs(rows - row) < height / 2) & (abs(columns - column) < width / 2)
        if way == 0:
            corrupted &= ~patch
        elif way == 1:
            radius = rng.uniform(*_RADIUS) * side
            corrupted |= (rows - row) ** 2 + (columns - column) ** 2 < radius**2
        elif way == 2:
            # Few pixels: a mask that grew evenly by many looks like a clean one, and the network
            # would learn to shrink clean masks.
            change = _MORPHOLOGY[int(rng.integers(len(_MORPHOLOGY)))]
            steps = int(rng.integers(1, max(side // 64, 1) + 1))
            corrupted = change(corrupted, iterations=steps)
        else:
            corrupted = np.where(patch, ~corrupted, corrupted)
    return corrupted


def corrupt_batch(masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Corrupt every mask of (B, 1, S, S) in 0..1."""
    corrupted = np.stack([corrupt(mask, rng) for mask in masks[:, 0].cpu().numpy() > 0.5])
    return torch.from_numpy(corrupted.astype(np.float32))[:, None].to(masks.device)
