"""Memory of a long run in the scene, and the time of one step of the iteration slider.

    QT_QPA_PLATFORM=offscreen python -m Testing.slicer_module.measure_run

A volume of 150 x 512 x 512; every slice shows an organ of 110 x 130 pixels; slice ``n`` takes
``1 + n % 12`` iterations, so the longest have 12.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np

from Testing import standins

SHAPE, ITERATIONS = (150, 512, 512), 12
MODULE = Path(__file__).resolve().parents[2] / "HermesSegment"


def resident() -> float:
    """Resident memory, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


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


def main() -> None:
    """Print the figures."""
    standins.start()
    sys.path.insert(0, str(MODULE))
    import qt
    import slicer

    from HermesLib.engine.messages import Finished, Opened
    from HermesLib.io.orientation import SliceAxes
    from Testing.slicer_module.driving import REPORT, drain
    from Testing.slicer_module.fake_engine import FakeEngine
    from Testing.standins.application import register_module

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    engine = FakeEngine()
    HermesSegment.HermesSegmentLogic.make_engine = lambda self: engine
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    widget = HermesSegment.HermesSegmentWidget(parent)
    widget.setup()
    widget.enter()
    panel = widget.panel
    panel.parameters.volume = slicer.util.addVolumeFromArray(np.zeros(SHAPE, np.int16))
    panel.ui.runButton.click()
    before = resident()
    engine.say(Opened(tuple(range(SHAPE[0])), SHAPE, SliceAxes((2, 1, 0), (False,) * 3)))
    for event in events():
        engine.say(event)
        drain(panel, engine)
    engine.say(Finished(REPORT))
    drain(panel, engine)
    run = panel.review.run
    panel.reviewing.look_at(11)
    took = []
    for item in range(ITERATIONS):
        begin = time.perf_counter()
        panel.ui.iterationSlider.value = item
        took.append(1000 * (time.perf_counter() - begin))
    print(f"items of the sequences: {stored(run) / 1e6:.1f} MB")
    print(f"resident memory that the run added: {resident() - before:.0f} MB")
    print(f"a step of the slider: {np.median(took):.0f} ms, at most {max(took):.0f} ms")


if __name__ == "__main__":
    main()
