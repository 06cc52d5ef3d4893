"""Runs that are interrupted, killed or defective write nothing and say so."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from HermesLib.cli.progress import ProgressPrinter
from HermesLib.engine.client import Engine
from HermesLib.errors import COMPUTER, OUT_OF_MEMORY
from HermesLib.io.staged_folder import staged_folder
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import AssessRequest
from HermesLib.runs.run import Run
from Testing.cli.conftest import Hermes
from Testing.cli.results import RESULTS, names, refine_arguments


def test_an_interrupted_run_writes_nothing(files: Path, tmp_path: Path):
    request = AssessRequest(image=files / "image.nii.gz", mask=files / "label.nii.gz")
    events: list[Iteration] = []

    def stop_after_two(event: Iteration) -> None:
        events.append(event)
        if len(events) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), staged_folder(tmp_path / "out") as staging:
        Run(request).execute(output=staging, on_event=stop_after_two)
    assert names(tmp_path) == ["files"]
    with staged_folder(tmp_path / "out") as staging:
        Run(request).execute(output=staging)
    assert names(tmp_path / "out") == RESULTS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")
def test_control_c_ends_with_one_line_and_writes_nothing(files: Path, tmp_path: Path):
    arguments = [
        str(word)
        for word in refine_arguments(
            files, "-o", tmp_path / "out", "--max-iterations", 500, "--patience", 500
        )
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "HermesLib", *arguments, "--threshold", "1", "--progress"],
        stderr=subprocess.PIPE,
        env=environment,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
        # In a background shell the tests and their children would ignore Control-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        assert process.stderr is not None
        stderr_text = ""
        while "try 2" not in stderr_text:
            stderr_text += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        last = process.stderr.read().splitlines()[-1]
    assert process.returncode == 130
    assert last.endswith("hermes: interrupted; nothing was written")
    assert names(tmp_path) == ["files"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_engine_ends_the_command_with_one_line_and_writes_nothing(
    hermes: Hermes, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    engine = Engine()

    def kill_at_once(progress: ProgressPrinter, event: Iteration, total: int) -> None:
        if engine.process_id is not None:
            os.kill(engine.process_id, signal.SIGKILL)

    monkeypatch.setattr(ProgressPrinter, "__call__", kill_at_once)
    outcome = hermes(
        *refine_arguments(files, "-o", tmp_path / "out", "--threshold", "1"),
        *("--max-iterations", 500, "--patience", 500),  # No slice is finished before the kill.
        engine=engine,
    )
    assert outcome.code in (OUT_OF_MEMORY, COMPUTER) and "memory" in outcome.err[-1]
    assert sum("one slice at a time" in line for line in outcome.err) == 1
    assert names(tmp_path) == ["files"]


def test_a_defect_has_its_own_exit_code_and_prints_a_traceback(
    hermes: Hermes, files: Path, tmp_path: Path
):
    worker = (
        "from HermesLib.engine import worker; from HermesLib.runs import run;"
        "run.open_run = lambda *_: {}['gland']; worker.main()"
    )
    outcome = hermes(
        *refine_arguments(files, "-o", tmp_path / "out"),
        engine=Engine([sys.executable, "-c", worker]),
    )
    assert outcome.code == 1
    assert outcome.err[-1].startswith("hermes: an unexpected error in the engine: KeyError")
    assert any("Traceback" in line for line in outcome.err)
    assert names(tmp_path) == ["files"]
