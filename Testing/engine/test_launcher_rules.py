"""The launcher of the tests has the rules of Slicer's launcher, and ends as it does."""

import subprocess
import sys

from Testing.standins.launcher import CRASH_LINE, launcher_command
from Testing.standins.sources import source_text

SOURCE = "Base/ctkAppLauncher.cpp"


def method(name: str) -> str:
    """The body of a method of ``ctkAppLauncherPrivate``."""
    _, found, rest = source_text("commontk/AppLauncher", SOURCE).partition(
        f"ctkAppLauncherPrivate::{name}("
    )
    assert found, f"{SOURCE} has no {name}"
    return rest.split("\n}\n")[0]


def test_a_crash_is_one_line_and_exit_code_1_in_ctkapplauncher_applicationfinished():
    finished = method("applicationFinished")
    assert '"[%1] exit abnormally - Report the problem."' in finished
    assert "CrashExit" in finished and "this->exit(EXIT_FAILURE)" in finished
    assert "this->exit(exitCode)" in finished  # A normal end keeps its code.
    assert CRASH_LINE == "error: [{program}] exit abnormally - Report the problem."
    assert '"error: "' in method("reportError") and "std::cerr" in method("reportError")


def test_the_streams_are_the_programs_in_ctkapplauncher_runprocess():
    run = method("runProcess")
    assert "ForwardedChannels" in run and "ForwardedInputChannel" in run


def test_the_launcher_hands_no_signal_on():
    text = source_text("commontk/AppLauncher", SOURCE) + source_text(
        "commontk/AppLauncher", "Main.cpp"
    )
    # It terminates its child after a time limit that nobody sets, and has no handler for signals.
    assert text.count("Process.terminate()") == 1 and "Process.kill()" not in text
    assert "sigaction" not in text and "std::signal" not in text


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*launcher_command(), "-c", program], capture_output=True, encoding="utf-8", check=False
    )


def test_the_stand_in_passes_a_normal_end_on_and_turns_a_crash_into_exit_code_1():
    assert run("raise SystemExit(82)").returncode == 82
    crashed = run("import os; os.abort()")
    assert crashed.returncode == 1
    assert crashed.stderr.strip().endswith(CRASH_LINE.format(program=sys.executable))
