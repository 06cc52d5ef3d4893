"""Finished slices outlive a fall-back: in one process, and where the worker itself ends."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.engine.client import Engine
from HermesLib.engine.finished_slices import FinishedFolder, FinishedSlices
from HermesLib.engine.messages import Failed, FellBack, Finished, Message, Opened
from HermesLib.io.owned_folder import _sweep_once
from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run, RunOutcome
from Testing.engine.polling import run_to_end
from Testing.guides import toy

#: Five slices, two at a time from the first one, four calls of the model each.
SETTINGS = RefinementSettings(max_iterations=3, patience=3, threshold=1.0)
CALLS = 5 * 4
#: The third call for the second two.
LAST_CALL = 7
FINISHED = (0, 1)

#: A worker that runs out of memory, or is killed, or first the one and then the other, each in a
#: call of the model; a file counts what has happened.
WORKER = f"""
import os, pathlib, signal, sys
from HermesLib.engine import worker
from HermesLib.models.scribbleprompt import ScribblePromptUNet as Network
faults, done = sys.argv.pop(1).split(", "), pathlib.Path(sys.argv.pop(1))
forward, calls = Network.forward, []
def counted(self, x):
    calls.append(1)
    had = len(done.read_text(encoding="utf-8")) if done.exists() else 0
    if len(calls) % {LAST_CALL} == 0 and had < len(faults):
        done.write_text("x" * (had + 1))
        if faults[had] == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise MemoryError
    return forward(self, x)
Network.forward = counted
if "TOY" in os.environ:
    from Testing.guides import toy
    toy.register(os.environ["TOY"])
worker.main()
"""

#: Draws a box, on a grid that lacks the last column; a file counts its calls.
GUIDE = """
def segment(request):
    import nibabel
    with open({calls!r}, "a") as stream:
        stream.write("x")
    image = nibabel.load("image.nii.gz").slicer[:-1]
    mask = (0 * image.get_fdata()).astype("uint8")
    mask[20:44, 24:40] = 1
    nibabel.save(nibabel.Nifti1Image(mask, image.affine), "map.nii.gz")
    return dict(version="toy 1")
