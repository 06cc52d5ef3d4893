"""Wrong input: every kind is what it says, and silent slices are counted."""

import numpy as np
import pytest

from HermesLib.evaluation.wrong_input import KINDS, RawVolume, as_other_scan, kinds_for
from HermesLib.evaluation.wrong_input_runs import WrongOutcome, wrong_input_figures
from HermesLib.presets.registry import load_preset


@pytest.fixture
def body() -> RawVolume:
    """A CT of 32 slices with a body, and an organ on its right side in the middle slices."""
    voxels = np.full((32, 40, 60), -1000, np.float32)
    voxels[:, 8:32, 10:50] = 0
    organ = np.zeros(voxels.shape, bool)
    organ[10:14, 12:20, 34:42] = True
    voxels[organ] = 120
    return RawVolume(voxels, (5.0, 1.0, 1.0), organ)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}-{kind.modalities[0]}")
def test_a_kind_changes_the_slices_and_leaves_the_right_volume_as_it_was(kind, body):
    before = body.voxels.copy()
    wrong = kind.change(body, np.random.default_rng(0))
    assert wrong is not None
    assert np.array_equal(body.voxels, before)
    assert wrong.voxels.shape != before.shape or not np.array_equal(wrong.voxels, before)
    assert wrong.voxels.ndim == 3
    assert np.isfinite(wrong.voxels).all()
    assert wrong.organ.shape == wrong.voxels.shape


def made(name: str, body: RawVolume) -> RawVolume:
    kind = next(kind for kind in kinds_for("CT") if kind.name == name)
    wrong = kind.change(body, np.random.default_rng(0))
    assert wrong is not None
    return wrong


def test_sagittal_planes_show_the_head_end_above_and_square_pixels(body):
    body.voxels[-4:] = -1000  # nothing at the head's end
    planes = made("sagittal", body)
    assert planes.voxels.shape[1:] == (32 * 5, 40)
    middle = planes.voxels[len(planes.voxels) // 2]
    assert middle[:10].max() == -1000
    assert middle[-10:].max() == 0


def test_a_removed_organ_looks_like_what_was_around_it(body):
    wrong = made("organ-removed", body)
    assert body.voxels[body.organ].min() == 120
    assert wrong.voxels[body.organ].max() < 60
    assert not wrong.organ.any()


def test_another_region_is_free_of_the_organ(body):
    region = made("other-region", body)
    assert len(region.voxels) > 0
    assert not region.organ.any()
    assert region.voxels.max() == 0


def test_a_window_read_as_hounsfield_units_leaves_no_air(body):
    intensity = load_preset("spleen-ct").intensity
    assert body.normalise(intensity).min() == 0
    for name in ("offset-scale", "eight-bit", "unit-scale"):
        assert made(name, body).normalise(intensity).min() > 0.2


def test_a_mirrored_ct_is_wrong_and_a_mirrored_pelvis_in_mr_is_not():
    assert "mirrored" in {kind.name for kind in kinds_for("CT")}
    assert "mirrored" not in {kind.name for kind in kinds_for("MR")}


def test_an_mr_given_to_a_ct_preset_is_not_blank(body):
    rng = np.random.default_rng(0)
    intensity = load_preset("spleen-ct").intensity
    for _ in range(8):
        assert np.ptp(as_other_scan(body, "CT", rng).normalise(intensity)) > 0.2


def test_only_unmarked_accepted_or_absent_slices_are_silent():
    outcomes = [
        WrongOutcome("noise", "a", "accepted", ()),
        WrongOutcome("noise", "a", "absent", ()),
        WrongOutcome("noise", "a", "absent", ("not-found",)),
        WrongOutcome("noise", "a", "stopped", ()),
        WrongOutcome("right", "a", "accepted", ()),
        WrongOutcome("right", "b", "accepted", ("unfamiliar",)),
        WrongOutcome("right", "b", "absent", ("not-found",)),
    ]
    figures = wrong_input_figures(outcomes)
    noise = figures["kinds"]["noise"]
    assert (noise["accepted_unmarked"], noise["absent_unmarked"], noise["marked"]) == (1, 1, 1)
    assert figures["silent"] == 0.5
    assert figures["false_alarms"] == {"b": 0.5, "a": 0.0}
