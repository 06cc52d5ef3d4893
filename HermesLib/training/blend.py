"""How a pGT is put together: how much of it is drawn and how much is the image expert's own map, and whether that map is looked up in the
neighbouring slices too. Whatever is truer on held-out patients."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.devices import select_device
from HermesLib.evaluation.cases import Case, read_slices
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.preset import Preset
from HermesLib.quality.blend import Blend
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.registry import load_diffusion
from HermesLib.refinement.seeding import slice_seed
from HermesLib.training.calibrate import HELD_OUT, held_out_cases
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

#: From the simplest to the dearest. A quarter for either neighbour is what averaging makes of three slices, rounded.
BLENDS = tuple(
    Blend(*pair) for pair in ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 0.25), (1.0, 0.25))
)


def true_dice_by_blend(
    quality: DiffusionQuality,
    cases: Sequence[Case],
    preset: Preset,
    seed: int,
    device: torch.device,
) -> dict[Blend, float]:
    """Mean true Dice of the pGT from a blank mask, over all slices that show the organ, for each of :data:`BLENDS`."""
    qualities = {blend: quality.with_blend(blend) for blend in BLENDS}
    scores: dict[Blend, list[float]] = {blend: [] for blend in BLENDS}
    for case in cases:
        images, truth, indices = read_slices(case, preset)
        observation = quality.observe(images)
        for row, index in enumerate(indices):
            blank = torch.zeros_like(truth[row : row + 1])
            for blend, blended in qualities.items():
                assessment = blended.assess(
                    observation.select([row]), blank, [slice_seed(seed, index, 0)]
                )
                pgt = assessment.pgt.cpu() > 0.5
                scores[blend].append(float(dice_batch(pgt, truth[row : row + 1])[0]))
    return {blend: float(np.mean(values)) for blend, values in scores.items()}


def best_blend(found: dict[Blend, float]) -> Blend:
    """The best of them to a thousandth; of equals the first."""
    return max(
        found, key=lambda weighing: (round(found[weighing], 3), -list(found).index(weighing))
    )


def choose_blend(
    weights: Path,
    preset: Preset,
    sources: Sequence[TrainingDataset],
    output: Path,
    seed: int = 0,
    device_name: str = "auto",
    say: Callable[[str], None] = lambda line: None,
    parts: Sequence[str] = HELD_OUT,
) -> Path:
    """Write the weights of a core to ``output`` with the weighing that the patients in these parts of its split, found in ``sources``,
    ask for; what the weights are worth is to be measured on others."""
    checkpoint, device = load_checkpoint(weights), select_device(device_name)
    sources = [replace(source, scale=preset.intensity) for source in sources]
    cases = held_out_cases(sources, preset.organ_label, checkpoint.training["split"], parts)
    quality = load_diffusion(str(weights), preset, device, score="raw")
    found = true_dice_by_blend(quality, cases, preset, seed, device)
    best = best_blend(found)
    shown = ", ".join(f"{weighing}: {dice:.3f}" for weighing, dice in found.items())
    who = " and ".join(parts)
    say(
        f"true Dice of the pGT on {who} patients by the share of the image expert's map: {shown}; takes {best}"
    )
    validation = {
        **checkpoint.training["validation"],
        "pgt_dice_by_share": {str(one): dice for one, dice in found.items()},
    }
    config = quality.core.config.with_blend(best).to_dict()
    save_checkpoint(
        output,
        checkpoint.tensors,
        "quality",
        config,
        {**checkpoint.training, "validation": validation},
    )
    return output
