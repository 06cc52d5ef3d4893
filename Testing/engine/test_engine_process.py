"""The engine's process: start, failure to start, end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from HermesLib.engine.client import Engine, State
from HermesLib.engine.messages import Failed, Ready
from Testing.engine.polling import ENDLESS, run_to_end, until


def test_two_runs_at_once_are_refused(engine, request_of):
    engine.start(request_of(**ENDLESS))
    with pytest.raises(Exception, match="a run is in progress"):
        engine.start(request_of())
    engine.close()
    assert engine.state is State.IDLE and engine.poll() == []


def test_a_worker_that_cannot_start_or_exits_at_once_ends_the_run_with_one_line(request_of):
    with pytest.raises(Exception, match="cannot be started"):
        Engine(["/nowhere/python"]).start(request_of())
    broken = Engine([sys.executable, "-c", "raise SystemExit('no torch here')"])
    broken.start(request_of())
    ended = run_to_end(broken)[-1]
    assert isinstance(ended, Failed) and "no torch here" in ended.message


def test_a_worker_that_writes_other_bytes_is_killed(request_of):
    other_bytes = Engine(
        [sys.executable, "-c", "print('hello', flush=True); import time; time.sleep(60)"]
    )
    other_bytes.start(request_of())
    assert isinstance(run_to_end(other_bytes)[-1], Failed)


def test_the_engine_names_its_device():
    engine = Engine()
    engine.warm_up()
    ready = until(engine, Ready)[0]
    engine.close()
    assert isinstance(ready, Ready)
    assert (ready.device == "CPU") == (not torch.cuda.is_available())


@pytest.mark.skipif(sys.platform == "win32", reason="reads the process table the POSIX way")
def test_the_engine_ends_with_its_parent_process(tmp_path):
    program = (
        "import os; from HermesLib.engine.client import Engine; engine = Engine(); "
        "engine.warm_up(); print(engine.process_id, flush=True); os._exit(0)"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=root, check=True, encoding="utf-8"
    )
    orphan = int(ended.stdout)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(orphan, 0)
        except ProcessLookupError:
            return
        if (
            Path(f"/proc/{orphan}/stat").is_file()
            and Path(f"/proc/{orphan}/stat").read_text(encoding="utf-8").split()[2] == "Z"
        ):
            return
        time.sleep(0.1)
    os.kill(orphan, signal.SIGKILL)
    pytest.fail("the engine is still running")


def test_the_client_and_the_registries_load_no_heavy_library():
    program = (
        "import sys, HermesLib.engine.client, HermesLib.models.registry;"
        "import HermesLib.weights.bundled, HermesLib.presets.registry;"
        "heavy = ('torch', 'SimpleITK', 'scipy', 'skimage', 'matplotlib', 'monai');"
        "print([name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        check=True,
        encoding="utf-8",
    )
    assert ended.stdout.strip() == "[]"
