"""Real processes for fault tests: the command ``hermes``, and one that only publishes files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Publishes three files of one value into a folder, and ends itself by a signal at one of the
#: moves. The moves are those of the operating system: the process is gone at that instant.
PUBLISHER = """
import os, signal, sys
from pathlib import Path

from HermesLib.io.digest import file_sha256
from HermesLib.io.staged_folder import staged_folder
from HermesLib.io.whole_file import write_whole
import json

target, value, at, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
moves = 0


def fault(event, words):
    global moves
    if event == "os.rename":
        moves += 1
        if moves == at:
            os.kill(os.getpid(), number)


with staged_folder(target) as staging:
    for name in ("pgt.nii.gz", "segmentation.nii.gz"):
        write_whole(staging / name, value)
    files = {path.name: file_sha256(path) for path in staging.iterdir()}
    report = {"provenance": {}, "slices": [], "value": value, "files": files}
    write_whole(staging / "report.json", json.dumps(report))
    sys.addaudithook(fault)
"""


def environment() -> dict[str, str]:
    """Of a child: this checkout, one thread."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def publish(target: Path, value: str, at: int = 0, number: int = 9) -> int:
    """Publish in a process of its own; gives its exit code.

    Args:
        target: the folder.
        value: the files' content.
        at: the move at which the process gets a signal; 0 for none.
        number: of the signal.
    """
    words = [sys.executable, "-c", PUBLISHER, str(target), value, str(at), str(number)]
    return subprocess.run(
        words, env=environment(), cwd=ROOT, stderr=subprocess.DEVNULL, check=False
    ).returncode


def hermes_process(*words: object, **options: object) -> subprocess.Popen:
    """Start ``hermes`` in a process of its own."""
    command = [sys.executable, "-m", "HermesLib", *map(str, words)]
    return subprocess.Popen(command, env=environment(), cwd=ROOT, **options)  # type: ignore[call-overload]


def with_default_signals() -> None:
    """In a background shell, children would ignore Control-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
