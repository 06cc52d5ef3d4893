"""Time of an iteration in the scene where the host keeps Python's lock, and the longest turn.

    QT_QPA_PLATFORM=offscreen python -m Testing.slicer_module.measure_lock [SIDE] [COUNT]

Iterations of SIDE x SIDE pixels come from another process as fast as the pipe takes them. Between
two turns of the panel's timer the main thread keeps the lock, as Slicer's does in Qt's event loop.
"""

import sys
import time
from pathlib import Path

import numpy as np

from Testing import standins

MODULE = Path(__file__).resolve().parents[2] / "HermesSegment"


def main() -> None:
    """Print the figures."""
    side, count = map(int, sys.argv[1:3]) if sys.argv[2:] else (512, 100)
    standins.start()
    sys.path.insert(0, str(MODULE))
    import qt
    import slicer

    from HermesLib.engine.client import Engine
    from Testing.standins.application import register_module
    from Testing.standins.lock_keeper import wait_in_event_loop

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    worker = [sys.executable, "-m", "Testing.engine.talking_worker", str(side), str(count)]
    HermesSegment.HermesSegmentLogic.make_engine = lambda self: Engine(worker)
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    widget = HermesSegment.HermesSegmentWidget(parent)
    widget.setup()
    widget.enter()
    panel = widget.panel
    voxels = np.zeros((count // 2, side, side), np.int16)
    panel.parameters.volume = slicer.util.addVolumeFromArray(voxels)
    panel.run()
    control, first, turns, work = panel.control, 0.0, [], []
    while control.running or not control.settled:
        wait_in_event_loop(20)
        begin, worked = time.perf_counter(), time.thread_time()
        control.tick()
        turns.append(1000 * (time.perf_counter() - begin))
        work.append(1000 * (time.thread_time() - worked))
        if control.progress.latest is not None and not first:
            first = begin
    took = 1000 * (time.perf_counter() - first)
    print(f"{side} x {side}: {took / count:.1f} ms an iteration, {count} iterations")
    print(f"{len(turns)} turns: median {np.median(turns):.1f} ms, longest {max(turns):.1f} ms")
    print(f"its work: {sum(work) / count:.1f} ms an iteration, longest turn {max(work):.1f} ms")
    widget.cleanup()


if __name__ == "__main__":
    main()
