"""Ablations: HERMES with a part of it switched off, or sampled otherwise.

The networks are the bundled ones and nothing is trained again. An ablation measures what a part
contributes to these networks, not what a network trained without it could achieve.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from HermesLib.presets.preset import Preset
from HermesLib.quality.blend import Blend
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import Condition
from HermesLib.quality.network.image_expert import ImageFeatures
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_diffusion, preset_checkpoint
from HermesLib.research.tables.design import PgtSource

SAMPLES = (1, 8)
STEPS = (2, 4, 8)


class AblatedQuality(DiffusionQuality):
    """A diffusion QC with parts of its condition switched off.

    Args:
        quality: the complete one; the networks are shared.
        mask_expert_off, image_expert_off: silence that expert.
        spatial_off: no spatial condition, the tokens alone.
    """

    def __init__(
        self,
        quality: DiffusionQuality,
        *,
        mask_expert_off: bool = False,
        image_expert_off: bool = False,
        spatial_off: bool = False,
    ) -> None:
        super().__init__(
            quality.core,
            quality.name,
            quality.sha256,
            quality.samples,
            quality.steps,
            quality.score,
        )
        self._mask_expert_off = mask_expert_off
        self._image_expert_off = image_expert_off
        self._spatial_off = spatial_off

    def _condition(
        self, features: ImageFeatures, masks: torch.Tensor, organ: torch.Tensor | None
    ) -> Condition:
        silent = torch.zeros(len(masks), device=masks.device)
        condition = self.core.condition(
            features,
            masks,
            keep_mask=silent if self._mask_expert_off else None,
            keep_image=silent if self._image_expert_off else None,
            organ=organ,
        )
        if self._spatial_off:
            return replace(condition, spatial=torch.zeros_like(condition.spatial))
        return condition


def ablations_of(preset: Preset) -> list[PgtSource]:
    """One source per ablation.

    Ablations of the diffusion's condition use the diffusion sample alone: the share of the image
    expert's map in the pGT would hide them.
    """
    core = preset_checkpoint(preset)

    def source(
        name: str, load: Callable[[torch.device], QualityControl], fixed: bool = False
    ) -> PgtSource:
        return PgtSource(name, preset.name, core.sha256, load, fixed=fixed, trained=core.training)

    def sample_alone(**parts_off: bool) -> Callable[[torch.device], QualityControl]:
        def load(device: torch.device) -> QualityControl:
            quality = load_diffusion("diffusion", preset, device)
            through_plane = 0.0 if "image_expert_off" in parts_off else quality.blend.through_plane
            return AblatedQuality(quality, **parts_off).with_blend(Blend(0.0, through_plane))

        return load

    ablations = [
        source(
            "pGT of the first mask kept",
            lambda device: load_diffusion("diffusion", preset, device),
            fixed=True,
        ),
        source(
            "raw score, as in the paper",
            lambda device: load_diffusion("diffusion", preset, device, score="raw"),
        ),
        source("sample alone", sample_alone()),
        source("sample alone, E1 (masks) off", sample_alone(mask_expert_off=True)),
        source("sample alone, E2 (images) off", sample_alone(image_expert_off=True)),
        source("sample alone, no spatial condition", sample_alone(spatial_off=True)),
    ]
    ablations += [
        source(_counted(number, "sample"), partial(_sampled, preset, number, None))
        for number in SAMPLES
    ]
    return ablations + [
        source(_counted(number, "step"), partial(_sampled, preset, None, number))
        for number in STEPS
    ]


def _sampled(
    preset: Preset, samples: int | None, steps: int | None, device: torch.device
) -> QualityControl:
    return load_diffusion("diffusion", preset, device, samples, steps)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
