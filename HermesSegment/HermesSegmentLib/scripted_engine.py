"""An engine without networks: it plays a short run, so that the module can test itself anywhere."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from HermesLib.engine.client import State
from HermesLib.engine.messages import Cancelled, Finished, Message, Opened, Ready
from HermesLib.io.orientation import SliceAxes
from HermesLib.prompts.boxes import Box
from HermesLib.refinement.events import Iteration, Status

#: How the three slices of the run end.
_ENDS = (Status.ACCEPTED, Status.STOPPED, Status.ABSENT)


class ScriptedEngine:
    """Has the methods of :class:`HermesLib.engine.client.Engine`.

    Args:
        shape: (N, H, W) of the volume, whose slices are axial.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.state = State.IDLE
        self._shape = shape
        self._messages: Iterator[Message] = iter(())

    def start(self, request: Any) -> None:
        """Begin the run, whatever is asked."""
        self.state = State.RUNNING
        self._messages = self._run()

    def poll(self, wait: float = 0.0) -> list[Message]:
        """One message at a time."""
        message = next(self._messages, None)
        if isinstance(message, Finished | Cancelled):
            self.state = State.IDLE
        return [] if message is None else [message]

    def cancel(self) -> None:
        """End the run with the next message."""
        if self.state is State.RUNNING:
            self.state = State.CANCELLING
            self._messages = iter([Cancelled(None)])

    def close(self) -> None:
        """End the run at once."""
        self.state, self._messages = State.IDLE, iter(())

    def _run(self) -> Iterator[Message]:
        middle = self._shape[0] // 2
        indices = tuple(range(middle, middle + len(_ENDS)))
        yield Ready("no network", None)
        yield Opened(indices, self._shape, SliceAxes((2, 1, 0), (False, False, False)))
        for number in range(2):
            for index, end in zip(indices, _ENDS, strict=True):
                if end is not Status.ABSENT:
                    yield self._iteration(index, number, end if number == 1 else None)
                elif number == 0:
                    yield self._iteration(index, number, end)
        yield Finished(
            {
                "format": 1,
                "summary": {},
                "slices": [{"index": index, "marks": []} for index in indices],
                "provenance": {"seed": 0},
            }
        )

    def _iteration(self, index: int, number: int, status: Status | None) -> Iteration:
        _, height, width = self._shape
        mask, pgt = np.zeros((2, height, width), bool)
        present = status is not Status.ABSENT
        if present:
            edge = height // 3 - 4 * (1 - number)
            mask[edge : 2 * height // 3, width // 3 : 2 * width // 3] = True
            pgt[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = True
        return Iteration(
            slice_index=index,
            index=number,
            mask=mask,
            pgt=pgt,
            pdsc=0.95 if status is Status.ACCEPTED else 0.6,
            pdsc_low=0.5,
            pdsc_high=1.0,
            dsc=None,
            prompt=Box(width / 3, height / 3, 2 * width / 3, 2 * height / 3) if present else None,
            seconds=0.01,
            status=status,
            present=float(present),
        )
