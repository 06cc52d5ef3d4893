"""Masks that the QC core is trained on: corrupted, or drawn by promptable models."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from HermesLib.datasets.corruptions import corrupt
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.training.losses import mean_over

#: Random numbers of the parts of a batch (:mod:`HermesLib.training.processes`).
Rngs = Sequence[np.random.Generator]


def together(parts: Iterable[tuple[torch.Tensor, ...]]) -> list[torch.Tensor]:
    """The tensors of all parts of a batch, one after the other."""
    return [torch.cat(tensors) for tensors in zip(*parts, strict=True)]


def corrupted(
    masks: torch.Tensor, images: torch.Tensor, rng: np.random.Generator, gross: float
) -> torch.Tensor:
    """Corrupt each of the masks (B, 1, S, S) of slices (B, C, S, S).

    ``gross`` is the share of gross failures (:mod:`HermesLib.datasets.corruptions`).
    """
    pairs = zip(masks[:, 0].numpy() > 0.5, own_slice(images)[:, 0].numpy(), strict=True)
    wrong = np.stack([corrupt(mask, image, rng, gross) for mask, image in pairs])
    return torch.from_numpy(wrong.astype(np.float32))[:, None]


def with_refined(
    masks: torch.Tensor,
    refined: Sequence[torch.Tensor | None],
    rng: np.random.Generator,
    share: float,
) -> torch.Tensor:
    """Masks (B, 1, S, S), a share of them replaced by refined masks where a slice has one."""
    mixed = [
        other if other is not None and rng.random() < share else mask
        for mask, other in zip(masks, refined, strict=True)
    ]
    return torch.stack(mixed)


@torch.no_grad()
def present_dice(logits: torch.Tensor, masks: torch.Tensor, present: torch.Tensor) -> float:
    """Mean Dice of logits and masks (B, 1, S, S) over the slices that show the organ."""
    scores = dice_batch(masks[:, 0] > 0.5, logits[:, 0] > 0).to(present.device)
    return mean_over(scores, present).item()
