"""The architecture that HERMES is timed against has the sizes that nnQC states."""

import pytest
import torch

from HermesLib.research.bench import nnqc_decoder, nnqc_unet


@pytest.mark.parametrize(("build", "millions"), [(nnqc_unet, 26.4), (nnqc_decoder, 12.0)])
def test_the_rival_is_as_large_as_published(build, millions: float):
    with torch.device("meta"):
        network = build()
    size = sum(weight.numel() for weight in network.parameters()) / 1e6
    assert size == pytest.approx(millions, rel=0.03)
