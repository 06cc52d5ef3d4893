"""Installation of missing packages, with installers that only record what they are called with."""

import re
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import qt
import slicer

from HermesSegmentLib import packages
from Testing.standins.sources import source_text


@pytest.fixture
def installed(monkeypatch) -> list[tuple[list[str], str]]:
    """Requirements and constraints that ``slicer.packaging`` is called with."""
    calls: list[tuple[list[str], str]] = []

    def pip_install(requirements, constraints=None, requester=None):
        calls.append((list(requirements), Path(constraints).read_text(encoding="utf-8")))

    monkeypatch.setattr(
        slicer, "packaging", SimpleNamespace(pip_install=pip_install), raising=False
    )
    return calls


def test_slicers_own_packages_keep_their_versions(installed):
    packages.install_packages(["monai>=1.5", "segment-anything>=1.0"])
    ((requirements, constraints),) = installed
    assert requirements == ["monai>=1.5", "segment-anything>=1.0"]
    assert f"numpy=={np.__version__}\n" in constraints
    assert "SimpleITK==" in constraints and "torch==" in constraints


def test_before_slicer_5_11_the_older_installer_is_used(monkeypatch):
    calls = []
    monkeypatch.delattr(slicer, "packaging", raising=False)
    monkeypatch.setattr(slicer.util, "pip_install", lambda arguments: calls.append(arguments))
    packages.install_packages(["monai>=1.5"])
    assert calls[0][0] == "--constraint" and calls[0][2:] == ["monai>=1.5"]


class Torch(SimpleNamespace):
    """``PyTorchUtils`` of the extension PyTorch, which may pull another numpy in."""

    def __init__(self, monkeypatch, numpy: str = np.__version__):
        self.asked: list[dict] = []

        def install(askConfirmation=False, **versions):
            self.asked.append({"askConfirmation": askConfirmation, **versions})
            real = packages.importlib.metadata.version
            monkeypatch.setattr(
                packages.importlib.metadata,
                "version",
                lambda name: numpy if name == "numpy" else real(name),
            )
            return object()

        logic = SimpleNamespace(installTorch=install)
        module = SimpleNamespace(PyTorchUtilsLogic=lambda: logic)
        monkeypatch.setitem(sys.modules, "PyTorchUtils", module)


def test_pytorch_comes_from_its_extension_only_in_the_version_that_is_needed(
    installed, monkeypatch
):
    with pytest.raises(RuntimeError, match="extension PyTorch"):
        packages.install_packages(["torch", "monai>=1.5"])
    assert installed == []
    torch = Torch(monkeypatch)
    packages.install_packages(["torch"])
    assert torch.asked == [
        {
            "askConfirmation": True,
            "torchVersionRequirement": ">=2.6",
            "torchvisionVersionRequirement": ">=0.21",
        }
    ]
    assert installed == []


def test_the_extension_pytorch_takes_these_arguments():
    text = source_text("fepegar/SlicerPyTorch", "PyTorchUtils/PyTorchUtils.py")
    signature = re.search(r"def installTorch\(self, (.*)\):", text)[1]
    for name in ("askConfirmation", "torchVersionRequirement", "torchvisionVersionRequirement"):
        assert name in signature


def test_a_numpy_that_pytorch_pulled_in_is_put_back(installed, monkeypatch):
    # Slicer's own libraries are built against the numpy that Slicer brings.
    Torch(monkeypatch, numpy="9.9.9")
    packages.install_packages(["torch", "monai>=1.5"])
    ((requirements, constraints),) = installed
    assert requirements == [f"numpy=={np.__version__}", "monai>=1.5"]
    assert f"numpy=={np.__version__}\n" in constraints


def test_slicers_installer_takes_these_arguments_and_is_called_on_its_main_thread(
    installed, widget, monkeypatch
):
    text = source_text("Slicer/Slicer", "Base/Python/slicer/packaging.py")
    signature = text.partition("def pip_install(")[2].partition(")")[0]
    assert "constraints:" in signature and "requester:" in signature
    # From another thread, Slicer installs without its dialog, and before 5.13 not at all.
    assert "_isMainQtThread()" in text.partition("def pip_install(")[2]
    threads = []
    monkeypatch.setattr(
        packages, "install_packages", lambda missing: threads.append(threading.current_thread())
    )
    monkeypatch.setattr(packages, "missing_packages", lambda: ["monai>=1.5"])
    widget.panel.setup.refresh()
    widget.panel.refresh()
    widget.panel.ui.installButton.click()
    assert threads == [threading.main_thread()]


def test_packages_that_slicer_brings_are_never_installed():
    names = {requirement.split(">")[0].lower() for requirement in packages.PACKAGES}
    assert not names & {"numpy", "simpleitk", "torch", "torchvision", "vtk"}


@pytest.fixture
def versions(monkeypatch) -> dict[str, str]:
    """Installed versions that a test may change."""
    found = packages.installed_versions(
        [*packages.TORCH, *(requirement.split(">")[0] for requirement in packages.PACKAGES)]
    )

    def version(name: str) -> str:
        if name not in found:
            raise packages.importlib.metadata.PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(packages.importlib.metadata, "version", version)
    return found


def test_missing_and_outdated_packages_are_found_without_an_import(versions):
    assert packages.missing_packages() == []
    versions["torch"], versions["monai"] = "2.5.1+cu118", "1.4.0"
    del versions["einops"]
    assert packages.missing_packages() == ["torch", "monai>=1.5", "einops>=0.8"]
    versions["torch"] = "2.10.0"
    assert "torch" not in packages.missing_packages()


def test_slicers_own_check_is_asked_where_there_is_one(monkeypatch):
    asked = []
    check = SimpleNamespace(pip_check=lambda requirement: asked.append(requirement))
    monkeypatch.setattr(slicer, "packaging", check, raising=False)
    assert "monai>=1.5" in packages.missing_packages() and "torch>=2.6" in asked
    assert "def pip_check(" in source_text("Slicer/Slicer", "Base/Python/slicer/packaging.py")


def test_a_slicer_before_5_10_gets_one_line(scene, monkeypatch):
    from Testing.slicer_module.conftest import MODULE
    from Testing.standins.application import register_module

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    monkeypatch.setattr(sys, "version_info", (3, 9, 10))
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    widget = HermesSegment.HermesSegmentWidget(parent)
    widget.setup()
    widget.enter()
    assert parent.layout().itemAt(0).widget().text == "HERMES needs Slicer 5.10 or later."
    widget.exit()
    widget.cleanup()
