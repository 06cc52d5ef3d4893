"""Out-of-distribution slices are distinguished from new slices of the same kind."""

from pathlib import Path

import pytest
import torch

from HermesLib.io.volumes import read_volume
from HermesLib.presets.registry import load_preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.ood import MahalanobisDistance, of_volume
from HermesLib.quality.registry import load_quality
from Testing.quality.small import SMALL


def features(count: int, seed: int) -> torch.Tensor:
    """Six correlated features."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, generator=generator) @ torch.tensor(
        [[1.0, 0.9, 0, 0, 0, 0.2], [0, 0, 2.0, -1.8, 0, 0], [0, 0.3, 0, 0, 0.5, 0.5]]
    ) + 0.05 * torch.randn(count, 6, generator=generator)


def test_new_slices_of_the_same_kind_are_in_distribution_and_broken_correlations_are_not():
    distance = MahalanobisDistance(6)
    distance.fit(features(400, 0), features(200, 1))
    new = features(1000, 2)
    assert (distance(new) > 1).float().mean() < 0.04
    # Each feature alone is unchanged, their correlations are not.
    shuffled = torch.stack([column[torch.randperm(len(column))] for column in new.T], 1)
    assert (distance(shuffled) > 1).float().mean() > 0.5
    assert (distance(new + 8) > 1).all()


def test_weights_without_the_statistics_flag_nothing():
    quality = DiffusionQuality(QualityCore(SMALL), "core")
    assert quality.observe(torch.rand(2, 1, 64, 64)).out_of_distribution is None


def test_all_slices_of_a_volume_are_unfamiliar_where_most_are():
    flags = torch.tensor([True, True, False, False])
    assert of_volume(flags).tolist() == [True, True, False, False]
    assert of_volume(torch.tensor([True, True, True, False, False])).all()
    assert len(of_volume(torch.zeros(0, dtype=torch.bool))) == 0


DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="real patients (../shared/data) are not here")
def test_prostates_of_another_scanner_are_in_distribution_and_abdominal_ct_and_noise_are_not():
    preset = load_preset("prostate-t2")
    quality = load_quality("diffusion", preset, torch.device("cpu"))

    def flagged(images: torch.Tensor) -> float:
        flags = quality.observe(images).out_of_distribution
        assert flags is not None
        return float(flags.float().mean())

    def slices(path: Path) -> torch.Tensor:
        return torch.from_numpy(read_volume(path).normalise(preset.intensity))[:, None]

    for path in sorted((DATA / "prostatex" / "imagesTr").iterdir()):
        assert flagged(slices(path)) < 0.1, path.name
    assert flagged(slices(DATA / "ct-example" / "ct.nii.gz")) > 0.7
    assert flagged(torch.rand(4, 1, 128, 128)) == 1.0
