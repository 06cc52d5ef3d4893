"""The five files of a finished run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib import __version__
from HermesLib.io.volumes import write_mask
from HermesLib.models.protocol import PromptableModel
from HermesLib.io.neighbours import own_slice
from HermesLib.runs.inputs import RunInputs
from HermesLib.runs.request import RunRequest
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.history import SliceResult
from HermesLib.report.document import Network, Provenance, write_csv, write_json
from HermesLib.report.overview.header import Heading
from HermesLib.report.overview.figure import write_overview


def write_results(
    folder: Path, results: Sequence[SliceResult], case: RunInputs, preset: Preset, report: dict[str, Any], threshold: float
) -> None:
    """Write ``segmentation.nii.gz``, ``pgt.nii.gz``, ``overview.png``, ``report.csv`` and ``report.json`` into a folder.

    Segmentation and pGT (0 and 1, of each slice's result) lie on the image's own grid; slices that were not asked for are 0.
    """
    volume = case.volume
    segmentation, pgt = np.zeros(volume.array.shape, bool), np.zeros(volume.array.shape, bool)
    for result in results:
        best = result.best_record.unpack()
        segmentation[result.index], pgt[result.index] = best.mask, best.pgt
    write_mask(folder / "segmentation.nii.gz", segmentation, volume)
    write_mask(folder / "pgt.nii.gz", pgt, volume)
    images = dict(zip(case.indices, own_slice(case.images)[:, 0].numpy(), strict=True))
    networks = report["provenance"]
    model = networks["model"]["name"] if networks["model"] else ""
    heading = Heading(preset.title, model, networks["quality"]["name"], threshold)
    write_overview(folder / "overview.png", results, images, volume.pixel_spacing, heading)
    write_csv(folder / "report.csv", results)
    write_json(folder / "report.json", report)


def provenance_of(
    request: RunRequest, case: RunInputs, device: torch.device, model: PromptableModel | None, quality: QualityControl
) -> Provenance:
    """Where a result comes from; folders are cut from the command line, for their names may name a patient."""
    return Provenance(
        hermes=__version__,
        command=tuple(without_folders(word) for word in request.command),
        seed=request.settings.seed,
        device=str(device),
        preset=Path(request.preset).stem,
        model=None if model is None else Network(model.name, model.sha256),
        quality=Network(quality.name, quality.sha256),
        score=quality.score,
        image_sha256=case.volume.sha256,
    )


def without_folders(word: str) -> str:
    """A word of a command line with a path in it cut to the file's name.

    >>> without_folders("/data/doe/t2.nii.gz"), without_folders("--truth=doe/label.nii.gz"), without_folders("4:12")
    ('t2.nii.gz', '--truth=label.nii.gz', '4:12')
    """
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return option + equals + Path(value.replace("\\", "/")).name
