"""``slicer.app``, ``slicer.modules`` and ``slicer.mrmlScene`` around Slicer's own MRML."""

import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import slicer
import vtk

from Testing.standins import pythonqt as qt
from Testing.standins.dicom_database import DicomDatabase
from Testing.standins.layout_manager import LayoutManager
from Testing.standins.subject_hierarchy import follow_scene

#: Module name, class of its logic, and the name under which MRML looks it up.
_LOGICS = (
    ("terminologies", "vtkSlicerTerminologiesModuleLogic", "Terminologies"),
    ("volumes", "vtkSlicerVolumesLogic", "Volumes"),
    ("markups", "vtkSlicerMarkupsLogic", "Markups"),
    ("segmentations", "vtkSlicerSegmentationsModuleLogic", "Segmentations"),
    ("sequences", "vtkSlicerSequencesLogic", "Sequences"),
    ("subjecthierarchy", "vtkSlicerSubjectHierarchyModuleLogic", "SubjectHierarchy"),
    ("tables", "vtkSlicerTablesLogic", "Tables"),
    ("plots", "vtkSlicerPlotsLogic", "Plots"),
    ("units", "vtkSlicerUnitsLogic", "Units"),
    ("models", "vtkSlicerModelsLogic", "Models"),
    ("transforms", "vtkSlicerTransformLogic", "Transforms"),
)
_READERS = (
    (".seg.nrrd", "vtkMRMLSegmentationNode"),
    (".mrk.json", "vtkMRMLMarkupsFiducialNode"),
    (".tsv", "vtkMRMLTableNode"),
    (".nrrd", "vtkMRMLScalarVolumeNode"),
    (".nii.gz", "vtkMRMLScalarVolumeNode"),
    (".mha", "vtkMRMLScalarVolumeNode"),
)
_TYPES = {
    "SegmentationFile": "vtkMRMLSegmentationNode",
    "VolumeFile": "vtkMRMLScalarVolumeNode",
    "TableFile": "vtkMRMLTableNode",
}


class _InputOutput:
    """The methods of the input-output manager that ``slicer.util`` calls."""

    def loadNodes(
        self, kind: str, properties: dict, loaded: vtk.vtkCollection, messages: object = None
    ) -> bool:
        """Load a scene, or one node."""
        path, scene = properties["fileName"], slicer.mrmlScene
        if kind == "SceneFile":
            clear = properties.get("clear", False)
            if path.endswith(".mrb"):
                return bool(scene.ReadFromMRB(path, clear))
            scene.SetURL(path)
            return bool(scene.Connect() if clear else scene.Import())
        node_class = _TYPES.get(kind) or next(
            (name for ending, name in _READERS if path.endswith(ending)), None
        )
        if node_class is None:
            return False
        node = scene.AddNewNodeByClass(
            node_class, properties.get("name") or Path(path).name.split(".")[0]
        )
        storage = node.CreateDefaultStorageNode()
        scene.AddNode(storage)
        node.SetAndObserveStorageNodeID(storage.GetID())
        storage.SetFileName(path)
        if not storage.ReadData(node):
            scene.RemoveNode(node)
            return False
        node.CreateDefaultDisplayNodes()
        loaded.AddItem(node)
        return True

    def saveNodes(self, kind: str, properties: dict, messages: object = None) -> bool:
        """Save the scene, or one node."""
        path = properties["fileName"]
        if "nodeID" not in properties:
            return self.saveScene(path, None)
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode()
        node.GetStorageNode().SetFileName(path)
        return bool(node.GetStorageNode().WriteData(node))

    exportNodes = saveNodes

    def saveScene(self, path: str, screenshot: object, messages: object = None) -> bool:
        """Save the scene as .mrb or .mrml."""
        scene = slicer.mrmlScene
        if path.endswith(".mrb"):
            return bool(scene.WriteToMRB(path))
        scene.SetURL(path)
        return bool(scene.Commit(path))

    def fileWriterFileType(self, node: Any, path: str = "") -> str:
        """The file type by the node's class."""
        return "SegmentationFile" if node.IsA("vtkMRMLSegmentationNode") else "NodeFile"

    def extractKnownExtension(self, path: str, node: Any = None) -> str:
        """The longest known suffix."""
        return next((ending for ending, _ in _READERS if path.endswith(ending)), Path(path).suffix)


