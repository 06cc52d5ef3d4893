"""The ``qMRML`` widgets that the panel uses."""

from typing import Any

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from Testing.standins import pythonqt

WIDGETS = ("qMRMLWidget", "qMRMLNodeComboBox")


class qMRMLWidget(QWidget):  # noqa: N801
    """Passes the scene to the widgets in it.

    In Slicer the .ui file's connections do this; PySide6 cannot emit a signal of a VTK type.
    """

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        """Slot."""
        self._scene = scene
        for child in self.findChildren(QWidget):
            if hasattr(child, "setMRMLScene"):
                child.setMRMLScene(scene)

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene


class qMRMLNodeComboBox(QWidget):  # noqa: N801
    """Lists the scene's nodes of some classes and follows the scene."""

    currentNodeChanged = Signal(object)
    #: The only one of these signals that PySide6 gives the signature of Slicer's.
    currentNodeIDChanged = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QComboBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self._scene: Any = None
        self._observed: list[int] = []
        self._types: list[str] = []
        self._current: str | None = None
        self._options: dict[str, Any] = {}
        self._busy = False
        self._box.currentIndexChanged.connect(self._selected)

    def setMRMLScene(self, scene: Any) -> None:
        """Slot."""
        if scene is self._scene:
            return
        self._stop_observing()
        self._scene = scene
        if scene is not None:
            kind = slicer.vtkMRMLScene
            events = (
                kind.NodeAddedEvent,
                kind.NodeRemovedEvent,
                kind.EndCloseEvent,
                kind.EndImportEvent,
                kind.EndBatchProcessEvent,
            )
            self._observed = [scene.AddObserver(event, lambda *_: self._fill()) for event in events]
        self._fill()

    def currentNode(self) -> Any:
        """The selected node or None."""
        return self._scene.GetNodeByID(self._current) if self._scene and self._current else None

    def setCurrentNode(self, node: Any) -> None:
        """Slot."""
        self._choose(None if node is None else node.GetID())

    def nodeCount(self) -> int:
        """The number of listed nodes."""
        return len(self._nodes())

    def _nodes(self) -> list[Any]:
        if self._scene is None:
            return []
        every = (self._scene.GetNthNode(number) for number in range(self._scene.GetNumberOfNodes()))
        return [node for node in every if self._is_listed(node)]

    def _is_listed(self, node: Any) -> bool:
        """As qMRMLSortFilterProxyModel: hidden nodes never, derived classes if asked for."""
        if node.GetHideFromEditors():
            return False
        if self._options.get("showChildNodeTypes", True):
            return any(node.IsA(kind) for kind in self._types)
        return node.GetClassName() in self._types

    def _fill(self) -> None:
        if not self._is_alive():
            self._stop_observing()
            return
        self._busy = True
        QComboBox.clear(self._box)
        nodes = self._nodes()
        if self._options.get("noneEnabled", False) or not nodes:
            self._box.addItem(self._options.get("noneDisplay", "None"), "")
        for node in nodes:
            self._box.addItem(node.GetName() or "", node.GetID())
        self._busy = False
        ids = [node.GetID() for node in nodes]
        default = ids[0] if ids and not self._options.get("noneEnabled", False) else None
        self._choose(self._current if self._current in ids else default)

    def _is_alive(self) -> bool:
        """Whether widget and list both exist; Python may delete the two one after the other."""
        return all(pythonqt.shiboken6.isValid(part) for part in (self, self._box))

    def _stop_observing(self) -> None:
        """As the destructor of Slicer's widget, which ends its connections with the scene."""
        for tag in self._observed:
            self._scene.RemoveObserver(tag)
        self._observed = []

    def _choose(self, node_id: str | None) -> None:
        self._busy = True
        self._box.setCurrentIndex(max(self._box.findData(node_id or ""), 0))
        self._busy = False
        if node_id != self._current:
            self._current = node_id
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(node_id or "")

    def _selected(self, row: int) -> None:
        if not self._busy:
            self._choose(self._box.itemData(row) or None)

    def _set_types(self, types: list[str]) -> None:
        self._types = list(types)
        self._fill()

    def _option(name: str, kind: type, default: Any) -> Property:  # noqa: N805
        def put(self: Any, value: Any) -> None:
            self._options[name] = value
            self._fill()

        return Property(kind, lambda self: self._options.get(name, default), put)

    nodeTypes = Property("QStringList", lambda self: self._types, _set_types)
    noneEnabled = _option("noneEnabled", bool, False)
    addEnabled = _option("addEnabled", bool, True)
    removeEnabled = _option("removeEnabled", bool, True)
    showChildNodeTypes = _option("showChildNodeTypes", bool, True)
    renameEnabled = _option("renameEnabled", bool, False)
    noneDisplay = _option("noneDisplay", str, "None")
