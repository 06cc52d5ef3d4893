"""What a run writes: five consistent files on the image's own grid, reproducible by the seed."""

import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import SimpleITK
import torch
from PIL import Image

import HermesLib.report
from HermesLib.cli.progress import ProgressPrinter
from HermesLib.engine.client import Engine
from HermesLib.io.staged_folder import staged_folder
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.organ_map import slice_features
from HermesLib.quality.presence import PresenceRule, contiguous_presence
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import AssessRequest
from HermesLib.runs.run import Run
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.cli.conftest import Hermes
from Testing.quality.small import SMALL

RESULTS = ["overview.png", "pgt.nii.gz", "report.csv", "report.json", "segmentation.nii.gz"]
SCHEMA = json.loads(
    (Path(HermesLib.report.__file__).parent / "report.schema.json").read_text(encoding="utf-8")
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def read(path: Path) -> np.ndarray:
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))


def refine_arguments(files: Path, *more: object, image: str = "image.nii.gz") -> tuple[object, ...]:
    model = ("--model", "scribbleprompt", "--weights", files / "model.safetensors")
    return (
        "refine",
        files / image,
        *model,
        "--max-iterations",
        2,
        "--steps",
        1,
        "--samples",
        1,
        *more,
    )


@pytest.mark.parametrize("kind", ["scribbles", "clicks", "box"])
def test_refine_writes_five_consistent_files(
    hermes: Hermes, files: Path, tmp_path: Path, kind: str
):
    output = tmp_path / "out"
    outcome = hermes(
        *refine_arguments(
            files,
            "-o",
            output,
            "--prompt",
            kind,
            "--truth",
            files / "label.nii.gz",
            "--slices",
            "1:4",
        )
    )
    assert outcome.code == 0, outcome.err
    assert names(output) == RESULTS
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [entry["index"] for entry in report["slices"]] == [1, 2, 3]
    present_slices = [entry for entry in report["slices"] if entry["status"] != "absent"]
    kinds = {
        iteration["prompt"]["kind"] for entry in present_slices for iteration in entry["iterations"]
    }
    assert kinds == {kind}
    with open(output / "report.csv", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == sum(
            len(entry["iterations"]) for entry in report["slices"]
        )
    segmentation, label = read(output / "segmentation.nii.gz") > 0, read(files / "label.nii.gz") > 0
    assert not segmentation[[0, 4]].any()
    for entry in report["slices"]:
        mask, truth = segmentation[entry["index"]], label[entry["index"]]
        total = mask.sum() + truth.sum()
        assert entry["dsc"] == pytest.approx(
            2 * (mask & truth).sum() / total if total else 1.0, abs=1e-5
        )
    assert Image.open(output / "overview.png").size[0] > 800
    assert str(output) in outcome.out[-1]


def test_results_have_the_grid_of_an_oblique_image(hermes: Hermes, files: Path, tmp_path: Path):
    image = SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(files / "image.nii.gz")), "RSP")
    rotation = SimpleITK.Euler3DTransform()
    rotation.SetRotation(0.1, 0.05, 0.2)
    image.SetDirection(
        (
            np.array(rotation.GetMatrix()).reshape(3, 3)
            @ np.array(image.GetDirection()).reshape(3, 3)
        ).ravel()
    )
    image.SetOrigin((12.5, -40.0, 7.0))
    SimpleITK.WriteImage(image, str(tmp_path / "oblique.nrrd"))
    outcome = hermes(
        *refine_arguments(files, "-o", tmp_path / "out", image=str(tmp_path / "oblique.nrrd"))
    )
    assert outcome.code == 0, outcome.err
    for name in ("segmentation.nii.gz", "pgt.nii.gz"):
        result = SimpleITK.ReadImage(str(tmp_path / "out" / name))
        assert result.GetSize() == image.GetSize()
        for ours, theirs in (
            (result.GetSpacing(), image.GetSpacing()),
            (result.GetOrigin(), image.GetOrigin()),
            (result.GetDirection(), image.GetDirection()),
        ):
            assert ours == pytest.approx(theirs, abs=1e-4)


def test_a_single_slice_is_refined_and_assessed(hermes: Hermes, files: Path, tmp_path: Path):
    refined = hermes(*refine_arguments(files, "-o", tmp_path / "refined", image="one.nii.gz"))
    assert refined.code == 0 and refined.out[0].startswith("1 slice")
    mask = tmp_path / "refined" / "segmentation.nii.gz"
    assessed = hermes("assess", files / "one.nii.gz", mask, "-o", tmp_path / "assessed")
    assert assessed.code == 0
    assert names(tmp_path / "assessed") == RESULTS


