"""Whether an image is what a preset was made for, as far as header and values tell.

What the slices themselves look like is the quality control's to judge
(:attr:`HermesLib.quality.protocol.Observation.out_of_distribution`).
"""

import numpy as np

from HermesLib.io.volumes import Volume
from HermesLib.notices import notice
from HermesLib.presets.preset import Preset

#: No CT is without air or fat: all of its values are above 0 HU only if they are no HU.
_LEAST_HU = 0.0
#: Values as low as this beside values as high are Hounsfield units; an MR has no such values.
_AIR_HU, _BONE_HU = -900.0, 300.0
#: The least share of an image that is air or bone if it is a CT.
_CT_SHARE = 0.001


def doubt_input(volume: Volume, preset: Preset) -> bool:
    """Whether header or values contradict a preset; each contradiction is said in a notice.

    No slice of such a volume is accepted, and all are marked ``unfamiliar``.
    """
    doubts = [
        *_plane(volume, preset),
        *_modality(volume, preset),
        *_values(volume, preset),
    ]
    for kind, message in doubts:
        notice(kind, f"{message}; none of its slices is accepted")
    _say_body_part(volume, preset)
    return bool(doubts)


def _plane(volume: Volume, preset: Preset) -> list[tuple[str, str]]:
    if not volume.plane or preset.plane in (volume.plane, "any"):
        return []
    return [
        (
            "other-plane",
            f"the slices are {volume.plane} by the image's header, '{preset.title}' is for"
            f" {preset.plane} ones",
        )
    ]


def _modality(volume: Volume, preset: Preset) -> list[tuple[str, str]]:
    if volume.modality in ("", preset.modality):
        return []
    return [
        (
            "other-modality",
            f"the image's modality is {volume.modality}, '{preset.title}' is for {preset.modality}",
        )
    ]


def _say_body_part(volume: Volume, preset: Preset) -> None:
    """A body part that the preset does not name is said; headers often name it wrongly."""
    named = volume.body_part.upper().replace(" ", "")
    if named and preset.body_parts and not any(part in named for part in preset.body_parts):
        notice(
            "other-body-part",
            f"the image's header names the body part {named}, '{preset.title}' is for"
            f" {preset.organ.meaning.lower()}",
        )


def _values(volume: Volume, preset: Preset) -> list[tuple[str, str]]:
    if volume.windowed:
        return []
    lowest, highest = volume.lowest, volume.highest
    if preset.modality == "CT" and lowest >= _LEAST_HU:
        words = f"the values {lowest:.4g} to {highest:.4g} are no Hounsfield units, as a CT has"
        return [("no-hounsfield-units", words)]
    if preset.modality == "MR" and lowest <= _AIR_HU and highest >= _BONE_HU:
        # Rare: a volume of another modality, or one with padding.
        voxels = volume.array
        air, bone = voxels <= _AIR_HU, voxels >= _BONE_HU
        padded = np.unique(voxels[air][:: max(1, air.sum() // 10_000)]).size == 1
        if not padded and min(air.mean(), bone.mean()) > _CT_SHARE:
            words = f"the values {lowest:.4g} to {highest:.4g} are Hounsfield units, as of a CT"
            return [("hounsfield-units", words)]
    return []
