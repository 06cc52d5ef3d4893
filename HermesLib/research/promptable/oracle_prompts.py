"""What a promptable model makes of prompts drawn from the truth: the most that any loop can get of it, and what little prompts get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.cases import Case, read_slices
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.mideepseg.adapter import Mideepseg
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.prompts.clicks import Clicks, deepest_clicks
from HermesLib.prompts.registry import strategy_for
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.strokes import centerline_scribbles
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.seeding import slice_rng

#: Half the way from the edge to the middle: what is deeper is the organ's core.
_CORE = 0.5

#: From the true mask (H, W, bool) to a prompt.
Draw = Callable[[np.ndarray, np.random.Generator], Prompt]


@dataclass(frozen=True)
class Prompted:
    """One answer: whose slice, how it was asked for (``box``, ``one stroke``...), and its true Dice."""

    patient: str
    case: str
    index: int
    prompt: str
    true: float


def core_of(mask: np.ndarray) -> np.ndarray:
    """The part (H, W, bool) of a mask that lies deeper than half its greatest depth."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return depth > _CORE * depth.max()


def one_stroke(mask: np.ndarray, rng: np.random.Generator) -> Scribbles:
    """One stroke along the middle of the organ's core, nothing around it."""
    return Scribbles(centerline_scribbles(core_of(mask), rng), np.zeros_like(mask))


def one_click(mask: np.ndarray, rng: np.random.Generator) -> Clicks:
    """One click at the organ's deepest place."""
    return Clicks(deepest_clicks(mask, 1), np.zeros((0, 2), np.int64))


def true_prompts(model: PromptableModel) -> dict[str, Draw]:
    """Every way a model is asked: as the loop asks with a pGT that is the truth, and with as little as a person begins with.

    MIDeepSeg looks at the clicks' surroundings only, so that one click tells it nothing.
    """

    def as_the_loop(kind: str) -> Draw:
        strategy = strategy_for(kind)
        return lambda mask, rng: strategy.refine(None, np.zeros_like(mask), mask, True, rng)

    found = {kind: as_the_loop(kind) for kind in model.prompt_kinds}
    if Scribbles.kind in found:
        found["one stroke"] = one_stroke
    if Clicks.kind in found and model.name != Mideepseg.kind:
        found["one click"] = one_click
    return found


@torch.inference_mode()
def ask_with_true_prompts(
    cases: Sequence[Case],
    preset: Preset,
    model: PromptableModel,
    seed: int,
    device: torch.device,
    on_case: Callable[[int, int], None],
) -> list[Prompted]:
    """Ask a model once for every slice that shows the organ, in each of the ways of :func:`true_prompts`."""
    found = []
    for number, case in enumerate(cases):
        images, truth, indices = read_slices(case, preset)
        for row, index in enumerate(indices):
            true = truth[row].numpy()
            embedding = model.embed(own_slice(images[row : row + 1]).to(device))
            for name, draw in true_prompts(model).items():
                answer = model.predict(embedding, [draw(true, slice_rng(seed, index, 0))])
                drawn = answer.probability[0].cpu().numpy() > 0.5
                found.append(
                    Prompted(
                        case.patient, case.image.name.split(".")[0], index, name, dice(drawn, true)
                    )
                )
        on_case(number + 1, len(cases))
    return found


def ceiling_figures(found: Sequence[Prompted]) -> dict[str, Any]:
    """Mean true Dice by prompt, with 95 % intervals by patient bootstrap, and of how many slices and patients."""
    prompts = list(dict.fromkeys(one.prompt for one in found))
    figures: dict[str, Any] = {
        "patients": len({one.patient for one in found}),
        "slices": len({(one.case, one.index) for one in found}),
    }
    for prompt in prompts:
        chosen = [one for one in found if one.prompt == prompt]
        table = np.array([[one.true] for one in chosen])
        figures[prompt] = with_interval(
            table, [one.patient for one in chosen], lambda values: float(values[:, 0].mean())
        )
    return figures
