"""Validation of a QC core during its training."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch

from HermesLib.datasets.augmentation import IDENTITY, sampling_grid
from HermesLib.datasets.corruptions import Corruption, blank, full, shifted
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.network.core import QualityCore
from HermesLib.training.qc_batches import corrupted
from HermesLib.training.slice_sampler import AnySlice, SliceSampler

#: Slices validated on, at most, and how many go through the network at a time.
LIMIT = 80
_BATCH = 16
#: Sampling steps and samples of a pGT.
_STEPS = 2
_SAMPLES = 1
#: Share of gross failures among the masks whose pDSC is compared with the truth.
_GROSS = 0.5


@torch.no_grad()
def organ_map_dice(core: QualityCore, pool: SliceSampler, limit: int = LIMIT) -> float:
    """Mean true Dice of the image expert's organ map over slices with the organ."""
    images, masks = _views(core, pool.with_organ, limit)
    maps = [
        core.read_images(part.to(core.device)).organ[:, 0].cpu() > 0
        for part in images.split(_BATCH)
    ]
    return dice_batch(torch.cat(maps), masks[:, 0] > 0.5).mean().item()


@torch.no_grad()
def validate(core: QualityCore, pool: SliceSampler, limit: int = LIMIT) -> dict[str, float]:
    """Figures of a QC core on validation slices.

    Returns:
        ``pgt_dice``: mean true Dice of the pGTs sampled from a blank, a full and a shifted mask,
        also each by itself (``from_*``), and their mean pairwise ``agreement``. ``pdsc_error``:
        mean absolute error of the pDSC over a fixed mix of corrupted masks; ``pdsc_of_truth``:
        mean pDSC of true masks. ``presence``: accuracy of the presence head over slices with and
        without the organ; ``presence_found``: over those with it.
    """
    images, masks = _views(core, pool.with_organ, limit)
    truth = masks[:, 0] > 0.5
    pgts = [
        _sample(core, images, _corrupted_alike(corruption, truth, images))
        for corruption in (blank, full, shifted)
    ]
    scores = [dice_batch(pgt, truth).mean().item() for pgt in pgts]
    agreement = [dice_batch(a, b).mean().item() for a, b in combinations(pgts, 2)]
    mixed = corrupted(masks, images, np.random.default_rng(2), _GROSS)
    estimated = dice_batch(mixed[:, 0] > 0.5, _sample(core, images, mixed))
    true = dice_batch(mixed[:, 0] > 0.5, truth)
    perfect = dice_batch(truth, _sample(core, images, masks))
    present = _presence(core, images)
    absent = torch.ones(0, dtype=torch.bool)
    if pool.without:
        absent = ~_presence(core, _views(core, pool.without, limit)[0])
    return {
        "pgt_dice": float(np.mean(scores)),
        "from_blank": scores[0],
        "from_full": scores[1],
        "from_shifted": scores[2],
        "agreement": float(np.mean(agreement)),
        "pdsc_error": (estimated - true).abs().mean().item(),
        "pdsc_of_truth": perfect.mean().item(),
        "presence": torch.cat([present, absent]).float().mean().item(),
        "presence_found": present.float().mean().item(),
    }


def _views(
    core: QualityCore, slices: Sequence[AnySlice], limit: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, C, S, S) and masks (N, 1, S, S) of at most ``limit`` slices, evenly spread."""
    spread = list(slices)
    if len(spread) > limit:
        spread = [spread[round(k)] for k in np.linspace(0, len(spread) - 1, limit)]
    grids = sampling_grid(np.random.default_rng(0), len(spread), core.config.grid, IDENTITY)
    return SliceSampler.views(spread, grids)


def _corrupted_alike(
    corruption: Corruption, truth: torch.Tensor, images: torch.Tensor
) -> torch.Tensor:
    """One kind of corruption applied to all masks (N, S, S), seeded; as (N, 1, S, S)."""
    rng = np.random.default_rng(1)
    pairs = zip(truth.numpy(), own_slice(images)[:, 0].numpy(), strict=True)
    wrong = np.stack([corruption(mask, image, rng) for mask, image in pairs])
    return torch.from_numpy(wrong.astype(np.float32))[:, None]


def _sample(core: QualityCore, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """pGTs (N, S, S), boolean, of images (N, C, S, S) from masks (N, 1, S, S)."""
    parts = []
    for image, mask in zip(images.split(_BATCH), masks.split(_BATCH), strict=True):
        features = core.read_images(image.to(core.device))
        condition = core.condition(features, mask.to(core.device))
        samples = core.sample(condition, list(range(len(image))), _STEPS, _SAMPLES)
        parts.append(samples.mean(1).cpu())
    return torch.cat(parts) > 0.5


def _presence(core: QualityCore, images: torch.Tensor) -> torch.Tensor:
    """Whether the presence head finds the organ (N,)."""
    parts = [
        core.presence(core.read_images(image.to(core.device)).coarse).cpu()
        for image in images.split(_BATCH)
    ]
    return torch.cat(parts) > 0
