"""A run at a high threshold can be replayed for lower thresholds and less patience."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from HermesLib.datasets.case import Truth
from HermesLib.evaluation.cases import Case, case_names, read_cases
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.loop_runs import Loop, evaluate_loop, trace_cases
from HermesLib.evaluation.silent_failures import silent_failure_figures
from HermesLib.evaluation.traces import Step, Trace, replay, with_marks
from HermesLib.models.registry import load_model
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_quality
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.tables.store import run_settings
from Testing.datasets.made import make_decathlon

CPU = torch.device("cpu")


def trace(*words: tuple[float, float], status: str = "stopped", ceiling: float = 1.0) -> Trace:
    """Iterations of a pDSC and a true Dice."""
    return Trace(
        "p",
        "c",
        3,
        status,
        0.9,
        50,
        tuple(Step(pdsc, ceiling, dsc, 0.5, 40, 30) for pdsc, dsc in words),
    )


def test_a_lower_threshold_accepts_sooner_and_the_first_of_the_best_is_the_result():
    run = trace((0.5, 0.1), (0.75, 0.6), (0.92, 0.8), status="accepted")
    low, high = (replay(run, RefinementSettings(threshold=threshold)) for threshold in (0.7, 0.9))
    assert low == SliceOutcome(
        "p", "c", 3, "accepted", 1, 0.1, 0.6, 0.5, 0.75, 0.9, 50, 40, 30, best=1
    )
    assert (high.status, high.calls, high.final_dsc) == ("accepted", 2, 0.8)


def test_less_patience_stops_earlier_and_the_last_iteration_can_be_the_result():
    run = trace(
        (0.6, 0.6),
        (0.8, 0.7),
        (0.7, 0.9),
        (0.7, 0.8),
        (0.85, 0.5),
        (0.85, 0.4),
        (0.85, 0.3),
        (0.1, 0.2),
    )
    patient, hasty = (
        replay(run, RefinementSettings(threshold=0.9, patience=patience)) for patience in (3, 2)
    )
    assert (patient.status, patient.calls, patient.final_dsc) == ("stopped", 7, 0.5)
    assert (hasty.calls, hasty.final_dsc) == (3, 0.7)
    assert replay(run, RefinementSettings(threshold=0.9, patience=2, keep="last")).final_dsc == 0.8
    hopeless = trace((0.6, 0.6), (0.5, 0.7), (0.5, 0.9), (0.8, 0.8), ceiling=0.85)
    assert (
        replay(hopeless, RefinementSettings(threshold=0.9)).calls
        == RefinementSettings.hopeless_patience
    )
    assert replay(hopeless, RefinementSettings(threshold=0.8)).calls == 3


def test_a_slice_unlike_the_training_patients_is_never_replayed_as_accepted():
    run = trace((0.95, 0.9))
    assert replay(run, RefinementSettings(threshold=0.9)).status == "accepted"
    unlike = replace(run, out_of_distribution=True)
    assert replay(unlike, RefinementSettings(threshold=0.9)).status == "stopped"


def test_a_run_that_stopped_too_early_cannot_be_replayed():
    settings = RefinementSettings(threshold=0.9, patience=10)
    assert replay(trace((0.5, 0.5), (0.6, 0.4), status="failed"), settings).status == "failed"
    assert (
        replay(
            trace((0.5, 0.5), (0.6, 0.4), status="failed"), replace(settings, threshold=0.5)
        ).status
        == "accepted"
    )
    assert replay(trace((0.99, 0.0), status="absent"), settings).status == "absent"
    with pytest.raises(ValueError, match="stopped before"):
        replay(trace((0.5, 0.5), (0.6, 0.4)), settings)


def test_volumes_with_the_same_file_name_stay_apart(tmp_path: Path):
    for name, patients in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        make_decathlon(tmp_path / name, "MRI", "prostate", patients=patients)
    preset = load_preset("prostate-t2")
    texts = [f"decathlon:{tmp_path}/{name}:{name}" for name in ("a", "b")]
    cases = [case for text in texts for case in read_cases(text, preset.organ_label)]
    model, quality = load_model("medsam", "bundled", CPU), load_quality("diffusion", preset, CPU)
    loop = Loop(preset, model, quality, "box", RefinementSettings(max_iterations=1), CPU)
    outcomes = evaluate_loop(cases, loop, lambda done, total: None)
    found = [(one.patient, one.case, one.index) for one in outcomes]
    names = ["a-1/made_1", "b-1/made_1", "made_2"]
    patients = ["made_1", "made_1", "made_2"]
    assert found == [
        (patient, name, index)
        for patient, name in zip(patients, names, strict=True)
        for index in range(3)
    ]
    failures = silent_failure_figures(outcomes)
    assert failures["volumes"] == 3


def test_two_volumes_of_a_patient_with_the_same_file_name_have_names_of_their_own():
    files = ["p/1/ct.nii.gz", "p/2/ct.nii.gz", "q/mr.nii.gz"]
    cases = [Case("x", Path(file), Truth((Path("label"),)), "p-1") for file in files]
    assert case_names(cases) == ["p-1/ct", "p-1/ct (2)", "mr"]


@pytest.mark.long
def test_one_run_replayed_is_what_the_loop_does_at_every_threshold(tmp_path: Path):
    make_decathlon(tmp_path, "MRI", "prostate", patients=1)
    preset = load_preset("prostate-t2")
    cases = list(read_cases(f"decathlon:{tmp_path}", preset.organ_label))
    model, quality = load_model("medsam", "bundled", CPU), load_quality("diffusion", preset, CPU)

    def loop(threshold: float) -> list[SliceOutcome]:
        settings = RefinementSettings(threshold=threshold)
        run = Loop(preset, model, quality, "box", settings, CPU)
        return evaluate_loop(cases, run, lambda done, total: None)

    measured = Loop(preset, model, quality, "box", run_settings(0.9, 0), CPU)
    rows = trace_cases(cases, measured, lambda done, total: None)
    for threshold in (0.7, 0.9):
        replayed = [replay(one, RefinementSettings(threshold=threshold)) for one in rows]
        assert with_marks(replayed, rows, quality.anatomy_rule) == loop(threshold)


def test_a_source_that_does_not_know_presence_is_run_on_slices_with_the_organ_only(tmp_path: Path):
    make_decathlon(tmp_path, "MRI", "prostate", patients=1, slices=4)
    preset = load_preset("prostate-t2")
    cases = list(read_cases(f"decathlon:{tmp_path}", preset.organ_label))
    model, quality = load_model("medsam", "bundled", CPU), load_quality("diffusion", preset, CPU)
    loop = Loop(preset, model, quality, "box", RefinementSettings(max_iterations=0), CPU)
    rows = trace_cases(cases, loop, lambda *_: None)
    shown = trace_cases(cases, loop, lambda *_: None, only_with_organ=True)
    assert {one.index for one in shown} == {one.index for one in rows if one.organ}
    assert 0 < len(shown) < len(rows) == 4
