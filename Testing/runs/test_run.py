"""A run in this process: cancelled, out of memory, failed half-way."""

from collections.abc import Callable, Iterator
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
from HermesLib.runs.request import AssessRequest, RefineRequest
from HermesLib.runs.run import InMemory, OpenRun, Run

REQUEST = AssessRequest(image=None, mask=None)


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

    def report(self, results: list) -> dict:
        return {"slices": [result.index for result in results]}

    def write(self, folder: Path, results: list, report: dict) -> None:
        (folder / "report.json").write_text("written")


@pytest.fixture
def opened_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterator[Iteration]], None]:
    """Makes every run open with these events."""

    def use(events: Iterator[Iteration]) -> None:
        monkeypatch.setattr(run_module, "open_run", lambda *_: FakeRun(events=events))

    return use


def failing(error: Exception) -> Iterator[Iteration]:
    yield iteration(3)
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


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ..."),
    ],
    ids=["GPU", "Python", "CPU"],
)
def test_out_of_memory_is_one_line_and_releases_the_networks(opened_with, error):
    opened_with(failing(error))
    cache = ModelCache()
    cache._models["a"] = object()
    run = Run(REQUEST, cache)
    with pytest.raises(HermesError, match="out of memory; choose fewer slices or the CPU"):
        run.execute()
    assert not cache._models
    assert run.report_so_far() == {"slices": [3]}


def test_other_errors_pass_through_with_a_report_on_what_was_done(opened_with):
    opened_with(failing(RuntimeError("shapes do not match")))
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
