"""Slicer's launcher, as far as a child process notices it: ``PythonSlicer`` is one.

    python launcher.py PROGRAM ARGUMENT...

It starts the program with its own three streams and waits, so that whoever started it knows the
launcher's process alone: a kill ends the launcher, and the program goes on as an orphan. A program
that crashes or is killed becomes exit code 1 and a line on standard error.

The rules are those of ``Base/ctkAppLauncher.cpp`` (``runProcess``, ``applicationFinished``,
``reportError``) in commontk/AppLauncher; ``engine/test_launcher_rules.py`` holds them against it.
"""

import subprocess
import sys
from pathlib import Path

CRASH_LINE = "error: [{program}] exit abnormally - Report the problem."


def launcher_command() -> list[str]:
    """The command that starts this Python through the launcher."""
    return [sys.executable, str(Path(__file__).resolve()), sys.executable]


def main() -> int:
    """Start, wait, and give the exit code."""
    code = subprocess.Popen(sys.argv[1:]).wait()
    if code >= 0:
        return code
    print(CRASH_LINE.format(program=sys.argv[1]), file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
