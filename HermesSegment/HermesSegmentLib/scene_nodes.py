"""Nodes that come and go with the module's work: without traces in lists, views or saved scenes."""

from typing import Any

import slicer


def add_hidden(kind: str, name: str) -> Any:
    """Add a node that no list of nodes offers."""
    return _add(kind, name, True)


def add_listed(kind: str, name: str) -> Any:
    """Add a node that lists of nodes offer."""
    return _add(kind, name, False)


def remove_node(node: Any) -> None:
    """Remove a node with its display and storage nodes, which Slicer leaves in the scene."""
    scene = slicer.mrmlScene
    parts = []
    if node.IsA("vtkMRMLDisplayableNode"):
        parts += [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        parts += [node.GetNthStorageNode(n) for n in range(node.GetNumberOfStorageNodes())]
    for part in (*parts, node):
        if part is not None:
            scene.RemoveNode(part)


def _add(kind: str, name: str, hidden: bool) -> Any:
    scene = slicer.mrmlScene
    node = scene.CreateNodeByClass(kind)
    node.UnRegister(None)
    node.SetName(scene.GenerateUniqueName(name))
    # Before it is added: lists look once.
    node.SetHideFromEditors(hidden)
    scene.AddNode(node)
    return node
