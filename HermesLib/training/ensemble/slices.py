"""Training slices of an ensemble's members, and batches of augmented and warped views of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity, view
from HermesLib.datasets.organ_warp import OrganShape, OrganWarp, split_organ, warp_positions
from HermesLib.datasets.slices import LabelledSlice, VolumeImages
from HermesLib.quality.field_of_view import CENTRE_SHARE, body_window, slice_window
from HermesLib.training.slice_sampler import crop_square, vary_neighbours

#: Value of a map's target where the data set does not label that organ.
UNKNOWN = -1.0


@dataclass(frozen=True, eq=False)
class OrganSlice:
    """A slice cut to the members' field of view, with the labels of several organs.

    Attributes:
        image: (C, s, s) uint8, the slice in the middle of its neighbours.
        organ: (s, s) bool.
        others: (s, s) uint8, 1-based index of the other organs, 0 elsewhere.
        labelled: (K,) bool, which of the other organs this slice's data set labels.
        patient: identity.
        distance: how many slices away the nearest slice with the organ is; 0 with the organ, a
            large number where the volume has none.
        share: as in :class:`HermesLib.training.slice_sampler.SampledSlice`.
        at_end: whether the slice is among the outermost slices with the organ of its volume.
    """

    image: np.ndarray
    organ: np.ndarray
    others: np.ndarray
    labelled: np.ndarray
    patient: str
    distance: int
    share: float = 1.0
    at_end: bool = False

    @cached_property
    def shape(self) -> OrganShape | None:
        """Where the organ lies; None without it."""
        return OrganShape.of_mask(self.organ) if self.organ.any() else None


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


def organ_slices(
    slices: Sequence[LabelledSlice],
    organ: str,
    others: Sequence[str],
    field_of_view: str,
    neighbours: int,
) -> list[OrganSlice]:
    """Cut the field of view out of labelled slices; those that do not label the organ are left out.

    Args:
        slices: of any patients.
        organ: name in their label tables.
        others: names of the other organs.
        field_of_view: as in :class:`HermesLib.quality.network.member.MemberConfig`.
        neighbours: slices on either side.
    """
    volumes = VolumeImages(slices)
    distances = _distances(slices, organ)
    outermost = _outermost(slices, organ)
    cut = []
    for item in slices:
        mask = item.organ(organ)
        if mask is None or item.label is None:
            continue
        window = slice_window(item.image.shape)
        if field_of_view == "body":
            window = body_window(item.image.astype(np.float32) / 255)
        table = np.array(
            [others.index(name) + 1 if name in others else 0 for name in item.names], np.uint8
        )

        def square(picture: np.ndarray) -> np.ndarray:
            return crop_square(picture, window.top, window.left, window.side)  # noqa: B023

        cut.append(
            OrganSlice(
                square(volumes.with_neighbours(item, neighbours)),
                square(mask),
                square(table[item.label]),
                np.array([name in item.names for name in others], bool),
                item.patient,
                distances[item],
                CENTRE_SHARE if field_of_view == "centre" else 1.0,
                item in outermost,
            )
        )
    return cut


def _outermost(slices: Sequence[LabelledSlice], organ: str) -> set[LabelledSlice]:
    """The slices of a volume that are within a sixth of the organ's length from its ends."""
    volumes: dict[tuple[str, str, str], list[LabelledSlice]] = {}
    for item in slices:
        mask = item.organ(organ)
        if item.index >= 0 and mask is not None and mask.any():
            volumes.setdefault(item.place[:-1], []).append(item)
    outermost: set[LabelledSlice] = set()
    for items in volumes.values():
        ordered = sorted(items, key=lambda item: item.index)
        count = -(-len(ordered) // 6)
        outermost.update(ordered[:count], ordered[-count:])
    return outermost


def _distances(slices: Sequence[LabelledSlice], organ: str) -> dict[LabelledSlice, int]:
    """How many slices away the organ is."""
    with_organ: dict[tuple[str, str, str], list[int]] = {}
    for item in slices:
        mask = item.organ(organ)
        if mask is not None and mask.any():
            with_organ.setdefault(item.place[:-1], []).append(item.index)
    far = 10**6
    distances = {}
    for item in slices:
        mask = item.organ(organ)
        indices = with_organ.get(item.place[:-1], [])
        if mask is not None and mask.any():
            distances[item] = 0
        elif item.index < 0 or not indices:
            distances[item] = far
        else:
            distances[item] = min(abs(item.index - k) for k in indices)
    return distances


class OrganSliceSampler:
    """Draws batches in which every patient has the same weight.

    Patients with more kinds of slices (with the organ, near its ends, far from it) are drawn once
    for each kind.
    """

    def __init__(self, slices: Sequence[OrganSlice], mix: SliceMix, how: MemberAugmentation):
        self.mix = mix
        self.how = how
        self._kinds: dict[str, list[list[OrganSlice]]] = {
            "with": _by_patient(item for item in slices if item.distance == 0),
            "ends": _by_patient(item for item in slices if item.at_end),
            "near": _by_patient(item for item in slices if 0 < item.distance <= mix.reach),
            "far": _by_patient(item for item in slices if item.distance > mix.reach),
        }
        self._shapes = [item.shape for item in slices if item.shape is not None]

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images (count, C, side, side) and targets (count, 1 + K, side, side), float32.

        Targets are 0 or 1, or :data:`UNKNOWN` for organs that the slice's data set does not label.
        ``how`` replaces all augmentation, for validation.
        """
        views = how or self.how.views
        batch = [self._choose(rng) for _ in range(count)]
        grids = sampling_grid(rng, count, side, views)
        images, targets = [], []
        for item, positions in zip(batch, grids, strict=True):
            positions = positions * item.share
            if how is None:
                shape = item.shape or self._shapes[int(rng.integers(len(self._shapes)))]
                positions = warp_positions(rng, positions, shape, self.how.warp)
            image = view(torch.from_numpy(item.image.astype(np.float32) / 255), positions)
            target = _targets(item, positions)
            if how is None:
                image, organ = split_organ(rng, image, target[0], self.how.warp)
                target[0] = organ
            images.append(image)
            targets.append(target)
        stacked = torch.stack(images)
        if how is None:
            stacked = _with_borders(rng, stacked, self.how)
        stacked = vary_intensity(rng, stacked, views)
        return vary_neighbours(rng, stacked), torch.stack(targets)

    def _choose(self, rng: np.random.Generator) -> OrganSlice:
        kind = "ends" if rng.random() < self.mix.ends else "with"
        if rng.random() < self.mix.absent:
            kind = "near" if rng.random() < self.mix.nearby else "far"
        patients = self._kinds[kind] or self._kinds["with" if kind == "ends" else "far"]
        patients = patients or self._kinds["with"]
        slices = patients[int(rng.integers(len(patients)))]
        return slices[int(rng.integers(len(slices)))]


def _by_patient(slices: Iterable[OrganSlice]) -> list[list[OrganSlice]]:
    groups: dict[str, list[OrganSlice]] = {}
    for item in slices:
        groups.setdefault(item.patient, []).append(item)
    return list(groups.values())


def _targets(item: OrganSlice, positions: torch.Tensor) -> torch.Tensor:
    """Targets (1 + K, S, S) of one slice at its sampling positions."""
    organ = view(torch.from_numpy(item.organ.astype(np.float32))[None], positions)[0] > 0.5
    count = len(item.labelled)
    targets = torch.full((1 + count, *organ.shape), UNKNOWN)
    targets[0] = organ.float()
    if item.labelled.any():
        label = torch.from_numpy(item.others.astype(np.float32))[None]
        label = view(label, positions, mode="nearest")[0].round().long()
        maps = functional.one_hot(label, count + 1)[..., 1:].permute(2, 0, 1).float()
        known = torch.from_numpy(item.labelled)
        targets[1:][known] = maps[known]
    return targets


def _with_borders(
    rng: np.random.Generator, images: torch.Tensor, how: MemberAugmentation
) -> torch.Tensor:
    """Blank borders and bright objects beside the body on a share of the views."""
    side = images.shape[-1]
    rows, columns = torch.meshgrid(
        torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij"
    )
    for k in np.flatnonzero(rng.random(len(images)) < how.extras):
        angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.85, 1.25)
        away = (columns - radius * np.cos(angle)) ** 2 + (rows - radius * np.sin(angle)) ** 2
        inside = (away < rng.uniform(0.05, 0.3) ** 2) & (images[k].amax(0) < 0.05)
        images[k][:, inside] = float(rng.uniform(0.2, 0.8))
    for k in np.flatnonzero(rng.random(len(images)) < how.cut):
        angle = rng.uniform(0, 2 * np.pi)
        beyond = columns * np.cos(angle) + rows * np.sin(angle) > rng.uniform(0.65, 0.95)
        images[k][:, beyond] = 0.0
    return images
