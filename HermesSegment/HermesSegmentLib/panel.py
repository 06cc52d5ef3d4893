"""The panel: widgets on one side, parameters, run control and review on the other."""

from pathlib import Path
from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _

from HermesSegmentLib import adapter, export, slice_table
from HermesSegmentLib.charts import show_chart
from HermesSegmentLib.files import visible_voxels
from HermesSegmentLib.prompt_markups import clear_prompt, read_prompt, show_prompt
from HermesSegmentLib.request import make_record, make_request
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_control import RunControl
from HermesSegmentLib.scene import ORGAN, RunScene
from HermesSegmentLib.setup_section import SetupSection
from HermesSegmentLib.shortcuts import SHORTCUTS, legend

_DEVICE_TITLES = {"auto": _("Auto"), "cuda": _("Graphics card (CUDA)"), "cpu": _("Processor (CPU)")}
_SCOPE_TITLES = {"all": _("All"), "current": _("The one in view"), "range": _("From ... to")}
_PROMPT_TITLES = {"box": _("Box"), "scribbles": _("Scribbles"), "clicks": _("Clicks")}
_FILTERS = "Segmentation (*.seg.nrrd);;NIfTI mask (*.nii.gz)"


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
        self.review: Review | None = None
        self._tags: tuple[Any, int] | None = None
        self._shown_run: str | None = None
        self._strip: list[int] = []
        self._rows: list[int] = []
        self._busy = False
        self._export_offered = False
        self.setup = SetupSection(ui, self.control)
        slice_table.prepare(ui.sliceStrip, ui.sliceTable)
        ui.legendLabel.text = slice_table.legend()
        ui.keysLabel.text = legend()
        self._connect()
        self._shortcuts = [self._shortcut(parent, key, getattr(self, method)) for key, method, _what in SHORTCUTS]
        self.leave()

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
        self._label_choices()
        self._tags = (tag, parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self.refresh()))
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
        self.parameters, self._tags, self.review, self._shown_run = None, None, None, None

    # Runs

    def run(self) -> None:
        """Run or, while one goes on, cancel it."""
        if self.control.running:
            self.control.cancel()
        else:
            with slicer.util.tryWithErrorDisplay(_("The run could not be started."), waitCursor=True):
                self._start(self._chosen_slices())
        self.refresh()

    def run_from_mask(self) -> None:
        """Run the slice under review again, from its mask in the result, else from the one that is shown."""
        one = self.review.current if self.review else None
        if one is None or self.control.running:
            return
        run, index = self.review.run, one.index
        mask = self.review.result_mask(index)
        if not mask.any():
            mask = run.mask(index, run.shown)
        voxels = run.result_voxels() * 0
        run.frame.voxel_view(voxels)[index] = mask
        self._run_again(initial=voxels)

    def run_from_prompt(self) -> None:
        """Run the slice under review again, from its prompt as it lies in the views, moved or not."""
        if self.review is None or self.review.current is None or self.control.running:
            return
        prompt = read_prompt(self.review.run.node, self.review.run.frame)
        if prompt is not None:
            self._run_again(first_prompt=prompt)

    def _run_again(self, initial: Any = None, first_prompt: Any = None) -> None:
        run, index = self.review.run, self.review.slice_index
        with slicer.util.tryWithErrorDisplay(_("The run could not be started."), waitCursor=True):
            chosen = (index, index + 1)
            request = make_request(self.parameters, run.volume, self.control.folder(), chosen, initial, first_prompt)
            self.control.start(request, run, again=[index])
        self.refresh()

    def try_sample(self) -> None:
        """Load the made-up volume and run on it."""
        from HermesSegmentLib.sample import load_sample

        if not self.control.running:
            with slicer.util.tryWithErrorDisplay(_("The sample could not be loaded."), waitCursor=True):
                self.parameters.volume = load_sample()
                self.parameters.preset, self.parameters.scope = "prostate-t2", "all"
                self._start(None)
        self.refresh()

    def _start(self, chosen: tuple[int, int] | None) -> None:
        parameters = self.parameters
        volume, initial = parameters.volume, None
        if parameters.initial is not None:
            initial = visible_voxels(parameters.initial, volume)
        request = make_request(parameters, volume, self.control.folder(), chosen, initial)
        run = RunScene.create(parameters.volume, make_record(parameters, request))
        run.show_difference(parameters.showDifference)
        self.control.start(request, run)
        self.review, self._shown_run = None, run.node.GetID()
        parameters.run = run.node
        adapter.show_volume(parameters.volume)

    def _chosen_slices(self) -> tuple[int, int] | None:
        parameters = self.parameters
        if parameters.scope == "range":
            return min(parameters.firstSlice, parameters.lastSlice) - 1, max(parameters.firstSlice, parameters.lastSlice)
        if parameters.scope == "current":
            from HermesSegmentLib.frames import frame_of

            frame, point = frame_of(parameters.volume), adapter.shown_point()
            index = frame.slice_of(frame.centre(frame.shape[0] // 2) if point is None else point)
            return index, index + 1
        return None

    def _progressed(self) -> None:
        run = self.control.run
        if run is not None and not self.control.running and run.record.slices:
            if self.review is None or self.review.run is not run:
                self.review = Review(run)
                self._look_at(self.review.slice_index)
            elif self.review.current is not None:
                self._look_at(self.review.slice_index)
        self.refresh()

    # Review

    def go_next(self) -> None:
        """To the next slice that needs a look."""
        self._step(1)

    def go_previous(self) -> None:
        """To the previous slice that needs a look."""
        self._step(-1)

    def accept(self) -> None:
        """Accept what is shown."""
        self._decide(lambda review: review.accept())

    def reject(self) -> None:
        """Reject the slice."""
        self._decide(lambda review: review.reject())

    def accept_all(self) -> None:
        """Accept all undecided slices."""
        self._decide(lambda review: review.accept_all())

    def undo(self) -> None:
        """Take back the last decision."""
        self._decide(lambda review: review.undo())

    def edit(self) -> None:
        """Correct the slice in the Segment Editor."""
        self._decide(lambda review: review.begin_edit())
        if self._reviewable:
            run = self.review.run
            adapter.edit_in_segment_editor(run.get("result"), ORGAN, run.volume)

    def toggle_difference(self) -> None:
        """Fill what differs, or not."""
        if self.parameters is not None:
            self.parameters.showDifference = not self.parameters.showDifference

    def iteration_back(self) -> None:
        """The iteration before."""
        self._show_iteration(self.ui.iterationSlider.value - 1)

    def iteration_on(self) -> None:
        """The iteration after."""
        self._show_iteration(self.ui.iterationSlider.value + 1)

    @property
    def _reviewable(self) -> bool:
        return self.review is not None and self.review.run.alive and not self.control.running and self.review.current is not None

    def _decide(self, decision: Any) -> None:
        if self._reviewable:
            decision(self.review)
            self.refresh()

    def _step(self, step: int) -> None:
        found = self.review.neighbour(step) if self._reviewable else None
        if found is not None:
            self._look_at(found)

    def _look_at(self, index: int) -> None:
        review = self.review
        review.look_at(index)
        run = review.run
        adapter.show_slice(run.volume, run.frame.centre(index))
        if review.current is not None:
            show_chart(run, review.current)
        self._show_iteration(run.shown)

    def _show_iteration(self, item: int) -> None:
        if not self._reviewable:
            return
        run, one = self.review.run, self.review.current
        item = min(max(item, 0), max(len(one.iterations) - 1, 0))
        run.show(item)
        prompt = one.iterations[item].prompt if one.iterations else None
        show_prompt(run.node, prompt, run.frame, one.index)
        self.refresh()

    # Export

    def export_node(self) -> None:
        """To a segmentation of the scene."""
        with slicer.util.tryWithErrorDisplay(_("The export failed.")):
            node = export.to_segmentation(self.review, self.ui.targetSelector.currentNode())
            self.ui.exportNote.text = _("Exported to {name}.").format(name=node.GetName())

    def export_file(self) -> None:
        """To a file that the user names."""
        path = qt.QFileDialog.getSaveFileName(None, _("Export accepted slices"), "", _FILTERS)
        self._export_to(path, lambda chosen: export.to_file(self.review, chosen))

    def export_dicom(self) -> None:
        """As DICOM SEG into a folder that the user names."""
        path = qt.QFileDialog.getExistingDirectory(None, _("Folder for the DICOM SEG"))
        self._export_to(path, lambda chosen: export.to_dicom_seg(self.review, chosen))

    def export_report(self) -> None:
        """Report as JSON and CSV."""
        path = qt.QFileDialog.getSaveFileName(None, _("Export report"), "hermes-report.json", "Report (*.json)")
        self._export_to(path, lambda chosen: export.write_report(self.review, chosen))

    def _export_to(self, path: Any, write: Any) -> None:
        # PythonQt answers with the path, PySide6 with path and filter.
        name = path if isinstance(path, str) else path[0]
        if name:
            with slicer.util.tryWithErrorDisplay(_("The export failed.")):
                write(Path(name))
                self.ui.exportNote.text = _("Exported to {name}.").format(name=Path(name).name)

    # What the widgets show

    def refresh(self) -> None:
        """Bring every widget in line."""
        if self._busy or self.parameters is None:
            return
        self._busy = True
        try:
            self._follow_run()
            self._refresh_inputs()
            self._refresh_run()
            self._refresh_review()
            self.setup.show_state()
        finally:
            self._busy = False

    def _follow_run(self) -> None:
        """A scene that was loaded may bring a run; one that was deleted is let go of."""
        node = self.parameters.run
        if self.review is not None and not self.review.run.alive:
            self.review = None
        shown = node.GetID() if node is not None else None
        if shown == self._shown_run:
            return
        self._shown_run = shown
        self.review = None
        if node is not None and not self.control.running:
            try:
                run = RunScene(node)
            except ValueError:
                return
            if run.alive and run.record.slices:
                self.review = Review(run)

    def _refresh_inputs(self) -> None:
        from HermesLib.models.catalogue import MODELS
        from HermesLib.presets import load_preset

        ui, parameters = self.ui, self.parameters
        organ = load_preset(parameters.preset).organ
        ui.terminologyLabel.text = f"{organ.meaning} ({organ.scheme} {organ.value})"
        model = MODELS[parameters.model]
        items = ui.promptCombo.model()
        for row, kind in enumerate(_PROMPT_TITLES):
            items.item(row).setEnabled(kind in model.prompt_kinds)
        if parameters.prompt not in model.prompt_kinds:
            parameters.prompt = model.prompt_kinds[0]
        refused = [_PROMPT_TITLES[kind].lower() for kind in _PROMPT_TITLES if kind not in model.prompt_kinds]
        title = model.title.split(" (")[0]
        reason = _("{model} takes no {kinds}.").format(model=title, kinds=_(" and no ").join(refused)) if refused else ""
        ui.promptNote.text = " ".join(part for part in (reason, model.notice) if part)
        ranged = parameters.scope == "range"
        for widget in (ui.firstSliceSpin, ui.toLabel, ui.lastSliceSpin):
            widget.setVisible(ranged)
        ui.paddingSpin.enabled = parameters.prompt == "box"

    def _refresh_run(self) -> None:
        ui, running = self.ui, self.control.running
        ui.runButton.text = _("Cancel") if running else _("Run")
        ui.runButton.enabled = running or (self.parameters.volume is not None and self.setup.complete)
        ui.runButton.toolTip = "" if self.parameters.volume is not None else _("Choose a volume first")
        ui.sampleButton.enabled = not running and self.setup.complete
        ui.inputsSection.enabled = not running
        progress = self.control.progress
        ui.progressBar.setVisible(running)
        ui.progressBar.setRange(0, progress.total if progress.latest is not None else 0)
        ui.progressBar.value = progress.finished
        ui.statusLabel.text = progress.line if running else self.control.message
        ui.statusLabel.setStyleSheet("color: #aa3322" if self.control.failed and not running else "")

    def _refresh_review(self) -> None:
        ui, ready = self.ui, self._reviewable
        record = self._record()
        index = self.review.slice_index if self.review else -1
        decide = (ui.acceptButton, ui.editButton, ui.rejectButton, ui.acceptAllButton)
        for widget in (*decide, ui.fromMaskButton, ui.fromPromptButton, ui.iterationSlider):
            widget.enabled = ready
        waiting = ready and self.review.neighbour(1) is not None
        ui.nextButton.enabled = ui.previousButton.enabled = waiting
        ui.undoButton.enabled = ready and self.review.can_undo
        if record is None:
            ui.sliceStrip.setColumnCount(0)
            ui.sliceTable.setRowCount(0)
            ui.iterationLabel.text = ""
        else:
            self._strip = slice_table.fill_strip(ui.sliceStrip, record, index)
            self._rows = slice_table.fill_table(ui.sliceTable, record, index)
        if ready:
            self._refresh_iteration()
        decided = ready and any(one.decision in ("accepted", "edited") for one in record.slices.values())
        for widget in (ui.exportNodeButton, ui.exportFileButton):
            widget.enabled = decided
        obstacle = adapter.dicom_seg_obstacle(self.review.run.volume) if decided else ""
        ui.exportDicomButton.enabled = decided and not obstacle
        ui.exportDicomButton.toolTip = obstacle or _("Accepted slices as a DICOM Segmentation object")
        ui.exportReportButton.enabled = ready
        if decided and not self._export_offered:
            ui.exportSection.collapsed, self._export_offered = False, True
        if not decided:
            ui.exportNote.text = _("Accept slices first.")
        elif ui.exportNote.text in ("", _("Accept slices first.")):
            ui.exportNote.text = obstacle
        if self.review is not None:
            self.review.run.show_difference(self.parameters.showDifference)

    def _refresh_iteration(self) -> None:
        run, one = self.review.run, self.review.current
        last = max(len(one.iterations) - 1, 0)
        shown = min(run.shown, last)
        self.ui.iterationSlider.setRange(0, last)
        self.ui.iterationSlider.value = shown
        pdsc = f", pDSC {one.iterations[shown].pdsc:.2f}" if one.iterations and one.status != "absent" else ""
        best = _(" (best)") if shown == one.best else ""
        self.ui.iterationLabel.text = _("{shown} of {last}").format(shown=shown, last=last) + pdsc + best

    def _record(self) -> Any:
        if self.review is not None:
            return self.review.run.record
        return self.control.run.record if self.control.run is not None else None

    def _label_choices(self) -> None:
        """People's words in place of the parameters' own."""
        from HermesLib.models.catalogue import MODELS
        from HermesLib.presets import load_preset

        ui = self.ui
        titles = {
            ui.presetCombo: lambda name: load_preset(name).title,
            ui.modelCombo: lambda name: MODELS[name].title,
            ui.promptCombo: _PROMPT_TITLES.get,
            ui.deviceCombo: _DEVICE_TITLES.get,
            ui.scopeCombo: _SCOPE_TITLES.get,
        }
        for combo, title in titles.items():
            for row in range(combo.count):
                combo.setItemText(row, title(combo.itemText(row)) or combo.itemText(row))

    def _connect(self) -> None:
        ui = self.ui
        for button, method in (
            (ui.runButton, self.run),
            (ui.sampleButton, self.try_sample),
            (ui.previousButton, self.go_previous),
            (ui.nextButton, self.go_next),
            (ui.acceptButton, self.accept),
            (ui.editButton, self.edit),
            (ui.rejectButton, self.reject),
            (ui.undoButton, self.undo),
            (ui.acceptAllButton, self.accept_all),
            (ui.fromMaskButton, self.run_from_mask),
            (ui.fromPromptButton, self.run_from_prompt),
            (ui.exportNodeButton, self.export_node),
            (ui.exportFileButton, self.export_file),
            (ui.exportDicomButton, self.export_dicom),
            (ui.exportReportButton, self.export_report),
        ):
            button.connect("clicked()", method)
        ui.iterationSlider.connect("valueChanged(int)", lambda value: None if self._busy else self._show_iteration(value))
        ui.sliceStrip.connect("cellClicked(int,int)", lambda row, column: self._clicked(self._strip, column))
        ui.sliceTable.connect("cellClicked(int,int)", lambda row, column: self._clicked(self._rows, row))

    def _clicked(self, indices: list[int], place: int) -> None:
        if self._reviewable and place < len(indices):
            self._look_at(indices[place])

    @staticmethod
    def _shortcut(parent: Any, key: str, method: Any) -> Any:
        shortcut = qt.QShortcut(qt.QKeySequence(key), slicer.util.mainWindow() or parent)
        shortcut.connect("activated()", method)
        return shortcut

    def clear_prompts(self) -> None:
        """Take the prompt's markups from the views."""
        if self.review is not None:
            clear_prompt(self.review.run.node)
