"""How each rival learns, from true masks (and, for Wang's, their images)."""

import dataclasses
from typing import TypeVar

import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional

from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.sampler import add_noise
from HermesLib.research.rivals.constrained_vae import ConstrainedVae
from HermesLib.research.rivals.galati import Galati
from HermesLib.research.rivals.nnqc import NnQc
from HermesLib.research.rivals.post_dae import PostDae
from HermesLib.research.rivals.regression import DiceRegression
from HermesLib.research.rivals.wang import Wang
from HermesLib.training.losses import dice_cross_entropy, soft_dice_loss
from HermesLib.training.qc_batches import corrupted
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.weights.checkpoint import Checkpoint

_N = TypeVar("_N", bound=nn.Module)

#: Weight of the latents' divergence from the normal distribution: enough to keep them together, little enough to build masks anew.
_DIVERGENCE = 2e-4
#: Share of gross failures among the masks whose Dice is learnt.
_GROSS = 0.35
_MORPHOLOGY = (
    ndimage.binary_erosion,
    ndimage.binary_dilation,
    ndimage.binary_opening,
    ndimage.binary_closing,
)
#: Share of masks that Post-DAE is to leave as they are.
_CLEAN = 0.3
#: Weight of the decoded mask's Dice beside the noise's error, as nnQC's authors have it.
_DECODED = 0.1


