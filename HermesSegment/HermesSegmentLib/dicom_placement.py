"""Whether the slices of a volume from DICOM lie where their own files say.

Slicer stacks slices at equal distances: of a series with lost slices, a tilted gantry or several
images at one place, its volume shows the patient distorted. The command line refuses or resamples
such a series (:mod:`HermesLib.io.dicom`); here, the volume is not segmented.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib.labelmaps import ijk_to_ras

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_POSITION = "0020,0032"
#: How far a slice may lie from its place, in voxels along i, j and k: HermesLib's limit within the
#: slice, and as much of a slice's distance.
_OFF = 0.25


def obstacle(volume: Any) -> str:
    """Why a volume cannot be segmented as it is; empty if it can, or if nothing is known."""
    instances = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = getattr(slicer, "dicomDatabase", None)
    if len(instances) < 2 or database is None or not database.isOpen:
        return ""
    positions = _positions(tuple(database.instanceValue(uid, _POSITION) for uid in instances))
    slices = volume.GetImageData().GetDimensions()[2]
    if positions is None or slices != len(positions):
        return ""
    # The place of each instance's first pixel in the volume, which may have been cropped.
    homogeneous = np.column_stack([positions, np.ones(slices)])
    ijk = (homogeneous @ np.linalg.inv(ijk_to_ras(volume)).T)[:, :3]
    off = ijk - np.median(ijk, axis=0)
    off[:, 2] = np.sort(ijk[:, 2]) - np.arange(slices)
    if np.abs(off).max() <= _OFF:
        return ""
    spacing = np.linalg.norm(ijk_to_ras(volume)[:3, :3], axis=0)
    return _(
        "{volume} does not lie where its DICOM files say (up to {mm:.1f} mm off): slices are"
        " missing, the gantry was tilted, or several images share a place; 'hermes series' lists"
        " what the folder holds, 'hermes refine' reads or refuses it"
    ).format(volume=volume.GetName(), mm=float(np.abs(off * spacing).max()))


@lru_cache(maxsize=8)
def _positions(texts: tuple[str, ...]) -> np.ndarray | None:
    """(N, 3) in RAS, mm; None where a position is missing."""
    try:
        positions = np.array([[float(part) for part in text.split("\\")] for text in texts])
    except ValueError:
        return None
    return positions @ _LPS_TO_RAS if positions.shape == (len(texts), 3) else None
