"""The panel: puts the sections together and starts runs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _

from HermesLib.prompts.types import Prompt
from HermesSegmentLib import slice_views
from HermesSegmentLib.coloured_text import ERROR_STYLE
from HermesSegmentLib.export_section import ExportSection
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.inputs_section import InputsSection
from HermesSegmentLib.judge_section import JudgeSection
from HermesSegmentLib.queue_section import QueueSection
from HermesSegmentLib.request import Start
from HermesSegmentLib.review import Review
from HermesSegmentLib.review_section import ReviewSection
from HermesSegmentLib.run_control import Engine, RunControl
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.run_starts import start_again, start_judging, start_segmenting
from HermesSegmentLib.setup_section import SetupSection
from HermesSegmentLib.shortcuts import Shortcuts, legend
from HermesSegmentLib.terms import accept_terms
from HermesSegmentLib.views_section import ViewsSection


class Panel:
    """Everything below the module's title.

    Args:
        ui: the widgets of the .ui file by name.
        parent: the widget that owns them.
        engine: runs the loop.
        queue_engine: works off several volumes meanwhile.
    """

    def __init__(self, ui: Any, parent: Any, engine: Engine, queue_engine: Engine) -> None:
        self.ui = ui
        self.parameters: Any = None
        self.control = RunControl(engine, self._run_changed)
        self.inputs = InputsSection(ui)
        self.judging = JudgeSection(ui, self.judge)
        self.reviewing = ReviewSection(ui, self.control, self.refresh)
        self.exporting = ExportSection(ui, self.reviewing)
        self.setup = SetupSection(ui, self.control, self.inputs.list_weights)
        self.views = ViewsSection(ui, self.reviewing, self.refresh)
        self.queue = QueueSection(ui, self.reviewing, queue_engine, self.take_run, self.refresh)
        self._greying = Greying()
        self._tags: tuple[Any, int] | None = None
        self._run_id: str | None = None
        self._busy = False
        #: Whether the end of a run is still to be shown.
        self._unfinished = False
        ui.keysLabel.text = legend()
        for button, method in (
            (ui.runButton, self.run),
            (ui.sampleButton, self.try_sample),
            (ui.fromMaskButton, self.run_from_mask),
            (ui.fromPromptButton, self.run_from_prompt),
        ):
            button.connect("clicked()", method)
        self._shortcuts = Shortcuts(parent, self._method)
        self.leave()

    @property
    def review(self) -> Review | None:
        """The review of a run, if one is open."""
        return self.reviewing.review

    # Life of the module

    def enter(self) -> None:
        """The user opened the module, or came back from the Segment Editor."""
        self._shortcuts.enable(True)
        self.setup.refresh()
        self.reviewing.returned()
        self.refresh()

    def leave(self) -> None:
        """The user opened another module, which may use the same keys."""
        self._shortcuts.enable(False)

    def close(self) -> None:
        """The module is removed."""
        self.unbind()
        self._shortcuts.close()
        self.control.close()
        self.queue.close()

    def bind(self, parameters: Any) -> None:
        """Show the parameters of the scene."""
        self.unbind()
        self.parameters = parameters
        tag = parameters.connectGui(self.ui)
        self.inputs.bind(parameters)
        self.views.bind(parameters)
        self.queue.bind(parameters)
        observer = parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self.refresh())
        self._tags = tag, observer
        if parameters.volume is None:
            parameters.volume = slice_views.first_volume()
        self.refresh()

    def unbind(self) -> None:
        """Release the parameters, as when the scene closes: a run ends and writes nothing more."""
        self.queue.bind(None)
        self.control.forget_run(_("The run was ended: the scene was closed."))
        if self.parameters is not None and self._tags is not None:
            self.parameters.disconnectGui(self._tags[0])
            self.parameters.RemoveObserver(self._tags[1])
        self.parameters = None
        self._tags = None
        self._run_id = None
        self.reviewing.open(None)

    # Runs

    def run(self) -> None:
        """Start a run, or cancel the run in progress."""
        if self.control.running:
            self.control.cancel()
        else:
            with slicer.util.tryWithErrorDisplay(
                _("The run could not be started."), waitCursor=True
            ):
                self._start(self.inputs.slice_range())
        self.refresh()

    def try_sample(self) -> None:
        """Load the synthetic sample volume and run on it."""
        from HermesSegmentLib.sample import load_sample

        if not self.control.running:
            with slicer.util.tryWithErrorDisplay(
                _("The sample could not be loaded."), waitCursor=True
            ):
                self.parameters.volume = load_sample()
                self.parameters.preset = "prostate-t2"
                self.parameters.scope = "all"
                self._start(None)
        self.refresh()

    def run_from_mask(self) -> None:
        """Run the current slice again from its mask in the result, else from the mask in view."""
        if self.reviewing.ready:
            self._run_again(self.reviewing.initial_mask(), None)

    def run_from_prompt(self) -> None:
        """Run the current slice again from its prompt in the views, moved or not."""
        prompt = self.reviewing.first_prompt() if self.reviewing.ready else None
        if prompt is not None:
            self._run_again(None, prompt)

    def judge(self) -> None:
        """Judge the mask that the section *Judge a mask* names."""
        mask = self.judging.mask
        if mask is not None and not self.control.running:
            with slicer.util.tryWithErrorDisplay(
                _("The mask could not be judged."), waitCursor=True
            ):
                slices = self.inputs.slice_range()
                if accept_terms():
                    self._started(start_judging(self.parameters, self.control, mask, slices))
        self.refresh()

    def _start(self, slices: tuple[int, int] | None) -> None:
        if accept_terms():
            self._started(start_segmenting(self.parameters, self.control, slices))

    def _started(self, run: RunNodes) -> None:
        self._unfinished = True
        self.reviewing.open(None)
        self.take_run(run)
        slice_views.show_volume(run.volume)
        # What was chosen makes room for what is to be decided.
        ui = self.ui
        ui.inputsSection.collapsed = ui.loopSection.collapsed = True

    def take_run(self, run: RunNodes | None) -> None:
        """Let the scene's parameters name a run, which somebody has opened already."""
        self._run_id = None if run is None else run.node.GetID()
        self.parameters.run = None if run is None else run.node

    def _run_again(self, initial: np.ndarray | None, first_prompt: Prompt | None) -> None:
        review = self.reviewing.opened
        run, index = review.run, review.slice_index
        with slicer.util.tryWithErrorDisplay(_("The run could not be started."), waitCursor=True):
            one = (index, index + 1)
            start = Start(slices=one, initial=initial, first_prompt=first_prompt)
            start_again(self.parameters, self.control, run, start)
            review.begin_run()
            self._unfinished = True
        self.refresh()

    def _run_changed(self) -> None:
        run, running = self.control.run, self.control.running
        if run is not None and run.record.slices:
            ended = any(entry.status is not None for entry in run.record.slices.values())
            if ended and (self.review is None or self.review.run is not run):
                self.reviewing.open(run)
                # What else has changed is shown in a turn of its own.
                self.control.later(self._run_changed)
                return
            if self.review is not None and self.review.run is run:
                self.reviewing.progressed()
                if self._unfinished and not running:
                    self.reviewing.finished()
        elif self._unfinished and not running:
            self.ui.inputsSection.collapsed = False  # Nothing to decide on, much to change.
        self._unfinished = self._unfinished and running
        self.refresh()

    # What the widgets show

    def refresh(self) -> None:
        """Update every widget."""
        if self._busy or self.parameters is None:
            return
        self._busy = True
        try:
            self._follow_run()
            self.inputs.refresh()
            busy = _("a run is in progress") if self.control.running else ""
            self._refresh_run()
            self.views.refresh()
            obstacle = self.inputs.judging_obstacle or self._packages_obstacle()
            self.judging.refresh(obstacle or busy)
            self.queue.refresh(self._packages_obstacle())
            self.reviewing.refresh(self._record())
            self.exporting.refresh()
            self.setup.show_state()
        finally:
            self._busy = False

    def _follow_run(self) -> None:
        """Open the run that a loaded scene brings; close a run that was deleted."""
        node = self.parameters.run
        if self.review is not None and not self.review.run.alive:
            self.reviewing.open(None)
        run_id = node.GetID() if node is not None else None
        if run_id == self._run_id:
            return
        self._run_id = run_id
        self.reviewing.open(None)
        if node is not None and not self.control.running:
            try:
                run = RunNodes(node)
            except ValueError:
                return
            if run.alive and run.record.slices:
                self.reviewing.open(run)

    def _refresh_run(self) -> None:
        ui, running = self.ui, self.control.running
        ui.runButton.text = _("Cancel") if running else _("Run")
        ui.runButton.enabled = running or not self._run_obstacle()
        ui.runButton.toolTip = self._run_tip()
        busy = _("a run is in progress") if running else ""
        self._greying.set(ui.sampleButton, busy or self._packages_obstacle())
        for section in (ui.inputsSection, ui.loopSection):
            self._greying.set(section, busy)
        progress = self.control.progress
        ui.progressBar.setVisible(running)
        ui.progressBar.setRange(0, progress.total if progress.latest is not None else 0)
        ui.progressBar.value = progress.finished
        ui.statusLabel.text = progress.line if running else self.control.message
        ui.statusLabel.setStyleSheet(ERROR_STYLE if self.control.failed and not running else "")

    def _run_tip(self) -> str:
        ending = _("End the run; finished tries are kept") if self.control.running else ""
        return ending or self._run_obstacle() or _("Segment the selected slices")

    def _run_obstacle(self) -> str:
        return self.inputs.obstacle or self._packages_obstacle()

    def _packages_obstacle(self) -> str:
        return "" if self.setup.complete else _("Install the missing packages first (Setup)")

    def _record(self) -> RunRecord | None:
        if self.review is not None:
            return self.review.run.record
        return self.control.run.record if self.control.run is not None else None

    def _method(self, name: str) -> Callable[[], None]:
        """The method behind a key, of the panel or of a section."""
        owner = next(part for part in (self, self.views, self.reviewing) if hasattr(part, name))
        method: Callable[[], None] = getattr(owner, name)
        return method
