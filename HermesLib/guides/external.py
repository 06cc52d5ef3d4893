"""Guides that are programs: the image goes to a process of its own, a map comes back."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError, MemoryShortageError
from HermesLib.guides.map import GuideMap, guide_map
from HermesLib.guides.private_folder import private_folder
from HermesLib.guides.process import run_process
from HermesLib.guides.programs.answering import ANSWER, IMAGE, MAP, REQUEST
from HermesLib.guides.registry import GuideEntry
from HermesLib.guides.request import GuideRequest
from HermesLib.io.image_files import read_label_image
from HermesLib.io.image_writing import write_image
from HermesLib.io.masks import probability_from_image
from HermesLib.notices import notice

#: The folder of the programs.
PROGRAMS = Path(__file__).parent / "programs"
#: Exit codes of a process that the system killed: by signal, and by the convention of shells.
_KILLED = (-getattr(signal, "SIGKILL", 9), 137)


def draw_by_program(
    entry: GuideEntry, request: GuideRequest, arguments: Mapping[str, Any], weights: str = ""
) -> GuideMap:
    """The organ by a guide's program.

    Args:
        entry: of the guide.
        request: what it is drawn from.
        arguments: for the program, plain values.
        weights: what identifies the weights, for :attr:`GuideMap.version`.

    Raises:
        HermesError: a guide for another organ or modality; the program is not installed, fails, or
            finds nothing of the organ.
        GuideCancelled: the run was cancelled.
    """
    _require_organ(entry, request)
    _require_geometry(entry, request)
    with private_folder() as folder:
        # The name of the user's file, which may be a patient's, stays out of the folder.
        write_image(request.volume.to_image(request.volume.array), folder / IMAGE)
        plain = {"device": request.device, **arguments}
        (folder / REQUEST).write_text(json.dumps(plain), encoding="utf-8")
        version = _run(entry, request, folder)
        if not (folder / MAP).is_file():
            raise HermesError(f"{entry.title} wrote no map")
        image = read_label_image(folder / MAP, entry.title)
    probability, soft = probability_from_image(image, request.volume, f"the map by {entry.title}")
    version = ", ".join(part for part in (version, weights) if part)
    return guide_map(probability, entry.name, version, soft)


def _require_organ(entry: GuideEntry, request: GuideRequest) -> None:
    organ = request.organ
    wrong_organ = entry.organ and organ.organ_label.lower() != entry.organ
    if wrong_organ or (entry.modality and organ.modality != entry.modality):
        raise HermesError(
            f"{entry.title} knows neither another organ nor another modality;"
            f" {organ.organ_label} in {organ.modality} needs another guide"
        )


def _require_geometry(entry: GuideEntry, request: GuideRequest) -> None:
    """A program that goes by anatomy needs to know how the patient lies."""
    if not entry.needs_geometry:
        return
    if request.volume.windowed:
        raise HermesError(f"{entry.title} needs a volume with voxel sizes; a picture has none")
    if not request.volume.plane:
        notice(
            "guide-orientation",
            f"the image does not state how the patient lies; {entry.title} takes its axes as they"
            " are and may find nothing, or the wrong organ",
        )


def _run(entry: GuideEntry, request: GuideRequest, folder: Path) -> str:
    """Run the program; its version."""
    interpreter = sys.executable if request.python is None else str(request.python)
    command = [interpreter, str(PROGRAMS / entry.program)]
    try:
        code, last = run_process(
            command, folder, request.time_limit, request.is_cancelled, request.progress
        )
    except HermesError as error:
        raise HermesError(f"{entry.title} gave no result: {error}") from error
    answer = _answer(folder)
    if missing := answer.get("missing"):
        raise HermesError(
            f"{entry.title} cannot run here, '{missing}' is not installed:"
            f" {_install(entry, request)}"
        )
    if code in _KILLED:
        raise MemoryShortageError(
            f"{entry.title} was killed, most likely because memory ran out; close other programs"
        )
    version = answer.get("version")
    if code or not isinstance(version, str):
        reason = answer.get("error") or last or f"exit code {code}"
        raise HermesError(f"{entry.title} failed: {reason}")
    return version


def _answer(folder: Path) -> dict[str, Any]:
    try:
        answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _install(entry: GuideEntry, request: GuideRequest) -> str:
    """The command that installs a guide's program."""
    if request.python is not None:
        return f"'{request.python}' -m pip install {entry.distribution}"
    # What Slicer brings must not be replaced.
    if entry.extra and not entry.own_environment and "SLICER_HOME" not in os.environ:
        return f"pip install 'hermes-segment[{entry.extra}]'"
    return (
        f"python -m venv guide, then guide/bin/pip install {entry.distribution}, and give"
        " --guide-python guide/bin/python"
    )
