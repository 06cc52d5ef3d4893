"""Slices without a label, labelled by an earlier QC core (noisy student, Xie 2020): more scanners than the labelled patients show."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.seeding import slice_seed

#: A slice whose probability of showing the organ lies between these stays unlabelled.
_ABSENT, _PRESENT = 0.1, 0.9


def label_slices(
    slices: Sequence[LabelledSlice], teacher: QualityControl, organ: str, seed: int
) -> list[LabelledSlice]:
    """The slices without a label of which the teacher is sure, with its pGT from a blank mask as their label."""
    found = []
    for number, one in enumerate(slices):
        if one.label is not None:
            continue
        image = torch.from_numpy(one.image.astype(np.float32) / 255)[None, None]
        blank = torch.zeros(1, *one.image.shape, dtype=torch.bool)
        answer = teacher.assess(teacher.observe(image), blank, [slice_seed(seed, number, 0)])
        present = float(answer.present[0])
        drawn = answer.pgt[0].cpu().numpy() > 0.5
        if present < _ABSENT:
            found.append(
                replace(one, label=np.zeros_like(drawn, np.uint8), names=("background", organ))
            )
        elif present > _PRESENT and drawn.any():
            found.append(replace(one, label=drawn.astype(np.uint8), names=("background", organ)))
    return found