"""


@pytest.fixture
def request_(request_of) -> RefineRequest:
    return request_of(settings=SETTINGS, slices_at_once=2, start_slice=0)


@pytest.fixture(scope="module")
def uninterrupted_runs() -> dict[str, tuple[RunOutcome, Path]]:
    return {}


@pytest.fixture
def uninterrupted(request_, uninterrupted_runs, tmp_path_factory) -> tuple[RunOutcome, Path]:
    """The same run without interruption, and its result files."""
    if "run" not in uninterrupted_runs:
        folder = tmp_path_factory.mktemp("uninterrupted")
        uninterrupted_runs["run"] = Run(request_).execute(output=folder), folder
    return uninterrupted_runs["run"]


@pytest.fixture(params=["out of memory", "killed"])
def failing(request, tmp_path: Path) -> Iterator[Engine]:
    """An engine whose worker fails once, in the midst of a run, and that has the guide ``toy``."""
    if "killed" in request.param and sys.platform == "win32":
        pytest.skip("Windows has no SIGKILL")
    program = toy.write_program(tmp_path, GUIDE.format(calls=str(tmp_path / "calls")))
    command = [sys.executable, "-c", WORKER, request.param, str(tmp_path / "failed")]
    one = Engine(command, {"TOY": str(program)})
    yield one
    one.close()


def comparable(report: dict) -> dict:
    """A report without times, and without what the run gave up for want of memory."""
    report = {**report, "summary": {**report["summary"], "seconds": 0}}
    report["provenance"] = {
        name: {key: value[key] for key in value if key != "slices_at_once"}
        if name == "settings"
        else value
        for name, value in report["provenance"].items()
        if name != "fallbacks"
    }
    report["slices"] = [
        {**entry, "iterations": [{**step, "seconds": 0} for step in entry["iterations"]]}
        for entry in report["slices"]
    ]
    return report


def assert_same(event: Iteration, expected: Iteration) -> None:
    """Bit for bit, apart from the time."""
    for name in ("slice_index", "index", "pdsc", "pdsc_low", "pdsc_high", "status", "present"):
        assert getattr(event, name) == getattr(expected, name), name
    assert np.array_equal(event.mask, expected.mask) and np.array_equal(event.pgt, expected.pgt)
    assert event.prompt.to_plain() == expected.prompt.to_plain()


def steps_of(outcome: RunOutcome) -> list[Iteration]:
    return [record.unpack() for result in outcome.results for record in result.records]


def test_a_run_out_of_memory_keeps_finished_slices_and_is_the_run_without_interruption(
    request_, uninterrupted, monkeypatch
):
    forward, calls = ScribblePromptUNet.forward, []

    def counted(self, x):
        calls.append(len(x))
        if len(calls) == LAST_CALL:
            raise MemoryError
        return forward(self, x)

    monkeypatch.setattr(ScribblePromptUNet, "forward", counted)
    fell_back: list[tuple[str, tuple[int, ...]]] = []
    outcome = Run(request_).execute(on_fallback=lambda *message: fell_back.append(message))
    ((words, finished),) = fell_back
    assert finished == FINISHED
    assert words == (
        "memory ran out; the run starts again with one slice at a time and keeps slices 1, 2"
    )
    # Three slices were computed again, with four calls each.
    assert len(calls) == LAST_CALL + CALLS - 2 * 4
    expected, _ = uninterrupted
    for event, other in zip(steps_of(outcome), steps_of(expected), strict=True):
        assert_same(event, other)
    assert comparable(outcome.report) == comparable(expected.report)
    assert outcome.report["provenance"]["fallbacks"] == [words]


def after_fall_back(messages: list[Message]) -> tuple[FellBack, list[Message]]:
    fell_back = next(message for message in messages if isinstance(message, FellBack))
    return fell_back, messages[messages.index(fell_back) :]


def test_a_run_in_a_failing_engine_keeps_finished_slices(failing, request_, uninterrupted):
    failing.start(request_)
    messages = run_to_end(failing)
    assert isinstance(messages[-1], Finished), messages[-1]
    fell_back, after = after_fall_back(messages)
    assert fell_back.finished == FINISHED and "keeps slices 1, 2" in fell_back.message
    # The slices of the run are still all; those to come are the others, each from its first try.
    assert next(m for m in after if isinstance(m, Opened)).slice_indices == (0, 1, 2, 3, 4)
    again = [message for message in after if isinstance(message, Iteration)]
    assert [(step.slice_index, step.index) for step in again] == [
        (index, step) for index in (2, 3, 4) for step in range(4)
    ]
    before = messages[: messages.index(fell_back)]
    kept = [m for m in before if isinstance(m, Iteration) and m.slice_index in fell_back.finished]
    expected, _ = uninterrupted
    events = sorted(kept + again, key=lambda step: (step.slice_index, step.index))
    for event, other in zip(events, steps_of(expected), strict=True):
        assert_same(event, other)
    assert comparable(messages[-1].report) == comparable(expected.report)
    assert messages[-1].report["provenance"]["fallbacks"] == [fell_back.message]


@pytest.mark.parametrize("failing", ["out of memory, killed"], indirect=True)
def test_a_worker_that_gives_up_and_is_killed_reports_it_and_draws_its_guide_once(
    failing, request_, tmp_path
):
    failing.start(replace(request_, send_masks=False, guide=toy.NAME))
    messages = run_to_end(failing)
    assert isinstance(messages[-1], Finished), messages[-1]
    said = [message for message in messages if isinstance(message, FellBack)]
    assert [message.finished for message in said] == [FINISHED, (0, 1, 2)]
    assert messages[-1].report["provenance"]["fallbacks"] == [one.message for one in said]
    # Three tries in two processes; what was found out of the guide is in the last one's report.
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "x"
    kinds = {entry["kind"] for entry in messages[-1].report["notices"]}
    assert kinds == {"agreement", "mask-resampled"}


@pytest.mark.parametrize("failing", ["killed"], indirect=True)
def test_the_files_of_a_failing_engine_hold_the_kept_slices_though_no_masks_were_sent(
    failing, request_, uninterrupted, tmp_path
):
    output = tmp_path / "out"
    output.mkdir()
    failing.start(replace(request_, send_masks=False), output)
    messages = run_to_end(failing)
    assert isinstance(messages[-1], Finished), messages[-1]
    assert after_fall_back(messages)[0].finished == FINISHED
    _, folder = uninterrupted
    for name in ("segmentation.nii.gz", "pgt.nii.gz"):
        written, expected = (
            SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path / name)))
            for path in (output, folder)
        )
        assert np.array_equal(written, expected), name


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_slices_of_a_killed_client_go_with_the_next_run(temporary):
    client = (
        "import os, signal; from HermesLib.engine.finished_slices import FinishedFolder;"
        "folder = FinishedFolder(); (folder.make().folder / '0.slice').touch();"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    # The folder of a client that lives, and what is not a run's, stay.
    living = FinishedFolder()
    others = [living.make().folder, temporary / "hermes-notes"]
    others[1].mkdir()
    subprocess.run([sys.executable, "-c", client], env={**os.environ, "TMPDIR": str(temporary)})
    (killed,) = set(temporary.iterdir()) - set(others)
    assert (killed / "0.slice").exists() and stat.S_IMODE(killed.stat().st_mode) == 0o700
    _sweep_once.cache_clear()
    following = FinishedFolder()
    own = following.make().folder
    assert set(temporary.iterdir()) == {*others, own}
    living.remove()
    following.remove()
    assert list(temporary.iterdir()) == [others[1]]


def test_nothing_of_a_run_stays_in_the_temporary_folder(engine, request_, temporary):
    engine.start(request_)
    (folder,) = temporary.iterdir()
    assert isinstance(run_to_end(engine)[-1], Finished)
    engine.start(replace(request_, image=Path("nowhere.nii.gz")))
    assert isinstance(run_to_end(engine)[-1], Failed)
    assert list(temporary.iterdir()) == [] and not folder.exists()


@pytest.fixture
def write(uninterrupted) -> Callable[[FinishedSlices, int, int], list[Iteration]]:
    """Writes the first iterations of a slice, and gives them."""

    def add(slices: FinishedSlices, index: int, count: int) -> list[Iteration]:
        steps = [step for step in steps_of(uninterrupted[0]) if step.slice_index == index][:count]
        for step in steps:
            slices.add(step)
        return steps

    return add


def test_without_room_for_a_folder_no_slice_is_kept(temporary):
    temporary.rmdir()
    folder = FinishedFolder()
    assert folder.make() is None and folder.keep() is None


def test_only_slices_that_were_written_to_their_end_and_seen_by_the_caller_are_kept(write):
    folder = FinishedFolder()
    slices = folder.make()
    try:
        whole = write(slices, 2, 4)
        write(slices, 3, 2)
        write(slices, 4, 4)
        folder.seen = {2, 3}
        kept = folder.keep()
        assert kept.indices == (2,)
        for event, expected in zip(kept.read(), whole, strict=True):
            assert_same(event, expected)
        # A slice that was cut off is written from its first iteration by the next try.
        whole = write(slices, 3, 4)
        assert len(list(replace(slices, indices=(3,)).read())) == len(whole) == 4
    finally:
        folder.remove()
