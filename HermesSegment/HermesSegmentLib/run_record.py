"""What the scene stores of a run as JSON in a text node: numbers, prompts, spreads, decisions.

Imports no Slicer. The masks lie in sequences, see :mod:`HermesSegmentLib.sequence_items`.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from HermesLib.io.algorithm import Algorithm
from HermesLib.notices import Notice
from HermesLib.refinement.events import Iteration, Spread, Status
from HermesLib.refinement.marks import FinalSlice, Mark, Marks, volume_marks
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.slice_record import Decision, IterationRecord, SliceRecord

__all__ = ["Decision", "IterationRecord", "RunRecord", "SliceRecord"]

#: What the scores of a run are that says nothing of them.
_ESTIMATE = "calibrated"
#: Where a slice was run again with another guide or judge.
MIXED_SCORES = "mixed"
#: How a slice in progress was written before it had no status.
_RUNNING = "running"


@dataclass
class RunRecord:
    """A run.

    Attributes:
        request: command, preset, model and seed; what the scores are, once the run is open.
        organ: terminology of the preset: scheme, value, meaning.
        threshold: of pDSC.
        shape: (N, H, W) of the volume as slices.
        order, backwards: how voxels become slices, see :class:`HermesLib.io.orientation.SliceAxes`.
        slices: by index.
        out_of_distribution: slices that look unlike the quality control's training patients, so
            that their pDSC is unreliable; None if the quality control does not know.
        report: HermesLib's report, once the run is over.
        notices: of the run, each with its kind and message, see :mod:`HermesLib.notices`.
        journal: the reader's steps, see :class:`HermesSegmentLib.journal.Journal`.
    """

    request: dict[str, Any]
    organ: dict[str, str]
    threshold: float
    shape: tuple[int, int, int] = (0, 0, 0)
    order: tuple[int, int, int] = (2, 1, 0)
    backwards: tuple[bool, bool, bool] = (False, False, False)
    slices: dict[int, SliceRecord] = field(default_factory=dict)
    out_of_distribution: list[int] | None = None
    report: dict[str, Any] | None = None
    notices: list[dict[str, str]] = field(default_factory=list)
    journal: dict[str, Any] | None = None

    @property
    def algorithm(self) -> Algorithm:
        """What made the masks, as far as it is known: a broken run has no report."""
        return Algorithm.from_provenance((self.report or {}).get("provenance") or self.request)

    @property
    def score(self) -> str:
        """What the pDSC is (:data:`HermesLib.quality.protocol.ScoreKind`), or ``mixed``."""
        provenance = (self.report or {}).get("provenance") or {}
        found: str = self.request.get("score") or provenance.get("score") or _ESTIMATE
        return found

    def take_score(self, score: str) -> None:
        """Take what the scores of a run are that starts, or of a slice that is run again."""
        known = self.score if any(entry.iterations for entry in self.slices.values()) else score
        self.request["score"] = score if score == known else MIXED_SCORES

    def open(
        self,
        shape: tuple[int, int, int],
        order: tuple[int, int, int],
        backwards: tuple[bool, bool, bool],
        indices: tuple[int, ...],
    ) -> None:
        """Take the slices of a run that starts, or starts again: it keeps what it has of them."""
        self.shape, self.order, self.backwards = shape, order, backwards
        self.slices = {index: self.slices.get(index, SliceRecord(index)) for index in indices}

    def add(self, event: Iteration) -> IterationRecord:
        """Append one iteration of one slice; returns what is kept of it."""
        slice_record = self.slices.setdefault(event.slice_index, SliceRecord(event.slice_index))
        slice_record.borderline = bool(event.borderline)
        step = IterationRecord(
            pdsc=float(event.pdsc),
            low=float(event.pdsc_low),
            high=float(event.pdsc_high),
            prompt_json=_prompt_json(None if event.prompt is None else event.prompt.to_plain()),
            seconds=float(event.seconds),
            present=float(event.present),
            spread=_packed(event.spread),
        )
        slice_record.add(step)
        slice_record.status = event.status
        return step

    def take_notice(self, notice: Notice) -> None:
        """Keep a notice; a slice that is run again may bring those of the run."""
        if vars(notice) not in self.notices:
            self.notices.append(dict(vars(notice)))

    def mark(
        self, areas: Mapping[int, float], common: Mapping[int, float], thickness: float
    ) -> None:
        """Give all slices their marks, once the run is over.

        Args:
            areas: of the best masks by slice, mm2.
            common: Dice of the best mask of a slice and that of the next, where there are both.
            thickness: distance of the slices, mm.
        """
        unknown = self.out_of_distribution is None
        slices = [
            FinalSlice(
                entry.index,
                entry.status or Status.STOPPED,
                areas[entry.index],
                entry.borderline,
                None if unknown else self.is_out_of_distribution(entry.index),
                common.get(entry.index),
            )
            for _index, entry in sorted(self.slices.items())
        ]
        self.take_marks(volume_marks(slices, thickness, count=self.shape[0]))

    def take_marks(self, marks: Marks) -> None:
        """Take the marks of slices by index; slices that are not named have none."""
        for entry in self.slices.values():
            entry.marks = list(marks.get(entry.index, ()))

    @property
    def marks(self) -> Marks:
        """Of all slices."""
        return {entry.index: tuple(entry.marks) for entry in self.slices.values()}

    def is_out_of_distribution(self, index: int) -> bool:
        """Whether a slice is known to look unlike the training patients."""
        return index in (self.out_of_distribution or ())

    def worst_first(self) -> list[SliceRecord]:
        """All slices, those that most need a review first."""
        return sorted(
            self.slices.values(),
            key=lambda entry: (not entry.needs_review, entry.quality, entry.index),
        )

    def counts(self) -> Counter[Status | None]:
        """The number of slices by status."""
        return Counter(entry.status for entry in self.slices.values())

    def close(self) -> None:
        """End a run: unfinished slices count as stopped, slices without iterations are dropped."""
        self.slices = {index: entry for index, entry in self.slices.items() if entry.iterations}
        for entry in self.slices.values():
            entry.status = entry.status or Status.STOPPED

    def to_json(self) -> str:
        """As text."""
        # Not ``asdict``, which copies every value: a long run would take seconds.
        values = {name: value for name, value in vars(self).items() if name != "slices"}
        slices = ", ".join(entry.to_json() for entry in self.slices.values())
        return f'{json.dumps(values)[:-1]}, "slices": [{slices}]}}'

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From :meth:`to_json`.

        Raises:
            ValueError: the text is not the record of a run.
        """
        try:
            values = json.loads(text)
            slices = values.pop("slices")
            if "unfamiliar" in values:
                values["out_of_distribution"] = values.pop("unfamiliar")
            for name in ("shape", "order", "backwards"):
                values[name] = tuple(values[name])
            record = cls(**values)
            record.slices = {entry["index"]: _read_slice(entry) for entry in slices}
            for entry in record.slices.values():
                _check_spreads([*entry.iterations, *entry.undone], record.shape[1:])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the text is not the record of a run ({error})") from error
        return record


