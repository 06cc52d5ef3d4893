"""What every volume is checked for when it is read."""

from collections.abc import Sequence

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.slice_stacks import SliceStack, each_slice
from HermesLib.notices import notice

#: Spacings, mm, beyond which a header is doubted: units taken for others are a thousand times off.
_LIKELY_MM = (0.01, 100.0)


def intensity_range(slices: SliceStack, name: str) -> tuple[float, float]:
    """The lowest and the highest intensity; two values only are said in a notice.

    Raises:
        HermesError: intensities that are not finite, or all the same.
    """
    lowest, highest = np.inf, -np.inf
    for image in each_slice(slices):
        low, high = float(image.min()), float(image.max())
        if not np.isfinite([low, high]).all():
            raise HermesError(
                f"{name} contains NaN or infinite voxels; replace them by finite values"
            )
        lowest, highest = min(lowest, low), max(highest, high)
    if lowest == highest:
        raise HermesError(f"{name} is constant: every voxel has the value {lowest:g}")
    if all(((image == lowest) | (image == highest)).all() for image in each_slice(slices)):
        notice("image-two-values", "the image holds two values only; is it a mask?")
    return lowest, highest


def doubt_spacing(spacing: Sequence[float]) -> None:
    """Say where the voxels' size cannot be right."""
    if min(spacing) < _LIKELY_MM[0] or max(spacing) > _LIKELY_MM[1]:
        notice(
            "spacing-unlikely",
            f"the voxels of the image measure {' x '.join(f'{length:.4g}' for length in spacing)}"
            " mm, which no scanner of patients gives; is the unit right?",
        )
