"""An engine with small untrained networks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import SimpleITK
import torch

from HermesLib.engine.client import Engine, State
from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.quality.network.core import QualityCore
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import RefineRequest
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.quality.small import SMALL


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image, and small untrained networks that find the organ on every slice."""
    folder = tmp_path_factory.mktemp("engine")
    SimpleITK.WriteImage(
        prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0)).image,
        str(folder / "t2.nii.gz"),
    )
    torch.manual_seed(0)
    save_checkpoint(
        folder / "model.safetensors",
        ScribblePromptUNet((4, 4)).state_dict(),
        "scribbleprompt",
        {"image_size": 64},
    )
    core = QualityCore(SMALL)
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    core.presence.layers[-1].bias.data.fill_(20.0)
    save_checkpoint(folder / "quality.safetensors", core.state_dict(), "quality", SMALL.to_dict())
    return folder


@pytest.fixture
def request_of(files: Path) -> Callable[..., RefineRequest]:
    """Builds requests for the small networks."""

    def make(**changes: object) -> RefineRequest:
        fields = {
            "image": files / "t2.nii.gz",
            "model": "scribbleprompt",
            "weights": str(files / "model.safetensors"),
            "quality": str(files / "quality.safetensors"),
            "settings": RefinementSettings(max_iterations=2, threshold=1.0),
            "device": "cpu",
        }
        return RefineRequest(**{**fields, **changes})

    return make


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    yield shared_engine
    if shared_engine.state is not State.IDLE:
        shared_engine.close()
