"""Sweeps over an organ's size and place: what a quality control no longer finds is counted."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import read_case, read_cases
from HermesLib.evaluation.loop_runs import Loop, evaluate_images, evaluate_loop
from HermesLib.evaluation.pgt_runs import PgtRun, evaluate_pgt
from HermesLib.evaluation.sweep_figures import sweep_figures, sweep_table
from HermesLib.evaluation.sweep_plots import plot_sweeps
from HermesLib.evaluation.sweep_steps import Warp, shift_sweep, size_sweep
from HermesLib.evaluation.sweeps import WarpedOutcomes, evaluate_sweep
from HermesLib.presets.registry import load_preset
from HermesLib.refinement.settings import RefinementSettings
from Testing.evaluation.swept import Familiar, write_volumes
from Testing.refinement.analytic import BoxThreshold

CPU = torch.device("cpu")
PRESET = load_preset("prostate-t2")


def swept(
    folder: Path, quality: Familiar, warps: tuple[Warp, ...]
) -> tuple[list[WarpedOutcomes], list[str]]:
    said: list[str] = []
    measure = partial(evaluate_pgt, run=PgtRun(quality, 0.9, 0, CPU))
    cases = read_cases(f"decathlon:{folder}", "prostate")
    volumes = evaluate_sweep(
        cases,
        PRESET,
        warps,
        measure,
        lambda _, done, total: said.append(f"{done}/{total}"),
        said.append,
    )
    return volumes, said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_volumes(tmp_path / "data", [30])
    return tmp_path / "data"


def test_image_and_truth_are_warped_together_to_the_wanted_size_and_place(folder: Path):
    warps = (*size_sweep((0.4, 2.5)), *shift_sweep((0.5,), ("front", "feet")))
    volumes, _ = swept(folder, Familiar(), warps)
    small, large, front, feet = volumes
    assert small.volume_factor == pytest.approx(0.4, rel=0.05)
    assert large.volume_factor == pytest.approx(2.5, rel=0.05)
    for moved in (front, feet):
        assert moved.distance == pytest.approx(0.5, abs=0.05)
        assert moved.volume_factor == pytest.approx(1, abs=0.2)
    for volume in volumes:
        found = [item.final_dsc for item in volume.slices if item.organ]
        assert np.mean(found) > 0.9, volume.warp.title
    first = {
        volume.warp.title: min(s.index for s in volume.slices if s.organ) for volume in volumes
    }
    assert first["shift 0.5 feet"] < first["shift 0.5 front"]


def test_an_organ_too_small_to_be_found_shows_as_dropped_and_silent_at_its_factor(folder: Path):
    # The ball's largest cross-section has 314 pixels; at 0.3 times its volume, 140.
    volumes, _ = swept(folder, Familiar(fewest=200), size_sweep((0.3, 1, 2)))
    steps = sweep_figures(volumes)["size"]["steps"]
    assert [step["amount"] for step in steps] == [0.3, 1, 2]
    lost, usual, large = steps
    assert lost["dropped"]["share"] == 1.0
    assert lost["true_dice"] == 0.0
    # Not one slice shows the organ: the volume is marked, so nothing of it is silent.
    assert lost["marked"]["with_organ"] == 1.0 and lost["silent"]["slices"] == 0
    assert lost["dropped"]["share"] > usual["dropped"]["share"] > large["dropped"]["share"]
    assert usual["true_dice"] < large["true_dice"]


def test_silent_failures_of_all_steps_are_summed_and_the_worst_patient_is_named(tmp_path: Path):
    write_volumes(tmp_path / "data", [30, 24])
    # A pGT 8 pixels (24 mm) beside the organ: only a large one is met well enough.
    volumes, _ = swept(tmp_path / "data", Familiar(shift=4), size_sweep((0.5, 4)))
    sweep = sweep_figures(volumes)["size"]
    small, large = sweep["steps"]
    assert small["silent"]["share"] > large["silent"]["share"]
    total = small["silent"]["slices"] + large["silent"]["slices"]
    assert sweep["all"]["silent"]["slices"] == total > 0
    assert small["worst_dice"]["patient"] == "made_1", "the smaller organ"
    by_hand = [s.final_dsc for s in volumes[2].slices if s.organ]
    assert volumes[2].patient == "made_1"
    assert small["worst_dice"]["true_dice"] == pytest.approx(np.mean(by_hand), abs=1e-4)
    line = next(row for row in sweep_table({"size": sweep}).splitlines() if row.startswith("0.5"))
    assert str(small["silent"]["slices"]) in line.split()


def test_the_unchanged_volume_is_measured_once_and_takes_part_in_both_sweeps(folder: Path):
    quality = Familiar()
    once, _ = swept(folder, quality, size_sweep((1,)))
    single = quality.assessed
    quality.assessed = 0
    both, _ = swept(folder, quality, (*size_sweep((1,)), *shift_sweep((0,))))
    assert quality.assessed == single
    assert [volume.warp.title for volume in both] == ["size x1", "shift 0"]
    outcomes = [[replace(item, case="") for item in volume.slices] for volume in (*once, *both)]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert {item.case for item in both[0].slices}.isdisjoint(item.case for item in both[1].slices)


def test_volumes_without_the_organ_and_lone_slices_are_left_out_by_name(tmp_path: Path):
    write_volumes(tmp_path / "data", [0, 30, 30], slices=(30, 1, 30))
    volumes, said = swept(tmp_path / "data", Familiar(), size_sweep((1, 2)))
    assert {volume.patient for volume in volumes} == {"made_2"}
    assert said[:2] == [
        "left out: made_0, the organ is not in it",
        "left out: made_1, a lone slice",
    ]
    assert said[2:] == ["1/2", "2/2"]
    write_volumes(tmp_path / "none", [0])
    with pytest.raises(HermesError, match="whole volumes with the organ"):
        swept(tmp_path / "none", Familiar(), size_sweep((1,)))


def test_an_organ_that_the_end_of_the_volume_squeezes_is_counted_apart(tmp_path: Path):
    write_volumes(tmp_path / "data", [30], slices=(14,))
    # The pGT lies beside the organ: every slice is a silent failure.
    quality = Familiar(shift=12)
    volumes, _ = swept(tmp_path / "data", quality, shift_sweep((0, 1), ("head", "front")))
    assert [volume.reached for volume in volumes] == [True, False, True]
    squeezed = volumes[1]
    assert squeezed.distance < 0.9 or squeezed.volume_factor < 0.77
    sweep = sweep_figures(volumes)["shift"]
    assert list(sweep["directions"]) == ["front"]
    assert sweep["steps"][1]["volumes"] == 1
    shown = sum(item.organ > 0 for item in squeezed.slices)
    missed = sweep["out_of_reach"]
    assert missed["warps"] == {"shift 1 head": 1}
    assert missed["silent"]["slices"] == shown > 0, "not hidden"
    assert sweep["all"]["silent"]["slices"] == sweep["all"]["with_organ"]
    assert "shift 1 head (1)" in sweep_table({"shift": sweep})
    with pytest.raises(HermesError, match="no volume has room"):
        swept(tmp_path / "data", quality, shift_sweep((1,), ("head",)))


def test_steps_are_sorted_without_doubles_and_the_unmoved_organ_has_no_direction():
    assert [warp.amount for warp in size_sweep((2, 0.5, 2))] == [0.5, 2]
    titles = [warp.title for warp in shift_sweep((0.5, 0), ("head", "inwards", "head"))]
    assert titles == ["shift 0", "shift 0.5 head", "shift 0.5 inwards"]
    assert [warp.amount for warp in size_sweep()] == [0.3, 0.5, 0.7, 1, 1.4, 2, 3, 4]


@pytest.mark.parametrize("factor", [0.0, -1.0, 50.0, float("nan")])
def test_a_size_that_no_warp_can_reach_is_refused(factor: float):
    with pytest.raises(HermesError, match="out of range"):
        size_sweep((1, factor))
    with pytest.raises(HermesError, match="out of range"):
        shift_sweep((-1 if factor == 0 else factor,))


def test_the_loop_on_a_cases_own_images_is_the_loop_on_the_case(folder: Path):
    (case,) = read_cases(f"decathlon:{folder}", "prostate")
    loop = Loop(PRESET, BoxThreshold(), Familiar(), "box", RefinementSettings(), CPU)
    measured = evaluate_images(case, "made_0", read_case(case, PRESET), loop)
    assert measured == evaluate_loop([case], loop, lambda *_: None)
    assert any(outcome.status == "accepted" for outcome in measured)


def test_a_sweep_without_room_for_any_step_has_no_column(tmp_path: Path):
    write_volumes(tmp_path / "data", [30], slices=(14,))
    warps = (*size_sweep((1,)), *shift_sweep((1,), ("head",)))
    volumes, _ = swept(tmp_path / "data", Familiar(), warps)
    figures = sweep_figures(volumes)
    assert figures["shift"]["all"] is None
    assert "no room" in sweep_table(figures)
    plot_sweeps(tmp_path / "a.png", figures, volumes, "Made")
    assert Image.open(tmp_path / "a.png").width < 800


def test_the_picture_has_a_column_for_each_sweep(folder: Path, tmp_path: Path):
    warps = (*size_sweep((0.5, 1)), *shift_sweep((0, 0.5), ("front",)))
    volumes, _ = swept(folder, Familiar(), warps)
    widths = []
    for kinds in (("size",), ("size", "shift")):
        chosen = [volume for volume in volumes if volume.warp.kind in kinds]
        path = tmp_path / "new" / f"{len(kinds)}.png"
        plot_sweeps(path, sweep_figures(chosen), chosen, "Made")
        widths.append(Image.open(path).width)
    assert widths[1] == pytest.approx(2 * widths[0], abs=2)
