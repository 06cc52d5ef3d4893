"""Slicer's own DICOM SEG exporter, from its sources; its converter is the package ``dcmqi``."""

import importlib.util
import sys
from types import ModuleType

import pytest
import slicer

from Testing.standins.sources import source_text

_LIBRARY = "Modules/Scripted/DICOMLib/DICOMPlugin.py"
_PLUGIN = "Modules/Scripted/DICOMPlugins/DICOMSegmentationPlugin.py"


def slicers_exporter() -> ModuleType:
    """The module ``DICOMSegmentationPlugin``; skips the test where a part is missing."""
    library, plugin = (source_text("Slicer/Slicer", path) for path in (_LIBRARY, _PLUGIN))
    if importlib.util.find_spec("dcmqi") is None:
        pytest.skip("the package dcmqi is not installed")
    import slicer_core.vtkSegmentationCore

    sys.modules["vtkSegmentationCorePython"] = slicer_core.vtkSegmentationCore
    sys.modules["DICOMLib"] = _module("DICOMLib", library)
    slicer.qSlicerDICOMLoadable = object
    return _module("DICOMSegmentationPlugin", plugin)


def _module(name: str, text: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
    return module
