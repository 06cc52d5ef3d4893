"""A prompt as plain values and as a JSON file, so that a person's prompt can be kept, sent and given to a run.

``{"kind": "box", "xyxy": [x1, y1, x2, y2]}`` in pixel edges; ``{"kind": "clicks", "positive": [[x, y], ...], "negative": [...]}``;
scribbles the same, listing the pixels [x, y] they cover. Boxes and clicks are written so in ``report.json`` too.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.prompts.types import PROMPT_KINDS, Box, Clicks, Prompt, Scribbles


def prompt_to_plain(prompt: Prompt) -> dict[str, Any]:
    """A prompt as values that JSON takes."""
    if isinstance(prompt, Box):
        return {
            "kind": prompt.kind,
            "xyxy": [float(edge) for edge in (prompt.x1, prompt.y1, prompt.x2, prompt.y2)],
        }
    parts = {"positive": prompt.positive, "negative": prompt.negative}
    if isinstance(prompt, Scribbles):
        return {
            "kind": prompt.kind,
            **{sign: np.argwhere(raster)[:, ::-1].tolist() for sign, raster in parts.items()},
        }
    return {"kind": prompt.kind, **{sign: points.tolist() for sign, points in parts.items()}}


def prompt_from_plain(plain: dict[str, Any], shape: tuple[int, int]) -> Prompt:
    """The prompt of plain values on a slice of that shape (rows, columns).

    Raises:
        HermesError: values that are none of a prompt, a prompt without a positive part, or one that leaves the slice.
    """
    try:
        if plain["kind"] == Box.kind:
            return _box(np.asarray(plain["xyxy"], float), shape)
        positive, negative = (
            _points(plain.get(sign, []), shape) for sign in ("positive", "negative")
        )
    except HermesError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise HermesError(
            f"the first prompt is not well formed ({error}); see docs/first-prompts.md"
        ) from error
    if not len(positive):
        raise HermesError(
            "the first prompt marks nothing as the organ; give it at least one positive point"
        )
    if plain["kind"] == Clicks.kind:
        return Clicks(positive, negative)
    return Scribbles(_raster(positive, shape), _raster(negative, shape))


def write_prompt(path: Path, prompt: Prompt) -> None:
    """Write a prompt's file."""
    path.write_text(json.dumps(prompt_to_plain(prompt)) + "\n", encoding="utf-8")


def read_plain(path: Path) -> dict[str, Any]:
    """The plain values of a prompt's file; what they say is checked only by :func:`prompt_from_plain`, which knows the slice.

    Raises:
        HermesError: no such file, or none that holds a prompt.
    """
    if not path.is_file():
        raise HermesError(f"there is no file {path.name} for the first prompt")
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HermesError(f"{path.name} is no JSON file ({error})") from error
    kind = plain.get("kind") if isinstance(plain, dict) else None
    if kind not in PROMPT_KINDS:
        raise HermesError(
            f"{path.name} holds no prompt; its 'kind' must be one of {', '.join(PROMPT_KINDS)}"
        )
    return plain


def _box(edges: np.ndarray, shape: tuple[int, int]) -> Box:
    if edges.shape != (4,) or not np.isfinite(edges).all():
        raise ValueError("xyxy must be four numbers")
    x1, y1, x2, y2 = (float(edge) for edge in edges)
    if not (0 <= x1 < x2 <= shape[1] and 0 <= y1 < y2 <= shape[0]):
        raise HermesError(
            f"the first prompt's box {x1:g}, {y1:g}, {x2:g}, {y2:g} is empty or leaves the slice of {shape[1]} x {shape[0]} pixels"
        )
    return Box(x1, y1, x2, y2)


def _points(listed: Any, shape: tuple[int, int]) -> np.ndarray:
    if len(listed) == 0:
        return np.zeros((0, 2), np.int64)
    points = np.asarray(listed, float)
    if points.ndim != 2 or points.shape[1] != 2 or not (points == np.round(points)).all():
        raise ValueError("points must be pairs of whole numbers")
    if (points < 0).any() or (points >= np.array(shape[::-1])).any():
        raise HermesError(f"the first prompt leaves the slice of {shape[1]} x {shape[0]} pixels")
    return points.astype(np.int64)


def _raster(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    raster = np.zeros(shape, bool)
    raster[points[:, 1], points[:, 0]] = True
    return raster


def prompt_summary(prompt: Prompt) -> dict[str, Any]:
    """Kind and place of a prompt, ready for JSON: a box's edges, the strokes' pixel counts, where and how many clicks.

    Boxes are [x1, y1, x2, y2] in pixel edges, clicks [x, y] pixel indices of the slice.
    """
    if isinstance(prompt, Box):
        return prompt_to_plain(prompt)
    if isinstance(prompt, Scribbles):
        return {
            "kind": prompt.kind,
            "positive_pixels": int(prompt.positive.sum()),
            "negative_pixels": int(prompt.negative.sum()),
        }
    return {
        **prompt_to_plain(prompt),
        "positive_count": len(prompt.positive),
        "negative_count": len(prompt.negative),
    }
