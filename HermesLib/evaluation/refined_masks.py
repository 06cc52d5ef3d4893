"""Masks along refinements with several promptable models: one loop for evaluation and training."""

from collections.abc import Iterator, Sequence

import torch

from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume

#: A few iterations however good the masks; later iterations of the loop are like these.
FEW_ITERATIONS = RefinementSettings(threshold=0.97, max_iterations=3, patience=3)


def refined_masks(
    observation: Observation,
    quality: QualityControl,
    models: Sequence[PromptableModel],
    settings: RefinementSettings,
    device: torch.device,
) -> Iterator[tuple[str, Iteration]]:
    """Model name and event of every iteration, of all models with their own prompts.

    Slices that the quality control takes to be without the organ are left out.

    Args:
        observation: of the slices of one volume.
        quality: guides the refinement.
        models: refined one after the other.
        settings: of the loop, e.g. :data:`FEW_ITERATIONS`.
        device: of the networks.
    """
    for model in models:
        strategy = strategy_for(model.prompt_kinds[0])
        refiner = Refiner(model, quality, strategy=strategy, settings=settings)
        for event in refine_volume(refiner, observation, device=device):
            if event.status is not Status.ABSENT:
                yield model.name, event
