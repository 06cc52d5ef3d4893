"""Masks of a small model from simulated prompts, on the test patients of its own split."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.research.promptable.object_sampler import ObjectSampler
from HermesLib.research.promptable.objectives import OBJECTIVES
from HermesLib.research.promptable.training import FAVOUR
from HermesLib.training.trainer import VIEW
from HermesLib.weights.checkpoint import Checkpoint


def evaluate_simulated_prompts(
    checkpoint: Checkpoint,
    sources: Sequence[TrainingDataset],
    count: int,
    seed: int,
    device: torch.device,
) -> dict[str, Any]:
    """Sample objects of the test patients and prompt the model as its training validates it.

    Args:
        checkpoint: of the small model.
        sources: folders with its test patients.
        count: how many objects are sampled.
        seed: of objects, views and prompts.
        device: where the model runs.

    Raises:
        HermesError: the weights are not those of a small model, or the folders hold none of its
            test patients.
    """
    if checkpoint.kind not in OBJECTIVES:
        raise HermesError("the weights are not those of a small promptable model")
    objective = OBJECTIVES[checkpoint.kind]()
    try:
        objective.network.load_state_dict(checkpoint.tensors)
    except RuntimeError as error:
        raise HermesError(f"the weights are not those of the small {checkpoint.kind}") from error
    patients = set(checkpoint.training["split"]["test"])
    slices = [
        labelled for source in sources for labelled in source.read() if labelled.patient in patients
    ]
    if not slices:
        raise HermesError("the folders have none of the test patients of these weights")
    network = objective.network.to(device).eval()
    images, masks = ObjectSampler(slices, FAVOUR).draw(
        np.random.default_rng(seed), count, objective.side, VIEW
    )
    with torch.no_grad():
        figures = objective.evaluate(
            network, images.to(device), masks.to(device), np.random.default_rng(seed)
        )
    tested = {labelled.patient for labelled in slices}
    return {"patients": len(tested), "objects": count, **figures}
