"""Slicer's main window with its module selector, and the modules of a folder."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import slicer

from Testing.standins import pythonqt as qt
from Testing.standins.application import register_module


class ModuleSelector:
    """Opens one module at a time, and calls ``enter`` and ``exit`` of their widgets."""

    def __init__(self) -> None:
        self.selectedModule = ""

    def selectModule(self, name: str) -> None:
        """Leave the module that is open, and open another."""
        if self.selectedModule:
            _widget_of(self.selectedModule).exit()
        self.selectedModule = name
        _widget_of(name).enter()


class MainWindow(qt.QMainWindow):
    """``slicer.util.mainWindow()`` finds it by its name among the windows."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self._selector = ModuleSelector()

    def moduleSelector(self) -> ModuleSelector:
        """The list of modules in the toolbar."""
        return self._selector


def load_modules(folder: Path) -> None:
    """Load the scripted modules of a folder, then complete the start."""
    sys.path.insert(0, str(folder))
    for path in sorted(folder.glob("*.py")):
        register_module(path.stem, path)
        module = getattr(slicer.modules, path.stem.lower())
        description = SimpleNamespace(path=str(path), icon=None)
        getattr(importlib.import_module(path.stem), path.stem)(description)
        for name in ("categories", "acknowledgementText", "contributors", "title"):
            setattr(module, name, getattr(description, name))
    slicer.app.complete_startup()


def _widget_of(name: str) -> Any:
    return getattr(slicer.modules, name.lower()).widgetRepresentation().self()
