"""The Setup section: what is installed, what the engine runs on, models and weights."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib import slicer_app
from HermesSegmentLib.library_path import library_home

_HEADINGS = (_("Weights"), _("Size"), _("Licence"))


class SetupSection:
    """Folds once everything is there."""

    def __init__(self, ui: Any, control: Any, on_weights: Callable[[], None]) -> None:
        self.ui, self.control, self.on_weights = ui, control, on_weights
        self.missing: list[str] = []
        self._folded = False
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
        """Whether nothing is missing."""
        return not self.missing

    def refresh(self) -> None:
        """Look again at what is installed and imported."""
        self.missing = slicer_app.missing_packages()
        self._list_weights()
        if self.complete and not self._folded:
            self.ui.setupSection.collapsed = True
            self._folded = True

    def show_state(self) -> None:
        """One line."""
        ui, ready = self.ui, self.control.ready
        ui.installButton.setVisible(not self.complete)
        if not self.complete:
            titles = ["PyTorch" if name == "torch" else name.split(">")[0] for name in self.missing]
            text = _("Missing: {names}").format(names=", ".join(titles))
        elif ready is None:
            text = (
                _("The engine is starting...") if not self.control.failed else self.control.message
            )
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
        """Install what is missing, and offer a restart."""
        with slicer.util.tryWithErrorDisplay(_("The installation failed."), waitCursor=True):
            slicer_app.install_packages(self.missing)
            self.refresh()
            if slicer.util.confirmYesNoDisplay(
                _("Slicer should restart before HERMES is used. Restart now?")
            ):
                slicer.app.restart()
        self.show_state()

    def import_file(self) -> None:
        """Copy a checkpoint of the user's; it is checked in a process of its own."""
        chosen = qt.QFileDialog.getOpenFileName(
            None, _("Import weights"), "", _("Weights (*.pth *.pt *.safetensors)")
        )
        name = chosen if isinstance(chosen, str) else chosen[0]
        if name:
            with slicer.util.tryWithErrorDisplay(_("The file was not imported."), waitCursor=True):
                import_weights(Path(name))
            self.refresh()

    def show_folder(self) -> None:
        """In the system's file browser."""
        from HermesLib.weights.imported import cache_folder

        slicer_app.open_folder(cache_folder())

    def clear(self) -> None:
        """Delete the imported weights, after asking."""
        from HermesLib.weights.imported import imported_weights

        found = imported_weights()
        if found and slicer.util.confirmOkCancelDisplay(
            _("Delete {count} imported weight files?").format(count=len(found))
        ):
            for path in found:
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
        used = bundled_weights()
        rows = [(one.title, one.bytes, licences.get(one.name, _("research"))) for one in used]
        rows += [(path.name, path.stat().st_size, _("imported")) for path in imported_weights()]
        table = self.ui.weightsTable
        table.setRowCount(len(rows))
        for row, (title, size, licence) in enumerate(rows):
            for column, text in enumerate((title, f"{size / 1e6:.1f} MB", licence)):
                table.setItem(row, column, qt.QTableWidgetItem(text))
        self.on_weights()


def import_weights(path: Path) -> None:
    """``hermes weights import`` in a process of its own, so that no file is unpacked in Slicer's.

    Raises:
        RuntimeError: what the command says of a file it refuses.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(library_home()), os.environ.get("PYTHONPATH", "")]),
    }
    command = [*slicer_app.python_command(), "-m", "HermesLib", "weights", "import", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if ended.returncode:
        raise RuntimeError(
            ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else _("unknown reason")
        )
