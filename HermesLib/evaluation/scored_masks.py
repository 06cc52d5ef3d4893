"""Masks with a known truth and their scores: refined, corrupted, and perfect ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from HermesLib.datasets.corruptions import corrupt
from HermesLib.evaluation.cases import Case, observe_slices
from HermesLib.evaluation.refined_masks import FEW_ITERATIONS, refined_masks
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.protocol import Evidence, Observation
from HermesLib.refinement.seeding import slice_seed

#: Sources of masks besides the models' names.
CORRUPTED = "corrupted"
PERFECT = "perfect"
#: Corrupted masks of each slice, and the share of gross failures among them.
_CORRUPTIONS = 3
_GROSS = 0.35


@dataclass(frozen=True)
class ScoredMask:
    """One mask of one slice.

    Attributes:
        patient, case, index: patient, file and slice.
        source: the model's name, :data:`CORRUPTED` or :data:`PERFECT`.
        iteration: of the refinement; 0 for the first mask and for masks of other sources.
        raw: Dice of mask and pGT.
        expected: expected Dice by the organ map, which is made from the slice only.
        pdsc, low, high: the quality control's score, calibrated if its weights are.
        pgt: true Dice of the pGT.
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
        """Whether the mask's prompts came from a pGT."""
        return self.iteration > 0


def score_cases(
    cases: Sequence[Case],
    preset: Preset,
    quality: DiffusionQuality,
    models: Sequence[PromptableModel],
    seed: int,
    device: torch.device,
    on_case: Callable[[int, int], None],
    *,
    out_of_fold: bool = False,
) -> list[ScoredMask]:
    """Score masks of all cases, on slices that show the organ and are taken to show it.

    With ``out_of_fold``, patients that an ensemble was trained on are measured without the members
    that saw them.

    Empty masks, which the loop never accepts, are left out.
    """
    scored = []
    for number, case in enumerate(cases):
        own = quality.without(case.identity) if out_of_fold else quality
        observed_case = observe_slices(case, preset, own)
        observation, truth = observed_case.observation, observed_case.truth
        masks = [
            *_refined(observation, own, models, seed, device),
            *_simulated(observation.images, truth, np.random.default_rng([seed, number])),
        ]
        for drawn in masks:
            row = drawn.row
            observed = observation.select([row])
            mask = torch.from_numpy(drawn.mask)[None]
            seeds = [slice_seed(seed, row, drawn.iteration)]
            evidence: Evidence = "prompted" if drawn.iteration > 0 else "independent"
            assessment = own.assess(observed, mask, seeds, evidence)
            shown = own.presence_rule.shows(float(assessment.present[0]))
            if not drawn.mask.any() or not shown:
                continue
            pgt = assessment.pgt[0].cpu().numpy() > 0.5
            true = truth[row].numpy()
            scored.append(
                ScoredMask(
                    patient=case.patient,
                    case=case.image.name,
                    index=observed_case.indices[row],
                    source=drawn.source,
                    iteration=drawn.iteration,
                    raw=dice(drawn.mask, pgt),
                    expected=float(own.expected_dice(observed, mask)[0]),
                    pdsc=float(assessment.pdsc[0]),
                    low=float(assessment.pdsc_low[0]),
                    high=float(assessment.pdsc_high[0]),
                    pgt=dice(pgt, true),
                    true=dice(drawn.mask, true),
                )
            )
        on_case(number + 1, len(cases))
    return scored


@dataclass(frozen=True, eq=False)
class _DrawnMask:
    """A mask (H, W) of a case's slice, by its row among the slices with the organ."""

    row: int
    source: str
    iteration: int
    mask: np.ndarray


def _refined(
    observation: Observation,
    quality: DiffusionQuality,
    models: Sequence[PromptableModel],
    seed: int,
    device: torch.device,
) -> Iterator[_DrawnMask]:
    settings = replace(FEW_ITERATIONS, seed=seed)
    for name, event in refined_masks(observation, quality, models, settings, device):
        yield _DrawnMask(event.slice_index, name, event.index, event.mask)


def _simulated(
    images: torch.Tensor, truth: torch.Tensor, rng: np.random.Generator
) -> Iterator[_DrawnMask]:
    pictures = own_slice(images)[:, 0].numpy()
    for row, (image, mask) in enumerate(zip(pictures, truth.numpy(), strict=True)):
        yield _DrawnMask(row, PERFECT, 0, mask)
        for _ in range(_CORRUPTIONS):
            yield _DrawnMask(row, CORRUPTED, 0, corrupt_slice(mask, image, rng))


def corrupt_slice(
    mask: np.ndarray, image: np.ndarray, rng: np.random.Generator, gross: float = _GROSS
) -> np.ndarray:
    """:func:`HermesLib.datasets.corruptions.corrupt` for masks (H, W) of any shape."""
    rows, columns = mask.shape
    side = max(rows, columns)
    margins = ((0, side - rows), (0, side - columns))
    return corrupt(np.pad(mask, margins), np.pad(image, margins), rng, gross)[:rows, :columns]
