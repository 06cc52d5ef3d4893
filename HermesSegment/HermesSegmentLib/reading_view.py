"""Views for reading: a layout of their own, zoom and contrast for the organ."""

from typing import Any

import numpy as np
import slicer

from HermesLib.refinement.events import Status
from HermesSegmentLib import slice_views
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.view_follower import shows

#: The id of the layout among Slicer's: its own are below 100, those of other extensions vary.
LAYOUT = 4371
_LAYOUT = """
<layout type="horizontal" split="true">
 <item splitSize="600">
  <view class="vtkMRMLSliceNode" singletontag="Red">
   <property name="orientation" action="default">Axial</property>
   <property name="viewlabel" action="default">R</property>
   <property name="viewcolor" action="default">#F34A33</property>
  </view>
 </item>
 <item splitSize="400">
  <layout type="vertical" split="true">
   <item>
    <view class="vtkMRMLViewNode" singletontag="1">
     <property name="viewlabel" action="default">1</property>
    </view>
   </item>
   <item>
    <view class="vtkMRMLPlotViewNode" singletontag="PlotView1">
     <property name="viewlabel" action="default">P</property>
    </view>
   </item>
  </layout>
 </item>
</layout>
"""
#: Around the organ, as a share of its extent.
_MARGIN = 0.4
#: Of the voxels around the organ, per cent: what is darker is black, what is brighter is white.
_DARKEST, _BRIGHTEST = 1.0, 99.0


class ReadingLayout:
    """Slices, 3D and plot side by side, and the way back to the layout before."""

    def __init__(self) -> None:
        self._before: int | None = None

    @property
    def shown(self) -> bool:
        """Whether it is the layout in use."""
        node = _layout_node()
        return node is not None and node.GetViewArrangement() == LAYOUT

    @property
    def available(self) -> bool:
        """Whether there are views to lay out."""
        return _layout_node() is not None

    def toggle(self) -> None:
        """Use it, or go back to the layout before."""
        node = _layout_node()
        if node is None:
            return
        if self.shown:
            conventional = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
            node.SetViewArrangement(self._before or conventional)
            return
        self._before = node.GetViewArrangement()
        if not node.IsLayoutDescription(LAYOUT):
            node.AddLayoutDescription(LAYOUT, _LAYOUT)
        node.SetViewArrangement(LAYOUT)


def show_parts(run: RunNodes, parameters: Any) -> None:
    """Show of a run what the panel's parameters say, and hide the rest."""
    run.show_difference(parameters.showDifference)
    run.show_doubt(parameters.showDoubt)
    run.show_previous(parameters.showPrevious)


def zoom(run: RunNodes) -> None:
    """Let the views of a run's volume show the organ, with a window for what is around it."""
    corners = organ_extent(run)
    if corners is None:
        return
    frame = run.frame
    low, high = corners
    size = (high - low) * frame.spacing
    middle = (low + high) / 2
    place = frame.to_ras(middle[0], np.array(middle[1]), np.array(middle[2]))
    centre = slice_views.to_world(run.volume, place)[0].tolist()
    side = float(size[1:].max())
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        if not shows(node, run.volume):
            continue
        width, height, depth = node.GetFieldOfView()
        ratio = height / width if width else 1.0
        across = side / min(ratio, 1.0)
        node.JumpSliceByCentering(*centre)
        node.SetFieldOfView(across, across * ratio, depth)
    _set_window(run, low, high)


def organ_extent(run: RunNodes) -> tuple[np.ndarray, np.ndarray] | None:
    """The first and last slice, row and column around all masks (3,); None without a mask."""
    places = []
    for entry in run.record.slices.values():
        if entry.status in (Status.ACCEPTED, Status.STOPPED):
            mask = run.pgt(entry.index, entry.best)
            rows, columns = np.nonzero(mask)
            if len(rows):
                places += [
                    (entry.index, rows.min(), columns.min()),
                    (entry.index, rows.max(), columns.max()),
                ]
    if not places:
        return None
    low, high = np.min(places, 0).astype(float), np.max(places, 0).astype(float)
    margin = _MARGIN * (high - low)
    margin[0] = 0
    return np.maximum(low - margin, 0), np.minimum(high + margin, np.array(run.frame.shape) - 1)


def _set_window(run: RunNodes, low: np.ndarray, high: np.ndarray) -> None:
    display: Any = run.volume.GetDisplayNode()
    if display is None:
        return
    slices = run.frame.axes.view(slicer.util.arrayFromVolume(run.volume))
    part = slices[tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))]
    darkest, brightest = np.percentile(part, [_DARKEST, _BRIGHTEST])
    if brightest > darkest:
        display.SetAutoWindowLevel(False)
        display.SetWindowLevelMinMax(float(darkest), float(brightest))


def _layout_node() -> Any:
    return slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
