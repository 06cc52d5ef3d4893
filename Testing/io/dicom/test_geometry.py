"""Series of any orientation, spacing, order and shift are read to where their headers say."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from Testing.io.dicom.made import fill, instance, points_of, value_at, write
from Testing.io.dicom.placed import assert_in_place, read

#: Shifts of the slices below are then more than a quarter of a pixel, which is let pass.
spacings, distances = st.floats(0.4, 0.9), st.floats(1.0, 3.0)


@st.composite
def rotations(draw) -> np.ndarray:
    """(3, 3), any rotation."""
    numbers = [draw(st.floats(-1, 1)) for _ in range(4)]
    w, x, y, z = np.array(numbers) / max(np.linalg.norm(numbers), 1e-9)
    if np.linalg.norm(numbers) < 0.1:
        return np.eye(3)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@settings(max_examples=15, deadline=None)
@given(
    rotation=rotations(),
    spacing=st.tuples(spacings, spacings),
    distance=distances,
    tilt=st.sampled_from((0.0, 0.0, 0.3, -0.5)),
    aside=st.sampled_from((0.0, 0.2)),
    order=st.permutations(range(6)),
    turned=st.booleans(),
)
def test_every_slice_is_where_its_own_header_says(
    rotation, spacing, distance, tilt, aside, order, turned
):
    along_row, along_column, normal = rotation.T
    slices = []
    for number in order:
        height = distance * number
        position = height * normal + height * (tilt * along_column + aside * along_row)
        single = instance(
            position.tolist(),
            60 - number if turned else number,
            (*along_row, *along_column),
            PixelSpacing=list(spacing),
        )
        # What pydicom stores has 16 characters; the values follow what is stored.
        stored = [float(part) for part in single.ImagePositionPatient]
        points = points_of(stored, list(single.ImageOrientationPatient), spacing=spacing)
        fill(single, value_at(points))
        slices.append(single)
    with tempfile.TemporaryDirectory() as folder:
        found, notices = read(write(Path(folder), slices))
    upright = tilt == aside == 0
    assert notices == ([] if upright else ["slices-shifted"])
    assert_in_place(found, border=0 if upright else 1)
