"""Losses that several trainings share."""

import torch
from torch.nn import functional

from HermesLib.training.processes import mean_over_processes, process_number


def soft_dice_loss(logits: torch.Tensor, target: torch.Tensor, smooth: float = 8.0) -> torch.Tensor:
    """1 - soft Dice per sample (B,), of logits and targets (B, 1, H, W).

    ``smooth`` pixels keep it defined for empty targets.
    """
    probability = torch.sigmoid(logits.float())
    axes = (1, 2, 3)
    overlap = (probability * target).sum(axes)
    return 1 - (2 * overlap + smooth) / (probability.sum(axes) + target.sum(axes) + smooth)


def dice_cross_entropy(
    logits: torch.Tensor, target: torch.Tensor, cross_entropy_weight: float = 2.0
) -> torch.Tensor:
    """Soft Dice loss plus weighted binary cross-entropy per sample (B,), of (B, 1, H, W)."""
    cross_entropy = functional.binary_cross_entropy_with_logits(
        logits.float(), target, reduction="none"
    ).mean((1, 2, 3))
    return soft_dice_loss(logits, target) + cross_entropy_weight * cross_entropy


def mean_over(losses: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean of losses (B,) over the samples of weight 1 (the others have 0); 0 if there are none.

    Where several processes share a batch, their values' mean is that of the whole batch, whichever
    process the samples of weight 1 are in. Then all of them must call this.
    """
    number = mean_over_processes(weights.sum())
    return (losses * weights).sum() / number.clamp(min=1 / process_number())
