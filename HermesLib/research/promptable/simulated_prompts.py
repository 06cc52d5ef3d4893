"""How well a small promptable model answers prompts simulated from the truth, on the test patients of its own split."""

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


def evaluate_prompted(
    checkpoint: Checkpoint,
    sources: Sequence[TrainingDataset],
    count: int,
    seed: int,
    device: torch.device,
) -> dict[str, Any]:
    """Draw ``count`` objects of the test patients as training validates, and ask the model for each.

    Raises:
        HermesError: weights of no promptable model of this project, or folders that hold none of its test patients.
    """
    if checkpoint.kind not in OBJECTIVES:
        raise HermesError("the weights are of no small promptable model")
    task = OBJECTIVES[checkpoint.kind]()
    try:
        task.network.load_state_dict(checkpoint.tensors)
    except RuntimeError as error:
        raise HermesError(f"the weights are not those of the small {checkpoint.kind}") from error
    wanted = set(checkpoint.training["split"]["test"])
    slices = [one for source in sources for one in source.read() if one.patient in wanted]
    if not slices:
        raise HermesError("the folders hold none of the weights' test patients")
    network = task.network.to(device).eval()
    images, masks = ObjectSampler(slices, FAVOUR).draw(
        np.random.default_rng(seed), count, task.side, VIEW
    )
    with torch.no_grad():
        found = task.evaluate(
            network, images.to(device), masks.to(device), np.random.default_rng(seed)
        )
    return {"patients": len({one.patient for one in slices}), "objects": count, **found}
