"""The Export section."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib import dicom_seg, export, review_report
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.review_section import ReviewSection

_FILTERS = "Segmentation (*.seg.nrrd);;NIfTI mask (*.nii.gz)"


class ExportSection:
    """Unfolds once there is something to export.

    Args:
        ui: the widgets by name.
        reviewing: the Review section.
    """

    def __init__(self, ui: Any, reviewing: ReviewSection) -> None:
        self.ui, self.reviewing = ui, reviewing
        self._offered = False
        self._greying = Greying()
        for button, method in (
            (ui.exportNodeButton, self.to_node),
            (ui.exportFileButton, self.to_file),
            (ui.exportDicomButton, self.to_dicom),
            (ui.exportReportButton, self.to_report),
        ):
            button.connect("clicked()", method)

    def to_node(self) -> None:
        """Export to a segmentation in the scene."""
        with slicer.util.tryWithErrorDisplay(_("The export failed.")):
            node = export.to_segmentation(
                self.reviewing.opened, self.ui.targetSelector.currentNode()
            )
            self._say(node.GetName())

    def to_file(self) -> None:
        """Export to a file that the user names."""
        path = qt.QFileDialog.getSaveFileName(None, _("Export accepted slices"), "", _FILTERS)
        self._write(path, lambda target: export.to_file(self.reviewing.opened, target))

    def to_dicom(self) -> None:
        """Export as DICOM SEG into a folder that the user names."""
        path = qt.QFileDialog.getExistingDirectory(None, _("Folder for the DICOM SEG"))
        self._write(path, lambda target: export.to_dicom_seg(self.reviewing.opened, target))

    def to_report(self) -> None:
        """Export the report as JSON and CSV."""
        path = qt.QFileDialog.getSaveFileName(
            None, _("Export report"), "hermes-report.json", "Report (*.json)"
        )
        self._write(path, lambda target: review_report.write_report(self.reviewing.opened, target))

    def refresh(self) -> None:
        """Enable the buttons that can be used; say why others cannot."""
        ui, decided = self.ui, self.reviewing.decided
        nothing = "" if decided else _("no slice is accepted yet")
        for widget in (ui.exportNodeButton, ui.exportFileButton):
            self._greying.set(widget, nothing)
        obstacle = dicom_seg.obstacle(self.reviewing.opened.run.volume) if decided else ""
        self._greying.set(ui.exportDicomButton, nothing or obstacle)
        self._greying.set(ui.exportReportButton, self.reviewing.obstacle)
        if decided and not self._offered:
            ui.exportSection.collapsed, self._offered = False, True
        if not decided:
            ui.exportNote.text = _("Accept slices first.")
        elif ui.exportNote.text in ("", _("Accept slices first.")):
            ui.exportNote.text = obstacle

    def _write(self, answer: Any, write: Callable[[Path], Any]) -> None:
        # PythonQt returns the path, PySide6 path and filter.
        name = answer if isinstance(answer, str) else answer[0]
        if name:
            with slicer.util.tryWithErrorDisplay(_("The export failed.")):
                write(Path(name))
                self._say(Path(name).name)

    def _say(self, name: str) -> None:
        self.ui.exportNote.text = _("Exported to {name}.").format(name=name)
