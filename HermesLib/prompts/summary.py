"""A prompt as plain values for a report."""

from typing import Any

from HermesLib.prompts.files import prompt_to_plain
from HermesLib.prompts.types import Box, Prompt, Scribbles


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
    return {**prompt_to_plain(prompt), "positive_count": len(prompt.positive), "negative_count": len(prompt.negative)}
