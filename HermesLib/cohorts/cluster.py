"""A cohort on the workers of a Dask cluster: one volume a task, the same rows, table and page.

What is one after the other through one engine in :class:`HermesLib.cohorts.cohort.Cohort` is side
by side here. The tasks, their order, their folders and their results are the same.
"""

import queue
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from HermesLib.cohorts.cluster_task import (
    FELL_BACK,
    PROGRESS,
    STARTED,
    STOPPED,
    order_of,
    row_of,
    work_on,
)
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import State
from HermesLib.engine.messages import Failed, FellBack, Message
from HermesLib.errors import DEFECT, ComputerError, HermesError

#: How often a volume is tried whose worker has ended.
TRIES = 2
#: How often a volume is handed out again that was only near a worker that ended.
_HANDED_OUT = 5
#: How long cancelled tasks may take to clean up, seconds.
_CANCEL = 10.0
#: The least time between two events of progress of a volume, seconds, and how many volumes may
#: then send one event a second each.
_PAUSE, _TALKERS = 0.5, 25
#: The table is written at most so often, seconds, and for at most this share of the time.
_WRITE_PAUSE, _WRITE_SHARE = 1.0, 0.02
#: After this time without a worker a line says so, seconds.
_NO_WORKER = 15.0


class ClusterRun:
    """Works off the waiting tasks of a cohort; a command takes turns as with the cohort itself.

    Args:
        cohort: its rows are kept up to date.
        client: ``distributed.Client`` of the cluster.
        tried: how often a volume is tried whose worker has ended.
        work: what workers run; a benchmark gives another function.
    """

    def __init__(
        self,
        cohort: Cohort,
        client: Any,
        tried: int = TRIES,
        work: Callable[[Mapping[str, Any]], Any] = work_on,
    ) -> None:
        self._cohort, self._client, self._tried, self._work = cohort, client, tried, work
        self._names = list(cohort.rows)
        self._topic = f"hermes-{secrets.token_hex(8)}"
        self._arrived: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}
        self._starts: dict[int, int] = {}
        self._handed_out: dict[int, int] = {}
        self._cancelled_at: float | None = None
        self._began = time.monotonic()
        self._asked_for_workers = False
        self._written, self._writing, self._changed = 0.0, 0.0, False
        workers = max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
        self._pause = max(_PAUSE, workers / _TALKERS)
        client.subscribe_topic(self._topic, self._hear)
        for place, name in enumerate(self._names):
            if cohort.rows[name].state is State.WAITING:
                self._hand_out(place)

    @property
    def done(self) -> bool:
        """Whether every task has ended."""
        return self._cohort.done

    def turn(self, wait: float = 0.0) -> list[tuple[str, Message]]:
        """Take what has arrived from the workers.

        Args:
            wait: for the first of it, seconds at most.

        Returns:
            What must be said of which volume.

        Raises:
            ComputerError: the scheduler is lost.
            HermesError, OSError: the table cannot be written.
        """
        said: list[tuple[str, Message]] = []
        ended: list[int] = []
        try:
            while True:
                kind, what = self._arrived.get(wait > 0, wait)
                wait = 0.0
                if kind == "future":
                    place, future = what
                    if self._futures.get(place) is future:
                        ended.append(place)
                else:
                    said += self._take_event(what)
        except queue.Empty:
            pass
        said += self._take_ended(ended)
        if self._cancelled_at is None:
            said += self._watch()
        elif time.monotonic() > self._cancelled_at + _CANCEL:
            self._give_up_waiting()
        self._write()
        return said

    def cancel(self) -> None:
        """Cancel every task that has not ended; those in progress clean up first."""
        self._cancelled_at = time.monotonic()
        for place, name in enumerate(self._names):
            if self._cohort.rows[name].state is State.WAITING:
                self._end(place, State.CANCELLED)
        if self._futures:
            self._client.cancel(list(self._futures.values()), force=True)

    def close(self) -> None:
        """Listen no more."""
        self._client.unsubscribe_topic(self._topic)

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Runs in the client's own thread."""
        self._arrived.put(("event", event[1]))

    def _hand_out(self, place: int) -> None:
        """Give a task to the cluster; one that cannot be done fails at once."""
        name = self._names[place]
        task = self._cohort.tasks[name]
        try:
            if task.problem:
                raise HermesError(task.problem)
            request = self._cohort.make_request(task)
            folder = self._cohort.folder(name)
            order = order_of(task, folder, request, self._topic, place, self._pause)
        except (HermesError, OSError) as error:
            self._end(place, State.FAILED, str(error))
            return
        times = self._handed_out.get(place, 0) + 1
        self._handed_out[place] = times
        # The key is in Dask's logs: no name of a file, which may be a patient's.
        key = f"{self._topic}-{place}-{times}"
        future = self._client.submit(self._work, order, key=key, pure=False)
        self._futures[place] = future
        future.add_done_callback(lambda done: self._arrived.put(("future", (place, done))))

    def _take_event(self, event: Mapping[str, Any]) -> list[tuple[str, Message]]:
        place, words = event["place"], event["words"]
        name = self._names[place]
        row = self._cohort.rows[name]
        if row.ended:
            return []
        match event["what"]:
            case str(what) if what == STARTED:
                self._starts[place] = self._starts.get(place, 0) + 1
                if self._starts[place] > self._tried:
                    self._client.cancel([self._futures[place]], force=True)
                    self._fail_for_worker(place)
                elif self._cancelled_at is None:
                    self._cohort.set_row(row.in_state(State.RUNNING))
                    if self._starts[place] > 1:
                        return [(name, FellBack("the worker has ended; the volume is tried again"))]
            case str(what) if what == PROGRESS:
                self._cohort.set_row(row.in_state(State.RUNNING, words))
            case str(what) if what == FELL_BACK:
                return [(name, FellBack(words))]
            case str(what) if what == STOPPED and self._cancelled_at is not None:
                self._take_row(place, event)
        return []

    def _take_ended(self, places: list[int]) -> list[tuple[str, Message]]:
        if not places:
            # Gathering nothing asks the scheduler all the same.
            return []
        said: list[tuple[str, Message]] = []
        futures = {place: self._futures[place] for place in places}
        good = {place: one for place, one in futures.items() if one.status == "finished"}
        answers = dict(zip(good, self._client.gather(list(good.values())), strict=True))
        for place, future in futures.items():
            name = self._names[place]
            if place in answers:
                self._take_row(place, answers[place])
                if details := answers[place]["details"]:
                    said.append((name, Failed(self._cohort.rows[name].reason, None, details)))
            elif future.status == "error":
                said += self._take_error(place, future.exception())
            elif self._cancelled_at is None and not self._cohort.rows[name].ended:
                raise ComputerError(
                    "the connection to the Dask scheduler was lost; the same command goes on where"
                    " it was"
                )
        return said

    def _take_row(self, place: int, answer: Mapping[str, Any]) -> None:
        self._cohort.set_row(row_of(answer))
        self._forget(place)

    def _take_error(self, place: int, error: BaseException) -> list[tuple[str, Message]]:
        """What a task ends with where its function has not: lost workers, another installation."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            # Dask blames every task that the worker had been given, also those that only waited.
            starts, handed_out = self._starts.get(place, 0), self._handed_out[place]
            if starts < self._tried and handed_out < _HANDED_OUT:
                self._hand_out(place)
            else:
                self._fail_for_worker(place)
            return []
        words = f"{type(error).__name__}: {error}"
        if isinstance(error, ImportError) and "HermesLib" in words:
            words = "the worker lacks HERMES; install the same version there"
        self._end(place, State.FAILED, words)
        return [(self._names[place], Failed(words, None, exit_code=DEFECT))]

    def _fail_for_worker(self, place: int) -> None:
        self._end(
            place,
            State.FAILED,
            f"the worker ended {self._tried} times on this volume; memory may have run out: fewer"
            " workers, or more memory for each",
        )

    def _end(self, place: int, state: State, reason: str = "") -> None:
        name = self._names[place]
        self._cohort.set_row(self._cohort.rows[name].in_state(state, reason))
        self._forget(place)

    def _forget(self, place: int) -> None:
        if self._cancelled_at is None:
            self._futures.pop(place, None)
        self._changed = True

    def _give_up_waiting(self) -> None:
        for place, name in enumerate(self._names):
            if not self._cohort.rows[name].ended:
                self._end(place, State.CANCELLED)

    def _watch(self) -> list[tuple[str, Message]]:
        """Say once that nothing can begin."""
        if self._starts or self._asked_for_workers or self.done:
            return []
        if time.monotonic() < self._began + _NO_WORKER:
            return []
        self._asked_for_workers = True
        if self._client.scheduler_info(n_workers=-1)["workers"]:
            return []
        return [("cluster", FellBack("no worker yet; the cohort waits for one"))]

    def _write(self) -> None:
        """Write the table if it has changed, but not all the time, as it may be long."""
        now = time.monotonic()
        pause = max(_WRITE_PAUSE, self._writing / _WRITE_SHARE)
        if self._changed and (self.done or now > self._written + pause):
            self._cohort.write()
            self._changed = False
            self._written = time.monotonic()
            self._writing = self._written - now
