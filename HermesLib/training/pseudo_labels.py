"""Labels for unlabelled slices from an earlier QC core (noisy student, Xie 2020).

They show the training more scanners than the labelled patients do.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.seeding import slice_seed

#: A slice stays unlabelled if its probability of showing the organ lies between these.
_ABSENT = 0.1
_PRESENT = 0.9


def label_slices(
    slices: Sequence[LabelledSlice], teacher: QualityControl, organ: str, seed: int
) -> list[LabelledSlice]:
    """The unlabelled slices of which the teacher is sure, labelled with its pGT.

    The pGT is made from a blank mask.
    """
    labelled = []
    for number, one in enumerate(slices):
        if one.label is not None:
            continue
        image = torch.from_numpy(one.image.astype(np.float32) / 255)[None, None]
        blank = torch.zeros(1, *one.image.shape, dtype=torch.bool)
        assessment = teacher.assess(teacher.observe(image), blank, [slice_seed(seed, number, 0)])
        present = float(assessment.present[0])
        pgt = assessment.pgt[0].cpu().numpy() > 0.5
        names = ("background", organ)
        if present < _ABSENT:
            labelled.append(replace(one, label=np.zeros_like(pgt, np.uint8), names=names))
        elif present > _PRESENT and pgt.any():
            labelled.append(replace(one, label=pgt.astype(np.uint8), names=names))
    return labelled
