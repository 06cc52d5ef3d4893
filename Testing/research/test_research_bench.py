"""HERMES is timed against an architecture of the sizes that nnQC states, with its own real pGT."""

import pytest
import torch

from HermesLib.quality.protocol import Assessment
from HermesLib.research.bench import nnqc_decoder, nnqc_unet, own_work


@pytest.mark.parametrize(("build", "millions"), [(nnqc_unet, 26.4), (nnqc_decoder, 12.0)])
def test_the_rival_is_as_large_as_published(build, millions: float):
    with torch.device("meta"):
        network = build()
    size = sum(weight.numel() for weight in network.parameters()) / 1e6
    assert size == pytest.approx(millions, rel=0.03)


def test_the_pgt_that_is_timed_alone_is_that_of_a_run():
    pgt, score = (work() for work in own_work(1).values())
    assert isinstance(score, Assessment)
    assert torch.allclose(pgt, score.pgt, atol=1e-5) and bool((pgt > 0.5).any())
