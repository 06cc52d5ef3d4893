"""``hermes train calibration``: judge masks of the weights' own held-out patients, fit, and write the weights anew."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from HermesLib.calibration.fit import fit_calibration
from HermesLib.checkpoints import load_checkpoint, save_checkpoint
from HermesLib.data.folders import patient_identity, read_table
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, decathlon_cases
from HermesLib.evaluation.judged import Judged, judge_cases
from HermesLib.models.catalogue import MODELS
from HermesLib.models.registry import load_model
from HermesLib.presets import load_preset
from HermesLib.quality.config import QualityConfig
from HermesLib.quality.registry import load_quality
from HermesLib.training.sources import Source


def held_out_cases(sources: Sequence[Source], organ: str, split: dict[str, list[str]]) -> list[Case]:
    """Volumes of patients that a training's split keeps for validation and test.

    Raises:
        HermesError: there are none, or a folder of another layout.
    """
    wanted = {*split["validation"], *split["test"]}
    found = []
    for source in sources:
        if source.layout != "decathlon":
            raise HermesError("a calibration reads whole volumes; write decathlon:FOLDER")
        family = source.family or str(read_table(source.folder)["name"])
        for case in decathlon_cases(source.folder, organ):
            if patient_identity(family, case.image.name.split(".")[0]) in wanted:
                found.append(case)
    if not found:
        raise HermesError("the folders hold none of the weights' held-out patients")
    return found


def train_calibration(
    preset_name: str,
    weights: str,
    sources: Sequence[Source],
    output: Path,
    seed: int = 0,
    device_name: str = "auto",
    on_case: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Calibrate ``weights`` (a file) for a preset and write them with the calibration to ``output``; returns the calibration's numbers.

    The masks come from refinements with all three bundled models, from corruptions, and from the truth. ``output`` with the ending
    ``.json`` keeps every judged mask.
    """
    preset, device = load_preset(preset_name), select_device(device_name)
    checkpoint = load_checkpoint(Path(weights))
    quality = load_quality(weights, preset, device, score="raw")
    cases = held_out_cases(sources, preset.organ_label, checkpoint.training["split"])
    models = [load_model(name, "bundled", device) for name in MODELS]
    judged = judge_cases(cases, preset, quality, models, seed, device, on_case)
    calibration = fit_calibration(judged)
    config = dataclasses.replace(QualityConfig.from_dict(checkpoint.config), calibration=calibration)
    told = {
        "data": [source.describe() for source in sources],
        "patients": sorted({one.patient for one in judged}),
        "models": {model.name: model.sha256 for model in models},
        "seed": seed,
    }
    save_checkpoint(output, checkpoint.tensors, "quality", config.to_dict(), {**checkpoint.training, "calibration": told})
    write_judged(output.with_suffix(".json"), judged)
    return calibration.to_dict()


def write_judged(path: Path, judged: Sequence[Judged]) -> None:
    """Keep judged masks as JSON, one object a mask."""
    path.write_text(json.dumps([dataclasses.asdict(one) for one in judged]) + "\n", encoding="utf-8")
