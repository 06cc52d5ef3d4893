"""The steps of a reader on a volume of a queue, on disk as soon as they are taken.

Saving a review whole compresses the voxels of the volume, which takes too long for every click.
So each step writes one small file: the record, and the slices and iterations that the saved files
lack. Whoever opens the volume next saves them whole. Imports no Slicer.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from HermesLib.cohorts.result_folder import REVIEWED_ITERATIONS, UNSAVED
from HermesLib.errors import HermesError
from HermesLib.io.whole_file import temporary_name, whole_file, write_error
from HermesLib.refinement.history import History
from HermesLib.runs.iterations_file import StoredIterations, write_iterations
from HermesSegmentLib.deciding import Progress, progress, reached
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.run_record import Decision, RunRecord
from HermesSegmentLib.stored_review import (
    accepted_voxels,
    iteration_event,
    reviewed_record,
    stored_iterations,
    stored_record,
    write_review,
)


@dataclass(frozen=True, eq=False)
class RepeatedTry:
    """An iteration of a slice that was run again.

    Attributes:
        index: of the slice.
        number: of the iteration, from 0.
        mask, pgt: of the iteration.
    """

    index: int
    number: int
    mask: PackedMask
    pgt: PackedMask

    def to_plain(self) -> list[Any]:
        """As JSON can hold it."""
        return [self.index, self.number, self.mask.to_plain(), self.pgt.to_plain()]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Self:
        """From :meth:`to_plain`.

        Raises:
            KeyError, TypeError, ValueError: not an iteration.
        """
        index, number, *masks = plain
        return cls(int(index), int(number), *(PackedMask.from_plain(mask) for mask in masks))


def write(
    folder: Path,
    record_json: str,
    changed: Mapping[int, PackedMask],
    tries: Sequence[RepeatedTry],
) -> None:
    """Keep the steps so far.

    The file takes its place by a rename, so a program that ends while it writes loses the last
    step and no other. It is not forced to the disk, for which a reader would have to wait.

    Args:
        folder: of the volume.
        record_json: the record of its run, with the decisions.
        changed: the slices of the result that differ from the saved ones.
        tries: the iterations that the saved ones lack.

    Raises:
        HermesError: it cannot be written; the file is as before.
    """
    masks = json.dumps({index: mask.to_plain() for index, mask in changed.items()})
    iterations = json.dumps([step.to_plain() for step in tries])
    text = f'{{"masks": {masks}, "iterations": {iterations}, "record": {record_json}}}'
    temporary = folder / temporary_name(".json")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, folder / UNSAVED)
    except OSError as error:
        raise write_error(UNSAVED, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """The review has been saved whole."""
    (folder / UNSAVED).unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Save the steps that a session left without saving them whole, if there are any.

    May be broken off and done again at any time.

    Raises:
        HermesError, OSError, RuntimeError: they are damaged, or cannot be written.
    """
    if not (folder / UNSAVED).is_file():
        return
    try:
        plain = json.loads((folder / UNSAVED).read_text(encoding="utf-8"))
        record = RunRecord.from_json(json.dumps(plain["record"]))
        masks = {int(index): PackedMask.from_plain(mask) for index, mask in plain["masks"].items()}
        tries = [RepeatedTry.from_plain(step) for step in plain["iterations"]]
        if any(mask.shape != tuple(record.shape[1:]) for mask in masks.values()):
            raise ValueError("a mask does not fit the slices")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise HermesError(f"{UNSAVED} in {folder.name} is damaged; remove it") from error
    # A slice that was being run again when the session ended.
    record.close()
    stored = stored_iterations(folder)
    voxels = _result_voxels(folder, stored)
    slices = stored.axes.view(voxels)
    for index, mask in masks.items():
        entry = record.slices.get(index)
        slices[index] = mask.unpack() if entry is not None and entry.accepted else 0
    if tries:
        _add_iterations(folder, record, tries)
    write_review(folder, record, voxels)
    forget(folder)


def stored_progress(folder: Path) -> Progress | None:
    """How far a reader is with a volume; None for one that nobody has reviewed, or can read."""
    try:
        settle(folder)
        record = reviewed_record(folder)
    except (HermesError, OSError, RuntimeError):
        return None
    return None if record is None else progress(record)


def accept_reached(folder: Path) -> Progress:
    """Accept all slices of a volume that need no look; returns how far the reader is then.

    Raises:
        HermesError, OSError, RuntimeError: results are missing or damaged, or cannot be written.
    """
    settle(folder)
    record = stored_record(folder)
    chosen = {entry.index: entry.best for entry in reached(record)}
    if chosen:
        stored = stored_iterations(folder)
        voxels = _result_voxels(folder, stored)
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


def _result_voxels(folder: Path, stored: StoredIterations) -> np.ndarray:
    """Voxels (k, j, i, uint8) of the accepted slices; zeros if nobody has reviewed the volume."""
    voxels = accepted_voxels(folder)
    return stored.axes.to_voxels(np.zeros(stored.shape, np.uint8)) if voxels is None else voxels


def _add_iterations(folder: Path, record: RunRecord, tries: Sequence[RepeatedTry]) -> None:
    stored, history = stored_iterations(folder), History()
    last = {step.index: step.number for step in tries}
    first = {step.index: step.number for step in reversed(tries)}
    seen = dict.fromkeys(last, 0)
    for iteration in stored:
        index = iteration.slice_index
        if index not in last or seen[index] < first[index]:
            history.add(iteration)
            seen[index] = seen.get(index, 0) + 1
    for step in tries:
        masks = step.mask.unpack(), step.pgt.unpack()
        history.add(iteration_event(record.slices[step.index], step.number, *masks))
    with whole_file(folder / REVIEWED_ITERATIONS) as temporary:
        write_iterations(folder, history.results(), stored.shape, stored.axes, temporary.name)
