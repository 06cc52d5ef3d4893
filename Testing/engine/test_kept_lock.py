"""Slicer's main thread keeps Python's lock in Qt's event loop: the run must arrive all the same."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from HermesLib.engine.client import Engine, State
from HermesLib.engine.messages import Finished
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import RefineRequest
from Testing.engine.polling import until
from Testing.standins.sources import source_text

#: Of the panel's timer, milliseconds, and of a turn in which it gives way, seconds.
PACE, GIVE_WAY = 20, 0.004
SIDE, COUNT = 512, 60


def test_slicer_never_gives_the_lock_back_around_its_event_loop():
    # PythonQt's scopes that would do it are switched off until somebody switches them on.
    rule = source_text("MeVisLab/pythonqt", "src/PythonQtThreadSupport.cpp")
    assert "_enableGILScope = false" in rule
    for name in (
        "Base/QTCore/qSlicerCorePythonManager.cxx",
        "Base/QTGUI/qSlicerPythonManager.cxx",
        "Base/QTCore/qSlicerCoreApplication.cxx",
    ):
        text = source_text("Slicer/Slicer", name)
        for word in ("PyEval_SaveThread", "Py_BEGIN_ALLOW_THREADS", "setGILScopeEnabled"):
            assert word not in text, name


@pytest.fixture
def engine() -> Iterator[Engine]:
    worker = [sys.executable, "-m", "Testing.engine.talking_worker", str(SIDE), str(COUNT)]
    one = Engine(worker)
    yield one
    one.close()


@pytest.mark.skipif(sys.platform == "win32", reason="calls the C library of POSIX")
def test_several_iterations_of_512_pixels_arrive_in_each_turn_of_a_host_that_keeps_the_lock(engine):
    from Testing.standins.lock_keeper import wait_in_event_loop

    engine.warm_up()
    until(engine, object)
    engine.start(RefineRequest(image=Path("t2.nii.gz")))
    arrived: list[int] = []
    while engine.state is not State.IDLE:
        wait_in_event_loop(PACE)
        messages = engine.poll(GIVE_WAY)
        arrived.append(sum(isinstance(message, Iteration) for message in messages))
        assert len(arrived) < 10 * COUNT
    assert isinstance(messages[-1], Finished) and sum(arrived) == COUNT
    first = next(turn for turn, count in enumerate(arrived) if count)
    # 20 ms for each iteration is one a turn; before, one needed four to eight turns.
    assert len(arrived) - first <= COUNT // 2, arrived
