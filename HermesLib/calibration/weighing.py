"""How a pGT is put together: how much of it is drawn and how much is the image expert's own map, and whether that map is looked up in the
neighbouring slices too. Whatever is truer on held-out patients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from HermesLib.calibration.job import HELD_OUT, held_out_cases
from HermesLib.checkpoints import load_checkpoint, save_checkpoint
from HermesLib.devices import select_device
from HermesLib.evaluation.cases import Case, read_slices
from HermesLib.metrics import dice_batch
from HermesLib.presets import Preset
from HermesLib.prompts.seeds import slice_seed
from HermesLib.quality.config import QualityConfig
from HermesLib.quality.diffusion import DiffusionQuality
from HermesLib.quality.registry import load_quality
from HermesLib.training.sources import Source


@dataclass(frozen=True)
class Weighing:
    """The settings of :class:`HermesLib.quality.config.QualityConfig` that are weighed."""

    expert_share: float
    through_plane: float

    def of(self, config: QualityConfig) -> QualityConfig:
        """The configuration of a core that puts its pGT together so."""
        return replace(config, expert_share=self.expert_share, through_plane=self.through_plane)

    def __str__(self) -> str:
        return f"{self.expert_share:g}" + (" with neighbours" if self.through_plane else "")


#: From the simplest to the dearest. A quarter for either neighbour is what averaging makes of three slices, rounded.
WEIGHINGS = tuple(Weighing(*pair) for pair in ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 0.25), (1.0, 0.25)))


def true_dice_by_weighing(
    quality: DiffusionQuality, cases: Sequence[Case], preset: Preset, seed: int, device: torch.device
) -> dict[Weighing, float]:
    """Mean true Dice of the pGT from a blank mask, over all slices that show the organ, for each of :data:`WEIGHINGS`."""
    trained = quality.core.config
    found: dict[Weighing, list[float]] = {weighing: [] for weighing in WEIGHINGS}
    try:
        for weighing, scores in found.items():
            quality.core.config = weighing.of(trained)
            for case in cases:
                images, truth, indices = read_slices(case, preset)
                for row, index in enumerate(indices):
                    blank = torch.zeros_like(truth[row : row + 1]).to(device)
                    pgt = quality.assess(images[row : row + 1].to(device), blank, [slice_seed(seed, index, 0)]).pgt.cpu() > 0.5
                    scores.append(float(dice_batch(pgt, truth[row : row + 1])[0]))
    finally:
        quality.core.config = trained
    return {weighing: float(np.mean(scores)) for weighing, scores in found.items()}


def truest(found: dict[Weighing, float]) -> Weighing:
    """The best of them to a thousandth; of equals the first."""
    return max(found, key=lambda weighing: (round(found[weighing], 3), -list(found).index(weighing)))


def weigh_pgt(
    weights: Path,
    preset: Preset,
    sources: Sequence[Source],
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
    quality = load_quality(str(weights), preset, device, score="raw")
    found = true_dice_by_weighing(quality, cases, preset, seed, device)
    best = truest(found)
    shown = ", ".join(f"{weighing}: {dice:.3f}" for weighing, dice in found.items())
    who = " and ".join(parts)
    say(f"true Dice of the pGT on {who} patients by the share of the image expert's map: {shown}; takes {best}")
    validation = {**checkpoint.training["validation"], "pgt_dice_by_share": {str(one): dice for one, dice in found.items()}}
    config = best.of(quality.core.config).to_dict()
    save_checkpoint(output, checkpoint.tensors, "quality", config, {**checkpoint.training, "validation": validation})
    return output
