"""Networks that start from those of another organ know what these knew, and no patient twice."""

from dataclasses import replace

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.presets.registry import load_preset
from HermesLib.quality.network.context import ContextConfig, ContextNetwork
from HermesLib.quality.network.member import EnsembleMember, MemberConfig
from HermesLib.training.ensemble.folds import Folds, divide
from HermesLib.training.ensemble.other_organ import OtherOrgan

OTHERS = ("aorta", "kidney_left", "spleen", "tail")


@pytest.fixture(scope="module")
def spleen() -> OtherOrgan:
    return OtherOrgan.load(load_preset("spleen-ct"), "CT")


def earlier_member(spleen: OtherOrgan, fold: int) -> EnsembleMember:
    member = EnsembleMember(MemberConfig.from_dict(spleen.checkpoint.config["ensemble"]["member"]))
    prefix = f"ensemble.members.{fold}."
    tensors = spleen.checkpoint.tensors
    member.load_state_dict(
        {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    )
    return member.eval()


@torch.inference_mode()
def test_a_member_starts_with_the_maps_that_the_other_organs_member_had(spleen):
    earlier = earlier_member(spleen, 3)
    member = EnsembleMember(replace(earlier.config, others=OTHERS)).eval()
    parameters = len(member.state_dict())
    assert spleen.start_member(member, 3, "liver", OTHERS) == parameters
    images = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    before, after = earlier(images), member(images)
    liver = before.others[:, earlier.config.others.index("liver")][:, None]
    assert torch.allclose(after.where, liver, atol=1e-4)
    assert torch.allclose(after.organ, liver, atol=1e-4)
    assert torch.allclose(after.others[:, OTHERS.index("spleen")], before.organ[:, 0], atol=1e-4)
    aorta = before.others[:, earlier.config.others.index("aorta")]
    assert torch.allclose(after.others[:, OTHERS.index("aorta")], aorta, atol=1e-4)


@torch.inference_mode()
def test_context_networks_start_so_too(spleen):
    config = ContextConfig.from_dict(spleen.checkpoint.config["ensemble"]["context"])
    network = ContextNetwork(replace(config, others=("spleen", "stomach")))
    assert spleen.start_context(network, 0, "liver", ("spleen", "stomach")) > 0
    row = 1 + config.others.index("liver")
    weight = spleen.checkpoint.tensors["ensemble.contexts.0.to_maps.weight"]
    assert torch.equal(network.to_maps.weight[0], weight[row])
    assert torch.equal(network.to_maps.weight[1], weight[0])


def test_tensors_of_another_size_are_left_as_they_are(spleen):
    config = MemberConfig.from_dict(spleen.checkpoint.config["ensemble"]["member"])
    narrow = EnsembleMember(replace(config, channels=(8, 16, 24, 32)))
    before = {name: value.clone() for name, value in narrow.state_dict().items()}
    taken = spleen.start_member(narrow, 0, "liver", config.others)
    assert taken < len(before)
    assert torch.equal(narrow.to_maps[0].weight, before["to_maps.0.weight"])


def test_a_patient_of_the_earlier_training_keeps_the_fold(spleen):
    known = {names[0]: fold for fold, names in enumerate(spleen.folds.patients)}
    patients = [*known, *(f"new-{k}" for k in range(12))]
    fixed = spleen.known_folds(patients, 5)
    assert fixed == known
    folds = divide(patients, 5, dict.fromkeys(patients, 1), 0, fixed)
    assert all(folds.fold_of(patient) == fold for patient, fold in known.items())
    assert sorted(map(len, folds.patients)) == [3, 3, 3, 4, 4]
    spleen.check_folds(folds)
    turned = Folds((*folds.patients[1:], folds.patients[0]))
    with pytest.raises(HermesError, match="need the patient in the same fold"):
        spleen.check_folds(turned)


def test_another_modality_another_number_of_folds_and_weights_without_networks_are_refused(spleen):
    with pytest.raises(HermesError, match="the data are MR"):
        OtherOrgan.load(load_preset("spleen-ct"), "MR")
    with pytest.raises(HermesError, match="has 5 folds, not 3"):
        spleen.known_folds(["a"], 3)


def test_folds_without_a_patient_are_refused():
    with pytest.raises(HermesError, match="empty"):
        divide(["a", "b"], 2, {}, 0, {"a": 0, "b": 0})
