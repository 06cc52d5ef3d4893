"""The tables: their arithmetic on cases made by hand, their page, and a whole small suite that goes on where it was cut off."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.cli.main import main
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.presets.registry import load_preset
from HermesLib.research.rivals.registry import bundled_rivals
from HermesLib.research.tables.ablations import ablations_of
from HermesLib.research.tables.design import HERMES, UNET, Cell, Organ, TableRun, seen_patients
from HermesLib.research.tables.html import Section, Table, page
from HermesLib.research.tables.plots import plot_detection
from HermesLib.research.tables.sections import verdict
from HermesLib.research.tables.store import Store
from HermesLib.research.tables.summary import (
    clearly_better,
    detection_of,
    error_above,
    gain_over,
    overall,
    row_of,
    share_of_ceiling,
)
from HermesLib.weights.bundled import bundled_checkpoint
from Testing.datasets.made import make_decathlon


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


def test_a_source_that_never_prompts_yields_nothing_and_stays_out_of_the_mean():
    nothing = row_of(cell("medsam"), [outcome("a", 0.1, 0.1, "failed", calls=0)])
    something = row_of(cell("mideepseg"), [outcome("a", 0.1, 0.6)])
    assert nothing.final is None
    assert overall([nothing, something], HERMES, 0.9) == pytest.approx(0.6)
    assert overall([nothing], HERMES, 0.9) is None is overall([something], HERMES, 0.7)


def test_the_share_of_the_ceiling_is_that_of_the_same_model_and_being_clearly_better_needs_intervals_apart():
    rows = [
        row_of(cell(), [outcome("a", 0, 0.8)]),
        row_of(cell(source=UNET), [outcome("a", 0, 0.4)]),
    ]
    assert share_of_ceiling(rows, {"medsam": 0.9}, HERMES, 0.9) == {
        "medsam": pytest.approx(0.8 / 0.9)
    }
    assert clearly_better([0.8, 0.75, 0.85], [0.7, 0.65, 0.74])
    assert not clearly_better([0.8, 0.73, 0.85], [0.7, 0.65, 0.74])
    assert not clearly_better([0.8, None, None], [0.7, 0.65, 0.74])


def test_the_gain_over_a_rival_is_taken_slice_by_slice_and_of_the_same_slices_only():
    ours = [outcome("a", 0, 0.9), outcome("b", 0, 0.3), outcome("c", 0, 0.6)]
    theirs = [outcome("c", 0, 0.5), outcome("a", 0, 0.8), outcome("b", 0, 0.2)]
    assert gain_over(ours, theirs) == pytest.approx([0.1, 0.1, 0.1])
    with pytest.raises(ValueError, match="same slices"):
        gain_over(ours, theirs[1:])


def test_the_error_above_ours_is_taken_mask_by_mask():
    ours = [
        {"patient": "a", "mask": "truth", "pdsc": 0.95, "true": 1.0},
        {"patient": "b", "mask": "medsam", "pdsc": 0.5, "true": 0.6},
    ]
    theirs = [{**ours[0], "pdsc": 0.9}, {**ours[1], "pdsc": 0.75}]
    assert error_above(ours, theirs) == pytest.approx([0.05, 0.05, 0.05])
    with pytest.raises(ValueError, match="same masks"):
        error_above(ours, theirs[::-1])


def test_the_page_says_where_hermes_is_not_ahead_and_where_it_is_behind():
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
    found = detection_of(rows)
    assert (found["0.7"]["sensitivity"], found["0.7"]["specificity"]) == (0, 1)
    assert (found["0.8"]["sensitivity"], found["0.8"]["auroc"]) == (1, 1)
    assert found["error"]["mae"][0] == pytest.approx(0.075)


def test_the_page_holds_all_text_escaped_and_loads_nothing():
    made = page(
        "A & B",
        "<lead>",
        [Section("S", [Table("T", ["x<y"], [["1 < 2"]], "a note")], {"a picture": b"png"})],
    )
    assert (
        "A &amp; B" in made
        and "&lt;lead&gt;" in made
        and "x&lt;y" in made
        and "1 &lt; 2" in made
        and "a note" in made
    )
    assert "data:image/png;base64,cG5n" in made and "http" not in made


def test_every_judge_has_its_own_panel_however_many_they_are():
    rows = {f"judge {number}": [{"pdsc": 0.5, "true": 0.6}] for number in range(9)}
    whole = plot_detection(rows)
    assert plot_detection({**rows, "judge 8": [{"pdsc": 0.9, "true": 0.1}]}) != whole


def test_what_was_made_from_the_same_is_not_measured_again_and_what_was_made_from_else_is(
    tmp_path: Path,
):
    store = Store(tmp_path)
    assert store.get("part", {"seed": 0}) is None
    store.put("part", {"seed": 0, "cases": (1, 2)}, [{"a": 1}])
    assert Store(tmp_path).get("part", {"seed": 0, "cases": (1, 2)}) == [{"a": 1}]
    assert Store(tmp_path).get("part", {"seed": 1, "cases": (1, 2)}) is None


def test_cases_are_asked_for_in_words_a_user_can_mend(tmp_path: Path):
    with pytest.raises(HermesError, match="PRESET=decathlon:FOLDER"):
        Organ.parse("prostate-t2")
    with pytest.raises(HermesError, match=r"dataset\.json"):
        Organ.parse(f"prostate-t2=decathlon:{tmp_path}")


def test_one_command_writes_page_and_figures_and_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    torch.manual_seed(0)
    folder = tmp_path / "made"
    folder.mkdir()
    make_decathlon(folder, "MRI", "prostate", patients=1, slices=1)
    words = [
        "research",
        "tables",
        "--cases",
        f"prostate-t2=decathlon:{folder}",
        "--quick",
        "--workers",
        "1",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main(words) == 0
    assert "about" in capsys.readouterr().err
    with open(tmp_path / "out" / "tables.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    model, rivals = (
        load_preset("prostate-t2").model,
        len(bundled_rivals(load_preset("prostate-t2"))),
    )
    assert {(row["model"], row["threshold"]) for row in rows} == {(model, "0.9")}
    assert {HERMES, UNET} <= {row["source"] for row in rows}
    told = json.loads((tmp_path / "out" / "tables.json").read_text(encoding="utf-8"))
    assert told["provenance"]["cases"] == {"prostate-t2": 1} and all(
        0 <= row["final"][0] <= 1 for row in told["rows"]
    )
    made = (tmp_path / "out" / "tables.html").read_text(encoding="utf-8")
    for title in (
        "Table 1",
        "Table 2",
        "Table 3",
        "Ceiling",
        "Is the loop worth it",
        "HERMES against each rival",
    ):
        assert title in made
    cut = tmp_path / "out" / "measured" / f"prostate-t2_{model}_HERMES.json"
    kept = cut.read_text(encoding="utf-8")
    cut.unlink()
    assert main(words) == 0
    runs = len(rows)
    assert capsys.readouterr().err.count("known") == (runs - 1) + 1 + (2 + rivals)
    assert cut.read_text(encoding="utf-8") == kept


def test_a_patient_of_a_training_its_validation_or_its_calibration_is_known():
    cases = [Case("x", Path("x"), Path("x"), 1, f"ward-{number}") for number in range(5)]
    trained = {
        "split": {
            "train": ["ward-0", "else-9"],
            "validation": ["ward-1"],
            "test": ["ward-2", "ward-3"],
        },
        "calibration": {"patients": ["ward-3"]},
    }
    assert seen_patients(trained, cases) == ["ward-0", "ward-1", "ward-3"]
    assert seen_patients({}, cases) == []


def test_nobody_is_tested_on_whom_a_network_was_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "made"
    folder.mkdir()
    make_decathlon(folder, "MRI", "prostate", patients=1)
    table = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    stem = Path(table["training"][0]["image"]).name.split(".")[0]
    trained = bundled_checkpoint("qc-prostate-t2").training["split"]["train"]
    number = next(one for one in trained if one.startswith("promise12-")).removeprefix("promise12-")
    for name in ("image", "label"):
        path = folder / table["training"][0][name]
        renamed = path.with_name(path.name.replace(stem, f"Case{number}"))
        path.rename(renamed)
        table["training"][0][name] = str(renamed.relative_to(folder))
    (folder / "dataset.json").write_text(
        json.dumps({**table, "name": "promise12"}), encoding="utf-8"
    )
    assert (
        main(
            [
                "research",
                "tables",
                "--cases",
                f"prostate-t2=decathlon:{folder}",
                "--quick",
                "-o",
                str(tmp_path / "out"),
            ]
        )
        == 2
    )
    assert f"knows promise12-{number} from its training" in capsys.readouterr().err


def test_an_ablation_is_hermes_without_that_part():
    preset = load_preset("prostate-t2")
    drawn = {one.name: one for one in ablations_of(preset)}
    torch.manual_seed(0)
    image, mask = torch.rand(1, 1, 128, 128), torch.zeros(1, 128, 128, dtype=torch.bool)
    mask[:, 40:80, 40:80] = True

    def pgt(name: str, shown: torch.Tensor) -> torch.Tensor:
        quality = drawn[name].load(torch.device("cpu"))
        return quality.assess(quality.observe(image), shown, [0]).pgt

    blank = torch.zeros_like(mask)
    assert not torch.equal(pgt("drawn alone", mask), pgt("drawn alone", blank))
    assert torch.equal(
        pgt("drawn alone, E1 (masks) off", mask), pgt("drawn alone, E1 (masks) off", blank)
    )
    different = [pgt(name, mask) for name in drawn if name.startswith("drawn alone")]
    different += [pgt("8 samples", mask), pgt("4 steps", mask)]
    assert all(
        not torch.equal(a, b) for number, a in enumerate(different) for b in different[:number]
    )
    assert [one.name for one in drawn.values() if one.fixed] == ["pGT of the first mask kept"]
