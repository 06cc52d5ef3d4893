"""A slice that is white for a large part was cut off at its window's upper end, and is marked."""

import torch

from HermesLib.notices import Notice, heard_by
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.saturation import saturated_slices
from HermesLib.quality.unfamiliar import unfamiliar_slices
from Testing.quality.small import SMALL


def slices_with_white(*shares: float) -> torch.Tensor:
    """Slices (B, 3, 20, 20); a share of the rows of each is white, and all of its neighbours."""
    images = torch.full((len(shares), 3, 20, 20), 0.4)
    images[:, [0, 2]] = 1
    for image, share in zip(images, shares, strict=True):
        image[1, : round(20 * share)] = 1
    return images


def test_only_slices_that_are_white_for_more_than_a_fifth_are_saturated_and_it_is_said():
    notices: list[Notice] = []
    with heard_by(notices.append):
        assert saturated_slices(slices_with_white(0, 0.1, 0.2, 0.55)).tolist() == [
            *[False] * 3,
            True,
        ]
        assert not saturated_slices(slices_with_white(0.1)).any()
    assert [one.kind for one in notices] == ["saturated"]
    assert notices[0].message.startswith("1 slice has more than 20%")


def test_a_core_without_any_check_marks_saturated_slices():
    core = QualityCore(SMALL)
    core.familiarity = None
    assert unfamiliar_slices(core, slices_with_white(0.1, 0), [], ()) is None
    flags = unfamiliar_slices(core, slices_with_white(0.55, 0.1, 0), [], ())
    assert flags is not None and flags.tolist() == [True, False, False]
