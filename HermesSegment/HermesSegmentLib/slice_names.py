"""How slices and tries are called wherever a person reads them: counted from 1.

Code, ``report.json`` and arrays count slices and iterations from 0; nothing else may do the sum.
"""

from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from HermesLib.report.numbering import number_of
from HermesSegmentLib.slice_frame import SliceFrame

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_INSTANCE_NUMBER, _POSITION = "0020,0013", "0020,0032"
#: The axes of the patient as Slicer's slice views name their offset.
_AXES = "RAS"


def offset_of(frame: SliceFrame, index: int) -> str:
    """Where a slice lies, as the slider of Slicer's slice view states it: ``S: 34.5 mm``."""
    centres = np.array([frame.centre(0), frame.centre(1)])
    normal = (centres[1] - centres[0]) / np.linalg.norm(centres[1] - centres[0])
    axis = int(np.abs(normal).argmax())
    offset = float(frame.centre(index) @ normal) * np.sign(normal[axis])
    return f"{_AXES[axis]}: {offset:.1f} mm"


def dicom_instances(volume: Any, frame: SliceFrame) -> dict[int, int]:
    """The DICOM instance number of each slice, as far as Slicer's DICOM database knows it.

    Instances are found by their position in the patient, whatever their order in the series.
    """
    uids = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = getattr(slicer, "dicomDatabase", None)
    if not uids or database is None or not database.isOpen:
        return {}
    instances = {}
    for uid in uids:
        try:
            number = int(database.instanceValue(uid, _INSTANCE_NUMBER))
            position = database.instanceValue(uid, _POSITION).split("\\")
            ras = _LPS_TO_RAS @ np.array([float(value) for value in position])
        except ValueError:
            return {}  # Missing, or no number: no name is better than a wrong one.
        instances[frame.slice_of(ras)] = number
    # Several instances on one slice, as in a series with time points, name no slice.
    return instances if len(instances) == len(uids) else {}


class SliceNames:
    """The names of a run's slices.

    Args:
        volume: the image.
        frame: its slices.
    """

    def __init__(self, volume: Any, frame: SliceFrame) -> None:
        self.frame = frame
        self.instances = dicom_instances(volume, frame)

    def title(self, index: int) -> str:
        """``Slice 12 of 26 · S: 34.5 mm``, and the DICOM instance where there is one."""
        parts = [
            _("Slice {number} of {count}").format(
                number=number_of(index), count=self.frame.shape[0]
            ),
            offset_of(self.frame, index),
        ]
        if index in self.instances:
            parts.append(_("DICOM image {number}").format(number=self.instances[index]))
        return " · ".join(parts)
