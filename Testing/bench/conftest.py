"""A small volume and small networks, for all benchmarks."""

from pathlib import Path

import pytest
import SimpleITK

from HermesLib.quality.network.core import QualityCore
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import RefineRequest
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.models.small import write_checkpoint
from Testing.quality.small import SMALL

SLICES = 3


@pytest.fixture(scope="session")
def small_request(tmp_path_factory: pytest.TempPathFactory) -> RefineRequest:
    """An image and small untrained networks that find the organ on every slice."""
    folder: Path = tmp_path_factory.mktemp("bench")
    image = prostate_phantom(1, side=64, slices=SLICES, spacing=(3.0, 3.0, 14.0)).image
    SimpleITK.WriteImage(image, str(folder / "t2.nii.gz"))
    core = QualityCore(SMALL)
    core.presence.layers[-1].bias.data.fill_(20.0)
    save_checkpoint(folder / "quality.safetensors", core.state_dict(), "quality", SMALL.to_dict())
    write_checkpoint(folder, "medsam")
    return RefineRequest(
        image=folder / "t2.nii.gz",
        model="medsam",
        weights=str(folder / "medsam.safetensors"),
        quality=str(folder / "quality.safetensors"),
        settings=RefinementSettings(max_iterations=1, threshold=1.0),
        samples=1,
        steps=1,
        device="cpu",
    )
