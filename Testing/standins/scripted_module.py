"""``slicer.ScriptedLoadableModule``: the base classes of a scripted module."""

import importlib
import sys
import unittest
from pathlib import Path
from typing import Any

import slicer

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


class ScriptedLoadableModule:
    """The description of a module before it is opened."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__
        self.parent.title = ""
        self.parent.dependencies = []

    def getDefaultModuleDocumentationLink(self) -> str:
        """A link for the help text."""
        return ""


class ScriptedLoadableModuleWidget:
    """The panel's controller."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.parent = parent
        self.layout = parent.layout() if parent is not None else None

    def setup(self) -> None:
        """Builds the developer's section in Slicer; nothing here."""

    def resourcePath(self, name: str) -> str:
        """A file below the module's Resources."""
        return str(
            Path(getattr(slicer.modules, self.moduleName.lower()).path).parent / "Resources" / name
        )


class ScriptedLoadableModuleLogic:
    """The module's work, with a parameter node of its own."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self) -> Any:
        """The module's node in the scene, made where there is none."""
        scene = slicer.mrmlScene
        found = scene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if found is None:
            made = scene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
            made.UnRegister(None)
            made.SetSingletonTag(self.moduleName)
            made.SetModuleName(self.moduleName)
            made.SetName(scene.GenerateUniqueName(self.moduleName))
            found = scene.AddNode(made)
        return found


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The module's own test."""

    def delayDisplay(self, message: str, *_: object) -> None:
        """Shown to the user in Slicer."""
        print(message, file=sys.stderr)


def reload_module(name: str) -> Any:
    """What the Reload button does with the module's main file."""
    return importlib.reload(sys.modules[name])
