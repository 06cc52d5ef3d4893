"""The five result files of a finished run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib import __version__
from HermesLib.io.digest import file_sha256
from HermesLib.io.masks import write_mask
from HermesLib.io.neighbours import own_slice
from HermesLib.io.staged_folder import MANIFEST
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import report_marks
from HermesLib.report.document import Network, Provenance, write_csv, write_json
from HermesLib.report.overview.figure import write_overview
from HermesLib.report.overview.header import Heading
from HermesLib.runs.inputs import RunInputs
from HermesLib.runs.request import RunRequest


def write_results(
    folder: Path,
    results: Sequence[SliceResult],
    inputs: RunInputs,
    preset: Preset,
    report: dict[str, Any],
    threshold: float,
) -> None:
    """Write the five result files into an existing folder.

    They are ``segmentation.nii.gz``, ``pgt.nii.gz``, ``overview.png``, ``report.csv`` and
    ``report.json``, which lists the checksums of the others. Segmentation and pGT (0 and 1, of
    each slice's result) have the image's own grid; slices outside the run are 0.
    """
    volume = inputs.volume
    segmentation, pgt = result_masks(results, volume.array.shape)
    write_mask(folder / "segmentation.nii.gz", segmentation, volume)
    write_mask(folder / "pgt.nii.gz", pgt, volume)
    images = dict(zip(inputs.indices, own_slice(inputs.images)[:, 0].numpy(), strict=True))
    networks = report["provenance"]
    model = networks["model"]["name"] if networks["model"] else ""
    marks = report_marks(report)
    heading = Heading(preset.title, model, networks["quality"]["name"], threshold)
    write_overview(folder / "overview.png", results, images, volume.pixel_spacing, heading, marks)
    write_csv(folder / "report.csv", results, marks, volume.instances)
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    write_json(folder / MANIFEST, {**report, "files": files})


def result_masks(
    results: Sequence[SliceResult], shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Segmentation and pGT of a whole volume (N, H, W, bool); slices outside the run are False."""
    segmentation = np.zeros(shape, bool)
    pgt = np.zeros(shape, bool)
    for result in results:
        segmentation[result.index] = result.best_record.mask.unpack()
        pgt[result.index] = result.best_record.pgt.unpack()
    return segmentation, pgt


def provenance_of(
    request: RunRequest,
    inputs: RunInputs,
    device: torch.device,
    model: PromptableModel | None,
    quality: QualityControl,
) -> Provenance:
    """The provenance of a run; folders are cut from the command line: they may name a patient."""
    return Provenance(
        hermes=__version__,
        command=tuple(without_folders(word) for word in request.command),
        seed=request.settings.seed,
        device=str(device),
        preset=Path(request.preset).stem,
        model=None if model is None else Network(model.name, model.sha256),
        quality=Network(quality.name, quality.sha256),
        score=quality.score,
        image_sha256=inputs.volume.sha256,
        interval=quality.guarantee,
        fallbacks=request.fallbacks,
    )


def without_folders(word: str) -> str:
    """A word of a command line; a path in it is cut to the file's name.

    >>> without_folders("/data/doe/t2.nii.gz"), without_folders("--truth=doe/label.nii.gz")
    ('t2.nii.gz', '--truth=label.nii.gz')
    >>> without_folders("4:12")
    '4:12'
    """
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return option + equals + Path(value.replace("\\", "/")).name
