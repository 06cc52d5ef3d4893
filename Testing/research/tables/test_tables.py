"""The tables: figures of hand-made cases, the page, the ablations."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.datasets.case import Truth
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.training_overlap import trained_on
from HermesLib.presets.registry import load_preset
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.research.tables.ablations import ablations_of
from HermesLib.research.tables.comparison_tables import verdict
from HermesLib.research.tables.design import HERMES, UNET, Cell, Organ, TableRun
from HermesLib.research.tables.html import Section, Table, html_page
from HermesLib.research.tables.plots import plot_detection
from HermesLib.research.tables.store import Store
from HermesLib.research.tables.summary import (
    clearly_better,
    detection_of,
    error_above,
    gain_over,
    order_of,
    overall,
    row_of,
    share_of_ceiling,
)


def outcome(
    patient: str,
    first: float,
    final: float,
    status: str = "accepted",
    calls: int = 1,
    organ: int = 50,
) -> SliceOutcome:
    return SliceOutcome(
        patient, patient, 0, status, calls, first, final, 0.8, 0.9, 1.0, organ, 40, 30
    )


def cell(model: str = "medsam", source: str = HERMES, threshold: float = 0.9) -> Cell:
    return Cell(TableRun("prostate-t2", model, source), threshold)


def test_a_cell_s_figures_are_means_over_slices_that_show_the_organ():
    row = row_of(
        cell(),
        [
            outcome("a", 0.1, 0.9),
            outcome("a", 0.3, 0.5, "stopped", calls=4),
            outcome("b", 0.2, 0.7),
            outcome("b", 0.0, 0.0, "stopped", organ=0),
        ],
    )
    assert row.final is not None and row.final[0] == pytest.approx(0.7)
    assert row.gain[0] == pytest.approx(50.0) and row.calls == pytest.approx(2)
    assert row.deviation == pytest.approx(np.std([0.9, 0.5, 0.7]))
    assert (row.accepted, row.accepted_dice) == (pytest.approx(2 / 3), pytest.approx(0.8))
    assert row.error == pytest.approx((0.0 + 0.4 + 0.2) / 3)
    assert (row.patients, row.slices) == (2, 3)


def test_a_source_that_never_prompts_has_no_final_dice_and_is_left_out_of_the_mean():
    nothing = row_of(cell("medsam"), [outcome("a", 0.1, 0.1, "failed", calls=0)])
    something = row_of(cell("mideepseg"), [outcome("a", 0.1, 0.6)])
    assert nothing.final is None
    assert overall([nothing, something], HERMES, 0.9) == pytest.approx(0.6)
    assert overall([nothing], HERMES, 0.9) is None is overall([something], HERMES, 0.7)


def test_the_share_of_the_upper_bound_is_taken_by_model():
    rows = [
        row_of(cell(), [outcome("a", 0, 0.8)]),
        row_of(cell(source=UNET), [outcome("a", 0, 0.4)]),
    ]
    assert share_of_ceiling(rows, {"medsam": 0.9}, HERMES, 0.9) == {
        "medsam": pytest.approx(0.8 / 0.9)
    }


def test_clearly_better_means_intervals_apart():
    assert clearly_better([0.8, 0.75, 0.85], [0.7, 0.65, 0.74])
    assert not clearly_better([0.8, 0.73, 0.85], [0.7, 0.65, 0.74])
    assert not clearly_better([0.8, None, None], [0.7, 0.65, 0.74])


def test_the_gain_over_a_rival_is_paired_by_slice_and_needs_the_same_slices():
    ours = [outcome("a", 0, 0.9), outcome("b", 0, 0.3), outcome("c", 0, 0.6)]
    theirs = [outcome("c", 0, 0.5), outcome("a", 0, 0.8), outcome("b", 0, 0.2)]
    assert gain_over(ours, theirs) == pytest.approx([0.1, 0.1, 0.1])
    with pytest.raises(ValueError, match="same slices"):
        gain_over(ours, theirs[1:])


def test_the_difference_of_errors_is_paired_by_mask():
    ours = [
        {"patient": "a", "mask": "truth", "pdsc": 0.95, "true": 1.0},
        {"patient": "b", "mask": "medsam", "pdsc": 0.5, "true": 0.6},
    ]
    theirs = [{**ours[0], "pdsc": 0.9}, {**ours[1], "pdsc": 0.75}]
    assert error_above(ours, theirs) == pytest.approx([0.05, 0.05, 0.05])
    with pytest.raises(ValueError, match="same masks"):
        error_above(ours, theirs[::-1])


def test_the_verdict_says_where_hermes_is_ahead_not_clearly_ahead_or_behind():
    assert verdict(True, [0.3, 0.2, 0.4], 6) == "ahead, intervals apart"
    assert verdict(False, [0.1, 0.05, 0.2], 6) == "ahead on the same slices, intervals overlap"
    assert verdict(False, [0.01, -0.05, 0.05], 6) == "not clearly ahead"
    assert verdict(False, [-0.1, -0.2, -0.01], 6) == "behind on the same slices"
    assert verdict(True, [0.3, 0.2, 0.4], 1) == "too few patients to tell"


def test_detection_counts_the_same_masks_at_every_threshold():
    rows = [
        {"patient": "a", "pdsc": 0.95, "true": 1.0},
        {"patient": "b", "pdsc": 0.75, "true": 0.65},
    ]
    figures = detection_of(rows)
    assert (figures["0.7"]["sensitivity"], figures["0.7"]["specificity"]) == (0, 1)
    assert (figures["0.8"]["sensitivity"], figures["0.8"]["auroc"]) == (1, 1)
    assert figures["error"]["mae"][0] == pytest.approx(0.075)


def test_the_order_of_a_judge_has_an_aurc_and_a_worst_patient():
    rows = [
        {"patient": "a", "pdsc": 0.95, "true": 1.0},
        {"patient": "b", "pdsc": 0.75, "true": 0.65},
    ]
    order = order_of(rows)
    # The better mask has the higher score: risks 0 and (0 + 0.35) / 2.
    assert order["aurc"][0] == pytest.approx(0.0875) == order["best_aurc"]
    assert (order["worst_aurc"], order["worst_error"]) == (pytest.approx(0.35), pytest.approx(0.1))
    other = order_of([{**rows[0], "pdsc": 0.1}, rows[1]])
    assert other["aurc"][0] > other["best_aurc"] == pytest.approx(0.0875)


def test_the_page_escapes_all_text_and_loads_nothing():
    page = html_page(
        "A & B",
        "<lead>",
        [Section("S", [Table("T", ["x<y"], [["1 < 2"]], "a note")], {"a picture": b"png"})],
    )
    for text in ("A &amp; B", "&lt;lead&gt;", "x&lt;y", "1 &lt; 2", "a note"):
        assert text in page
    assert "data:image/png;base64,cG5n" in page
    assert "http" not in page


def test_every_judge_has_a_panel_of_its_own():
    rows = {f"judge {number}": [{"pdsc": 0.5, "true": 0.6}] for number in range(9)}
    picture = plot_detection(rows)
    assert plot_detection({**rows, "judge 8": [{"pdsc": 0.9, "true": 0.1}]}) != picture


def test_the_store_returns_rows_of_the_same_provenance_only(
    tmp_path: Path,
):
    store = Store(tmp_path)
    assert store.get("part", {"seed": 0}) is None
    store.put("part", {"seed": 0, "cases": (1, 2)}, [{"a": 1}])
    assert Store(tmp_path).get("part", {"seed": 0, "cases": (1, 2)}) == [{"a": 1}]
    assert Store(tmp_path).get("part", {"seed": 1, "cases": (1, 2)}) is None


def test_wrong_cases_are_refused_with_the_right_form(tmp_path: Path):
    with pytest.raises(HermesError, match="PRESET=decathlon:FOLDER"):
        Organ.parse("prostate-t2")
    with pytest.raises(HermesError, match=r"dataset\.json"):
        Organ.parse(f"prostate-t2=decathlon:{tmp_path}")


def test_patients_of_training_validation_and_calibration_count_as_trained_on():
    cases = [Case("x", Path("x"), Truth((Path("x"),)), f"ward-{number}") for number in range(5)]
    trained = {
        "split": {
            "train": ["ward-0", "else-9"],
            "validation": ["ward-1"],
            "test": ["ward-2", "ward-3"],
        },
        "calibration": {"patients": ["ward-3"]},
    }
    assert trained_on(trained, cases) == ["ward-0", "ward-1", "ward-3"]
    assert trained_on({}, cases) == []


def test_each_ablation_changes_the_pgt_and_without_masks_it_does_not_depend_on_them():
    preset = load_preset("prostate-t2")
    ablations = {source.name: source for source in ablations_of(preset)}
    torch.manual_seed(0)
    image, mask = torch.rand(1, 1, 128, 128), torch.zeros(1, 128, 128, dtype=torch.bool)
    mask[:, 40:80, 40:80] = True

    @cache
    def observed(name: str) -> tuple[QualityControl, Observation]:
        quality = ablations[name].load(torch.device("cpu"))
        return quality, quality.observe(image)

    @cache
    def pgt(name: str, masks: torch.Tensor) -> torch.Tensor:
        quality, observation = observed(name)
        return quality.assess(observation, masks, [0]).pgt

    blank = torch.zeros_like(mask)
    assert not torch.equal(pgt("sample alone", mask), pgt("sample alone", blank))
    assert torch.equal(
        pgt("sample alone, E1 (masks) off", mask), pgt("sample alone, E1 (masks) off", blank)
    )
    different = [pgt(name, mask) for name in ablations if name.startswith("sample alone")]
    sampled = [pgt("8 samples", mask), pgt("4 steps", mask)]
    if observed("8 samples")[0].blend.expert_share < 1:
        different += sampled
    else:
        # As the table's note says: the whole pGT is an organ map.
        assert torch.equal(*sampled)
    assert all(
        not torch.equal(a, b) for number, a in enumerate(different) for b in different[:number]
    )
    assert [source.name for source in ablations.values() if source.fixed] == [
        "pGT of the first mask kept"
    ]
