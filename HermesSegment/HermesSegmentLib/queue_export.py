"""The accepted masks of all volumes of a queue, copied to one folder."""

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.result_folder import ACCEPTED
from HermesLib.cohorts.row import Row
from HermesLib.io.staged_folder import staged_folder
from HermesSegmentLib.deciding import Progress

TABLE = "accepted.csv"
_COLUMNS = ("name", "state", "file", "accepted_slices", "slices_to_look_at", "reason")


def export_accepted(
    cohort: Cohort, progress: Mapping[str, Progress], order: Sequence[str], target: Path
) -> int:
    """Copy the accepted masks into a folder, with a table of all volumes; returns their number.

    Volumes of which nothing is accepted have no file, so that no empty mask says that the organ is
    absent; the table names them.

    Args:
        cohort: the volumes.
        progress: how far the reader is with each.
        order: of the table.
        target: the folder.

    Raises:
        HermesError, OSError: it cannot be written to; then nothing is.
    """
    rows = []
    with staged_folder(target) as staging:
        for name in order:
            done = progress.get(name)
            file = f"{name}.nii.gz" if done is not None and done.accepted else ""
            if file:
                shutil.copyfile(cohort.folder(name) / ACCEPTED, staging / file)
            rows.append(_row(cohort.rows[name], file, done))
        _write_table(staging / TABLE, rows)
    return sum(bool(row["file"]) for row in rows)


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _row(row: Row, file: str, done: Progress | None) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": row.state.value,
        "file": file,
        "accepted_slices": 0 if done is None else done.accepted,
        "slices_to_look_at": row.look if done is None else done.waiting,
        "reason": row.reason,
    }
