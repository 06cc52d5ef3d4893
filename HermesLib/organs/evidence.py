"""How much of a pGT is drawn and how much is the image expert's own map: whatever is truer on the validation patients."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.loop import read_slices
from HermesLib.metrics import dice_batch
from HermesLib.presets import Preset
from HermesLib.prompts.seeds import slice_seed
from HermesLib.quality.diffusion import DiffusionQuality

SHARES = (0.0, 0.5, 1.0)


def true_dice_by_share(
    quality: DiffusionQuality, cases: Sequence[Case], preset: Preset, seed: int, device: torch.device
) -> dict[float, float]:
    """Mean true Dice of the pGT from a blank mask, over all slices that show the organ, for each of :data:`SHARES` of the expert's map."""
    trained = quality.core.config
    found: dict[float, list[float]] = {share: [] for share in SHARES}
    try:
        for share, scores in found.items():
            quality.core.config = replace(trained, expert_share=share)
            for case in cases:
                images, truth, indices = read_slices(case, preset)
                for row, index in enumerate(indices):
                    blank = torch.zeros_like(truth[row : row + 1]).to(device)
                    pgt = quality.assess(images[row : row + 1].to(device), blank, [slice_seed(seed, index, 0)]).pgt.cpu() > 0.5
                    scores.append(float(dice_batch(pgt, truth[row : row + 1])[0]))
    finally:
        quality.core.config = trained
    return {share: float(np.mean(scores)) for share, scores in found.items()}
