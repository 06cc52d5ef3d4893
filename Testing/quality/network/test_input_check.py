"""The input check: a slice's own answer, joined with its volume's."""

import torch

from HermesLib.quality.network.input_check import InputCheck, InputCheckConfig, volume_evidence


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


def test_without_a_member_only_the_others_answer():
    torch.manual_seed(0)
    check = InputCheck(InputCheckConfig(members=2)).eval()
    images = torch.rand(2, 1, 50, 60)
    first, second = check.log_odds(images, [0]), check.log_odds(images, [1])
    assert not torch.equal(first, second)
    assert torch.allclose(check.log_odds(images), (first + second) / 2, atol=1e-5)
