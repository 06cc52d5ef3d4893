"""The engine's own process, ``python -m HermesLib.engine.worker``: serves requests from stdin.

It keeps its networks between runs, and ends itself (:mod:`HermesLib.engine.commands`). Frames leave
through the original standard output. Whatever libraries print goes to standard error, so that no
text gets between the frames.
"""

import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.engine.answers import Answers
from HermesLib.engine.commands import Commands
from HermesLib.engine.finished_slices import FinishedSlices
from HermesLib.engine.messages import (
    NO_RUN,
    AtWork,
    Cancelled,
    Failed,
    FellBack,
    Finished,
    Message,
    Opened,
    Ready,
    message_frame,
    read_request,
    requested_finished,
    requested_output,
)
from HermesLib.engine.wire import Frame
from HermesLib.errors import COMPUTER, DEFECT
from HermesLib.runs.request import ImportRequest, RunRequest

if TYPE_CHECKING:
    from HermesLib.refinement.events import Iteration
    from HermesLib.runs.model_cache import ModelCache
    from HermesLib.runs.open_run import OpenRun

Send = Callable[[Message], None]
#: Least time between two lines of a guide's program, seconds.
_PAUSE = 0.25


def serve(commands: Commands, answers: Answers) -> None:
    """Load the libraries, report ready, and serve one request after the other."""
    # The run's module loads all libraries, so that the first run need not wait for them.
    with answers.alive():
        import_module("HermesLib.runs.run")
    from HermesLib.devices import release_memory
    from HermesLib.runs.model_cache import ModelCache

    cache = ModelCache()
    answers.write(message_frame(NO_RUN, _ready()))
    while True:
        frame = commands.next()
        number = frame.fields["run"]

        def send(message: Message, number: int = number) -> None:
            answers.write(message_frame(number, message))

        with answers.alive():
            _serve_request(frame, cache, commands, send)
        commands.ended(number)
        release_memory()


def _ready() -> Ready:
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Ready(torch.cuda.get_device_name(), int(free))
    return Ready("CPU", None)


def _serve_request(frame: Frame, cache: "ModelCache", commands: Commands, send: Send) -> None:
    from HermesLib.errors import HermesError
    from HermesLib.guides.request import GuideCancelled
    from HermesLib.runs.guide_drawing import KeptGuides
    from HermesLib.runs.run import Run

    number = frame.fields["run"]
    run: Run | None = None

    def report_so_far() -> dict | None:
        return None if run is None else run.report_so_far()

    def send_opened(opened: "OpenRun") -> None:
        volume = opened.inputs.volume
        indices = tuple(opened.inputs.indices)
        flagged, score = opened.out_of_distribution, opened.parts.score
        send(Opened(indices, volume.shape, volume.axes, flagged, score))

    def send_event(event: "Iteration") -> None:
        assert isinstance(request, RunRequest)
        keep(event)
        send(event if request.send_masks else event.without_arrays())

    try:
        request = read_request(frame)
        if isinstance(request, ImportRequest):
            from HermesLib.weights.imported import import_weights

            send(Finished({"imported": import_weights(str(request.source)).name}))
            return
        finished = requested_finished(frame)
        keep = _keeper(finished)
        run = Run(
            request,
            cache,
            finished=finished.read() if finished else (),
            kept_guides=KeptGuides(finished.folder) if finished else None,
        )
        outcome = run.execute(
            output=requested_output(frame),
            on_opened=send_opened,
            on_event=send_event,
            on_fallback=lambda words, kept: send(FellBack(words, kept)),
            on_notice=send,
            on_progress=_now_and_then(lambda line: send(AtWork(line))),
            is_cancelled=lambda: commands.is_cancelled(number),
        )
        send(Cancelled(outcome.report) if outcome.cancelled else Finished(outcome.report))
    except GuideCancelled:
        send(Cancelled(report_so_far()))
    except HermesError as error:
        send(Failed(str(error), report_so_far(), exit_code=error.exit_code))
    except OSError as error:
        name = f": {Path(error.filename).name}" if error.filename else ""
        send(Failed(f"{error.strerror or error}{name}", report_so_far(), exit_code=COMPUTER))
    except Exception as error:
        line = f"an unexpected error in the engine: {type(error).__name__}: {error}"
        send(Failed(line, report_so_far(), traceback.format_exc(), DEFECT))


def _keeper(finished: FinishedSlices | None) -> "Callable[[Iteration], None]":
    """What keeps the slices that a run finishes; without room on the disk, no more are kept."""
    store = finished

    def keep(event: "Iteration") -> None:
        nonlocal store
        if store is not None:
            try:
                store.add(event)
            except OSError:
                store = None

    return keep


def _now_and_then(say: Callable[[str], None]) -> Callable[[str], None]:
    """Passes a line on unless one has just been: progress bars print many a second.

    The latest line of a program that falls silent comes again.
    """
    last = -_PAUSE

    def say_unless_just_said(line: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now >= last + _PAUSE:
            last = now
            say(line)

    return say_unless_just_said


def main() -> None:
    """Keep the pipe for frames, send everything else to standard error, and serve.

    The only argument, if any, is how many seconds without a request end the process.
    """
    # A crash announces itself: behind a launcher, its exit code is lost.
    faulthandler.enable(sys.stderr, all_threads=False)
    # Control-C on a terminal reaches every process of its group. The client decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = Answers(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        serve(Commands(sys.stdin.buffer, float(sys.argv[1]) if sys.argv[1:] else None), answers)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        # A thread waits for standard input. Python would crash on it at its regular end, and the
        # crash would hide the reason.
        os._exit(1)


if __name__ == "__main__":
    main()
