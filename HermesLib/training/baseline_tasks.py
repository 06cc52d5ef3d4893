"""How each rival learns, from true masks (and, for Wang's, their images)."""

import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional

from HermesLib.baselines.constrained_vae import ConstrainedVae
from HermesLib.baselines.galati import Galati
from HermesLib.baselines.post_dae import PostDae
from HermesLib.baselines.regression import DiceRegression
from HermesLib.baselines.wang import Wang
from HermesLib.data.corruptions import corrupt
from HermesLib.metrics import dice_batch
from HermesLib.training.losses import dice_cross_entropy, soft_dice_loss

#: Weight of the latents' divergence from the normal distribution: enough to keep them together, little enough to build masks anew.
_DIVERGENCE = 2e-3
#: Share of gross failures among the masks whose Dice is learnt.
_GROSS = 0.35


def spoil(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask (S, S, bool) as Post-DAE learns to mend it: patches deleted, discs added, outlines eaten or grown, patches with organ and
    surroundings swapped; one to three of them."""
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
            spoilt |= (rows - row) ** 2 + (columns - column) ** 2 < (rng.uniform(0.02, 0.1) * side) ** 2
        elif way == 2:
            change = ndimage.binary_erosion if rng.random() < 0.5 else ndimage.binary_dilation
            spoilt = change(spoilt, iterations=int(rng.integers(1, max(side // 24, 2))))
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


class _BaselineTask:
    kind: str
    network: nn.Module
    side = 128

    def config(self) -> dict[str, object]:
        """See :class:`HermesLib.training.trainer.Task`."""
        return {"side": self.side}


class PostDaeTask(_BaselineTask):
    """Mend what was spoilt, leave what is good."""

    kind = PostDae.kind

    def __init__(self) -> None:
        self.network = PostDae(self.side)

    def loss(self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        clean = torch.from_numpy(rng.random(len(masks)) < 0.2).view(-1, 1, 1, 1).to(masks.device)
        return soft_dice_loss(network(torch.where(clean, masks, _spoilt(masks, rng))), masks).mean()

    def evaluate(
        self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> dict[str, float]:
        """Dice of what becomes of clean and of spoilt masks."""
        clean, mended = _dice(network(masks), masks), _dice(network(_spoilt(masks, rng)), masks)
        return {"dice": (clean + mended) / 2, "clean": clean, "mended": mended}


class GalatiTask(_BaselineTask):
    """Build true masks anew."""

    kind = Galati.kind

    def __init__(self) -> None:
        self.network = Galati(self.side)

    def loss(self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        logits = network(masks)
        return functional.mse_loss(torch.sigmoid(logits), masks) + soft_dice_loss(logits, masks).mean()

    def evaluate(
        self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> dict[str, float]:
        """Dice of clean masks built anew."""
        return {"dice": _dice(network(masks), masks)}


class WangTask(_BaselineTask):
    """Build pairs of image and true mask anew, from a latent that is drawn."""

    kind = Wang.kind

    def __init__(self) -> None:
        self.network = Wang(self.side)

    def loss(self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        assert isinstance(network, Wang)
        mean, log_variance = network.encode(images, masks)
        image, mask = network.decode(_drawn(mean, log_variance))
        built = (image - images).abs().mean() + dice_cross_entropy(mask, masks).mean()
        return built + _DIVERGENCE * _divergence(mean, log_variance)

    def evaluate(
        self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> dict[str, float]:
        """Dice of clean masks built anew, without the search."""
        assert isinstance(network, Wang)
        image, mask = network.decode(network.encode(images, masks)[0])
        return {"dice": _dice(mask, masks), "image_error": (image - images).abs().mean().item()}


class ConstrainedVaeTask(_BaselineTask):
    """Build true masks anew, from a latent that is drawn; the bank of valid shapes is filled when that is learnt."""

    kind = ConstrainedVae.kind

    def __init__(self) -> None:
        self.network = ConstrainedVae(self.side)

    def loss(self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        assert isinstance(network, ConstrainedVae)
        mean, log_variance = network.encode(masks)
        logits = network.decode(_drawn(mean, log_variance))
        return dice_cross_entropy(logits, masks).mean() + _DIVERGENCE * _divergence(mean, log_variance)

    def evaluate(
        self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> dict[str, float]:
        """Dice of clean masks built anew, whether or not they are valid."""
        assert isinstance(network, ConstrainedVae)
        return {"dice": _dice(network.decode(network.encode(masks)[0]), masks)}


class DiceRegressionTask(_BaselineTask):
    """Name the Dice of masks of all qualities."""

    kind = DiceRegression.kind

    def __init__(self) -> None:
        self.network = DiceRegression(self.side)

    def _judged(self, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        pairs = zip(masks[:, 0].cpu().numpy() > 0.5, images[:, 0].cpu().numpy(), strict=True)
        shown = torch.from_numpy(np.stack([corrupt(mask, image, rng, _GROSS) for mask, image in pairs])).to(masks.device)
        return shown[:, None].float(), dice_batch(shown, masks[:, 0] > 0.5)

    def loss(self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        shown, true = self._judged(images, masks, rng)
        return (network(images, shown) - true).abs().mean()

    def evaluate(
        self, network: nn.Module, images: torch.Tensor, masks: torch.Tensor, rng: np.random.Generator
    ) -> dict[str, float]:
        """Mean absolute error; ``dice`` is 1 minus it, so that less error is better."""
        shown, true = self._judged(images, masks, rng)
        error = (network(images, shown) - true).abs().mean().item()
        return {"dice": 1 - error, "error": error}


#: Every rival that ``hermes train baseline`` can train.
BASELINE_TASKS = {task.kind: task for task in (PostDaeTask, GalatiTask, WangTask, ConstrainedVaeTask, DiceRegressionTask)}
