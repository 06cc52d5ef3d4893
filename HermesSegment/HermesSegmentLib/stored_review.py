"""A finished volume on disk: the record of its run, and what the reader decided on it.

Works without the scene, so that a folder of many volumes need not be loaded. Imports no Slicer.
"""

from pathlib import Path

import numpy as np

from HermesLib.cohorts.result_folder import (
    ACCEPTED,
    REVIEW,
    REVIEWED_ITERATIONS,
    finished_inputs,
    finished_report,
)
from HermesLib.errors import HermesError
from HermesLib.io.whole_file import write_whole
from HermesLib.presets.registry import load_preset
from HermesLib.refinement.marks import report_marks
from HermesLib.runs.iterations_file import StoredIterations, read_iterations
from HermesSegmentLib.deciding import Progress, progress, reached
from HermesSegmentLib.run_record import Decision, RunRecord

_SEGMENTATION = "segmentation.nii.gz"


def stored_iterations(folder: Path) -> StoredIterations:
    """All iterations of a volume, those of repeated runs among them.

    Raises:
        HermesError: missing or damaged.
    """
    if (folder / REVIEWED_ITERATIONS).is_file():
        return read_iterations(folder, REVIEWED_ITERATIONS)
    return read_iterations(folder)


def new_record(folder: Path) -> RunRecord:
    """The record of a volume's run, still without slices.

    Raises:
        HermesError: there are no complete results, or this computer lacks their preset.
    """
    report, inputs = finished_report(folder), finished_inputs(folder)
    if report is None or inputs is None:
        raise HermesError(f"there are no complete results in {folder.name}; run again")
    provenance = report["provenance"]
    organ = load_preset(provenance["preset"]).organ
    record = RunRecord(
        request={
            "command": provenance["command"],
            "preset": provenance["preset"],
            "model": provenance["model"] and provenance["model"]["name"],
            "seed": provenance["seed"],
        },
        organ={"scheme": organ.scheme, "value": organ.value, "meaning": organ.meaning},
        threshold=inputs["settings"]["settings"]["threshold"],
        report=report,
        notices=[dict(notice) for notice in report["notices"]],
    )
    familiar = [entry["familiar"] for entry in report["slices"]]
    if None not in familiar:
        record.out_of_distribution = [
            entry["index"] for entry in report["slices"] if not entry["familiar"]
        ]
    return record


def stored_record(folder: Path) -> RunRecord:
    """The record as the reader left it, else as the run ended.

    Raises:
        HermesError: see :func:`new_record`; also a damaged file.
    """
    reviewed = reviewed_record(folder)
    if reviewed is not None:
        return reviewed
    record, stored = new_record(folder), stored_iterations(folder)
    record.open(stored.shape, stored.axes.order, stored.axes.backwards, stored.slice_indices)
    for iteration in stored:
        record.add(iteration)
    close(record)
    return record


def close(record: RunRecord) -> None:
    """End a record whose iterations are complete: its slices take the report's marks."""
    record.close()
    record.take_marks(report_marks(record.report or {"slices": []}))


def reviewed_record(folder: Path) -> RunRecord | None:
    """The record as the reader left it; None for a volume that nobody has reviewed.

    Raises:
        HermesError: a damaged file.
    """
    path = folder / REVIEW
    if not path.is_file():
        return None
    try:
        return RunRecord.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HermesError(f"{REVIEW} in {folder.name} is damaged; remove it") from error


def stored_progress(folder: Path) -> Progress | None:
    """How far a reader is with a volume; None for one that nobody has reviewed, or can read."""
    try:
        record = reviewed_record(folder)
    except HermesError:
        return None
    return None if record is None else progress(record)


def accepted_voxels(folder: Path) -> np.ndarray | None:
    """Voxels (k, j, i, uint8) of the accepted slices; None if nobody has reviewed the volume.

    Raises:
        HermesError: a damaged file.
    """
    import SimpleITK

    from HermesLib.io.image_files import read_image

    if not (folder / ACCEPTED).is_file():
        return None
    voxels: np.ndarray = SimpleITK.GetArrayFromImage(read_image(folder / ACCEPTED)[0])
    return voxels.astype(np.uint8)


def write_review(folder: Path, record: RunRecord, voxels: np.ndarray) -> None:
    """Keep a reader's decisions.

    Args:
        folder: of the volume.
        record: with the decisions.
        voxels: (k, j, i) of the accepted slices.

    Raises:
        HermesError, OSError, RuntimeError: the files cannot be written.
    """
    import SimpleITK

    from HermesLib.io.image_files import read_image
    from HermesLib.io.image_writing import write_image

    grid, _checksum = read_image(folder / _SEGMENTATION)
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(voxels, np.uint8))
    image.CopyInformation(grid)
    write_image(image, folder / ACCEPTED)
    write_whole(folder / REVIEW, record.to_json())


def accept_reached(folder: Path) -> Progress:
    """Accept all slices of a volume that need no look; returns how far the reader is then.

    Raises:
        HermesError, OSError, RuntimeError: results are missing or damaged, or cannot be written.
    """
    record = stored_record(folder)
    chosen = {entry.index: entry.best for entry in reached(record)}
    if chosen:
        stored = stored_iterations(folder)
        voxels = accepted_voxels(folder)
        if voxels is None:
            voxels = stored.axes.to_voxels(np.zeros(stored.shape, np.uint8))
        slices = stored.axes.view(voxels)
        seen: dict[int, int] = {}
        for iteration in stored:
            index = iteration.slice_index
            number = seen[index] = seen.get(index, -1) + 1
            if chosen.get(index) == number:
                slices[index] = iteration.mask
        for index, best in chosen.items():
            record.slices[index].decision = Decision.ACCEPTED
            record.slices[index].chosen = best
        write_review(folder, record, voxels)
    return progress(record)
