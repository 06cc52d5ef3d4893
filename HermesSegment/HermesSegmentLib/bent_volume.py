"""Volumes under a transform that bends them, as a deformable registration does.

A slice view then shows voxels of several slices, and Slicer's Segment Editor paints nothing. Such a
volume is not segmented; a copy with the transform applied to its voxels is offered.
"""

from typing import Any

import slicer
from slicer.i18n import tr as _

#: Source images of a volume from DICOM. The voxels of a copy are no longer theirs.
_SOURCES = "DICOM.instanceUIDs"


def is_bent(volume: Any) -> bool:
    """Whether a volume is under a transform that is not linear."""
    transform = volume.GetParentTransformNode()
    return transform is not None and not transform.IsTransformToWorldLinear()


def obstacle(volume: Any) -> str:
    """Why a volume cannot be segmented or reviewed slice by slice; empty if it can."""
    if not is_bent(volume):
        return ""
    return _(
        "{volume} is under a transform that bends it ({transform}), so no view shows its slices as"
        " they are: use a hardened copy, or remove the transform"
    ).format(volume=volume.GetName(), transform=volume.GetParentTransformNode().GetName())


def hardened_copy(volume: Any) -> Any:
    """A new volume node: the volume as its transform bends it, on a grid around that.

    The volume itself stays as it is. The copy is no DICOM series any more.

    Raises:
        RuntimeError: the volume cannot be copied.
    """
    name = _("{name} hardened").format(name=volume.GetName())
    copy = slicer.modules.volumes.logic().CloneVolume(slicer.mrmlScene, volume, name)
    if copy is None or not copy.HardenTransform():
        raise RuntimeError(_("{name} cannot be copied").format(name=volume.GetName()))
    copy.RemoveAttribute(_SOURCES)
    return copy
