"""Batches for promptable models: any labelled object of any slice, in random views."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity, view
from HermesLib.datasets.slices import LabelledSlice

#: Objects smaller than this share of the slice cannot be prompted at the small models' resolution.
_SMALLEST_SHARE = 0.0015


class ObjectSampler:
    """Samples pairs of an image and the mask of one object in it.

    Every data set has the same share, and so has every object's name within a data set.

    Args:
        slices: labelled slices of any data set.
        favour: weights of objects and of data sets by name, 1 by default.
    """

    def __init__(self, slices: Sequence[LabelledSlice], favour: Mapping[str, float] | None = None):
        groups: dict[tuple[str, str], list[tuple[LabelledSlice, int]]] = {}
        for labelled in slices:
            if labelled.label is None:
                continue
            counts = np.bincount(labelled.label.ravel(), minlength=len(labelled.names))
            for value, name in enumerate(labelled.names):
                if value > 0 and counts[value] >= _SMALLEST_SHARE * labelled.label.size:
                    groups.setdefault((labelled.source, name), []).append((labelled, value))
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
        """Images and masks (count, 1, side, side), float32 of 0..1; no mask is empty."""
        images: list[torch.Tensor] = []
        masks: list[torch.Tensor] = []
        while len(images) < count:
            group = self._groups[rng.choice(len(self._groups), p=self._weights)]
            labelled, value = group[rng.integers(len(group))]
            assert labelled.label is not None
            grid = sampling_grid(rng, 1, side, how)[0]
            label = torch.from_numpy((labelled.label == value).astype(np.float32))[None]
            mask = (view(label, grid) > 0.5).float()
            if mask.mean() < _SMALLEST_SHARE / 2:
                continue
            image = torch.from_numpy(labelled.image.astype(np.float32) / 255)[None]
            images.append(view(image, grid))
            masks.append(mask)
        return vary_intensity(rng, torch.stack(images), how), torch.stack(masks)
