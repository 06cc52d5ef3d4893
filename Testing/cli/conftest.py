"""The real command in this process, with one warm engine for all of them, and small files for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import SimpleITK
import torch

from HermesLib.cli.main import main
from HermesLib.engine.client import Engine
from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.samples.prostate_phantom import Phantom, prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and the lines it wrote."""

    code: int
    out: list[str]
    err: list[str]


Hermes = Callable[..., Ended]


@pytest.fixture(scope="session")
def warm_engine() -> Iterator[Engine]:
    """Loads libraries and networks once for all commands."""
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def hermes(capfd: pytest.CaptureFixture[str], warm_engine: Engine) -> Hermes:
    """Run ``hermes`` with these words; what libraries write past Python counts too."""

    def run(*words: object, engine: Engine | None = warm_engine) -> Ended:
        capfd.readouterr()
        code = main([str(word) for word in words], engine)
        written = capfd.readouterr()
        return Ended(code, written.out.splitlines(), written.err.splitlines())

    return run


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    """Five slices of a procedural pelvis, the gland in the middle ones."""
    return prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))


@pytest.fixture
def files(tmp_path: Path, phantom: Phantom) -> Path:
    """A folder with ``image.nii.gz``, its ``label.nii.gz``, one slice of each, and a small untrained model's ``model.safetensors``."""
    folder = tmp_path / "files"
    folder.mkdir()
    SimpleITK.WriteImage(phantom.image, str(folder / "image.nii.gz"))
    SimpleITK.WriteImage(phantom.label, str(folder / "label.nii.gz"))
    SimpleITK.WriteImage(phantom.image[:, :, 2:3], str(folder / "one.nii.gz"))
    SimpleITK.WriteImage(phantom.label[:, :, 2:3], str(folder / "one_label.nii.gz"))
    torch.manual_seed(0)
    save_checkpoint(
        folder / "model.safetensors",
        ScribblePromptUNet((4, 4)).state_dict(),
        "scribbleprompt",
        {"image_size": 64},
    )
    return folder
