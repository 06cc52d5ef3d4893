"""Training slices of the QC core, and batches of augmented views of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity, view
from HermesLib.datasets.slices import LabelledSlice, VolumeImages
from HermesLib.io.neighbours import own_slice
from HermesLib.quality.field_of_view import CENTRE_SHARE, Window, body_window, slice_window

#: Share of a batch without the organ.
ABSENT = 0.2
#: How often neighbours come in reverse order, as volumes do, and how often they are missing (2D).
_REVERSED = 0.5
_ALONE = 0.1


@dataclass(frozen=True, eq=False)
class SampledSlice:
    """A slice cut to the network's field of view.

    Attributes:
        image: (C, s, s) uint8, the slice in the middle of its neighbours.
        mask: the organ, (s, s) bool; None where unlabelled.
        patient: identity.
        share: the middle share of the square that is the field of view; what lies around it enters
            the view by augmentation.
        refined: masks (K, s, s) bool that promptable models drew of it; None if none did.
    """

    image: np.ndarray
    mask: np.ndarray | None
    patient: str
    share: float = 1.0
    refined: np.ndarray | None = None


class StoredSlice:
    """A slice that stays on disk: what :class:`SampledSlice` has is cut when it is asked for.

    Without it, the cut slices of thousands of volumes would fill the memory that
    :mod:`HermesLib.datasets.readers.slices` spares.
    """

    refined = None

    def __init__(
        self,
        labelled: LabelledSlice,
        volumes: VolumeImages,
        organ: str,
        field: str,
        neighbours: int,
    ) -> None:
        self.patient = labelled.patient
        self.share = CENTRE_SHARE if field == "centre" else 1.0
        self._labelled = labelled
        self._volumes = volumes
        self._organ = organ
        self._neighbours = neighbours
        self._window = _window(labelled, field)

    @property
    def image(self) -> np.ndarray:
        """The slice between its neighbours, (C, s, s) uint8."""
        return self._cut(self._volumes.with_neighbours(self._labelled, self._neighbours))

    @property
    def mask(self) -> np.ndarray | None:
        """The organ, (s, s) bool; None where unlabelled."""
        mask = self._labelled.organ(self._organ)
        return None if mask is None else self._cut(mask)

    def _cut(self, picture: np.ndarray) -> np.ndarray:
        window = self._window
        return crop_square(picture, window.top, window.left, window.side)


#: A slice for :class:`SliceSampler`, in memory or on disk.
AnySlice = SampledSlice | StoredSlice


def crop_square(picture: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """A square of a picture (..., H, W), zero outside the picture."""
    square = np.zeros((*picture.shape[:-2], side, side), picture.dtype)
    rows, columns = picture.shape[-2:]
    r0 = max(top, 0)
    c0 = max(left, 0)
    r1 = min(top + side, rows)
    c1 = min(left + side, columns)
    square[..., r0 - top : r1 - top, c0 - left : c1 - left] = picture[..., r0:r1, c0:c1]
    return square


def sampled_slices(
    slices: Sequence[LabelledSlice],
    organ: str,
    field: str,
    neighbours: int = 0,
    refined: Mapping[LabelledSlice, np.ndarray] | None = None,
) -> list[AnySlice]:
    """Cut the QC core's field of view out of slices; those on disk are cut when they are used.

    Args:
        slices: of any patients.
        organ: name in their label tables.
        field: as in :class:`HermesLib.quality.network.config.QualityConfig`.
        neighbours: slices on either side; the nearest slice replaces a missing one.
        refined: masks (K, H, W) bool that promptable models drew of some of the slices.
    """
    volumes = VolumeImages(slices)
    masks = refined or {}
    return [
        StoredSlice(item, volumes, organ, field, neighbours)
        if isinstance(item.image, np.memmap) and item not in masks
        else _sampled_slice(
            item, volumes.with_neighbours(item, neighbours), organ, field, masks.get(item)
        )
        for item in slices
    ]


def _sampled_slice(
    labelled: LabelledSlice, image: np.ndarray, organ: str, field: str, refined: np.ndarray | None
) -> SampledSlice:
    window = _window(labelled, field)

    def cut(picture: np.ndarray) -> np.ndarray:
        return crop_square(picture, window.top, window.left, window.side)

    mask = labelled.organ(organ)
    return SampledSlice(
        cut(image),
        None if mask is None else cut(mask),
        labelled.patient,
        CENTRE_SHARE if field == "centre" else 1.0,
        None if refined is None else cut(refined),
    )


def _window(labelled: LabelledSlice, field: str) -> Window:
    if field == "body":
        return body_window(labelled.image.astype(np.float32) / 255)
    return slice_window(labelled.image.shape)


def vary_neighbours(rng: np.random.Generator, images: torch.Tensor) -> torch.Tensor:
    """Neighbours (B, C, S, S) as inputs have them: in either order, or missing (2D input)."""
    if images.shape[1] == 1:
        return images
    device = images.device
    turned = torch.from_numpy(rng.random(len(images)) < _REVERSED).view(-1, 1, 1, 1).to(device)
    alone = torch.from_numpy(rng.random(len(images)) < _ALONE).view(-1, 1, 1, 1).to(device)
    return torch.where(alone, own_slice(images), torch.where(turned, images.flip(1), images))


def _mask_view(mask: np.ndarray, grid: torch.Tensor) -> torch.Tensor:
    return (view(torch.from_numpy(mask.astype(np.float32))[None], grid) > 0.5).float()


class SliceSampler:
    """Draws batches of augmented views of slices with, without and of unknown organ."""

    def __init__(self, slices: Sequence[AnySlice]):
        self.with_organ = [item for item in slices if item.mask is not None and item.mask.any()]
        self.without = [item for item in slices if item.mask is not None and not item.mask.any()]
        self.unlabelled = [item for item in slices if item.mask is None]

    def draw(
        self,
        rng: np.random.Generator,
        count: int,
        side: int,
        how: Augmentation,
        absent: float = ABSENT,
        unlabelled: float = 0.0,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images (count, C, side, side) and masks (count, 1, side, side), float32 of 0..1.

        ``absent`` and ``unlabelled`` are the shares of slices without organ and without label.
        """
        batch = self._choose(rng, count, absent, unlabelled)
        images, masks = self.views(batch, sampling_grid(rng, count, side, how))
        return vary_neighbours(rng, vary_intensity(rng, images, how)), masks

    def draw_with_refined(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation
    ) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor | None]]:
        """As :meth:`draw`, with a refined mask (1, side, side) of each slice, None without one."""
        batch = self._choose(rng, count, ABSENT, unlabelled=0.0)
        grids = sampling_grid(rng, count, side, how)
        images, masks = self.views(batch, grids)
        images = vary_neighbours(rng, vary_intensity(rng, images, how))
        refined = [
            None
            if item.refined is None
            else _mask_view(item.refined[rng.integers(len(item.refined))], grid * item.share)
            for item, grid in zip(batch, grids, strict=True)
        ]
        return images, masks, refined

    def _choose(
        self, rng: np.random.Generator, count: int, absent: float, unlabelled: float
    ) -> list[AnySlice]:
        batch = []
        for value in rng.random(count):
            slices = self.with_organ
            if value < unlabelled and self.unlabelled:
                slices = self.unlabelled
            elif value > 1 - absent and self.without:
                slices = self.without
            batch.append(slices[rng.integers(len(slices))])
        return batch

    @staticmethod
    def views(batch: Sequence[AnySlice], grids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sample slices at their grids (count, side, side, 2)."""
        images = []
        masks = []
        shares = torch.tensor([item.share for item in batch]).view(-1, 1, 1, 1)
        for item, grid in zip(batch, grids * shares, strict=True):
            images.append(view(torch.from_numpy(item.image.astype(np.float32) / 255), grid))
            mask = item.mask if item.mask is not None else np.zeros(item.image.shape[1:], bool)
            masks.append(_mask_view(mask, grid))
        return torch.stack(images), torch.stack(masks)
