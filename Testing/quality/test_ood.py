"""Slices unlike all training patients are told apart from those that are merely new."""

from pathlib import Path

import pytest
import torch

from HermesLib.io.volumes import read_volume
from HermesLib.presets.registry import load_preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.ood import MahalanobisDistance
from HermesLib.quality.registry import load_quality
from Testing.quality.small import SMALL


def features(count: int, seed: int) -> torch.Tensor:
    """Six correlated features."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, generator=generator) @ torch.tensor(
        [[1.0, 0.9, 0, 0, 0, 0.2], [0, 0, 2.0, -1.8, 0, 0], [0, 0.3, 0, 0, 0.5, 0.5]]
    ) + 0.05 * torch.randn(count, 6, generator=generator)


def test_new_slices_of_the_same_kind_are_familiar_and_broken_correlations_are_not():
    known = MahalanobisDistance(6)
    known.fit(features(400, 0), features(200, 1))
    new = features(1000, 2)
    assert (known(new) > 1).float().mean() < 0.04
    # Each feature by itself is as usual; only their relation is not.
    shuffled = torch.stack([column[torch.randperm(len(column))] for column in new.T], 1)
    assert (known(shuffled) > 1).float().mean() > 0.5
    assert (known(new + 8) > 1).all()


def test_weights_that_know_nothing_of_it_say_so():
    quality = DiffusionQuality(QualityCore(SMALL), "core")
    assert quality.observe(torch.rand(2, 1, 64, 64)).out_of_distribution is None


DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="real patients (../shared/data) are not here")
def test_another_scanners_prostates_are_familiar_and_abdominal_ct_and_noise_are_not():
    preset = load_preset("prostate-t2")
    quality = load_quality("diffusion", preset, torch.device("cpu"))

    def unfamiliar(images: torch.Tensor) -> float:
        flags = quality.observe(images).out_of_distribution
        assert flags is not None
        return float(flags.float().mean())

    def slices(path: Path) -> torch.Tensor:
        return torch.from_numpy(read_volume(path).normalise(preset.intensity))[:, None]

    for path in sorted((DATA / "prostatex" / "imagesTr").iterdir()):
        assert unfamiliar(slices(path)) < 0.1, path.name
    assert unfamiliar(slices(DATA / "ct-example" / "ct.nii.gz")) > 0.7
    assert unfamiliar(torch.rand(4, 1, 128, 128)) == 1.0
