"""Slicer for the tests: the application where they run inside it, else MRML with stand-ins."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed: pip install .[slicer-tests]")
pytest.importorskip("vtk")

from Testing import standins

MODULE = Path(__file__).resolve().parents[2] / "HermesSegment"
if not standins.in_slicer():
    pytest.importorskip("PySide6")
    standins.start()
    sys.path.insert(0, str(MODULE))

import qt  # noqa: E402
import slicer  # noqa: E402

from Testing.slicer_module.driving import click, play  # noqa: E402
from Testing.slicer_module.fake_engine import FakeEngine  # noqa: E402
from Testing.slicer_module.queue_engine import QueueEngine  # noqa: E402
from Testing.slicer_module.unhandled import nothing_unhandled  # noqa: E402


@pytest.fixture
def scene() -> Iterator[Any]:
    """A scene that is empty before and after; fails if an exception was not handled."""
    with nothing_unhandled():
        slicer.mrmlScene.Clear(0)
        yield slicer.mrmlScene
        slicer.mrmlScene.Clear(0)


@pytest.fixture
def volume(scene: Any) -> Any:
    """An oblique, anisotropic volume of 6 slices of 40 x 50 voxels with a bright block."""
    voxels = np.random.default_rng(0).integers(0, 60, (6, 40, 50)).astype(np.int16)
    voxels[2:4, 10:25, 12:30] += 300
    turn, tilt = np.deg2rad(20), np.deg2rad(15)
    about_s = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    about_r = np.array(
        [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = about_s @ about_r @ np.diag([-0.7, -0.7, 3.0])
    matrix[:3, 3] = [20, 30, -15]
    node = slicer.util.addVolumeFromArray(voxels, ijkToRAS=matrix, name="T2")
    node.CreateDefaultDisplayNodes()
    return node


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def widget(scene, engine, monkeypatch) -> Iterator[object]:
    """The module's open widget on an empty scene."""
    from Testing.standins.application import register_module

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    monkeypatch.setattr(HermesSegment.HermesSegmentLogic, "make_engine", lambda self: engine)
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    module = HermesSegment.HermesSegmentWidget(parent)
    module.setup()
    module.enter()
    parent.resize(460, 1000)
    parent.show()
    yield module
    module.exit()
    module.cleanup()
    parent.close()


@pytest.fixture
def panel(widget, volume):
    widget.panel.parameters.volume = volume
    return widget.panel


@pytest.fixture
def reviewed(panel, engine):
    """A finished run."""
    click(panel.ui.runButton)
    play(panel, engine)
    return panel


@pytest.fixture
def queue_engine(panel):
    """The engine of the queue; the second volume is the worst."""
    engine = QueueEngine((0.8, 0.3, 0.6))
    panel.queue.control.engine = engine
    return engine
