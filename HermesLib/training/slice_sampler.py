"""The pool of training slices a network draws its batches from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity, view
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.io.neighbours import own_slice
from HermesLib.quality.field_of_view import CENTRE_SHARE, body_window, slice_window


@dataclass(frozen=True, eq=False)
class SampledSlice:
    """A square uint8 image (C, s, s), the slice in the middle of its neighbours, its organ mask (s, s, bool, None where unlabelled),
    whose it is, the middle share of the square that the network is shown (what lies around comes into view as views vary), and masks
    (K, s, s, bool) that promptable models drew of it, None if none did."""

    image: np.ndarray
    mask: np.ndarray | None
    patient: str
    share: float = 1.0
    refined: np.ndarray | None = None


def crop_square(picture: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """A square of a picture (..., H, W); zeros where it reaches over the border."""
    square = np.zeros((*picture.shape[:-2], side, side), picture.dtype)
    rows, columns = picture.shape[-2:]
    r0, c0, r1, c1 = max(top, 0), max(left, 0), min(top + side, rows), min(left + side, columns)
    square[..., r0 - top : r1 - top, c0 - left : c1 - left] = picture[..., r0:r1, c0:c1]
    return square


def sampled_slices(
    slices: Sequence[LabelledSlice],
    organ: str,
    field: str,
    neighbours: int = 0,
    refined: Mapping[LabelledSlice, np.ndarray] | None = None,
) -> list[SampledSlice]:
    """Cut the QC core's field of view out of slices, each with its neighbours; where there is none, the nearest one stands in.

    ``refined`` holds masks (K, H, W, bool) that promptable models drew of some of the slices.
    """
    known = {(one.source, one.patient, one.index): one.image for one in slices if one.index >= 0}
    return [
        _pool_slice(one, surrounded(one, known, neighbours), organ, field, (refined or {}).get(one))
        for one in slices
    ]


def surrounded(
    one: LabelledSlice, known: Mapping[tuple[str, str, int], np.ndarray], neighbours: int
) -> np.ndarray:
    """A slice with its neighbours (C, H, W), uint8; ``known`` holds the images of volumes by source, patient and index."""
    images = [one.image]
    for step in range(1, neighbours + 1):
        images.insert(0, known.get((one.source, one.patient, one.index - step), images[0]))
        images.append(known.get((one.source, one.patient, one.index + step), images[-1]))
    return np.stack(images)


def _pool_slice(
    one: LabelledSlice, image: np.ndarray, organ: str, field: str, refined: np.ndarray | None
) -> SampledSlice:
    window = (
        body_window(one.image.astype(np.float32) / 255)
        if field == "body"
        else slice_window(one.image.shape)
    )
    mask = one.organ(organ)
    return SampledSlice(
        crop_square(image, window.top, window.left, window.side),
        None if mask is None else crop_square(mask, window.top, window.left, window.side),
        one.patient,
        CENTRE_SHARE if field == "centre" else 1.0,
        None if refined is None else crop_square(refined, window.top, window.left, window.side),
    )


def vary_neighbours(rng: np.random.Generator, images: torch.Tensor) -> torch.Tensor:
    """Slices with neighbours (B, C, S, S) as inputs have them: listed from either end of the body, or missing (2D input)."""
    if images.shape[1] == 1:
        return images
    turned = torch.from_numpy(rng.random(len(images)) < 0.5).view(-1, 1, 1, 1)
    alone = torch.from_numpy(rng.random(len(images)) < 0.1).view(-1, 1, 1, 1)
    return torch.where(alone, own_slice(images), torch.where(turned, images.flip(1), images))


def _mask_view(mask: np.ndarray, grid: torch.Tensor) -> torch.Tensor:
    return (view(torch.from_numpy(mask.astype(np.float32))[None], grid) > 0.5).float()


class SliceSampler:
    """Slices with the organ, without it, and unlabelled ones; draws batches of augmented views."""

    def __init__(self, slices: Sequence[SampledSlice]):
        self.with_organ = [one for one in slices if one.mask is not None and one.mask.any()]
        self.without = [one for one in slices if one.mask is not None and not one.mask.any()]
        self.unlabelled = [one for one in slices if one.mask is None]

    def draw(
        self,
        rng: np.random.Generator,
        count: int,
        side: int,
        how: Augmentation,
        absent: float = 0.2,
        unlabelled: float = 0.0,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images (count, C, side, side) and masks (count, 1, side, side), float32 of 0..1.

        ``absent`` and ``unlabelled`` are the shares of slices without the organ and without a label.
        """
        chosen = self._choose(rng, count, absent, unlabelled)
        images, masks = self.views(chosen, sampling_grid(rng, count, side, how))
        return vary_neighbours(rng, vary_intensity(rng, images, how)), masks

    def draw_with_refined(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation
    ) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor | None]]:
        """As :meth:`draw`, and for each slice a mask (1, side, side) that a promptable model drew of it, None where none did."""
        chosen = self._choose(rng, count, absent=0.2, unlabelled=0.0)
        grids = sampling_grid(rng, count, side, how)
        images, masks = self.views(chosen, grids)
        images = vary_neighbours(rng, vary_intensity(rng, images, how))
        refined = [
            None
            if one.refined is None
            else _mask_view(one.refined[rng.integers(len(one.refined))], grid * one.share)
            for one, grid in zip(chosen, grids, strict=True)
        ]
        return images, masks, refined

    def _choose(
        self, rng: np.random.Generator, count: int, absent: float, unlabelled: float
    ) -> list[SampledSlice]:
        chosen = []
        for dice in rng.random(count):
            source = self.with_organ
            if dice < unlabelled and self.unlabelled:
                source = self.unlabelled
            elif dice > 1 - absent and self.without:
                source = self.without
            chosen.append(source[rng.integers(len(source))])
        return chosen

    @staticmethod
    def views(
        chosen: Sequence[SampledSlice], grids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sample slices at their grids (count, side, side, 2)."""
        images, masks = [], []
        for one, grid in zip(
            chosen,
            grids * torch.tensor([one.share for one in chosen]).view(-1, 1, 1, 1),
            strict=True,
        ):
            images.append(view(torch.from_numpy(one.image.astype(np.float32) / 255), grid))
            mask = one.mask if one.mask is not None else np.zeros(one.image.shape[1:], bool)
            masks.append(_mask_view(mask, grid))
        return torch.stack(images), torch.stack(masks)
