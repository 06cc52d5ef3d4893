"""Quality control of any segmentation, without a promptable model: one event a slice."""

import time
from collections.abc import Iterator, Sequence

import torch

from HermesLib.metrics.overlap import dice
from HermesLib.quality.presence import PresenceRule
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.scoring import PRESENT, Score, score
from HermesLib.refinement.seeding import slice_seed
from HermesLib.refinement.settings import RefinementSettings


def assess_slices(
    quality: QualityControl,
    settings: RefinementSettings,
    images: torch.Tensor,
    masks: torch.Tensor,
    slice_indices: Sequence[int] | None = None,
    truth: torch.Tensor | None = None,
    present: torch.Tensor | None = None,
) -> Iterator[Iteration]:
    """Assess masks (B, H, W, bool) of slices (B, C, H, W), float32 in 0..1; the masks stay as they are. ``present`` as in
    :meth:`HermesLib.refinement.refiner.Refiner.refine`.

    A slice is ``accepted`` at the threshold and else ``stopped``, ``absent`` where it probably does not show the organ (an empty
    mask there scores the probability that this is so, a drawn one little), and ``failed`` where the pGT stays empty.
    """
    indices = list(range(len(images)) if slice_indices is None else slice_indices)
    started = time.perf_counter()
    seeds = [slice_seed(settings.seed, index, 0) for index in indices]
    scored = score(
        quality, quality, images, masks.to(images.device), seeds, settings.redraws, present=present
    )
    seconds = (time.perf_counter() - started) / max(len(indices), 1)
    for row, index in enumerate(indices):
        yield _event(
            scored,
            row,
            index,
            masks[row],
            None if truth is None else truth[row],
            settings.threshold,
            seconds,
        )


def _event(
    scored: Score,
    row: int,
    index: int,
    mask: torch.Tensor,
    truth: torch.Tensor | None,
    threshold: float,
    seconds: float,
) -> Iteration:
    pdsc, low, high = (
        float(values[row]) for values in (scored.pdsc, scored.pdsc_low, scored.pdsc_high)
    )
    present = float(scored.present[row])
    drawn = mask.cpu().numpy()
    if present < PRESENT:
        status = Status.ABSENT
        # The expected Dice: without the organ an empty mask has a true Dice of 1 and any other 0.
        pdsc, low, high = (present * pdsc, 0.0, high) if drawn.any() else (1.0 - present, 0.0, 1.0)
    elif scored.empty[row]:
        status = Status.FAILED
    else:
        status = Status.ACCEPTED if pdsc >= threshold else Status.STOPPED
    true_dice = None if truth is None else dice(drawn, truth.cpu().numpy())
    return Iteration(
        slice_index=index,
        index=0,
        mask=drawn,
        pgt=(scored.pgt[row] > 0.5).cpu().numpy(),
        pdsc=pdsc,
        pdsc_low=low,
        pdsc_high=high,
        dsc=true_dice,
        prompt=None,
        seconds=seconds,
        status=status,
        present=present,
        borderline=PresenceRule().is_borderline(present),
    )
