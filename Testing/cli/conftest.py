"""The real command, in this process and with one shared engine, and small input files."""

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
class CommandResult:
    """Exit code and output lines of a command."""

    code: int
    out: list[str]
    err: list[str]


Hermes = Callable[..., CommandResult]


@pytest.fixture(scope="session")
def warm_engine() -> Iterator[Engine]:
    """An engine that loads libraries and networks once for all commands."""
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def hermes(capfd: pytest.CaptureFixture[str], warm_engine: Engine) -> Hermes:
    """Run ``hermes`` with arguments; captures output of native libraries too."""

    def run(*arguments: object, engine: Engine | None = warm_engine) -> CommandResult:
        capfd.readouterr()
        code = main([str(word) for word in arguments], engine)
        written = capfd.readouterr()
        return CommandResult(code, written.out.splitlines(), written.err.splitlines())

    return run


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    """Five slices of a synthetic pelvis; the gland is on the middle slices."""
    return prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))


@pytest.fixture
def files(tmp_path: Path, phantom: Phantom) -> Path:
    """A folder with an image, its label, one slice of each, and a small untrained model."""
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
