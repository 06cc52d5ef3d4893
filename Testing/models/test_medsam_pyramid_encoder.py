"""The bundled small MedSAM's image encoder."""

import dataclasses

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.medsam.network import SMALL, MedSamNetwork
from HermesLib.models.registry import load_model


def test_features_depend_most_on_their_own_place_in_the_image():
    torch.manual_seed(0)
    network = MedSamNetwork(SMALL).eval()
    image = torch.rand(1, 3, SMALL.image_size, SMALL.image_size)
    changed = image.clone()
    changed[..., 40:56, 120:136] = 1 - changed[..., 40:56, 120:136]
    with torch.inference_mode():
        difference = (network.encode(image) - network.encode(changed)).abs().sum(1)[0]
    assert difference.shape == (24, 24)
    row, column = divmod(int(difference.argmax()), 24)
    assert 4 <= row <= 7 and 14 <= column <= 17


def test_an_unknown_encoder_is_refused():
    for unknown in ({"encoder": "mamba"}, {"patch": 16}):
        with pytest.raises(HermesError, match="no image encoder"):
            MedSamNetwork(dataclasses.replace(SMALL, **unknown))


def test_the_bundled_model_has_the_pyramid_encoder():
    assert load_model("medsam").network.config == SMALL
