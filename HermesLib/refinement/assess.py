"""Quality control of any segmentation, without a promptable model: one event a slice."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.judges.protocol import Judge, Judged, ModelAnswer
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.quality.presence import PresenceRule
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.judging import judged_scores, may_accept, pgt_of
from HermesLib.refinement.scoring import SliceScore, score_masks
from HermesLib.refinement.seeding import slice_seed
from HermesLib.refinement.settings import RefinementSettings


def assess_slices(
    quality: QualityControl,
    settings: RefinementSettings,
    slices: torch.Tensor | Observation,
    masks: torch.Tensor,
    slice_indices: Sequence[int] | None = None,
    *,
    truth: torch.Tensor | None = None,
    present: torch.Tensor | None = None,
    judge: Judge | None = None,
    model: PromptableModel | None = None,
    embeddings: Embeddings | None = None,
) -> Iterator[Iteration]:
    """Assess masks (B, H, W, bool) of slices; the masks stay as they are.

    A slice is ``accepted`` at the threshold and otherwise ``stopped``, as are all that look unlike
    the training patients. It is ``absent`` where it
    probably does not show the organ: an empty mask there scores the probability of absence, any
    other mask scores low. It is ``failed`` where the pGT stays empty.

    Args:
        quality: the QC.
        settings: threshold, seed and redraws are used.
        slices: (B, C, H, W), float32 in 0..1, or what ``quality`` has observed of them.
        masks: one a slice.
        slice_indices, truth, present: as in :meth:`HermesLib.refinement.refiner.Refiner.refine`.
        judge: scores the masks in place of ``quality``; an outline that it draws is the pGT.
        model: that the judge asks, if it needs one.
        embeddings: those of that model that are kept.
    """
    observation = slices if isinstance(slices, Observation) else quality.observe(slices)
    indices = list(range(len(masks)) if slice_indices is None else slice_indices)
    started = time.perf_counter()
    seeds = [slice_seed(settings.seed, index, 0) for index in indices]
    masks = masks.to(observation.images.device)
    with torch.inference_mode():
        scores = score_masks(quality, observation, masks, seeds, settings.redraws, present=present)
        if judge is not None:
            images = own_slice(observation.images)
            answer = None
            if judge.needs_model and model is not None:
                answer = ModelAnswer(model, (embeddings or Embeddings(0)).embed(model, images))
            judged = Judged(images, masks, pgt_of(scores), seeds, answer)
            scores = judged_scores(judge, scores, judged, draw_expected=True)
    seconds = (time.perf_counter() - started) / max(len(indices), 1)
    for row, (index, score) in enumerate(zip(indices, scores, strict=True)):
        mask = masks[row].cpu().numpy()
        trusted = may_accept(quality, judge) and observation.is_trusted(row)
        status = mask_status(score, settings.threshold, quality.presence_rule, trusted=trusted)
        borderline = quality.presence_rule.is_borderline(score.present)
        stated = quality.presence_rule.stated(score.present)
        if status is Status.ABSENT:
            score = replace(score, present=stated).where_absent(mask_is_empty=not mask.any())
        yield Iteration(
            slice_index=index,
            index=0,
            mask=mask,
            pgt=score.pgt,
            pdsc=score.pdsc,
            pdsc_low=score.pdsc_low,
            pdsc_high=score.pdsc_high,
            dsc=None if truth is None else dice(mask, truth[row].cpu().numpy()),
            prompt=None,
            seconds=seconds,
            status=status,
            present=stated,
            borderline=borderline,
            spread=None if status is Status.ABSENT else score.spread,
        )


def mask_status(
    score: SliceScore, threshold: float, rule: PresenceRule, *, trusted: bool = True
) -> Status:
    """How a slice ends whose mask stays as it is, by the rule of its quality control.

    A slice whose scores cannot be trusted is never accepted.
    """
    if not rule.shows(score.present):
        return Status.ABSENT
    if not score.pgt.any():
        return Status.FAILED
    return Status.ACCEPTED if trusted and score.pdsc >= threshold else Status.STOPPED
