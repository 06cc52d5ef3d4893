"""A volume that a 3D model is to segment."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch

from HermesLib.models.volume_protocol import VolumeImage
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.settings import SLICES_AT_ONCE


@dataclass(frozen=True, eq=False)
class VolumeTask:
    """A volume to refine.

    Attributes:
        image: the whole image.
        observation: of the n selected slices, by the refiner's QC.
        indices: of these slices in the image, consecutive.
        truth: (n, H, W) bool, for the true Dice in the events, or None.
        initial_masks: (n, H, W) bool, masks to start from, or None.
        finished: indices of slices that have their results already; they have no events.
        batch_size: how many slices the QC assesses together.
        device: where the QC computes; None to leave the slices where they are.
    """

    image: VolumeImage
    observation: Observation
    indices: Sequence[int]
    truth: torch.Tensor | None = None
    initial_masks: torch.Tensor | None = None
    finished: Collection[int] = ()
    batch_size: int = SLICES_AT_ONCE
    device: torch.device | None = None
