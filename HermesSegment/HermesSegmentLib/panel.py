"""The panel: its sections, and the runs they start. The work is done elsewhere; here it is put together."""

from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _

from HermesSegmentLib import slicer_app
from HermesSegmentLib.export_section import ExportSection
from HermesSegmentLib.inputs_section import InputsSection
from HermesSegmentLib.node_io import visible_voxels
from HermesSegmentLib.request import make_record, make_request
from HermesSegmentLib.review import Review
from HermesSegmentLib.review_section import ReviewSection
from HermesSegmentLib.run_control import RunControl
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.setup_section import SetupSection
from HermesSegmentLib.shortcuts import SHORTCUTS, legend


class Panel:
    """Everything below the module's title.

    Args:
        ui: the widgets of the .ui file by name.
        parent: the widget that owns them.
        engine: what runs; the tests may give another one than HermesLib's.
    """

    def __init__(self, ui: Any, parent: Any, engine: Any) -> None:
        self.ui = ui
        self.parameters: Any = None
        self.control = RunControl(engine, self._progressed)
        self.inputs = InputsSection(ui)
        self.reviewing = ReviewSection(ui, self.control, self.refresh)
        self.exporting = ExportSection(ui, self.reviewing)
        self.setup = SetupSection(ui, self.control, self.inputs.list_weights)
        self._tags: tuple[Any, int] | None = None
        self._shown_run: str | None = None
        self._busy = False
        ui.keysLabel.text = legend()
        for button, method in (
            (ui.runButton, self.run),
            (ui.sampleButton, self.try_sample),
            (ui.fromMaskButton, self.run_from_mask),
            (ui.fromPromptButton, self.run_from_prompt),
        ):
            button.connect("clicked()", method)
        self._shortcuts = [self._shortcut(parent, key, method) for key, method, _what in SHORTCUTS]
        self.leave()

    @property
    def review(self) -> Review | None:
        """Of the run under review."""
        return self.reviewing.review

    # Life of the module

    def enter(self) -> None:
        """The module is shown."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(True)
        self.setup.refresh()
        if self.setup.complete:
            self.control.warm_up()
        self.refresh()

    def leave(self) -> None:
        """Another module is shown: its keys are its own."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)

    def close(self) -> None:
        """The module goes."""
        self.unbind()
        self.control.close()

    def bind(self, parameters: Any) -> None:
        """Show the parameters of the scene."""
        self.unbind()
        self.parameters = parameters
        tag = parameters.connectGui(self.ui)
        self.inputs.bind(parameters)
        self._tags = (
            tag,
            parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self.refresh()),
        )
        if parameters.volume is None:
            found = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
            parameters.volume = found[0] if found else None
        self.refresh()

    def unbind(self) -> None:
        """Let go of the parameters, as when the scene closes: a run ends, nothing of it is written any more."""
        self.control.forget_run(_("The run was ended: the scene was closed."))
        if self.parameters is not None and self._tags is not None:
            self.parameters.disconnectGui(self._tags[0])
            self.parameters.RemoveObserver(self._tags[1])
        self.parameters, self._tags, self._shown_run = None, None, None
        self.reviewing.open(None)

    # Runs

    def run(self) -> None:
        """Run or, while one goes on, cancel it."""
        if self.control.running:
            self.control.cancel()
        else:
            with slicer.util.tryWithErrorDisplay(
                _("The run could not be started."), waitCursor=True
            ):
                self._start(self.inputs.chosen_slices())
        self.refresh()

    def try_sample(self) -> None:
        """Load the made-up volume and run on it."""
        from HermesSegmentLib.sample import load_sample

        if not self.control.running:
            with slicer.util.tryWithErrorDisplay(
                _("The sample could not be loaded."), waitCursor=True
            ):
                self.parameters.volume = load_sample()
                self.parameters.preset, self.parameters.scope = "prostate-t2", "all"
                self._start(None)
        self.refresh()

    def run_from_mask(self) -> None:
        """Run the slice under review again, from its mask in the result, else from the one that is shown."""
        if self.reviewing.ready:
            self._run_again(initial=self.reviewing.initial_mask())

    def run_from_prompt(self) -> None:
        """Run the slice under review again, from its prompt as it lies in the views, moved or not."""
        prompt = self.reviewing.first_prompt() if self.reviewing.ready else None
        if prompt is not None:
            self._run_again(first_prompt=prompt)

    def _start(self, chosen: tuple[int, int] | None) -> None:
        parameters = self.parameters
        volume, initial = parameters.volume, None
        if parameters.initial is not None:
            initial = visible_voxels(parameters.initial, volume)
        request = make_request(parameters, volume, self.control.folder(), chosen, initial)
        run = RunNodes.create(volume, make_record(parameters, request))
        run.show_difference(parameters.showDifference)
        self.control.start(request, run)
        self.reviewing.open(None)
        self._shown_run = run.node.GetID()
        parameters.run = run.node
        slicer_app.show_volume(volume)

    def _run_again(self, initial: Any = None, first_prompt: Any = None) -> None:
        run, index = self.review.run, self.review.slice_index
        with slicer.util.tryWithErrorDisplay(_("The run could not be started."), waitCursor=True):
            chosen = (index, index + 1)
            request = make_request(
                self.parameters, run.volume, self.control.folder(), chosen, initial, first_prompt
            )
            self.control.start(request, run, again=[index])
        self.refresh()

    def _progressed(self) -> None:
        run = self.control.run
        if run is not None and not self.control.running and run.record.slices:
            if self.review is None or self.review.run is not run:
                self.reviewing.open(run)
            if self.review.current is not None:
                self.reviewing.look_at(self.review.slice_index)
        self.refresh()

    # What the widgets show

    def toggle_difference(self) -> None:
        """Fill what differs, or not."""
        if self.parameters is not None:
            self.parameters.showDifference = not self.parameters.showDifference

    def refresh(self) -> None:
        """Bring every widget in line."""
        if self._busy or self.parameters is None:
            return
        self._busy = True
        try:
            self._follow_run()
            self.inputs.refresh()
            self._refresh_run()
            self.reviewing.refresh(self._record())
            self.exporting.refresh()
            if self.review is not None:
                self.review.run.show_difference(self.parameters.showDifference)
            self.setup.show_state()
        finally:
            self._busy = False

    def _follow_run(self) -> None:
        """A scene that was loaded may bring a run; one that was deleted is let go of."""
        node = self.parameters.run
        if self.review is not None and not self.review.run.alive:
            self.reviewing.open(None)
        shown = node.GetID() if node is not None else None
        if shown == self._shown_run:
            return
        self._shown_run = shown
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
        ui.runButton.enabled = running or (
            self.parameters.volume is not None and self.setup.complete
        )
        ui.runButton.toolTip = (
            "" if self.parameters.volume is not None else _("Choose a volume first")
        )
        ui.sampleButton.enabled = not running and self.setup.complete
        ui.inputsSection.enabled = not running
        progress = self.control.progress
        ui.progressBar.setVisible(running)
        ui.progressBar.setRange(0, progress.total if progress.latest is not None else 0)
        ui.progressBar.value = progress.finished
        ui.statusLabel.text = progress.line if running else self.control.message
        ui.statusLabel.setStyleSheet(
            "color: #aa3322" if self.control.failed and not running else ""
        )

    def _record(self) -> Any:
        if self.review is not None:
            return self.review.run.record
        return self.control.run.record if self.control.run is not None else None

    def _shortcut(self, parent: Any, key: str, method: str) -> Any:
        shortcut = qt.QShortcut(qt.QKeySequence(key), slicer.util.mainWindow() or parent)
        shortcut.connect(
            "activated()", getattr(self if hasattr(self, method) else self.reviewing, method)
        )
        return shortcut
