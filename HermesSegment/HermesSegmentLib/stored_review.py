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
from HermesLib.presets.organs import named_preset
from HermesLib.prompts.registry import prompt_type
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import report_marks
from HermesLib.runs.iterations_file import StoredIterations, read_iterations
from HermesSegmentLib.run_record import RunRecord, SliceRecord

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
    organ = named_preset(provenance["preset"]).organ
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


def iteration_event(
    entry: SliceRecord, number: int, mask: np.ndarray, pgt: np.ndarray
) -> Iteration:
    """One iteration of a slice as HermesLib's event; the panel never knows the true Dice.

    Args:
        entry: the slice.
        number: of the iteration, those that were taken back among them.
        mask, pgt: (H, W) bool.
    """
    step, prompt = entry.known[number], None
    if (plain := step.prompt) is not None:
        prompt = prompt_type(plain["kind"]).from_plain(plain, mask.shape)
    return Iteration(
        slice_index=entry.index,
        index=number,
        mask=mask,
        pgt=pgt,
        pdsc=step.pdsc,
        pdsc_low=step.low,
        pdsc_high=step.high,
        dsc=None,
        prompt=prompt,
        seconds=step.seconds,
        status=entry.status if number == len(entry.iterations) - 1 else None,
        present=1.0 if step.present is None else step.present,
        borderline=entry.borderline,
    )


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
