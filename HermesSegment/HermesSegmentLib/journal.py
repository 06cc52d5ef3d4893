"""What a reader did, step by step, so that it can be undone and done again; kept with the scene.

Imports no Slicer.
"""

from dataclasses import dataclass, field
from typing import Any, Self

from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.run_record import Decision

#: Older steps are forgotten: the journal is saved with the scene.
MOST_STEPS = 200


@dataclass(frozen=True, eq=False)
class SliceState:
    """One slice at one time.

    Attributes:
        index: of the slice.
        decision: of the reader.
        chosen: the iteration that the decision refers to.
        mask: of the slice in the result.
    """

    index: int
    decision: Decision
    chosen: int | None
    mask: PackedMask

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
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
