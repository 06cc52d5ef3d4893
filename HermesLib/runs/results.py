"""The five result files of a finished run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.io.digest import file_sha256
from HermesLib.io.image_writing import write_image
from HermesLib.io.lazy_images import Pictures
from HermesLib.io.neighbours import own_slice
from HermesLib.io.staged_folder import MANIFEST
from HermesLib.presets.preset import Preset
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import report_marks
from HermesLib.report.document import write_csv, write_json
from HermesLib.report.overview.figure import write_overview
from HermesLib.report.overview.header import Heading
from HermesLib.runs.inputs import RunInputs
from HermesLib.runs.recorded import slices_sha256


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
    # One after the other: a large volume's masks are not in memory together.
    for name, which in (("segmentation.nii.gz", "mask"), ("pgt.nii.gz", "pgt")):
        masks = {result.index: getattr(result.best_record, which) for result in results}
        write_image(volume.mask_image(masks), folder / name)
    images = Pictures(own_slice(inputs.images)[:, 0], inputs.indices)
    networks = report["provenance"]
    model = networks["model"]["name"] if networks["model"] else ""
    marks = report_marks(report)
    heading = Heading(
        preset.title, model, networks["quality"]["name"], threshold, networks["score"]
    )
    write_overview(folder / "overview.png", results, images, volume.pixel_spacing, heading, marks)
    write_csv(folder / "report.csv", results, marks, volume.instances)
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    write_json(folder / MANIFEST, {**report, "files": files})


def result_sha256(results: Sequence[SliceResult], shape: tuple[int, ...]) -> dict[str, str]:
    """The checksums of segmentation and pGT, as :func:`result_masks` gives them."""
    empty = np.zeros(shape[1:], bool)

    def checksum(which: str) -> str:
        masks = {result.index: getattr(result.best_record, which) for result in results}
        slices = (masks[k].unpack() if k in masks else empty for k in range(shape[0]))
        return slices_sha256(slices, shape, empty.dtype)

    return {"segmentation": checksum("mask"), "pgt": checksum("pgt")}


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
