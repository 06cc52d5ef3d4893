"""One finished volume of a queue at a time in the scene; the others stay on disk."""

from pathlib import Path
from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from HermesLib.cohorts.result_folder import REVIEWED_ITERATIONS
from HermesLib.errors import HermesError
from HermesSegmentLib import review_report, stored_review, unsaved_review
from HermesSegmentLib.labelmaps import refresh
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.unsaved_review import RepeatedTry

#: Slicer's axes point right and anterior, those of ITK and DICOM left and posterior.
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def load_image(path: Path, checksum: str) -> Any:
    """Load an image as a volume node, by the reader of the run, so that both have one grid.

    Args:
        path: file, or folder of a DICOM series.
        checksum: of the bytes that the run has read.

    Raises:
        HermesError: it cannot be read, or it has changed since.
    """
    import SimpleITK

    from HermesLib.io.image_files import read_image

    image, found = read_image(path)
    if found != checksum:
        raise HermesError(_("{name} has changed since its run; run again").format(name=path.name))
    matrix = np.eye(4)
    directions = np.array(image.GetDirection()).reshape(3, 3)
    matrix[:3, :3] = directions @ np.diag(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    voxels = SimpleITK.GetArrayFromImage(image)
    node = slicer.util.addVolumeFromArray(
        voxels, ijkToRAS=_LPS_TO_RAS @ matrix, name=path.name.split(".")[0]
    )
    node.CreateDefaultDisplayNodes()
    return node


def open_run(volume: Any, folder: Path) -> RunNodes:
    """Put the run of a result folder into the scene, as the reader left it.

    Raises:
        HermesError, OSError, RuntimeError: results that are missing, damaged, or not of this
            volume; what an earlier session left there cannot be saved.
    """
    unsaved_review.settle(folder)
    reviewed = stored_review.reviewed_record(folder)
    stored = stored_review.stored_iterations(folder)
    record = stored_review.new_record(folder)
    size = volume.GetImageData().GetDimensions()
    if tuple(size[axis] for axis in stored.axes.order) != stored.shape:
        raise HermesError(
            _("{name} is not the volume that was run; run again").format(name=volume.GetName())
        )
    run = RunNodes.create(volume, record)
    try:
        run.open(stored.shape, stored.axes, stored.slice_indices)
        for iteration in stored:
            run.add(iteration)
        if reviewed is None:
            stored_review.close(run.record)
        else:
            run.record = reviewed
            for index, entry in reviewed.slices.items():
                run.keep(index, len(entry.iterations))
            _put_accepted(run, folder)
        run.finish()
        run.save()
    except Exception:
        run.remove()
        raise
    return run


def save_review(review: Review, folder: Path) -> None:
    """Keep what the reader has decided, if there is anything.

    Raises:
        HermesError, OSError, RuntimeError: it cannot be written.
    """
    run = review.run
    tries = _repeated(run)
    if not (review.journal.steps or tries):
        return
    if tries:
        review_report.write_all_iterations(run, folder, REVIEWED_ITERATIONS)
    stored_review.write_review(folder, run.record, review.accepted_voxels())
    unsaved_review.forget(folder)


def keep_step(review: Review, folder: Path) -> None:
    """Keep the reader's steps so far, quickly: what :func:`save_review` need not have done yet.

    Raises:
        HermesError, OSError: it cannot be written.
    """
    run = review.run
    # The step has written the record into the scene: making the text again would take as long.
    unsaved_review.write(folder, run.node.GetText(), review.changed, _repeated(run))


def _put_accepted(run: RunNodes, folder: Path) -> None:
    voxels = stored_review.accepted_voxels(folder)
    if voxels is not None:
        run.result_voxels()[:] = voxels
        node = run.get("result")
        node.GetDisplayNode().SetVisibility(True)
        refresh(node)


def _repeated(run: RunNodes) -> list[RepeatedTry]:
    """The iterations that the report does not know: those of slices that were run again."""
    entries = (run.record.report or {}).get("slices", [])
    counts = {entry["index"]: len(entry["iterations"]) for entry in entries}
    tries = []
    for index, entry in run.record.slices.items():
        for number in range(counts.get(index) or len(entry.known), len(entry.known)):
            step = run.refined_at(number)[index]
            tries.append(RepeatedTry(index, number, step.mask, step.pgt))
    return tries
