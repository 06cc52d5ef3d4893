"""Which slice of a run the slice views show, and when that changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer
import vtk
from slicer.i18n import tr as _

from HermesSegmentLib import bent_volume, slice_views
from HermesSegmentLib.run_nodes import RunNodes

#: The cosine of the largest angle between a view and the slices it is said to show: 10 degrees.
_ALONG = 0.985
#: From the centre of a slice to the next, as a share of their distance.
_HALF = 0.5


@dataclass(frozen=True)
class Seen:
    """What the slice views show of a volume.

    Attributes:
        index: the slice in view; None where no view shows one.
        obstacle: why a view of the volume shows no slice of it; empty where no view shows the
            volume at all, or one shows a slice.
    """

    index: int | None = None
    obstacle: str = ""


class ViewFollower:
    """Observes the slice views.

    Args:
        on_change: called when another slice comes into view.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._run: RunNodes | None = None
        self._tags: list[tuple[Any, int]] = []
        self._last = Seen()

    def follow(self, run: RunNodes | None) -> None:
        """Observe the views of a run's volume; None: of nothing."""
        for node, tag in self._tags:
            node.RemoveObserver(tag)
        self._run = run
        event = vtk.vtkCommand.ModifiedEvent
        nodes = [] if run is None else slicer.util.getNodesByClass("vtkMRMLSliceNode")
        self._tags = [(node, node.AddObserver(event, self._moved)) for node in nodes]
        self._last = self.seen()

    def seen(self) -> Seen:
        """The slice in view, by the view that lies along the slices."""
        run = self._run
        if run is None or not run.alive or run.volume.GetImageData() is None:
            return Seen()
        volume, frame = run.volume, run.frame
        if bent_volume.is_bent(volume):
            return Seen(obstacle=bent_volume.obstacle(volume))
        view = slice_views.reading_view(volume, frame)
        if view is None or not shows(view, volume):
            return Seen()
        if slice_views.alignment(view, volume, frame) < _ALONG:
            return Seen(obstacle=_("No view lies along the slices: go to a slice in the table"))
        matrix = slicer.util.arrayFromVTKMatrix(view.GetSliceToRAS())
        place = frame.to_pixels(slice_views.from_world(volume, matrix[:3, 3]))[0, 0]
        if not -_HALF < place < frame.shape[0] - _HALF:
            return Seen(obstacle=_("The view is off the volume"))
        return Seen(round(float(place)))

    def _moved(self, *_arguments: Any) -> None:
        seen = self.seen()
        if seen != self._last:
            self._last = seen
            self._on_change()


def shows(view: Any, volume: Any) -> bool:
    """Whether a slice view shows a volume."""
    logic = slicer.app.applicationLogic().GetSliceLogic(view)
    composite = None if logic is None else logic.GetSliceCompositeNode()
    return composite is not None and volume.GetID() in (
        composite.GetBackgroundVolumeID(),
        composite.GetForegroundVolumeID(),
    )
