"""Images and masks as the loop takes them."""

import numpy as np
import pytest

import HermesLib
from HermesLib.errors import HermesError
from HermesLib.io.volumes import volume_from_array
from HermesLib.presets.registry import load_preset
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.inputs import RunSources, prepare_inputs, slice_indices
from HermesLib.samples.prostate_phantom import prostate_phantom

PRESET = load_preset("prostate-t2")
ARRAY = np.random.default_rng(0).integers(0, 500, (5, 12, 10))


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        (None, range(5)),
        ((1, 3), range(1, 3)),
        ((None, 2), range(2)),
        ((-2, None), range(3, 5)),
        ((1, -1), range(1, 4)),
    ],
)
def test_a_range_of_slices_follows_pythons_rules(slices, expected):
    assert slice_indices(slices, 5) == expected


@pytest.mark.parametrize("slices", [(3, 3), (4, 2), (0, 6), (-7, None)])
def test_a_range_beyond_the_volume_or_empty_is_an_error(slices):
    with pytest.raises(HermesError, match="not all in the volume's 5"):
        slice_indices(slices, 5)


def test_selected_slices_keep_their_neighbours_and_the_scale_of_the_whole_volume():
    sources = RunSources(volume_from_array(ARRAY), truth=ARRAY > 250, mask=ARRAY > 400)
    whole = prepare_inputs(sources, PRESET)
    part = prepare_inputs(sources, PRESET, (2, 4))
    assert part.images.shape == (2, 3, 12, 10)
    assert np.array_equal(part.images, whole.images[2:4])
    assert np.array_equal(part.images[0, 0], whole.images[1, 1])
    assert np.array_equal(part.truth, ARRAY[2:4] > 250)
    assert np.array_equal(part.mask, ARRAY[2:4] > 400)
    assert whole.images.min() >= 0 and whole.images.max() <= 1


@pytest.fixture(scope="module")
def reports():
    """Reports on a phantom, by the slices that were chosen."""
    image = prostate_phantom(seed=1, side=64, slices=8, spacing=(3.0, 3.0, 9.0)).image
    settings = RefinementSettings(threshold=0.5, max_iterations=1)

    def report(slices):
        chosen = HermesLib.refine(image, settings=settings, slices=slices, device="cpu")
        return {entry["index"]: entry for entry in chosen.report["slices"]}

    return {slices: report(slices) for slices in (None, (0, 2), (3, 4), (5, 8))}


@pytest.mark.parametrize("slices", [(0, 2), (3, 4), (5, 8)])
def test_the_selection_does_not_change_what_is_said_of_a_slice(reports, slices):
    whole, part = reports[None], reports[slices]
    assert list(part) == list(range(*slices))
    for index, entry in part.items():
        for key in ("present", "borderline", "familiar", "status", "pdsc", "pdsc_low", "pdsc_high"):
            assert entry[key] == whole[index][key], (index, key)
        alone = {"borderline", "unfamiliar"}
        assert alone & set(entry["marks"]) == alone & set(whole[index]["marks"])
