"""A run in this process: cancelled, out of memory, failed half-way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.io.volumes import volume_from_array
from HermesLib.refinement.events import Iteration, Status
from HermesLib.runs import run as run_module
from HermesLib.runs.inputs import RunSources
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.open_run import OpenRun
from HermesLib.runs.opening import InMemory
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest
from HermesLib.runs.run import Run

REQUEST = AssessRequest(image=None, mask=None, slices_at_once=8)


def iteration(slice_index: int) -> Iteration:
    mask = np.eye(8, dtype=bool)
    return Iteration(
        slice_index=slice_index,
        index=0,
        mask=mask,
        pgt=mask,
        pdsc=0.5,
        pdsc_low=0.4,
        pdsc_high=0.6,
        dsc=None,
        prompt=None,
        seconds=0.1,
        status=Status.STOPPED,
    )


class FakeRun(SimpleNamespace):
    """An open run whose report lists the slices that it covers."""

    def __init__(self, request: RunRequest, events: Iterator[Iteration]) -> None:
        super().__init__(request=request, events=events)

    def report(self, results: list, notices: list) -> dict:
        return {"slices": [result.index for result in results]}

    def write(self, folder: Path, results: list, report: dict) -> None:
        (folder / "report.json").write_text("written")


@pytest.fixture
def opened_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterator[Iteration]], None]:
    """Makes every run open with these events."""

    def use(events: Iterator[Iteration]) -> None:
        monkeypatch.setattr(run_module, "open_run", lambda request, *_: FakeRun(request, events))

    return use


def failing(error: Exception, before: Sequence[Iteration] = ()) -> Iterator[Iteration]:
    yield from before
    raise error


def test_a_complete_run_writes_its_files_and_reports_every_slice(opened_with, tmp_path):
    opened_with(iter([iteration(3), iteration(4)]))
    opened: list[OpenRun] = []
    events: list[Iteration] = []
    outcome = Run(REQUEST).execute(output=tmp_path, on_opened=opened.append, on_event=events.append)
    assert len(opened) == 1 and [event.slice_index for event in events] == [3, 4]
    assert outcome.report == {"slices": [3, 4]} and not outcome.cancelled
    assert (tmp_path / "report.json").exists()


def test_a_cancelled_run_reports_what_was_done_and_writes_nothing(opened_with, tmp_path):
    opened_with(iter([iteration(3), iteration(4), iteration(5)]))
    events: list[Iteration] = []
    outcome = Run(REQUEST).execute(
        output=tmp_path, on_event=events.append, is_cancelled=lambda: len(events) == 2
    )
    assert outcome.cancelled and outcome.report == {"slices": [3, 4]}
    assert list(tmp_path.iterdir()) == []


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory"),
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ..."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[int, str]]]:
    """Makes runs whose every try is written down; so many tries run out of memory."""

    def prepare(failures: int, error: Exception, on_gpu: bool) -> list[tuple[int, str]]:
        asked: list[tuple[int, str]] = []

        def open_run(request, cache, memory, finished, accepted, drawing):
            asked.append((request.slices_at_once, request.device))
            fails = len(asked) <= failures
            left = [iteration(index) for index in (3, 4) if index not in finished]
            return FakeRun(request, failing(error, left[:1]) if fails else iter(left))

        monkeypatch.setattr(run_module, "open_run", open_run)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: on_gpu)
        return asked

    return prepare


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["GPU", "Python", "CPU", "library"])
def test_out_of_memory_halves_the_slices_then_takes_the_cpu_and_says_so(tries, error):
    asked = tries(4, error, on_gpu=True)
    cache = ModelCache()
    cache._models["a"] = object()
    words: list[str] = []
    kept: list[tuple[int, ...]] = []

    def on_fallback(line: str, finished: tuple[int, ...]) -> None:
        words.append(line)
        kept.append(finished)

    outcome = Run(REQUEST, cache).execute(on_fallback=on_fallback)
    assert asked == [(8, "auto"), (4, "auto"), (2, "auto"), (1, "auto"), (1, "cpu")]
    steps = ["4 slices at a time", "2 slices at a time", "one slice at a time", "the CPU"]
    assert all(step in line for step, line in zip(steps, words, strict=True))
    # A slice that was finished is kept by all tries after it; the networks were released.
    assert kept == [(3,), *[(3, 4)] * 3] and words[0].endswith("keeps slice 4")
    assert outcome.report == {"slices": [3, 4]} and not cache._models


def test_out_of_memory_with_nothing_left_to_save_is_one_line(tries):
    asked = tries(9, MemoryError(), on_gpu=False)
    run = Run(REQUEST)
    with pytest.raises(HermesError, match="memory ran out, with one slice at a time on the CPU"):
        run.execute()
    assert asked == [(8, "auto"), (4, "auto"), (2, "auto"), (1, "auto")]
    # What both tries have finished.
    assert run.report_so_far() == {"slices": [3, 4]}


def test_other_errors_pass_through_with_a_report_on_what_was_done(opened_with):
    opened_with(failing(RuntimeError("shapes do not match"), [iteration(3)]))
    run = Run(REQUEST)
    assert run.report_so_far() is None
    with pytest.raises(RuntimeError, match="shapes"):
        run.execute()
    assert run.report_so_far() == {"slices": [3]}


@pytest.mark.parametrize(
    ("request_", "message"),
    [(AssessRequest(image=None, mask=None), "no mask"), (RefineRequest(image=None), "no image")],
    ids=["mask", "image"],
)
def test_a_request_without_its_image_or_mask_is_an_error(request_, message):
    memory = None
    if isinstance(request_, AssessRequest):
        memory = InMemory(RunSources(volume_from_array(np.eye(8))))
    with pytest.raises(HermesError, match=message):
        Run(request_, memory=memory).execute()
