"""A model's answers to several prompts that are all drawn from one mask, a little moved."""

import math

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Judged
from HermesLib.prompts.jitter import jittered
from HermesLib.prompts.registry import strategy_for

#: The farthest that prompts move, as a share of the diameter of a disc of the mask's area.
_REACH = 0.1


@torch.inference_mode()
def jittered_answers(judged: Judged, row: int, count: int, judge: str) -> torch.Tensor:
    """Probabilities (count, H, W) for one slice, on the CPU.

    Args:
        judged: the masks; the model's earlier answers play no part.
        row: which of them.
        count: how many prompts are drawn.
        judge: its name, for messages.

    Raises:
        HermesError: there is no model, or one whose prompts cannot be moved.
    """
    answer = judged.answer
    if answer is None:
        raise HermesError(f"the judge '{judge}' needs a model; name one with --model")
    strategy = strategy_for(answer.model.prompt_kinds[0])
    mask = judged.masks[row].cpu().numpy()
    nothing = np.zeros(mask.shape, bool)
    shape = (mask.shape[0], mask.shape[1])
    reach = max(1.0, _REACH * 2 * math.sqrt(mask.sum() / math.pi))
    rng = np.random.default_rng(judged.seeds[row])
    drawn = [strategy.refine(None, nothing, mask, True, rng) for _ in range(count)]
    if not all(prompt.marks().has_positive for prompt in drawn):
        raise HermesError(
            f"the judge '{judge}' moves boxes, clicks and scribbles; {answer.model.name} is"
            f" prompted by {strategy.kind}"
        )
    prompts = [jittered(prompt, shape, reach, rng) for prompt in drawn]
    # All prompts in one call: the same number for every slice, so that results repeat bit for bit.
    slices = answer.embedding.select([row] * count)
    return answer.model.predict(slices, prompts).probability.cpu()
