"""What an ensemble reads of several slices in one call, as on a GPU, is what it reads of each."""

import torch

from HermesLib.quality.ensemble.reading import EnsembleReading, read_ensemble, read_members
from HermesLib.quality.network.ensemble import EnsembleConfig, EnsembleNetworks
from HermesLib.quality.network.member import MemberConfig

MEMBER = MemberConfig(grid=32, channels=(8, 8, 16, 16), blocks=(1, 1, 1, 1))


def assert_close(found: EnsembleReading, expected: EnsembleReading) -> None:
    assert found.window == expected.window and found.context is expected.context is None
    for name in ("where", "organ", "presence"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one.shape == other.shape and one.dtype == other.dtype
        assert torch.allclose(one.float(), other.float(), atol=2e-3), name


@torch.inference_mode()
def test_slices_that_are_read_together_are_read_as_each_alone():
    torch.manual_seed(0)
    networks = EnsembleNetworks(EnsembleConfig(MEMBER, members=2)).eval()
    images = torch.rand(3, 3, 40, 48)
    alone = read_ensemble(networks, images, None, [0, 1])
    together = list(read_members(list(networks.members), images, [None] * 3, at_once=3))
    assert len(alone) == len(together) == 3
    for one, other in zip(together, alone, strict=True):
        assert_close(one, other)
    # The slices differ by more than the tolerance.
    assert not torch.allclose(alone[0].where.float(), alone[1].where.float(), atol=2e-3)
