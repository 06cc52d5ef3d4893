"""Training of an input check on phantoms: it knows wrong input of patients it has not seen."""

import numpy as np
import pytest
import torch

from HermesLib.presets.registry import load_preset
from HermesLib.quality.network.input_check import InputCheckConfig, load_input_check
from HermesLib.samples.prostate_phantom import SAMPLE_SEED, phantom_slices
from HermesLib.training.ensemble.folds import Folds
from HermesLib.training.input_bank import RIGHT, BankEntry, InputBank, gather_bank
from HermesLib.training.input_check import default_input_check_training, train_input_check

GRID = 48


@pytest.fixture(scope="module")
def bank() -> InputBank:
    """Eight patients, each upright and upside down, and noise."""
    rng = np.random.default_rng(0)
    squares, entries = [], []
    for patient in range(8):
        for image, _ in phantom_slices(rng, 6, GRID):
            pixels = (image * 255).astype(np.uint8)
            noise = rng.integers(0, 256, pixels.shape, dtype=np.uint8)
            for kind, square in ((RIGHT, pixels), ("upside-down", pixels[::-1]), ("noise", noise)):
                squares.append(square)
                entries.append(BankEntry(kind, f"p-{patient}", f"p-{patient}"))
    return InputBank(np.stack(squares), tuple(entries))


def test_wrong_input_of_unseen_patients_is_found_and_the_training_resumes(bank, tmp_path):
    folds = Folds((("p-0", "p-1", "p-2", "p-3"), ("p-4", "p-5", "p-6", "p-7")))
    settings = default_input_check_training("MR", steps=60, every=30, batch=24)
    config = InputCheckConfig(grid=GRID, channels=(8, 16, 24))
    lines: list[str] = []

    def trained():
        return load_input_check(
            train_input_check(bank, folds, config, settings, tmp_path, {"seed": 0}, lines.append)
        )

    check, recorded = trained()
    assert recorded == folds.patients
    right = torch.from_numpy(bank.select(lambda entry: entry.kind == RIGHT).squares[:6] / 255.0)
    wrong = torch.from_numpy(bank.select(lambda entry: entry.kind == "noise").squares[:6] / 255.0)
    # The first fold's patients, by the network that was not trained on them.
    assert not check.unfamiliar(right[:, None].float(), [0]).any()
    assert check.unfamiliar(wrong[:, None].float(), [0]).all()
    assert any(line.startswith("noise") for line in lines)
    again, _ = trained()
    for a, b in zip(check.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_whole_phantoms_are_right_input_but_the_sample_of_the_demonstration_is_none_of_them():
    preset = load_preset("prostate-t2")
    bank = gather_bank(preset, [], [], lambda _: True, field="slice", side=GRID, phantoms=2)
    right = bank.select(lambda entry: entry.kind == RIGHT)
    patients = {entry.patient for entry in bank.entries}
    assert len(patients) == 2
    assert f"phantom-{SAMPLE_SEED}" not in patients
    assert len(right.squares) > 30
    assert len(right.squares) == len(bank.squares), "a phantom upside down is not taught as wrong"
