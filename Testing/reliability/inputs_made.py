"""Small inputs for fault tests, made on the spot."""

from pathlib import Path

import SimpleITK
import torch

from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint

#: Short runs: the bundled quality control with one sample, a small untrained model.
QUICK = ["--max-iterations", "2", "--steps", "1", "--samples", "1"]


def write_inputs(folder: Path, slices: int = 4) -> None:
    """An image, its label and a small model: ``image.nii.gz``, ``label.nii.gz``, ``model...``."""
    phantom = prostate_phantom(seed=1, side=64, slices=slices, spacing=(3.0, 3.0, 14.0))
    SimpleITK.WriteImage(phantom.image, str(folder / "image.nii.gz"))
    SimpleITK.WriteImage(phantom.label, str(folder / "label.nii.gz"))
    torch.manual_seed(0)
    save_checkpoint(
        folder / "model.safetensors",
        ScribblePromptUNet((4, 4)).state_dict(),
        "scribbleprompt",
        {"image_size": 64},
    )


def refine_words(folder: Path, output: Path, *more: str) -> list[str]:
    """The words of a short ``hermes refine``."""
    weights = ["--model", "scribbleprompt", "--weights", str(folder / "model.safetensors")]
    return ["refine", str(folder / "image.nii.gz"), "-o", str(output), *weights, *QUICK, *more]
