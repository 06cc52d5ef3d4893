"""The messages between the engine and its client, and the frames that carry them.

To the engine: a request, ``cancel`` or ``quit``. From it: :class:`Ready` once its libraries are
loaded; then for each run :class:`Opened`, an :class:`Iteration` for every event, :class:`AtWork`
while a guide's program or a long call of a model is at work, a :class:`Notice` wherever the user
must know of something, :class:`FellBack` where memory ran out, and one of :class:`Finished`,
:class:`Cancelled` and :class:`Failed`. Every message of a run carries the run's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from HermesLib.engine.finished_slices import FinishedSlices
from HermesLib.engine.wire import Frame, FrameError
from HermesLib.errors import BAD_INPUT
from HermesLib.io.orientation import SliceAxes
from HermesLib.notices import Notice
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import AssessRequest, ImportRequest, RefineRequest, RunRequest
from HermesLib.runs.serialization import Arrays, from_plain, to_plain

#: Run number of messages about the engine itself.
NO_RUN = 0


@dataclass(frozen=True)
class Ready:
    """The engine has loaded its libraries.

    Attributes:
        device: what ``auto`` means here.
        free_memory: of the device, bytes; None on a CPU.
    """

    device: str
    free_memory: int | None


@dataclass(frozen=True)
class Opened:
    """A run starts: image and networks are loaded.

    Attributes:
        slice_indices: the slices that the run covers.
        shape: (N, H, W) of the whole volume as slices.
        axes: how voxels become slices.
        out_of_distribution: indices of the slices that look unlike the quality control's training
            patients; None if the quality control does not know.
        score: what the pDSC of the run is (:data:`HermesLib.quality.protocol.ScoreKind`).
    """

    slice_indices: tuple[int, ...]
    shape: tuple[int, int, int]
    axes: SliceAxes
    out_of_distribution: tuple[int, ...] | None = None
    score: str = "calibrated"


@dataclass(frozen=True)
class FellBack:
    """Memory ran out and the run starts again with less of it; :class:`Opened` follows.

    Attributes:
        message: one line for the user.
        finished: indices of the slices that keep their results. The iterations of all others are
            void; these slices start again with their first.
    """

    message: str
    finished: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finished:
    """A run is complete; ``report`` is the content of ``report.json``.

    Of an import, it has the file's name under ``imported``.
    """

    report: Mapping[str, Any]


@dataclass(frozen=True)
class Cancelled:
    """The user cancelled a run; ``report`` covers what was done, None if nothing could report."""

    report: Mapping[str, Any] | None


@dataclass(frozen=True)
class Failed:
    """A run ended with an error.

    Attributes:
        message: one line for the user.
        report: covers what was done before, if anything.
        details: the traceback if the program is at fault; empty for errors that the user can fix.
        exit_code: what the error is, see :mod:`HermesLib.errors`.
    """

    message: str
    report: Mapping[str, Any] | None
    details: str = ""
    exit_code: int = BAD_INPUT


@dataclass(frozen=True)
class Alive:
    """The engine lives; sent every few seconds, and not shown.

    Attributes:
        seconds: of the processor that it has used so far, and for which guides' programs have
            worked for it.
    """

    seconds: float


@dataclass(frozen=True)
class AtWork:
    """A guide's program or a long call of a model is at work; sent every few seconds.

    Attributes:
        message: one line for the user: the program's latest, or how far the call is. It is shown
            and not kept.
    """

    message: str


@dataclass(frozen=True)
class Stalled:
    """The engine shows no sign of life; the client says so. The run goes on if the engine does.

    Attributes:
        message: one line for the user.
    """

    message: str


Message = (
    Ready
    | Opened
    | Iteration
    | Notice
    | AtWork
    | FellBack
    | Finished
    | Cancelled
    | Failed
    | Alive
    | Stalled
)

_MESSAGES: dict[str, type[Message]] = {
    kind.__name__: kind
    for kind in (
        Ready,
        Opened,
        Iteration,
        Notice,
        AtWork,
        FellBack,
        Finished,
        Cancelled,
        Failed,
        Alive,
    )
}
#: What the engine can be asked for.
Request = RunRequest | ImportRequest

_REQUESTS: dict[str, type[Request]] = {
    "refine": RefineRequest,
    "assess": AssessRequest,
    "import": ImportRequest,
}


def request_frame(
    run: int,
    request: Request,
    output: Path | None = None,
    finished: FinishedSlices | None = None,
) -> Frame:
    """A request for the engine.

    Args:
        run: number of the run.
        request: what to do.
        output: existing folder for the result files of a complete run; None for no files.
        finished: where the run keeps the slices that it has finished, and those that an earlier try
            kept there; None to keep none.
    """
    kind = next(name for name, request_type in _REQUESTS.items() if type(request) is request_type)
    arrays: Arrays = {}
    fields = {
        "kind": kind,
        "run": run,
        "request": to_plain(type(request), request, arrays),
        "output": None if output is None else str(output),
        "finished": finished and {"folder": str(finished.folder), "slices": finished.indices},
    }
    return Frame(fields, arrays)


def cancel_frame(run: int, patience: float) -> Frame:
    """The command to cancel a run; the worker ends if it has not after ``patience`` seconds."""
    return Frame({"kind": "cancel", "run": run, "patience": patience})


def quit_frame() -> Frame:
    """The command to end the worker at once."""
    return Frame({"kind": "quit"})


def read_request(frame: Frame) -> Request:
    """The request of a frame."""
    request_type = _REQUESTS[frame.fields["kind"]]
    return from_plain(request_type, frame.fields["request"], frame.arrays)


def requested_output(frame: Frame) -> Path | None:
    """The folder for the result files that a request's frame names."""
    output = frame.fields["output"]
    return None if output is None else Path(output)


def requested_finished(frame: Frame) -> FinishedSlices | None:
    """Where a request's frame says that finished slices are kept."""
    plain = frame.fields["finished"]
    return plain and FinishedSlices(Path(plain["folder"]), tuple(plain["slices"]))


def message_frame(run: int, message: Message) -> Frame:
    """The frame of a message of the engine."""
    arrays: Arrays = {}
    fields = {
        "kind": type(message).__name__,
        "run": run,
        "message": to_plain(type(message), message, arrays),
    }
    return Frame(fields, arrays)


def read_message(frame: Frame) -> Message:
    """The message of a frame.

    Raises:
        FrameError: an unknown kind of message, or one whose content does not fit its kind.
    """
    try:
        message_type = _MESSAGES[frame.fields["kind"]]
        return from_plain(message_type, frame.fields["message"], frame.arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise FrameError(f"a message cannot be decoded ({error})") from error
