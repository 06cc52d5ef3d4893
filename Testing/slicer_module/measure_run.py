"""Costs of a long run in the scene: memory, turns of the timer, steps of the slider, file size.

    QT_QPA_PLATFORM=offscreen python -m Testing.slicer_module.measure_run [SLICES]

A volume of 150 x 512 x 512, or of so many slices; every slice shows an organ of 110 x 130 pixels;
slice ``n`` takes ``1 + n % 12`` iterations, so the longest have 12. The panel is visible, and what
Qt does after a turn counts: a widget that nobody sees costs nothing. A Red view is drawn now and
then.
"""

import ctypes
import gc
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from Testing import standins

SHAPE, ITERATIONS = (150, 512, 512), 12
MODULE = Path(__file__).resolve().parents[2] / "HermesSegment"


def resident() -> float:
    """Resident memory, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 1e6


def held() -> float:
    """Resident memory without what was freed and can be used again, MB; Linux only."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def stored(run) -> int:
    """Bytes of all voxels that the items of the run's sequences hold."""
    total = 0
    for role in ("mask-sequence", "pgt-sequence"):
        sequence = run.get(role)
        for number in range(sequence.GetNumberOfDataNodes()):
            segmentation = sequence.GetNthDataNode(number).GetSegmentation()
            image = segmentation.GetNthSegment(0).GetRepresentation("Binary labelmap")
            if image is not None and image.GetPointData().GetScalars() is not None:
                scalars = image.GetPointData().GetScalars()
                total += scalars.GetNumberOfValues() * scalars.GetDataTypeSize()
    return total


def events():
    """The run's events, iteration by iteration."""
    from HermesLib.prompts.scribbles import Scribbles
    from HermesLib.refinement.events import Iteration, Status

    for index in range(ITERATIONS):
        for slice_index in range(SHAPE[0]):
            last = slice_index % ITERATIONS
            if index > last:
                continue
            mask = np.zeros(SHAPE[1:], bool)
            mask[200 + index : 310 + index, 150 : 280 + slice_index // 10] = True
            pgt = np.roll(mask, 4, 0)
            positive, negative = np.zeros((2, *SHAPE[1:]), bool)
            positive[250, 180:260], negative[330, 100:300] = True, True
            yield Iteration(
                slice_index=slice_index,
                index=index,
                mask=mask,
                pgt=pgt,
                pdsc=0.3 + 0.04 * index,
                pdsc_low=0.2,
                pdsc_high=0.9,
                dsc=None,
                prompt=Scribbles(positive, negative),
                seconds=0.1,
                status=Status.STOPPED if index == last else None,
            )


def open_panel():
    """The module's panel on a volume, with an engine that says what it is given."""
    standins.start()
    sys.path.insert(0, str(MODULE))
    import qt
    import slicer

    from Testing.slicer_module.fake_engine import FakeEngine
    from Testing.standins.application import register_module

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    engine = FakeEngine()
    HermesSegment.HermesSegmentLogic.make_engine = lambda self: engine
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.resize(500, 1000)
    widget = HermesSegment.HermesSegmentWidget(parent)
    widget.setup()
    widget.enter()
    parent.show()
    # The turns are those of this program.
    widget.panel.control._timer.setInterval(1_000_000)
    widget.panel.parameters.volume = slicer.util.addVolumeFromArray(np.zeros(SHAPE, np.int16))
    # Whoever drops the widget drops the panel.
    engine.widget = widget, parent
    return widget.panel, engine


def milliseconds(action) -> float:
    """The processor time of a call: other programs do not count."""
    begin = time.thread_time()
    action()
    return 1000 * (time.thread_time() - begin)


def node_count() -> int:
    """The number of nodes in the scene."""
    import slicer

    return slicer.mrmlScene.GetNumberOfNodes()


def saved_megabytes() -> float:
    """The size of the scene as .mrb, without the volume's own file."""
    import slicer

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.mrb"
        assert slicer.util.saveScene(str(path))
        return path.stat().st_size / 1e6


def main() -> None:
    """Print the figures."""
    global SHAPE
    if sys.argv[1:]:
        SHAPE = (int(sys.argv[1]), *SHAPE[1:])
    panel, engine = open_panel()
    import qt

    from HermesLib.engine.messages import Finished, Opened
    from HermesLib.io.orientation import SliceAxes
    from HermesSegmentLib.stored_runs import keep_step
    from Testing.slicer_module.driving import REPORT
    from Testing.standins.slice_view import SliceView

    view = SliceView("Red")
    empty = saved_megabytes()
    panel.ui.runButton.click()
    view.pixels()
    qt.QApplication.processEvents()
    before, turns = held(), []

    def turn() -> None:
        panel.control.tick()
        qt.QApplication.processEvents()

    def drain() -> None:
        while engine.waiting or not panel.control.settled:
            turns.append(milliseconds(turn))

    engine.say(Opened(tuple(range(SHAPE[0])), SHAPE, SliceAxes((2, 1, 0), (False,) * 3)))
    for event in events():
        engine.say(event)
        turns.append(milliseconds(turn))
        if event.slice_index % 25 == 0:
            view.pixels()
    loop = turns.copy()
    engine.say(Finished(REPORT))
    drain()
    added, kept = resident() - before, held() - before
    reading = []
    for index in (40, 41, 42):
        reading.append(milliseconds(lambda index=index: panel.reviewing.look_at(index)))
        reading.append(milliseconds(panel.ui.acceptButton.click))
        drain()
    run = panel.review.run
    # The fake's report lists no iterations.
    run.record.report = None
    with tempfile.TemporaryDirectory() as folder:
        saving = [milliseconds(lambda: keep_step(panel.review, Path(folder))) for _time in range(9)]
    nodes = node_count()
    panel.reviewing.look_at(11)
    steps, draws = [], []
    for item in (*range(ITERATIONS), *range(ITERATIONS - 2, -1, -1)):
        steps.append(milliseconds(lambda item=item: panel.ui.iterationSlider.setValue(item)))
        draws.append(milliseconds(view.pixels))
    print(f"items of the sequences: {stored(run) / 1e6:.1f} MB")
    print(f"resident memory that the run added: {added:.0f} MB, {kept:.0f} MB of it in use")
    print(f"a turn of the timer: {np.median(loop):.1f} ms, at most {max(loop):.0f} ms")
    print(f"the run's last turns: at most {max(turns[len(loop) :]):.0f} ms")
    print(f"going to a slice, accepting it: at most {max(reading):.0f} ms")
    print(f"keeping a step on disk: {np.median(saving):.1f} ms, at most {max(saving):.0f} ms")
    print(f"a step of the slider: {np.median(steps):.0f} ms, at most {max(steps):.0f} ms")
    print(f"drawing the view after it: {np.median(draws):.0f} ms, at most {max(draws):.0f} ms")
    print(f"nodes that {len(steps)} steps added: {node_count() - nodes}")
    print(f"scene file: {saved_megabytes() - empty:.2f} MB more")


if __name__ == "__main__":
    main()
