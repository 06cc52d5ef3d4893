"""One task of a cohort on a worker of a Dask cluster: the only function that workers run.

Orders and answers are plain dictionaries. Networks stay loaded in the engine of the worker from
task to task. This module imports Dask only when it works.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from HermesLib import __version__
from HermesLib.cohorts.cohort import NAMES
from HermesLib.cohorts.row import Row, State
from HermesLib.cohorts.task import Task
from HermesLib.cohorts.task_run import run_task
from HermesLib.engine.client import Engine, worker_command
from HermesLib.engine.client import State as EngineState
from HermesLib.engine.messages import NO_RUN, Failed, FellBack, Message, read_request, request_frame
from HermesLib.engine.wire import Frame
from HermesLib.errors import HermesError
from HermesLib.guides.registry import split_spec
from HermesLib.runs.request import RunRequest
from HermesLib.runs.serialization import from_plain, to_plain

#: What an event of a worker says.
STARTED, PROGRESS, FELL_BACK, STOPPED = "started", "progress", "fell back", "stopped"
#: Fields that name a bundled resource or a file; names of resources have no suffix.
_NAMES_OR_FILES = ("preset", "quality", "weights", "judge_weights")
#: An engine without a task ends after this time, seconds: the worker may be somebody else's.
_IDLE = 120.0
#: Makes glibc give freed memory back to the system at once.
_TRIM = "MALLOC_TRIM_THRESHOLD_"
#: How often a worker asks whether its task is still wanted, seconds.
_ASK = 0.3


def order_of(
    task: Task, folder: Path, request: RunRequest, topic: str, place: int, pause: float
) -> dict[str, Any]:
    """What a worker needs to know to do a task.

    Args:
        task: the volume.
        folder: for its results.
        request: what to ask the engine for.
        topic: of the events.
        place: of the task in the cohort; stands for its name in events and in Dask's own logs.
        pause: between two events of progress, seconds.

    Raises:
        HermesError: a file that the request names is missing.
    """
    return {
        "hermes": __version__,
        "task": {"name": task.name, "note": task.note},
        "folder": str(folder.absolute()),
        "request": request_frame(NO_RUN, _with_whole_paths(request)).fields,
        "topic": topic,
        "place": place,
        "pause": pause,
    }


def row_of(answer: Mapping[str, Any]) -> Row:
    """The row in a worker's answer."""
    row: Row = from_plain(Row, answer["row"], {})
    return row


def work_on(order: Mapping[str, Any]) -> dict[str, Any]:
    """Do one task on a worker of a cluster.

    Returns:
        ``row``, how the task has ended, and ``details``, the traceback where the program is at
        fault. Nothing is raised: Dask would write the arguments to its log.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def say(what: str, words: str = "", **more: Any) -> None:
        event = {"place": order["place"], "what": what, "words": words, **more}
        worker.log_event(order["topic"], event)

    say(STARTED)
    is_cancelled = _withdrawn(worker, key)
    answer = _answer(order, say, is_cancelled)
    if is_cancelled():
        # Nobody receives the result of a task that is not wanted any more.
        say(STOPPED, row=answer["row"])
    return answer


class _Engines:
    """The idle engines of this process: one for each thread that has ever worked."""

    def __init__(self) -> None:
        self._idle: list[Engine] = []
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[Engine]:
        with self._lock:
            engine = self._idle.pop() if self._idle else _new_engine()
        try:
            yield engine
        finally:
            if engine.state is not EngineState.IDLE:
                engine.close()
            with self._lock:
                self._idle.append(engine)


def _new_engine() -> Engine:
    """An engine that keeps freed memory for the next layer of a network.

    Dask lets its workers give it back at once, and an engine would inherit that: it doubled the
    time of a volume. What a user has set otherwise stays.
    """
    import dask

    dasks_own = dask.config.get(f"distributed.nanny.pre-spawn-environ.{_TRIM}", None)
    if os.environ.get(_TRIM) == str(dasks_own):
        del os.environ[_TRIM]
    return Engine(worker_command(idle=_IDLE))


_engines = _Engines()


def _answer(
    order: Mapping[str, Any], say: Callable[..., None], is_cancelled: Callable[[], bool]
) -> dict[str, Any]:
    task = Task(order["task"]["name"], None, note=order["task"]["note"])
    details = ""
    latest = time.monotonic()

    def on_message(message: Message, row: Row) -> None:
        nonlocal details, latest
        if isinstance(message, Failed):
            details = message.details
        elif isinstance(message, FellBack):
            say(FELL_BACK, message.message)
        elif time.monotonic() > latest + order["pause"]:
            latest = time.monotonic()
            say(PROGRESS, row.reason)

    try:
        folder = Path(order["folder"])
        _require_same(order, folder)
        request = read_request(Frame(order["request"]))
        assert isinstance(request, RunRequest)
        with _engines.one() as engine:
            row = run_task(task, folder, lambda task: request, engine, on_message, is_cancelled)
    except Exception as error:
        words = str(error) if isinstance(error, HermesError) else f"{type(error).__name__}: {error}"
        row = Row(task.name).in_state(State.FAILED, words)
    # Through JSON: no class of HERMES travels.
    return {"row": json.loads(json.dumps(to_plain(Row, row, {}))), "details": details}


def _require_same(order: Mapping[str, Any], folder: Path) -> None:
    """Refuse work that would end elsewhere, or differently.

    Raises:
        HermesError: another version of HERMES; the folder of the results is not there.
    """
    if order["hermes"] != __version__:
        raise HermesError(
            f"worker {socket.gethostname()} has HERMES {__version__}, and the cohort was started"
            f" with {order['hermes']}; install the same version"
        )
    if not (folder.parent / NAMES[0]).is_file():
        raise HermesError(
            f"worker {socket.gethostname()} does not see the folder of the results; workers need"
            " the same file system, with the same paths"
        )


def _withdrawn(worker: Any, key: Any) -> Callable[[], bool]:
    """Whether nobody wants the task any more: cancelled, its client gone, its worker closing."""
    from distributed.core import Status

    asked, withdrawn = time.monotonic(), False

    def is_cancelled() -> bool:
        nonlocal asked, withdrawn
        now = time.monotonic()
        if not withdrawn and now > asked + _ASK:
            asked = now
            task = worker.state.tasks.get(key)
            closing = worker.status in (Status.closing, Status.closed, Status.failed)
            withdrawn = closing or task is None or task.state == "cancelled"
        return withdrawn

    return is_cancelled


def _with_whole_paths(request: RunRequest) -> RunRequest:
    """The request with absolute paths: a worker may have started in another folder."""
    changes: dict[str, Any] = {}
    for field in fields(request):
        value = getattr(request, field.name)
        if isinstance(value, Path):
            changes[field.name] = value.absolute()
        elif field.name in _NAMES_OR_FILES and value is not None:
            path = Path(value)
            if path.suffix and path.is_file():
                changes[field.name] = str(path.absolute())
    if request.guide is not None:
        entry, guide = split_spec(request.guide)
        if guide is not None:
            changes["guide"] = f"{entry.name}:{guide.absolute()}"
    return replace(request, **changes)
