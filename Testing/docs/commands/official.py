"""Networks of official size with random weights, in the form of the official files."""

from dataclasses import replace
from pathlib import Path

import torch

from HermesLib.models.medsam.network import MedSamConfig, MedSamNetwork
from HermesLib.models.sam2.config import TINY
from HermesLib.models.sam2.network import Sam2Network


def make_official_networks(folder: Path) -> None:
    """Write MedSAM and MedSAM2, and a file in the form of SAM-Med2D's."""
    torch.manual_seed(0)
    torch.save(MedSamNetwork(MedSamConfig()).state_dict(), folder / "medsam_vit_b.pth")
    network = Sam2Network(replace(TINY, image_size=512))
    torch.save({"model": network.state_dict()}, folder / "MedSAM2_latest.pt")
    # With the training's optimizer as an object, as the official file.
    layer = torch.nn.Linear(2, 2)
    parts = {"model": layer.state_dict(), "optimizer": torch.optim.Adam(layer.parameters())}
    torch.save(parts, folder / "sam-med2d_b.pth")