class Application:
    """``slicer.app``, as far as scripted modules use it."""

    is_standin = True
    applicationName = "Slicer"
    majorVersion, minorVersion = 5, 13
    applicationVersion = "5.13.0-standin"
    #: Language and region, as chosen in the application's settings.
    applicationLocaleName = "en_US"

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._logic = slicer.vtkSlicerApplicationLogic()
        self._logic.SetMRMLScene(scene)
        self._input_output = _InputOutput()
        self._settings: dict[str, Any] = {}
        self._at_startup: list[Callable[[], None]] = []
        self.main_window: Any = None
        self.temporaryPath = tempfile.mkdtemp(prefix="Slicer-")
        self._logic.SetTemporaryPath(self.temporaryPath)

    def applicationLogic(self) -> Any:
        """The application logic, which knows all module logics."""
        return self._logic

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene

    def coreIOManager(self) -> _InputOutput:
        """Loading and saving."""
        return self._input_output

    ioManager = coreIOManager

    def testingEnabled(self) -> bool:
        """True: errors raise exceptions in place of dialogs."""
        return True

    def processEvents(self, *_: object) -> None:
        """Process Qt's events."""
        qt.QApplication.instance().processEvents()

    def connect(self, signal: str, receiver: Callable[[], None]) -> bool:
        """Call a function when Slicer has started; no other signal is known."""
        if signal != "startupCompleted()":
            raise ValueError(f"qSlicerApplication has no signal {signal}")
        self._at_startup.append(receiver)
        return True

    def complete_startup(self) -> None:
        """All modules are loaded: Slicer emits ``startupCompleted``."""
        for receiver in self._at_startup:
            receiver()

    def topLevelWidgets(self) -> list:
        """All windows; Slicer's main window is not among them."""
        return qt.QApplication.instance().topLevelWidgets()

    def setOverrideCursor(self, cursor: object) -> None:
        """The wait cursor."""

    def restoreOverrideCursor(self) -> None:
        """The usual cursor."""

    def layoutManager(self) -> LayoutManager:
        """The views; they have no windows."""
        return self._layout_manager

    def start_views(self) -> None:
        """Add the views of the usual layout to the scene."""
        self._layout_manager = LayoutManager(self._logic)

    def settings(self) -> "_Settings":
        """The user's settings, not stored."""
        return _Settings(self._settings)

    userSettings = settings

    def restart(self) -> None:
        """Only Slicer itself can restart."""
        raise RuntimeError("a stand-in cannot restart")


class _Settings:
    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def value(self, key: str, default: Any = None) -> Any:
        """As QSettings."""
        return self._values.get(key, default)

    def setValue(self, key: str, value: Any) -> None:
        """As QSettings."""
        self._values[key] = value


class _Module:
    """A loaded module: its logic, its path and, once it was opened, its widget."""

    def __init__(self, name: str, logic: Any, path: str = "") -> None:
        self.name, self._logic, self.path = name, logic, path
        self._widget: Any = None

    def widgetRepresentation(self) -> Any:
        """The module's widget, whose ``self()`` is the instance of its Python class."""
        if self._widget is None:
            kind = getattr(importlib.import_module(self.name), f"{self.name}Widget")
            widget = slicer.qMRMLWidget()
            widget.setLayout(qt.QVBoxLayout())
            instance = kind(widget)
            widget.self = lambda: instance
            instance.setup()
            self._widget = widget
        return self._widget

    def logic(self) -> Any:
        """The module's logic."""
        return self._logic


def start() -> None:
    """Set ``slicer.app``, ``slicer.modules`` and ``slicer.mrmlScene``."""
    slicer.standin_qt_application = qt.QApplication.instance() or qt.QApplication(["Slicer"])
    scene = slicer.vtkMRMLScene()
    slicer.mrmlScene = scene
    # Without a cache manager the scene can't read .mrb files.
    cache, data = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(tempfile.mkdtemp(prefix="Slicer-cache-"))
    scene.SetCacheManager(cache)
    data.SetCacheManager(cache)
    scene.SetDataIOManager(data)
    slicer.standin_managers = (cache, data)
    slicer.app = Application(scene)
    logic = slicer.app.applicationLogic()
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    scene.AddNode(crosshair)
    colours = logic.GetColorLogic()
    colours.SetMRMLScene(scene)
    colours.AddDefaultColorNodes()
    logic.SetSliceLogics(vtk.vtkCollection())
    logic.SetViewLogics(vtk.vtkCollection())
    for factory in (
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory,
        slicer.vtkMRMLSliceViewDisplayableManagerFactory,
    ):
        factory.GetInstance().SetMRMLApplicationLogic(logic)
    slicer.modules = SimpleNamespace(colors=_Module("Colors", colours))
    # slicer-core has no terminology files, which its logic reports at length.
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
    for name, kind, registered in _LOGICS:
        # A module's logic must know the scene before the module's node classes can be created.
        module_logic = getattr(slicer, kind)()
        module_logic.SetMRMLApplicationLogic(logic)
        module_logic.SetMRMLScene(scene)
        logic.SetModuleLogic(registered, module_logic)
        setattr(slicer.modules, name, _Module(registered, module_logic))
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_ERROR)
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    follow_scene(scene)
    slicer.app.start_views()
    slicer.dicomDatabase = DicomDatabase()
    slicer.testing = True


def register_module(name: str, path: Path, make_logic: Callable[[], Any] = lambda: None) -> None:
    """Register a scripted module, as Slicer does when it finds one."""
    setattr(slicer.modules, name.lower(), _Module(name, make_logic(), str(path)))
