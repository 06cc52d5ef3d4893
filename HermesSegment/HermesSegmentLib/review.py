"""A reader's decisions on a run: accept, reject, edit, undo. Works on nodes, uses no widget."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from HermesLib.refinement.events import Status
from HermesSegmentLib.labelmaps import refresh
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import Decision, SliceRecord


class _Choice(NamedTuple):
    """A decision on one slice and the iteration it refers to; None for no mask."""

    slice_index: int
    decision: Decision
    iteration: int | None


@dataclass
class _Before:
    """One slice as it was before a decision."""

    index: int
    decision: Decision
    chosen: int | None
    mask: np.ndarray


class Review:
    """The review of one run."""

    def __init__(self, run: RunNodes) -> None:
        self.run = run
        self.slice_index = next((entry.index for entry in run.record.worst_first()), 0)
        self._undo: list[list[_Before]] = []

    @property
    def current(self) -> SliceRecord | None:
        """The slice under review; None if the run has none."""
        return self.run.record.slices.get(self.slice_index)

    def look_at(self, slice_index: int) -> None:
        """Go to a slice and show the iteration that was accepted, else the best."""
        self.slice_index = slice_index
        current = self.current
        if current is not None:
            self.run.show(current.best if current.chosen is None else current.chosen)

    def neighbour(self, step: int) -> int | None:
        """The next (1) or previous (-1) slice that needs review; None if none does.

        After the last slice follows the first.
        """
        waiting = sorted(
            entry.index
            for entry in self.run.record.slices.values()
            if entry.needs_review and entry.index != self.slice_index
        )
        if not waiting:
            return None
        if step > 0:
            return next((index for index in waiting if index > self.slice_index), waiting[0])
        return next((index for index in reversed(waiting) if index < self.slice_index), waiting[-1])

    def accept(self) -> None:
        """Put the mask in view into the result."""
        choice = _Choice(self.slice_index, Decision.ACCEPTED, self.visible_iteration)
        self._decide([choice])

    def reject(self) -> None:
        """Leave this slice out of the result."""
        self._decide([_Choice(self.slice_index, Decision.REJECTED, None)])

    def accept_all(self) -> int:
        """Accept the loop's result on every slice without a decision and without a mark.

        Marked and failed slices wait for a look. Returns the number of accepted slices.
        """
        undecided = [
            entry
            for entry in self.run.record.slices.values()
            if entry.decision is Decision.NONE
            and entry.status is not Status.FAILED
            and not entry.is_marked
        ]
        self._decide([_Choice(entry.index, Decision.ACCEPTED, entry.best) for entry in undecided])
        return len(undecided)

    def begin_edit(self) -> None:
        """Put the mask in view into the result, where the Segment Editor can change it.

        A slice that is in the result already keeps its mask there.
        """
        current = self.current
        if current is None:
            return
        if current.accepted:
            choice = _Choice(current.index, Decision.EDITED, current.chosen)
            self._record([choice])
            self._update_scene()
        else:
            self._decide([_Choice(current.index, Decision.EDITED, self.visible_iteration)])

    @property
    def visible_iteration(self) -> int:
        """The iteration of the current slice that is in view."""
        count = 0 if self.current is None else len(self.current.iterations)
        return min(self.run.selected, max(count - 1, 0))

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return bool(self._undo)

    def undo(self) -> None:
        """Take back the last decision and restore the masks it replaced."""
        if not self._undo:
            return
        result = self._result()
        for before in self._undo.pop():
            entry = self.run.record.slices[before.index]
            entry.decision, entry.chosen = before.decision, before.chosen
            result[before.index] = before.mask
        self._update_scene()

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

    def _decide(self, choices: list[_Choice]) -> None:
        """Take decisions and write the masks they refer to into the result."""
        if not choices:
            return
        self._record(choices)
        result = self._result()
        for index, _decision, iteration in choices:
            result[index] = 0 if iteration is None else self.run.mask(index, iteration)
        self._update_scene()

    def _record(self, choices: list[_Choice]) -> None:
        """Take decisions and leave the result as it is."""
        result = self._result()
        before = []
        for choice in choices:
            entry = self.run.record.slices[choice.slice_index]
            mask = result[choice.slice_index].copy()
            before.append(_Before(choice.slice_index, entry.decision, entry.chosen, mask))
            entry.decision, entry.chosen = choice.decision, choice.iteration
        self._undo.append(before)

    def _update_scene(self) -> None:
        node = self.run.get("result")
        node.GetDisplayNode().SetVisibility(True)
        refresh(node)
        self.run.save()
