"""The stand-ins have no member that the real widgets lack.

Compares them with Slicer's own sources, where these are (:mod:`Testing.standins.sources`).
"""

import re

import pytest
import qt
import slicer
from PySide6.QtWidgets import QWidget

from Testing.standins import ctk_widgets, mrml_widgets
from Testing.standins.sources import source_paths, source_text

STANDINS = [
    getattr(module, name) for module in (ctk_widgets, mrml_widgets) for name in module.WIDGETS
]


def members(header: str) -> set[str]:
    """The members that PythonQt wraps: properties, slots, signals and invokable methods."""
    text = re.sub(r"//.*", "", header)
    names = set(re.findall(r"Q_PROPERTY\(\s*[\w:<>, ]+[\s*&]+(\w+)\s+(?:READ|MEMBER)", text))
    reachable = False
    for line in text.splitlines():
        if re.match(
            r"\s*(public|protected|private)?\s*(slots|Q_SLOTS|signals|Q_SIGNALS)\s*:", line
        ):
            reachable = not re.match(r"\s*(protected|private)", line)
        elif re.match(r"\s*(public|protected|private)\s*:", line):
            reachable = False
        elif reachable or "Q_INVOKABLE" in line:
            names |= set(re.findall(r"(\w+)\s*\(", line))
    return names


def header_of(name: str) -> str:
    """The header of a class of Slicer or CTK; empty where no sources hold it."""
    for repository in ("Slicer/Slicer", "commontk/CTK"):
        for path in source_paths(repository):
            if path.endswith(f"/{name}.h"):
                return source_text(repository, path)
    return ""


def all_members(name: str) -> set[str]:
    """The members of a class and of the classes of Slicer and CTK that it inherits."""
    header = header_of(name)
    bases = re.findall(rf"class[ \w]*\b{name}\b[^;{{]*?:([^{{]*){{", header)
    names = re.findall(r"public\s+(\w+)", bases[0]) if bases else []
    return members(header).union(*(all_members(base) for base in names))


@pytest.mark.parametrize("standin", STANDINS, ids=lambda kind: kind.__name__)
def test_a_stand_in_has_no_member_that_the_real_widget_lacks(standin):
    if not header_of(standin.__name__):
        pytest.skip(f"no sources hold {standin.__name__}.h")
    own = {
        name for name in vars(standin) if not name.startswith("_") and not hasattr(QWidget, name)
    } - {"staticMetaObject"}
    assert own <= all_members(standin.__name__)


def test_qt_has_no_module_that_slicers_pythonqt_does_not_wrap():
    wrapped = {
        found[1]
        for path in source_paths("MeVisLab/pythonqt")
        if (found := re.search(r"com_trolltech_qt_(\w+?)/", path))
    }
    if not wrapped:
        pytest.skip("no sources of MeVisLab/pythonqt")
    assert {"core", "gui", "uitools"} <= wrapped and "test" not in wrapped
    assert not hasattr(qt, "QTest") and hasattr(qt, "QUiLoader")


def test_a_dialog_in_a_test_says_no_as_in_slicer_util():
    # True is returned "for yes" and then compared with a button.
    text = source_text("Slicer/Slicer", "Base/Python/slicer/util.py")
    function = text.partition("def confirmYesNoDisplay")[2].partition("\ndef ")[0]
    assert "return result == qt.QMessageBox.Yes" in function
    assert slicer.util.confirmYesNoDisplay("?") is False


def test_a_reload_calls_setup_and_not_enter_in_qslicerscriptedloadablemodulewidget():
    text = source_text("Slicer/Slicer", "Base/QTGUI/qSlicerScriptedLoadableModuleWidget.cxx")
    reload = text.partition("::reload()")[2].partition("\n}")[0]
    assert "this->setup()" in reload and "enter" not in reload


def test_the_build_tree_gets_scripts_and_resources_only_in_slicermacrobuildscriptedmodule():
    macro = source_text("Slicer/Slicer", "CMake/SlicerMacroBuildScriptedModule.cmake")
    assert "DESTINATION_DIR ${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}" in macro
    assert 'SCRIPTS "${MY_SLICER_SCRIPTS}"' in macro and "HermesLib" not in macro
    tests = source_text("Slicer/Slicer", "CMake/SlicerMacroPythonTesting.cmake")
    assert "slicer.testing.runUnitTest(['${CMAKE_CURRENT_BINARY_DIR}'" in tests
    assert "--testing" in tests


def test_invented_members_would_be_found():
    assert "setMRMLScene" in members(
        "public slots:\n  virtual void setMRMLScene(vtkMRMLScene* scene);\n"
        "private:\n  void hidden();"
    )
    assert "hidden" not in members("public slots:\n  void shown();\nprivate:\n  void hidden();")
