"""What a reader did, step by step, so that it can be undone and done again; kept with the scene.

Imports no Slicer.
"""

from dataclasses import dataclass, field
from typing import Any, Self

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.run_record import Decision

#: Older steps are forgotten: the journal is saved with the scene.
MOST_STEPS = 200


@dataclass(frozen=True)
class Outcome:
    """What a run left of a slice.

    Attributes:
        iterations: how many of them count.
        status: how the loop ended.
        borderline: the presence of the organ is uncertain.
        marks: of all slices, by index; one slice changes those of its neighbours.
    """

    iterations: int
    status: Status | None
    borderline: bool
    marks: dict[int, tuple[Mark, ...]]

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        marks = [[index, list(marks)] for index, marks in self.marks.items()]
        return {**vars(self), "marks": marks}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """From :meth:`to_plain`.

        Raises:
            KeyError, TypeError, ValueError: not an outcome.
        """
        status = plain["status"]
        return cls(
            int(plain["iterations"]),
            None if status is None else Status(status),
            bool(plain["borderline"]),
            {index: tuple(Mark(mark) for mark in marks) for index, marks in plain["marks"]},
        )


@dataclass(frozen=True, eq=False)
class SliceState:
    """One slice at one time.

    Attributes:
        index: of the slice.
        decision: of the reader.
        chosen: the iteration that the decision refers to.
        mask: of the slice in the result.
        outcome: where the step is a run; None leaves it as it is.
        prompt: where the step moves a prompt: its plain form; None leaves it as it is.
    """

    index: int
    decision: Decision
    chosen: int | None
    mask: PackedMask
    outcome: Outcome | None = None
    prompt: dict[str, Any] | None = None

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "outcome": None if self.outcome is None else self.outcome.to_plain(),
            "prompt": self.prompt,
            "index": self.index,
            "decision": self.decision.value,
            "chosen": self.chosen,
            "mask": self.mask.to_plain(),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """From :meth:`to_plain`.

        Raises:
            KeyError, TypeError, ValueError: not the state of a slice.
        """
        return cls(
            plain["index"],
            Decision(plain["decision"]),
            plain["chosen"],
            PackedMask.from_plain(plain["mask"]),
            None if plain.get("outcome") is None else Outcome.from_plain(plain["outcome"]),
            plain.get("prompt"),
        )


@dataclass(frozen=True, eq=False)
class Step:
    """One action of the reader.

    Attributes:
        title: in words, as in "Undo: accept slice 12".
        before, after: the slices that it changed.
    """

    title: str
    before: list[SliceState]
    after: list[SliceState]

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "title": self.title,
            "before": [state.to_plain() for state in self.before],
            "after": [state.to_plain() for state in self.after],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """From :meth:`to_plain`.

        Raises:
            KeyError, TypeError, ValueError: not a step.
        """
        before, after = (
            [SliceState.from_plain(state) for state in plain[name]] for name in ("before", "after")
        )
        return cls(plain["title"], before, after)


@dataclass
class Journal:
    """All steps, and how many of them are done.

    Attributes:
        steps: in order.
        done: the first ``done`` steps hold; those after it were undone.
    """

    steps: list[Step] = field(default_factory=list)
    done: int = 0

    def add(self, step: Step) -> None:
        """Note a new step; what was undone before cannot be done again."""
        self.steps = [*self.steps[: self.done], step][-MOST_STEPS:]
        self.done = len(self.steps)

    def forget_undone(self) -> None:
        """What was undone cannot be done again."""
        self.steps = self.steps[: self.done]

    @property
    def last(self) -> Step | None:
        """What undo takes back."""
        return self.steps[self.done - 1] if self.done else None

    @property
    def next(self) -> Step | None:
        """What redo does again."""
        return self.steps[self.done] if self.done < len(self.steps) else None

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"done": self.done, "steps": [step.to_plain() for step in self.steps]}

    @classmethod
    def from_plain(cls, plain: dict[str, Any] | None) -> Self:
        """From :meth:`to_plain`; empty from None or from what is not a journal."""
        if plain is None:
            return cls()
        try:
            steps = [Step.from_plain(step) for step in plain["steps"]]
            return cls(steps, min(max(int(plain["done"]), 0), len(steps)))
        except (KeyError, TypeError, ValueError):
            return cls()
