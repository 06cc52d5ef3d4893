"""The Review section: which slice and iteration is looked at, what is decided of it, and what the widgets show of both."""

from collections.abc import Callable
from typing import Any

import vtk
from slicer.i18n import tr as _

from HermesSegmentLib import slice_table, slicer_app
from HermesSegmentLib.charts import show_chart
from HermesSegmentLib.prompt_markups import read_prompt, show_prompt
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_nodes import ORGAN, RunNodes
from HermesSegmentLib.run_record import EDITED, TAKEN, RunRecord


class ReviewSection:
    """Of the run under review, if there is one.

    Args:
        ui: the widgets by name.
        control: the run control; while a run goes on there is nothing to review.
        on_change: called after whatever changes what other widgets show.
    """

    def __init__(self, ui: Any, control: Any, on_change: Callable[[], None]) -> None:
        self.ui, self.control, self.on_change = ui, control, on_change
        self.review: Review | None = None
        self._browser: tuple[Any, int] | None = None
        self._strip: list[int] = []
        self._rows: list[int] = []
        self._busy = False
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
            "valueChanged(int)", lambda value: None if self._busy else self.show_iteration(value)
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
            # Whoever moves Slicer's own sequence browser moves the panel too.
            self._browser = (
                browser,
                browser.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._browsed()),
            )

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
        return self.ready and any(
            one.decision in (TAKEN, EDITED) for one in self.review.run.record.slices.values()
        )

    # What the reader does

    def go_next(self) -> None:
        """To the next slice that needs a look."""
        self._step(1)

    def go_previous(self) -> None:
        """To the previous slice that needs a look."""
        self._step(-1)

    def accept(self) -> None:
        """Accept what is shown."""
        self._decide(Review.accept)

    def reject(self) -> None:
        """Reject the slice."""
        self._decide(Review.reject)

    def accept_all(self) -> None:
        """Accept all undecided slices."""
        self._decide(Review.accept_all)

    def undo(self) -> None:
        """Take back the last decision."""
        self._decide(Review.undo)

    def edit(self) -> None:
        """Correct the slice in the Segment Editor."""
        self._decide(Review.begin_edit)
        if self.ready:
            run = self.review.run
            slicer_app.edit_in_segment_editor(run.get("result"), ORGAN, run.volume)

    def iteration_back(self) -> None:
        """The iteration before."""
        self.show_iteration(self.ui.iterationSlider.value - 1)

    def iteration_on(self) -> None:
        """The iteration after."""
        self.show_iteration(self.ui.iterationSlider.value + 1)

    def look_at(self, index: int) -> None:
        """Go to a slice, at its best iteration or the one that was chosen."""
        review = self.review
        review.look_at(index)
        run = review.run
        slicer_app.show_slice(run.volume, run.frame.centre(index))
        if review.current is not None:
            slicer_app.show_chart(show_chart(run, review.current))
        self.show_iteration(run.shown)

    def show_iteration(self, item: int) -> None:
        """Show an iteration of the slice under review, with its prompt."""
        if not self.ready:
            return
        run, one = self.review.run, self.review.current
        item = min(max(item, 0), max(len(one.iterations) - 1, 0))
        self._busy = True
        try:
            run.show(item)
            prompt = one.iterations[item].prompt if one.iterations else None
            for node in show_prompt(run.node, prompt, run.frame, one.index):
                run.adopt(node)
        finally:
            self._busy = False
        self.on_change()

    def mask_to_begin_with(self) -> Any:
        """Voxels (k, j, i) that hold the slice's mask in the result, else the one that is shown."""
        run, index = self.review.run, self.review.slice_index
        mask = self.review.result_mask(index)
        voxels = run.result_voxels() * 0
        run.frame.axes.view(voxels)[index] = mask if mask.any() else run.mask(index, run.shown)
        return voxels

    def prompt_to_begin_with(self) -> Any:
        """The prompt as it lies in the views, moved or not; None where there is none."""
        return read_prompt(self.review.run.node, self.review.run.frame)

    def _decide(self, decision: Callable[[Review], Any]) -> None:
        if self.ready:
            decision(self.review)
            self.on_change()

    def _step(self, step: int) -> None:
        found = self.review.neighbour(step) if self.ready else None
        if found is not None:
            self.look_at(found)

    def _clicked(self, indices: list[int], place: int) -> None:
        if self.ready and place < len(indices):
            self.look_at(indices[place])

    def _browsed(self) -> None:
        if not self._busy and self.ready and self.review.run.shown != self.ui.iterationSlider.value:
            self.show_iteration(self.review.run.shown)

    # What the widgets show

    def refresh(self, record: RunRecord | None) -> None:
        """Bring the section's widgets in line with a run's record, that of a run in progress too."""
        self._busy = True
        try:
            self._refresh(record)
        finally:
            self._busy = False

    def _refresh(self, record: RunRecord | None) -> None:
        ui, ready = self.ui, self.ready
        decide = (ui.acceptButton, ui.editButton, ui.rejectButton, ui.acceptAllButton)
        for widget in (*decide, ui.fromMaskButton, ui.fromPromptButton, ui.iterationSlider):
            widget.enabled = ready
        ui.nextButton.enabled = ui.previousButton.enabled = (
            ready and self.review.neighbour(1) is not None
        )
        ui.undoButton.enabled = ready and self.review.can_undo
        if record is None:
            ui.sliceStrip.setColumnCount(0)
            ui.sliceTable.setRowCount(0)
            ui.iterationLabel.text = ""
            return
        index = self.review.slice_index if self.review else -1
        self._strip = slice_table.fill_strip(ui.sliceStrip, record, index)
        self._rows = slice_table.fill_table(ui.sliceTable, record, index)
        if ready:
            self._show_place()

    def _show_place(self) -> None:
        run, one = self.review.run, self.review.current
        last = max(len(one.iterations) - 1, 0)
        shown = min(run.shown, last)
        self.ui.iterationSlider.setRange(0, last)
        self.ui.iterationSlider.value = shown
        pdsc = (
            f", pDSC {one.iterations[shown].pdsc:.2f}"
            if one.iterations and one.status != "absent"
            else ""
        )
        best = _(" (best)") if shown == one.best else ""
        self.ui.iterationLabel.text = (
            _("{shown} of {last}").format(shown=shown, last=last) + pdsc + best
        )
