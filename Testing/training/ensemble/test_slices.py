"""The batches that members learn from."""

from dataclasses import replace

import numpy as np
import torch

from HermesLib.datasets.augmentation import IDENTITY
from HermesLib.datasets.organ_warp import OrganWarp
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.quality.network.member import EnsembleMember, MemberConfig
from HermesLib.training.ensemble.member_batches import (
    UNKNOWN,
    MemberAugmentation,
    OrganSliceSampler,
    SliceMix,
)
from HermesLib.training.ensemble.objective import MemberObjective
from HermesLib.training.ensemble.slices import organ_slices
from HermesLib.training.ensemble.surroundings import surrounding_organs

SMALL = MemberConfig(grid=32, channels=(8, 8, 16, 16), blocks=(1, 1, 1, 1), others=("liver",))


def volume(
    patient: str, names: tuple[str, ...], count: int, brightness: int
) -> list[LabelledSlice]:
    """A patient's slices; the organ is on the middle one."""
    slices = []
    for index in range(count):
        label = np.zeros((40, 40), np.uint8)
        if index == count // 2:
            label[10:25, 12:28] = 1
        if len(names) > 2:
            label[30:38, 5:20] = 2
        image = np.full((40, 40), brightness, np.uint8)
        slices.append(LabelledSlice(image, label, names, patient, "made", index, "v", 3.0))
    return slices


BOTH = volume("p-1", ("background", "spleen", "liver"), 31, 100)
ONE = volume("p-2", ("background", "spleen"), 5, 200)


def sampler(**mix: float) -> OrganSliceSampler:
    cut = organ_slices([*BOTH, *ONE], "spleen", ("liver",), "slice", 1)
    return OrganSliceSampler(cut, SliceMix(**mix), MemberAugmentation())


def test_every_patient_has_the_same_weight_however_many_slices_it_has():
    same = MemberAugmentation(IDENTITY, OrganWarp(share=0.0, split=0.0), cut=0.0)
    cut = organ_slices([*BOTH, *ONE], "spleen", ("liver",), "slice", 1)
    mix = SliceMix(absent=1.0, nearby=1.0, reach=40)
    images, _ = OrganSliceSampler(cut, mix, same).draw(np.random.default_rng(0), 200, 16)
    bright = (images.amax((1, 2, 3)) > 0.6).float().mean()
    assert 0.4 < float(bright) < 0.6


def test_the_share_of_slices_without_the_organ_is_as_said():
    _, targets = sampler(absent=0.4).draw(np.random.default_rng(1), 300, 16)
    absent = (targets[:, 0].sum((1, 2)) == 0).float().mean()
    assert 0.3 < float(absent) < 0.55


def test_an_organ_that_a_data_set_does_not_label_does_not_enter_the_loss():
    _, targets = sampler().draw(np.random.default_rng(2), 60, 16)
    unknown = targets[:, 1].amin((1, 2)) == UNKNOWN
    assert unknown.any() and not unknown.all()
    torch.manual_seed(0)
    objective = MemberObjective(SMALL)
    images = torch.rand(4, 3, 32, 32)
    masks = torch.zeros(4, 2, 32, 32)
    masks[:, 0, 8:20, 8:20] = 1
    masks[2:, 1] = UNKNOWN
    network = objective.network
    assert isinstance(network, EnsembleMember)
    loss = objective.loss(network, images, masks, np.random.default_rng(0))
    network.zero_grad()
    loss.backward()
    assert torch.isfinite(loss)
    alone = masks.clone()
    alone[:, 1] = UNKNOWN
    without = objective.loss(network, images, alone, np.random.default_rng(0))
    assert float(without) < float(loss)


def test_a_batch_depends_on_the_seed_alone():
    first = sampler().draw(np.random.default_rng(5), 6, 32)
    second = sampler().draw(np.random.default_rng(5), 6, 32)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_slices_alone_and_volumes_are_drawn_together():
    lone = [replace(item, index=-1, volume="", thickness=None, patient="p-3") for item in ONE[2:3]]
    cut = organ_slices([*BOTH, *lone], "spleen", ("liver",), "slice", 1)
    assert [item.distance for item in cut if item.patient == "p-3"] == [0]
    _, targets = OrganSliceSampler(cut, SliceMix(absent=0), MemberAugmentation()).draw(
        np.random.default_rng(0), 40, 16
    )
    assert targets[:, 0].flatten(1).any(1).all()
    unknown = targets[:, 1].flatten(1).amin(1) == UNKNOWN
    assert unknown.any() and not unknown.all()


def test_the_organ_lies_in_a_view_where_it_lies_in_a_slice_of_any_size():
    nothing = MemberAugmentation(IDENTITY, OrganWarp(share=0.0, split=0.0), cut=0.0)
    slices = []
    for patient, scale in (("small", 1), ("large", 3)):
        label = np.kron(ONE[2].label, np.ones((scale, scale), np.uint8))  # type: ignore[arg-type]
        slices.append(replace(ONE[2], image=label * 200, label=label, patient=patient, index=-1))
    cut = organ_slices(slices, "spleen", (), "slice", 1)
    sampler = OrganSliceSampler(cut, SliceMix(absent=0.0), nothing)
    images, targets = sampler.draw(np.random.default_rng(0), 12, 40)
    expected = torch.from_numpy(ONE[2].label == 1)
    for image, target in zip(images, targets, strict=True):
        assert ((target[0] > 0.5) != expected).float().mean() < 0.01
        assert ((image[1] > 0.4) != expected).float().mean() < 0.03


def test_a_view_that_shrinks_a_slice_averages_it():
    stripes = np.zeros((96, 96), np.uint8)
    stripes[:, ::2] = 250
    label = np.zeros((96, 96), np.uint8)
    label[30:60, 30:60] = 1
    item = LabelledSlice(stripes, label, ("background", "spleen"), "p-1", "made")
    nothing = MemberAugmentation(IDENTITY, OrganWarp(share=0.0, split=0.0), cut=0.0)
    cut = organ_slices([item], "spleen", (), "slice", 1)
    images, _ = OrganSliceSampler(cut, SliceMix(absent=0.0), nothing).draw(
        np.random.default_rng(0), 1, 40
    )
    assert float(images.std()) < 0.2


def test_of_many_other_organs_those_are_mapped_that_the_most_patients_show():
    names = ("background", "spleen", *(f"organ-{k:02d}" for k in range(20)))
    slices = []
    for patient in range(4):
        label = np.zeros((8, 8), np.uint8)
        shown = range(20) if patient == 0 else range(20 - 5 * patient, 20)
        label.flat[: len(shown)] = [k + 2 for k in shown]
        image = np.zeros((8, 8), np.uint8)
        slices.append(LabelledSlice(image, label, names, f"p-{patient}", "made", 0, "v", 3.0))
    # Organs 15 to 19 on all four patients, 10 to 14 on three, 5 to 9 on two.
    mapped = tuple(f"organ-{k:02d}" for k in (5, 6, *range(10, 20)))
    assert surrounding_organs(slices, "spleen") == mapped
    assert surrounding_organs(BOTH, "spleen") == ("liver",)