def test_assess_keeps_the_mask_and_scores_a_wrong_mask_lower(
    hermes: Hermes, files: Path, tmp_path: Path
):
    label = SimpleITK.ReadImage(str(files / "label.nii.gz"))
    wrong = SimpleITK.GetImageFromArray(np.roll(SimpleITK.GetArrayFromImage(label), 20, axis=2))
    wrong.CopyInformation(label)
    SimpleITK.WriteImage(wrong, str(files / "wrong.nii.gz"))
    mean_pdsc = {}
    for name in ("label", "wrong"):
        output = tmp_path / name
        outcome = hermes(
            "assess",
            files / "image.nii.gz",
            files / f"{name}.nii.gz",
            "-o",
            output,
            "--truth",
            files / "label.nii.gz",
        )
        assert outcome.code == 0, outcome.err
        report = json.loads((output / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(report, SCHEMA)
        assert report["provenance"]["model"] is None
        assert all(len(entry["iterations"]) == 1 for entry in report["slices"])
        assert np.array_equal(read(output / "segmentation.nii.gz"), read(files / f"{name}.nii.gz"))
        mean_pdsc[name] = sum(entry["pdsc"] for entry in report["slices"])
    assert mean_pdsc["wrong"] < mean_pdsc["label"]


def test_the_loop_starts_from_a_given_mask(hermes: Hermes, files: Path, tmp_path: Path):
    outcome = hermes(
        *refine_arguments(
            files, "-o", tmp_path / "out", "--init", files / "label.nii.gz", "--threshold", "0.01"
        )
    )
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    prompts = {
        (entry["iterations"][0]["prompt"]["kind"], entry["status"] == "absent")
        for entry in report["slices"]
    }
    assert ("given", False) in prompts and prompts <= {("given", False), ("none", True)}
    segmentation, label = (
        read(tmp_path / "out" / "segmentation.nii.gz"),
        read(files / "label.nii.gz"),
    )
    accepted = [
        entry["index"]
        for entry in report["slices"]
        if entry["status"] == "accepted" and len(entry["iterations"]) == 1
    ]
    assert accepted
    assert np.array_equal(segmentation[accepted], label[accepted])


def test_same_seed_gives_same_results_and_another_seed_different_ones(
    hermes: Hermes, files: Path, tmp_path: Path
):
    results = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert (
            hermes(
                *refine_arguments(files, "-o", tmp_path / name, "--seed", seed, image="one.nii.gz")
            ).code
            == 0
        )
        report = json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8"))
        for entry in report["slices"]:
            for iteration in entry["iterations"]:
                del iteration["seconds"]
        results.append((report["slices"], read(tmp_path / name / "pgt.nii.gz").tobytes()))
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_other_files_in_the_folder_are_kept_and_old_results_replaced(
    hermes: Hermes, files: Path, tmp_path: Path
):
    output = tmp_path / "out"
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    (output / "report.json").write_text("old")
    assert (
        hermes("assess", files / "one.nii.gz", files / "one_label.nii.gz", "-o", output).code == 0
    )
    assert names(output) == sorted([*RESULTS, "notes.txt"])
    assert (output / "notes.txt").read_text() == "mine"
    assert json.loads((output / "report.json").read_text(encoding="utf-8"))["format"] == 1


def test_report_contains_no_folder_names(hermes: Hermes, files: Path, tmp_path: Path):
    patient = tmp_path / "Doe^Jane 1971"
    files.rename(patient)
    label = f"--truth={patient / 'one_label.nii.gz'}"
    assert (
        hermes(
            "assess",
            patient / "one.nii.gz",
            patient / "one_label.nii.gz",
            "-o",
            patient / "out",
            label,
        ).code
        == 0
    )
    for name in ("report.json", "report.csv"):
        assert "Doe" not in (patient / "out" / name).read_text(encoding="utf-8")
    command = json.loads((patient / "out" / "report.json").read_text(encoding="utf-8"))[
        "provenance"
    ]["command"]
    assert command == [
        "assess",
        "one.nii.gz",
        "one_label.nii.gz",
        "-o",
        "out",
        "--truth=one_label.nii.gz",
    ]


def test_an_interrupted_run_writes_nothing(files: Path, tmp_path: Path):
    request = AssessRequest(image=files / "image.nii.gz", mask=files / "label.nii.gz")
    events: list[Iteration] = []

    def stop_after_two(event: Iteration) -> None:
        events.append(event)
        if len(events) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), staged_folder(tmp_path / "out") as staging:
        Run(request).execute(output=staging, on_event=stop_after_two)
    assert names(tmp_path) == ["files"]
    with staged_folder(tmp_path / "out") as staging:
        Run(request).execute(output=staging)
    assert names(tmp_path / "out") == RESULTS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")
def test_control_c_ends_with_one_line_and_writes_nothing(files: Path, tmp_path: Path):
    arguments = [
        str(word)
        for word in refine_arguments(
            files, "-o", tmp_path / "out", "--max-iterations", 500, "--patience", 500
        )
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "HermesLib", *arguments, "--threshold", "1", "--progress"],
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        cwd=Path(__file__).parents[2],
        # In a background shell the tests and their children would ignore Control-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        assert process.stderr is not None
        stderr_text = ""
        while "iteration 1" not in stderr_text:
            stderr_text += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        last = process.stderr.read().splitlines()[-1]
    assert process.returncode == 130
    assert last.endswith("hermes: interrupted, nothing was written")
    assert names(tmp_path) == ["files"]


@pytest.mark.parametrize(
    "prompt",
    [
        {"kind": "box", "xyxy": [12, 20, 40, 50]},
        {"kind": "clicks", "positive": [[30, 32], [31, 40]], "negative": [[5, 5]]},
        {
            "kind": "scribbles",
            "positive": [[x, 32] for x in range(24, 40)],
            "negative": [[4, y] for y in range(10, 20)],
        },
    ],
    ids=lambda prompt: prompt["kind"],
)
def test_a_users_prompt_is_the_first_prompt_of_every_slice(
    hermes: Hermes, files: Path, tmp_path: Path, prompt: dict
):
    (tmp_path / "prompt.json").write_text(json.dumps(prompt))
    outcome = hermes(
        *refine_arguments(
            files,
            "-o",
            tmp_path / "out",
            "--first-prompt",
            tmp_path / "prompt.json",
            "--slices",
            "1:4",
        )
    )
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    for entry in report["slices"]:
        first_prompt = entry["iterations"][0]["prompt"]
        if prompt["kind"] == "scribbles":
            assert first_prompt == {
                "kind": "scribbles",
                "positive_pixels": 16,
                "negative_pixels": 10,
            }
        else:
            assert first_prompt.items() >= prompt.items()
    if prompt["kind"] != "scribbles":
        # The prompt in the report is a valid first prompt for another run.
        (tmp_path / "again.json").write_text(
            json.dumps(report["slices"][0]["iterations"][0]["prompt"])
        )
        again = hermes(
            *refine_arguments(
                files,
                "-o",
                tmp_path / "two",
                "--first-prompt",
                tmp_path / "again.json",
                "--slices",
                "1:4",
            )
        )
        assert again.code == 0, again.err
        assert np.array_equal(
            read(tmp_path / "two" / "segmentation.nii.gz"),
            read(tmp_path / "out" / "segmentation.nii.gz"),
        )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_engine_ends_the_command_with_one_line_and_writes_nothing(
    hermes: Hermes, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    engine = Engine()

    def kill_after_the_first(progress: ProgressPrinter, event: Iteration, total: int) -> None:
        os.kill(engine.process_id, signal.SIGKILL)

    monkeypatch.setattr(ProgressPrinter, "__call__", kill_after_the_first)
    outcome = hermes(
        *refine_arguments(files, "-o", tmp_path / "out", "--threshold", "1", "--patience", 500),
        engine=engine,
    )
    assert outcome.code == 2 and "memory" in outcome.err[-1]
    assert names(tmp_path) == ["files"]


def test_a_defect_has_its_own_exit_code_and_prints_a_traceback(
    hermes: Hermes, files: Path, tmp_path: Path
):
    worker = (
        "from HermesLib.engine import worker; from HermesLib.runs import run;"
        "run.open_run = lambda *_: {}['gland']; worker.main()"
    )
    outcome = hermes(
        *refine_arguments(files, "-o", tmp_path / "out"),
        engine=Engine([sys.executable, "-c", worker]),
    )
    assert outcome.code == 1
    assert outcome.err[-1].startswith("hermes: an unexpected error in the engine: KeyError")
    assert any("Traceback" in line for line in outcome.err)
    assert names(tmp_path) == ["files"]


def test_out_of_distribution_slices_are_printed_and_reported(
    hermes: Hermes, files: Path, tmp_path: Path
):
    torch.manual_seed(0)
    core = QualityCore(dataclasses.replace(SMALL, familiarity=True))
    # Its training features come from a single slice of noise, so all slices are far from them.
    features = slice_features(core, torch.rand(1, 1, 64, 64)) + 1e-4 * torch.randn(40, 32)
    core.familiarity.fit(features[:30], features[30:])
    save_checkpoint(
        tmp_path / "noise.safetensors", core.state_dict(), "quality", core.config.to_dict()
    )
    arguments = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*arguments, "--quality", tmp_path / "noise.safetensors")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [entry["familiar"] for entry in report["slices"]] == [False] * 5
    assert any("do not trust the pDSC: 5 slices" in line for line in outcome.out)


def test_borderline_slices_are_printed_and_reported(hermes: Hermes, files: Path, tmp_path: Path):
    torch.manual_seed(0)
    core = QualityCore(SMALL)
    core.presence.layers[-1].weight.data.zero_()
    core.presence.layers[-1].bias.data.fill_(-1.0)
    save_checkpoint(
        tmp_path / "doubt.safetensors", core.state_dict(), "quality", core.config.to_dict()
    )
    arguments = ("assess", files / "image.nii.gz", files / "label.nii.gz", "-o", tmp_path / "out")
    outcome = hermes(*arguments, "--quality", tmp_path / "doubt.safetensors")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [(entry["present"], entry["borderline"]) for entry in report["slices"]] == [
        (round(present, 6), True)
        for present in contiguous_presence(np.full(5, -1.0), PresenceRule().weight)
    ]
    assert any(
        "presence of the organ uncertain, please check: 5 slices" in line for line in outcome.out
    )
