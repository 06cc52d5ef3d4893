"""Training slices of an ensemble's members, cut to their field of view."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from HermesLib.datasets.organ_warp import OrganShape
from HermesLib.datasets.slices import LabelledSlice, VolumeImages
from HermesLib.quality.field_of_view import CENTRE_SHARE, body_window, slice_window
from HermesLib.training.slice_sampler import crop_square

#: The organ's value in :attr:`OrganSlice.label`; the other organs' values follow.
ORGAN = 1


@dataclass(frozen=True, eq=False)
class OrganSlice:
    """A slice cut to the members' field of view, with the labels of several organs.

    Attributes:
        image: (C, s, s) uint8, the slice in the middle of its neighbours.
        label: (s, s) uint8, :data:`ORGAN` in the organ, then one value for each of the other
            organs, 0 elsewhere.
        labelled: (K,) bool, which of the other organs this slice's data set labels.
        patient: identity.
        distance: how many slices away the nearest slice with the organ is; 0 with the organ, a
            large number where the volume has none.
        share: as in :class:`HermesLib.training.slice_sampler.SampledSlice`.
        at_end: whether the slice is among the outermost slices with the organ of its volume.
    """

    image: np.ndarray
    label: np.ndarray
    labelled: np.ndarray
    patient: str
    distance: int
    share: float = 1.0
    at_end: bool = False

    @property
    def organ(self) -> np.ndarray:
        """Mask of the organ (s, s) bool."""
        return self.label == ORGAN

    @cached_property
    def shape(self) -> OrganShape | None:
        """Where the organ lies; None without it."""
        return OrganShape.of_mask(self.organ) if self.organ.any() else None


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
        values = {organ: ORGAN, **{name: ORGAN + 1 + k for k, name in enumerate(others)}}
        table = np.array([0, *(values.get(name, 0) for name in item.names[1:])], np.uint8)

        def square(picture: np.ndarray) -> np.ndarray:
            return crop_square(picture, window.top, window.left, window.side)  # noqa: B023

        cut.append(
            OrganSlice(
                square(volumes.with_neighbours(item, neighbours)),
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
