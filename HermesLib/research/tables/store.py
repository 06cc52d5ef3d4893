"""Measuring the cells, each into a file of its own, so that a suite that was cut off goes on where it was."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.evaluation.cases import read_slices
from HermesLib.evaluation.loop_runs import Loop, Step, Trace, trace_cases
from HermesLib.evaluation.scored_masks import corrupt_slice
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.seeding import slice_rng, slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.promptable.oracle_prompts import ask_with_true_prompts
from HermesLib.research.tables.design import Organ

#: Corrupted masks a slice among those that the judges have to tell from good ones, and the share of gross failures among them.
_CORRUPTED, _GROSS = 4, 0.25


def _nothing(done: int, total: int) -> None:
    """Cells tell of themselves when they are done."""


class Store:
    """A folder of JSON files, one for each measured part, each with what it was made from. A part that was made from the same is not measured
    again; one made from other networks or cases is no part of this suite."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, made: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> None:
        """Keep what was measured."""
        path = self.folder / f"{name}.json"
        temporary = path.with_suffix(".part")
        temporary.write_text(json.dumps({"made": made, "rows": list(rows)}), encoding="utf-8")
        temporary.replace(path)

    def get(self, name: str, made: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """What was kept, None if nothing was or it was made from something else."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        rows: list[dict[str, Any]] = kept["rows"]
        return rows if kept["made"] == json.loads(json.dumps(made)) else None


def run_settings(threshold: float, seed: int, fixed: bool = False) -> RefinementSettings:
    """Settings of a run that holds all those at lower thresholds: it gives up as late where no mask can pass as where one can."""
    patience = RefinementSettings.patience
    return RefinementSettings(
        threshold=threshold,
        seed=seed,
        hopeless_patience=patience,
        pgt="fixed" if fixed else "renewed",
    )


def measure_run(
    organ: Organ,
    model: PromptableModel,
    judge: QualityControl,
    settings: RefinementSettings,
    device: torch.device,
) -> list[dict[str, Any]]:
    """The loop on all cases of the organ: one row a slice (:class:`Trace`). A judge that does not tell whether a slice shows the organ is
    shown those that do."""
    kind = model.prompt_kinds[0]
    blind = judge.observe(torch.zeros(1, 1, 64, 64)).presence is None
    loop = Loop(organ.preset, model, judge, kind, settings, device)
    traces = trace_cases(organ.cases, loop, _nothing, only_with_organ=blind)
    return [asdict(one) for one in traces]


def traces_of(rows: Sequence[dict[str, Any]]) -> list[Trace]:
    """Rows of a file as traces."""
    return [Trace(**{**row, "steps": tuple(Step(**step) for step in row["steps"])}) for row in rows]


@torch.inference_mode()
def measure_detection(
    organ: Organ,
    models: Sequence[PromptableModel],
    judge: QualityControl,
    seed: int,
    device: torch.device,
) -> list[dict[str, Any]]:
    """The judge's word on masks that no pGT has prompted: the models' real first ones, graded and gross corruptions, and the truth.

    The masks depend on the seed and the slice alone, so that every judge sees the same.
    """
    found = []
    for case in organ.cases:
        images, truth, indices = read_slices(case, organ.preset)
        for row, index in enumerate(indices):
            image, true = images[row : row + 1].to(device), truth[row].numpy()
            observation = judge.observe(image)
            rng = slice_rng(seed, index, 0)
            masks = [("truth", true)]
            grey = own_slice(images[row : row + 1])[0, 0].numpy()
            masks += [
                ("corrupted", corrupt_slice(true, grey, rng, _GROSS)) for _ in range(_CORRUPTED)
            ]
            for model in models:
                prompt = strategy_for(model.prompt_kinds[0]).first(
                    true.shape, slice_rng(seed, index, 0)
                )
                answer = (
                    model.predict(model.embed(own_slice(image)), [prompt])
                    .probability[0]
                    .cpu()
                    .numpy()
                    > 0.5
                )
                masks.append((model.name, answer))
            for name, mask in masks:
                word = judge.assess(
                    observation,
                    torch.from_numpy(np.ascontiguousarray(mask))[None].to(device),
                    [slice_seed(seed, index, 0)],
                )
                # An empty mask or an empty pGT can never be accepted: as in the loop.
                comparable = mask.any() and bool((word.pgt > 0.5).any())
                pdsc = float(word.pdsc[0]) if comparable else 0.0
                found.append(
                    {"patient": case.patient, "mask": name, "pdsc": pdsc, "true": dice(mask, true)}
                )
    return found


def measure_ceiling(
    organ: Organ, model: PromptableModel, seed: int, device: torch.device
) -> list[dict[str, Any]]:
    """What the model makes of prompts from the truth."""
    return [
        asdict(one)
        for one in ask_with_true_prompts(organ.cases, organ.preset, model, seed, device, _nothing)
    ]
