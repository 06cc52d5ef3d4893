"""Closed and full output streams change neither results nor exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from Testing.cli.conftest import files, phantom  # noqa: F401
from Testing.cli.results import RESULTS, names, refine_arguments
from Testing.reliability.processes import ROOT, environment

pytestmark = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no /dev/full"
)
#: Redirections of a shell, the exit code, and what the error line says.
RUNS = [
    ("> /dev/full", 0, "the summary could not be printed (No space left on device)"),
    ("2>&- >&- <&-", 0, ""),
    ("2> /dev/full | true", 0, ""),
]


def shell(line: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        env=environment(),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(("redirection", "code", "words"), RUNS)
def test_a_run_succeeds_whatever_its_streams_are(
    files: Path,  # noqa: F811
    tmp_path: Path,
    redirection: str,
    code: int,
    words: str,
):
    arguments = refine_arguments(files, "-o", tmp_path / "out", image="one.nii.gz")
    ended = shell(f"{sys.executable} -m HermesLib {' '.join(map(str, arguments))} {redirection}")
    assert ended.returncode == code, ended.stderr
    assert words in ended.stderr and "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert names(tmp_path / "out") == RESULTS


@pytest.mark.parametrize(("redirection", "code"), [("> /dev/full", 4), ("| true", 141)])
def test_what_is_only_printed_fails_where_it_cannot_be(redirection: str, code: int):
    ended = shell(f"{sys.executable} -m HermesLib presets list {redirection}")
    assert ended.returncode == code and len(ended.stderr.splitlines()) <= 1
    assert "Traceback" not in ended.stderr
