"""Organs without a quality control of their own: name, terminology and window.

A run on such an organ needs a guide, or a judge (``--guide``, ``--judge``).
"""

import json
from functools import cache
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Code, Intensity, Preset
from HermesLib.presets.registry import load_preset
from HermesLib.resources import resource_path

#: How an MR is scaled: as in the bundled presets.
_MR = Intensity("percentile", 0.5, 99.5)
#: The model under a guide. A box says least of the guide's outline, so that the image decides:
#: models that take scribbles and clicks repeat a guide's errors (docs/guides.md).
_MODEL = "medsam"


def organ_names() -> list[str]:
    """The names of the organs, sorted; ``other`` stands for any structure."""
    return sorted(_organs())


def organ_preset(name: str, modality: str) -> Preset:
    """The preset of an organ that has no quality control of its own: ``quality`` is empty.

    The names of label files are understood: case, underscores and sides make no difference.

    >>> preset = organ_preset("kidney_left", "CT")
    >>> preset.name, preset.title, preset.organ.meaning
    ('kidney-left-ct', 'Left kidney, CT', 'Kidney')

    Args:
        name: of the organ, see :func:`organ_names`.
        modality: ``CT`` or ``MR``.

    Raises:
        HermesError: an unknown organ, or another modality.
    """
    if modality not in ("CT", "MR"):
        raise HermesError(f"modality {modality!r} is neither CT nor MR")
    plain = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
    organ, side = _without_side(plain)
    if organ not in _organs():
        raise HermesError(
            f"unknown organ '{name}'; choose one of {', '.join(organ_names())}"
            " ('other' for any structure)"
        )
    found = _organs()[organ]
    low, high = found["window"]
    title = f"{side.capitalize()} {found['title'].lower()}" if side else found["title"]
    return Preset(
        name=f"{plain}-{modality.lower()}",
        title=f"{title}, {modality}",
        modality=modality,
        organ=Code("SCT", found["code"], found["meaning"]),
        organ_label=plain.replace("-", "_"),
        intensity=Intensity("window", low, high) if modality == "CT" else _MR,
        model=_MODEL,
        quality="",
        plane="any",
    )


def named_preset(name: str) -> Preset:
    """A preset by the name that reports give it: ``prostate-t2``, or ``liver-ct``.

    >>> named_preset("liver-ct").organ.meaning
    'Liver'

    Raises:
        HermesError: neither a preset nor an organ with its modality.
    """
    organ, _dash, modality = name.rpartition("-")
    try:
        return load_preset(name)
    except HermesError:
        if modality not in ("ct", "mr"):
            raise
        return organ_preset(organ, modality.upper())


def _without_side(name: str) -> tuple[str, str]:
    """An organ's name and its side, which may come first or last.

    >>> _without_side("left-kidney"), _without_side("kidney-left"), _without_side("liver")
    (('kidney', 'left'), ('kidney', 'left'), ('liver', ''))
    """
    parts = name.split("-")
    sides = [part for part in parts if part in ("left", "right")]
    rest = "-".join(part for part in parts if part not in ("left", "right"))
    return (rest, sides[0]) if len(sides) == 1 and rest else (name, "")


@cache
def _organs() -> dict[str, dict[str, Any]]:
    text = resource_path("Presets", "Organs", "organs.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    # What label files call them.
    aliases = {"urinary-bladder": "bladder", "small-bowel": "small-intestine"}
    return found | {alias: found[name] for alias, name in aliases.items()}
