"""Every iteration of every slice, kept small, and what each slice came to."""

import pickle
import zlib
from dataclasses import dataclass
from typing import Literal

from HermesLib.refinement.events import Iteration, Status


@dataclass(frozen=True)
class Record:
    """One iteration at rest: its numbers, and its arrays compressed (a mask of 512x512 takes a few kilobytes)."""

    index: int
    pdsc: float
    pdsc_low: float
    pdsc_high: float
    dsc: float | None
    seconds: float
    status: Status | None
    packed: bytes

    @classmethod
    def of(cls, event: Iteration) -> "Record":
        """Compress an event."""
        # These bytes never leave the process, so unpickling them is safe.
        packed = zlib.compress(pickle.dumps(event, pickle.HIGHEST_PROTOCOL), 1)
        numbers = (
            event.pdsc,
            event.pdsc_low,
            event.pdsc_high,
            event.dsc,
            event.seconds,
            event.status,
        )
        return cls(event.index, *numbers, packed)

    def unpack(self) -> Iteration:
        """The event as it was, arrays and all."""
        return pickle.loads(zlib.decompress(self.packed))


@dataclass(frozen=True)
class SliceResult:
    """What one slice came to: its status, all its iterations in order, and which of them is the result."""

    index: int
    status: Status
    best: int
    records: tuple[Record, ...]

    @property
    def best_record(self) -> Record:
        """The iteration that is the result."""
        return self.records[self.best]

    @property
    def calls(self) -> int:
        """How often the model was called again after the first mask."""
        return len(self.records) - 1


class History:
    """Collects the events of a run, in any order of slices.

    Args:
        keep: the result is the iteration of the best pDSC (the first of equals), or the last one.
    """

    def __init__(self, keep: Literal["best", "last"] = "best") -> None:
        self.keep = keep
        self._records: dict[int, list[Record]] = {}

    def add(self, event: Iteration) -> None:
        """Take one event; those of one slice come in order."""
        self._records.setdefault(event.slice_index, []).append(Record.of(event))

    def results(self) -> list[SliceResult]:
        """One result a slice, by slice index; a slice whose events broke off counts as stopped."""
        return [
            self._result(index, tuple(records)) for index, records in sorted(self._records.items())
        ]

    def _result(self, index: int, records: tuple[Record, ...]) -> SliceResult:
        last = len(records) - 1
        best = (
            last if self.keep == "last" else max(range(len(records)), key=lambda i: records[i].pdsc)
        )
        return SliceResult(index, records[last].status or Status.STOPPED, best, records)
