"""Runs in the engine: the real child process with small untrained networks."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from HermesLib.engine.client import CANCEL_TIMEOUT, State
from HermesLib.engine.messages import Cancelled, Failed, FellBack, Finished, Opened
from HermesLib.engine.process import ABANDON_AFTER
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.serialization import write_prompt
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.opening import open_run
from Testing.engine.polling import ENDLESS, run_to_end, until


def test_a_run_in_the_engine_equals_the_run_in_this_process_bit_for_bit(engine, request_of):
    request = request_of()
    engine.start(request)
    messages = run_to_end(engine)
    assert isinstance(messages[-1], Finished), messages[-1]
    assert next(m for m in messages if isinstance(m, Opened)).slice_indices == (0, 1, 2, 3, 4)
    received = [message for message in messages if isinstance(message, Iteration)]
    local = list(open_run(request, ModelCache()).events)
    assert len(received) == len(local) > 5
    for remote, own in zip(received, local, strict=True):
        assert (remote.slice_index, remote.index, remote.pdsc, remote.status) == (
            own.slice_index,
            own.index,
            own.pdsc,
            own.status,
        )
        assert np.array_equal(remote.mask, own.mask) and np.array_equal(remote.pgt, own.pgt)
    report = messages[-1].report
    assert (
        report["summary"]["slices"] == 5
        and report["provenance"]["model"]["name"] == "scribbleprompt"
    )


def test_a_users_first_prompt_reaches_the_model(engine, request_of, tmp_path):
    strokes = np.zeros((2, 64, 64), bool)
    strokes[0, 30:33, 20:40], strokes[1, 5, 5:50] = True, True
    write_prompt(tmp_path / "prompt.json", Scribbles(*strokes))
    engine.start(request_of(slices=(2, 3), first_prompt=tmp_path / "prompt.json"))
    first, second = [message for message in run_to_end(engine) if isinstance(message, Iteration)][
        :2
    ]
    assert np.array_equal(first.prompt.positive, strokes[0]) and np.array_equal(
        first.prompt.negative, strokes[1]
    )
    assert (second.prompt.positive >= strokes[0]).all()
    engine.start(request_of(prompt="clicks", first_prompt=tmp_path / "prompt.json"))
    assert "first prompt" in run_to_end(engine)[-1].message


def test_one_process_serves_run_after_run(engine, request_of):
    engine.start(request_of())
    run_to_end(engine)
    process = engine.process_id
    engine.start(request_of(slices=(1, 3)))
    assert next(m for m in run_to_end(engine) if isinstance(m, Opened)).slice_indices == (1, 2)
    assert engine.process_id == process


def test_a_cancelled_run_has_less_than_a_second_to_end():
    # The other tests say that a run ends by these limits; how long that takes on a machine that is
    # busy with other things says nothing of the engine.
    assert CANCEL_TIMEOUT + ABANDON_AFTER < 1.0


def test_a_cancelled_run_ends_and_the_next_run_works(engine, request_of):
    engine.start(request_of(**ENDLESS))
    until(engine, Opened)
    engine.cancel()
    assert isinstance(run_to_end(engine)[-1], Cancelled)
    assert engine.state is State.IDLE
    engine.start(request_of())
    assert isinstance(run_to_end(engine)[-1], Finished)


def test_a_run_cancelled_between_iterations_keeps_its_process_and_reports_what_was_done(
    engine, request_of
):
    # With a single slice, iterations are short compared with the time limit for cancelling.
    engine.start(
        request_of(
            slices=(2, 3),
            settings=RefinementSettings(max_iterations=400, patience=400, threshold=1.0),
        )
    )
    until(engine, Iteration)
    process = engine.process_id
    engine.cancel()
    ended = run_to_end(engine)[-1]
    assert isinstance(ended, Cancelled) and ended.report is not None
    assert ended.report["summary"]["slices"] >= 1
    assert engine.process_id == process


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_starts_again_with_one_slice_at_a_time_and_is_the_same(engine, request_of):
    engine.start(
        request_of(settings=RefinementSettings(max_iterations=8, patience=8, threshold=1.0))
    )
    until(engine, Iteration)
    os.kill(engine.process_id, signal.SIGKILL)
    messages = run_to_end(engine)
    assert isinstance(messages[-1], Finished), messages[-1]
    fell_back = next(m for m in messages if isinstance(m, FellBack))
    assert "one slice at a time" in fell_back.message
    # What comes after it is a whole run.
    after = messages[messages.index(fell_back) :]
    assert next(m for m in after if isinstance(m, Opened)).slice_indices == (0, 1, 2, 3, 4)
    steps = [m for m in after if isinstance(m, Iteration)]
    assert len(steps) == sum(len(entry["iterations"]) for entry in messages[-1].report["slices"])
    assert messages[-1].report["provenance"]["fallbacks"] == [fell_back.message]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_again_is_reported_and_the_next_run_works(engine, request_of):
    endless = RefinementSettings(max_iterations=400, patience=400, threshold=1.0)
    engine.start(request_of(settings=endless, slices_at_once=1))
    messages = until(engine, Iteration)
    os.kill(engine.process_id, signal.SIGKILL)
    messages += run_to_end(engine)
    assert isinstance(messages[-1], Failed) and "memory" in messages[-1].message
    assert any(isinstance(message, Iteration) for message in messages)
    engine.start(request_of())
    assert isinstance(run_to_end(engine)[-1], Finished)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"image": Path("nowhere.nii.gz")}, "nowhere.nii.gz"),
        ({"preset": "liver"}, "unknown preset 'liver'"),
        ({"weights": "broken"}, "broken.safetensors"),
        ({"prompt": "telepathy"}, "telepathy"),
    ],
    ids=["image", "preset", "weights", "prompt"],
)
def test_a_bad_request_gets_one_line_and_the_process_stays(
    engine, request_of, files, tmp_path, changes, expected
):
    engine.start(request_of())
    run_to_end(engine)
    process = engine.process_id
    if changes.get("weights") == "broken":
        whole = (files / "model.safetensors").read_bytes()
        (tmp_path / "broken.safetensors").write_bytes(whole[: len(whole) // 2])
        changes = {"weights": str(tmp_path / "broken.safetensors")}
    engine.start(request_of(**changes))
    ended = run_to_end(engine)[-1]
    assert isinstance(ended, Failed) and expected in ended.message and "\n" not in ended.message
    assert engine.process_id == process
