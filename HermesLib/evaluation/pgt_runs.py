"""The pGT as a segmentation: drawn from a blank mask, judged as a mask that it has prompted.

What the loop accepts is a mask whose prompts came from the pGT. Here the pGT stands for the mask of
a model that follows it exactly, and is scored as that mask would be: by the calibrated score of
masks that agree with the pGT by construction. The plain Dice of the pGT with itself is 1 and says
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, CaseImages
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.traces import gather_traces, marked_outcomes
from HermesLib.metrics.overlap import dice
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.refinement.assess import mask_status
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.scoring import SliceScore, score_masks
from HermesLib.refinement.seeding import slice_seed
from HermesLib.refinement.settings import SLICES_AT_ONCE, RefinementSettings
from HermesLib.refinement.volume import presence_along


@dataclass(frozen=True, eq=False)
class PgtRun:
    """The pGT of a quality control, without a promptable model.

    Attributes:
        quality: with a calibrated score.
        threshold: of the score from which a pGT is accepted.
        seed: of all randomness.
        device: of the work.
        out_of_fold: patients that an ensemble was trained on are measured without the members that
            saw them.
    """

    quality: QualityControl
    threshold: float
    seed: int
    device: torch.device
    out_of_fold: bool = False

    def __post_init__(self) -> None:
        """Check that the score says something of a pGT.

        Raises:
            HermesError: the quality control has the raw score only.
        """
        if self.quality.score != "calibrated":
            raise HermesError(
                f"{self.quality.name} has no calibrated score, and a pGT agrees with itself; "
                "measure with a promptable model (--loop)"
            )

    @property
    def settings(self) -> RefinementSettings:
        """One mask a slice: it is accepted or stopped."""
        return RefinementSettings(threshold=self.threshold, max_iterations=0, seed=self.seed)


def evaluate_pgt(case: Case, name: str, read: CaseImages, run: PgtRun) -> list[SliceOutcome]:
    """The pGT of every slice of a case as the final mask, with the marks of whole volumes.

    Presence is decided along the volume, as in the loop: a slice without the organ ends absent
    with an empty mask. A pGT that stays empty fails.

    Args:
        case: gives the patient.
        name: of the case in the outcomes.
        read: the images, which may be others than the case's own, and their truth.
        run: how pGTs are drawn and judged.
    """
    quality = run.quality.without(case.identity) if run.out_of_fold else run.quality
    observation = quality.observe(read.images, read.thickness)
    events = _events(observation, read.truth, quality, run)
    traces = gather_traces(case, name, read, observation, events)
    return marked_outcomes(traces, run.settings, quality.anatomy_rule)


def _events(
    observation: Observation, truth: torch.Tensor, quality: QualityControl, run: PgtRun
) -> Iterator[Iteration]:
    """One event a slice; slices without the organ cost no call of the quality control."""
    count, shape = len(observation), (truth.shape[-2], truth.shape[-1])
    present = presence_along(observation, quality)
    shown = list(range(count))
    if present is not None:
        shown = torch.nonzero(present >= quality.presence_rule.shown_from).flatten().tolist()
        for index in sorted(set(range(count)) - set(shown)):
            absent = SliceScore.without_mask(shape, float(present[index]))
            yield _event(index, absent, truth, quality, run)
    for start in range(0, len(shown), SLICES_AT_ONCE):
        part = shown[start : start + SLICES_AT_ONCE]
        known = None if present is None else present[part]
        scores = _judged(observation.select(part).to(run.device), part, known, quality, run)
        for index, score in zip(part, scores, strict=True):
            yield _event(index, score, truth, quality, run)


@torch.inference_mode()
def _judged(
    observation: Observation,
    indices: list[int],
    present: torch.Tensor | None,
    quality: QualityControl,
    run: PgtRun,
) -> list[SliceScore]:
    """The pGTs of blank masks, each with its own score."""
    redraws = run.settings.redraws
    images = observation.images
    blank = torch.zeros((len(indices), *images.shape[-2:]), dtype=torch.bool, device=images.device)
    seeds = [slice_seed(run.seed, index, 0) for index in indices]
    drawn = score_masks(quality, observation, blank, seeds, redraws, present=present)
    pgts = torch.from_numpy(np.stack([score.pgt for score in drawn])).to(images.device)
    seeds = [slice_seed(run.seed, index, 1) for index in indices]
    judged = score_masks(quality, observation, pgts, seeds, redraws, "prompted", present)
    return [replace(own, pgt=first.pgt) for own, first in zip(judged, drawn, strict=True)]


def _event(
    index: int, score: SliceScore, truth: torch.Tensor, quality: QualityControl, run: PgtRun
) -> Iteration:
    """The event of a slice whose pGT is its mask."""
    stated = quality.presence_rule.stated(score.present)
    borderline = quality.presence_rule.is_borderline(score.present)
    status = mask_status(score, run.threshold, quality.presence_rule)
    mask = score.pgt
    if status is Status.ABSENT:
        mask = np.zeros_like(mask)
        score = replace(score, present=stated).where_absent(mask_is_empty=True)
    return Iteration(
        slice_index=index,
        index=0,
        mask=mask,
        pgt=mask,
        pdsc=score.pdsc,
        pdsc_low=score.pdsc_low,
        pdsc_high=score.pdsc_high,
        dsc=dice(mask, truth[index].numpy()),
        prompt=None,
        seconds=0.0,
        status=status,
        present=stated,
        borderline=borderline,
        ceiling=score.ceiling,
    )
