"""The event of a slice's iteration, from the slice's state and score."""

from dataclasses import replace

import numpy as np
import torch

from HermesLib.metrics.overlap import dice
from HermesLib.quality.presence import PresenceRule
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.scoring import SliceScore
from HermesLib.refinement.slice_state import SliceState


def iteration_of(
    state: SliceState,
    score: SliceScore,
    rule: PresenceRule,
    truth: torch.Tensor | None,
    seconds: float,
) -> Iteration:
    """The event of the iteration that a state has just been through.

    Args:
        state: of the slice; the mask of one that ended ``absent`` becomes empty.
        score: of its mask.
        rule: how the presence of the organ is stated.
        truth: (B, H, W) bool, of all slices of the call, or None.
        seconds: that the iteration took.
    """
    assert state.mask is not None
    stated = rule.stated(state.present)
    if state.status is Status.ABSENT:
        # The result is an empty mask, whatever the model predicted.
        state.mask = np.zeros_like(state.mask)
        score = replace(score, present=stated).where_absent(mask_is_empty=True)
        score = replace(score, pgt=state.mask, spread=None)
    true_dice = None if truth is None else dice(state.mask, truth[state.position].cpu().numpy())
    return Iteration(
        slice_index=state.index,
        index=state.iteration,
        mask=state.mask,
        pgt=score.pgt,
        pdsc=score.pdsc,
        pdsc_low=score.pdsc_low,
        pdsc_high=score.pdsc_high,
        dsc=true_dice,
        prompt=state.prompt,
        seconds=seconds,
        status=state.status,
        present=stated,
        borderline=rule.is_borderline(state.present),
        ceiling=score.ceiling,
        spread=score.spread,
    )
