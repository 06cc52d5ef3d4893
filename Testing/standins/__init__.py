"""Stand-ins for the parts of 3D Slicer that the package ``slicer-core`` lacks.

These are the application, PythonQt's ``qt`` and ``ctk``, the ``qMRML`` widgets and the base
classes of scripted modules. Nodes, scene, logics, displayable managers and ``slicer.util`` are
Slicer's own. Inside Slicer the same tests use no stand-in.

Where ``SLICER_SOURCE`` names a checkout of Slicer, Slicer's own parameter node wrapper is used, and
``slicer_module/test_standins.py`` compares the stand-ins with its headers.
"""

import os
import sys


def in_slicer() -> bool:
    """Whether these tests run inside Slicer."""
    import slicer

    application = getattr(slicer, "app", None)
    return application is not None and not getattr(application, "is_standin", False)


def start() -> None:
    """Complete ``slicer``, once per process. Does nothing inside Slicer."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import slicer

    if getattr(slicer, "app", None) is not None:
        return
    from Testing.standins import (
        application,
        ctk_widgets,
        dicom_segmentation_plugin,
        i18n,
        mrml_widgets,
        parameter_node,
        pythonqt,
        scripted_module,
    )

    sys.modules["qt"] = pythonqt
    sys.modules["ctk"] = ctk_widgets
    sys.modules["DICOMSegmentationPlugin"] = dicom_segmentation_plugin
    for name, module in (
        ("ScriptedLoadableModule", scripted_module),
        ("parameterNodeWrapper", parameter_node),
        ("i18n", i18n),
    ):
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    source = os.environ.get("SLICER_SOURCE")
    if source:
        _use_slicers_parameter_nodes(source)
    for name in mrml_widgets.WIDGETS:
        setattr(slicer, name, getattr(mrml_widgets, name))
    application.start()


def _use_slicers_parameter_nodes(source: str) -> None:
    """Use Slicer's own ``parameterNodeWrapper``.

    Widgets that it knows and the panel does not use become empty classes.
    """
    from types import ModuleType

    import slicer
    import slicer_core.MRMLCore

    from Testing.standins import ctk_widgets

    def unused(name: str) -> type:
        if name.startswith(("ctk", "qMRML", "qSlicer")):
            return type(name, (), {})
        raise AttributeError(name)

    tree_view = ModuleType("qSlicerSubjectHierarchyModuleWidgetsPythonQt")
    tree_view.qMRMLSubjectHierarchyTreeView = unused("qMRMLSubjectHierarchyTreeView")
    sys.modules[tree_view.__name__] = tree_view
    sys.modules["MRMLCorePython"] = slicer_core.MRMLCore
    ctk_widgets.__getattr__ = slicer.__getattr__ = unused
    del sys.modules["slicer.parameterNodeWrapper"]
    slicer.__path__.append(os.path.join(source, "Base", "Python", "slicer"))
    import slicer.parameterNodeWrapper
