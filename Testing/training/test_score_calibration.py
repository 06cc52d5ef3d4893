"""``hermes train calibration`` of a guide: its score becomes an estimate of the true Dice."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.cli.main import main
from HermesLib.errors import HermesError
from HermesLib.evaluation.judged_masks import JudgedMask
from HermesLib.judges.calibrated import MadeFor, read_calibration
from HermesLib.notices import Notice
from HermesLib.runs.request import AssessRequest
from HermesLib.runs.run import Run
from HermesLib.training.score_calibration import fit_scores
from Testing.datasets.made import make_decathlon

MADE = MadeFor("file", "", "agreement", "", "", "", "prostate", "MR")


def mask(patient: int, score: float, true: float, iteration: int | None) -> JudgedMask:
    source = "corrupted" if iteration is None else "model"
    return JudgedMask(
        f"p-{patient}", "case", 0, source, iteration, true, {"agreement": score}, {"agreement": 0.1}
    )


def masks(patients: int, iteration: int | None, informs: bool = True) -> list[JudgedMask]:
    rng = np.random.default_rng(0)
    made = []
    for patient in range(patients):
        for _ in range(12):
            score = float(rng.uniform(0.05, 0.95))
            true = 0.8 * score + rng.normal(0, 0.03) if informs else rng.uniform(0.2, 0.8)
            made.append(mask(patient, score, float(np.clip(true, 0, 1)), iteration))
    return made


def test_the_score_becomes_an_unbiased_estimate_with_an_interval_of_its_patients():
    calibration = fit_scores(masks(25, None), MADE, print)
    assert calibration.elsewhere is not None and calibration.loop is None
    scores = torch.tensor([0.2, 0.5, 0.9])
    estimate, low, high = calibration.elsewhere.estimate(scores)
    assert estimate.tolist() == pytest.approx((0.8 * scores).tolist(), abs=0.07)
    assert (low < estimate).all() and (estimate < high).all()
    assert calibration.patients == 25 and calibration.guarantee.guaranteed == 0.9


def test_a_score_that_says_nothing_is_not_called_calibrated():
    said: list[str] = []
    calibration = fit_scores(masks(6, None) + masks(6, 1, informs=False), MADE, said.append)
    assert calibration.loop is None and calibration.elsewhere is not None
    assert len(said) == 1 and "refinements" in said[0] and "judges nothing" in said[0]
    with pytest.raises(HermesError, match="judges nothing"):
        fit_scores(masks(6, 1, informs=False), MADE, said.append)


def test_three_patients_are_too_few():
    with pytest.raises(HermesError, match="at least 4 held-out patients"):
        fit_scores(masks(3, None), MADE, print)


def test_every_patient_has_the_same_weight():
    few = [mask(p, 0.5, 0.3, None) for p in range(4)] + [mask(p, 0.9, 0.8, None) for p in range(4)]
    often = few + [mask(3, 0.5, 0.3, None)] * 50
    at = torch.tensor([0.5, 0.9])
    once, again = (fit_scores(part, MADE, print).elsewhere for part in (few, often))
    assert once is not None and again is not None
    assert again.estimate(at)[0].tolist() == pytest.approx(once.estimate(at)[0].tolist(), abs=0.02)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five labelled patients, and a guide of each that is the truth, larger from case to case."""
    folder = tmp_path_factory.mktemp("cohort")
    make_decathlon(folder, "MRI", "prostate", patients=5)
    (folder / "guides").mkdir()
    for number in range(1, 6):
        label = SimpleITK.ReadImage(str(folder / "labels" / f"made_{number}.nii.gz"))
        wrong = SimpleITK.BinaryDilate(SimpleITK.Cast(label, SimpleITK.sitkUInt8), [number, 1, 0])
        SimpleITK.WriteImage(wrong, str(folder / "guides" / f"made_{number}.nii.gz"))
    return folder


def test_from_labelled_cases_to_a_calibrated_assessment(cohort: Path, tmp_path: Path, capsys):
    made = tmp_path / "calibration.json"
    organ = ["--organ", "prostate", "--modality", "MR", "--guide", str(cohort / "guides")]
    fit = ["train", "calibration", "--data", f"decathlon:{cohort}", "-o", str(made), *organ]
    assert main([*fit, "--model", "none", "--slices", "3"]) == 0
    calibration = read_calibration(made)
    assert calibration.patients == 5 and calibration.made_for.guide == "file"
    unseen = calibration.elsewhere_unseen
    assert unseen.patients == unseen.parts == 5 and calibration.loop_unseen is None
    assert f"masks from elsewhere: {unseen.line(0.9)}" in capsys.readouterr().err

    def assess(organ_name: str) -> dict[str, Any]:
        request = AssessRequest(
            image=cohort / "images" / "made_2.nii.gz",
            mask=cohort / "labels" / "made_2.nii.gz",
            guide=str(cohort / "guides" / "made_2.nii.gz"),
            organ=organ_name,
            modality="MR",
            calibration=made,
        )
        said: list[Notice] = []
        outcome = Run(request).execute(on_notice=said.append)
        assert not {"agreement", "uncalibrated-judge"} & {notice.kind for notice in said}
        return outcome.report

    report = assess("prostate")
    assert report["provenance"]["score"] == "calibrated"
    assert report["provenance"]["interval"]["patients"] == 5
    scored = [one for one in report["slices"] if one["pdsc"] and one["status"] != "absent"]
    assert scored and all(one["pdsc_low"] <= one["pdsc"] <= one["pdsc_high"] for one in scored)
    with pytest.raises(HermesError, match="made for the organ 'prostate', not 'liver'"):
        assess("liver")
