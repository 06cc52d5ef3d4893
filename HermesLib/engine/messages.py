"""What the engine and its user say to each other, as frames.

To the engine: a request, ``cancel``, ``quit``. From it: ``ready`` once it has loaded its libraries, then for each run ``opened``, an
``iteration`` for every event, and one of ``finished``, ``cancelled`` and ``failed``. Every message of a run carries the run's number.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.engine.wire import Frame, FrameError
from HermesLib.errors import HermesError
from HermesLib.io.orientation import SliceAxes
from HermesLib.prompts.registry import prompt_type
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest

_REQUESTS: dict[str, type[RunRequest]] = {"refine": RefineRequest, "assess": AssessRequest}
#: Prefix of the names of a prompt's arrays.
_PROMPT = "prompt."
_PATHS = ("image", "truth", "init", "mask", "first_prompt")


@dataclass(frozen=True)
class Ready:
    """The engine has loaded its libraries. ``device`` names what ``auto`` means here; ``free_memory`` is in bytes, None on a CPU."""

    device: str
    free_memory: int | None


@dataclass(frozen=True)
class Opened:
    """A run begins: image and networks are loaded.

    Attributes:
        slice_indices: the slices that will be worked on.
        shape: (N, H, W) of the whole volume as slices.
        axes: how slices and voxels belong together.
        unfamiliar: those of the slices that look unlike the quality control's training patients; None where that is not known.
    """

    slice_indices: tuple[int, ...]
    shape: tuple[int, int, int]
    axes: SliceAxes
    unfamiliar: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Finished:
    """A run is over and whole; ``report`` is what ``report.json`` would say."""

    report: Mapping[str, Any]


@dataclass(frozen=True)
class Cancelled:
    """The user ended a run; ``report`` covers what was done, None if there was no time to write one."""

    report: Mapping[str, Any] | None


@dataclass(frozen=True)
class Failed:
    """A run came to nothing, or no further.

    Attributes:
        message: one line for the user.
        report: covers what was done, if anything.
        details: where in the program it happened, if that is the program's own fault; empty for what a user can mend.
    """

    message: str
    report: Mapping[str, Any] | None
    details: str = ""


Message = Ready | Opened | Iteration | Finished | Cancelled | Failed


def request_frame(run: int, request: RunRequest, into: Path | None = None) -> Frame:
    """A request for the engine; ``into`` is the folder for the result files of a run that comes to its end, None for no files."""
    kind = next(name for name, sort in _REQUESTS.items() if type(request) is sort)
    values = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(request).items()
    }
    return Frame(
        {"kind": kind, "run": run, "request": values, "into": None if into is None else str(into)}
    )


def read_request(frame: Frame) -> RunRequest:
    """The request of a frame."""
    values = dict(frame.fields["request"])
    values["settings"] = RefinementSettings(**values["settings"])
    values["command"] = tuple(values["command"])
    values["slices"] = values["slices"] and tuple(values["slices"])
    if "prompting" in values:
        values["prompting"] = PromptSettings(**values["prompting"])
    for name in _PATHS:
        if values.get(name) is not None:
            values[name] = Path(values[name])
    return _REQUESTS[frame.fields["kind"]](**values)


def message_frame(run: int, message: Message) -> Frame:
    """A message of the engine."""
    if isinstance(message, Iteration):
        return _iteration_frame(run, message)
    return Frame({"kind": type(message).__name__, "run": run, **asdict(message)})


def read_message(frame: Frame) -> Message:
    """The message of a frame.

    Raises:
        FrameError: a message of a kind that is not known.
    """
    fields = {name: value for name, value in frame.fields.items() if name not in ("kind", "run")}
    try:
        match frame.fields["kind"]:
            case "Iteration":
                return _read_iteration(fields, frame.arrays)
            case "Opened":
                axes = SliceAxes(*(tuple(fields["axes"][name]) for name in ("order", "backwards")))
                unfamiliar = (
                    fields["unfamiliar"]
                    if fields["unfamiliar"] is None
                    else tuple(fields["unfamiliar"])
                )
                return Opened(
                    tuple(fields["slice_indices"]), tuple(fields["shape"]), axes, unfamiliar
                )
            case kind:
                return {
                    "Ready": Ready,
                    "Finished": Finished,
                    "Cancelled": Cancelled,
                    "Failed": Failed,
                }[kind](**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise FrameError(f"a message that makes no sense ({error})") from error


def _iteration_frame(run: int, event: Iteration) -> Frame:
    fields = {
        "kind": "Iteration",
        "run": run,
        "slice_index": event.slice_index,
        "index": event.index,
        "pdsc": event.pdsc,
        "pdsc_low": event.pdsc_low,
        "pdsc_high": event.pdsc_high,
        "dsc": event.dsc,
        "seconds": event.seconds,
        "present": event.present,
        "borderline": event.borderline,
        "ceiling": event.ceiling,
        "status": event.status,
        "prompt": _kind(event.prompt),
    }
    return Frame(fields, {"mask": event.mask, "pgt": event.pgt, **_prompt_arrays(event.prompt)})


def _read_iteration(fields: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Iteration:
    values = dict(fields)
    status = values.pop("status")
    prompt = _read_prompt(values.pop("prompt"), arrays)
    return Iteration(
        **values,
        mask=arrays["mask"],
        pgt=arrays["pgt"],
        prompt=prompt,
        status=None if status is None else Status(status),
    )


def _kind(prompt: Prompt | None) -> str | None:
    return None if prompt is None else prompt.kind


def _prompt_arrays(prompt: Prompt | None) -> dict[str, np.ndarray]:
    arrays = {} if prompt is None else prompt.arrays()
    return {f"{_PROMPT}{name}": array for name, array in arrays.items()}


def _read_prompt(kind: str | None, arrays: Mapping[str, np.ndarray]) -> Prompt | None:
    if kind is None:
        return None
    own = {
        name.removeprefix(_PROMPT): array
        for name, array in arrays.items()
        if name.startswith(_PROMPT)
    }
    try:
        return prompt_type(kind).from_arrays(own)
    except HermesError as error:
        raise FrameError(str(error)) from error
