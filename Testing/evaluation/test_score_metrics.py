"""Figures of the score, on masks that can be reckoned by hand; and its picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.score_metrics import ScoreTable, accepted, score_figures
from HermesLib.evaluation.score_plots import plot_scores
from HermesLib.evaluation.scored_masks import PERFECT, ScoredMask


def mask(
    patient: str, raw: float, pdsc: float, true: float, iteration: int = 1, source: str = "medsam"
) -> ScoredMask:
    return ScoredMask(
        patient, "case", 0, source, iteration, raw, raw, pdsc, pdsc - 0.05, pdsc + 0.05, 0.9, true
    )


MASKS = [
    mask("a", 0.95, 0.90, 0.90),
    mask("a", 0.95, 0.80, 0.70),
    mask("b", 0.85, 0.75, 0.72),
    mask("b", 0.80, 0.60, 0.60),
    mask("b", 0.10, 0.12, 0.10, iteration=0),
    mask("b", 0.92, 0.94, 1.00, iteration=0, source=PERFECT),
]


def test_bias_and_error_are_those_of_the_masks_and_refined_ones_stand_apart():
    raw, calibrated = score_figures(MASKS, "raw"), score_figures(MASKS, "calibrated")
    assert (raw["all"]["masks"], raw["refined"]["masks"], raw["refined"]["patients"]) == (6, 4, 2)
    assert raw["refined"]["bias"][0] == pytest.approx((0.05 + 0.25 + 0.13 + 0.20) / 4, abs=1e-4)
    assert calibrated["refined"]["mae"][0] == pytest.approx((0 + 0.1 + 0.03 + 0) / 4, abs=1e-4)
    assert (raw["perfect_mask"], calibrated["perfect_mask"]) == (0.92, 0.94)
    # 0.70 is not within 0.75 to 0.85, the others are in theirs.
    assert calibrated["refined"]["coverage"][0] == 0.75
    assert list(calibrated["refined"]["coverage_by_patient"].items()) == [("a", 0.5), ("b", 1.0)]
    assert calibrated["refined"]["coverage_worst_patient"] == 0.5


def test_what_is_accepted_is_counted_at_and_above_the_threshold():
    found = accepted(ScoreTable.of(MASKS[:4], "calibrated"), 0.8)
    assert found == {"share": 0.5, "true": 0.8, "true_of_others": 0.66}
    assert accepted(ScoreTable.of(MASKS[:4], "calibrated"), 0.99) == {
        "share": 0.0,
        "true": None,
        "true_of_others": 0.7300,
    }


def test_the_interval_comes_from_patients_not_from_masks():
    table = np.stack([np.full(200, 0.8)] * 3 + [np.repeat([0.6, 0.9], 100)], 1)
    people = [f"p{k}" for k in np.repeat([0, 1], 100)]
    strangers = [f"p{k}" for k in range(200)]
    mean = lambda rows: float(rows[:, 3].mean())  # noqa: E731
    _, low, high = with_interval(table, people, mean)
    _, narrow_low, narrow_high = with_interval(table, strangers, mean)
    assert (low, high) == (0.6, 0.9)
    assert narrow_high - narrow_low < 0.06


def test_without_refined_masks_the_figures_say_so():
    found = score_figures(MASKS[4:], "raw")
    assert (
        found["refined"] == {"masks": 0, "patients": 0}
        and found["accepted"]["0.9"]["share"] is None
    )


@pytest.mark.parametrize("calibrated", [True, False])
def test_the_picture_is_drawn(tmp_path: Path, calibrated: bool):
    kinds = ("raw", "calibrated") if calibrated else ("raw",)
    plot_scores(tmp_path / "deep" / "score.png", MASKS * 5, "Prostate", kinds)
    picture = np.asarray(Image.open(tmp_path / "deep" / "score.png").convert("RGB")).reshape(-1, 3)
    blue = (np.abs(picture.astype(int) - (31, 111, 180)).sum(1) < 20).any()
    assert blue == calibrated
