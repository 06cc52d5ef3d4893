"""``slicer.app.layoutManager()`` around Slicer's own layout logic and slice logics.

As in Slicer, the layout's views are nodes of the scene, each slice view has a slice logic, and a
view stays as it is until somebody turns it. Windows are missing; :mod:`Testing.standins.slice_view`
draws a view off screen.
"""

from typing import Any

import slicer

from Testing.standins import pythonqt as qt


class SliceWidget:
    """One slice view's nodes and logic."""

    def __init__(self, node: Any, application: Any) -> None:
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(application)
        application.GetSliceLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._logic.SetSliceNode(node)

    def mrmlSliceNode(self) -> Any:
        """Position and orientation."""
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        """The volumes in the view."""
        return self._logic.GetSliceCompositeNode()

    def sliceLogic(self) -> Any:
        """The slice logic."""
        return self._logic


class LayoutManager:
    """The views of the layout.

    Args:
        application: Slicer's application logic.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(application)
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._widgets: dict[str, SliceWidget] = {}
        self._viewport = qt.QWidget()
        self.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)

    def layoutLogic(self) -> Any:
        """Slicer's layout logic, whose layout node holds all descriptions."""
        return self._logic

    @property
    def layout(self) -> int:
        """The number of the current layout."""
        return int(self._logic.GetLayoutNode().GetViewArrangement())

    def setLayout(self, layout: int) -> None:
        """Show another layout; its views become nodes of the scene."""
        self._logic.GetLayoutNode().SetViewArrangement(layout)
        self.sliceViewNames()
        views = self._logic.GetViewNodes()
        for node in slicer.util.getNodesByClass("vtkMRMLAbstractViewNode"):
            # qMRMLLayoutViewFactory does this for the views that it shows.
            node.SetMappedInLayout(bool(views.IsItemPresent(node)))

    def sliceViewNames(self) -> tuple[str, ...]:
        """Names of all slice views that any layout has shown."""
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            name = node.GetLayoutName()
            if name not in self._widgets:
                self._widgets[name] = SliceWidget(node, self._application)
        return tuple(self._widgets)

    def sliceWidget(self, name: str) -> SliceWidget | None:
        """One slice view; None for an unknown name."""
        self.sliceViewNames()
        return self._widgets.get(name)

    def viewport(self) -> Any:
        """The widget that holds all views."""
        return self._viewport

    def mrmlSliceLogics(self) -> Any:
        """The slice logics of all views."""
        return self._application.GetSliceLogics()
