"""A cohort: tasks one after the other through one engine, with a table of how they stand.

A command and a user interface take turns (:meth:`Cohort.turn`); neither waits for a whole task.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.cohorts.page import page_html
from HermesLib.cohorts.result_folder import finished_report
from HermesLib.cohorts.row import Row, State
from HermesLib.cohorts.table import csv_text, json_text
from HermesLib.cohorts.task import Task
from HermesLib.cohorts.task_run import TaskRun
from HermesLib.engine.client import Engine
from HermesLib.engine.client import State as EngineState
from HermesLib.engine.messages import Cancelled, Message
from HermesLib.io.whole_file import write_whole
from HermesLib.runs.request import RunRequest

NAMES = ("cohort.csv", "cohort.json", "cohort.html")


class Cohort:
    """Tasks and their rows.

    Args:
        tasks: with names of their own.
        output: folder for the results, one folder a task, and the table.
        make_request: what to ask the engine for; see :class:`HermesLib.cohorts.task_run.TaskRun`.
        settings: what all runs have in common, for the table.
        called: what a task is, in the singular.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        output: Path,
        make_request: Callable[[Task], RunRequest],
        settings: dict[str, Any] | None = None,
        called: str = "volume",
    ) -> None:
        self.tasks = {task.name: task for task in tasks}
        self.output = output
        self.rows = {task.name: Row(task.name) for task in tasks}
        self.make_request = make_request
        self._settings = settings or {}
        self.called = called
        self._run: TaskRun | None = None

    @property
    def running(self) -> str | None:
        """Name of the task in progress; None between two."""
        return None if self._run is None else self._run.task.name

    @property
    def done(self) -> bool:
        """Whether every task has ended."""
        return all(row.ended for row in self.rows.values())

    def folder(self, name: str) -> Path:
        """The folder of a task's results."""
        return self.output / name

    def take_finished(self) -> None:
        """Take the results that are in the folders, whatever they follow from; run nothing."""
        for name in self.rows:
            report = finished_report(self.folder(name))
            if report is not None:
                self.set_row(replace(Row.of_report(name, report), earlier=True))

    def turn(self, engine: Engine, wait: float = 0.0) -> list[Message]:
        """Take the messages of the task in progress, or start the next one.

        Args:
            engine: of nobody else while the cohort is not done.
            wait: for messages, seconds at most.

        Returns:
            The messages taken, for a progress bar.

        Raises:
            HermesError, OSError: the table cannot be written.
        """
        if self._run is None:
            self._start_next(engine)
            return []
        messages = engine.poll(wait)
        run = self._run
        for message in messages:
            self.set_row(run.take(message))
            if run.row.ended:
                self._run = None
                self.write()
        return messages

    def cancel(self, name: str, engine: Engine) -> None:
        """Cancel one task; what has ended stays as it is."""
        if name == self.running:
            engine.cancel()
        elif self.rows[name].state is State.WAITING:
            self.set_row(self.rows[name].in_state(State.CANCELLED))

    def cancel_all(self, engine: Engine) -> None:
        """Cancel every task that has not ended."""
        for name in self.rows:
            self.cancel(name, engine)

    def drop(self) -> None:
        """Forget the task in progress, whose engine is closed; its results are not kept."""
        if self._run is not None:
            self.set_row(self._run.take(Cancelled(None)))
            self._run = None

    def again(self, name: str) -> None:
        """Let a task that has failed or was cancelled wait for its turn again."""
        if self.rows[name].state in (State.FAILED, State.CANCELLED):
            self.set_row(Row(name))

    def write(self) -> None:
        """Write the table and the page into the output folder.

        Raises:
            HermesError, OSError: they cannot be written.
        """
        self.output.mkdir(parents=True, exist_ok=True)
        rows = list(self.rows.values())
        page = page_html(rows, self._settings, self.called)
        texts = csv_text(rows), json_text(rows, self._settings), page
        for name, text in zip(NAMES, texts, strict=True):
            write_whole(self.output / name, text)

    def _start_next(self, engine: Engine) -> None:
        if engine.state is not EngineState.IDLE:
            return
        name = next((n for n, row in self.rows.items() if row.state is State.WAITING), None)
        if name is None:
            return
        run = TaskRun(self.tasks[name], self.folder(name), self.make_request)
        self.set_row(run.start(engine))
        if run.row.ended:
            self.write()
        else:
            self._run = run

    def set_row(self, row: Row) -> None:
        """Take over how a task stands, from whoever works on it."""
        self.rows[row.name] = row
