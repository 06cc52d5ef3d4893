"""Oracle prompts: masks that a promptable model predicts from prompts of the true mask.

Prompted as in the loop, they are the upper bound of what a loop can get from the model. Minimal
prompts (one stroke, one click) show what a person's first prompt achieves.
"""

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

#: The organ's core is deeper than this share of its greatest depth.
_CORE = 0.5

#: From the true mask (H, W, bool) to a prompt.
PromptFromTruth = Callable[[np.ndarray, np.random.Generator], Prompt]


@dataclass(frozen=True)
class OracleMask:
    """A mask from an oracle prompt: patient, slice, the prompt's name and the true Dice."""

    patient: str
    case: str
    index: int
    prompt: str
    true: float


def core_of(mask: np.ndarray) -> np.ndarray:
    """The part (H, W, bool) of a mask that is deeper than half its greatest depth."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return depth > _CORE * depth.max()


def one_stroke(mask: np.ndarray, rng: np.random.Generator) -> Scribbles:
    """One stroke along the centre line of the organ's core, and no background stroke."""
    return Scribbles(centerline_scribbles(core_of(mask), rng), np.zeros_like(mask))


def one_click(mask: np.ndarray, rng: np.random.Generator) -> Clicks:
    """One click at the deepest place of the organ."""
    return Clicks(deepest_clicks(mask, 1), np.zeros((0, 2), np.int64))


def oracle_prompts(model: PromptableModel) -> dict[str, PromptFromTruth]:
    """Every oracle prompt of a model by name.

    These are the loop's prompts with the truth as the pGT, and minimal prompts. MIDeepSeg reads
    only the surroundings of its clicks, so that a single click does not define an object.
    """

    def as_in_the_loop(kind: str) -> PromptFromTruth:
        strategy = strategy_for(kind)
        return lambda mask, rng: strategy.refine(None, np.zeros_like(mask), mask, True, rng)

    prompts = {kind: as_in_the_loop(kind) for kind in model.prompt_kinds}
    if Scribbles.kind in prompts:
        prompts["one stroke"] = one_stroke
    if Clicks.kind in prompts and model.name != Mideepseg.kind:
        prompts["one click"] = one_click
    return prompts


@torch.inference_mode()
def predict_from_oracle_prompts(
    cases: Sequence[Case],
    preset: Preset,
    model: PromptableModel,
    seed: int,
    device: torch.device,
    on_case: Callable[[int, int], None],
) -> list[OracleMask]:
    """Prompt a model once per slice that shows the organ, with every one of its oracle prompts.

    Args:
        cases: with true masks.
        preset: the organ and its intensities.
        model: the promptable model.
        seed: of everything random.
        device: where the model runs.
        on_case: called with the number of finished cases and of all.
    """
    prompts = oracle_prompts(model)
    masks = []
    for number, case in enumerate(cases):
        name = case.image.name.split(".")[0]
        images, truth, indices = read_slices(case, preset)
        for row, index in enumerate(indices):
            true = truth[row].numpy()
            embedding = model.embed(own_slice(images[row : row + 1]).to(device))
            for prompt_name, draw in prompts.items():
                prompt = draw(true, slice_rng(seed, index, 0))
                probability = model.predict(embedding, [prompt]).probability[0]
                score = dice(probability.cpu().numpy() > 0.5, true)
                masks.append(OracleMask(case.patient, name, index, prompt_name, score))
        on_case(number + 1, len(cases))
    return masks


def oracle_figures(masks: Sequence[OracleMask]) -> dict[str, Any]:
    """Counts of patients and slices; by prompt, the mean true Dice with its 95 % interval."""
    figures: dict[str, Any] = {
        "patients": len({mask.patient for mask in masks}),
        "slices": len({(mask.case, mask.index) for mask in masks}),
    }
    for prompt in dict.fromkeys(mask.prompt for mask in masks):
        same = [mask for mask in masks if mask.prompt == prompt]
        table = np.array([[mask.true] for mask in same])
        patients = [mask.patient for mask in same]
        figures[prompt] = with_interval(table, patients, lambda rows: float(rows[:, 0].mean()))
    return figures
