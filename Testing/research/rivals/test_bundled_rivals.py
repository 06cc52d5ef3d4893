"""The rivals' bundled weights on real patients: what they make of good masks and of blank ones, and that HERMES is ahead of them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.cli.main import main
from HermesLib.evaluation.cases import read_slices
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_quality
from HermesLib.research.release.test_patients import read_test_cases
from HermesLib.research.rivals.rebuilt import RebuiltQuality
from HermesLib.research.rivals.registry import bundled_rivals
from HermesLib.research.rivals.regression import DiceRegression
from HermesLib.research.tables.design import HERMES
from HermesLib.weights.checkpoint import load_checkpoint

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
CPU = torch.device("cpu")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs real patients (../shared/data)")

TESTS = {"prostate-t2": "decathlon:prostatex", "spleen-ct": "slices:btcv-slices"}


def drawing(preset_name: str) -> set[str]:
    """Kinds of the bundled rivals that yield a pGT."""
    return {
        str(load_checkpoint(path).kind) for path in bundled_rivals(load_preset(preset_name))
    } - {DiceRegression.kind}


def slices_of(
    preset_name: str, folder: str, patients: set[str] | None, most: int
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Up to ``most`` slices (1, C, H, W) with the organ and their truth (1, H, W), evenly over the cases."""
    preset = load_preset(preset_name)
    layout, name = folder.split(":")
    found = []
    for case in read_test_cases(f"{layout}:{DATA / name}", preset.organ_label):
        if patients is None or case.identity in patients:
            images, truth, _ = read_slices(case, preset)
            found += [(images[k : k + 1], truth[k : k + 1]) for k in range(len(images))]
    return [found[round(k)] for k in np.linspace(0, len(found) - 1, min(most, len(found)))]


def rebuilt(
    preset_name: str, kind: str, shown: list[tuple[torch.Tensor, torch.Tensor]], blank: bool
) -> float:
    """Mean true Dice of what a rival makes of true masks, or of blank ones."""
    judge = load_quality(kind, load_preset(preset_name), CPU)
    assert isinstance(judge, RebuiltQuality)
    made = [
        dice_batch(
            judge.assess(judge.observe(image), torch.zeros_like(true) if blank else true, [0]).pgt
            > 0.5,
            true,
        ).item()
        for image, true in shown
    ]
    return float(np.mean(made))


@pytest.mark.parametrize("kind", ["postdae", "cvae", "galati", "wang"])
def test_a_rival_that_rebuilds_masks_builds_good_masks_of_patients_it_never_saw_anew(kind: str):
    name = "prostate-t2"
    split = load_checkpoint(
        next(path for path in bundled_rivals(load_preset(name)) if kind in path.name)
    ).training["split"]
    shown = sorted(
        slices_of(name, "decathlon:promise12", {*split["validation"]}, 24),
        key=lambda one: int(one[1].sum()),
    )
    # Sections near the apex are few pixels across on the rivals' grid, and a pixel of outline costs much of their Dice.
    assert rebuilt(name, kind, shown[12:], blank=False) > 0.94
    assert rebuilt(name, kind, shown, blank=False) > 0.9


@pytest.mark.parametrize("preset_name", ["prostate-t2", "spleen-ct"])
@pytest.mark.parametrize("kind", ["postdae", "galati"])
def test_who_looks_at_masks_alone_has_nothing_to_say_of_a_blank_one(kind: str, preset_name: str):
    shown = slices_of(preset_name, TESTS[preset_name], None, 8)
    assert rebuilt(preset_name, kind, shown, blank=True) < 0.4


def some_slices(folder: Path, into: Path, patient: str, most: int) -> None:
    """A Decathlon folder with one patient, cut to ``most`` slices around the middle of the organ."""
    image, label = (
        SimpleITK.ReadImage(str(folder / part / f"{patient}.nii.gz"))
        for part in ("imagesTr", "labelsTr")
    )
    rows = np.flatnonzero(SimpleITK.GetArrayFromImage(label).any((1, 2)))
    first = int(rows[(len(rows) - most) // 2])
    for part, volume in (("imagesTr", image), ("labelsTr", label)):
        (into / part).mkdir(parents=True)
        SimpleITK.WriteImage(
            volume[:, :, first : first + most], str(into / part / f"{patient}.nii.gz")
        )
    table = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    table["training"] = [entry for entry in table["training"] if patient in entry["image"]]
    (into / "dataset.json").write_text(json.dumps(table), encoding="utf-8")


def test_hermes_is_ahead_of_every_rival_on_a_patient_that_nobody_knows(tmp_path: Path):
    some_slices(DATA / "prostatex", tmp_path / "data", "ProstateX-0000", 5)
    words = [
        "research",
        "tables",
        "--cases",
        f"prostate-t2=decathlon:{tmp_path / 'data'}",
        "--quick",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main(words) == 0
    with open(tmp_path / "out" / "tables.csv", encoding="utf-8") as stream:
        final = {row["source"]: float(row["final"] or 0) for row in csv.DictReader(stream)}
    rivals = drawing("prostate-t2")
    assert rivals == {"postdae", "cvae", "galati", "wang", "nnqc"} and all(
        final[HERMES] > final[rival] + 0.1 for rival in rivals
    )
