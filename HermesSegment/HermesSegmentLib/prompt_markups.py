"""The prompt under review as markups: boxes as ROIs, strokes as curves, clicks as points.

The user can move them; they are read back as the prompt of another run. The nodes are kept and
filled with the next prompt: adding and removing nodes would let all of Slicer's lists follow. They
lie under the volume's transform, are in no list of nodes, and are not saved.
"""

from typing import Any

import numpy as np
import slicer

from HermesLib.report import colours
from HermesSegmentLib.prompt_shapes import draw_strokes, strokes
from HermesSegmentLib.run_creation import adopt
from HermesSegmentLib.scene_nodes import add_hidden
from HermesSegmentLib.slice_frame import SliceFrame

COLOURS = {
    "positive": colours.rgb(colours.POSITIVE_PROMPT),
    "negative": colours.rgb(colours.NEGATIVE_PROMPT),
}
#: Attributes of the markups: the run's record node, the prompt's kind, what the markup draws of it.
#: A markup that draws nothing at present has no shape.
_MARK = "HermesSegment.Prompt"
_KIND = "HermesSegment.PromptKind"
_SIGN = "HermesSegment.PromptSign"
_SHAPE = "HermesSegment.PromptShape"
_BOX, _POINTS, _STROKE = "box", "points", "stroke"
_ROI, _CURVE, _FIDUCIALS = (f"vtkMRMLMarkups{kind}Node" for kind in ("ROI", "Curve", "Fiducial"))
#: Attribute of the record node: the user hides prompts.
_HIDDEN = "HermesSegment.PromptsHidden"
#: How thick a box's ROI is through the slice, mm.
_THICKNESS = 1.0


def show_prompt(
    owner: Any, prompt: dict[str, Any] | None, frame: SliceFrame, slice_index: int
) -> list[Any]:
    """Let the markups of a run's record node show a prompt and nothing else; returns them."""
    from HermesLib.prompts.registry import prompt_type

    pool = _Pool(owner)
    if prompt is not None:
        marks = prompt_type(prompt["kind"]).from_plain(prompt, frame.shape[1:]).marks()
        for edges in marks.boxes:
            _fill_box(pool.take(_BOX, _ROI, "positive"), edges, frame, slice_index)
        for sign in COLOURS:
            points = getattr(marks, f"{sign}_points")
            if len(points):
                _fill_points(pool.take(_POINTS, _FIDUCIALS, sign), points, frame, slice_index)
            raster = getattr(marks, f"{sign}_strokes")
            for line in [] if raster is None else strokes(np.argwhere(raster)[:, ::-1]):
                kind = _CURVE if len(line) > 1 else _FIDUCIALS
                _fill_points(pool.take(_STROKE, kind, sign), line, frame, slice_index)
    for node in pool.taken:
        node.SetAttribute(_KIND, prompt["kind"] if prompt else None)
    pool.finish()
    return pool.taken


def prompt_nodes(owner: Any) -> list[Any]:
    """The markups that show the prompt of a run's record node."""
    return [node for node in all_prompt_nodes(owner) if node.GetAttribute(_SHAPE)]


def hide_prompts(owner: Any, hidden: bool) -> None:
    """Hide or show the prompts of a run's record node, now and later."""
    owner.SetAttribute(_HIDDEN, "true" if hidden else None)
    for node in prompt_nodes(owner):
        node.SetDisplayVisibility(not hidden)


def are_prompts_hidden(owner: Any) -> bool:
    """Whether :func:`hide_prompts` hides them."""
    return owner.GetAttribute(_HIDDEN) is not None


def read_prompt(owner: Any, frame: SliceFrame) -> Any:
    """The prompt that a run's markups show, moved by the user or not; None where there are none.

    Points and strokes outside the image are moved to its border.
    """
    from HermesLib.prompts.registry import prompt_type
    from HermesLib.prompts.types import PromptMarks

    nodes = prompt_nodes(owner)
    if not nodes:
        return None
    shape = frame.shape[1:]

    def lines(kind: str, sign: str) -> list[np.ndarray]:
        return [
            _pixels(node, frame)
            for node in nodes
            if node.GetAttribute(_SHAPE) == kind and node.GetAttribute(_SIGN) == sign
        ]

    signed: dict[str, np.ndarray] = {}
    for sign in COLOURS:
        points = [np.empty((0, 2)), *lines(_POINTS, sign)]
        signed[f"{sign}_points"] = np.round(np.concatenate(points)).astype(np.int64)
        signed[f"{sign}_strokes"] = draw_strokes(lines(_STROKE, sign), shape)
    boxes = tuple(_edges(node, frame) for node in nodes if node.IsA(_ROI))
    kind = nodes[0].GetAttribute(_KIND)
    return prompt_type(kind).from_marks(PromptMarks(boxes, **signed), shape)


