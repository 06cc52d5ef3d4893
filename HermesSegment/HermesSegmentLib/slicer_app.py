"""Everything that only the Slicer application has: its Python, installers and editor.

The tests cannot run most of this; ``docs/manual-checklist.md`` lists what was tried by hand.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import slicer


def python_command() -> list[str]:
    """The command that starts Slicer's Python; this Python where Slicer has no such program."""
    home = getattr(slicer.app, "slicerHome", None)
    program = shutil.which("PythonSlicer", path=str(Path(home) / "bin") if home else "")
    return [program or sys.executable]


def is_too_old() -> bool:
    """Whether this is a Slicer before 5.10, whose Python is too old for HermesLib."""
    return sys.version_info < (3, 11)


def is_selected(module: str) -> bool:
    """Whether a module is the one that the user sees."""
    try:
        return bool(slicer.util.selectedModule() == module)
    except (RuntimeError, AttributeError):
        return False  # There is no main window.


def edit_in_segment_editor(segmentation: Any, segment_id: str, volume: Any) -> bool:
    """Open the Segment Editor on a segment; False where there is no Segment Editor."""
    if slicer.util.mainWindow() is None:
        return False
    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(volume)
    editor.setCurrentSegmentID(segment_id)
    return True


def show_chart(chart: Any) -> None:
    """Show a chart in the plot views of the layout."""
    for view in slicer.util.getNodesByClass("vtkMRMLPlotViewNode"):
        view.SetPlotChartNodeID(chart.GetID())


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file browser."""
    import qt

    folder.mkdir(parents=True, exist_ok=True)
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder)))
