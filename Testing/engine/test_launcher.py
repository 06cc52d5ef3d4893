"""The engine behind Slicer's launcher, where a kill reaches the launcher alone."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from HermesLib.engine.client import Engine, State
from HermesLib.engine.messages import Cancelled, Failed, FellBack, Finished, Opened, Ready
from HermesLib.runs.request import RefineRequest
from Testing.engine.polling import run_to_end, until
from Testing.standins.launcher import launcher_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
REQUEST = RefineRequest(image=Path("t2.nii.gz"))
WORKER = ["-m", "Testing.engine.sleeping_worker"]


@pytest.fixture
def engine() -> Iterator[Callable[..., Engine]]:
    """Makes an engine behind the launcher, with a worker that sleeps through every request."""
    made: list[Engine] = []

    def make(end: str = "", worker: list[str] = WORKER) -> Engine:
        made.append(Engine([*launcher_command(), *worker], {"HERMES_TEST_END": end}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def started(engine: Engine) -> int:
    """Start a run and wait until it is in its step; gives the number of the worker itself."""
    engine.start(REQUEST)
    messages = until(engine, Opened)
    return int(next(m for m in messages if isinstance(m, Ready)).device)


def ended(process: int, limit: float = 60.0) -> bool:
    """Whether a process ends within ``limit`` seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{process}/stat")
        if stat.is_file() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_kill_of_the_launcher_leaves_the_worker_alive(engine):
    # Else the other tests would prove nothing.
    one = engine()
    worker = started(one)
    launcher = one.process_id
    assert launcher != worker
    os.kill(launcher, signal.SIGKILL)
    assert ended(launcher) and not ended(worker, 0.5)


def test_cancel_in_a_long_step_ends_it_and_the_worker_with_it(engine):
    one = engine()
    worker = started(one)
    one.cancel()
    assert isinstance(run_to_end(one)[-1], Cancelled)
    assert ended(worker) and one.state is State.IDLE


def test_a_worker_that_does_not_even_end_itself_is_given_up(engine):
    one = engine()
    worker = started(one)
    os.kill(worker, signal.SIGSTOP)
    try:
        one.cancel()
        assert isinstance(run_to_end(one)[-1], Cancelled)
        assert started(one) != worker
    finally:
        os.kill(worker, signal.SIGCONT)
    assert ended(worker)


def test_closing_the_engine_in_a_long_step_ends_the_worker(engine):
    one = engine()
    worker = started(one)
    one.close()
    assert ended(worker)


def test_the_worker_ends_when_its_client_is_killed(engine):
    import subprocess

    program = (
        "import os, sys; from Testing.engine.test_launcher import *;"
        "one = Engine([*launcher_command(), *WORKER]);"
        "print(started(one), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    client = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        check=False,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
    )
    assert ended(int(client.stdout))


def test_a_crash_is_told_apart_from_want_of_memory(engine):
    one = engine("crashed")
    one.start(REQUEST)
    last = run_to_end(one)[-1]
    assert isinstance(last, Failed)
    assert last.message == "the engine crashed (Segmentation fault)"


@pytest.mark.parametrize("end", ["killed", "no memory"])
def test_a_worker_that_gets_no_memory_is_started_again_and_then_named(engine, end):
    one = engine(end)
    one.start(REQUEST)
    messages = run_to_end(one)
    assert sum(isinstance(message, FellBack) for message in messages) == 1
    assert isinstance(messages[-1], Failed) and "memory" in messages[-1].message
    assert "Report the problem" not in messages[-1].message


def test_without_room_for_finished_slices_a_killed_run_is_still_started_again(engine, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    one = engine("killed")
    one.start(REQUEST)
    messages = run_to_end(one)
    (fell_back,) = [message for message in messages if isinstance(message, FellBack)]
    assert fell_back.finished == () and "keeps" not in fell_back.message


def test_a_worker_that_dies_while_it_loads_says_so_before_any_run(engine):
    one = engine(worker=["-c", "raise SystemExit('No module named torch')"])
    one.warm_up()
    (failed,) = until(one, Failed)
    assert "No module named torch" in failed.message and one.state is State.IDLE


def test_an_idle_worker_ends_and_the_next_run_starts_another(engine):
    one = engine(worker=[*WORKER, "0.3"])
    one.warm_up()
    worker = int(until(one, Ready)[0].device)
    assert ended(worker)
    # The launcher handed the exit code on, so nothing is reported.
    assert started(one) != worker


def test_a_real_run_behind_the_launcher_works(engine, request_of):
    one = engine(worker=["-m", "HermesLib.engine.worker"])
    one.start(request_of(slices=(1, 2)))
    assert isinstance(run_to_end(one)[-1], Finished)
