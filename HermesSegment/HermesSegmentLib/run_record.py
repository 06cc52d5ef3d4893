"""What the scene remembers of a run: numbers, prompts and the reader's decisions, as JSON in a text node. Imports no Slicer."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

#: Ends of a slice as HermesLib says them, and ``running`` before.
RUNNING, ACCEPTED, STOPPED, ABSENT, FAILED = "running", "accepted", "stopped", "absent", "failed"
#: Decisions of the reader.
UNDECIDED, TAKEN, EDITED, REJECTED = "", "accepted", "edited", "rejected"


@dataclass
class IterationRecord:
    """One iteration of one slice."""

    pdsc: float
    low: float
    high: float
    prompt: dict[str, Any] | None
    seconds: float


@dataclass
class SliceRecord:
    """One slice: its iterations in order, how the loop ended, what the reader decided, and on which iteration; ``borderline`` where the
    organ may as well be there as not."""

    index: int
    iterations: list[IterationRecord] = field(default_factory=list)
    status: str = RUNNING
    decision: str = UNDECIDED
    chosen: int | None = None
    borderline: bool = False

    @property
    def best(self) -> int:
        """The iteration of the best pDSC, the first of equals: the loop's result."""
        return (
            max(range(len(self.iterations)), key=lambda i: self.iterations[i].pdsc)
            if self.iterations
            else 0
        )

    @property
    def needs_look(self) -> bool:
        """Whether a reader should look: the loop was not sure, and nobody has decided."""
        return self.decision == UNDECIDED and (
            self.status in (STOPPED, FAILED) or (self.borderline and self.status != RUNNING)
        )

    @property
    def quality(self) -> float:
        """For sorting, worst first: failed slices, then by pDSC; absent ones last."""
        if self.status == ABSENT:
            return 2.0
        return (
            -1.0
            if self.status == FAILED or not self.iterations
            else self.iterations[self.best].pdsc
        )


@dataclass
class RunRecord:
    """A run.

    Attributes:
        request: what was asked for, as a report would say it.
        organ: terminology of the preset: scheme, value, meaning.
        threshold: of pDSC.
        shape, order, backwards: the run's slices, see :class:`HermesSegmentLib.slice_frame.SliceFrame`.
        slices: by index.
        unfamiliar: slices that look unlike the quality control's training patients: their pDSC is not to be trusted.
        report: HermesLib's report, once the run is over.
    """

    request: dict[str, Any]
    organ: dict[str, str]
    threshold: float
    shape: tuple[int, int, int] = (0, 0, 0)
    order: tuple[int, int, int] = (2, 1, 0)
    backwards: tuple[bool, bool, bool] = (False, False, False)
    slices: dict[int, SliceRecord] = field(default_factory=dict)
    unfamiliar: list[int] = field(default_factory=list)
    report: dict[str, Any] | None = None

    def worst_first(self) -> list[SliceRecord]:
        """All slices, those that most need a look first."""
        return sorted(
            self.slices.values(), key=lambda one: (not one.needs_look, one.quality, one.index)
        )

    def counts(self) -> dict[str, int]:
        """How many slices ended how."""
        found = dict.fromkeys((ACCEPTED, STOPPED, ABSENT, FAILED, RUNNING), 0)
        for one in self.slices.values():
            found[one.status] += 1
        return found

    def close(self) -> None:
        """A run that broke off: slices that had begun count as stopped, the others are dropped."""
        self.slices = {index: one for index, one in self.slices.items() if one.iterations}
        for one in self.slices.values():
            if one.status == RUNNING:
                one.status = STOPPED

    def to_json(self) -> str:
        """As text."""
        values = asdict(self)
        values["slices"] = list(values["slices"].values())
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From :meth:`to_json`.

        Raises:
            ValueError: the text is something else.
        """
        try:
            values = json.loads(text)
            slices = values.pop("slices")
            for name in ("shape", "order", "backwards"):
                values[name] = tuple(values[name])
            record = cls(**values)
            for one in slices:
                one["iterations"] = [
                    IterationRecord(**iteration) for iteration in one["iterations"]
                ]
                record.slices[one["index"]] = SliceRecord(**one)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no record of a run ({error})") from error
        return record
