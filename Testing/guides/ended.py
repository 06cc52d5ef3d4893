"""Whether processes have ended."""

import subprocess
import time
from pathlib import Path


def wait_until(holds, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def assert_ended(pids: Path) -> None:
    """The processes whose numbers stand in a file are no more."""
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        wait_until(lambda pid=pid: not is_running(pid))


def is_running(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, encoding="utf-8"
    )
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")
