"""The Review section: the slice and iteration in view, and the reader's actions."""

from collections.abc import Callable
from typing import Any

import numpy as np
from slicer.i18n import tr as _

from HermesLib.prompts.types import Prompt
from HermesSegmentLib import reading_view
from HermesSegmentLib.prompt_markups import read_prompt
from HermesSegmentLib.review import Review
from HermesSegmentLib.review_display import ReviewDisplay
from HermesSegmentLib.run_control import RunControl
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.segment_editor import EditorVisit
from HermesSegmentLib.slice_in_view import SliceInView
from HermesSegmentLib.slice_strip import strip_columns


class ReviewSection(SliceInView):
    """The review of one run: decisions are about the slice in view.

    Args:
        ui: the widgets by name.
        control: the run control.
        on_change: called after everything that changes what other widgets show.
    """

    def __init__(self, ui: Any, control: RunControl, on_change: Callable[[], None]) -> None:
        super().__init__(ui, control, on_change)
        self.display = ReviewDisplay(ui, self)
        self.editor = EditorVisit()
        #: Called when the reader goes on from a run in which no slice is left to look at, and
        #: whether that leads anywhere.
        self.on_done: Callable[[], None] = lambda: None
        self.leads_on: Callable[[], bool] = lambda: False
        for button, method in (
            (ui.previousButton, self.go_previous),
            (ui.nextButton, self.go_next),
            (ui.acceptButton, self.accept),
            (ui.editButton, self.edit),
            (ui.rejectButton, self.reject),
            (ui.undoButton, self.undo),
            (ui.redoButton, self.redo),
            (ui.acceptAllButton, self.accept_reached),
            (ui.zoomButton, self.zoom),
        ):
            button.connect("clicked()", method)
        ui.iterationSlider.connect(
            "valueChanged(int)", lambda value: None if self.busy else self.step_to(value)
        )
        ui.sliceStrip.connect("cellClicked(int,int)", self._strip_clicked)
        ui.sliceTable.connect("cellClicked(int,int)", self._table_clicked)

    def open(self, run: RunNodes | None) -> None:
        """Review another run, or none."""
        self.editor.end()
        super().open(run)

    # Actions of the reader

    def go_next(self) -> None:
        """Go to the next slice that needs a look, worst first; then to the next volume."""
        self._step(1)

    def go_previous(self) -> None:
        """Go to the previous slice that needs a look."""
        self._step(-1)

    def accept(self) -> None:
        """Accept the mask in view."""
        self._decide(Review.accept)

    def reject(self) -> None:
        """Reject the slice in view."""
        self._decide(Review.reject)

    def accept_reached(self) -> None:
        """Accept all slices that reached the threshold and bear no mark; say what remains."""
        if self.review is None or self.control.running:
            return
        count, waiting = self.review.accept_reached(), len(self.review.waiting())
        self.control.report(
            _("{count} slices accepted; {waiting} wait for a look").format(
                count=count, waiting=waiting
            )
        )
        self.on_change()

    def undo(self) -> None:
        """Take back the last step and show its slice."""
        self._replay(Review.undo)

    def redo(self) -> None:
        """Do again what was taken back last, and show its slice."""
        self._replay(Review.redo)

    def edit(self) -> None:
        """Correct the slice in the Segment Editor."""
        if not self.ready or self.names is None:
            return
        review = self.opened
        review.begin_edit()
        if not self.editor.begin(review.run, self.names.title(review.slice_index)):
            review.end_edit()
        self.on_change()

    def returned(self) -> None:
        """The reader is back from the Segment Editor: what changed there are decisions."""
        self.editor.end()
        if self.review is not None and self.review.editing and self.review.run.alive:
            self.review.end_edit()
            self.look_at(self.review.slice_index)

    def step_to(self, item: int) -> None:
        """Show another iteration of the slice: nothing else on the panel depends on it."""
        if self._show_iteration(item):
            self.busy = True
            try:
                self.display.refresh_try()
            finally:
                self.busy = False

    def iteration_back(self) -> None:
        """Show the previous iteration."""
        self.step_to(self.ui.iterationSlider.value - 1)

    def iteration_on(self) -> None:
        """Show the next iteration."""
        self.step_to(self.ui.iterationSlider.value + 1)

    def zoom(self) -> None:
        """Let the views show the organ and its surroundings, with contrast for it."""
        if self.review is not None and self.review.run.alive:
            index = self.review.slice_index
            # The views go to the middle of the organ: that is no slice which the reader chose.
            self.busy = True
            try:
                reading_view.zoom(self.review.run)
            finally:
                self.busy = False
            self.look_at(index)

    def initial_mask(self) -> np.ndarray:
        """Voxels (k, j, i) of the slice's mask in the result, else of the mask in view."""
        review = self.opened
        run, index = review.run, review.slice_index
        mask = review.result_mask(index)
        voxels = np.zeros_like(run.result_voxels())
        run.frame.axes.view(voxels)[index] = mask if mask.any() else run.mask(index, run.selected)
        return voxels

    def first_prompt(self) -> Prompt | None:
        """The prompt as the views show it, moved by the user or not; None where there is none."""
        run = self.opened.run
        return read_prompt(run.node, run.frame)

    def _decide(self, decision: Callable[[Review], Any]) -> None:
        if self.ready:
            decision(self.opened)
            step = self.opened.journal.last
            if step is not None:
                self.control.report(step.title.capitalize())
            self.on_change()

    def _replay(self, move: Callable[[Review], Any]) -> None:
        review = self.review
        if review is None or not review.run.alive or self.display.repeating:
            return
        prompt = move(review)
        self.look_at(review.slice_index)
        if prompt is not None:
            self.draw(prompt)

    def _step(self, step: int) -> None:
        review = self.review
        index = None if review is None or not review.run.alive else review.neighbour(step)
        if index is not None:
            self._chosen = True
            self.look_at(index)
        elif review is not None and step > 0 and not review.waiting():
            self.on_done()

    def _strip_clicked(self, row: int, column: int) -> None:
        slices = sorted(self.order)
        self._clicked(slices, row * strip_columns(len(slices)) + column)

    def _table_clicked(self, row: int, column: int) -> None:
        self._clicked(self.order, row)

    def _clicked(self, indices: list[int], place: int) -> None:
        if self.review is not None and self.review.run.alive and place < len(indices):
            self._chosen = True
            self.look_at(indices[place])

    def refresh(self, record: RunRecord | None) -> None:
        """Update the section's widgets from a run's record, also while the run is in progress."""
        self.busy = True
        try:
            self.display.refresh(record)
        finally:
            self.busy = False
