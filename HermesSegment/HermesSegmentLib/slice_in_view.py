"""The slice in view: the panel follows the views, and the views follow the panel."""

from collections.abc import Callable
from typing import Any

import slicer
import vtk
from slicer.i18n import tr as _

from HermesLib.report.numbering import number_of
from HermesSegmentLib import slice_views, slicer_app
from HermesSegmentLib.charts import fill_chart
from HermesSegmentLib.prompt_markups import hide_prompts, read_prompt, show_prompt
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_control import RunControl
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.slice_names import SliceNames
from HermesSegmentLib.view_follower import ViewFollower


def _now(work: Callable[[], None]) -> None:
    work()


class SliceInView:
    """What the views show of one run, if there is one, also while the run is in progress.

    Args:
        ui: the widgets by name.
        control: the run control.
        on_change: called after everything that changes what other widgets show.
    """

    def __init__(self, ui: Any, control: RunControl, on_change: Callable[[], None]) -> None:
        self.ui, self.control, self.on_change = ui, control, on_change
        self.review: Review | None = None
        self.names: SliceNames | None = None
        #: The slices' indices in the order of the table, which stays while the reader works.
        self.order: list[int] = []
        #: Whether nodes or widgets are being changed from here.
        self.busy = False
        #: Whether the prompts are drawn in the views.
        self.prompts_shown = True
        self.follower = ViewFollower(self._view_moved)
        self._browser: tuple[Any, int] | None = None
        #: The slice whose best mask was put into view; and whether the reader chose the slice.
        self._held: int | None = None
        self._chosen = False
        #: Observers of the prompt's markups, and the prompt as it was before the reader moves it.
        self._prompt_tags: dict[str, int] = {}
        self._prompt_before: dict[str, Any] | None = None
        control.hold_views = self.holds_views

    def open(self, run: RunNodes | None) -> None:
        """Review another run, or none."""
        if self._browser is not None:
            self._browser[0].RemoveObserver(self._browser[1])
            self._browser = None
        self.review = None if run is None else Review(run)
        self.names = None if run is None else SliceNames(run.volume, run.frame)
        self._held, self._chosen = None, False
        self._prompt_tags, self._prompt_before = {}, None
        self.follower.follow(run)
        if run is not None:
            self.ui.reviewSection.collapsed = False
            browser = run.get("browser")
            # The panel follows Slicer's own sequence browser.
            tag = browser.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._browsed())
            self._browser = browser, tag
            seen = self.follower.seen().index
            if seen is not None:
                self.opened.slice_index = seen
            self.sort()

    def sort(self) -> None:
        """Sort the table again: worst first, or as in the volume while the run is in progress."""
        record = self.opened.run.record
        worst_first = [entry.index for entry in record.worst_first()]
        self.order = sorted(worst_first) if self.control.running else worst_first

    @property
    def opened(self) -> Review:
        """The review, where there is one."""
        assert self.review is not None
        return self.review

    @property
    def obstacle(self) -> str:
        """Why the slice in view cannot be decided on; empty if it can."""
        review = self.review
        if review is None or not review.run.alive:
            return _("there is no result yet")
        seen, number = self.follower.seen(), number_of(review.slice_index)
        if seen.obstacle:
            return seen.obstacle
        if review.current is None:
            return _("slice {number} is not part of this run").format(number=number)
        if review.current.status is None or (
            self.control.running and review.slice_index in self.control.again
        ):
            return _("slice {number} is still in progress").format(number=number)
        return ""

    @property
    def ready(self) -> bool:
        """Whether there is a slice to decide on."""
        return not self.obstacle

    @property
    def decided(self) -> bool:
        """Whether there is a slice to export."""
        review = self.review
        return (
            review is not None
            and review.run.alive
            and any(entry.accepted for entry in review.run.record.slices.values())
        )

    def holds_views(self) -> bool:
        """Whether a run in progress must leave the views to the reader: a result is in view."""
        return self.review is not None and self.review.run is self.control.run and self.ready

    def look_at(self, index: int, later: Callable[[Callable[[], None]], None] = _now) -> None:
        """Go to a slice, at the iteration that was accepted, else at its best.

        Args:
            index: of the slice.
            later: brings the panel up to date, which may have a turn of its own.
        """
        if self.review is None:
            return
        run = self.review.run
        self.busy = True
        try:
            if self.follower.seen().index is None:
                slice_views.show_volume(run.volume)
            slice_views.show_slice(run.volume, run.frame, index)
        finally:
            self.busy = False
        self._take_slice(index, later)

    def show_iteration(self, item: int) -> None:
        """Show an iteration of the current slice, with its prompt."""
        if self._show_iteration(item):
            self.on_change()

    def _show_iteration(self, item: int) -> bool:
        """Show an iteration in the views; whether there is one."""
        review = self.review
        if review is None or not review.run.alive or review.current is None:
            return False
        run, entry = review.run, review.current
        item = min(max(item, 0), max(len(entry.iterations) - 1, 0))
        self.busy = True
        try:
            run.show(item)
            self._draw_prompt(item)
        finally:
            self.busy = False
        return True

    def show_prompts(self, visible: bool) -> None:
        """Draw the prompt of the try in view, or hide it."""
        self.prompts_shown = visible
        if self.review is not None and self.review.run.alive:
            hide_prompts(self.review.run.node, not visible)

    def progressed(self) -> None:
        """The run has gone on, with the slice in view or with others."""
        review = self.review
        if review is None:
            return
        known = set(self.order)
        self.order += [index for index in sorted(review.run.record.slices) if index not in known]
        if self.holds_views() and self._held != review.slice_index and review.current is not None:
            # The slice in view has just ended: from now on its best mask stays in view.
            self._held = index = review.slice_index
            self.control.later(lambda: self._show_best(review, index))

    def _show_best(self, review: Review, index: int) -> None:
        """Show the best mask of a slice in view; its prompt and the panel in turns of their own."""
        if self.review is review and review.run.alive and review.slice_index == index:
            self._fill_views(review)
            self.control.later(lambda: self._take_again(review, index))
            self.control.later(self.on_change)

    def _take_again(self, review: Review, index: int) -> None:
        if self.review is review and review.run.alive and review.slice_index == index:
            self._show_iteration(review.settled_iteration)

    def finished(self) -> None:
        """The run is over: go to the worst slice, unless the reader has gone to another."""
        review = self.opened
        slices = review.run.record.slices
        self.order = [index for index in self.order if index in slices]
        again = review.slice_index in self.control.again
        review.end_run()
        if not again and not any(entry.decision for entry in slices.values()):
            self.sort()
            if not self._chosen:
                review.slice_index = self.order[0]
        # Turns of their own: the panel already shows how the run has ended.
        self.control.later(lambda: self._fill_views(review))
        self.control.later(lambda: self._look_again(review))

    def _fill_views(self, review: Review) -> None:
        self.busy = True
        try:
            review.run.show(review.settled_iteration)
        finally:
            self.busy = False

    def _look_again(self, review: Review) -> None:
        if self.review is review and review.run.alive:
            self.look_at(review.slice_index, self.control.later)

    def _view_moved(self) -> None:
        """Another slice has come into view."""
        if self.busy or self.review is None:
            return
        index = self.follower.seen().index
        if index is not None and index != self.review.slice_index:
            self._chosen = True
            self._take_slice(index)
        else:
            self.on_change()

    def _take_slice(self, index: int, later: Callable[[Callable[[], None]], None] = _now) -> None:
        review = self.opened
        review.slice_index = index
        self._held = index if self.ready else None
        if review.current is None:
            show_prompt(review.run.node, None, review.run.frame, index)
            self.on_change()
            return
        if review.current.iterations:
            if review.run.get("chart") is None:
                # Its nodes are made in a turn of their own.
                self.control.later(self._draw_chart)
            else:
                self._draw_chart()
        item = review.settled_iteration if review.current.iterations else review.run.selected
        if self._show_iteration(item):
            later(self.on_change)

    def _draw_chart(self) -> None:
        review = self.review
        if review is not None and review.run.alive and review.current is not None:
            slicer_app.show_chart(fill_chart(review.run, review.current))

    def _draw_prompt(self, item: int) -> None:
        review = self.opened
        entry, node = review.current, review.run.node
        has_try = entry is not None and item < len(entry.iterations)
        prompt = entry.iterations[item].prompt if entry is not None and has_try else None
        hide_prompts(node, not self.prompts_shown)
        self.draw(prompt)

    def draw(self, prompt: dict[str, Any] | None) -> None:
        """Draw a prompt, in its plain form, on the slice under review; the reader can move it."""
        run, index = self.opened.run, self.opened.slice_index
        for markup in show_prompt(run.node, prompt, run.frame, index):
            if markup.GetID() not in self._prompt_tags:
                event = slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent
                tag = markup.AddObserver(event, lambda *_: self._prompt_moved())
                self._prompt_tags[markup.GetID()] = tag
        self._prompt_before = None if prompt is None else self._prompt_drawn()

    def _prompt_drawn(self) -> dict[str, Any] | None:
        prompt = read_prompt(self.opened.run.node, self.opened.run.frame)
        return None if prompt is None else dict(prompt.to_plain())

    def _prompt_moved(self) -> None:
        """The reader has moved a markup of the prompt: a step that can be undone."""
        if self.review is None or self.busy or self.review.current is None:
            return
        before, after = self._prompt_before, self._prompt_drawn()
        if before is not None and after is not None and after != before:
            self.review.note_prompt(before, after)
            self._prompt_before = after
            self.on_change()

    def _browsed(self) -> None:
        """Slicer's browser was changed, which has filled the nodes with what it stores."""
        if self.busy or not self.ready or self.control.running:
            return
        run = self.opened.run
        if run.selected != self.ui.iterationSlider.value:
            self.show_iteration(run.selected)
        else:
            self.busy = True
            try:
                run.show_again()
            finally:
                self.busy = False
