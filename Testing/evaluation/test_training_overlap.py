"""Figures on patients of the training are marked."""

from pathlib import Path

from HermesLib.cli.main import main
from HermesLib.datasets.case import Truth
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.training_overlap import overlap_warning, trained_on
from HermesLib.weights.bundled import bundled_checkpoint
from Testing.datasets.made import make_slices


def cases_of(identities: list[str]) -> list[Case]:
    return [Case(name, Path("image.png"), Truth((Path("label.png"),)), name) for name in identities]


def test_patients_that_trained_selected_or_calibrated_are_named_and_test_patients_are_not():
    training = {
        "split": {"train": ["a-1"], "validation": ["a-2"], "test": ["a-3", "a-4"]},
        "calibration": {"patients": ["a-2", "a-4"]},
    }
    cases = cases_of(["a-1", "a-1", "a-2", "a-3", "a-4", "b-1"])
    assert trained_on(training, cases) == ["a-1", "a-2", "a-4"]
    assert trained_on({}, cases) == []


def test_the_warning_counts_patients_not_cases_and_names_a_few():
    cases = cases_of([f"a-{number}" for number in range(9)] * 2)
    line = overlap_warning("qc", [f"a-{number}" for number in range(7)], cases)
    assert "7 of the 9 patients (a-0, a-1, a-2, a-3, a-4, ...)" in line


def test_evaluating_bundled_weights_on_their_own_training_patient_warns(tmp_path: Path, capsys):
    split = bundled_checkpoint("qc-spleen-ct").training["split"]
    family, number = split["train"][0].rsplit("-", 1)
    dataset = make_slices(tmp_path, "spleens", [int(number), 999], organ="spleen")
    words = ["evaluate", "pgt", "--preset", "spleen-ct", "--device", "cpu"]
    code = main([*words, "--data", f"slices:{dataset.folder}:{family}"])
    output = capsys.readouterr()
    assert code == 0, output.err
    assert f"qc-spleen-ct was trained, selected or calibrated on 1 of the 2 patients ({family}" in (
        output.err
    )
    assert f'"{family}-{number}"' in output.out
