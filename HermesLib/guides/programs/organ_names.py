"""Which names of a segmenter's structures are an organ; used by programs, so of standard parts."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Words that say which part of an organ a label is; all parts together are the organ.
_PARTS = frozenset(("left", "right", "upper", "middle", "lower", "lobe"))
#: Names of the same organ.
_SYNONYMS = {
    "bladder": "urinary bladder",
    "clavicle": "clavicula",
    "gall bladder": "gallbladder",
    "oesophagus": "esophagus",
    "small intestine": "small bowel",
    "thyroid": "thyroid gland",
    "whole gland": "prostate",
}


def organ_names(organ_label: str, names: Iterable[str]) -> list[str]:
    """The names among ``names`` that are an organ, or its parts where it is divided.

    >>> organ_names("kidneys", ["liver", "kidney_left", "kidney_right", "kidney_cyst_left"])
    ['kidney_left', 'kidney_right']
    >>> organ_names("left clavicle", ["clavicula_left", "clavicula_right"])
    ['clavicula_left']
    """
    wanted = _words(organ_label)
    words = {name: _words(name) for name in names}
    if whole := [name for name, said in words.items() if said == wanted]:
        return whole
    return [name for name, said in words.items() if wanted < said and said - wanted <= _PARTS]


def _words(name: str) -> frozenset[str]:
    """The words of a name, by its synonym."""
    words = _singular(name)
    organ = words - _PARTS
    for synonym, usual in _SYNONYMS.items():
        if organ == _singular(synonym):
            organ = _singular(usual)
    return organ | (words & _PARTS)


def _singular(name: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in re.split(r"[\s_-]+", name.strip().lower()))
