"""Training objectives of the rivals that estimate the Dice without drawing a mask."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.metrics.overlap import dice_batch
from HermesLib.research.rivals.error_map import ErrorMapRegression
from HermesLib.research.rivals.mask_regression import MaskRegression
from HermesLib.research.rivals.reconstruction_objectives import RivalObjective, he_initialised
from HermesLib.research.rivals.regression import DiceRegression
from HermesLib.training.losses import soft_dice_loss
from HermesLib.training.qc_batches import corrupted

#: Share of gross failures among the masks of the regressions.
_GROSS = 0.35


class DiceRegressionObjective(RivalObjective):
    """Estimate the Dice of masks of all qualities."""

    kind = DiceRegression.kind

    def __init__(self) -> None:
        self.network: nn.Module = he_initialised(DiceRegression(self.side))

    def _judged(
        self, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        wrong = corrupted(masks.cpu(), images.cpu(), rng, _GROSS).to(masks.device)
        return wrong, dice_batch(wrong[:, 0] > 0.5, masks[:, 0] > 0.5)

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        wrong, true = self._judged(images, masks, rng)
        return (network(images, wrong) - true).abs().mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Mean absolute error; ``dice`` is 1 minus it, so that less error is better."""
        wrong, true = self._judged(images, masks, rng)
        error = (network(images, wrong) - true).abs().mean().item()
        return {"dice": 1 - error, "error": error}


class MaskRegressionObjective(DiceRegressionObjective):
    """Estimate the Dice of masks without their slices."""

    kind = MaskRegression.kind

    def __init__(self) -> None:
        self.network = he_initialised(MaskRegression(self.side))


class ErrorMapObjective(DiceRegressionObjective):
    """Estimate the Dice, and the pixels at which the mask is wrong."""

    kind = ErrorMapRegression.kind

    def __init__(self) -> None:
        self.network = he_initialised(ErrorMapRegression(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """Error of the Dice, cross-entropy and soft Dice of the error map, as in the source."""
        wrong, true = self._judged(images, masks, rng)
        dice, logits = network(images, wrong)
        errors = (wrong != masks).to(logits)
        found = torch.sigmoid(logits)
        by_pixel = functional.binary_cross_entropy_with_logits(logits, errors)
        return (dice - true).abs().mean() + by_pixel + soft_dice_loss(found, errors).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Mean absolute error, and the mean Dice of the error map; their balance decides."""
        wrong, true = self._judged(images, masks, rng)
        dice, logits = network(images, wrong)
        error = (dice - true).abs().mean().item()
        found = dice_batch(logits[:, 0] > 0, (wrong != masks)[:, 0]).mean().item()
        return {"dice": (1 - error + found) / 2, "error": error, "map": found}
