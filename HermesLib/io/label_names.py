"""Tables that name the values of a label map."""

import csv
import json
import re
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError


def read_label_names(path: Path) -> dict[int, str]:
    """The organs' names by value, without the background.

    A table is nnU-Net's ``dataset.json``, a JSON object of names and values in either direction, or
    a text with a value and a name on each line, as CSV or as a colour table of Slicer.

    Raises:
        HermesError: unreadable, or a table without names; a value with two names.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        pairs = _json_pairs(json.loads(text)) if path.suffix == ".json" else _line_pairs(text)
    except (OSError, ValueError, AttributeError) as error:
        raise HermesError(f"{path.name} is not a table of labels ({error})") from error
    names: dict[int, str] = {}
    for value, name in pairs:
        if value and name != names.setdefault(value, name):
            raise HermesError(f"{path.name} gives value {value} two names; correct it")
    if not names:
        raise HermesError(f"{path.name} names no labels; write a value and a name on each line")
    return names


def _json_pairs(content: Any) -> list[tuple[int, str]]:
    table = content.get("labels", content)
    return [_pair(str(key), str(value)) for key, value in table.items()]


def _line_pairs(text: str) -> list[tuple[int, str]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = []
    for line in lines:
        cells = next(csv.reader([line])) if "," in line else re.split(r"[\t;:]|\s+", line)
        cells = [cell.strip() for cell in cells if cell.strip()]
        # A heading or a comment has no value.
        if len(cells) > 1 and any(_is_value(cell) for cell in cells[:2]):
            pairs.append(_pair(cells[0], cells[1]))
    return pairs


def _pair(first: str, second: str) -> tuple[int, str]:
    """A value and a name, in either order.

    Raises:
        ValueError: neither is a value.
    """
    return (int(first), second) if _is_value(first) else (int(second), first)


def _is_value(text: str) -> bool:
    return re.fullmatch(r"\d+", text) is not None
