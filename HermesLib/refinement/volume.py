"""Whole volumes, a few slices at a time; which slices show the organ is decided before, over all of them."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from HermesLib.prompts.types import Prompt
from HermesLib.quality.presence import PresenceRule, contiguous_presence
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.assess import assess_slices
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings

#: Slices refined together: enough to fill a CPU's cores, and at 512x512 within a few hundred megabytes.
BATCH_SIZE = 8


def refine_volume(
    refiner: Refiner,
    images: torch.Tensor,
    slice_indices: Sequence[int] | None = None,
    truth: torch.Tensor | None = None,
    initial_masks: torch.Tensor | None = None,
    batch_size: int = BATCH_SIZE,
    device: torch.device | None = None,
    first_prompt: Prompt | None = None,
) -> Iterator[Iteration]:
    """The events of :meth:`Refiner.refine` for slices (N, C, H, W) of any number, ``batch_size`` of them at a time.

    Only the batch at work is moved to ``device``; memory does not grow with the number of slices.
    """
    indices = list(range(len(images)) if slice_indices is None else slice_indices)
    present = presence_along(refiner.judge, images, device)
    for part in _parts(len(images), batch_size):
        chosen = (
            images[part].to(device),
            indices[part],
            _cut(truth, part),
            _cut(initial_masks, part),
        )
        yield from refiner.refine(*chosen, first_prompt, _cut(present, part))


def assess_volume(
    quality: QualityControl,
    settings: RefinementSettings,
    images: torch.Tensor,
    masks: torch.Tensor,
    slice_indices: Sequence[int] | None = None,
    truth: torch.Tensor | None = None,
    batch_size: int = BATCH_SIZE,
    device: torch.device | None = None,
) -> Iterator[Iteration]:
    """The events of :func:`assess_slices` for slices (N, C, H, W) of any number, ``batch_size`` of them at a time."""
    indices = list(range(len(images)) if slice_indices is None else slice_indices)
    present = presence_along(quality, images, device)
    for part in _parts(len(images), batch_size):
        chosen = (
            images[part].to(device),
            masks[part],
            indices[part],
            _cut(truth, part),
            _cut(present, part),
        )
        yield from assess_slices(quality, settings, *chosen)


def presence_along(
    quality: QualityControl, images: torch.Tensor, device: torch.device | None = None
) -> torch.Tensor | None:
    """Probability (N,) that each of the slices (N, C, H, W), in their order along the volume, shows the organ: see
    :func:`HermesLib.quality.presence.contiguous_presence`. None where the quality control does not tell."""
    evidence = []
    # Slice by slice, for the reason given at scoring.ask.
    for image in images:
        answer = quality.presence(image[None].to(device))
        if answer is None:
            return None
        evidence.append(float(answer[0]))
    return torch.from_numpy(contiguous_presence(np.array(evidence), PresenceRule().weight)).float()


def _parts(length: int, batch_size: int) -> list[slice]:
    return [slice(start, start + batch_size) for start in range(0, length, batch_size)]


def _cut(values: torch.Tensor | None, part: slice) -> torch.Tensor | None:
    return None if values is None else values[part]
