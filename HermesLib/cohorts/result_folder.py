"""The folder of one task: its marker says what the complete results in it follow from.

Imports no network library and no image library, so that a user interface can use it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from HermesLib.cohorts.row import Row
from HermesLib.errors import HermesError
from HermesLib.io.staged_folder import finish_moves
from HermesLib.runs.stored import read_stored

MARKER = "task.json"
#: What a reader leaves in the folder: decisions, the accepted masks, iterations of repeated runs.
REVIEW, ACCEPTED, REVIEWED_ITERATIONS = "review.json", "accepted.nii.gz", "review.npz"
#: The steps of a reader who is still at work, or was when the computer failed.
UNSAVED = "unsaved-review.json"
_EARLIER = "earlier-"


def finished_report(folder: Path, inputs: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """The report in a folder, if its results are complete and belong together.

    Args:
        folder: of a task.
        inputs: what the results must follow from (:mod:`HermesLib.cohorts.fingerprint`); None for
            anything.
    """
    known = finished_inputs(folder)
    if known is None or (inputs is not None and known != json.loads(json.dumps(inputs))):
        return None
    try:
        report = read_stored(folder).report
        Row.of_report(folder.name, report)
    except (HermesError, KeyError, TypeError):
        return None
    return report


def finished_inputs(folder: Path) -> dict[str, Any] | None:
    """What the complete results in a folder follow from; None where there are none."""
    # What a killed run had declared complete belongs here.
    finish_moves(folder)
    try:
        inputs: dict[str, Any] = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return inputs if isinstance(inputs, dict) else None


def write_marker(folder: Path, inputs: Mapping[str, Any]) -> None:
    """Say that the results in a folder are complete."""
    text = json.dumps(inputs, indent=1) + "\n"
    (folder / MARKER).write_text(text, encoding="utf-8")


def make_way(folder: Path) -> None:
    """Prepare a folder for new results.

    While files of two runs are in it, nothing may call it complete. A reader's decisions on the
    results before are kept under another name: they say nothing about the new ones.
    """
    (folder / MARKER).unlink(missing_ok=True)
    for name in (REVIEW, ACCEPTED, REVIEWED_ITERATIONS, UNSAVED):
        if (folder / name).exists():
            os.replace(folder / name, folder / f"{_EARLIER}{name}")
