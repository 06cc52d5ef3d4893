"""Training objectives of the rivals by their kind."""

import dataclasses

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.sampler import add_noise
from HermesLib.research.rivals.nnqc import NnQc
from HermesLib.research.rivals.reconstruction_objectives import (
    ConstrainedVaeObjective,
    GalatiObjective,
    PostDaeObjective,
    RivalObjective,
    WangObjective,
)
from HermesLib.research.rivals.regression_objectives import (
    DiceRegressionObjective,
    ErrorMapObjective,
    MaskRegressionObjective,
)
from HermesLib.training.losses import soft_dice_loss
from HermesLib.training.qc_batches import corrupted
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.weights.checkpoint import Checkpoint

#: Weight of the decoded mask's Dice beside the error of the noise, as published for nnQC.
_DECODED = 0.1


class NnQcObjective(RivalObjective):
    """Predict the noise in latents of true masks, conditioned on image token and corrupted mask.

    Masks are corrupted as in HERMES' own training.

    Args:
        core: trained HERMES weights that autoencoder and image expert are taken from.
    """

    kind = NnQc.kind

    def __init__(self, core: Checkpoint) -> None:
        config = dataclasses.replace(
            QualityConfig.from_dict(core.config), calibration=None, familiarity=False
        )
        self._config = config
        network = NnQc(config)
        network.take_over(core.tensors)
        self.network, self.side = network, network.side

    def config(self) -> dict[str, object]:
        """See :class:`HermesLib.training.trainer.Objective`."""
        return {"side": self.side, "core": self._config.to_dict()}

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        assert isinstance(network, NnQc)
        wrong = corrupted(masks.cpu(), images.cpu(), rng, QualityTraining.gross).to(masks.device)
        with torch.no_grad():
            clean = network.autoencoder.encode(masks)
        times = torch.from_numpy(rng.integers(0, len(network.alphas_cumprod), len(masks))).to(
            masks.device
        )
        noise = torch.from_numpy(rng.standard_normal(tuple(clean.shape), dtype=np.float32)).to(
            masks.device
        )
        noisy = add_noise(clean, noise, network.alphas_cumprod[times])
        predicted = network.predict_noise(noisy, times, network.token(images), wrong)
        decoded = network.autoencoder.decode(network.clean(noisy, times, predicted.float()))
        return (
            functional.mse_loss(predicted.float(), noise)
            + _DECODED * soft_dice_loss(decoded, masks).mean()
        )

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of samples for corrupted and for blank masks; their mean decides."""
        assert isinstance(network, NnQc)
        wrong = corrupted(masks.cpu(), images.cpu(), rng, QualityTraining.gross).to(masks.device)
        seeds = range(len(masks))
        scores = {}
        for name, given in (("from_corrupted", wrong), ("from_blank", torch.zeros_like(masks))):
            samples = network.draw(images, given, seeds)[:, 0] > 0.5
            scores[name] = dice_batch(samples, masks[:, 0] > 0.5).mean().item()
        return {"dice": sum(scores.values()) / len(scores), **scores}


#: Rivals that are trained from scratch, by kind; :class:`NnQcObjective` needs trained weights.
RIVAL_OBJECTIVES = {
    objective.kind: objective
    for objective in (
        PostDaeObjective,
        GalatiObjective,
        WangObjective,
        ConstrainedVaeObjective,
        DiceRegressionObjective,
        MaskRegressionObjective,
        ErrorMapObjective,
    )
}