def spoil(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask (S, S, bool) as Post-DAE learns to mend it: patches deleted, discs added, morphology (erosion, dilation, opening, closing),
    patches with organ and surroundings swapped; one to three of them."""
    side, spoilt = len(mask), mask.copy()
    rows, columns = np.mgrid[:side, :side]
    for way in rng.integers(4, size=int(rng.integers(1, 4))):
        # Where the organ is, or near it.
        places = np.argwhere(ndimage.binary_dilation(mask, iterations=max(side // 16, 1)))
        if len(places) == 0:
            break
        row, column = places[rng.integers(len(places))]
        height, width = rng.integers(side // 16, side // 4, 2)
        patch = (abs(rows - row) < height / 2) & (abs(columns - column) < width / 2)
        if way == 0:
            spoilt &= ~patch
        elif way == 1:
            spoilt |= (rows - row) ** 2 + (columns - column) ** 2 < (
                rng.uniform(0.02, 0.1) * side
            ) ** 2
        elif way == 2:
            # Few pixels: a mask that was evenly grown by many looks like a clean one, and the network would then learn to shrink clean ones.
            change = _MORPHOLOGY[int(rng.integers(len(_MORPHOLOGY)))]
            spoilt = change(spoilt, iterations=int(rng.integers(1, max(side // 64, 1) + 1)))
        else:
            spoilt = np.where(patch, ~spoilt, spoilt)
    return spoilt


def _spoilt(masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    made = np.stack([spoil(mask, rng) for mask in masks[:, 0].cpu().numpy() > 0.5])
    return torch.from_numpy(made.astype(np.float32))[:, None].to(masks.device)


def _dice(logits: torch.Tensor, masks: torch.Tensor) -> float:
    return dice_batch(logits[:, 0] > 0, masks[:, 0] > 0.5).mean().item()


def _drawn(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return mean + torch.randn_like(mean) * (log_variance / 2).exp()


def _divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()


def _begun(network: _N) -> _N:
    """The network with He's initial weights: from PyTorch's own, Post-DAE's latent soon tells no mask from another and stays so."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


class _RivalObjective:
    kind: str
    network: nn.Module
    side = 128

    def config(self) -> dict[str, object]:
        """See :class:`HermesLib.training.trainer.Task`."""
        return {"side": self.side}


class PostDaeObjective(_RivalObjective):
    """Mend what was spoilt, leave what is good."""

    kind = PostDae.kind

    def __init__(self) -> None:
        self.network = _begun(PostDae(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        clean = torch.from_numpy(rng.random(len(masks)) < _CLEAN).view(-1, 1, 1, 1).to(masks.device)
        return soft_dice_loss(network(torch.where(clean, masks, _spoilt(masks, rng))), masks).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of what becomes of clean and of spoilt masks."""
        clean, mended = _dice(network(masks), masks), _dice(network(_spoilt(masks, rng)), masks)
        return {"dice": (clean + mended) / 2, "clean": clean, "mended": mended}


class GalatiObjective(_RivalObjective):
    """Build true masks anew."""

    kind = Galati.kind

    def __init__(self) -> None:
        self.network = _begun(Galati(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
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
        """Dice of clean masks built anew."""
        return {"dice": _dice(network(masks), masks)}


class WangObjective(_RivalObjective):
    """Build pairs of image and true mask anew, from a latent that is drawn."""

    kind = Wang.kind

    def __init__(self) -> None:
        self.network = _begun(Wang(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        assert isinstance(network, Wang)
        mean, log_variance = network.encode(images, masks)
        image, mask = network.decode(_drawn(mean, log_variance))
        built = (image - images).abs().mean() + dice_cross_entropy(mask, masks).mean()
        return built + _DIVERGENCE * _divergence(mean, log_variance)

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of clean masks built anew, without the search."""
        assert isinstance(network, Wang)
        image, mask = network.decode(network.encode(images, masks)[0])
        return {"dice": _dice(mask, masks), "image_error": (image - images).abs().mean().item()}


class ConstrainedVaeObjective(_RivalObjective):
    """Build true masks anew, from a latent that is drawn; the bank of valid shapes is filled when that is learnt."""

    kind = ConstrainedVae.kind

    def __init__(self) -> None:
        self.network = _begun(ConstrainedVae(self.side))

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        assert isinstance(network, ConstrainedVae)
        mean, log_variance = network.encode(masks)
        logits = network.decode(_drawn(mean, log_variance))
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
        """Dice of clean masks built anew, whether or not they are valid."""
        assert isinstance(network, ConstrainedVae)
        return {"dice": _dice(network.decode(network.encode(masks)[0]), masks)}


class DiceRegressionObjective(_RivalObjective):
    """Name the Dice of masks of all qualities."""

    kind = DiceRegression.kind

    def __init__(self) -> None:
        self.network = _begun(DiceRegression(self.side))

    def _judged(
        self, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        shown = corrupted(masks.cpu(), images.cpu(), rng, _GROSS).to(masks.device)
        return shown, dice_batch(shown[:, 0] > 0.5, masks[:, 0] > 0.5)

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        shown, true = self._judged(images, masks, rng)
        return (network(images, shown) - true).abs().mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Mean absolute error; ``dice`` is 1 minus it, so that less error is better."""
        shown, true = self._judged(images, masks, rng)
        error = (network(images, shown) - true).abs().mean().item()
        return {"dice": 1 - error, "error": error}


class NnQcObjective(_RivalObjective):
    """Name the noise in the latents of true masks, told by the image's token and by a mask that was spoilt as HERMES' own training does.

    ``core``: the trained core whose autoencoder and image expert are taken over.
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
        """See :class:`HermesLib.training.trainer.Task`."""
        return {"side": self.side, "core": self._config.to_dict()}

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        assert isinstance(network, NnQc)
        wrong = corrupted(masks.cpu(), images.cpu(), rng, QualityTraining.gross).to(masks.device)
        with torch.no_grad():
            clean = network.autoencoder.encode(masks)
        times = torch.from_numpy(rng.integers(0, len(network.shares), len(masks))).to(masks.device)
        noise = torch.from_numpy(rng.standard_normal(tuple(clean.shape), dtype=np.float32)).to(
            masks.device
        )
        noisy = add_noise(clean, noise, network.shares[times])
        named = network.predict_noise(noisy, times, network.token(images), wrong)
        decoded = network.autoencoder.decode(network.clean(noisy, times, named.float()))
        return (
            functional.mse_loss(named.float(), noise)
            + _DECODED * soft_dice_loss(decoded, masks).mean()
        )

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice of what is drawn from spoilt and from blank masks; the mean of both decides."""
        assert isinstance(network, NnQc)
        wrong = corrupted(masks.cpu(), images.cpu(), rng, QualityTraining.gross).to(masks.device)
        seeds = range(len(masks))
        spoilt, blank = (
            dice_batch(network.draw(images, shown, seeds)[:, 0] > 0.5, masks[:, 0] > 0.5)
            .mean()
            .item()
            for shown in (wrong, torch.zeros_like(masks))
        )
        return {"dice": (spoilt + blank) / 2, "from_spoilt": spoilt, "from_blank": blank}


#: Every rival that ``hermes train baseline`` can train from nothing; :class:`NnQcObjective` wants a trained core.
RIVAL_OBJECTIVES = {
    task.kind: task
    for task in (
        PostDaeObjective,
        GalatiObjective,
        WangObjective,
        ConstrainedVaeObjective,
        DiceRegressionObjective,
    )
}
