"""Slicer's module Segment Editor: its panel, and the editor's methods that this module calls."""

from typing import Any

from Testing.standins import pythonqt as qt


class SegmentEditor:
    """``slicer.modules.segmenteditor`` with its widget, and the module that is open."""

    def __init__(self) -> None:
        self.widget = qt.QWidget()
        self.widget.setLayout(qt.QVBoxLayout())
        self.widget.layout().addWidget(qt.QLabel("Segment Editor"))
        self.window = qt.QMainWindow()
        self.widget.self = lambda: self
        self.editor = _Editor()

    def widgetRepresentation(self) -> Any:
        """The module's panel, whose ``self()`` has the ``editor``."""
        return self.widget

    def buttons(self) -> list[Any]:
        """The buttons in sight."""
        found = self.widget.findChildren(qt.QPushButton)
        return [button for button in found if not button.isHidden()]


class _Editor:
    """``qMRMLSegmentEditorWidget``: the nodes that it edits."""

    def __init__(self) -> None:
        self.segmentation: Any = None
        self.volume: Any = None
        self.segment = ""

    def setSegmentationNode(self, node: Any) -> None:
        """The segmentation."""
        assert node is None or node.IsA("vtkMRMLSegmentationNode")
        self.segmentation = node

    def setSourceVolumeNode(self, node: Any) -> None:
        """The image."""
        assert node is None or node.IsA("vtkMRMLScalarVolumeNode")
        self.volume = node

    def setCurrentSegmentID(self, segment: str) -> None:
        """The segment; as in Slicer, it must be one of the segmentation's."""
        assert self.segmentation.GetSegmentation().GetSegment(segment) is not None
        self.segment = segment
