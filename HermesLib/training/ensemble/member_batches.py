"""Batches that members learn from: augmented and warped views of slices, made on one device."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity
from HermesLib.datasets.organ_warp import OrganShape, OrganWarp, split_organ, warp_positions
from HermesLib.training.ensemble.slices import ORGAN, OrganSlice
from HermesLib.training.slice_sampler import vary_neighbours

#: Value of a map's target where the data set does not label that organ.
UNKNOWN = -1.0
#: Views are sampled this many times as fine along each axis, then averaged, so that thin
#: structures do not alias.
_FINER = 2


@dataclass(frozen=True)
class SliceMix:
    """What a batch consists of.

    Attributes:
        absent: share of slices without the organ.
        nearby: share of those that are within ``reach`` slices of the organ's ends.
        reach: slices.
        ends: share of the slices with the organ that are among the outermost of their volume.
            There the organ is small and looks unlike its middle.
    """

    absent: float = 0.25
    nearby: float = 0.5
    reach: int = 4
    ends: float = 0.25


@dataclass(frozen=True)
class MemberAugmentation:
    """All random changes of a member's training slices.

    Attributes:
        views: of geometry and intensity.
        warp: of the organ.
        cut: share of views of which a border is blank (a cut-off field of view).
        extras: share of views with something bright beside the body (arms, table).
    """

    views: Augmentation = field(default_factory=Augmentation)
    warp: OrganWarp = field(default_factory=OrganWarp)
    cut: float = 0.05
    extras: float = 0.0


class OrganSliceSampler:
    """Draws batches in which every patient has the same weight.

    Patients with more kinds of slices (with the organ, near its ends, far from it) are drawn once
    for each kind.

    Args:
        slices: of any patients.
        mix: what a batch consists of.
        how: random changes.
        device: holds the slices and makes the batches.
    """

    def __init__(
        self,
        slices: Sequence[OrganSlice],
        mix: SliceMix,
        how: MemberAugmentation,
        device: torch.device | None = None,
    ):
        self.mix = mix
        self.how = how
        self.device = device or torch.device("cpu")
        self._slices = list(slices)
        self._kinds: dict[str, list[list[int]]] = {
            "with": self._by_patient(item.distance == 0 for item in slices),
            "ends": self._by_patient(item.at_end for item in slices),
            "near": self._by_patient(0 < item.distance <= mix.reach for item in slices),
            "far": self._by_patient(item.distance > mix.reach for item in slices),
        }
        self._shapes = [item.shape for item in slices if item.shape is not None]
        side = max(item.label.shape[-1] for item in slices)
        self._images = _stored([item.image for item in slices], side).to(self.device)
        self._labels = _stored([item.label for item in slices], side).to(self.device)
        self._labelled = torch.from_numpy(np.stack([item.labelled for item in slices])).to(
            self.device
        )

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images (count, C, side, side) and targets (count, 1 + K, side, side), float32.

        Targets are 0 or 1, or :data:`UNKNOWN` for organs that the slice's data set does not label.
        ``how`` replaces all augmentation, for validation.
        """
        views = how or self.how.views
        rows = [self._choose(rng) for _ in range(count)]
        batch = [self._slices[row] for row in rows]
        shares = torch.tensor([item.share for item in batch]).view(-1, 1, 1, 1).to(self.device)
        positions = sampling_grid(rng, count, _FINER * side, views, self.device) * shares
        if how is None:
            shapes = [item.shape or self._any_shape(rng) for item in batch]
            positions = warp_positions(rng, positions, shapes, self.how.warp)
        images, targets = self._sampled(rows, positions)
        if how is None:
            for k in range(count):
                images[k], targets[k, 0] = split_organ(rng, images[k], targets[k, 0], self.how.warp)
            images = _with_borders(rng, images, self.how)
        return vary_neighbours(rng, vary_intensity(rng, images, views)), targets

    def _sampled(
        self, rows: Sequence[int], positions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images and targets at positions (B, F S, F S, 2) of the slices' own squares."""
        chosen = torch.tensor(rows).to(self.device)
        stored = self._labels.shape[-1]
        own = torch.tensor([self._slices[row].label.shape[-1] / stored for row in rows])
        positions = (positions + 1) * own.view(-1, 1, 1, 1).to(self.device) - 1
        labels = self._labels[chosen]
        organ = (labels == ORGAN).float()[:, None]
        pictures = torch.cat([self._images[chosen].float() / 255, organ], 1)
        views = functional.grid_sample(pictures, positions, align_corners=False)
        views = functional.avg_pool2d(views, _FINER)
        organ = (views[:, -1:] > 0.5).float()
        labelled = self._labelled[chosen]
        if not labelled.shape[1]:
            return views[:, :-1], organ
        coarse = positions.permute(0, 3, 1, 2)
        coarse = functional.avg_pool2d(coarse, _FINER).permute(0, 2, 3, 1)
        values = functional.grid_sample(
            labels.float()[:, None], coarse, mode="nearest", align_corners=False
        )
        others = ORGAN + 1 + torch.arange(labelled.shape[1], device=self.device)
        maps = (values.round() == others.view(1, -1, 1, 1)).float()
        maps = torch.where(labelled[:, :, None, None], maps, torch.full_like(maps, UNKNOWN))
        return views[:, :-1], torch.cat([organ, maps], 1)

    def _any_shape(self, rng: np.random.Generator) -> OrganShape:
        """Where another slice's organ lies, for a slice without it."""
        return self._shapes[int(rng.integers(len(self._shapes)))]

    def _choose(self, rng: np.random.Generator) -> int:
        kind = "ends" if rng.random() < self.mix.ends else "with"
        if rng.random() < self.mix.absent:
            kind = "near" if rng.random() < self.mix.nearby else "far"
        patients = self._kinds[kind] or self._kinds["with" if kind == "ends" else "far"]
        patients = patients or self._kinds["with"]
        rows = patients[int(rng.integers(len(patients)))]
        return rows[int(rng.integers(len(rows)))]

    def _by_patient(self, chosen: Iterable[bool]) -> list[list[int]]:
        """The chosen slices' rows, by patient."""
        groups: dict[str, list[int]] = {}
        for row, (item, keep) in enumerate(zip(self._slices, chosen, strict=True)):
            if keep:
                groups.setdefault(item.patient, []).append(row)
        return list(groups.values())


def _stored(pictures: Sequence[np.ndarray], side: int) -> torch.Tensor:
    """Pictures (..., s, s) of different sides in the upper left of (N, ..., side, side)."""
    stored = np.zeros((len(pictures), *pictures[0].shape[:-2], side, side), pictures[0].dtype)
    for row, picture in enumerate(pictures):
        stored[row, ..., : picture.shape[-2], : picture.shape[-1]] = picture
    return torch.from_numpy(stored)


def _with_borders(
    rng: np.random.Generator, images: torch.Tensor, how: MemberAugmentation
) -> torch.Tensor:
    """Blank borders and bright objects beside the body on a share of the views."""
    axis = torch.linspace(-1, 1, images.shape[-1], device=images.device)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    for k in np.flatnonzero(rng.random(len(images)) < how.extras):
        angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.85, 1.25)
        away = (columns - radius * np.cos(angle)) ** 2 + (rows - radius * np.sin(angle)) ** 2
        inside = (away < rng.uniform(0.05, 0.3) ** 2) & (images[k].amax(0) < 0.05)
        images[k] = torch.where(inside, float(rng.uniform(0.2, 0.8)), images[k])
    for k in np.flatnonzero(rng.random(len(images)) < how.cut):
        angle = rng.uniform(0, 2 * np.pi)
        beyond = columns * np.cos(angle) + rows * np.sin(angle) > rng.uniform(0.65, 0.95)
        images[k] = torch.where(beyond, 0.0, images[k])
    return images
