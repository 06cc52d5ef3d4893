"""The input check: a slice's own answer, joined with its volume's."""

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import nn

from HermesLib.io.neighbours import with_neighbours
from HermesLib.io.volumes import read_volume
from HermesLib.notices import heard_by
from HermesLib.presets.registry import load_preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network import input_check
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.input_check import InputCheck, InputCheckConfig, volume_evidence
from HermesLib.quality.registry import load_quality
from Testing.quality.small import SMALL

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


class BrightOnTheRight(nn.Module):
    """Log odds of 1, and more the brighter the right half is than the left."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(10.0))

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        left, right = squares.chunk(2, -1)
        return 1 + self.factor * (right.mean((1, 2, 3)) - left.mean((1, 2, 3)))


def one_sided(brightness: float, count: int = 9) -> torch.Tensor:
    """Slices (B, 3, H, W) with a structure in the right half."""
    images = torch.rand(count, 3, 40, 40, generator=torch.Generator().manual_seed(0)) * 0.1
    images[:, :, 10:30, 24:36] += brightness
    return images


def bright_check() -> InputCheck:
    check = InputCheck(InputCheckConfig(grid=32))
    check.members = nn.ModuleList([BrightOnTheRight()])
    return check


def test_one_odd_slice_of_a_right_volume_is_kept_by_its_volume():
    log_odds = torch.tensor([6.0] * 9 + [-2.0])
    assert volume_evidence(log_odds, 0.0)[-1] < 0
    assert (volume_evidence(log_odds, 0.5) > 0).all()


def test_a_slice_that_looks_right_in_a_wrong_volume_is_unfamiliar():
    log_odds = torch.tensor([-6.0] * 9 + [2.0])
    assert (volume_evidence(log_odds, 0.5) < 0).all()


def test_one_slice_does_not_decide_for_a_whole_volume():
    assert (volume_evidence(torch.tensor([4.0] * 9 + [-1e6]), 0.5)[:-1] > 0).all()


def test_what_is_said_of_a_slice_alone_does_not_depend_on_the_others():
    torch.manual_seed(0)
    check = InputCheck(InputCheckConfig(members=2)).eval()
    images = torch.rand(4, 3, 50, 60)
    together = check.log_odds(images)
    assert torch.equal(together[2:3], check.log_odds(images[2:3]))
    assert together.shape == (4,)
    assert check.unfamiliar(images[:0]).shape == (0,)


def test_slices_that_a_gpu_reads_together_are_judged_as_each_alone(monkeypatch):
    torch.manual_seed(0)
    check = InputCheck(InputCheckConfig(members=2)).eval()
    images = torch.rand(5, 3, 50, 60)
    alone = check.log_odds(images)
    monkeypatch.setattr(input_check, "_at_once", lambda device: 2)
    assert torch.allclose(check.log_odds(images), alone, atol=1e-5)


def test_without_a_member_only_the_others_answer():
    torch.manual_seed(0)
    check = InputCheck(InputCheckConfig(members=2)).eval()
    images = torch.rand(2, 1, 50, 60)
    first, second = check.log_odds(images, [0]), check.log_odds(images, [1])
    assert not torch.equal(first, second)
    assert torch.allclose(check.log_odds(images), (first + second) / 2, atol=1e-5)


def test_a_volume_that_looks_better_with_its_sides_exchanged_is_found():
    check, images = bright_check(), one_sided(0.6)
    assert not check.is_mirrored(images)
    assert check.is_mirrored(images.flip(-1))


def test_a_volume_that_looks_the_same_either_way_is_not_doubted():
    check, images = bright_check(), one_sided(0.05)
    assert not check.is_mirrored(images) and not check.is_mirrored(images.flip(-1))


def test_a_few_lone_slices_are_never_called_mirrored():
    assert not bright_check().is_mirrored(one_sided(0.6, count=4).flip(-1))


@pytest.mark.parametrize("either_side", [False, True])
def test_all_slices_of_a_mirrored_volume_are_unfamiliar_where_the_organ_is_on_one_side(either_side):
    torch.manual_seed(0)
    check = InputCheckConfig(grid=32, threshold=-100.0)
    config = dataclasses.replace(SMALL, input_check=check, mirror=either_side)
    core = QualityCore(config)
    core.input_check = bright_check()
    core.input_check.config = check
    quality = DiffusionQuality(core, "core")
    heard = []
    with heard_by(heard.append):
        right = quality.observe(one_sided(0.6)[:, 1:2]).out_of_distribution
        mirrored = quality.observe(one_sided(0.6)[:, 1:2].flip(-1)).out_of_distribution
    assert right is not None and mirrored is not None and not right.any()
    assert mirrored.all() == (not either_side) == mirrored.any()
    assert [notice.kind for notice in heard] == ([] if either_side else ["sides-exchanged"])


@needs_data
@pytest.mark.parametrize("name", ["ct-example/ct.nii.gz", "dicom/ct-abdomen"])
def test_real_abdomens_are_found_if_their_sides_are_exchanged_and_only_then(name):
    preset = load_preset("spleen-ct")
    quality = load_quality("diffusion", preset, torch.device("cpu"))
    images = with_neighbours(read_volume(DATA / name).normalise(preset.intensity))
    assert isinstance(quality, DiffusionQuality) and quality.core.input_check is not None
    assert not quality.core.input_check.is_mirrored(images)
    assert quality.core.input_check.is_mirrored(images.flip(-1))
