"""The pool of training slices a network draws its batches from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.data.augmentation import Augmentation, sampling_grid, vary_intensity, view
from HermesLib.data.slices import LabelledSlice
from HermesLib.quality.grid import body_window, slice_window


@dataclass(frozen=True, eq=False)
class PooledSlice:
    """A square uint8 image (s, s), its organ mask (bool, None where unlabelled), and where it came from."""

    image: np.ndarray
    mask: np.ndarray | None
    patient: str


def crop_square(picture: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """A square of a picture (H, W); zeros where it reaches over the border."""
    square = np.zeros((side, side), picture.dtype)
    rows, columns = picture.shape
    r0, c0, r1, c1 = max(top, 0), max(left, 0), min(top + side, rows), min(left + side, columns)
    square[r0 - top : r1 - top, c0 - left : c1 - left] = picture[r0:r1, c0:c1]
    return square


def pool_slice(one: LabelledSlice, organ: str, field: str) -> PooledSlice:
    """Cut the QC core's field of view out of a slice."""
    window = body_window(one.image.astype(np.float32) / 255) if field == "body" else slice_window(one.image.shape)
    mask = one.organ(organ)
    return PooledSlice(
        crop_square(one.image, window.top, window.left, window.side),
        None if mask is None else crop_square(mask, window.top, window.left, window.side),
        one.patient,
    )


class SlicePool:
    """Slices with the organ, without it, and unlabelled ones; draws batches of augmented views."""

    def __init__(self, slices: Sequence[PooledSlice]):
        self.with_organ = [one for one in slices if one.mask is not None and one.mask.any()]
        self.without = [one for one in slices if one.mask is not None and not one.mask.any()]
        self.unlabelled = [one for one in slices if one.mask is None]

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation, absent: float = 0.2, unlabelled: float = 0.0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images and masks (count, 1, side, side), float32 of 0..1; shares of slices without the organ and without a label."""
        chosen = []
        for dice in rng.random(count):
            source = self.with_organ
            if dice < unlabelled and self.unlabelled:
                source = self.unlabelled
            elif dice > 1 - absent and self.without:
                source = self.without
            chosen.append(source[rng.integers(len(source))])
        images, masks = self.views(chosen, sampling_grid(rng, count, side, how))
        return vary_intensity(rng, images, how), masks

    @staticmethod
    def views(chosen: Sequence[PooledSlice], grids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sample slices at their grids (count, side, side, 2)."""
        images, masks = [], []
        for one, grid in zip(chosen, grids, strict=True):
            images.append(view(torch.from_numpy(one.image.astype(np.float32) / 255)[None], grid))
            mask = one.mask if one.mask is not None else np.zeros(one.image.shape, bool)
            masks.append((view(torch.from_numpy(mask.astype(np.float32))[None], grid) > 0.5).float())
        return torch.stack(images), torch.stack(masks)
