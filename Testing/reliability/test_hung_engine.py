"""An engine that stands still is noticed and given up; the client's own pauses do not count."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from HermesLib.engine.client import Engine, Failed, Finished, Stalled
from HermesLib.engine.messages import Alive
from HermesLib.engine.patience import Patience
from HermesLib.errors import COMPUTER, HermesError
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import RefineRequest
from HermesLib.waiting import VARIABLE, give_up_after
from Testing.reliability.inputs_made import write_inputs


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
def test_a_stopped_engine_is_said_and_then_given_up(tmp_path: Path):
    write_inputs(tmp_path)
    request = RefineRequest(
        image=tmp_path / "image.nii.gz",
        model="scribbleprompt",
        weights=str(tmp_path / "model.safetensors"),
        settings=RefinementSettings(max_iterations=500, patience=500, threshold=1.0),
        samples=1,
        steps=1,
        device="cpu",
    )
    engine = Engine()
    engine.start(request)
    process_id = 0
    seen = []
    for message in engine.follow():
        seen.append(message)
        if isinstance(message, Iteration) and not process_id:
            # From now on; loading the libraries may take longer on a busy computer.
            engine._patience.limit = 4.0
            process_id = engine.process_id or 0
            os.kill(process_id, signal.SIGSTOP)
    said = [message for message in seen if isinstance(message, Stalled)]
    # On a busy computer the client may look late.
    assert len(said) == 1 and re.search(r"no progress for ([2-9]|\d\d) s", said[0].message)
    assert isinstance(seen[-1], Failed) and seen[-1].exit_code == COMPUTER
    assert re.search(r"no progress for ([4-9]|\d\d) s and was ended", seen[-1].message)
    deadline = time.monotonic() + 60
    while Path(f"/proc/{process_id}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{process_id}").exists()
    engine.close()


def test_time_counts_only_while_the_client_looks_and_the_engine_does_not_work(
    monkeypatch: pytest.MonkeyPatch,
):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    patience = Patience(10.0)

    def wait(seconds: int) -> None:
        for _ in range(seconds):
            clock[0] += 1
            patience.look()

    wait(6)
    assert patience.to_say and not patience.over
    clock[0] += 3600  # The client was stopped.
    patience.look()
    assert patience.waited == 7
    assert not patience.see(Alive(1.0)) and patience.waited == 0
    wait(5)
    patience.see(Alive(1.001))
    assert patience.waited == 5  # It lives, but does nothing.
    patience.see(Alive(1.5))
    assert patience.waited == 0
    wait(11)
    assert patience.over
    assert patience.see(Finished({})) and not patience.over


@pytest.mark.parametrize("value", ["soon", "-1", "nan"])
def test_the_time_is_a_setting(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(HermesError, match="give seconds"):
        give_up_after()
    monkeypatch.setenv(VARIABLE, "0")
    assert give_up_after() == float("inf")
    monkeypatch.delenv(VARIABLE)
    assert give_up_after() == 300
