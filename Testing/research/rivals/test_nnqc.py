"""The peer after nnQC: how it draws, what it takes over from a core, and how it is trained."""

from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.cli.main import main
from HermesLib.datasets.slices import patients_of
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.registry import load_preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.registry import load_quality
from HermesLib.research.rivals.nnqc import NnQc, NnQcQuality
from HermesLib.resources import resource_path
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.datasets.made import make_decathlon

CORE = resource_path("Weights/qc-prostate-t2.safetensors")


class PerfectDenoiser(NnQc):
    """A network that has the clean latents and so predicts the noise exactly."""

    clean_latents: torch.Tensor

    def predict_noise(
        self, noisy: torch.Tensor, times: torch.Tensor, token: torch.Tensor, masks: torch.Tensor
    ) -> torch.Tensor:
        alpha = self.alphas_cumprod[times].view(-1, 1, 1, 1)
        return (noisy - alpha.sqrt() * self.clean_latents) / (1 - alpha).sqrt()


@pytest.mark.parametrize("steps", [1, 5])
def test_exact_noise_predictions_give_the_mask(steps: int):
    core = load_checkpoint(CORE)
    network = PerfectDenoiser(QualityConfig.from_dict(core.config)).eval()
    network.take_over(core.tensors)
    rows, columns = np.mgrid[:128, :128]
    mask = torch.from_numpy(((rows - 60) ** 2 + (columns - 70) ** 2 < 20**2).astype(np.float32))[
        None, None
    ]
    network.clean_latents = network.autoencoder.encode(mask)
    with torch.inference_mode():
        drawn = network.draw(torch.rand(1, 1, 128, 128), torch.zeros(1, 1, 128, 128), [3], steps)
    assert dice_batch(drawn[:, 0] > 0.5, mask[:, 0] > 0.5).item() > 0.97


def test_a_sample_depends_on_its_own_seed_not_on_the_batch():
    torch.manual_seed(0)
    core = load_checkpoint(CORE)
    network = NnQc(QualityConfig.from_dict(core.config))
    network.take_over(core.tensors)
    quality = NnQcQuality(network, "slice", "peer")
    images, masks = torch.rand(2, 3, 90, 70), torch.zeros(2, 90, 70, dtype=torch.bool)
    masks[:, 30:60, 20:50] = True
    both = quality.assess(quality.observe(images), masks, [1, 2])
    assert both.pgt.shape == (2, 90, 70) and torch.equal(
        both.pdsc, dice_batch(masks, both.pgt > 0.5)
    )
    alone = quality.assess(quality.observe(images[1:]), masks[1:], [2])
    assert torch.allclose(alone.pgt[0], both.pgt[1], atol=1e-4)
    assert not torch.allclose(
        quality.assess(quality.observe(images[1:]), masks[1:], [3]).pgt[0], both.pgt[1], atol=1e-2
    )


@pytest.mark.long
def test_training_keeps_autoencoder_and_image_expert_of_the_core(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "data"
    folder.mkdir()
    make_decathlon(folder, "MRI", "prostate", patients=5)
    words = [
        "research",
        "train-rival",
        "--preset",
        "prostate-t2",
        "--data",
        f"decathlon:{folder}",
        "--steps",
        "2",
        "--batch",
        "2",
    ]
    assert main([*words, "--rival", "nnqc", "-o", str(tmp_path / "no")]) != 0
    assert "--core" in capsys.readouterr().err
    known = load_checkpoint(CORE)
    people = patients_of(TrainingDataset("decathlon", folder).read())
    split = {"train": people[2:], "validation": people[1:2], "test": people[:1]}
    save_checkpoint(
        tmp_path / "core.safetensors",
        known.tensors,
        "quality",
        known.config,
        {**known.training, "split": split},
    )
    core = load_checkpoint(tmp_path / "core.safetensors")
    weights = tmp_path / "run" / "model.safetensors"
    assert (
        main(
            [
                *words,
                "--rival",
                "nnqc",
                "--core",
                str(tmp_path / "core.safetensors"),
                "-o",
                str(weights.parent),
            ]
        )
        == 0
    )
    trained = load_checkpoint(weights)
    assert (
        trained.training["core"] == {"sha256": core.sha256} and trained.training["split"] == split
    )
    for part, name in (("autoencoder.", "autoencoder."), ("image_encoder.", "image_expert.")):
        taken = [key for key in trained.tensors if key.startswith(part)]
        assert taken and all(
            torch.equal(trained.tensors[key], core.tensors[key.replace(part, name)])
            for key in taken
        )
    assert isinstance(
        load_quality(str(weights), load_preset("prostate-t2"), torch.device("cpu")), NnQcQuality
    )
