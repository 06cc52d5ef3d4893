"""The prompt of the slice and iteration under review as markups: a box as ROI, scribbles as curves, clicks as points.

They can be moved, and read back as the prompt of another run.
"""

from typing import Any

import numpy as np
import slicer

from HermesSegmentLib.geometry import SliceFrame
from HermesSegmentLib.prompt_shapes import draw_strokes, strokes

#: Positive prompts yellow, negative ones red-orange.
COLOURS = {"positive": (1.0, 0.9, 0.1), "negative": (0.9, 0.3, 0.1)}
_MARK, _KIND, _SIGN = "HermesSegment.Prompt", "HermesSegment.PromptKind", "HermesSegment.PromptSign"
#: How thick a box's ROI is through the slice, mm.
_THICKNESS = 1.0


def show_prompt(
    owner: Any, prompt: dict[str, Any] | None, frame: SliceFrame, slice_index: int
) -> list[Any]:
    """Replace the markups of a run's record node by those of a prompt; returns them."""
    clear_prompt(owner)
    if prompt is None:
        return []
    made = []
    if prompt["kind"] == "box":
        made.append(_box(prompt["xyxy"], frame, slice_index))
    for sign in ("positive", "negative"):
        if prompt["kind"] == "clicks" and prompt[sign]:
            made.append(
                _points(
                    "vtkMRMLMarkupsFiducialNode",
                    f"{sign} clicks",
                    prompt[sign],
                    frame,
                    slice_index,
                    sign,
                )
            )
        elif prompt["kind"] == "scribbles":
            for number, line in enumerate(strokes(prompt[sign]), 1):
                kind = "vtkMRMLMarkupsCurveNode" if len(line) > 1 else "vtkMRMLMarkupsFiducialNode"
                made.append(
                    _points(kind, f"{sign} scribble {number}", line, frame, slice_index, sign)
                )
    for node in made:
        node.SetAttribute(_MARK, owner.GetID())
        node.SetAttribute(_KIND, prompt["kind"])
    return made


def read_prompt(owner: Any, frame: SliceFrame) -> Any:
    """The prompt that a run's markups show, as a person may have moved them; None where there are none.

    Points and strokes that were pulled out of the image are cut to it.
    """
    from HermesLib.prompts.types import Box, Clicks, Scribbles

    nodes = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLMarkupsNode")
        if node.GetAttribute(_MARK) == owner.GetID()
    ]
    for node in nodes:
        if node.IsA("vtkMRMLMarkupsROINode"):
            return Box(*_edges(node, frame))
    found = {
        sign: [_pixels(node, frame) for node in nodes if node.GetAttribute(_SIGN) == sign]
        for sign in COLOURS
    }
    if not nodes:
        return None
    if nodes[0].GetAttribute(_KIND) == "clicks":
        points = {
            sign: np.concatenate(lines) if lines else np.empty((0, 2))
            for sign, lines in found.items()
        }
        return Clicks(
            *(np.round(points[sign]).astype(np.int64) for sign in ("positive", "negative"))
        )
    return Scribbles(
        *(draw_strokes(found[sign], frame.shape[1:]) for sign in ("positive", "negative"))
    )


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
            slicer.mrmlScene.RemoveNode(node)


def _box(edges: list[float], frame: SliceFrame, slice_index: int) -> Any:
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
    # The point in the middle of a box says nothing.
    display.SetGlyphScale(0.01)
    return node


def _points(
    kind: str, name: str, places: Any, frame: SliceFrame, slice_index: int, sign: str
) -> Any:
    node = _new(kind, name, sign)
    columns, rows = np.array(places, float).reshape(-1, 2).T
    for point in frame.to_ras(slice_index, rows, columns):
        node.AddControlPoint(*(float(value) for value in point), "")
    display = node.GetDisplayNode()
    display.SetPointLabelsVisibility(False)
    display.SetGlyphScale(1.5 if kind.endswith("FiducialNode") else 0.3)
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
