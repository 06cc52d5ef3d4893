"""An engine for tests of the queue: it reads the image and writes results as a run does."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.engine.client import State
from HermesLib.engine.messages import Cancelled, Failed, Finished, Opened
from HermesLib.errors import HermesError
from HermesLib.io.masks import read_mask, write_mask
from HermesLib.io.volumes import read_volume
from HermesLib.prompts.boxes import Box
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import History
from HermesLib.refinement.marks import Mark
from HermesLib.report.document import Network, Provenance, build_report
from HermesLib.runs.iterations_file import write_iterations
from HermesLib.runs.request import AssessRequest
from HermesLib.runs.results import result_masks

#: Slices of a run, how each ends, and how far its mask is from the expected outline.
ENDS = ((2, Status.ACCEPTED, 0), (3, Status.STOPPED, 4), (4, Status.ABSENT, 0))


class QueueEngine:
    """Has the methods of :class:`HermesLib.engine.client.Engine`; one run a poll.

    Attributes:
        qualities: of slices below the threshold, run by run; the last one holds for all others.
        requests: what was asked for.
        held: whether runs do not end.
    """

    def __init__(self, qualities: tuple[float, ...] = (0.5,)) -> None:
        self.state = State.IDLE
        self.qualities = list(qualities)
        self.requests: list[Any] = []
        self.held = self.closed = False
        self._messages: list[Any] = []

    def start(self, request: Any, output: Path | None = None) -> None:
        """Take a request and write its results."""
        self.requests.append(request)
        self.state, self._messages = State.RUNNING, []
        try:
            volume = read_volume(request.image)
        except HermesError as error:
            self._messages = [Failed(str(error), None)]
            return
        history = History()
        indices = tuple(index for index, _status, _far in ENDS)
        self._messages.append(Opened(indices, volume.array.shape, volume.axes))
        given = None
        if isinstance(request, AssessRequest):
            given = read_mask(request.mask, volume, request.labels)
        quality = self.qualities.pop(0) if len(self.qualities) > 1 else self.qualities[0]
        for event in _events(volume.array.shape[1:], quality, given):
            history.add(event)
            self._messages.append(event.without_arrays())
        results = history.results()
        network = Network("diffusion", "0" * 64)
        provenance = Provenance(
            "0.1.0",
            ("cohort",),
            request.settings.seed,
            "cpu",
            request.preset,
            None if given is not None else Network("scribbleprompt", "1" * 64),
            network,
            "calibrated",
            volume.sha256,
        )
        marks: dict[int, tuple[Mark, ...]] = dict.fromkeys(indices, ())
        spacing = volume.pixel_spacing
        report = build_report(
            results, provenance, 1.0, spacing, (), marks, thickness=volume.slice_spacing
        )
        assert output is not None
        (output / "report.json").write_text(json.dumps(report))
        segmentation, _pgt = result_masks(results, volume.array.shape)
        write_mask(output / "segmentation.nii.gz", segmentation, volume)
        write_iterations(output, results, volume.array.shape, volume.axes)
        self._messages.append(Finished(report))

    def poll(self, wait: float = 0.0) -> list[Any]:
        """All messages of the run; the last but one of a run that is held."""
        messages, self._messages = self._messages, []
        if self.held and messages and isinstance(messages[-1], Finished):
            self._messages = [messages.pop()]
            return messages if len(messages) > 0 else []
        if messages and isinstance(messages[-1], Finished | Cancelled | Failed):
            self.state = State.IDLE
        return messages

    def cancel(self) -> None:
        """End the run with the next poll."""
        if self.state is State.RUNNING:
            self.state, self._messages = State.CANCELLING, [Cancelled(None)]

    def close(self) -> None:
        """End the engine."""
        self.state, self.closed, self._messages = State.IDLE, True, []


def gland(shape: tuple[int, int], shift: int = 0) -> np.ndarray:
    """A rectangle (H, W), moved down by some pixels."""
    mask = np.zeros(shape, bool)
    mask[10 + shift : 25 + shift, 12:30] = True
    return mask


def _events(shape: tuple[int, int], quality: float, given: np.ndarray | None) -> list[Iteration]:
    events = []
    for index, status, far in ENDS:
        tries = 1 if given is not None or status is Status.ABSENT else 2
        for number in range(tries):
            absent = status is Status.ABSENT
            mask = gland(shape, far + 6 * (tries - 1 - number)) & (not absent)
            last = number == tries - 1
            best = 0.95 if status is Status.ACCEPTED else quality
            events.append(
                Iteration(
                    slice_index=index,
                    index=number,
                    mask=mask if given is None else given[index],
                    pgt=gland(shape) & (not absent),
                    pdsc=best if last else 0.3,
                    pdsc_low=0.2,
                    pdsc_high=1.0,
                    dsc=None,
                    prompt=None if given is not None or absent else Box(5, 6, 30, 28),
                    seconds=0.1,
                    status=status if last else None,
                    present=0.0 if absent else 1.0,
                )
            )
    return events
