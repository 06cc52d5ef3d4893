"""Where the system gives the engine too little memory, the command says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from HermesLib.errors import OUT_OF_MEMORY
from Testing.cli.conftest import files, phantom  # noqa: F401
from Testing.cli.results import refine_arguments
from Testing.reliability.processes import ROOT, environment

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")


@pytest.mark.parametrize("gigabytes", [0.6, 1.0])
def test_libraries_that_cannot_be_loaded_for_want_of_memory_are_no_crash(
    files: Path,  # noqa: F811
    tmp_path: Path,
    gigabytes: float,
):
    limit = int(gigabytes * 1e9)
    ended = subprocess.run(
        [sys.executable, "-m", "HermesLib"]
        + [str(word) for word in refine_arguments(files, "-o", tmp_path / "out")],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        check=False,
    )
    assert ended.returncode == OUT_OF_MEMORY, ended.stderr
    assert "memory ran out in the engine" in ended.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
