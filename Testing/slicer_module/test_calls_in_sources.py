"""Every call of Slicer and Qt in HermesSegment is one that the application would take.

Found in the code (:mod:`.calls`) and compared with the sources of Slicer, CTK, PythonQt and the
extension PyTorch, where these are (:mod:`Testing.standins.sources`).
"""

import ast
import re

import ctk
import pytest
import qt
import slicer

from Testing.slicer_module import calls
from Testing.slicer_module.calls import MODULE, Use, connections, uses_of, uses_of_widgets
from Testing.standins.pythonqt import DESCRIBED, Described
from Testing.standins.sources import source_text
from Testing.standins.wrapped import (
    decorated,
    family,
    functions,
    properties,
    qt_methods,
    qt_text,
    signals,
)

#: What PythonQt adds to every QObject.
_OF_PYTHONQT = {"connect", "disconnect", "setParent", "deleteLater", "delete", "className"}
#: Functions of Slicer's Python modules whose calls are compared with their definitions.
_PYTHON = {
    "slicer.util": ("Slicer/Slicer", "Base/Python/slicer/util.py"),
    "packaging": ("Slicer/Slicer", "Base/Python/slicer/packaging.py"),
    "torch_logic": ("fepegar/SlicerPyTorch", "PyTorchUtils/PyTorchUtils.py"),
    "SampleData.SampleDataLogic": ("Slicer/Slicer", "Modules/Scripted/SampleData/SampleData.py"),
}


def qt_class(name: str) -> type:
    """Qt's own class behind a class of Qt, CTK or Slicer."""
    return next(getattr(place, name) for place in (qt, ctk, slicer) if hasattr(place, name))


def described(name: str) -> Described:
    """What Qt says of a class, or of the class of Qt that a stand-in is made of."""
    bases = (base.__name__ for base in qt_class(name).__mro__)
    known = (DESCRIBED[base] for base in bases if base in DESCRIBED)
    return next(known, Described(set(), set(), set(), set()))


def values_of(name: str) -> set[str]:
    """The properties of a class and its bases, which Python reads and sets as values."""
    return described(name).properties.union(*map(properties, family(name)))


def functions_of(name: str) -> set[str]:
    """The methods of a class and its bases, as PythonQt wraps them."""
    wrapped = [qt_methods(base.__name__) for base in qt_class(name).__mro__]
    return described(name).methods.union(_OF_PYTHONQT, functions(name), *wrapped)


@pytest.fixture(scope="module", autouse=True)
def sources():
    """Skips where there are none."""
    source_text("MeVisLab/pythonqt", "README.md")
    source_text("Slicer/Slicer", "CMakeLists.txt")
    source_text("commontk/CTK", "CMakeLists.txt")


def is_taken(use: Use) -> bool:
    """Whether PythonQt takes a use of a widget: values are not called, methods are."""
    is_value = use.member in values_of(use.owner)
    return (
        is_value if use.called is None else not is_value and use.member in functions_of(use.owner)
    )


def test_members_of_widgets_are_values_or_methods_as_pythonqt_has_them():
    uses = uses_of_widgets()
    assert len(uses) > 60
    assert [use for use in uses if not is_taken(use)] == []


@pytest.mark.parametrize(
    "line",
    [
        "self.ui.statusLabel.text()",
        "self.ui.runButton.isOn()",
        "self.ui.runButton.invented",
        "self.ui.setupSection.isCollapsed()",
        "ui.targetSelector.currentNode",
        "ui.inputsSection.fold()",
    ],
)
def test_a_use_that_pythonqt_refuses_would_be_found(line, monkeypatch):
    monkeypatch.setattr(calls, "_trees", lambda: ((ast.parse(line), "made.py"),))
    (use,) = uses_of_widgets()
    assert not is_taken(use)


def test_signals_are_written_as_qt_declares_them():
    found = connections()
    assert len(found) > 10
    for owner, signal, place in found:
        declared = described(owner).signals.union(*map(signals, family(owner)))
        assert signal in declared, (owner, signal, place)


def test_classes_constants_and_functions_of_qt_are_wrapped():
    for use in uses_of("qt"):
        if use.member == "Qt":
            continue
        assert qt_methods(use.member), use
        bases = [base.__name__ for base in qt_class(use.member).__mro__]
        known = described(use.member).enumerators.union(*map(qt_methods, bases))
        for inner in uses_of(f"qt.{use.member}"):
            constant = rf"\b{inner.member} = \w+::{inner.member}\b"
            assert inner.member in known or any(
                re.search(constant, qt_text(base)) for base in bases
            ), inner


@pytest.mark.parametrize("path", _PYTHON)
def test_calls_of_python_functions_fit_their_definitions(path):
    defined = {
        node.name: node.args
        for node in ast.walk(ast.parse(source_text(*_PYTHON[path])))
        if isinstance(node, ast.FunctionDef)
    }
    for use in uses_of(path):
        assert use.member in defined or use.called is None, use
        if use.called is None:
            continue
        arguments, (count, names) = defined[use.member], use.called
        known = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
        most = len([name for name in known if name != "self"])
        assert arguments.vararg is not None or count <= most, use
        assert arguments.kwarg is not None or set(names) <= set(known), use


def test_the_application_has_what_is_asked_of_it():
    values = set().union(*map(properties, family("qSlicerApplication")))
    known = functions("qSlicerApplication") | decorated("qSlicerCoreApplication") | _OF_PYTHONQT
    uses = uses_of("slicer.app")
    assert len(uses) > 8
    for use in uses:
        # ``processEvents`` is one of QApplication.
        if use.called is None:
            assert use.member in values, use
        else:
            assert use.member in known | functions_of("QApplication"), use
            assert use.member not in values, use
    assert "startupCompleted" in known


def test_the_segment_editor_has_what_is_asked_of_it():
    text = source_text("Slicer/Slicer", "Modules/Scripted/SegmentEditor/SegmentEditor.py")
    assert re.search(r"self\.editor = .*qMRMLSegmentEditorWidget\(\)", text)
    asked = {use.member for use in uses_of("editor")}
    assert asked == {"setSegmentationNode", "setSourceVolumeNode", "setCurrentSegmentID"}
    assert asked <= functions("qMRMLSegmentEditorWidget")
    assert "self" in functions("qSlicerScriptedLoadableModuleWidget")
    assert {"widgetRepresentation", "logic"} <= functions("qSlicerAbstractModule")


def test_modules_are_not_asked_for_more_than_logic_and_widget():
    """What :func:`test_the_segment_editor_has_what_is_asked_of_it` compares is all there is."""
    for path in MODULE.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for name in re.findall(r"slicer\.modules\.\w+\.(\w+)", line):
                assert name in ("logic", "widgetRepresentation"), (path.name, line)
