"""The whole loop on whole volumes with a known truth: how good the first masks are, how good the final ones, and whether slices without
the organ stay empty."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.detection import auroc
from HermesLib.io.volumes import read_label_map, read_volume
from HermesLib.metrics import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.neighbours import with_neighbours
from HermesLib.presets import Preset
from HermesLib.prompts.strategies import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import History
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume


@dataclass(frozen=True)
class SliceOutcome:
    """What the loop made of one slice.

    Attributes:
        patient, case, index: whose, in which file, which slice.
        status, calls: how the slice ended, after how many further calls of the model.
        first_dsc, final_dsc, pgt_dsc: true Dice of the first mask, of the final one and of its pGT.
        pdsc: the judge's word on the final mask.
        present: the probability that the slice shows the organ.
        organ, drawn, common: pixels of the truth, of the final mask, and of both.
    """

    patient: str
    case: str
    index: int
    status: str
    calls: int
    first_dsc: float
    final_dsc: float
    pgt_dsc: float
    pdsc: float
    present: float
    organ: int
    drawn: int
    common: int


def read_whole(case: Case, preset: Preset) -> tuple[torch.Tensor, torch.Tensor]:
    """Images with neighbours (N, C, H, W) and truth (N, H, W) of all slices of a case."""
    volume = read_volume(case.image)
    truth = read_label_map(case.label, volume) == case.value
    return with_neighbours(volume.normalise(preset)), torch.from_numpy(truth)


def read_slices(case: Case, preset: Preset) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Images with neighbours (N, C, H, W) and truth (N, H, W) of the slices that show the organ, and their indices in the volume."""
    images, truth = read_whole(case, preset)
    indices = torch.nonzero(truth.flatten(1).any(1)).flatten().tolist()
    return images[indices], truth[indices], indices


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
    """Run the loop on whole volumes, each at its own grid; on lone slices, one by one."""
    refiner = Refiner(model, quality, strategy=strategy_for(prompt), settings=settings)
    outcomes = []
    for number, case in enumerate(cases):
        images, truth = read_whole(case, preset)
        history = History(settings.keep)
        for event in refine_volume(refiner, images, truth=truth, device=device):
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
                    best.present,
                    int(true.sum()),
                    int(best.mask.sum()),
                    int((best.mask & true).sum()),
                )
            )
        on_case(number + 1, len(cases))
    return outcomes


def summarise(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Means over the slices that show the organ, with how many of them and of how many patients; of the others, on how many something was
    drawn; and the Dice of whole volumes."""
    everything, outcomes = outcomes, [one for one in outcomes if one.organ]
    without = [one for one in everything if not one.organ]
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
        "accepted": _accepted(outcomes),
        "without_organ": {"slices": len(without), "drawn_on": sum(one.drawn > 0 for one in without)},
        "presence_auroc": auroc(np.array([one.present for one in everything]), np.array([one.organ > 0 for one in everything])),
        "volumes": _volumes(everything),
        "by_patient": {
            patient: float(np.mean([one.final_dsc for one in outcomes if one.patient == patient]))
            for patient in sorted({one.patient for one in outcomes})
        },
    }


def _accepted(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    accepted = [one for one in outcomes if one.status == Status.ACCEPTED]
    if not accepted:
        return {"slices": 0}
    final, pdsc = (float(np.mean([getattr(one, name) for one in accepted])) for name in ("final_dsc", "pdsc"))
    return {"slices": len(accepted), "share": len(accepted) / len(outcomes), "final_dsc": final, "bias": pdsc - final}


def _volumes(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Dice over all slices of each case that has more than one."""
    found = []
    for name in sorted({one.case for one in outcomes}):
        slices = [one for one in outcomes if one.case == name]
        size = sum(one.organ + one.drawn for one in slices)
        if len(slices) > 1 and size:
            found.append(2 * sum(one.common for one in slices) / size)
    return {"count": len(found), "dsc": float(np.mean(found)) if found else None}


def as_rows(outcomes: Sequence[SliceOutcome]) -> list[dict[str, Any]]:
    """Plain values for a file."""
    return [asdict(one) for one in outcomes]
