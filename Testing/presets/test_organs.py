"""Organs without a quality control of their own: name, terminology, window."""

import pytest

from HermesLib.errors import HermesError
from HermesLib.presets.organs import organ_names, organ_preset


@pytest.mark.parametrize("name", organ_names())
@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_every_organ_has_a_preset_in_both_modalities(name: str, modality: str):
    preset = organ_preset(name, modality)
    assert preset.quality == "" and preset.organ.scheme == "SCT" and preset.organ.value.isdigit()
    assert preset.intensity.kind == {"CT": "window", "MR": "percentile"}[modality]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("kidney_left", "Left kidney, CT"),
        ("Left Kidney", "Left kidney, CT"),
        ("urinary_bladder", "Urinary bladder, CT"),
    ],
)
def test_the_names_of_label_files_are_understood(name: str, title: str):
    assert organ_preset(name, "CT").title == title


def test_an_unknown_organ_is_refused_with_the_names():
    with pytest.raises(HermesError, match=r"liver.*'other' for any structure"):
        organ_preset("livr", "CT")
