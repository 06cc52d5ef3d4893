"""Everything that only the Slicer application has: its Python, installers and editor.

The tests cannot run most of this; ``docs/manual-checklist.md`` lists what was tried by hand.
"""

import importlib.metadata
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

#: Modules that HermesLib imports and their requirements. Slicer brings SimpleITK and numpy, and its
#: extension PyTorch installs torch.
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
    """The command that starts Slicer's Python; this Python where Slicer has no such program."""
    home = getattr(slicer.app, "slicerHome", None)
    program = shutil.which("PythonSlicer", path=str(Path(home) / "bin") if home else "")
    return [program or sys.executable]


def missing_packages() -> list[str]:
    """Requirements that are not installed; ``torch`` first. Imports nothing."""
    has_torch = all(importlib.util.find_spec(name) is not None for name in ("torch", "torchvision"))
    others = [
        requirement
        for module, requirement in PACKAGES.items()
        if importlib.util.find_spec(module) is None
    ]
    return others if has_torch else ["torch", *others]


def install_packages(missing: Sequence[str]) -> None:
    """Install missing packages; packages that Slicer brings keep their versions.

    Slicer may ask the user for confirmation.

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
            "".join(f"{name}=={version}\n" for name, version in fixed_versions().items()),
            encoding="utf-8",
        )
        packaging = getattr(slicer, "packaging", None)
        if packaging is not None:
            packaging.pip_install(others, constraints=constraints, requester="HERMES Segment")
        else:
            slicer.util.pip_install(["--constraint", str(constraints), *others])


def fixed_versions() -> dict[str, str]:
    """The installed versions of packages that must not be replaced."""
    versions = {}
    for name in ("numpy", "SimpleITK", "vtk", "torch", "torchvision"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


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
    if slicer.util.mainWindow() is None:
        return False
    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(volume)
    editor.setCurrentSegmentID(segment_id)
    return True


def dicom_seg_obstacle(volume: Any) -> str:
    """The reason why a volume's segmentation cannot be exported as DICOM SEG; empty if it can."""
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


def show_chart(chart: Any) -> None:
    """Show a chart in the plot views of the layout."""
    for view in slicer.util.getNodesByClass("vtkMRMLPlotViewNode"):
        view.SetPlotChartNodeID(chart.GetID())


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file browser."""
    import qt

    folder.mkdir(parents=True, exist_ok=True)
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder)))
