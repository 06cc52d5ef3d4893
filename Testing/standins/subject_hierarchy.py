"""The subject hierarchy follows the scene, as Slicer's application lets it.

The rules are those of ``qSlicerSubjectHierarchyPluginLogic.cxx``: a new data node that is no hidden
one becomes an item, and a node that is removed takes its item with it.
"""

from typing import Any

import slicer
import vtk

#: What plugins of Slicer's own modules put into the hierarchy.
_DATA = (
    "vtkMRMLDisplayableNode",
    "vtkMRMLSequenceNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
    "vtkMRMLTransformNode",
)


def follow_scene(scene: Any) -> None:
    """Let the hierarchy of a scene follow its nodes."""
    kind = slicer.vtkMRMLScene

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def added(_scene: Any, _event: str, node: Any) -> None:
        hidden = scene.IsImporting() or node.GetHideFromEditors()
        if not hidden and any(node.IsA(name) for name in _DATA):
            tree = kind.GetSubjectHierarchyNode(scene)
            if not tree.GetItemByDataNode(node):
                tree.CreateItem(tree.GetSceneItemID(), node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def about_to_be_removed(_scene: Any, _event: str, node: Any) -> None:
        if scene.IsClosing() or node.IsA("vtkMRMLSubjectHierarchyNode"):
            return
        tree = kind.GetSubjectHierarchyNode(scene)
        item = tree.GetItemByDataNode(node)
        if item:
            tree.RemoveItem(item, False, False)

    scene.AddObserver(kind.NodeAddedEvent, added)
    scene.AddObserver(kind.NodeAboutToBeRemovedEvent, about_to_be_removed)
