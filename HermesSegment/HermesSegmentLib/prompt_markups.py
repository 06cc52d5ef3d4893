"""The prompt under review as markups: boxes as ROIs, strokes as curves, clicks as points.

The user can move them; they are read back as the prompt of another run.
"""

from typing import Any

import numpy as np
import slicer

from HermesSegmentLib.prompt_shapes import draw_strokes, strokes
from HermesSegmentLib.slice_frame import SliceFrame

#: Positive prompts yellow, negative ones red-orange.
COLOURS = {"positive": (1.0, 0.9, 0.1), "negative": (0.9, 0.3, 0.1)}
#: Attributes of the markups: the run's record node, the prompt's kind, what the markup draws of it.
_MARK = "HermesSegment.Prompt"
_KIND = "HermesSegment.PromptKind"
_SIGN = "HermesSegment.PromptSign"
_SHAPE = "HermesSegment.PromptShape"
_POINTS, _STROKE = "points", "stroke"
#: How thick a box's ROI is through the slice, mm.
_THICKNESS = 1.0


def show_prompt(
    owner: Any, prompt: dict[str, Any] | None, frame: SliceFrame, slice_index: int
) -> list[Any]:
    """Replace the markups of a run's record node by those of a prompt; returns them."""
    from HermesLib.prompts.registry import prompt_type

    clear_prompt(owner)
    if prompt is None:
        return []
    marks = prompt_type(prompt["kind"]).from_plain(prompt, frame.shape[1:]).marks()
    nodes = [_box(edges, frame, slice_index) for edges in marks.boxes]
    for sign in COLOURS:
        points = getattr(marks, f"{sign}_points")
        if len(points):
            name = f"{sign} clicks"
            nodes.append(_points(_POINTS, name, points, frame, slice_index, sign))
        raster = getattr(marks, f"{sign}_strokes")
        if raster is not None:
            for number, line in enumerate(strokes(np.argwhere(raster)[:, ::-1]), 1):
                name = f"{sign} scribble {number}"
                nodes.append(_points(_STROKE, name, line, frame, slice_index, sign))
    for node in nodes:
        node.SetAttribute(_MARK, owner.GetID())
        node.SetAttribute(_KIND, prompt["kind"])
    return nodes


def read_prompt(owner: Any, frame: SliceFrame) -> Any:
    """The prompt that a run's markups show, moved by the user or not; None where there are none.

    Points and strokes outside the image are moved to its border.
    """
    from HermesLib.prompts.registry import prompt_type
    from HermesLib.prompts.types import PromptMarks

    nodes = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLMarkupsNode")
        if node.GetAttribute(_MARK) == owner.GetID()
    ]
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
    boxes = tuple(_edges(node, frame) for node in nodes if node.IsA("vtkMRMLMarkupsROINode"))
    kind = nodes[0].GetAttribute(_KIND)
    return prompt_type(kind).from_marks(PromptMarks(boxes, **signed), shape)


def _edges(node: Any, frame: SliceFrame) -> tuple[float, float, float, float]:
    """A ROI's rectangle in pixel edges x1 y1 x2 y2, cut to the slice."""
    matrix = slicer.util.arrayFromVTKMatrix(node.GetObjectToWorldMatrix())
    half = np.array(node.GetSize()) / 2
    corners = np.array([[x, y, 0.0] for x in (-half[0], half[0]) for y in (-half[1], half[1])])
    pixels = frame.to_pixels(corners @ matrix[:3, :3].T + matrix[:3, 3])[:, 1:] + 0.5
    (top, left), (bottom, right) = np.clip([pixels.min(0), pixels.max(0)], 0, frame.shape[1:])
    return left, top, right, bottom


def _pixels(node: Any, frame: SliceFrame) -> np.ndarray:
    """A markup's control points as (column, row), within the slice."""
    points = slicer.util.arrayFromMarkupsControlPoints(node, world=True)
    return np.clip(frame.to_pixels(points)[:, :0:-1], 0, np.array(frame.shape[:0:-1]) - 1)


def clear_prompt(owner: Any) -> None:
    """Remove a run's prompt markups."""
    for node in slicer.util.getNodesByClass("vtkMRMLMarkupsNode"):
        if node.GetAttribute(_MARK) == owner.GetID():
            # Display nodes do not go with their markups.
            slicer.mrmlScene.RemoveNode(node.GetDisplayNode())
            slicer.mrmlScene.RemoveNode(node)


def _box(edges: tuple[float, float, float, float], frame: SliceFrame, slice_index: int) -> Any:
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
    node = _new("vtkMRMLMarkupsROINode", "box", "positive")
    node.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(matrix))
    node.SetSize(float(np.linalg.norm(across)), float(np.linalg.norm(down)), _THICKNESS)
    display = node.GetDisplayNode()
    display.SetFillVisibility(False)
    # Hide the point in the middle of the box.
    display.SetGlyphScale(0.01)
    return node


def _points(
    shape: str, name: str, places: Any, frame: SliceFrame, slice_index: int, sign: str
) -> Any:
    is_curve = shape == _STROKE and len(places) > 1
    node = _new("vtkMRMLMarkupsCurveNode" if is_curve else "vtkMRMLMarkupsFiducialNode", name, sign)
    node.SetAttribute(_SHAPE, shape)
    columns, rows = np.array(places, float).reshape(-1, 2).T
    ras = frame.to_ras(slice_index, rows, columns)
    # All at once: every point added by itself would update the views.
    slicer.util.updateMarkupsControlPointsFromArray(node, ras)
    display = node.GetDisplayNode()
    display.SetPointLabelsVisibility(False)
    display.SetGlyphScale(0.3 if is_curve else 1.5)
    return node


def _new(kind: str, name: str, sign: str) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass(kind, f"HERMES prompt: {name}")
    node.SetSaveWithScene(False)
    node.SetAttribute(_SIGN, sign)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSelectedColor(*COLOURS[sign])
    display.SetColor(*COLOURS[sign])
    display.SetPropertiesLabelVisibility(False)
    return node
