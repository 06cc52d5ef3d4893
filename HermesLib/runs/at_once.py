"""How many slices a run refines at once, where the user leaves it open."""

import numpy as np
import torch

from HermesLib.devices import free_memory, memory_taken
from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.examples import most_examples
from HermesLib.prompts.types import PromptStrategy
from HermesLib.refinement.settings import SLICES_AT_ONCE
from HermesLib.runs.request import RunRequest

#: On a GPU no more, whatever its memory: more gain nothing there.
MOST_AT_ONCE = 32
#: The part of the free memory that slices may take; the rest is for the quality control and others.
_SHARE = 0.5


def slices_at_once(
    request: RunRequest,
    device: torch.device,
    shape: tuple[int, int],
    model: PromptableModel | None = None,
    strategy: PromptStrategy | None = None,
) -> int:
    """The number of the request, or what suits the device.

    One on a CPU, where more gain nothing (docs/speed.md). On a GPU, as many as its free memory
    holds; what one takes is measured. The report records the number, so that a run that is repeated
    has the same batches.

    Args:
        request: what to do.
        device: where networks compute.
        shape: (H, W) of the slices.
        model: that segments slices; None where masks are assessed.
        strategy: draws its prompts.
    """
    if request.slices_at_once is not None:
        return request.slices_at_once
    # A slice with examples waits for the result of the one before.
    if device.type == "cpu" or (strategy is not None and most_examples(strategy) is not None):
        return 1
    if model is None or strategy is None:
        return SLICES_AT_ONCE
    return fitting(free_memory(device), memory_of_slice(device, shape, model, strategy))


def memory_of_slice(
    device: torch.device, shape: tuple[int, int], model: PromptableModel, strategy: PromptStrategy
) -> int:
    """What a model takes of a GPU's memory for a slice of (H, W), measured with one, bytes."""
    ramp = torch.linspace(0, 1, shape[0] * shape[1], device=device).reshape(1, 1, *shape)
    prompt = strategy.first(shape, np.random.default_rng(0))
    return memory_taken(device, lambda: model.predict(model.embed(ramp), [prompt]))


def fitting(free: int, one: int) -> int:
    """How many slices of ``one`` byte count are refined at once with ``free`` bytes.

    >>> fitting(16 * 2**30, 2**30), fitting(2**30, 2**30), fitting(2**40, 2**20)
    (8, 1, 32)
    """
    return max(1, min(MOST_AT_ONCE, int(_SHARE * free / max(one, 1))))
