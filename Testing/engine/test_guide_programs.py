"""A guide's program behind the engine: its lines reach the user, and its end follows the run's."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from HermesLib.engine.client import Engine
from HermesLib.engine.messages import AtWork, Cancelled
from Testing.engine.polling import run_to_end, until
from Testing.guides import toy
from Testing.guides.ended import assert_ended, wait_until

#: It takes no notice of its standard input, as a network in a long call of C does not.
DEAF = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pids.write_text(f"{os.getpid()} {child.pid}")
for step in range(6000):
    print(f"\\033[32mtile {step} of 6000\\033[0m", flush=True)
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def pids(tmp_path_factory) -> Path:
    """Where the program writes its own number and its child's."""
    return tmp_path_factory.mktemp("pids") / "pids"


@pytest.fixture(scope="module")
def engine(pids) -> Iterator[Engine]:
    program = toy.write_program(pids.parent, f"pids = Path({str(pids)!r})\n{DEAF}")
    one = Engine([sys.executable, "-m", "Testing.guides.toy", str(program)])
    yield one
    one.close()


def stop_for(seconds: float, pid: int) -> None:
    """Stop a process for a while, as a busy machine may."""
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(seconds, os.kill, (pid, signal.SIGCONT)).start()


@pytest.mark.parametrize("how", ["cancelled", "closed", "cancelled, late", "closed, late"])
def test_the_lines_of_a_program_reach_the_user_and_it_ends_with_the_run(
    engine, pids, request_of, how
):
    pids.unlink(missing_ok=True)
    engine.start(request_of(guide=toy.NAME, organ="other", modality="MR"))
    lines = [m.message for m in until(engine, AtWork) if isinstance(m, AtWork)]
    # Without what colours it; a program that has said nothing yet is at work all the same.
    assert lines[-1] == "Toy is at work" or lines[-1].startswith("Toy: tile ")
    while "Toy: tile " not in lines[-1]:
        lines += [m.message for m in until(engine, AtWork) if isinstance(m, AtWork)]
    assert lines[-1].endswith(" of 6000")
    wait_until(lambda: len(pids.read_text(encoding="utf-8").split()) == 2)
    if "late" in how:
        if sys.platform == "win32":
            pytest.skip("Windows cannot stop a process")
        # Longer than a cancelled run may take: the program ends even then.
        stop_for(1, engine.process_id)
    asked = time.monotonic()
    if "closed" in how:
        engine.close()
    else:
        engine.cancel()
        assert run_to_end(engine)[-1] == Cancelled(None)
        # The program's own limit is ten minutes; a busy machine may be slow.
        assert time.monotonic() - asked < 60
    assert_ended(pids)
