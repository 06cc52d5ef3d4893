"""Networks of official size with random weights, in the form of the official files."""

from dataclasses import replace
from pathlib import Path

import torch

from HermesLib.models.medsam.network import MedSamConfig, MedSamNetwork
from HermesLib.models.sam2.config import TINY
from HermesLib.models.sam2.network import Sam2Network


def make_official_networks(folder: Path) -> None:
    """Write MedSAM, and MedSAM2 under two names."""
    torch.manual_seed(0)
    torch.save(MedSamNetwork(MedSamConfig()).state_dict(), folder / "medsam_vit_b.pth")
    network = Sam2Network(replace(TINY, image_size=512))
    torch.save({"model": network.state_dict()}, folder / "MedSAM2_latest.pt")
