"""A prompt as a JSON file, so that a user's prompt can be kept, sent and given to a run.

``{"kind": "box", "xyxy": [x1, y1, x2, y2]}`` in pixel edges;
``{"kind": "clicks", "positive": [[x, y], ...], "negative": [...]}``; scribbles the same, as the
pixels [x, y] that they cover; ``{"kind": "box+clicks", "parts": [{...}, {...}]}`` for mixtures.
"""

import json
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.prompts.registry import join_kinds, prompt_kinds, prompt_type, split_kind
from HermesLib.prompts.types import Prompt


def prompt_from_plain(plain: dict[str, Any], shape: tuple[int, int]) -> Prompt:
    """A user's first prompt from plain values, on a slice of ``shape`` (rows, columns).

    Raises:
        HermesError: values that do not describe a prompt, a prompt that marks nothing as the
            organ, or a prompt that leaves the slice.
    """
    try:
        prompt = prompt_type(plain["kind"]).from_plain(plain, shape)
    except (KeyError, TypeError, ValueError) as error:
        raise HermesError(
            f"the first prompt is not well formed ({error}); see docs/first-prompts.md"
        ) from error
    if not prompt.marks().has_positive:
        raise HermesError(
            "the first prompt marks nothing as the organ; give it at least one positive point"
        )
    return prompt


def write_prompt(path: Path, prompt: Prompt) -> None:
    """Write a prompt's file."""
    path.write_text(json.dumps(prompt.to_plain()) + "\n", encoding="utf-8")


def read_plain(path: Path) -> dict[str, Any]:
    """The plain values of a prompt's file. Only the kind is checked here.

    :func:`prompt_from_plain` checks the rest, once the slice is known.

    Raises:
        HermesError: a missing file, or one that does not hold a prompt.
    """
    if not path.is_file():
        raise HermesError(f"there is no file {path.name} for the first prompt")
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise HermesError(f"{path.name} cannot be read as JSON ({error})") from error
    kind = plain.get("kind") if isinstance(plain, dict) else None
    try:
        plain["kind"] = join_kinds(split_kind(str(kind)))
    except (HermesError, TypeError) as error:
        raise HermesError(
            f"{path.name} does not hold a prompt; its 'kind' must be one of"
            f" {', '.join(prompt_kinds())}, or several joined by '+'"
        ) from error
    return plain
