"""The loop under a guide, on slices with a known truth: what becomes of the guide's errors?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from HermesLib.datasets.augmentation import smooth_fields
from HermesLib.evaluation.case_guides import guide_file
from HermesLib.evaluation.cases import Case, CaseImages, case_names, read_case
from HermesLib.io.masks import read_mask
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.guided import GuidedQuality
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume

#: A guide's masks (N, H, W, bool) on the slices of a case.
MakeGuide = Callable[[Case, CaseImages], np.ndarray]


@dataclass(frozen=True)
class GuidedSlice:
    """One slice that shows the organ, under one guide and one model.

    Attributes:
        patient, slice_index: of the slice.
        guide_dice: true Dice of the guide.
        mask_dice: true Dice of the result.
        agreement: Dice of result and guide, the run's score.
        agrees: whether the score reached the threshold.
        iterations: of the result.
    """

    patient: str
    slice_index: int
    guide_dice: float
    mask_dice: float
    agreement: float
    agrees: bool
    iterations: int


@dataclass(frozen=True, eq=False)
class GuidedLoop:
    """What is measured.

    Attributes:
        preset: how the images are scaled.
        model: the promptable model.
        prompt: the kind of its prompts.
        settings: of the loop.
        device: where it computes; None for the CPU.
    """

    preset: Preset
    model: PromptableModel
    prompt: str
    settings: RefinementSettings = field(default_factory=RefinementSettings)
    device: torch.device | None = None


def corrupted(level: float, seed: int) -> MakeGuide:
    """Guides that are corrupted truths: shifted, with a wavy outline.

    Args:
        level: size of the error in multiples of the organ's radius in the slice.
        seed: of the errors.
    """

    def make(case: Case, read: CaseImages) -> np.ndarray:
        masks = read.truth.numpy()
        rng = np.random.default_rng([seed, *case.identity.encode(), *case.image.stem.encode()])
        return np.stack([_spoil(mask, level, rng) for mask in masks])

    return make


def _spoil(mask: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    if not mask.any():
        return mask
    radius = np.sqrt(mask.sum() / np.pi)
    angle = rng.uniform(0, 2 * np.pi)
    shift = 0.5 * level * radius * np.array([np.sin(angle), np.cos(angle)])
    distance = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    side = max(mask.shape)
    waves = smooth_fields(rng, 1, side, 8)[0, 0].numpy()[: mask.shape[0], : mask.shape[1]]
    wrong = ndimage.shift(distance, shift, order=1, mode="nearest") + level * radius * waves > 0
    return np.asarray(wrong if wrong.any() else mask)


def from_folder(folder: Path) -> MakeGuide:
    """Guides that are masks in a folder, of the same names as the images.

    Raises:
        HermesError: (when a guide is made) an image without a mask.
    """

    def make(case: Case, read: CaseImages) -> np.ndarray:
        return read_mask(guide_file(folder, case), case.read_image(), (), "the guide")

    return make


def guided_slices(
    cases: Sequence[Case],
    loop: GuidedLoop,
    make_guide: MakeGuide,
    on_case: Callable[[int, int], None],
) -> list[GuidedSlice]:
    """Run the loop under a guide; the slices that show the organ."""
    measured = []
    for number, (case, name) in enumerate(zip(cases, case_names(cases), strict=True)):
        read = read_case(case, loop.preset)
        guide = make_guide(case, read)
        quality = GuidedQuality(guide.astype(np.float32), name, "")
        refiner = Refiner(
            loop.model, quality, strategy=strategy_for(loop.prompt), settings=loop.settings
        )
        truth = read.truth.numpy()
        shown = np.flatnonzero(truth.any(axis=(1, 2))).tolist()
        best: dict[int, Iteration] = {}
        observation = quality.observe(read.images).select(shown)
        for event in refine_volume(refiner, observation, shown, device=loop.device):
            if event.slice_index not in best or event.pdsc > best[event.slice_index].pdsc:
                best[event.slice_index] = event
        measured += [
            GuidedSlice(
                case.identity,
                index,
                dice(guide[index], truth[index]),
                dice(event.mask, truth[index]),
                event.pdsc,
                event.pdsc >= loop.settings.threshold,
                event.index,
            )
            for index, event in best.items()
        ]
        on_case(number + 1, len(cases))
    return measured


def guided_figures(slices: Sequence[GuidedSlice], threshold: float) -> dict[str, Any]:
    """Means over patients, and the worst patient, of guide and result."""
    patients = sorted({item.patient for item in slices})

    def means(value: Callable[[GuidedSlice], float]) -> list[float]:
        return [
            float(np.mean([value(item) for item in slices if item.patient == patient]))
            for patient in patients
        ]

    guide, mask = means(lambda item: item.guide_dice), means(lambda item: item.mask_dice)
    agreeing = [item for item in slices if item.agrees]
    wrong = [item for item in agreeing if item.mask_dice < threshold]
    return {
        "patients": len(patients),
        "slices": len(slices),
        "guide_dice": round(float(np.mean(guide)), 3),
        "mask_dice": round(float(np.mean(mask)), 3),
        "worst_patient_guide": round(min(guide), 3),
        "worst_patient_mask": round(min(mask), 3),
        "patients_better": sum(m > g for m, g in zip(mask, guide, strict=True)),
        "slices_better": sum(item.mask_dice > item.guide_dice for item in slices),
        "agree": len(agreeing),
        "agree_but_below_threshold": len(wrong),
    }
