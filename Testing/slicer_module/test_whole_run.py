"""From a real series to an exported segmentation, with the real engine and the bundled weights."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import qt
import SimpleITK
import slicer

from HermesLib.io.volumes import read_volume
from HermesLib.runs.recorded import volume_sha256
from HermesLib.runs.repeat import Inputs, request_from_report
from HermesSegmentLib import export, review_report
from HermesSegmentLib.sample import sample_file
from Testing.slicer_module.conftest import MODULE
from Testing.slicer_module.driving import accept_every, click

ROOT = Path(__file__).resolve().parents[2]
SERIES = ROOT.parent / "shared" / "data" / "dicom" / "mr-prostate-t2"
LIMIT = 500.0
#: Enough iterations for tests of how a run ends.
FEW = 2


@pytest.fixture
def panel(scene) -> Iterator[object]:
    """The open module with its own engine."""
    from Testing.standins.application import register_module

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    module = HermesSegment.HermesSegmentWidget(parent)
    module.setup()
    module.enter()
    parent.show()
    yield module.panel
    module.cleanup()
    parent.close()


def wait(panel, done, limit: float = LIMIT) -> None:
    end = time.monotonic() + limit
    while not done():
        assert time.monotonic() < end, panel.ui.statusLabel.text
        slicer.app.processEvents()
        time.sleep(0.001)


def load_series(folder: Path):
    """A DICOM series with Slicer's own reader."""
    files = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(files[0])
    for name in files:
        storage.AddFileName(name)
    storage.SetSingleFile(False)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T2")
    assert storage.ReadData(node)
    node.CreateDefaultDisplayNodes()
    return node


@pytest.mark.skipif(not SERIES.is_dir(), reason="real patients (../shared/data) are not here")
def test_the_panels_export_of_a_dicom_series_is_the_result_of_hermes_refine(
    panel, tmp_path, capsys
):
    panel.parameters.maximumIterations = FEW
    panel.parameters.volume = load_series(SERIES)
    gaps: list[float] = []
    last = [time.perf_counter()]

    def beat() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    # The timer measures how long the user interface did not respond.
    click(panel.ui.runButton)
    timer = qt.QTimer()
    timer.setInterval(1)
    timer.connect("timeout()", beat)
    last[0] = time.perf_counter()
    timer.start()
    wait(panel, lambda: not panel.control.running)
    timer.stop()
    assert panel.ui.statusLabel.text.startswith("Done: "), panel.ui.statusLabel.text
    accept_every(panel)
    export.to_file(panel.review, tmp_path / "panel.seg.nrrd")
    with capsys.disabled():
        print(
            f"\n  longest time without response of the user interface in {len(gaps)} turns: "
            f"{1000 * max(gaps):.0f} ms"
        )
    command = [
        sys.executable,
        "-m",
        "HermesLib",
        "refine",
        str(SERIES),
        "--max-iterations",
        str(FEW),
        "-o",
        str(tmp_path / "out"),
    ]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    exported = SimpleITK.ReadImage(str(tmp_path / "panel.seg.nrrd"))
    refined = SimpleITK.ReadImage(str(tmp_path / "out" / "segmentation.nii.gz"))
    placed = SimpleITK.Resample(
        exported, refined, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0
    )
    assert np.array_equal(
        SimpleITK.GetArrayFromImage(placed) > 0, SimpleITK.GetArrayFromImage(refined) > 0
    )
    assert SimpleITK.GetArrayFromImage(exported).any()


def test_the_sample_is_one_click_away_and_its_report_in_the_scene_is_the_engines(panel):
    panel.parameters.maximumIterations = FEW
    click(panel.ui.sampleButton)
    wait(panel, lambda: not panel.control.running)
    assert panel.ui.statusLabel.text.startswith("Done: ")
    record = panel.review.run.record
    engine = dict(record.report)
    assert engine["provenance"]["preset"] == "prostate-t2"
    content = review_report.report(panel.review)
    assert [
        {name: value for name, value in entry.items() if name != "review"}
        for entry in content["slices"]
    ] == engine["slices"]
    assert content["summary"] == engine["summary"]
    # Enough for `hermes rerun`: all settings, and the content of what Slicer has sent.
    request = request_from_report(content, Inputs(image=sample_file()))
    assert request.settings.max_iterations == FEW and content["results"] == engine["results"]
    assert request.expected.image == volume_sha256(read_volume(sample_file()))
    assert str(sample_file().name) not in json.dumps(content)
    # Without the engine's report, the scene knows all but the distances of outlines.
    record.report = None
    from_scene = json.loads(json.dumps(review_report.report(panel.review)["slices"]))
    for entry, expected in zip(from_scene, engine["slices"], strict=True):
        for name in expected.keys() - {"hd95_mm", "assd_mm"}:
            assert entry[name] == expected[name], name


def test_cancel_brings_the_panel_back_and_the_next_run_works(panel, capsys):
    panel.parameters.maximumIterations = FEW
    click(panel.ui.sampleButton)
    wait(panel, lambda: panel.control.progress.latest is not None)
    start = time.monotonic()
    click(panel.ui.runButton)
    wait(panel, lambda: not panel.control.running, 10)
    took = time.monotonic() - start
    with capsys.disabled():
        print(f"\n  from Cancel to idle: {1000 * took:.0f} ms")
    assert panel.ui.statusLabel.text.startswith("Cancelled") and panel.ui.runButton.text == "Run"
    click(panel.ui.runButton)
    wait(panel, lambda: not panel.control.running)
    assert panel.ui.statusLabel.text.startswith("Done: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_engine_keeps_finished_slices_and_the_next_run_works(panel):
    panel.parameters.maximumIterations = FEW
    click(panel.ui.sampleButton)
    wait(panel, lambda: panel.control.progress.latest is not None)
    os.kill(panel.control.engine.process_id, signal.SIGKILL)
    # The run starts again by itself, with less memory.
    wait(panel, lambda: panel.control.progress.notices)
    wait(panel, lambda: panel.control.progress.latest is not None)
    os.kill(panel.control.engine.process_id, signal.SIGKILL)
    wait(panel, lambda: not panel.control.running, 30)
    assert "engine" in panel.ui.statusLabel.text
    assert any(entry.iterations for entry in panel.review.run.record.slices.values())
    click(panel.ui.runButton)
    wait(panel, lambda: not panel.control.running)
    assert panel.ui.statusLabel.text.startswith("Done: ")


def test_weights_that_cannot_be_read_are_refused_in_one_line(panel, monkeypatch, tmp_path):
    panel.parameters.maximumIterations = FEW
    import HermesLib

    resources = tmp_path / "Resources"
    import shutil

    shutil.copytree(Path(HermesLib.__file__).parents[1] / "Resources", resources)
    (resources / "Weights" / "scribbleprompt-small.safetensors").write_bytes(b"broken")
    monkeypatch.setenv("HERMES_RESOURCES", str(resources))
    panel.control.engine.close()
    click(panel.ui.sampleButton)
    wait(panel, lambda: not panel.control.running)
    assert (
        "scribbleprompt-small" in panel.ui.statusLabel.text
        and "\n" not in panel.ui.statusLabel.text
    )
    monkeypatch.delenv("HERMES_RESOURCES")
    panel.control.engine.close()
    click(panel.ui.runButton)
    wait(panel, lambda: not panel.control.running)
    assert panel.ui.statusLabel.text.startswith("Done: ")
