"""Observations by content: what a quality control has read of an image is not read again."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from HermesLib.io.kept_bytes import tensor_bytes
from HermesLib.io.neighbours import own_slice
from HermesLib.notices import Notice, heard_by, notice
from HermesLib.quality.guided import GuidedQuality
from HermesLib.quality.protocol import Observation, QualityControl

#: The most that observations of earlier images may take, bytes. A CT of 600 slices takes 200 MB,
#: most of it the ensemble's maps.
MOST_BYTES = 256 * 2**20
#: How many images: the current one and the previous one, for users who compare two.
_CAPACITY = 2


@dataclass(frozen=True, eq=False)
class _Kept:
    """An observation without its images, and the notices of its making."""

    observation: Observation
    notices: tuple[Notice, ...]


class Observations:
    """Observes images, and keeps the observations used last.

    What is kept belongs to one loaded quality control; what that reads later, such as further views
    of a slice, stays with it.

    Args:
        most_bytes: what the kept observations may take.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()

    def observe(
        self, quality: QualityControl, images: torch.Tensor, thickness: float | None
    ) -> Observation:
        """What a quality control reads of slices; arguments as for its ``observe``."""
        if isinstance(quality, GuidedQuality):
            return quality.observe(images, thickness)  # There is nothing to compute.
        key = (quality, _digest(images), thickness)
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._kept[key] = kept
            for said in kept.notices:
                notice(said.kind, said.message)
            return replace(kept.observation, images=images)
        observation, notices = _heard(lambda: quality.observe(images, thickness))
        stripped = replace(observation, images=images[:0].clone())
        self._kept[key] = _Kept(stripped, notices)
        self._limit()
        return observation

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def _limit(self) -> None:
        """Forget the longest unused; what was read later counts too."""
        while len(self._kept) > _CAPACITY or self._size() > self._most_bytes:
            self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(tensor_bytes(kept.observation) for kept in self._kept.values())


def _heard(observe: Callable[[], Observation]) -> tuple[Observation, tuple[Notice, ...]]:
    """An observation, and the notices of its making, which are passed on."""
    notices: list[Notice] = []
    with heard_by(notices.append):
        observation = observe()
    for said in notices:
        notice(said.kind, said.message)
    return observation, tuple(notices)


def _digest(images: torch.Tensor) -> str:
    """Of slices (N, C, H, W) with their neighbours: the slices themselves decide the neighbours."""
    digest = hashlib.sha256(str(tuple(images.shape)).encode())
    for image in own_slice(images):
        digest.update(image.contiguous().cpu().numpy())
    return digest.hexdigest()
