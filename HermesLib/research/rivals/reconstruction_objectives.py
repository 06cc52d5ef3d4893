"""Training objectives of the rivals that reconstruct masks."""

from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.metrics.overlap import dice_batch
from HermesLib.research.rivals.constrained_vae import ConstrainedVae
from HermesLib.research.rivals.corruptions import corrupt_batch
from HermesLib.research.rivals.galati import Galati
from HermesLib.research.rivals.post_dae import PostDae
from HermesLib.research.rivals.wang import Wang
from HermesLib.training.losses import dice_cross_entropy, soft_dice_loss

_N = TypeVar("_N", bound=nn.Module)

#: Weight of the divergence of the latents from the normal distribution: large enough to keep them
#: together, small enough to reconstruct masks.
_DIVERGENCE = 2e-4
#: Share of clean masks in Post-DAE's training, which it learns to keep.
_CLEAN = 0.3


def _dice(logits: torch.Tensor, masks: torch.Tensor) -> float:
    return dice_batch(logits[:, 0] > 0, masks[:, 0] > 0.5).mean().item()


def _sampled(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return mean + torch.randn_like(mean) * (log_variance / 2).exp()


def _divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()


def he_initialised(network: _N) -> _N:
    """The network with He's initial weights.

    From PyTorch's own, Post-DAE soon maps all masks to the same latent, for good.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


class RivalObjective:
    """What the objectives have in common: the kind of the weights, the network and its grid."""

    kind: str
    network: nn.Module
    side = 128

    def config(self) -> dict[str, object]:
        """See :class:`HermesLib.training.trainer.Objective`."""
        return {"side": self.side}


class PostDaeObjective(RivalObjective):
    """Repair corrupted masks, keep clean ones."""

    kind = PostDae.kind

    def __init__(self) -> None:
        self.network = he_initialised(PostDae(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        clean = torch.from_numpy(rng.random(len(masks)) < _CLEAN).view(-1, 1, 1, 1).to(masks.device)
        return soft_dice_loss(
            network(torch.where(clean, masks, corrupt_batch(masks, rng))), masks
        ).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """True Dice of the outputs for clean and for corrupted masks; their mean decides."""
        clean = _dice(network(masks), masks)
        repaired = _dice(network(corrupt_batch(masks, rng)), masks)
        return {"dice": (clean + repaired) / 2, "clean": clean, "repaired": repaired}


class GalatiObjective(RivalObjective):
    """Reconstruct true masks."""

    kind = Galati.kind

    def __init__(self) -> None:
        self.network = he_initialised(Galati(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        logits = network(masks)
        return (
            functional.mse_loss(torch.sigmoid(logits), masks) + soft_dice_loss(logits, masks).mean()
        )

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of the reconstruction of clean masks."""
        return {"dice": _dice(network(masks), masks)}


class WangObjective(RivalObjective):
    """Reconstruct pairs of image and true mask from a sampled latent."""

    kind = Wang.kind

    def __init__(self) -> None:
        self.network = he_initialised(Wang(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        assert isinstance(network, Wang)
        mean, log_variance = network.encode(images, masks)
        image, mask = network.decode(_sampled(mean, log_variance))
        error = (image - images).abs().mean() + dice_cross_entropy(mask, masks).mean()
        return error + _DIVERGENCE * _divergence(mean, log_variance)

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of the reconstruction of clean masks, without the search."""
        assert isinstance(network, Wang)
        image, mask = network.decode(network.encode(images, masks)[0])
        return {"dice": _dice(mask, masks), "image_error": (image - images).abs().mean().item()}


class ConstrainedVaeObjective(RivalObjective):
    """Reconstruct true masks from a sampled latent; the bank is filled afterwards."""

    kind = ConstrainedVae.kind

    def __init__(self) -> None:
        self.network = he_initialised(ConstrainedVae(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        assert isinstance(network, ConstrainedVae)
        mean, log_variance = network.encode(masks)
        logits = network.decode(_sampled(mean, log_variance))
        return dice_cross_entropy(logits, masks).mean() + _DIVERGENCE * _divergence(
            mean, log_variance
        )

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of the reconstruction of clean masks, whether or not they are valid."""
        assert isinstance(network, ConstrainedVae)
        return {"dice": _dice(network.decode(network.encode(masks)[0]), masks)}
