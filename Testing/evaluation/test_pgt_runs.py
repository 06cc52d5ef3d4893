"""The pGT of a blank mask as the result, without a promptable model."""

from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, CaseImages, read_case, read_cases
from HermesLib.evaluation.invariance import evaluate_invariance
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.pgt_runs import PgtRun, evaluate_pgt
from HermesLib.evaluation.silent_failures import is_dropped, is_silent
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_quality
from Testing.datasets.made import make_decathlon
from Testing.evaluation.swept import Familiar, write_volumes
from Testing.refinement.analytic import OrganQuality

CPU = torch.device("cpu")


@pytest.fixture
def volume(tmp_path: Path) -> tuple[Case, CaseImages]:
    write_volumes(tmp_path, [30])
    (case,) = read_cases(f"decathlon:{tmp_path}", "prostate")
    return case, read_case(case, load_preset("prostate-t2"))


def evaluate_volume(volume: tuple[Case, CaseImages], how: PgtRun) -> list[SliceOutcome]:
    case, read = volume
    return evaluate_pgt(case, "made", read, how)


def run(quality: OrganQuality, threshold: float = 0.9) -> PgtRun:
    return PgtRun(quality, threshold, 0, CPU)


def test_a_pgt_is_accepted_by_its_calibrated_score_and_not_by_its_dice_with_itself(volume):
    for prompted, status in ((0.95, "accepted"), (0.6, "stopped")):
        outcomes = evaluate_volume(volume, run(Familiar(prompted=prompted)))
        found = [outcome for outcome in outcomes if outcome.organ]
        assert {outcome.status for outcome in found} == {status}
        assert [outcome.pdsc for outcome in found] == pytest.approx([prompted] * len(found))
        assert min(outcome.final_dsc for outcome in found) > 0.99


def test_without_a_calibrated_score_nothing_could_be_accepted_honestly():
    with pytest.raises(HermesError, match="--loop"):
        run(OrganQuality())


def test_every_slice_has_one_outcome_in_order_and_slices_called_absent_cost_nothing(volume):
    quality = Familiar(fewest=150)
    outcomes = evaluate_volume(volume, run(quality))
    assert [outcome.index for outcome in outcomes] == list(range(len(outcomes)))
    shown = sum(outcome.status != "absent" for outcome in outcomes)
    assert 0 < shown < sum(outcome.organ > 0 for outcome in outcomes)
    assert quality.assessed == 2 * shown, "drawn once and judged once"
    dropped = [outcome for outcome in outcomes if is_dropped(outcome)]
    assert dropped
    assert all(outcome.drawn == 0 and outcome.final_dsc == 0 for outcome in dropped)


def test_an_accepted_pgt_beside_the_organ_is_a_silent_failure(volume):
    good, wrong = (
        [item for item in evaluate_volume(volume, run(Familiar(shift=shift))) if item.organ]
        for shift in (0, 12)
    )
    assert not any(map(is_silent, good))
    assert all(map(is_silent, wrong))


def test_an_organ_that_ends_abruptly_is_marked_as_in_the_loop(volume):
    case, read = volume
    truth = read.truth.clone()
    half = read.images.clone()
    half[15:] = half[:1]  # the organ's upper half is gone from the image, not from the truth
    outcomes = evaluate_pgt(
        case, "made", CaseImages(half, truth, read.thickness, read.pixel_spacing), run(Familiar())
    )
    assert "abrupt-end" in outcomes[14].marks
    assert is_dropped(outcomes[15]) and not is_silent(outcomes[15])


def test_the_bundled_pgt_is_the_one_that_evaluate_pgt_measures(tmp_path: Path):
    make_decathlon(tmp_path, "MRI", "prostate", patients=1)
    preset = load_preset("prostate-t2")
    cases = read_cases(f"decathlon:{tmp_path}", preset.organ_label)
    quality = load_quality("diffusion", preset, CPU)
    outcomes = evaluate_pgt(
        cases[0], "made", read_case(cases[0], preset), PgtRun(quality, 0.9, 3, CPU)
    )
    figures = evaluate_invariance(cases, preset, quality, 3, CPU, lambda *_: None)
    found = [outcome.pgt_dsc for outcome in outcomes if outcome.organ]
    assert not any(map(is_dropped, outcomes))
    assert np.mean(found) == pytest.approx(figures["true_dice"]["blank"], abs=1e-6)
    assert all(outcome.pdsc < 1 for outcome in outcomes)


class TrainedOn(Familiar):
    """Has seen one patient; without that patient's members it draws beside the organ."""

    def without(self, patient: str) -> Familiar:
        return Familiar(shift=12) if patient == "made-0" else self


def test_out_of_fold_a_patient_is_measured_without_the_members_that_saw_it(volume):
    for out_of_fold, good in ((False, True), (True, False)):
        how = PgtRun(TrainedOn(), 0.9, 0, CPU, out_of_fold=out_of_fold)
        found = [item.final_dsc for item in evaluate_volume(volume, how) if item.organ]
        assert (np.mean(found) > 0.9) == good
