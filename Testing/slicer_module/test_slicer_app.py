"""Installing what is missing, with the installers recorded in place of Slicer's."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import slicer

from HermesSegmentLib import slicer_app


@pytest.fixture
def installed(monkeypatch) -> list[tuple[list[str], str]]:
    """What ``slicer.packaging`` is asked to install, and the constraints it is given."""
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
    seen = []
    monkeypatch.delattr(slicer, "packaging", raising=False)
    monkeypatch.setattr(slicer.util, "pip_install", lambda arguments: seen.append(arguments))
    slicer_app.install_packages(["monai>=1.5"])
    assert seen[0][0] == "--constraint" and seen[0][2:] == ["monai>=1.5"]


def test_pytorch_comes_from_its_extension_only(installed, monkeypatch):
    with pytest.raises(RuntimeError, match="extension PyTorch"):
        slicer_app.install_packages(["torch", "monai>=1.5"])
    assert installed == []
    asked = []
    logic = SimpleNamespace(
        installTorch=lambda askConfirmation: asked.append(askConfirmation) or object()
    )
    monkeypatch.setitem(
        __import__("sys").modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=lambda: logic)
    )
    slicer_app.install_packages(["torch"])
    assert asked == [True] and installed == []


def test_nothing_that_slicer_brings_is_ever_asked_for():
    names = {wanted.split(">")[0].lower() for wanted in slicer_app.PACKAGES.values()}
    assert not names & {"numpy", "simpleitk", "torch", "torchvision", "vtk"}


def test_what_is_missing_is_found_without_importing_it(monkeypatch):
    assert slicer_app.missing_packages() == []
    monkeypatch.setattr(
        slicer_app.importlib.util,
        "find_spec",
        lambda name: None if name in ("torch", "monai") else object(),
    )
    assert slicer_app.missing_packages() == ["torch", "monai>=1.5"]
