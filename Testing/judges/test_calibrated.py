"""A calibrated judge estimates the true Dice, and only of what it was calibrated for."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.guides.map import guide_map
from HermesLib.io.volumes import volume_from_array
from HermesLib.judges.calibrated import CalibratedJudge, MadeFor, ScoreCalibration, read_calibration
from HermesLib.judges.protocol import Judged, ModelAnswer
from HermesLib.judges.registry import JudgeOptions, load_judge
from HermesLib.presets.organs import organ_preset
from HermesLib.quality.calibration import Curve
from HermesLib.runs.guide_drawing import GuideDrawing
from HermesLib.runs.guiding import made_for, open_steering
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import AssessRequest, RefineRequest
from Testing.refinement.analytic import BoxThreshold, organ, scene

RISING = Curve(-2.0, 1.0, -0.5, 0.5, 100)
FLATTER = Curve(-1.0, 0.5, -0.5, 0.5, 100)
MADE = MadeFor("file", "", "agreement", "", "box-threshold", "0" * 64, "liver", "CT")
CALIBRATION = ScoreCalibration(MADE, RISING, FLATTER, 0.9, 8)


@pytest.fixture
def judge() -> CalibratedJudge:
    return CalibratedJudge(load_judge("agreement", JudgeOptions()), CALIBRATION, "f" * 64)


def judged(prompts: bool) -> Judged:
    model = BoxThreshold()
    image, mask = scene()[None], organ()[None]
    answer = ModelAnswer(model, model.embed(image), ("a prompt",) if prompts else None)
    return Judged(image, mask, organ(30, 33)[None], [0], answer)


def test_full_agreement_in_the_loop_is_worth_what_it_was_on_patients(judge: CalibratedJudge):
    raw = load_judge("agreement", JudgeOptions()).judge(judged(True))[0].value
    for prompts, curve in ((True, FLATTER), (False, RISING)):
        (estimate,) = judge.judge(judged(prompts))
        wanted = [float(end) for end in curve.estimate(torch.tensor([raw]))]
        assert [estimate.value, estimate.low, estimate.high] == pytest.approx(wanted, abs=1e-6)
    assert judge.score == "calibrated"
    assert judge.guarantee is not None
    assert judge.guarantee.patients == 8 and judge.guarantee.guaranteed == pytest.approx(7 / 9)


def test_the_file_gives_the_same_calibration_back(tmp_path: Path):
    CALIBRATION.write(tmp_path / "made.json")
    assert read_calibration(tmp_path / "made.json") == CALIBRATION


@pytest.mark.parametrize("field", [field.name for field in fields(MadeFor)])
def test_a_calibration_for_anything_else_is_refused(judge: CalibratedJudge, field: str):
    judge.require(MADE, loop=True)
    with pytest.raises(HermesError, match="the calibration was made"):
        judge.require(replace(MADE, **{field: "other"}), loop=True)


def test_masks_from_elsewhere_need_no_model_of_a_judge_that_asks_none(judge: CalibratedJudge):
    judge.require(replace(MADE, model="", model_sha256=""), loop=False)


def test_without_a_curve_for_refinements_none_is_calibrated():
    without = replace(CALIBRATION, loop=None)
    judge = CalibratedJudge(load_judge("agreement", JudgeOptions()), without, "")
    with pytest.raises(HermesError, match="no curve for refinements"):
        judge.require(MADE, loop=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"elsewhere": Curve(9.0, 1.0, 0.0, 0.0, 9)}, "judges nothing"),
        ({"loop": Curve(0.0, 0.0, 0.0, 0.0, 9)}, "estimates every mask alike"),
        ({"loop": None, "elsewhere": None}, "no curve"),
    ],
)
def test_a_calibration_that_judges_nothing_is_refused(tmp_path: Path, change, message: str):
    replace(CALIBRATION, **change).write(tmp_path / "made.json")
    with pytest.raises(HermesError, match=message):
        read_calibration(tmp_path / "made.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no calibration of a score"),
        ("{}", "no calibration of a score"),
        (json.dumps({"kind": "hermes-score-calibration"}), "cannot be used"),
        (json.dumps({"kind": "hermes-score-calibration", "patients": 0}), "cannot be used"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, text: str, message: str):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HermesError, match=message) as refusal:
        read_calibration(path)
    assert "\n" not in str(refusal.value)
    with pytest.raises(HermesError, match="cannot read the calibration missing"):
        read_calibration(tmp_path / "missing")


def steering(request, mask=None, guide=None):
    image = scene().numpy()
    return open_steering(
        request,
        organ_preset("liver", "CT"),
        volume_from_array(image),
        torch.device("cpu"),
        ModelCache(),
        GuideDrawing(given=guide),
        mask=mask,
    )


def test_a_calibration_without_guide_or_judge_is_refused(tmp_path: Path):
    request = RefineRequest(image=None, organ="liver", calibration=tmp_path / "made.json")
    with pytest.raises(HermesError, match="name it with --judge or --guide"):
        steering(request)


def test_a_guide_in_memory_is_of_the_same_kind_as_one_in_a_file():
    request = RefineRequest(image=None, organ="liver", judge="agreement")
    for name in ("memory", "file"):
        guide = guide_map(organ()[None].numpy().astype("float32"), name)
        opened = steering(request, guide=guide)
        assert made_for(opened, organ_preset("liver", "CT"), None).guide == "file"


def test_a_mask_is_never_compared_with_itself():
    request = AssessRequest(image=None, mask=None, organ="liver", judge="agreement")
    with pytest.raises(HermesError, match="name a guide"):
        steering(request, mask=organ()[None].numpy())
