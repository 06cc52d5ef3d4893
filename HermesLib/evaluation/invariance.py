"""Whether the pseudo ground truth follows the image rather than the mask.

From a blank, a full and a shifted mask of one slice the pGT must be the same. A quality control
that copies its input mask fails this test.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch

from HermesLib.evaluation.cases import Case, observe_slices
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.seeding import slice_seed

#: The shifted mask is the truth moved by this share of the slice's sides, down and to the right.
SHIFT = 0.08
_BATCH = 8


def input_masks(truth: torch.Tensor) -> dict[str, torch.Tensor]:
    """The three input masks for a truth (N, H, W, bool)."""
    rows, columns = (round(SHIFT * side) for side in truth.shape[-2:])
    shifted = torch.zeros_like(truth)
    shifted[:, rows:, columns:] = truth[:, : truth.shape[1] - rows, : truth.shape[2] - columns]
    return {"blank": torch.zeros_like(truth), "full": torch.ones_like(truth), "shifted": shifted}


def evaluate_invariance(
    cases: Sequence[Case],
    preset: Preset,
    quality: QualityControl,
    seed: int,
    device: torch.device,
    on_case: Callable[[int, int], None],
    *,
    out_of_fold: bool = False,
) -> dict[str, Any]:
    """Figures over the slices that show the organ.

    With ``out_of_fold``, patients that an ensemble was trained on are measured without the members
    that saw them.

    Returns:
        ``true_dice``: mean true Dice of the pGT by input mask; ``mean_true_dice``: over all;
        ``agreement``: mean pairwise Dice of the pGTs; ``agreement_by_patient``.
    """

    def quality_for(case: Case) -> QualityControl:
        return quality.without(case.identity) if out_of_fold else quality

    truths: dict[str, list[float]] = {}
    pairs: list[float] = []
    patients: dict[str, list[float]] = {}
    for number, case in enumerate(cases):
        observed = observe_slices(case, preset, quality_for(case))
        truth, indices = observed.truth, observed.indices
        for start in range(0, len(indices), _BATCH):
            part = slice(start, start + _BATCH)
            observation = observed.observation.select(range(len(indices))[part]).to(device)
            pgts: dict[str, torch.Tensor] = {}
            for draw, (name, mask) in enumerate(input_masks(truth[part]).items()):
                seeds = [slice_seed(seed, index, draw) for index in indices[part]]
                assessment = quality_for(case).assess(observation, mask.to(device), seeds)
                pgts[name] = assessment.pgt.cpu() > 0.5
                truths.setdefault(name, []).extend(dice_batch(pgts[name], truth[part]).tolist())
            scores = [dice_batch(pgts[a], pgts[b]) for a, b in combinations(pgts, 2)]
            agreement = torch.stack(scores).mean(0).tolist()
            pairs.extend(agreement)
            patients.setdefault(case.patient, []).extend(agreement)
        on_case(number + 1, len(cases))
    return {
        "patients": len(patients),
        "slices": len(pairs),
        "true_dice": {name: float(np.mean(values)) for name, values in truths.items()},
        "mean_true_dice": float(np.mean([value for values in truths.values() for value in values])),
        "agreement": float(np.mean(pairs)),
        "agreement_by_patient": {
            patient: float(np.mean(values)) for patient, values in sorted(patients.items())
        },
    }
