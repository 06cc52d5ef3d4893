"""Voxels behind segments."""

from Testing.slicer_module.measure_run import resident


def test_voxels_take_memory_only_where_a_slice_has_a_mask(volume):
    from HermesSegmentLib.labelmaps import empty_voxels

    before = resident()
    voxels = empty_voxels((400, 512, 512))
    assert voxels.shape == (400, 512, 512) and not voxels[399].any()
    voxels[::100, 100:200, 100:200] = 1
    assert voxels[::100].sum() == 4 * 100 * 100
    assert resident() - before < 10, "the whole block would take 105 MB"
