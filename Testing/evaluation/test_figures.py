"""The arithmetic behind published figures, on cases made by hand."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.datasets.case import Truth
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, read_cases, read_slices
from HermesLib.evaluation.invariance import evaluate_invariance, input_masks
from HermesLib.evaluation.loop_metrics import SliceOutcome, summarise
from HermesLib.io.neighbours import own_slice
from HermesLib.presets.registry import load_preset
from HermesLib.quality.protocol import Assessment, Observation
from HermesLib.research.release.test_patients import read_test_cases


def outcome(
    patient: str,
    first: float,
    final: float,
    status: str = "accepted",
    organ: int = 100,
    drawn: int = 80,
    common: int = 60,
    present: float = 0.9,
) -> SliceOutcome:
    return SliceOutcome(
        patient, patient, 0, status, 2, first, final, 0.8, 0.9, present, organ, drawn, common
    )


def test_means_are_over_slices_and_patients_are_counted_once():
    found = summarise(
        [outcome("a", 0.1, 0.9), outcome("a", 0.2, 0.8), outcome("b", 0.0, 0.4, "absent")]
    )
    assert (found["patients"], found["slices"]) == (2, 3)
    assert found["first_dsc"] == pytest.approx(0.1)
    assert found["final_dsc"] == pytest.approx(0.7)
    assert found["gain"] == pytest.approx(0.6)
    assert found["pdsc_error"] == pytest.approx((0.0 + 0.1 + 0.5) / 3)
    assert found["by_status"] == {"absent": 1, "accepted": 2}
    assert found["by_patient"] == {"a": pytest.approx(0.85), "b": pytest.approx(0.4)}
    assert found["accepted"] == pytest.approx(
        {"slices": 2, "share": 2 / 3, "final_dsc": 0.85, "bias": 0.05}
    )


def test_slices_without_the_organ_count_apart_from_the_means():
    empty = [
        outcome("a", 1, 1, "absent", organ=0, drawn=0, common=0, present=0.2),
        outcome("a", 0, 0, organ=0, drawn=20, common=0, present=0.9),
    ]
    found = summarise([outcome("a", 0.1, 0.9), *empty])
    assert (found["slices"], found["final_dsc"]) == (1, 0.9)
    assert found["without_organ"] == {"slices": 2, "drawn_on": 1}
    assert found["presence_auroc"] == 0.75, "one slice is ranked right, one has the same score"
    assert found["volumes"] == {"count": 1, "dsc": 2 * 60 / (100 + 80 + 20)}


class Copies:
    """A quality control that copies its input: it must fail the test of invariance."""

    name, sha256 = "copies", ""

    def without(self, patient: str):
        return self

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        return Observation(images, None, None, tuple(own_slice(images)[:, 0]))

    def assess(
        self, observation: Observation, masks: torch.Tensor, seeds, evidence="independent"
    ) -> Assessment:
        one = torch.ones(len(masks))
        return Assessment(masks.float(), one, one, one, one, one)


class Looks(Copies):
    """One that looks at the image."""

    def assess(
        self, observation: Observation, masks: torch.Tensor, seeds, evidence="independent"
    ) -> Assessment:
        return super().assess(observation, torch.stack(observation.features) > 0.5, seeds)


@pytest.fixture
def case(tmp_path) -> Case:
    organ = np.zeros((3, 40, 40), np.uint8)
    organ[1, 10:25, 12:30] = 2
    for name, array in (
        (
            "image",
            (organ * np.int16(300) + np.random.default_rng(0).integers(0, 50, organ.shape)).astype(
                np.int16
            ),
        ),
        ("label", organ),
    ):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(tmp_path / f"{name}.nii.gz"))
    return Case("p", tmp_path / "image.nii.gz", Truth((tmp_path / "label.nii.gz",), (2,)))


def test_only_slices_that_show_the_organ_are_measured(case):
    images, truth, indices = read_slices(case, load_preset("prostate-t2"))
    assert indices == [1]
    assert own_slice(images).shape == (1, 1, 40, 40) and truth.sum() == 15 * 18


def test_a_quality_control_that_copies_its_input_fails_the_test_of_invariance(case):
    preset, cpu = load_preset("prostate-t2"), torch.device("cpu")
    copied, looked = (
        evaluate_invariance([case], preset, qc, 0, cpu, lambda done, total: None)
        for qc in (Copies(), Looks())
    )
    assert copied["agreement"] < 0.2 and copied["mean_true_dice"] < 0.6
    assert looked["agreement"] == 1 and looked["mean_true_dice"] == 1


def test_the_shifted_mask_is_the_truth_moved_down_and_right():
    truth = torch.zeros(1, 50, 50, dtype=torch.bool)
    truth[0, 10:20, 10:20] = True
    moved = input_masks(truth)["shifted"]
    assert moved[0, 14:24, 14:24].all() and moved.sum() == 100


def test_messages_about_folders_say_what_to_write(tmp_path):
    with pytest.raises(HermesError, match="decathlon:FOLDER"):
        list(read_cases(str(tmp_path), "spleen"))
    with pytest.raises(HermesError, match=r"dataset\.json"):
        list(read_cases(f"decathlon:{tmp_path}", "spleen"))


DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="real patients (../shared/data) are not here")
@pytest.mark.parametrize(
    ("preset_name", "data", "patients", "agreement", "true_dice"),
    [
        ("prostate-t2", "decathlon:prostatex", ("ProstateX-0002", "ProstateX-0199"), 0.95, 0.82),
        ("spleen-ct", "slices:btcv-slices", ("btcv-22", "btcv-29", "btcv-35"), 0.95, 0.82),
    ],
)
def test_the_bundled_quality_control_follows_the_image_on_real_test_patients(
    preset_name, data, patients, agreement, true_dice
):
    from HermesLib.quality.registry import load_quality

    layout, folder = data.split(":")
    preset, cpu = load_preset(preset_name), torch.device("cpu")
    cases = [
        case
        for case in read_test_cases(f"{layout}:{DATA / folder}", preset.organ_label)
        if case.patient in patients
    ]
    found = evaluate_invariance(
        cases, preset, load_quality("diffusion", preset, cpu), 0, cpu, lambda done, total: None
    )
    assert found["patients"] == len(patients)
    assert found["agreement"] >= agreement
    assert found["mean_true_dice"] >= true_dice
