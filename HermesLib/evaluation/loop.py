"""The whole loop on cases with a known truth: how good the first masks are, how good the final ones."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from HermesLib.evaluation.cases import Case
from HermesLib.io.volumes import read_label_map, read_volume
from HermesLib.metrics import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.neighbours import with_neighbours
from HermesLib.presets import Preset
from HermesLib.prompts.strategies import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.history import History
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume


@dataclass(frozen=True)
class SliceOutcome:
    """What the loop made of one slice: true Dice of the first and the final mask and of the final pGT, and the judge's pDSC."""

    patient: str
    case: str
    index: int
    status: str
    calls: int
    first_dsc: float
    final_dsc: float
    pgt_dsc: float
    pdsc: float


def read_slices(case: Case, preset: Preset) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Images with neighbours (N, C, H, W) and truth (N, H, W) of the slices that show the organ, and their indices in the volume."""
    volume = read_volume(case.image)
    truth = read_label_map(case.label, volume) == case.value
    indices = np.flatnonzero(truth.any((1, 2))).tolist()
    images = with_neighbours(volume.normalise(preset))[indices]
    return images, torch.from_numpy(truth[indices]), indices


def evaluate_loop(
    cases: Sequence[Case],
    preset: Preset,
    model: PromptableModel,
    quality: QualityControl,
    prompt: str,
    settings: RefinementSettings,
    device: torch.device,
    on_case: Callable[[int, int], None],
) -> list[SliceOutcome]:
    """Run the loop on every slice that shows the organ, each at its own grid."""
    refiner = Refiner(model, quality, strategy=strategy_for(prompt), settings=settings)
    outcomes = []
    for number, case in enumerate(cases):
        images, truth, indices = read_slices(case, preset)
        history = History(settings.keep)
        for event in refine_volume(refiner, images, indices, truth, device=device):
            history.add(event)
        for result, true in zip(history.results(), truth.numpy(), strict=True):
            best = result.best_record.unpack()
            outcomes.append(
                SliceOutcome(
                    case.patient,
                    case.image.name.split(".")[0],
                    result.index,
                    str(result.status),
                    result.calls,
                    float(result.records[0].dsc or 0.0),
                    float(best.dsc or 0.0),
                    dice(best.pgt_mask, true),
                    best.pdsc,
                )
            )
        on_case(number + 1, len(cases))
    return outcomes


def summarise(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Means over slices, with how many of them and of how many patients."""
    if not outcomes:
        return {"patients": 0, "slices": 0}

    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in outcomes]))

    statuses = sorted({one.status for one in outcomes})
    return {
        "patients": len({one.patient for one in outcomes}),
        "slices": len(outcomes),
        "first_dsc": mean("first_dsc"),
        "final_dsc": mean("final_dsc"),
        "gain": mean("final_dsc") - mean("first_dsc"),
        "pgt_dsc": mean("pgt_dsc"),
        "pdsc": mean("pdsc"),
        "pdsc_error": float(np.mean([abs(one.pdsc - one.final_dsc) for one in outcomes])),
        "calls": mean("calls"),
        "by_status": {status: sum(one.status == status for one in outcomes) for status in statuses},
        "by_patient": {
            patient: float(np.mean([one.final_dsc for one in outcomes if one.patient == patient]))
            for patient in sorted({one.patient for one in outcomes})
        },
    }


def as_rows(outcomes: Sequence[SliceOutcome]) -> list[dict[str, Any]]:
    """Plain values for a file."""
    return [asdict(one) for one in outcomes]
