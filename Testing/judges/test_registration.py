"""The judge of labelled slices: a right mask, carried over to them, fits one of them."""

from pathlib import Path

import pytest
import torch

from HermesLib.datasets.references import References, family_in, read_references
from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Judged
from HermesLib.judges.registration import Registration
from HermesLib.judges.registry import JudgeOptions, load_judge
from HermesLib.presets.organs import organ_preset
from HermesLib.presets.registry import load_preset
from Testing.datasets.made import make_decathlon, make_slices
from Testing.refinement.analytic import organ, scene


def patient(row: int, column: int, radius: int) -> tuple[torch.Tensor, torch.Tensor]:
    image = scene(row, column, radius) + 0.1 * organ(24, 40, 20).float()
    return image.clamp(0, 1), organ(row, column, radius)


@pytest.fixture(scope="module")
def judge() -> Registration:
    others = [patient(28, 33, 9), patient(34, 28, 11), patient(30, 30, 10)]
    # Of another sort: one reference that fits is enough.
    others.append((torch.zeros(1, 64, 64), organ(8, 8, 3)))
    return Registration(
        References(
            tuple(image[0].numpy() for image, _ in others),
            tuple(mask.numpy() for _, mask in others),
            ("a", "b", "c", "d"),
            "0" * 64,
        )
    )


def test_the_better_mask_fits_the_references_better(judge: Registration):
    image, truth = patient(31, 34, 10)
    wrong = [organ(31, 39, 10), organ(31, 34, 5), organ(50, 56, 6)]
    masks = torch.stack([truth, *wrong])
    values = [
        estimate.value
        for estimate in judge.judge(Judged(image.repeat(4, 1, 1)[:, None], masks, masks, [0] * 4))
    ]
    assert values[0] > 0.85
    assert max(values[1:]) < values[0] - 0.1
    assert values[3] < 0.2


def test_a_slice_without_any_structure_is_judged_too(judge: Registration):
    mask = organ()[None]
    (estimate,) = judge.judge(Judged(torch.zeros(1, 1, 64, 64), mask, mask, [0]))
    assert 0 <= estimate.value <= 1


def test_references_are_spread_over_patients_and_leave_the_judged_one_out(tmp_path: Path):
    make_decathlon(tmp_path, "MRI", "prostate", patients=4)
    preset = load_preset("prostate-t2")
    few = read_references(tmp_path, preset, 3)
    assert len(few.images) == 3 == len(set(few.patients))
    assert all(mask.any() for mask in few.masks)
    assert max(image.max() for image in few.images) <= 1
    assert read_references(tmp_path, preset, 3).sha256 == few.sha256
    without = read_references(tmp_path, preset, 9, leave_out=few.patients[:1])
    assert few.patients[0] not in without.patients
    assert len(without.images) == 9 and without.sha256 != few.sha256


def test_single_slices_are_references_too(tmp_path: Path):
    folder = make_slices(tmp_path, "made", [3, 1, 2]).folder
    references = read_references(folder, organ_preset("liver", "CT"), 2)
    assert references.patients == ("made-1", "made-3"), "the middles of both halves"


def test_the_judged_patient_is_no_reference_under_the_family_of_the_data_either(tmp_path: Path):
    folder = make_slices(tmp_path / "made", "made", [1, 2]).folder
    other = tmp_path
    make_decathlon(other, "CT", "liver", patients=1)
    data = [f"decathlon:{other}:clinic", f"slices:{folder}:ward"]
    family = family_in(data, tmp_path / "made" / ".")
    assert family == "ward"
    assert family_in(data[:1], folder) is None
    preset = organ_preset("liver", "CT")
    references = read_references(folder, preset, 2, ["ward-1"], family)
    assert references.patients == ("ward-2",)
    assert read_references(other, preset, 1, family="clinic").patients == ("clinic-1",)
    with pytest.raises(HermesError, match="no labelled patient but those who are judged"):
        read_references(folder, preset, 2, ["ward-1", "ward-2"], family)


def test_a_folder_without_the_organ_is_refused_in_one_line(tmp_path: Path):
    folder = make_slices(tmp_path, "made", [1]).folder
    options = JudgeOptions(folder, None, load_preset("spleen-ct"))
    with pytest.raises(HermesError, match="shows 'spleen'"):
        load_judge("registration", options)
    with pytest.raises(HermesError, match="--references"):
        load_judge("registration", JudgeOptions())
