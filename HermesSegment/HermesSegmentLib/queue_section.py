"""The section *Several volumes*: a queue, its table, and one of its volumes under review."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesLib.cohorts.row import Row, State
from HermesSegmentLib import queue_table
from HermesSegmentLib.coloured_text import ERROR_STYLE
from HermesSegmentLib.deciding import Progress
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.open_volume import OpenVolume
from HermesSegmentLib.queue_control import QueueControl
from HermesSegmentLib.queue_inputs import Queue, QueueInputs
from HermesSegmentLib.review_section import ReviewSection
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.terms import accept_terms
from HermesSegmentLib.turns import Turns


class QueueSection:
    """Several volumes, one after the other.

    Args:
        ui: the widgets by name.
        reviewing: the Review section, which shows the volume that is open.
        engine: of the queue alone.
        take_run: lets the scene's parameters name a run that is open.
        on_change: called after everything that changes what widgets show.
    """

    def __init__(
        self,
        ui: Any,
        reviewing: ReviewSection,
        engine: Any,
        take_run: Callable[[RunNodes | None], None],
        on_change: Callable[[], None],
    ) -> None:
        self.ui, self.on_change = ui, on_change
        self.control = QueueControl(engine, self._turned)
        self.inputs = QueueInputs(ui, on_change)
        self.open_volume = OpenVolume(reviewing, take_run)
        self.queue: Queue | None = None
        self.parameters: Any = None
        #: Names in the order of the table, and the one whose row was clicked last.
        self.order: list[str] = []
        self.selected: str | None = None
        #: How far the reader is, by volume.
        self.progress: dict[str, Progress] = {}
        self._accepting = Turns(self._accept_reached, self._accepted)
        self._greying, self._obstacle = Greying(), ""
        reviewing.on_done, reviewing.leads_on = self.go_on, lambda: self.next_name is not None
        queue_table.prepare(ui.queueTable)
        ui.queueToggle.connect("toggled(bool)", lambda shown: ui.queueSection.setVisible(shown))
        for button, method in (
            (ui.queueRunButton, self.run),
            (ui.queueShowButton, self.show_results),
            (ui.queueCancelButton, self.toggle_selected),
            (ui.queueNextButton, self.go_on),
            (ui.queueAcceptButton, self.accept_everywhere),
            (ui.queueExportButton, self.export),
        ):
            button.connect("clicked()", method)
        ui.queueTable.connect("cellClicked(int,int)", lambda row, _column: self._clicked(row))

    @property
    def rows(self) -> dict[str, Row]:
        """How the volumes stand, by name."""
        return {} if self.queue is None else self.queue.cohort.rows

    @property
    def next_name(self) -> str | None:
        """The volume to look at after the one that is open, in the order of the table."""
        name = self.open_volume.name
        if name is None or name not in self.order:
            return None
        place = self.order.index(name)
        others = [*self.order[place + 1 :], *self.order[:place]]
        return next((other for other in others if self._waiting(other)), None)

    def bind(self, parameters: Any) -> None:
        """Use other parameters; without any, the scene closes: what is decided is kept."""
        self.parameters = parameters
        if parameters is not None:
            return
        with slicer.util.tryWithErrorDisplay(_("The decisions could not be kept.")):
            self._save()
        self.open_volume.forget()
        if self.queue is not None and self.queue.nodes:
            # Its volumes go with the scene.
            self._take(None)

    def close(self) -> None:
        """The module is removed."""
        self._accepting.stop()
        self.control.close()
        self.inputs.close()

    def run(self) -> None:
        """Work off the volumes, or cancel those that have not ended."""
        if self.control.running:
            self.control.cancel_all()
            return
        with slicer.util.tryWithErrorDisplay(_("The queue could not be started."), waitCursor=True):
            if accept_terms():
                self._take(self.inputs.make(self.parameters))
                self.control.start()
                ui = self.ui
                ui.inputsSection.collapsed = ui.loopSection.collapsed = True
        self.on_change()

    def show_results(self) -> None:
        """Show the results that are in the output folder; run nothing."""
        with slicer.util.tryWithErrorDisplay(_("The results could not be shown."), waitCursor=True):
            self._take(self.inputs.make(self.parameters))
            assert self.queue is not None
            self.queue.cohort.take_finished()
            self.order = queue_table.table_order([], self.rows, working=False)
        self.on_change()

    def toggle_selected(self) -> None:
        """Cancel the selected volume, or run it again."""
        if self.selected is not None and self.selected != self.open_volume.name:
            self.control.toggle(self.selected)

    def open(self, name: str) -> None:
        """Bring a finished volume and its run into the views; the one before leaves the scene."""
        assert self.queue is not None
        if name == self.open_volume.name and self.open_volume.in_review:
            return
        with slicer.util.tryWithErrorDisplay(_("The volume could not be opened."), waitCursor=True):
            self.leave()
            cohort, node = self.queue.cohort, self.queue.nodes.get(name)
            self.open_volume.open(name, cohort.folder(name), cohort.tasks[name].image, node)
        self.on_change()

    def leave(self) -> None:
        """Keep what is decided on the volume that is open, and take it out of the scene.

        Raises:
            HermesError, OSError, RuntimeError: the decisions cannot be kept; it stays open then.
        """
        self._save()
        self.open_volume.remove()

    def go_on(self) -> None:
        """Open the next volume that needs a look."""
        name = self.next_name
        if name is not None:
            self.selected = name
            self.open(name)

    def accept_everywhere(self) -> None:
        """Accept all slices that need no look, in all volumes; one volume a turn."""
        names = [name for name, row in self.rows.items() if row.state is State.FINISHED]
        self._accepting.start(names)

    def export(self) -> None:
        """Copy the accepted masks of all volumes to a folder that the user names."""
        path = qt.QFileDialog.getExistingDirectory(None, _("Folder for the accepted masks"))
        if not path or self.queue is None:
            return
        from HermesSegmentLib.queue_export import export_accepted

        with slicer.util.tryWithErrorDisplay(_("The export failed."), waitCursor=True):
            self._save()
            cohort = self.queue.cohort
            count = export_accepted(cohort, self.progress, self.order, Path(path))
            words = _("Masks of {count} volumes exported to {folder}")
            self._say(words.format(count=count, folder=Path(path).name))
        self.on_change()

    def refresh(self, obstacle: str) -> None:
        """Update the section's widgets.

        Args:
            obstacle: why nothing can be run; empty if it can.
        """
        ui, rows, running = self.ui, self.rows, self.control.running
        self._obstacle = obstacle
        self.inputs.refresh(self.parameters)
        for name in [n for n in self.progress if rows[n].state is not State.FINISHED]:
            # It is run again: what was decided says nothing about its new masks.
            del self.progress[name]
        if not self.open_volume.alive:
            self.open_volume.forget()
        elif self.open_volume.name is not None:
            self.progress[self.open_volume.name] = self.open_volume.progress
        working = self.open_volume.name is not None
        self.order = queue_table.table_order(self.order, rows, working)
        current = self.open_volume.name or self.selected
        queue_table.fill(ui.queueTable, self.order, rows, self.progress, current)
        self._refresh_buttons(obstacle, running)
        for part in ("Table", "Note", "CancelButton", "NextButton", "AcceptButton", "ExportButton"):
            getattr(ui, f"queue{part}").setVisible(bool(rows))
        ui.queueNote.text = self._note()
        failed = self.control.failed or bool(self.open_volume.trouble)
        ui.queueNote.setStyleSheet(ERROR_STYLE if failed else "")

    def _turned(self) -> None:
        """A volume has gone on: nothing else on the panel depends on it."""
        if self.parameters is not None:
            self.refresh(self._obstacle)

    def _start_obstacle(self) -> str:
        return self.inputs.start_obstacle(self.parameters) if self.parameters else ""

    def _refresh_buttons(self, obstacle: str, running: bool) -> None:
        ui, grey = self.ui, self._greying
        ui.queueRunButton.text = _("Cancel all") if running else _("Run all")
        grey.set(ui.queueRunButton, "" if running else obstacle or self._start_obstacle())
        grey.set(ui.queueShowButton, _("the queue is at work") if running else self.inputs.obstacle)
        row = self.rows.get(self.selected or "")
        again = row is not None and row.state in (State.FAILED, State.CANCELLED)
        ui.queueCancelButton.text = _("Run again") if again else _("Cancel this one")
        nothing = _("select a volume that waits, runs, has failed or was cancelled")
        usable = row is not None and row.state is not State.FINISHED
        grey.set(ui.queueCancelButton, "" if usable else nothing)
        opened = self.open_volume.name is not None
        no_next = _("no other volume needs a look") if opened else _("open one first")
        grey.set(ui.queueNextButton, "" if self.next_name else no_next)
        finished = any(row.state is State.FINISHED for row in self.rows.values())
        grey.set(ui.queueAcceptButton, "" if finished else _("no volume is finished"))
        accepted = any(done.accepted for done in self.progress.values())
        grey.set(ui.queueExportButton, "" if accepted else _("accept slices first"))

    def _note(self) -> str:
        if self.open_volume.trouble or self.control.message:
            return self.open_volume.trouble or self.control.message
        row = self.rows.get(self.selected or "")
        if row is not None and row.state is not State.FINISHED and row.reason:
            return f"{row.name}: {row.reason}"
        if not self.rows or self.queue is None:
            return ""
        waiting = {name: self._waiting(name) for name in self.rows}
        words = queue_table.summary(self.rows, waiting)
        where = self.queue.cohort.output
        temporary = not self.inputs.from_folder and not self.ui.queueOutputEdit.text.strip()
        place = _("kept until Slicer closes") if temporary else where.name
        return words + ". " + _("Results:") + f" {place}"

    def _waiting(self, name: str) -> int:
        """How many slices of a finished volume still need a look."""
        row = self.rows[name]
        if row.state is not State.FINISHED:
            return 0
        return self.progress[name].waiting if name in self.progress else row.look

    def _clicked(self, place: int) -> None:
        if place < len(self.order):
            self.selected = self.order[place]
            if self.rows[self.selected].state is State.FINISHED:
                self.open(self.selected)
            else:
                self.on_change()

    def _accept_reached(self, name: str) -> None:
        """Accept the slices of one volume that need no look."""
        if self.queue is None or name not in self.rows:
            return
        with slicer.util.tryWithErrorDisplay(_("The slices could not be accepted.")):
            if name == self.open_volume.name and self.open_volume.in_review:
                self.open_volume.accept_reached()
            else:
                from HermesSegmentLib.unsaved_review import accept_reached

                self.progress[name] = accept_reached(self.queue.cohort.folder(name))

    def _accepted(self) -> None:
        count = sum(done.accepted for done in self.progress.values())
        self._say(_("{count} slices are accepted in all").format(count=count))
        self.on_change()

    def _take(self, queue: Queue | None) -> None:
        """Have another queue, or none."""
        self.control.stop()
        if self.open_volume.alive:
            self.leave()
        self.queue, self.order, self.selected, self.progress = queue, [], None, {}
        self.control.cohort = None
        if queue is not None:
            from HermesSegmentLib.unsaved_review import stored_progress

            self.control.take(queue.cohort)
            for name in queue.cohort.rows:
                done = stored_progress(queue.cohort.folder(name))
                if done is not None:
                    self.progress[name] = done

    def _save(self) -> None:
        if self.queue is not None and self.open_volume.name is not None:
            self.open_volume.save(self.queue.cohort.folder(self.open_volume.name))

    def _say(self, text: str) -> None:
        self.control.message, self.control.failed = text, False