def _read_slice(entry: dict[str, Any]) -> SliceRecord:
    values = dict(entry)
    for name in ("iterations", "undone"):
        values[name] = [_read_iteration(step) for step in values.get(name, ())]
    status = values["status"]
    values["status"] = None if status in (None, _RUNNING) else Status(status)
    values["decision"] = Decision(values["decision"])
    values["marks"] = [Mark(mark) for mark in values.get("marks", ())]
    return SliceRecord(**values)


def _read_iteration(step: dict[str, Any]) -> IterationRecord:
    values = dict(step)
    if "prompt" in values:
        # As scenes of earlier versions store it.
        values["prompt_json"] = _prompt_json(values.pop("prompt"))
    if values.get("spread") is not None:
        certain, possible = values["spread"]
        values["spread"] = PackedMask.from_plain(certain), PackedMask.from_plain(possible)
    return IterationRecord(**values)


def _check_spreads(steps: list[IterationRecord], shape: tuple[int, int]) -> None:
    if any(side.shape != shape for step in steps for side in step.spread or ()):
        raise ValueError(f"the text is not the record of a run (a spread is not {shape})")


def _packed(spread: Spread | None) -> tuple[PackedMask, PackedMask] | None:
    if spread is None:
        return None
    return PackedMask.pack(spread.certain), PackedMask.pack(spread.possible)


def _prompt_json(prompt: dict[str, Any] | None) -> str | None:
    return None if prompt is None else json.dumps(prompt, separators=(",", ":"))
