"""The features of a volume's slices, computed when they are asked for; some are kept."""

from collections.abc import Sequence
from typing import overload

import numpy as np
import torch

from HermesLib.models.sam2.adapter import Sam2
from HermesLib.models.sam2.network import Sam2Features


class SliceFeatures(Sequence[Sam2Features]):
    """Features of N slices.

    Propagation reads all slices in turn, again and again. So the first slices that fit are kept and
    the others are computed each time; of the last used ones, none would still be there when its
    turn comes.

    Args:
        model: computes them.
        slices: (N, H, W) float32 in 0..1.
        kept_bytes: the most that is kept; 0 to keep none.
    """

    def __init__(self, model: Sam2, slices: np.ndarray, kept_bytes: int) -> None:
        self._model = model
        self._slices = slices
        self._room = kept_bytes
        self._kept: dict[int, Sam2Features] = {}

    def __len__(self) -> int:
        return len(self._slices)

    @overload
    def __getitem__(self, index: int) -> Sam2Features: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sam2Features]: ...
    def __getitem__(self, index: int | slice) -> Sam2Features | Sequence[Sam2Features]:
        """Of one slice (1, C, h, w at each level)."""
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index in self._kept:
            return self._kept[index]
        # A copy: slices of a volume may be a view that cannot be written.
        image = torch.from_numpy(np.array(self._slices[index]))[None, None]
        features: Sam2Features = self._model.embed(image.to(self._model.device)).features
        size = sum(level.nbytes for level in features)
        if size <= self._room:
            self._room -= size
            self._kept[index] = features
        return features

    def clear(self) -> None:
        """Give the kept ones back."""
        self._room += sum(level.nbytes for features in self._kept.values() for level in features)
        self._kept.clear()
