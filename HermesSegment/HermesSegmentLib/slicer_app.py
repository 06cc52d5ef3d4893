"""All that only a real Slicer has: its Python launcher, package installers, the Segment Editor, its slice views.

The tests cannot run most of this; ``docs/manual-checklist.md`` says what was tried by hand.
"""

import importlib.metadata
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _

#: What HermesLib imports, and what the package index calls it. PyTorch, SimpleITK and numpy are never in this list: the first is
#: the PyTorch extension's, the others Slicer's own.
PACKAGES = {
    "monai": "monai>=1.5",
    "einops": "einops>=0.8",
    "scipy": "scipy>=1.12",
    "skimage": "scikit-image>=0.24",
    "safetensors": "safetensors>=0.5",
    "segment_anything": "segment-anything>=1.0",
    "matplotlib": "matplotlib>=3.9",
    "PIL": "pillow>=10",
}


def python_command() -> list[str]:
    """Slicer's Python as a program of its own; this Python where there is no such program."""
    home = getattr(slicer.app, "slicerHome", None)
    found = shutil.which("PythonSlicer", path=str(Path(home) / "bin") if home else "")
    return [found or sys.executable]


def missing_packages() -> list[str]:
    """What is not installed, by its name on the package index; ``torch`` first. Imports nothing."""
    both = all(importlib.util.find_spec(name) is not None for name in ("torch", "torchvision"))
    missing = [] if both else ["torch"]
    return missing + [
        wanted for module, wanted in PACKAGES.items() if importlib.util.find_spec(module) is None
    ]


def install_packages(missing: Sequence[str]) -> None:
    """Install what is missing; asks the user where Slicer asks. What Slicer brings keeps its version, whatever a package wishes.

    Raises:
        RuntimeError: the PyTorch extension is not installed, or an installation failed.
    """
    if "torch" in missing:
        _install_torch()
    others = [name for name in missing if name != "torch"]
    if not others:
        return
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text(
            "".join(f"{name}=={version}\n" for name, version in kept_versions().items()),
            encoding="utf-8",
        )
        packaging = getattr(slicer, "packaging", None)
        if packaging is not None:
            packaging.pip_install(others, constraints=constraints, requester="HERMES Segment")
        else:
            slicer.util.pip_install(["--constraint", str(constraints), *others])


def kept_versions() -> dict[str, str]:
    """What must not be replaced, by the versions that are installed."""
    found = {}
    for name in ("numpy", "SimpleITK", "vtk", "torch", "torchvision"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _install_torch() -> None:
    try:
        import PyTorchUtils
    except ImportError:
        raise RuntimeError(
            _("Install the extension PyTorch in Slicer's Extensions Manager and restart Slicer")
        ) from None
    if PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True) is None:
        raise RuntimeError(_("PyTorch was not installed"))


def edit_in_segment_editor(segmentation: Any, segment_id: str, volume: Any) -> bool:
    """Open the Segment Editor on a segment; False where there is no Segment Editor."""
    selector = getattr(slicer.util, "selectModule", None)
    if slicer.app.layoutManager() is None or selector is None:
        return False
    selector("SegmentEditor")
    editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(volume)
    editor.setCurrentSegmentID(segment_id)
    return True


def dicom_seg_obstacle(volume: Any) -> str:
    """Why a volume's segmentation cannot become a DICOM SEG here; empty if it can."""
    if not (volume.GetAttribute("DICOM.instanceUIDs") or "").strip():
        return _("DICOM SEG: the volume was not loaded from DICOM.")
    if importlib.util.find_spec("DICOMSegmentationPlugin") is None:
        return _("DICOM SEG: install the extension QuantitativeReporting.")
    return ""


def export_dicom_seg(segmentation: Any, folder: Path) -> None:
    """Write a segmentation node of a DICOM volume into a folder, through QuantitativeReporting.

    Raises:
        RuntimeError: the plugin cannot export it.
    """
    import DICOMSegmentationPlugin

    plugin = DICOMSegmentationPlugin.DICOMSegmentationPluginClass()
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    exportables = plugin.examineForExport(tree.GetItemByDataNode(segmentation))
    if not exportables:
        raise RuntimeError(_("QuantitativeReporting offers no export for this segmentation"))
    for exportable in exportables:
        exportable.directory = str(folder)
    problem = plugin.export(exportables)
    if problem:
        raise RuntimeError(problem)


def show_slice(volume: Any, ras: np.ndarray) -> None:
    """Let every slice view show a volume's slice through a point (3,)."""
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        node.JumpSliceByOffsetting(*(float(value) for value in ras))


def show_chart(chart: Any) -> None:
    """Show a chart in the plot views that the layout has."""
    for view in slicer.util.getNodesByClass("vtkMRMLPlotViewNode"):
        view.SetPlotChartNodeID(chart.GetID())


def shown_point() -> np.ndarray | None:
    """A point (3,) in RAS in the middle of the first slice view; None where there is no view."""
    nodes = slicer.util.getNodesByClass("vtkMRMLSliceNode")
    if not nodes:
        return None
    first = next((node for node in nodes if node.GetName() == "Red"), nodes[0])
    return np.array([first.GetSliceToRAS().GetElement(row, 3) for row in range(3)])


def show_volume(volume: Any) -> None:
    """Make a volume the background of the slice views."""
    if slicer.app.layoutManager() is not None:
        slicer.util.setSliceViewerLayers(background=volume, fit=True)


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file browser."""
    import qt

    folder.mkdir(parents=True, exist_ok=True)
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder)))
