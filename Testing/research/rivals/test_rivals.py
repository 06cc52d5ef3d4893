"""The rivals: reconstruction of masks, use as quality controls, training."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from HermesLib.cli.main import main
from HermesLib.errors import HermesError
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_quality
from HermesLib.research.rivals.constrained_vae import BANK, LATENT, ConstrainedVae
from HermesLib.research.rivals.corruptions import corrupt
from HermesLib.research.rivals.error_map import ErrorMapQuality, ErrorMapRegression
from HermesLib.research.rivals.galati import Galati
from HermesLib.research.rivals.mask_regression import MaskRegression
from HermesLib.research.rivals.objectives import RIVAL_OBJECTIVES
from HermesLib.research.rivals.rebuilt import RebuiltQuality
from HermesLib.research.rivals.registry import RIVALS
from HermesLib.research.rivals.regression import DiceRegression, RegressionQuality
from HermesLib.research.rivals.valid_shapes import Shape, is_valid
from HermesLib.research.rivals.wang import LATENT as PAIR_LATENT
from HermesLib.research.rivals.wang import Wang
from HermesLib.weights.checkpoint import load_checkpoint
from Testing.datasets.made import make_decathlon

CPU = torch.device("cpu")


def disc(side: int, row: float, column: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (rows - row) ** 2 + (columns - column) ** 2 < radius**2


@pytest.mark.parametrize("kind", ["postdae", "galati", "wang", "cvae"])
def test_the_pdsc_is_the_dice_of_mask_and_reconstruction_on_the_slices_grid(kind: str):
    torch.manual_seed(0)
    quality = RebuiltQuality(RIVALS[kind]({"side": 64}), "centre", kind)
    images = torch.rand(2, 3, 90, 70)
    masks = torch.from_numpy(np.stack([disc(90, 45, 35, 20)[:, :70], disc(90, 40, 30, 9)[:, :70]]))
    answer = quality.assess(quality.observe(images), masks, [0, 1])
    assert answer.pgt.shape == (2, 90, 70) and answer.pgt.min() >= 0 and answer.pgt.max() <= 1
    assert torch.equal(answer.pdsc, dice_batch(masks, answer.pgt > 0.5))
    again = quality.assess(quality.observe(images[1:]), masks[1:], [7])
    assert torch.allclose(again.pgt[0], answer.pgt[1], atol=1e-5), (
        "the result depends on a seed or on the batch"
    )
    observation = quality.observe(images)
    assert observation.presence is None and observation.out_of_distribution is None


def test_a_regression_estimates_a_dice_and_draws_nothing():
    torch.manual_seed(0)
    quality = RegressionQuality(DiceRegression(64), "centre", "regression")
    images, masks = (
        torch.rand(2, 1, 90, 70),
        torch.from_numpy(np.stack([disc(90, 45, 35, 20)[:, :70]] * 2)),
    )
    masks[1] = False
    answer = quality.assess(quality.observe(images), masks, [0, 1])
    assert torch.equal(answer.pgt > 0.5, masks) and ((answer.pdsc > 0) & (answer.pdsc < 1)).all()
    assert answer.pdsc[0] != answer.pdsc[1]


def test_the_mask_regression_does_not_look_at_the_slice():
    torch.manual_seed(0)
    network = MaskRegression(64)
    masks = torch.from_numpy(
        np.stack([disc(64, 30, 30, 10), disc(64, 30, 30, 4)]).astype(np.float32)
    )[:, None]
    dark, bright = (network(torch.full_like(masks, value), masks) for value in (0.1, 0.9))
    assert torch.equal(dark, bright) and dark[0] != dark[1]


class KnowsTheError(ErrorMapRegression):
    """Estimates a Dice of 0.75 and finds the lower half of the slice wrong."""

    def forward(self, images: torch.Tensor, masks: torch.Tensor):
        errors = torch.full_like(masks, -9.0)
        errors[:, :, self.side // 2 :] = 9.0
        return torch.full((len(masks),), 0.75), errors


def test_the_pgt_of_an_error_map_is_the_mask_corrected_where_it_is_wrong():
    quality = ErrorMapQuality(KnowsTheError(64), "slice", "error-map")
    mask = torch.zeros(1, 64, 64, dtype=torch.bool)
    mask[:, 20:40, 20:40] = True
    answer = quality.assess(quality.observe(torch.rand(1, 1, 64, 64)), mask, [0])
    corrected = mask.clone()
    corrected[:, 32:] = ~mask[:, 32:]
    wrong = (answer.pgt > 0.5) != corrected
    assert wrong[:, [*range(30), *range(34, 64)]].sum() == 0, "up to the grid's edge"
    assert float(answer.pdsc) == 0.75


def test_wangs_search_improves_on_the_encoding_of_the_pair():
    torch.manual_seed(0)
    network, images = Wang(32), torch.rand(1, 1, 32, 32)
    masks = torch.from_numpy(disc(32, 16, 16, 8).astype(np.float32))[None, None]
    with torch.inference_mode():
        before = network.distance(network.encode(images, masks)[0], images, masks)
        surrogate = network.rebuild(images, masks)
    encoded = torch.sigmoid(network.decode(network.encode(images, masks)[0])[1])
    assert (surrogate - masks).abs().mean() < (encoded - masks).abs().mean()
    assert before.shape == (1,) and PAIR_LATENT == 64


class Discs(ConstrainedVae):
    """Latents are the radii of two discs; a second disc makes the shape invalid."""

    def encode(self, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = torch.zeros(len(masks), LATENT)
        found[:, 0] = torch.sqrt(masks.sum((1, 2, 3)) / np.pi)
        return found, torch.zeros_like(found)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.stack(
            [
                torch.from_numpy(
                    (disc(64, 20, 20, float(one[0])) | disc(64, 50, 50, float(one[1]))).astype(
                        np.float32
                    )
                )[None]
                - 0.5
                for one in latents
            ]
        )


def test_a_network_that_draws_no_valid_shape_says_what_to_do():
    torch.manual_seed(0)
    masks = torch.from_numpy(np.stack([disc(64, 20, 20, radius) for radius in (6, 9, 12)]))
    with pytest.raises(HermesError, match="0 of 5 samples are valid; train it longer"):
        ConstrainedVae(64).eval().fit_bank(masks[:, None].float(), np.random.default_rng(0), 5)


def test_an_invalid_shape_is_moved_to_the_nearest_valid_one_and_no_farther():
    network = Discs(64)
    masks = torch.from_numpy(
        np.stack([disc(64, 20, 20, radius) for radius in np.linspace(6, 14, 40)]).astype(np.float32)
    )
    valid = network.fit_bank(masks[:, None], np.random.default_rng(0))
    assert 0 < valid <= 1 and len(network.bank) == BANK and network.bank[:, 0].min() > 5.5
    sound, flawed = torch.zeros(2, LATENT)
    sound[0], flawed[0], flawed[1] = 10.0, 10.0, 4.0
    assert torch.equal(network.nearest_valid(sound), sound)
    moved = network.nearest_valid(flawed)
    low, high = (Shape(*values) for values in network.ranges.tolist())
    assert is_valid(network.decode(moved[None])[0, 0].numpy() > 0, low, high)
    assert moved[1] < 1 and abs(moved[0] - 10) < 1
    less = torch.lerp(flawed, moved, 0.95)
    assert not is_valid(network.decode(less[None])[0, 0].numpy() > 0, low, high), (
        "moved farther than necessary"
    )


def test_a_valid_shape_is_one_component_without_holes_of_usual_size_and_convexity():
    low, high = Shape(0.01, 0.9), Shape(0.2, 1.0)
    whole = disc(64, 30, 30, 10)
    assert is_valid(whole, low, high)
    assert not is_valid(np.zeros_like(whole), low, high)
    assert not is_valid(whole & ~disc(64, 30, 30, 3), low, high), "a hole"
    assert not is_valid(whole | disc(64, 55, 55, 4), low, high), "two pieces"
    assert not is_valid(disc(64, 30, 30, 25), low, high), "too large"
    assert not is_valid(whole & ~disc(64, 30, 40, 9), low, high), "a bay"


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(4, 20))
def test_corruption_changes_less_than_half_of_the_slice_and_keeps_empty_masks_empty(seed, radius):
    mask = disc(64, 30, 34, radius)
    corrupted = corrupt(mask, np.random.default_rng(seed))
    assert corrupted.shape == mask.shape
    assert corrupted.dtype == bool
    assert (corrupted != mask).mean() < 0.5
    assert not corrupt(np.zeros_like(mask), np.random.default_rng(seed)).any()


@pytest.mark.long
@pytest.mark.parametrize("kind", list(RIVAL_OBJECTIVES))
def test_a_rival_learns_from_a_few_shapes(kind: str):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    objective = RIVAL_OBJECTIVES[kind]()
    masks = np.stack(
        [disc(128, rng.uniform(50, 78), rng.uniform(50, 78), rng.uniform(20, 35)) for _ in range(8)]
    )
    targets = torch.from_numpy(masks.astype(np.float32))[:, None]
    images = 0.2 + 0.6 * targets
    optimiser = torch.optim.Adam(objective.network.parameters(), 2e-3)
    losses: list[float] = []
    while len(losses) < 60 and not (losses and max(losses[-3:]) < 0.8 * losses[0]):
        loss = objective.loss(objective.network, images, targets, rng)
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert max(losses[-3:]) < 0.8 * losses[0]


def test_a_trained_rival_is_recognised_by_its_weights_and_guides_a_refinement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "data"
    folder.mkdir()
    make_decathlon(folder, "MRI", "prostate", patients=5)
    words = ["research", "train-rival", "--preset", "prostate-t2", "--data", f"decathlon:{folder}"]
    weights = tmp_path / "run" / "model.safetensors"
    assert (
        main(
            [
                *words,
                "--rival",
                "wang",
                "--data",
                f"masks:{folder / 'labels'}",
                "-o",
                str(tmp_path / "no"),
            ]
        )
        != 0
    )
    assert "learns from images; leave out the folders of masks" in capsys.readouterr().err
    words += ["--data", f"masks:{folder / 'labels'}"]
    assert (
        main(
            [
                *words,
                "--rival",
                "galati",
                "--steps",
                "2",
                "--batch",
                "2",
                "-o",
                str(tmp_path / "run"),
            ]
        )
        == 0
    )
    checkpoint = load_checkpoint(weights)
    assert {one["layout"] for one in checkpoint.training["data"]} == {"decathlon", "masks"}
    assert checkpoint.kind == Galati.kind and checkpoint.config == {
        "side": 128,
        "field": "slice",
    }
    assert not set(checkpoint.training["split"]["train"]) & set(
        checkpoint.training["split"]["validation"]
    )
    quality = load_quality(str(weights), load_preset("prostate-t2"), CPU)
    assert isinstance(quality, RebuiltQuality) and quality.sha256 == checkpoint.sha256
    with pytest.raises(HermesError, match="own quality control alone"):
        load_quality(str(weights), load_preset("prostate-t2"), CPU, samples=2)
    image = next((folder / "images").glob("*.nii.gz"))
    words = [
        "refine",
        str(image),
        "--quality",
        str(weights),
        "--max-iterations",
        "1",
        "--slices",
        "1:3",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main(words) == 0
    assert (
        SimpleITK.ReadImage(str(tmp_path / "out" / "pgt.nii.gz")).GetSize()
        == SimpleITK.ReadImage(str(image)).GetSize()
    )
