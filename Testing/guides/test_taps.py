"""TAPS as a guide: the package's own mask, as a probability."""

import inspect
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.masks import mask_from_image, read_mask
from HermesLib.io.volumes import read_volume, volume_from_image
from Testing.guides.drawing import Organ, bright_image, drawn, install

PATIENTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "prostatex"
needs_taps = pytest.mark.skipif(
    find_spec("taps") is None, reason="TAPS is not installed: pip install lavlab-taps"
)
needs_patients = pytest.mark.skipif(
    not PATIENTS.is_dir(), reason="../shared/data/prostatex is not here"
)
PROSTATE = Organ("prostate-t2", "prostate", "MR")


def test_half_is_the_packages_own_threshold_and_only_the_largest_part_stays(tmp_path, monkeypatch):
    install("taps", tmp_path / "site")
    (tmp_path / "site" / "taps-9.9.dist-info").rename(
        tmp_path / "site" / "lavlab_taps-9.9.dist-info"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    image = bright_image()
    image[1, 1, 1] = 2.0  # A second part, of one voxel.
    image[10, 8, 3] = 0.52  # A voxel of the organ whose probability is 0.52.
    volume = volume_from_image(image)
    guide, notices = drawn("taps", volume, PROSTATE)
    # Logits are brightness x 4 - 2: the probability at which TAPS draws its mask is 0.55 there.
    own = 1 / (1 + np.exp(2 - 4 * volume.array)) > 0.55
    part = volume_from_image(image).axes.to_voxels(volume.array) == 2.0
    own &= ~volume.axes.to_slices(part)
    assert np.array_equal(guide.probability > 0.5, own)
    assert guide.soft and guide.version.startswith("lavlab-taps 9.9, weights ") and notices == []


def test_labels_make_no_sense_for_one_organ():
    with pytest.raises(HermesError, match="gives one organ; leave --guide-labels out"):
        drawn("taps", volume_from_image(bright_image()), PROSTATE, labels=(1,))


@pytest.mark.long
@needs_taps
@needs_patients
def test_taps_gives_the_mask_of_its_own_command_on_a_patient(tmp_path):
    from taps.inference import segment

    path = PATIENTS / "imagesTr" / "ProstateX-0000.nii.gz"
    volume = read_volume(path)
    guide, _ = drawn("taps", volume, PROSTATE)
    mask = guide.probability > 0.5
    written = segment(path, tmp_path / "own.nii.gz", None, device="cpu", exact=True)
    own = mask_from_image(SimpleITK.ReadImage(str(written)), volume)
    assert (mask != own).sum() <= 1e-3 * own.sum()
    truth = read_mask(PATIENTS / "labelsTr" / path.name, volume, ())
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.8


@needs_taps
def test_the_stand_in_has_the_signatures_of_taps():
    from taps import inference

    from Testing.guides.packages.standin_taps import inference as stand_in

    for name in ("build_preprocessing", "gaussian_blur_logits", "resolve_checkpoint"):
        kinds = (getattr(inference, name), getattr(stand_in, name))
        parameters = [list(inspect.signature(kind).parameters) for kind in kinds]
        assert parameters[0] == parameters[1]
    assert inference.DEFAULT_PROBABILITY_THRESHOLD == stand_in.DEFAULT_PROBABILITY_THRESHOLD
