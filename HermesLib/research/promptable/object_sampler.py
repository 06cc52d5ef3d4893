"""Batches for promptable models: any labelled object of any slice, shown in random views."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity, view
from HermesLib.datasets.slices import LabelledSlice

#: Objects smaller than this share of the slice cannot be prompted at the small models' resolution.
_SMALLEST_SHARE = 0.0015


class ObjectSampler:
    """Draws (image, mask of one object) pairs; every source and, within it, every kind of object has its fair share.

    Args:
        slices: labelled slices of any data set.
        favour: how much more often an object's name is drawn than others of its source (default 1).
    """

    def __init__(self, slices: Sequence[LabelledSlice], favour: Mapping[str, float] | None = None):
        groups: dict[tuple[str, str], list[tuple[LabelledSlice, int]]] = {}
        for one in slices:
            if one.label is None:
                continue
            counts = np.bincount(one.label.ravel(), minlength=len(one.names))
            for value, name in enumerate(one.names):
                if value > 0 and counts[value] >= _SMALLEST_SHARE * one.label.size:
                    groups.setdefault((one.source, name), []).append((one, value))
        self._groups = list(groups.values())
        weights = []
        for source, name in groups:
            same_source = [other for other_source, other in groups if other_source == source]
            share = sum((favour or {}).get(other, 1.0) for other in same_source)
            weights.append((favour or {}).get(name, 1.0) / share * (favour or {}).get(source, 1.0))
        self._weights = np.array(weights) / sum(weights)

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups)

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images and masks (count, 1, side, side), float32 of 0..1; every mask shows something."""
        images: list[torch.Tensor] = []
        masks: list[torch.Tensor] = []
        while len(images) < count:
            group = self._groups[rng.choice(len(self._groups), p=self._weights)]
            one, value = group[rng.integers(len(group))]
            assert one.label is not None
            grid = sampling_grid(rng, 1, side, how)[0]
            mask = (
                view(torch.from_numpy((one.label == value).astype(np.float32))[None], grid) > 0.5
            ).float()
            if mask.mean() < _SMALLEST_SHARE / 2:
                continue
            images.append(view(torch.from_numpy(one.image.astype(np.float32) / 255)[None], grid))
            masks.append(mask)
        return vary_intensity(rng, torch.stack(images), how), torch.stack(masks)
