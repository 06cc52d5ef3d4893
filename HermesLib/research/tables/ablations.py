"""HERMES with a part of it switched off, or sampled otherwise. The networks are the bundled ones: nothing is trained anew, so an ablation says
what a part does in them, not what a network trained without it could do."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import Condition
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_diffusion, preset_checkpoint
from HermesLib.research.tables.design import PgtSource

SAMPLES = (1, 8)
STEPS = (2, 4, 8)


def ablations_of(preset: Preset) -> list[PgtSource]:
    """One source for each ablation. Those of the drawing's condition are without the share of the image expert's own map in the pGT: it would
    hide them."""
    core = preset_checkpoint(preset)

    def source(
        name: str, load: Callable[[torch.device], QualityControl], fixed: bool = False
    ) -> PgtSource:
        return PgtSource(name, preset.name, core.sha256, load, fixed=fixed, trained=core.training)

    def drawn_alone(
        change: Callable[[Condition], Condition] | None = None, **kept: float
    ) -> Callable[[torch.device], QualityControl]:
        def load(device: torch.device) -> QualityControl:
            quality = load_diffusion("diffusion", preset, device)
            through_plane = 0.0 if "keep_image" in kept else quality.core.config.through_plane
            quality.core.config = replace(
                quality.core.config, expert_share=0.0, through_plane=through_plane
            )
            _condition_otherwise(quality, change, kept)
            return quality

        return load

    def no_places(condition: Condition) -> Condition:
        return replace(condition, spatial=torch.zeros_like(condition.spatial))

    found = [
        source(
            "pGT of the first mask kept",
            lambda device: load_diffusion("diffusion", preset, device),
            fixed=True,
        ),
        source(
            "raw score, as the paper's",
            lambda device: load_diffusion("diffusion", preset, device, score="raw"),
        ),
        source("drawn alone", drawn_alone()),
        source("drawn alone, E1 (masks) off", drawn_alone(keep_mask=0.0)),
        source("drawn alone, E2 (images) off", drawn_alone(keep_image=0.0)),
        source("drawn alone, no spatial condition", drawn_alone(no_places)),
    ]
    found += [
        source(_counted(number, "sample"), partial(_sampled, preset, number, None))
        for number in SAMPLES
    ]
    return found + [
        source(_counted(number, "step"), partial(_sampled, preset, None, number))
        for number in STEPS
    ]


def _sampled(
    preset: Preset, samples: int | None, steps: int | None, device: torch.device
) -> QualityControl:
    return load_diffusion("diffusion", preset, device, samples, steps)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _condition_otherwise(
    quality: DiffusionQuality,
    change: Callable[[Condition], Condition] | None,
    kept: dict[str, float],
) -> None:
    """Silence an expert, or change what both say, wherever the quality control asks its core."""
    ask = quality.core.condition

    def condition(images: torch.Tensor, masks: torch.Tensor, **named: Any) -> Condition:
        silenced = {
            name: torch.full((len(images),), value, device=images.device)
            for name, value in kept.items()
        }
        said = ask(images, masks, **named, **silenced)
        return said if change is None else change(said)

    quality.core.condition = condition  # type: ignore[method-assign,assignment]
