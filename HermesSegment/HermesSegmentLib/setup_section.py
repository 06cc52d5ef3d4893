"""The Setup section: missing packages, the engine's device, models and weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib import packages, slicer_app
from HermesSegmentLib.coloured_text import show_selection
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.run_control import RunControl

_HEADINGS = (_("Weights"), _("Size"), _("Licence"))


class SetupSection:
    """Folds once everything is installed.

    Args:
        ui: the widgets by name.
        control: the run control.
        on_weights: called after the list of weights changed.
    """

    def __init__(self, ui: Any, control: RunControl, on_weights: Callable[[], None]) -> None:
        self.ui, self.control, self.on_weights = ui, control, on_weights
        self.missing: list[str] = []
        self._greying = Greying()
        self._folded = False
        show_selection(ui.weightsTable)
        ui.weightsTable.setColumnCount(len(_HEADINGS))
        ui.weightsTable.setHorizontalHeaderLabels(list(_HEADINGS))
        ui.weightsTable.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        ui.weightsTable.verticalHeader().setVisible(False)
        ui.weightsTable.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        ui.installButton.connect("clicked()", self.install)
        ui.importButton.connect("clicked()", self.import_file)
        ui.folderButton.connect("clicked()", self.show_folder)
        ui.clearButton.connect("clicked()", self.clear)

    @property
    def complete(self) -> bool:
        """Whether all packages are installed."""
        return not self.missing

    def refresh(self) -> None:
        """Update the lists of packages and weights."""
        self.missing = packages.missing_packages()
        self._list_weights()
        if self.complete and not self._folded:
            self.ui.setupSection.collapsed = True
            self._folded = True

    def show_state(self) -> None:
        """Show the state in one line."""
        ui, ready = self.ui, self.control.ready
        ui.installButton.setVisible(not self.complete)
        busy = _("a run is in progress") if self.control.running else ""
        packages_first = "" if self.complete else _("install the missing packages first")
        self._greying.set(ui.importButton, busy or packages_first)
        if not self.complete:
            titles = ["PyTorch" if name == "torch" else name.split(">")[0] for name in self.missing]
            text = _("Missing: {names}").format(names=", ".join(titles))
        elif ready is None:
            text = _("The engine is starting...") if self.control.loading else _("Ready")
        elif ready.free_memory is None:
            text = _("Ready: {device}").format(device=ready.device)
        else:
            text = _("Ready: CUDA, {free:.0f} GB free ({device})").format(
                free=ready.free_memory / 2**30, device=ready.device
            )
        ui.stateLabel.text = text
        ui.setupSection.text = (
            _("Setup") if not self.complete else _("Setup ({state})").format(state=text)
        )

    def install(self) -> None:
        """Install missing packages and offer a restart."""
        with slicer.util.tryWithErrorDisplay(_("The installation failed."), waitCursor=True):
            packages.install_packages(self.missing)
            self.refresh()
            if slicer.util.confirmYesNoDisplay(
                _("Slicer should restart before HERMES is used. Restart now?")
            ):
                slicer.app.restart()
        self.show_state()

    def import_file(self) -> None:
        """Copy a checkpoint that the user selects; the engine reads it, and Slicer stays usable."""
        answer = qt.QFileDialog.getOpenFileName(
            None, _("Import weights"), "", _("Weights (*.pth *.pt *.safetensors)")
        )
        # PythonQt returns the path, PySide6 path and filter.
        name = answer if isinstance(answer, str) else answer[0]
        if name:
            with slicer.util.tryWithErrorDisplay(_("The file was not imported."), waitCursor=True):
                self.control.import_weights(Path(name), self.refresh)

    def show_folder(self) -> None:
        """Open the folder of imported weights in the system's file browser."""
        from HermesLib.weights.imported import cache_folder

        slicer_app.open_folder(cache_folder())

    def clear(self) -> None:
        """Delete the imported weights, after asking."""
        from HermesLib.weights.imported import imported_weights

        paths = imported_weights()
        if paths and slicer.util.confirmOkCancelDisplay(
            _("Delete {count} imported weight files?").format(count=len(paths))
        ):
            for path in paths:
                path.unlink()
        self.refresh()

    def _list_weights(self) -> None:
        from HermesLib.models.registry import MODELS
        from HermesLib.weights.bundled import bundled_weights
        from HermesLib.weights.imported import imported_weights

        licences = {
            model.bundled: _("research (official: {licence})").format(licence=model.licence)
            for model in MODELS.values()
        }
        rows = [
            (weights.title, weights.bytes, licences.get(weights.name, _("research")))
            for weights in bundled_weights()
        ]
        rows += [(path.name, path.stat().st_size, _("imported")) for path in imported_weights()]
        table = self.ui.weightsTable
        table.setRowCount(len(rows))
        for row, (title, size, licence) in enumerate(rows):
            for column, text in enumerate((title, f"{size / 1e6:.1f} MB", licence)):
                table.setItem(row, column, qt.QTableWidgetItem(text))
        self.on_weights()
