"""The section that judges a mask made elsewhere."""

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib.foreign_masks import ForeignMask, masks_of
from HermesSegmentLib.greying import Greying

_FILES = _("Masks (*.seg.nrrd *.nii.gz *.nii *.nrrd *.mha)")


class JudgeSection:
    """Which mask is judged: a segment of a segmentation, a value of a label map, or a file's.

    Args:
        ui: the widgets by name.
        judge: called when the user wants the mask judged.
    """

    def __init__(self, ui: Any, judge: Callable[[], None]) -> None:
        self.ui = ui
        self._masks: list[ForeignMask] = []
        self._greying = Greying()
        ui.judgeToggle.connect("toggled(bool)", lambda shown: ui.judgeSection.setVisible(shown))
        ui.judgeSelector.connect(
            "currentNodeIDChanged(QString)", lambda *_: self.list_masks(new=True)
        )
        ui.judgeFileButton.connect("clicked()", self.load)
        ui.judgeButton.connect("clicked()", judge)

    @property
    def mask(self) -> ForeignMask | None:
        """The chosen mask."""
        row = self.ui.judgePartCombo.currentIndex
        return self._masks[row] if 0 <= row < len(self._masks) else None

    def load(self) -> None:
        """Load a file that the user selects and choose what it holds."""
        answer = qt.QFileDialog.getOpenFileName(None, _("Mask to judge"), "", _FILES)
        # PythonQt returns the path, PySide6 path and filter.
        name = answer if isinstance(answer, str) else answer[0]
        if name:
            with slicer.util.tryWithErrorDisplay(_("The mask was not loaded."), waitCursor=True):
                self.ui.judgeSelector.setCurrentNode(slicer.util.loadSegmentation(name))

    def list_masks(self, new: bool = False) -> None:
        """Offer the masks of the chosen node; of a new one, the first."""
        combo, chosen = self.ui.judgePartCombo, None if new else self.mask
        self._masks = masks_of(self.ui.judgeSelector.currentNode())
        names = [mask.name for mask in self._masks]
        if names != [combo.itemText(row) for row in range(combo.count)]:
            combo.clear()
            for name in names:
                combo.addItem(name)
        parts = [mask.part for mask in self._masks]
        if chosen is not None and chosen.part in parts:
            combo.currentIndex = parts.index(chosen.part)

    def refresh(self, obstacle: str) -> None:
        """Enable what can be used.

        Args:
            obstacle: why nothing can be judged, whatever the mask; empty if it can.
        """
        node = self.ui.judgeSelector.currentNode()
        if node is not None and node.IsA("vtkMRMLSegmentationNode"):
            # Segments come and go while the section is open.
            self.list_masks()
        words = "" if self.mask is not None else _("choose a mask first")
        self._greying.set(self.ui.judgeButton, obstacle or words)
        only = _("there is only one") if len(self._masks) == 1 else ""
        self._greying.set(self.ui.judgePartCombo, words or only)
