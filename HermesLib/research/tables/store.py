"""Measurements, each stored in a file of its own, so that an interrupted suite can continue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.evaluation.cases import read_slices
from HermesLib.evaluation.loop_runs import Loop, trace_cases
from HermesLib.evaluation.scored_masks import corrupt_slice
from HermesLib.evaluation.traces import Step, Trace
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.marks import Grid
from HermesLib.refinement.seeding import slice_rng, slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.promptable.oracle_prompts import predict_from_oracle_prompts
from HermesLib.research.tables.design import Organ

#: Corrupted masks per slice for failure detection, and the share of gross failures among them.
_CORRUPTED = 4
_GROSS = 0.25


def _nothing(done: int, total: int) -> None:
    """Parts report when they are done, not by case."""


class Store:
    """A folder of JSON files, one per measured part, each with its provenance.

    A part is measured again only if its networks, cases or settings changed.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, provenance: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> None:
        """Store the rows of a part."""
        path = self.folder / f"{name}.json"
        temporary = path.with_suffix(".part")
        temporary.write_text(json.dumps({"made": provenance, "rows": list(rows)}), encoding="utf-8")
        temporary.replace(path)

    def get(self, name: str, provenance: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The rows of a part; None if there are none of this provenance."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        rows: list[dict[str, Any]] = stored["rows"]
        return rows if stored["made"] == json.loads(json.dumps(provenance)) else None


def run_settings(threshold: float, seed: int, fixed: bool = False) -> RefinementSettings:
    """Settings of a run from which runs at lower thresholds can be replayed.

    It has the same patience where no mask can reach the threshold as where one can.
    """
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
    """Run the loop on all cases of the organ: one row per slice (:class:`Trace`).

    A judge that does not know whether a slice shows the organ is run on slices with the organ only.
    """
    kind = model.prompt_kinds[0]
    blind = judge.observe(torch.zeros(1, 1, 64, 64)).presence is None
    loop = Loop(organ.preset, model, judge, kind, settings, device)
    traces = trace_cases(organ.cases, loop, _nothing, only_with_organ=blind)
    return [_without_masks(trace) for trace in traces]


def _without_masks(trace: Trace) -> dict[str, Any]:
    row = asdict(trace)
    for step in row["steps"]:
        del step["mask"]
    return row


def traces_of(rows: Sequence[dict[str, Any]]) -> list[Trace]:
    """Rows of a file as traces."""
    return [
        Trace(
            **{
                **row,
                "steps": tuple(Step(**step) for step in row["steps"]),
                "grid": Grid(**row["grid"]) if row.get("grid") else None,
            }
        )
        for row in rows
    ]


@torch.inference_mode()
def measure_detection(
    organ: Organ,
    models: Sequence[PromptableModel],
    judge: QualityControl,
    seed: int,
    device: torch.device,
) -> list[dict[str, Any]]:
    """Score masks that no pGT prompted: first masks of the models, corruptions, and the truth.

    The masks depend on the seed and the slice alone, so that every judge scores the same ones.
    """
    rows = []
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
                prediction = model.predict(model.embed(own_slice(image)), [prompt])
                masks.append((model.name, prediction.probability[0].cpu().numpy() > 0.5))
            for name, mask in masks:
                assessment = judge.assess(
                    observation,
                    torch.from_numpy(np.ascontiguousarray(mask))[None].to(device),
                    [slice_seed(seed, index, 0)],
                )
                # An empty mask or an empty pGT can never be accepted: as in the loop.
                comparable = mask.any() and bool((assessment.pgt > 0.5).any())
                pdsc = float(assessment.pdsc[0]) if comparable else 0.0
                rows.append(
                    {"patient": case.patient, "mask": name, "pdsc": pdsc, "true": dice(mask, true)}
                )
    return rows


def measure_oracle_prompts(
    organ: Organ, model: PromptableModel, seed: int, device: torch.device
) -> list[dict[str, Any]]:
    """Masks of a model from oracle prompts: one row per mask (:class:`OracleMask`)."""
    masks = predict_from_oracle_prompts(organ.cases, organ.preset, model, seed, device, _nothing)
    return [asdict(mask) for mask in masks]
