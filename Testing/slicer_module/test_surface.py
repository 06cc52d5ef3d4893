"""The surface of a run's result."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

CORNERS = st.tuples(st.integers(0, 40), st.integers(0, 60), st.integers(0, 60))


@given(CORNERS, st.floats(0.3, 1.2), st.floats(0.5, 5.0))
@settings(max_examples=25, deadline=None)
def test_the_coarse_voxels_of_a_large_organ_are_where_it_is(corner, pixel, thickness):
    from HermesSegmentLib.surface import coarsened

    first = (3, 5, 7)
    voxels = np.zeros((90, 130, 120), np.uint8)
    ends = np.add(corner, (40, 60, 50))
    voxels[tuple(slice(a, b) for a, b in zip(corner, ends, strict=True))] = 1
    grid = np.diag([-pixel, pixel, thickness, 1.0])
    grid[:3, 3] = 10, -20, 30
    coarse, placed = coarsened(voxels, first, grid)
    assert 30_000 < coarse.size <= 120_000

    def middle(block, matrix, start):
        place = np.argwhere(block).mean(0) + start
        return (matrix @ [*place[::-1], 1])[:3]

    cell = np.linalg.norm(placed[:3, :3], axis=0)
    away = middle(coarse, placed, (0, 0, 0)) - middle(voxels, grid, first)
    assert (np.abs(away) <= cell / 2).all()
    whole = voxels.sum() * pixel**2 * thickness
    assert abs(coarse.sum() * cell.prod() / whole - 1) < 0.3


def test_a_small_organ_keeps_its_voxels(volume):
    from HermesSegmentLib.surface import coarsened

    voxels = np.ones((20, 60, 50), np.uint8)
    coarse, placed = coarsened(voxels, (1, 2, 3), np.eye(4))
    assert np.array_equal(coarse, voxels) and placed[:3, 3].tolist() == [3, 2, 1]
