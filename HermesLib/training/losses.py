"""Losses shared by all trainings."""

import torch
from torch.nn import functional


def soft_dice_loss(logits: torch.Tensor, target: torch.Tensor, smooth: float = 8.0) -> torch.Tensor:
    """1 - soft Dice, per sample (B,), of logits and targets (B, 1, H, W); ``smooth`` pixels keep empty targets defined."""
    probability = torch.sigmoid(logits.float())
    axes = (1, 2, 3)
    overlap = (probability * target).sum(axes)
    return 1 - (2 * overlap + smooth) / (probability.sum(axes) + target.sum(axes) + smooth)


def dice_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean of soft Dice loss and binary cross-entropy, per sample (B,)."""
    cross_entropy = functional.binary_cross_entropy_with_logits(
        logits.float(), target, reduction="none"
    ).mean((1, 2, 3))
    return soft_dice_loss(logits, target) + 2 * cross_entropy


def cosine_rate(
    step: int, steps: int, peak: float, warmup: int = 100, floor: float = 0.03
) -> float:
    """Learning rate: linear warm-up, then a cosine down to ``floor`` of the peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (
        floor
        + (1 - floor)
        * 0.5
        * (1 + float(torch.cos(torch.tensor((step - warmup) / max(1, steps - warmup) * torch.pi))))
    )