def _edges(node: Any, frame: SliceFrame) -> tuple[float, float, float, float]:
    """A ROI's rectangle in pixel edges x1 y1 x2 y2, cut to the slice."""
    matrix = slicer.util.arrayFromVTKMatrix(node.GetObjectToNodeMatrix())
    half = np.array(node.GetSize()) / 2
    corners = np.array([[x, y, 0.0] for x in (-half[0], half[0]) for y in (-half[1], half[1])])
    pixels = frame.to_pixels(corners @ matrix[:3, :3].T + matrix[:3, 3])[:, 1:] + 0.5
    (top, left), (bottom, right) = np.clip([pixels.min(0), pixels.max(0)], 0, frame.shape[1:])
    return left, top, right, bottom


def _pixels(node: Any, frame: SliceFrame) -> np.ndarray:
    """A markup's control points as (column, row), within the slice."""
    points = slicer.util.arrayFromMarkupsControlPoints(node)
    return np.clip(frame.to_pixels(points)[:, :0:-1], 0, np.array(frame.shape[:0:-1]) - 1)


def _fill_box(
    node: Any, edges: tuple[float, float, float, float], frame: SliceFrame, slice_index: int
) -> None:
    left, top, right, bottom = edges
    # Edges lie between pixels: edge 0 is half a pixel before the centre of column 0.
    corners = frame.to_ras(
        slice_index, np.array([top, top, bottom]) - 0.5, np.array([left, right, left]) - 0.5
    )
    across, down = corners[1] - corners[0], corners[2] - corners[0]
    centre = corners[0] + (across + down) / 2
    axes = [across / np.linalg.norm(across), down / np.linalg.norm(down)]
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = *axes, np.cross(*axes)
    matrix[:3, 3] = centre
    node.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(matrix))
    node.SetSize(float(np.linalg.norm(across)), float(np.linalg.norm(down)), _THICKNESS)


def _fill_points(node: Any, places: Any, frame: SliceFrame, slice_index: int) -> None:
    columns, rows = np.array(places, float).reshape(-1, 2).T
    # All at once: every point added by itself would update the views.
    slicer.util.updateMarkupsControlPointsFromArray(node, frame.to_ras(slice_index, rows, columns))


class _Pool:
    """The markups of a run, to be filled again.

    Args:
        owner: the run's record node.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._free = all_prompt_nodes(owner)
        self.taken: list[Any] = []
        volume = owner.GetNodeReference("volume")
        self._transform_id = None if volume is None else volume.GetTransformNodeID()
        self._pending: dict[Any, int] = {node: node.StartModify() for node in self._free}

    def take(self, shape: str, kind: str, sign: str) -> Any:
        """A node for a part of the prompt: one that was there, else a new one."""
        node = next(
            (free for free in self._free if free.IsA(kind) and free.GetAttribute(_SIGN) == sign),
            None,
        )
        if node is None:
            node = _new(self._owner, kind, sign)
            self._pending[node] = node.StartModify()
        else:
            self._free.remove(node)
        node.SetAttribute(_SHAPE, shape)
        node.GetDisplayNode().SetGlyphScale(_GLYPHS[shape, kind])
        self.taken.append(node)
        return node

    def finish(self) -> None:
        """Show the nodes that were taken, hide the others."""
        visible = not are_prompts_hidden(self._owner)
        for node in self.taken:
            node.SetAndObserveTransformNodeID(self._transform_id)
            node.SetDisplayVisibility(visible)
        for node in self._free:
            node.SetAttribute(_SHAPE, None)
            node.SetDisplayVisibility(False)
        for node, modified in self._pending.items():
            node.EndModify(modified)


#: Sizes of the points, percent of the view. The one in the middle of a box is hidden.
_GLYPHS = {
    (_BOX, _ROI): 0.01,
    (_POINTS, _FIDUCIALS): 1.5,
    (_STROKE, _FIDUCIALS): 1.5,
    (_STROKE, _CURVE): 0.3,
}


def all_prompt_nodes(owner: Any) -> list[Any]:
    """The markups of a run's record node, also those that show nothing at present."""
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLMarkupsNode")
        if node.GetAttribute(_MARK) == owner.GetID()
    ]


def _new(owner: Any, kind: str, sign: str) -> Any:
    node = add_hidden(kind, f"HERMES prompt: {sign}")
    node.SetSaveWithScene(False)
    node.SetAttribute(_MARK, owner.GetID())
    node.SetAttribute(_SIGN, sign)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    # A display node is not saved because its markup is not: it would be left over.
    display.SetSaveWithScene(False)
    display.SetSelectedColor(*COLOURS[sign])
    display.SetColor(*COLOURS[sign])
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(False)
    if kind == _ROI:
        display.SetFillVisibility(False)
    adopt(owner, node)
    return node
