"""What a quality control knows of one slice before it assesses a mask."""

import copy
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch

from HermesLib.quality.blend import Blend
from HermesLib.quality.ensemble.reading import EnsembleReading, read_ensemble
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.slice_reading import SliceReading, SliceReadings, read_slices


class SliceFindings:
    """The image expert's readings of a slice, and the ensemble's where the weights hold one.

    The image expert reads nothing until its maps or features are needed. What follows from the
    readings alone, such as the organ map on the slice's own grid, is computed once and kept here;
    a shallow copy shares the readings and starts without it.

    Args:
        readings: of the image expert; None where the core has none.
        ensemble: of the ensemble; None without one.
        shape: (H, W) of the slice.
    """

    def __init__(
        self,
        readings: SliceReadings | None,
        ensemble: EnsembleReading | None,
        shape: tuple[int, int],
    ) -> None:
        self._readings = readings
        self.ensemble = ensemble
        self._shape = shape
        self._kept: dict[Any, Any] = {}

    def __copy__(self) -> "SliceFindings":
        return SliceFindings(copy.copy(self._readings), self.ensemble, self._shape)

    @property
    def readings(self) -> SliceReadings:
        """Of the image expert; only cores with one ask for them."""
        assert self._readings is not None
        return self._readings

    def readings_in_map(self, blend: Blend) -> list[SliceReading]:
        """The image expert's readings that :meth:`organ_map` is made from."""
        if self.ensemble is not None and blend.expert_in_map == 0:
            return []
        sides = [self.readings.before, self.readings.after] if blend.through_plane else []
        return [self.readings.own, *sides]

    def organ_map(self, blend: Blend) -> torch.Tensor:
        """Probability (H, W) of the organ: the ensemble's, the image expert's, or both joined.

        The members of an ensemble read the neighbours themselves.
        """
        if self.ensemble is None:
            return self.readings.organ_map(blend.through_plane)
        return self.once(("organ map", blend), lambda: self._joined_map(blend))

    def once(self, key: tuple[Hashable, ...], compute: Callable[[], Any]) -> Any:
        """What ``compute`` gives, computed at the first call with a key; no mask may change it."""
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]

    def _joined_map(self, blend: Blend) -> torch.Tensor:
        assert self.ensemble is not None
        organ = self.ensemble.organ_map(self._shape)
        if blend.expert_in_map > 0:
            expert = self.readings.organ_map(blend.through_plane)
            organ = organ.lerp(expert, blend.expert_in_map)
        return organ


def read_findings(
    core: QualityCore,
    images: torch.Tensor,
    thickness: float | None,
    members: Sequence[int],
) -> list[SliceFindings]:
    """Read slices (B, C, H, W) in their order along the volume.

    Args:
        core: the networks.
        images: the slices.
        thickness: distance of the slices, mm, or None.
        members: which members of the ensemble read.
    """
    shape = (images.shape[-2], images.shape[-1])
    readings: list[SliceReadings | None] = [None] * len(images)
    if core.config.generative:
        readings = list(read_slices(core, images))
    ensemble: list[EnsembleReading | None] = [None] * len(images)
    if core.ensemble is not None:
        ensemble = list(read_ensemble(core.ensemble, images, thickness, members))
    return [SliceFindings(own, read, shape) for own, read in zip(readings, ensemble, strict=True)]
