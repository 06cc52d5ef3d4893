"""What a reader has decided on a run, and what needs no look. Imports no Slicer."""

from typing import NamedTuple

from HermesLib.refinement.events import Status
from HermesSegmentLib.run_record import Decision, RunRecord, SliceRecord


class Progress(NamedTuple):
    """How far a reader is with a run: slices accepted, slices that still need a look."""

    accepted: int
    waiting: int


def progress(record: RunRecord) -> Progress:
    """How far a reader is."""
    slices = record.slices.values()
    return Progress(
        sum(entry.accepted for entry in slices), sum(entry.needs_review for entry in slices)
    )


def reached(record: RunRecord) -> list[SliceRecord]:
    """The slices that need no look: they reached the threshold, bear no mark, are undecided.

    A slice whose run was repeated with a lower threshold must reach that of the run, too.
    """
    return [
        entry
        for _index, entry in sorted(record.slices.items())
        if entry.decision is Decision.NONE
        and entry.status is Status.ACCEPTED
        and entry.quality >= record.threshold
        and not entry.is_marked
        and not record.is_out_of_distribution(entry.index)
    ]
