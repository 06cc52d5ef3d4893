"""A reader's decisions on a run: accept, reject, edit, all of which can be undone. Works on nodes, knows no widget."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesSegmentLib.labelmaps import refresh
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import ABSENT, EDITED, FAILED, REJECTED, TAKEN, UNDECIDED


@dataclass
class _Before:
    """One slice as it was before a decision."""

    index: int
    decision: str
    chosen: int | None
    mask: np.ndarray


class Review:
    """Of one run."""

    def __init__(self, run: RunNodes) -> None:
        self.run = run
        self.slice_index = next((one.index for one in run.record.worst_first()), 0)
        self._undo: list[list[_Before]] = []

    @property
    def current(self) -> Any:
        """The record of the slice under review; None before a run has any."""
        return self.run.record.slices.get(self.slice_index)

    def look_at(self, slice_index: int) -> None:
        """Go to a slice and show its best iteration."""
        self.slice_index = slice_index
        if self.current is not None:
            chosen = self.current.chosen
            self.run.show(self.current.best if chosen is None else chosen)

    def neighbour(self, step: int) -> int | None:
        """The next (1) or previous (-1) slice that needs a look, around the end; None if none does."""
        waiting = sorted(
            one.index
            for one in self.run.record.slices.values()
            if one.needs_look and one.index != self.slice_index
        )
        if not waiting:
            return None
        beyond = [index for index in waiting if (index - self.slice_index) * step > 0]
        return (
            (min(beyond) if step > 0 else max(beyond))
            if beyond
            else (waiting[0] if step > 0 else waiting[-1])
        )

    def accept(self) -> None:
        """Take the mask that is shown into the result."""
        shown = min(self.run.shown, len(self.current.iterations) - 1)
        self._decide([(self.slice_index, TAKEN, shown)])

    def reject(self) -> None:
        """No mask for this slice."""
        self._decide([(self.slice_index, REJECTED, None)])

    def accept_all(self) -> int:
        """Take the loop's result on every slice without a decision; the number of slices."""
        undecided = [
            one
            for one in self.run.record.slices.values()
            if one.decision == UNDECIDED and one.status != FAILED
        ]
        self._decide([(one.index, TAKEN, one.best) for one in undecided])
        return len(undecided)

    def begin_edit(self) -> None:
        """Put the mask that is shown into the result, where the Segment Editor can change it."""
        shown = min(self.run.shown, max(len(self.current.iterations) - 1, 0))
        taken = self.current.decision in (TAKEN, EDITED)
        self._decide(
            [(self.slice_index, EDITED, self.current.chosen if taken else shown)], keep_mask=taken
        )

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return bool(self._undo)

    def undo(self) -> None:
        """Take back the last decision, with its mask."""
        if not self._undo:
            return
        result = self._result()
        for before in self._undo.pop():
            one = self.run.record.slices[before.index]
            one.decision, one.chosen = before.decision, before.chosen
            result[before.index] = before.mask
        self._done()

    def result_mask(self, slice_index: int) -> np.ndarray:
        """(H, W) bool: what the result holds of a slice."""
        return self._result()[slice_index] > 0

    def accepted_voxels(self) -> np.ndarray:
        """The result (k, j, i, uint8), only slices that were accepted or edited."""
        voxels = self.run.result_voxels().copy()
        slices = self.run.frame.axes.view(voxels)
        kept = [
            one.index for one in self.run.record.slices.values() if one.decision in (TAKEN, EDITED)
        ]
        slices[[index for index in range(len(slices)) if index not in kept]] = 0
        return voxels

    def _result(self) -> np.ndarray:
        return self.run.frame.axes.view(self.run.result_voxels())

    def _decide(
        self, decisions: list[tuple[int, str, int | None]], keep_mask: bool = False
    ) -> None:
        if not decisions:
            return
        result, before = self._result(), []
        for index, decision, item in decisions:
            one = self.run.record.slices[index]
            before.append(_Before(index, one.decision, one.chosen, result[index].copy()))
            one.decision, one.chosen = decision, item
            if not keep_mask:
                empty = item is None or (
                    one.status == ABSENT and decision == TAKEN and not one.iterations
                )
                result[index] = 0 if empty else self.run.mask(index, item)
        self._undo.append(before)
        self._done()

    def _done(self) -> None:
        node = self.run.get("result")
        node.GetDisplayNode().SetVisibility(True)
        refresh(node)
        self.run.save()
