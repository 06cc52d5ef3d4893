"""Choose the blend of a pGT on held-out patients.

A blend is the share of the image expert's organ map beside that of the samples, and whether the map
takes neighbouring slices into account.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from HermesLib.devices import select_device
from HermesLib.evaluation.cases import Case, observe_slices
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.preset import Preset
from HermesLib.quality.blend import Blend
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.registry import load_diffusion
from HermesLib.refinement.seeding import slice_seed
from HermesLib.training.held_out import HeldOutData, held_out_cases, recorded_split
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

#: From the simplest to the slowest. A quarter for either neighbour is the mean of three slices,
#: rounded.
BLENDS = (Blend(0.0, 0.0), Blend(0.5, 0.0), Blend(1.0, 0.0), Blend(0.5, 0.25), Blend(1.0, 0.25))


def true_dice_by_blend(
    quality: DiffusionQuality,
    cases: Sequence[Case],
    preset: Preset,
    seed: int,
) -> dict[Blend, float]:
    """Mean true Dice of the pGT from a blank mask, over all slices with the organ, by blend."""
    blended = {blend: quality.with_blend(blend) for blend in BLENDS}
    scores: dict[Blend, list[float]] = {blend: [] for blend in BLENDS}
    for case in cases:
        slices = observe_slices(case, preset, quality)
        for row, index in enumerate(slices.indices):
            true = slices.truth[row : row + 1]
            observed = slices.observation.select([row])
            for blend, variant in blended.items():
                seeds = [slice_seed(seed, index, 0)]
                pgt = variant.assess(observed, torch.zeros_like(true), seeds).pgt.cpu() > 0.5
                scores[blend].append(float(dice_batch(pgt, true)[0]))
    return {blend: float(np.mean(values)) for blend, values in scores.items()}


def best_blend(scores: dict[Blend, float]) -> Blend:
    """The blend with the highest score to a thousandth; ties: first."""
    return max(scores, key=lambda blend: (round(scores[blend], 3), -list(scores).index(blend)))


def choose_blend(
    weights: Path,
    preset: Preset,
    data: HeldOutData,
    output: Path,
    *,
    seed: int = 0,
    device_name: str = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write weights to ``output`` with the blend that is best on held-out patients.

    What the weights are worth must be measured on other patients.

    Args:
        weights: a file of a QC core.
        preset: organ and intensities.
        data: the held-out patients.
        output: the file to write.
        seed: of the samples.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        say: takes the figures.

    Returns:
        ``output``.
    """
    checkpoint = load_checkpoint(weights)
    device = select_device(device_name)
    cases = held_out_cases(data, preset.organ_label, recorded_split(checkpoint, weights))
    quality = load_diffusion(str(weights), preset, device, score="raw")
    scores = true_dice_by_blend(quality, cases, preset, seed)
    best = best_blend(scores)
    listed = ", ".join(f"{blend}: {dice:.3f}" for blend, dice in scores.items())
    say(
        f"true Dice of the pGT on {' and '.join(data.parts)} patients "
        f"by share of the organ map: {listed}; chosen: {best}"
    )
    by_share = {str(blend): dice for blend, dice in scores.items()}
    validation = {**checkpoint.training["validation"], "pgt_dice_by_share": by_share}
    config = quality.core.config.with_blend(best).to_dict()
    training = {**checkpoint.training, "validation": validation}
    save_checkpoint(output, checkpoint.tensors, "quality", config, training)
    return output
