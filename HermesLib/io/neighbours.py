"""A slice and its neighbours as channels (2.5D): (N, C, H, W) with C odd, the slice itself in the middle, ordered along the volume.

Promptable models see the slice alone; the QC core may see as many neighbours as it was trained with. Where a volume ends, or where
the input is a single slice, the outermost slice stands in for the missing ones.
"""

import numpy as np
import torch

#: Neighbours handed along on either side; a QC core takes at most as many.
REACH = 1


def with_neighbours(volume: np.ndarray, reach: int = REACH) -> torch.Tensor:
    """Slices (N, 1 + 2 * reach, H, W) of a volume (N, H, W), without copying the volume once more for every channel."""
    padded = torch.from_numpy(np.pad(volume, ((reach, reach), (0, 0), (0, 0)), mode="edge"))
    return padded.unfold(0, 1 + 2 * reach, 1).permute(0, 3, 1, 2)


def own_slice(images: torch.Tensor) -> torch.Tensor:
    """The slices themselves (N, 1, H, W) of slices with neighbours (N, C, H, W)."""
    middle = images.shape[1] // 2
    return images[:, middle : middle + 1]


def neighbourhood(images: torch.Tensor, reach: int) -> torch.Tensor:
    """Slices (N, C, H, W) with ``reach`` neighbours on either side: (N, 1 + 2 * reach, H, W), the outermost repeated if too few."""
    middle = images.shape[1] // 2
    channels = [
        min(max(middle + step, 0), images.shape[1] - 1) for step in range(-reach, reach + 1)
    ]
    return images[:, channels]
