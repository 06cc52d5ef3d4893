"""A slice and its neighbours as channels (2.5D).

Arrays are (N, C, H, W) with C odd: the slice itself in the middle, its neighbours in the volume's
order. Promptable models see the slice alone; the QC core sees as many neighbours as it was trained
with. At the ends of a volume, and for a single slice, the outermost slice replaces missing ones.
"""

import numpy as np
import torch

#: Neighbours on either side; a QC core takes at most as many.
REACH = 1


def with_neighbours(volume: np.ndarray, reach: int = REACH) -> torch.Tensor:
    """Slices (N, 1 + 2 * reach, H, W) of a volume (N, H, W); the channels share one copy of it."""
    padded = torch.from_numpy(np.pad(volume, ((reach, reach), (0, 0), (0, 0)), mode="edge"))
    return padded.unfold(0, 1 + 2 * reach, 1).permute(0, 3, 1, 2)


def own_slice(images: torch.Tensor) -> torch.Tensor:
    """The slices themselves (N, 1, H, W) of slices with neighbours (N, C, H, W)."""
    middle = images.shape[1] // 2
    return images[:, middle : middle + 1]


def neighbourhood(images: torch.Tensor, reach: int, offset: int = 0) -> torch.Tensor:
    """Slices (N, C, H, W) with ``reach`` neighbours on either side: (N, 1 + 2 * reach, H, W).

    If C has too few neighbours, the outermost is repeated. ``offset`` moves the centre by that many
    channels from the middle.
    """
    last = images.shape[1] - 1
    middle = images.shape[1] // 2 + offset
    steps = range(middle - reach, middle + reach + 1)
    channels = [min(max(channel, 0), last) for channel in steps]
    if channels == list(steps):
        # Indices on a GPU would make the processor wait.
        return images[:, channels[0] : channels[-1] + 1]
    return images[:, channels]
