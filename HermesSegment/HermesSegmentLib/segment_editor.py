"""To Slicer's Segment Editor, and back by a button on top of it."""

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib import slicer_app
from HermesSegmentLib.run_creation import ORGAN
from HermesSegmentLib.run_nodes import RunNodes

_MODULE = "HermesSegment"


class EditorVisit:
    """A visit to the Segment Editor."""

    def __init__(self) -> None:
        self._button: Any = None

    def begin(self, run: RunNodes, title: str) -> bool:
        """Open the editor on a run's result; False where there is no Segment Editor.

        Args:
            run: whose result is edited.
            title: of the slice, for the button that leads back.
        """
        self.end()
        if not slicer_app.edit_in_segment_editor(run.get("result"), ORGAN, run.volume):
            return False
        layout = slicer.modules.segmenteditor.widgetRepresentation().layout()
        self._button = qt.QPushButton(_("Back to HERMES Segment: {title}").format(title=title))
        self._button.setToolTip(_("Take the edited slices and go on with the review"))
        self._button.connect("clicked()", _back)
        layout.insertWidget(0, self._button)
        return True

    def end(self) -> None:
        """Remove the button."""
        if self._button is not None:
            self._button.hide()
            self._button.deleteLater()
            self._button = None


def _back() -> None:
    slicer.util.selectModule(_MODULE)
