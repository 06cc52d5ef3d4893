"""Small random networks of each model, as checkpoints."""

from pathlib import Path

import torch

from HermesLib.models.incontext.network import InContextNetwork
from HermesLib.models.medsam.network import MedSamConfig, MedSamNetwork
from HermesLib.models.mideepseg.network import MideepsegUNet
from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.network import Sam2Network
from HermesLib.models.sam_family.network import SamConfig, SamNetwork
from HermesLib.models.sam_med2d.adapter_layers import encoder_with_adapters
from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.models import seeded

TINY = SamConfig(
    image_size=64,
    patch=8,
    depth=2,
    width=32,
    heads=2,
    window=0,
    global_layers=(),
    prompt_width=32,
    decoder_heads=2,
    decoder_mlp=32,
    mask_channels=4,
    quality_width=8,
)
TINY_SAM2 = Sam2Config(**seeded.TINY_SAM2)
TINY_SAM = MedSamConfig(**TINY.to_dict())


def write_checkpoint(folder: Path, model: str) -> Path:
    """A random network's project file."""
    torch.manual_seed(0)
    network, config = {
        "medsam": lambda: (MedSamNetwork(TINY_SAM), TINY_SAM.to_dict()),
        "scribbleprompt": lambda: (
            ScribblePromptUNet((8, 8, 8)),
            {"features": [8, 8, 8], "image_size": 64},
        ),
        "mideepseg": lambda: (MideepsegUNet(4), {"width": 4}),
        "universeg": lambda: (InContextNetwork(1, (8, 8, 8), norm=False), {"image_size": 64}),
        "multiverseg": lambda: (InContextNetwork(5, (8, 8, 8), norm=True), {"image_size": 64}),
        "sam2": lambda: (Sam2Network(TINY_SAM2), TINY_SAM2.to_dict()),
        "medsam2": lambda: (Sam2Network(TINY_SAM2), TINY_SAM2.to_dict()),
        "sam": lambda: (SamNetwork(TINY), TINY.to_dict()),
        "scribbleprompt-sam": lambda: (SamNetwork(TINY), TINY.to_dict()),
        "sam-med2d": lambda: (SamNetwork(TINY, encoder_with_adapters(TINY)), TINY.to_dict()),
    }[model]()
    if model == "mideepseg":
        # An untrained network would give an empty mask; with this bias it fills its crop.
        network.out[0].bias.data = torch.tensor([-3.0, 3.0])
    path = folder / f"{model}.safetensors"
    save_checkpoint(path, network.state_dict(), model, config)
    return path
