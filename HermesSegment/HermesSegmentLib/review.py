"""A reader's decisions on a run: accept, reject, edit, undo, redo. Works on nodes, uses no widget.

A run may be in progress: slices that it has finished can be decided on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from slicer.i18n import tr as _

from HermesLib.report.numbering import number_of
from HermesSegmentLib.deciding import reached
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.journal import Journal, Outcome, SliceState, Step
from HermesSegmentLib.labelmaps import refresh
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import Decision, SliceRecord


class _Choice(NamedTuple):
    """A decision on one slice and the iteration it refers to; None for no mask."""

    slice_index: int
    decision: Decision
    iteration: int | None


class Review:
    """The review of one run."""

    def __init__(self, run: RunNodes) -> None:
        self.run = run
        self.slice_index = next((entry.index for entry in run.record.worst_first()), 0)
        self.journal = Journal.from_plain(run.record.journal)
        #: The slices of the result that steps have changed since the review was opened.
        self.changed: dict[int, PackedMask] = {}
        #: Called after every step, once it is in the scene.
        self.on_step: Callable[[], None] = lambda: None
        self._edited_from: dict[int, PackedMask] | None = None
        self._repeated_from: SliceState | None = None

    @property
    def current(self) -> SliceRecord | None:
        """The slice under review; None if the run does not cover it."""
        return self.run.record.slices.get(self.slice_index)

    @property
    def settled_iteration(self) -> int:
        """The iteration of the current slice that was accepted, else its best."""
        current = self.current
        if current is None:
            return 0
        return current.best if current.chosen is None else current.chosen

    def waiting(self) -> list[SliceRecord]:
        """The slices that a reader should still look at, worst first."""
        return [entry for entry in self.run.record.worst_first() if entry.needs_review]

    def neighbour(self, step: int) -> int | None:
        """The next (1) or previous (-1) slice that needs a look, worst first; None if none does.

        After the last follows the first. From a slice that has no place in this order, the next
        is the worst.
        """
        waiting = [entry for entry in self.waiting() if entry.index != self.slice_index]
        if not waiting:
            return None
        current = self.current
        if current is None:
            return waiting[0].index
        place = current.quality, current.index
        after = [entry for entry in waiting if (entry.quality, entry.index) > place]
        before = [entry for entry in waiting if (entry.quality, entry.index) < place]
        return ([*after, *before] if step > 0 else [*reversed(before), *reversed(after)])[0].index

    def reached(self) -> list[SliceRecord]:
        """The slices that need no look, see :func:`HermesSegmentLib.deciding.reached`."""
        return reached(self.run.record)

    def accept(self) -> None:
        """Put the mask in view into the result."""
        self._decide(_("accept"), Decision.ACCEPTED, self.visible_iteration)

    def reject(self) -> None:
        """Leave this slice out of the result."""
        self._decide(_("reject"), Decision.REJECTED, None)

    def accept_reached(self) -> int:
        """Accept the loop's result on every slice of :meth:`reached`; returns how many."""
        choices = [_Choice(entry.index, Decision.ACCEPTED, entry.best) for entry in self.reached()]
        if choices:
            self._take(_("accept {count} slices").format(count=len(choices)), choices)
        return len(choices)

    def begin_edit(self) -> None:
        """Put the mask in view into the result, where the Segment Editor can change it.

        A slice that is in the result already keeps its mask there.
        """
        current = self.current
        if current is None:
            return
        if not current.accepted:
            self._decide(_("edit"), Decision.EDITED, self.visible_iteration)
        self._edited_from = self._result_masks()

    def end_edit(self) -> list[int]:
        """Take what the Segment Editor changed as decisions; returns the slices' indices.

        Slices outside the run, which cannot be decided on, get back what they held.
        """
        before, self._edited_from = self._edited_from, None
        if before is None:
            return []
        result = self._result()
        changed = [
            index
            for index, mask in before.items()
            if not np.array_equal(result[index] > 0, mask.unpack())
        ]
        slices = self.run.record.slices
        decided = [index for index in changed if index in slices]
        for index in set(changed) - set(decided):
            result[index] = before[index].unpack()
        if decided:
            states = [self._state(index, before[index]) for index in decided]
            for index in decided:
                slices[index].decision = Decision.EDITED
            self._note(_("edit {slices}").format(slices=_slices_text(decided)), states)
        if changed:
            self._update_scene()
        return decided

    def begin_run(self) -> None:
        """The slice under review is run again."""
        self.journal.forget_undone()
        state = self._state(self.slice_index)
        self._repeated_from = replace(state, outcome=self._outcome(self.slice_index))

    def end_run(self) -> None:
        """The repeated run is over: note it as a step, if it has done anything."""
        before, self._repeated_from = self._repeated_from, None
        if before is None or before.outcome is None or before.index not in self.run.record.slices:
            return
        outcome = self._outcome(before.index)
        if outcome.iterations > before.outcome.iterations:
            after = replace(self._state(before.index), outcome=outcome)
            number = number_of(before.index)
            title = _("run slice {number} again").format(number=number)
            self.journal.add(Step(title, [before], [after]))
            self._update_scene()

    def note_prompt(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Note that the reader has moved the prompt of the slice under review."""
        state = self._state(self.slice_index)
        title = _("move the prompt of slice {number}").format(number=number_of(self.slice_index))
        sides = ([replace(state, prompt=prompt)] for prompt in (before, after))
        self.journal.add(Step(title, *sides))
        self.run.record.journal = self.journal.to_plain()
        self.run.save_record()
        self.on_step()

    @property
    def editing(self) -> bool:
        """Whether the Segment Editor works on the result."""
        return self._edited_from is not None

    @property
    def visible_iteration(self) -> int:
        """The iteration of the current slice that is in view."""
        count = 0 if self.current is None else len(self.current.iterations)
        return min(self.run.selected, max(count - 1, 0))

    def undo(self) -> dict[str, Any] | None:
        """Take back the last step and restore the masks it replaced.

        Returns the prompt to show, where the step has moved one.
        """
        step = self.journal.last
        if step is None:
            return None
        self.journal.done -= 1
        return self._restore(step.before)

    def redo(self) -> dict[str, Any] | None:
        """Do again the step that was taken back last; returns as :meth:`undo`."""
        step = self.journal.next
        if step is None:
            return None
        self.journal.done += 1
        return self._restore(step.after)

    def result_mask(self, slice_index: int) -> np.ndarray:
        """(H, W) bool: the result of a slice."""
        return self._result()[slice_index] > 0

    def accepted_voxels(self) -> np.ndarray:
        """The result (k, j, i, uint8) of the accepted and edited slices."""
        voxels = self.run.result_voxels().copy()
        slices = self.run.frame.axes.view(voxels)
        accepted = [entry.index for entry in self.run.record.slices.values() if entry.accepted]
        slices[np.setdiff1d(np.arange(len(slices)), accepted)] = 0
        return voxels

    def _result(self) -> np.ndarray:
        return self.run.frame.axes.view(self.run.result_voxels())

    def _result_masks(self) -> dict[int, PackedMask]:
        return {index: PackedMask.pack(mask > 0) for index, mask in enumerate(self._result())}

    def _state(self, index: int, mask: PackedMask | None = None) -> SliceState:
        """A slice as it is now, or with another mask in the result."""
        entry = self.run.record.slices[index]
        mask = PackedMask.pack(self._result()[index] > 0) if mask is None else mask
        return SliceState(index, entry.decision, entry.chosen, mask)

    def _outcome(self, index: int) -> Outcome:
        entry, marks = self.run.record.slices[index], dict(self.run.record.marks)
        return Outcome(len(entry.iterations), entry.status, entry.borderline, marks)

    def _decide(self, verb: str, decision: Decision, iteration: int | None) -> None:
        title = _("{verb} slice {number}").format(verb=verb, number=number_of(self.slice_index))
        self._take(title, [_Choice(self.slice_index, decision, iteration)])

    def _take(self, title: str, choices: list[_Choice]) -> None:
        """Take decisions and write the masks they refer to into the result."""
        before = [self._state(choice.slice_index) for choice in choices]
        result = self._result()
        for index, decision, iteration in choices:
            entry = self.run.record.slices[index]
            entry.decision, entry.chosen = decision, iteration
            result[index] = 0 if iteration is None else self.run.mask(index, iteration)
        self._note(title, before)
        self._update_scene()

    def _note(self, title: str, before: list[SliceState]) -> None:
        after = [self._state(state.index) for state in before]
        self.changed.update({state.index: state.mask for state in after})
        self.journal.add(Step(title, before, after))

    def _restore(self, states: list[SliceState]) -> dict[str, Any] | None:
        result = self._result()
        for state in states:
            entry = self.run.record.slices[state.index]
            entry.decision, entry.chosen = state.decision, state.chosen
            result[state.index] = state.mask.unpack()
            self.changed[state.index] = state.mask
            if state.outcome is not None:
                self.run.keep(state.index, state.outcome.iterations)
                entry.status, entry.borderline = state.outcome.status, state.outcome.borderline
                self.run.record.take_marks(state.outcome.marks)
        self.slice_index = states[0].index
        self._update_scene()
        return states[0].prompt

    def _update_scene(self) -> None:
        self.run.record.journal = self.journal.to_plain()
        node = self.run.get("result")
        node.GetDisplayNode().SetVisibility(True)
        refresh(node)
        self.run.writer.write_soon()
        self.on_step()


def _slices_text(indices: list[int]) -> str:
    numbers = ", ".join(str(number_of(index)) for index in sorted(indices))
    return (_("slice {numbers}") if len(indices) == 1 else _("slices {numbers}")).format(
        numbers=numbers
    )
