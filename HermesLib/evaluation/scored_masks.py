"""Masks with a known truth as the quality control judges them: along real refinements with every model, corrupted, and perfect."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from HermesLib.datasets.corruptions import corrupt
from HermesLib.evaluation.cases import Case, read_slices
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.scoring import PRESENT
from HermesLib.refinement.seeding import slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume

#: Where a mask comes from besides the models' names.
CORRUPTED, PERFECT = "corrupted", "perfect"
#: A few iterations however good the mask: the loop's later ones are like these.
_LOOP = RefinementSettings(threshold=0.97, max_iterations=3, patience=3)
_CORRUPTIONS, _GROSS = 3, 0.35


@dataclass(frozen=True)
class ScoredMask:
    """One mask of one slice.

    Attributes:
        patient, case, index: whose, in which file, which slice.
        source: the model's name, or :data:`CORRUPTED` or :data:`PERFECT`.
        iteration: of the refinement; 0 for the others.
        raw: Dice of mask and pGT.
        expected: the Dice that the image expert expects, having seen the slice alone.
        pdsc, low, high: what the quality control says, calibrated if its weights are.
        pgt: true Dice of the pGT itself.
        true: true Dice of the mask.
    """

    patient: str
    case: str
    index: int
    source: str
    iteration: int
    raw: float
    expected: float
    pdsc: float
    low: float
    high: float
    pgt: float
    true: float

    @property
    def refined(self) -> bool:
        """Whether a pGT drew this mask's prompts."""
        return self.iteration > 0


def score_cases(
    cases: Sequence[Case],
    preset: Preset,
    quality: DiffusionQuality,
    models: Sequence[PromptableModel],
    seed: int,
    device: torch.device,
    on_case: Callable[[int, int], None],
) -> list[ScoredMask]:
    """Judge the masks of all cases, on the slices that show the organ and that the quality control takes to show it; empty masks,
    which the loop never accepts, are left out."""
    found = []
    for number, case in enumerate(cases):
        images, truth, indices = read_slices(case, preset)
        observation = quality.observe(images)
        masks = [
            *_refined(observation, quality, models, seed, device),
            *_others(images, truth, np.random.default_rng([seed, number])),
        ]
        for row, source, iteration, mask in masks:
            observed = observation.select([row])
            seeded = [slice_seed(seed, row, iteration)]
            shown = torch.from_numpy(mask)[None]
            answer = quality.assess(
                observed, shown, seeded, "prompted" if iteration > 0 else "independent"
            )
            if not mask.any() or float(answer.present[0]) < PRESENT:
                continue
            pgt, true = answer.pgt[0].cpu().numpy() > 0.5, truth[row].numpy()
            judged = ScoredMask(
                patient=case.patient,
                case=case.image.name,
                index=indices[row],
                source=source,
                iteration=iteration,
                raw=dice(mask, pgt),
                expected=float(quality.expected_dice(observed, shown)[0]),
                pdsc=float(answer.pdsc[0]),
                low=float(answer.pdsc_low[0]),
                high=float(answer.pdsc_high[0]),
                pgt=dice(pgt, true),
                true=dice(mask, true),
            )
            found.append(judged)
        on_case(number + 1, len(cases))
    return found


_Mask = tuple[int, str, int, np.ndarray]


def _refined(
    observation: Observation,
    quality: DiffusionQuality,
    models: Sequence[PromptableModel],
    seed: int,
    device: torch.device,
) -> Iterator[_Mask]:
    settings = replace(_LOOP, seed=seed)
    for model in models:
        strategy = strategy_for(model.prompt_kinds[0])
        for event in refine_volume(
            Refiner(model, quality, strategy=strategy, settings=settings),
            observation,
            device=device,
        ):
            if event.status is not Status.ABSENT:
                yield event.slice_index, model.name, event.index, event.mask


def _others(images: torch.Tensor, truth: torch.Tensor, rng: np.random.Generator) -> Iterator[_Mask]:
    for row, (image, mask) in enumerate(
        zip(own_slice(images)[:, 0].numpy(), truth.numpy(), strict=True)
    ):
        yield row, PERFECT, 0, mask
        for _ in range(_CORRUPTIONS):
            yield row, CORRUPTED, 0, corrupt_slice(mask, image, rng)


def corrupt_slice(
    mask: np.ndarray, image: np.ndarray, rng: np.random.Generator, gross: float = _GROSS
) -> np.ndarray:
    """:func:`HermesLib.datasets.corruptions.corrupt` for masks (H, W) that are no squares."""
    rows, columns = mask.shape
    side = max(rows, columns)
    margins = ((0, side - rows), (0, side - columns))
    return corrupt(np.pad(mask, margins), np.pad(image, margins), rng, gross)[:rows, :columns]
