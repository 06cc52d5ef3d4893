"""The engine's own process: ``python -m HermesLib.engine.worker``. It answers requests on its standard input until that ends.

It keeps its networks between runs. Frames leave by what was its standard output; whatever libraries print goes to standard error, so
that nobody's text gets between the frames.
"""

import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from HermesLib.engine.messages import (
    Cancelled,
    Failed,
    Finished,
    Message,
    Opened,
    Ready,
    message_frame,
    read_request,
)
from HermesLib.engine.wire import Frame, read_frame, write_frame

if TYPE_CHECKING:
    from HermesLib.runs.model_cache import ModelCache

#: Of a run that is none: messages about the engine itself.
NO_RUN = 0


class _Commands:
    """What comes in, read beside the work: requests wait in a row, ``cancel`` counts at once, and the end of input ends the process."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self._waiting: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Frame:
        """Wait for the next request."""
        return self._waiting.get()

    def cancelled(self, run: int) -> bool:
        """Whether the user has ended this run."""
        return run in self._cancelled

    def _read(self) -> None:
        while frame := read_frame(self._stream):
            if frame.fields["kind"] == "cancel":
                self._cancelled.add(frame.fields["run"])
            else:
                self._waiting.put(frame)
        # Whoever started this process is gone: there is nobody left to answer.
        os._exit(0)


def serve(commands: _Commands, answers: BinaryIO) -> None:
    """Load the libraries, say so, and answer one request after the other."""
    ready = _ready()
    from HermesLib.runs.model_cache import ModelCache

    networks = ModelCache()
    write_frame(answers, message_frame(NO_RUN, ready))
    while True:
        frame = commands.next()
        run = frame.fields["run"]

        def tell(message: Message, run: int = run) -> None:
            write_frame(answers, message_frame(run, message))

        _answer(frame, run, networks, commands, tell)


def _ready() -> Ready:
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Ready(torch.cuda.get_device_name(), int(free))
    return Ready("CPU", None)


def _answer(
    frame: Frame, run: int, networks: "ModelCache", commands: _Commands, tell: "_Tell"
) -> None:
    import torch

    from HermesLib.errors import HermesError
    from HermesLib.refinement.history import History
    from HermesLib.runs.run import OpenRun, open_run

    opened: OpenRun | None = None
    history: History | None = None

    def report_so_far() -> dict | None:
        return (
            opened.report(history.results()) if opened is not None and history is not None else None
        )

    try:
        request = read_request(frame)
        opened = open_run(request, networks)
        history = History(request.settings.keep)
        volume = opened.case.volume
        tell(Opened(tuple(opened.case.indices), volume.array.shape, volume.axes, opened.unfamiliar))
        for event in opened.events:
            if commands.cancelled(run):
                break
            history.add(event)
            tell(event)
        results = history.results()
        report = opened.report(results)
        cancelled = commands.cancelled(run)
        if not cancelled and frame.fields["into"] is not None:
            opened.write(Path(frame.fields["into"]), results, report)
        tell(Cancelled(report) if cancelled else Finished(report))
    except HermesError as error:
        tell(Failed(str(error), report_so_far()))
    except (torch.OutOfMemoryError, MemoryError):
        tell(Failed(_OUT_OF_MEMORY, report_so_far()))
        networks.forget()
    except RuntimeError as error:
        # PyTorch has no type of its own for a CPU that is out of memory.
        if "can't allocate memory" in str(error) or "not enough memory" in str(error):
            tell(Failed(_OUT_OF_MEMORY, report_so_far()))
            networks.forget()
        else:
            _unexpected(error, tell, report_so_far())
    except OSError as error:
        where = f": {Path(error.filename).name}" if error.filename else ""
        tell(Failed(f"{error.strerror or error}{where}", report_so_far()))
    except Exception as error:
        _unexpected(error, tell, report_so_far())


_OUT_OF_MEMORY = "the device ran out of memory; choose fewer slices or the CPU"


def _unexpected(error: Exception, tell: "_Tell", report: dict | None) -> None:
    tell(
        Failed(
            f"an unexpected error in the engine: {type(error).__name__}: {error}",
            report,
            traceback.format_exc(),
        )
    )


if TYPE_CHECKING:
    from collections.abc import Callable

    _Tell = Callable[[Message], None]


def main() -> None:
    """Keep the pipe for frames, send everything else to standard error, and serve."""
    # Control-C on a terminal reaches every process there; ending the run is for the one that the user started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(_Commands(sys.stdin.buffer), answers)


if __name__ == "__main__":
    main()
