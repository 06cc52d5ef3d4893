"""What DICOM says beyond a grid, kept in an image's metadata."""

from typing import TYPE_CHECKING

from HermesLib.io.metadata_keys import BODY_PART, MODALITY
from HermesLib.io.orientation import SliceAxes

if TYPE_CHECKING:
    import SimpleITK

    from HermesLib.io.dicom.series import Series

#: Instance numbers along the third axis, separated by commas; empty where a slice has none.
_INSTANCES = "hermes_dicom_instances"
#: UID of the space in which the series lies.
_FRAME_OF_REFERENCE = "hermes_dicom_frame_of_reference"
#: The voxel axis along which the slices of a series are stacked.
_STACKING_AXIS = 2


def image_with_metadata(series: "Series") -> "SimpleITK.Image":
    """The image of a series, which keeps instance numbers, space, modality and body part."""
    image = series.image
    numbers = ("" if number is None else str(number) for number in series.instances)
    image.SetMetaData(_INSTANCES, ",".join(numbers))
    image.SetMetaData(_FRAME_OF_REFERENCE, series.frame_of_reference)
    first = series.stack.frames[0]
    image.SetMetaData(MODALITY, first.modality)
    image.SetMetaData(BODY_PART, first.body_part)
    return image


def instance_numbers(image: "SimpleITK.Image", axes: SliceAxes) -> dict[int, int]:
    """Instance numbers by slice index, where the slices are the series' own."""
    if not image.HasMetaDataKey(_INSTANCES) or axes.order[0] != _STACKING_AXIS:
        return {}
    numbers = image.GetMetaData(_INSTANCES).split(",")
    if len(numbers) != image.GetSize()[_STACKING_AXIS]:
        return {}
    if axes.backwards[0]:
        numbers.reverse()
    return {index: int(number) for index, number in enumerate(numbers) if number}


def frame_of_reference(image: "SimpleITK.Image") -> str:
    """UID of the space in which an image lies; "" where none is known."""
    return (
        image.GetMetaData(_FRAME_OF_REFERENCE) if image.HasMetaDataKey(_FRAME_OF_REFERENCE) else ""
    )
