"""The engine: the real child process with small untrained networks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.engine.client import Engine, State
from HermesLib.engine.messages import Cancelled, Failed, Finished, Message, Opened, Ready
from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.serialization import write_prompt
from HermesLib.quality.network.core import QualityCore
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import open_run
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.quality.small import SMALL

#: So slow that no run ends before a test cancels it.
ENDLESS = {"steps": 900, "samples": 40}
LIMIT = 60.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image, and small untrained networks that find the organ on every slice."""
    folder = tmp_path_factory.mktemp("engine")
    SimpleITK.WriteImage(
        prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0)).image,
        str(folder / "t2.nii.gz"),
    )
    torch.manual_seed(0)
    save_checkpoint(
        folder / "model.safetensors",
        ScribblePromptUNet((4, 4)).state_dict(),
        "scribbleprompt",
        {"image_size": 64},
    )
    core = QualityCore(SMALL)
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    core.presence.layers[-1].bias.data.fill_(20.0)
    save_checkpoint(folder / "quality.safetensors", core.state_dict(), "quality", SMALL.to_dict())
    return folder


@pytest.fixture
def request_of(files: Path) -> Callable[..., RefineRequest]:
    """Builds requests for the small networks."""

    def make(**changes: object) -> RefineRequest:
        fields = {
            "image": files / "t2.nii.gz",
            "model": "scribbleprompt",
            "weights": str(files / "model.safetensors"),
            "quality": str(files / "quality.safetensors"),
            "settings": RefinementSettings(max_iterations=2, threshold=1.0),
            "device": "cpu",
        }
        return RefineRequest(**{**fields, **changes})

    return make


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    yield shared_engine
    if shared_engine.state is not State.IDLE:
        shared_engine.close()


def until(engine: Engine, wanted: type, limit: float = LIMIT) -> list[Message]:
    """Poll as a timer would, until a message of that kind."""
    messages: list[Message] = []
    end = time.monotonic() + limit
    while not any(isinstance(message, wanted) for message in messages):
        assert time.monotonic() < end, f"no {wanted} among {[type(m).__name__ for m in messages]}"
        messages += engine.poll()
        time.sleep(0.005)
    return messages


def run_to_end(engine: Engine) -> list[Message]:
    return until(engine, Finished | Cancelled | Failed)


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


def test_a_cancelled_run_ends_within_a_second_and_the_next_run_works(engine, request_of):
    engine.start(request_of(**ENDLESS))
    until(engine, Opened)
    started = time.monotonic()
    engine.cancel()
    assert isinstance(run_to_end(engine)[-1], Cancelled)
    assert time.monotonic() - started < 1.0
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
def test_a_killed_engine_is_reported_and_the_next_run_works(engine, request_of):
    engine.start(
        request_of(settings=RefinementSettings(max_iterations=400, patience=400, threshold=1.0))
    )
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
        [sys.executable, "-c", program], capture_output=True, cwd=root, check=True, text=True
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
            and Path(f"/proc/{orphan}/stat").read_text().split()[2] == "Z"
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
        text=True,
    )
    assert ended.stdout.strip() == "[]"
