"""The engine's own process, ``python -m HermesLib.engine.worker``: serves requests from stdin.

It keeps its networks between runs. Frames leave through the original standard output. Whatever
libraries print goes to standard error, so that no text gets between the frames.
"""

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from HermesLib.engine.messages import (
    NO_RUN,
    Cancelled,
    Failed,
    Finished,
    Message,
    Opened,
    Ready,
    message_frame,
    read_request,
    requested_output,
)
from HermesLib.engine.wire import Frame, read_frame, write_frame

if TYPE_CHECKING:
    from HermesLib.refinement.events import Iteration
    from HermesLib.runs.model_cache import ModelCache
    from HermesLib.runs.run import OpenRun

Send = Callable[[Message], None]


class _Commands:
    """Incoming frames, read on a thread of their own.

    Requests wait in a queue, ``cancel`` takes effect at once, the end of input ends the process.
    """

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self._waiting: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Frame:
        """Wait for the next request."""
        return self._waiting.get()

    def is_cancelled(self, run: int) -> bool:
        """Whether the user has cancelled this run."""
        return run in self._cancelled

    def _read(self) -> None:
        while frame := read_frame(self._stream):
            if frame.fields["kind"] == "cancel":
                self._cancelled.add(frame.fields["run"])
            else:
                self._waiting.put(frame)
        # The parent process is gone: nobody reads the answers.
        os._exit(0)


def serve(commands: _Commands, answers: BinaryIO) -> None:
    """Load the libraries, report ready, and serve one request after the other."""
    # The run's module loads all libraries, so that the first run need not wait for them.
    import_module("HermesLib.runs.run")
    from HermesLib.runs.model_cache import ModelCache

    cache = ModelCache()
    write_frame(answers, message_frame(NO_RUN, _ready()))
    while True:
        frame = commands.next()
        number = frame.fields["run"]

        def send(message: Message, number: int = number) -> None:
            write_frame(answers, message_frame(number, message))

        _serve_request(frame, cache, commands, send)


def _ready() -> Ready:
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Ready(torch.cuda.get_device_name(), int(free))
    return Ready("CPU", None)


def _serve_request(frame: Frame, cache: "ModelCache", commands: _Commands, send: Send) -> None:
    from HermesLib.errors import HermesError
    from HermesLib.runs.run import Run

    number = frame.fields["run"]
    run: Run | None = None

    def report_so_far() -> dict | None:
        return None if run is None else run.report_so_far()

    def send_opened(opened: "OpenRun") -> None:
        volume = opened.inputs.volume
        indices = tuple(opened.inputs.indices)
        send(Opened(indices, volume.array.shape, volume.axes, opened.out_of_distribution))

    def send_event(event: "Iteration") -> None:
        send(event if request.send_masks else event.without_arrays())

    try:
        request = read_request(frame)
        run = Run(request, cache)
        outcome = run.execute(
            output=requested_output(frame),
            on_opened=send_opened,
            on_event=send_event,
            is_cancelled=lambda: commands.is_cancelled(number),
        )
        send(Cancelled(outcome.report) if outcome.cancelled else Finished(outcome.report))
    except HermesError as error:
        send(Failed(str(error), report_so_far()))
    except OSError as error:
        name = f": {Path(error.filename).name}" if error.filename else ""
        send(Failed(f"{error.strerror or error}{name}", report_so_far()))
    except Exception as error:
        line = f"an unexpected error in the engine: {type(error).__name__}: {error}"
        send(Failed(line, report_so_far(), traceback.format_exc()))


def main() -> None:
    """Keep the pipe for frames, send everything else to standard error, and serve."""
    # Control-C on a terminal reaches every process of its group. The client decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(_Commands(sys.stdin.buffer), answers)


if __name__ == "__main__":
    main()
