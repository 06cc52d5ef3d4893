"""The stand-ins have no member that the real widgets lack.

Compares them with Slicer's own sources, where these are (:mod:`Testing.standins.sources`).
"""

import re

import pytest
import qt
import slicer

from Testing.standins import (
    application,
    ctk_widgets,
    dicom_database,
    layout_manager,
    main_window,
    mrml_widgets,
    segment_editor,
)
from Testing.standins.sources import source_paths, source_text
from Testing.standins.wrapped import (
    decorated,
    family,
    functions,
    header_of,
    members,
    properties,
)

STANDINS = [
    getattr(module, name) for module in (ctk_widgets, mrml_widgets) for name in module.WIDGETS
]


@pytest.mark.parametrize("standin", STANDINS, ids=lambda kind: kind.__name__)
def test_a_stand_in_has_no_member_that_the_real_widget_lacks(standin):
    if not header_of(standin.__name__):
        pytest.skip(f"no sources hold {standin.__name__}.h")
    own = {
        name
        for name in vars(standin)
        if not name.startswith("_") and not hasattr(standin.__base__, name)
    } - {"staticMetaObject"}
    assert own <= set().union(*map(members, family(standin.__name__)))


#: Stand-ins for objects of the application, and the classes that they stand for.
OBJECTS = {
    application.Application: "qSlicerApplication",
    application._InputOutput: "qSlicerIOManager",
    application._Module: "qSlicerAbstractModule",
    dicom_database.DicomDatabase: "ctkDICOMDatabase",
    layout_manager.LayoutManager: "qSlicerLayoutManager",
    layout_manager.SliceWidget: "qMRMLSliceWidget",
    main_window.MainWindow: "qSlicerMainWindow",
    main_window.ModuleSelector: "qSlicerModuleSelectorToolBar",
    segment_editor._Editor: "qMRMLSegmentEditorWidget",
}


@pytest.mark.parametrize("standin", OBJECTS, ids=OBJECTS.get)
def test_an_object_has_no_member_that_the_applications_lacks(standin):
    kind = OBJECTS[standin]
    if not header_of(kind):
        pytest.skip(f"no sources hold {kind}.h")
    known = functions(kind) | functions("QApplication")
    known |= {"connect"}.union(*map(properties, family(kind)))
    if kind == "qSlicerApplication":
        known |= decorated("qSlicerCoreApplication") | APPLICATION_OF_QT
    own = {name for name in vars(standin) if re.fullmatch(r"[a-z]+[A-Z]\w*", name)}
    own -= {"staticMetaObject"}
    assert own and own <= known


#: Members of QApplication that the application inherits.
APPLICATION_OF_QT = {
    "applicationName",
    "applicationVersion",
    "processEvents",
    "topLevelWidgets",
    "setOverrideCursor",
    "restoreOverrideCursor",
}


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


def test_palettes_are_those_of_qslicerstyle():
    from Testing.standins.styles import PALETTES

    text = source_text("Slicer/Slicer", "Base/QTGUI/qSlicerStyle.cxx")
    rule = re.compile(
        r'setColor\((?:QPalette::(Disabled), )?QPalette::(\w+), (?:Qt::(\w+)|"(#\w+)")\)'
    )
    for style, palette in PALETTES.items():
        function = text.partition(f"::standard{style.title()}Palette() const")[2]
        found = {
            f"{group} {role}".strip(): word or code
            for group, role, word, code in rule.findall(function.partition("\n}")[0])
        }
        assert palette == found


def test_a_plot_has_its_own_background_and_a_legend_over_its_lines_in_qmrmlplotview():
    from Testing.standins.plot_view import BACKGROUND

    text = source_text("Slicer/Slicer", "Libs/MRML/Widgets/qMRMLPlotView.cxx")
    (found,) = re.findall(r"color\.Set\(([\d., ]+)\)", text)
    assert tuple(int(float(part)) for part in found.split(",")[:3]) == BACKGROUND
    # The legend stays where VTK's charts put it.
    assert "SetShowLegend(plotChartNode->GetLegendVisibility())" in text
    assert "SetVerticalAlignment" not in text and "SetHorizontalAlignment" not in text


def test_a_section_hides_its_children_as_in_ctkcollapsiblebutton():
    text = source_text("commontk/CTK", "Libs/Widgets/ctkCollapsibleButton.cpp")
    assert ":QAbstractButton(_parent)" in text
    for rule in ("ShowToParent", "HideToParent"):
        assert f"QEvent::{rule}" in text
    section, child = ctk_widgets.ctkCollapsibleButton(), qt.QLabel("child")
    section.setLayout(qt.QVBoxLayout())
    section.layout().addWidget(child)
    section.collapsed = True
    section.show()
    assert not child.isVisible()
    child.setVisible(True)
    assert not child.isVisible(), "shown only when the section is unfolded"
    section.click()
    assert not section.collapsed and child.isVisible()
    child.setVisible(False)
    section.click()
    section.click()
    assert not section.collapsed and not child.isVisible(), "hidden by itself"


def test_the_subject_hierarchy_follows_the_scene_as_its_plugin_logic(scene):
    path = "Modules/Loadable/SubjectHierarchy/Widgets/qSlicerSubjectHierarchyPluginLogic.cxx"
    text = source_text("Slicer/Slicer", path)
    assert "shNode->RemoveItem(itemID, false, false)" in text
    assert "if (scene->IsImporting() || !node || node->GetHideFromEditors())" in text
    tree = scene.GetSubjectHierarchyNode()
    before = tree.GetNumberOfItems()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "shown")
    assert tree.GetItemByDataNode(node) and tree.GetNumberOfItems() == before + 1
    scene.RemoveNode(node)
    assert tree.GetNumberOfItems() == before


def test_the_database_answers_as_ctkdicomdatabase():
    text = source_text("commontk/CTK", "Libs/DICOM/Core/ctkDICOMDatabase.h")
    for rule in (
        "QString instanceValue (const QString sopInstanceUID, const QString tag)",
        "QString fileValue (const QString fileName, const QString tag)",
        "QString fileForInstance(const QString sopInstanceUID)",
        "bool storeFile = true, bool generateThumbnail = true",
        "Q_PROPERTY(bool isOpen READ isOpen)",
    ):
        assert rule in text, rule
    # Slicer sets it when the module DICOM is there, maybe to None.
    dicom = source_text("Slicer/Slicer", "Modules/Scripted/DICOM/DICOM.py")
    assert "slicer.dicomDatabase = slicer.app.dicomDatabase()" in dicom


def test_a_deleted_selector_no_longer_follows_the_scene_as_qmrmlnodecombobox(scene):
    """Python deletes a widget's parts in any order; the scene may change in between."""
    selector = slicer.qMRMLNodeComboBox()
    selector.setMRMLScene(scene)
    selector._box.delete()
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
