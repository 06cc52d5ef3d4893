"""Installation of missing packages, with installers that only record what they are called with."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import slicer

from HermesSegmentLib import slicer_app


@pytest.fixture
def installed(monkeypatch) -> list[tuple[list[str], str]]:
    """Requirements and constraints that ``slicer.packaging`` is called with."""
    calls: list[tuple[list[str], str]] = []

    def pip_install(requirements, constraints=None, requester=None):
        calls.append((list(requirements), Path(constraints).read_text()))

    monkeypatch.setattr(
        slicer, "packaging", SimpleNamespace(pip_install=pip_install), raising=False
    )
    return calls


def test_slicers_own_packages_keep_their_versions(installed):
    slicer_app.install_packages(["monai>=1.5", "segment-anything>=1.0"])
    ((requirements, constraints),) = installed
    assert requirements == ["monai>=1.5", "segment-anything>=1.0"]
    assert f"numpy=={np.__version__}\n" in constraints
    assert "SimpleITK==" in constraints and "torch==" in constraints


def test_before_slicer_5_11_the_older_installer_is_used(monkeypatch):
    calls = []
    monkeypatch.delattr(slicer, "packaging", raising=False)
    monkeypatch.setattr(slicer.util, "pip_install", lambda arguments: calls.append(arguments))
    slicer_app.install_packages(["monai>=1.5"])
    assert calls[0][0] == "--constraint" and calls[0][2:] == ["monai>=1.5"]


def test_pytorch_comes_from_its_extension_only(installed, monkeypatch):
    with pytest.raises(RuntimeError, match="extension PyTorch"):
        slicer_app.install_packages(["torch", "monai>=1.5"])
    assert installed == []
    confirmations = []
    logic = SimpleNamespace(
        installTorch=lambda askConfirmation: confirmations.append(askConfirmation) or object()
    )
    monkeypatch.setitem(
        __import__("sys").modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=lambda: logic)
    )
    slicer_app.install_packages(["torch"])
    assert confirmations == [True] and installed == []


def test_packages_that_slicer_brings_are_never_installed():
    names = {requirement.split(">")[0].lower() for requirement in slicer_app.PACKAGES.values()}
    assert not names & {"numpy", "simpleitk", "torch", "torchvision", "vtk"}


def test_missing_packages_are_found_without_an_import(monkeypatch):
    assert slicer_app.missing_packages() == []
    monkeypatch.setattr(
        slicer_app.importlib.util,
        "find_spec",
        lambda name: None if name in ("torch", "monai") else object(),
    )
    assert slicer_app.missing_packages() == ["torch", "monai>=1.5"]
