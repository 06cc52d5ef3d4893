"""What the slice views show of the run under review, and how they are laid out."""

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from HermesSegmentLib import reading_view
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.reading_view import ReadingLayout
from HermesSegmentLib.review_section import ReviewSection
from HermesSegmentLib.surface import Surface


class ViewsSection:
    """The check boxes of the parts that are shown, and the layout for reading.

    Args:
        ui: the widgets by name.
        reviewing: the Review section.
        on_change: called after the layout changed.
    """

    def __init__(self, ui: Any, reviewing: ReviewSection, on_change: Callable[[], None]) -> None:
        self.ui, self.reviewing, self.on_change = ui, reviewing, on_change
        self.parameters: Any = None
        self.layout = ReadingLayout()
        self._greying = Greying()
        self._surface = Surface(reviewing.control.later)
        ui.layoutButton.connect("clicked()", self.toggle_layout)

    def bind(self, parameters: Any) -> None:
        """Follow other parameters, or none."""
        self.parameters = parameters

    def toggle_difference(self) -> None:
        """Fill the difference between mask and expected outline, or stop doing so."""
        if self.parameters is not None:
            self.parameters.showDifference = not self.parameters.showDifference

    def toggle_prompts(self) -> None:
        """Draw the prompts in the views, or hide them."""
        if self.parameters is not None:
            self.parameters.showPrompts = not self.parameters.showPrompts

    def toggle_layout(self) -> None:
        """Lay out the views for reading, or go back to the layout before."""
        self.layout.toggle()
        self.on_change()

    def refresh(self) -> None:
        """Show the parts that the parameters name."""
        ui, review = self.ui, self.reviewing.review
        self.reviewing.show_prompts(self.parameters.showPrompts)
        if review is not None and review.run.alive:
            reading_view.show_parts(review.run, self.parameters)
            running = self.reviewing.control.running
            self._surface.show(review.run, self.parameters.showSurface, running)
        ui.surfaceCheck.text = _("3D (proposed)") if self._surface.proposed else _("3D")
        no_views = _("there are no views")
        self._greying.set(ui.layoutButton, "" if self.layout.available else no_views)
        ui.layoutButton.text = (
            _("Back to your layout") if self.layout.shown else _("Layout for reading")
        )
