"""What a run's record holds of one slice: its iterations, how it ended, the reader's decision.

Imports no Slicer.
"""

import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

from HermesLib.refinement.events import Status
from HermesLib.refinement.history import result_iteration
from HermesLib.refinement.marks import Mark
from HermesSegmentLib.iteration_masks import PackedMask

#: For sorting: a failed slice comes before all, one without the organ after all.
_FAILED_QUALITY, _ABSENT_QUALITY = -1.0, 2.0


class Decision(StrEnum):
    """What the reader decided on a slice."""

    NONE = ""
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"


@dataclass(frozen=True)
class IterationRecord:
    """One iteration of one slice.

    Attributes:
        pdsc, low, high: the estimated Dice and its interval.
        prompt_json: the prompt's plain form as text, which takes a tenth of the memory of lists of
            pixels; None for a given mask.
        seconds: this slice's share of the time its batch took.
        present: probability that the slice shows the organ; None in scenes that did not store it.
        spread: what certainly and what possibly belongs to the pGT; None where it is not known.
    """

    pdsc: float
    low: float
    high: float
    prompt_json: str | None
    seconds: float
    present: float | None = None
    spread: tuple[PackedMask, PackedMask] | None = None

    @property
    def prompt(self) -> dict[str, Any] | None:
        """The prompt's plain form; None for a given mask."""
        return None if self.prompt_json is None else json.loads(self.prompt_json)

    @cached_property
    def text(self) -> str:
        """As JSON; made once, because a run's record is written after every decision."""
        values = {part.name: getattr(self, part.name) for part in fields(self)}
        values["spread"] = self.spread and [side.to_plain() for side in self.spread]
        return json.dumps(values)


@dataclass
class SliceRecord:
    """One slice.

    Attributes:
        index: of the slice in the volume.
        iterations: in order.
        status: how the loop ended; None while it runs.
        decision: of the reader.
        chosen: the iteration that the reader accepted.
        borderline: the presence of the organ is uncertain.
        marks: why a reader should look at the slice; known once the run is over.
        undone: iterations of a repeated run that the reader took back.
    """

    index: int
    iterations: list[IterationRecord] = field(default_factory=list)
    status: Status | None = None
    decision: Decision = Decision.NONE
    chosen: int | None = None
    borderline: bool = False
    marks: list[Mark] = field(default_factory=list)
    undone: list[IterationRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._best: int | None = None

    def to_json(self) -> str:
        """As text."""
        values = {
            part.name: getattr(self, part.name)
            for part in fields(self)
            if part.name not in ("iterations", "undone")
        }
        iterations, undone = (
            ", ".join(step.text for step in steps) for steps in (self.iterations, self.undone)
        )
        head = json.dumps(values)[:-1]
        return f'{head}, "iterations": [{iterations}], "undone": [{undone}]}}'

    @property
    def known(self) -> list[IterationRecord]:
        """The iterations that count, and then those that were taken back."""
        return [*self.iterations, *self.undone]

    def keep(self, count: int) -> None:
        """Let only the first iterations count; the others can count again later."""
        known = self.known
        self.iterations, self.undone = known[:count], known[count:]
        self._best = None

    def drop(self, count: int) -> None:
        """Forget all but the first iterations, and what was decided on the others."""
        self.keep(count)
        self.undone, self.status = [], None
        if not self.iterations:
            self.borderline = False
        if self.chosen is not None and self.chosen >= count:
            self.decision, self.chosen = Decision.NONE, None

    def add(self, step: IterationRecord) -> None:
        """Append an iteration."""
        self.iterations.append(step)
        self._best = None
        # Made while the run goes on, so that its end need not make all of them.
        _ = step.text

    @property
    def best(self) -> int:
        """The iteration with the highest pDSC: the loop's result; 0 without iterations."""
        if not self.iterations:
            return 0
        if self._best is None:
            self._best = result_iteration([step.pdsc for step in self.iterations])
        return self._best

    def reaches(self, threshold: float) -> bool:
        """Whether the loop ended with a mask whose score is at the threshold or above.

        It is accepted only if the score is a trusted estimate.
        """
        ended = self.status in (Status.ACCEPTED, Status.STOPPED) and bool(self.iterations)
        return self.status is Status.ACCEPTED or (
            ended and self.iterations[self.best].pdsc >= threshold
        )

    @property
    def accepted(self) -> bool:
        """Whether the reader took a mask of this slice into the result."""
        return self.decision in (Decision.ACCEPTED, Decision.EDITED)

    @property
    def needs_review(self) -> bool:
        """Whether a reader should look: there is a reason and the reader has not decided."""
        if self.decision is not Decision.NONE or self.status is None:
            return False
        return self.is_marked or self.status in (Status.STOPPED, Status.FAILED)

    @property
    def is_marked(self) -> bool:
        """Whether a reader should look at the slice, however it ended."""
        return self.borderline or bool(self.marks)

    @property
    def quality(self) -> float:
        """For sorting, worst first: failed slices, then by pDSC; absent slices last."""
        if self.status is Status.ABSENT:
            return _ABSENT_QUALITY
        if self.status is Status.FAILED or not self.iterations:
            return _FAILED_QUALITY
        return self.iterations[self.best].pdsc
