"""The Review section: the slice and iteration in view, and the reader's decisions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import vtk
from slicer.i18n import tr as _

from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Status
from HermesSegmentLib import slice_table, slice_views, slicer_app
from HermesSegmentLib.charts import fill_chart
from HermesSegmentLib.prompt_markups import read_prompt, show_prompt
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_control import RunControl
from HermesSegmentLib.run_creation import ORGAN
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import RunRecord


class ReviewSection:
    """The review of one run, if there is one.

    Args:
        ui: the widgets by name.
        control: the run control; while a run is in progress there is nothing to review.
        on_change: called after everything that changes what other widgets show.
    """

    def __init__(self, ui: Any, control: RunControl, on_change: Callable[[], None]) -> None:
        self.ui, self.control, self.on_change = ui, control, on_change
        self.review: Review | None = None
        #: Whether the section itself is changing nodes or widgets.
        self.busy = False
        self._browser: tuple[Any, int] | None = None
        self._strip: list[int] = []
        self._rows: list[int] = []
        slice_table.prepare(ui.sliceStrip, ui.sliceTable)
        ui.legendLabel.text = slice_table.legend()
        for button, method in (
            (ui.previousButton, self.go_previous),
            (ui.nextButton, self.go_next),
            (ui.acceptButton, self.accept),
            (ui.editButton, self.edit),
            (ui.rejectButton, self.reject),
            (ui.undoButton, self.undo),
            (ui.acceptAllButton, self.accept_all),
        ):
            button.connect("clicked()", method)
        ui.iterationSlider.connect(
            "valueChanged(int)", lambda value: None if self.busy else self.show_iteration(value)
        )
        ui.sliceStrip.connect(
            "cellClicked(int,int)", lambda row, column: self._clicked(self._strip, column)
        )
        ui.sliceTable.connect(
            "cellClicked(int,int)", lambda row, column: self._clicked(self._rows, row)
        )

    def open(self, run: RunNodes | None) -> None:
        """Review another run, or none."""
        if self._browser is not None:
            self._browser[0].RemoveObserver(self._browser[1])
            self._browser = None
        self.review = None if run is None else Review(run)
        if run is not None:
            browser = run.get("browser")
            # The panel follows Slicer's own sequence browser.
            tag = browser.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._browsed())
            self._browser = browser, tag

    @property
    def opened(self) -> Review:
        """The review, where there is one."""
        assert self.review is not None
        return self.review

    @property
    def ready(self) -> bool:
        """Whether there is a slice to decide on."""
        review = self.review
        return (
            review is not None
            and review.run.alive
            and not self.control.running
            and review.current is not None
        )

    @property
    def decided(self) -> bool:
        """Whether there is a slice to export."""
        review = self.review
        return (
            self.ready
            and review is not None
            and any(entry.accepted for entry in review.run.record.slices.values())
        )

    # Actions of the reader

    def go_next(self) -> None:
        """Go to the next slice that needs review."""
        self._step(1)

    def go_previous(self) -> None:
        """Go to the previous slice that needs review."""
        self._step(-1)

    def accept(self) -> None:
        """Accept the mask in view."""
        self._decide(Review.accept)

    def reject(self) -> None:
        """Reject the slice."""
        self._decide(Review.reject)

    def accept_all(self) -> None:
        """Accept all slices without a decision and without a mark; say how many have one."""
        self._decide(Review.accept_all)
        if self.ready and self.review is not None:
            entries = self.review.run.record.slices.values()
            waiting = sum(entry.is_marked and entry.needs_review for entry in entries)
            if waiting:
                text = _("{count} marked slices were not accepted: look at them one by one")
                self.control.message = text.format(count=waiting)
                self.on_change()

    def undo(self) -> None:
        """Take back the last decision."""
        self._decide(Review.undo)

    def edit(self) -> None:
        """Correct the slice in the Segment Editor."""
        self._decide(Review.begin_edit)
        if self.ready and self.review is not None:
            run = self.review.run
            slicer_app.edit_in_segment_editor(run.get("result"), ORGAN, run.volume)

    def iteration_back(self) -> None:
        """Show the previous iteration."""
        self.show_iteration(self.ui.iterationSlider.value - 1)

    def iteration_on(self) -> None:
        """Show the next iteration."""
        self.show_iteration(self.ui.iterationSlider.value + 1)

    def look_at(self, index: int) -> None:
        """Go to a slice, at the iteration that was accepted, else at its best."""
        review = self.review
        if review is None:
            return
        review.look_at(index)
        run = review.run
        slice_views.show_slice(run.volume, run.frame, index)
        if review.current is not None:
            slicer_app.show_chart(fill_chart(run, review.current))
        self.show_iteration(run.selected)

    def show_iteration(self, item: int) -> None:
        """Show an iteration of the current slice, with its prompt."""
        review = self.review
        if not self.ready or review is None or review.current is None:
            return
        run, entry = review.run, review.current
        item = min(max(item, 0), max(len(entry.iterations) - 1, 0))
        self.busy = True
        try:
            run.show(item)
            prompt = entry.iterations[item].prompt if entry.iterations else None
            show_prompt(run.node, prompt, run.frame, entry.index)
        finally:
            self.busy = False
        self.on_change()

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
        if self.ready and self.review is not None:
            decision(self.review)
            self.on_change()

    def _step(self, step: int) -> None:
        index = self.review.neighbour(step) if self.ready and self.review is not None else None
        if index is not None:
            self.look_at(index)

    def _clicked(self, indices: list[int], place: int) -> None:
        if self.ready and place < len(indices):
            self.look_at(indices[place])

    def _browsed(self) -> None:
        """Slicer's browser was changed, which has filled the nodes with what it stores."""
        if self.busy or not self.ready or self.review is None:
            return
        run = self.review.run
        if run.selected != self.ui.iterationSlider.value:
            self.show_iteration(run.selected)
        else:
            self.busy = True
            try:
                run.show_again()
            finally:
                self.busy = False

    # What the widgets show

    def refresh(self, record: RunRecord | None) -> None:
        """Update the section's widgets from a run's record, also while the run is in progress."""
        self.busy = True
        try:
            self._refresh(record)
        finally:
            self.busy = False

    def _refresh(self, record: RunRecord | None) -> None:
        ui, review, ready = self.ui, self.review, self.ready
        decide = (ui.acceptButton, ui.editButton, ui.rejectButton, ui.acceptAllButton)
        for widget in (*decide, ui.fromMaskButton, ui.fromPromptButton, ui.iterationSlider):
            widget.enabled = ready
        others = ready and review is not None and review.neighbour(1) is not None
        ui.nextButton.enabled = ui.previousButton.enabled = others
        ui.undoButton.enabled = ready and review is not None and review.can_undo
        if record is None:
            ui.sliceStrip.setColumnCount(0)
            ui.sliceTable.setRowCount(0)
            ui.iterationLabel.text = ""
            return
        index = -1 if review is None else review.slice_index
        self._strip = slice_table.fill_strip(ui.sliceStrip, record, index)
        self._rows = slice_table.fill_table(ui.sliceTable, record, index)
        if ready and review is not None:
            self._refresh_iteration(review)

    def _refresh_iteration(self, review: Review) -> None:
        entry = review.current
        assert entry is not None
        last, current = max(len(entry.iterations) - 1, 0), review.visible_iteration
        self.ui.iterationSlider.setRange(0, last)
        self.ui.iterationSlider.value = current
        text = _("{current} of {last}").format(current=current, last=last)
        if entry.iterations and entry.status is not Status.ABSENT:
            text += f", pDSC {entry.iterations[current].pdsc:.2f}"
        if current == entry.best:
            text += _(" (best)")
        self.ui.iterationLabel.text = text
