"""``hermes refine`` with a model that takes examples: cases of a folder, and accepted slices."""

import json
from pathlib import Path

import pytest
import SimpleITK
import torch

from HermesLib.cli.main import build_parser
from HermesLib.cli.refine import loop_fields
from HermesLib.models.incontext.network import InContextNetwork
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.cli.conftest import Hermes
from Testing.datasets.made import make_decathlon

QUICK = ("--samples", 1, "--steps", 1, "--max-iterations", 1, "--threshold", 0.01)
OWN_PGT = {"kind": "examples", "slices": [], "given": [], "own_pgt": True}


@pytest.fixture
def model(tmp_path: Path) -> tuple[object, ...]:
    """The options of an untrained network that calls most of a slice the organ."""
    torch.manual_seed(0)
    network = InContextNetwork(1, (4, 4), norm=False)
    network.out_conv.conv.bias.data.fill_(3.0)
    path = tmp_path / "universeg.safetensors"
    save_checkpoint(path, network.state_dict(), "universeg", {"image_size": 32})
    return ("--model", "universeg", "--weights", path)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A folder with two labelled cases."""
    for folder in ("images", "masks"):
        (tmp_path / "cases" / folder).mkdir(parents=True)
    for seed in (2, 3):
        case = prostate_phantom(seed=seed, side=48, slices=5, spacing=(3.0, 3.0, 14.0))
        SimpleITK.WriteImage(case.image, str(tmp_path / f"cases/images/p{seed}_0000.nii.gz"))
        SimpleITK.WriteImage(case.label, str(tmp_path / f"cases/masks/p{seed}.nii.gz"))
    return tmp_path / "cases"


def report_of(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def prompts_of(report: dict) -> dict[int, list[dict]]:
    """The prompts of every slice that the model was called on."""
    return {
        entry["index"]: [step["prompt"] for step in entry["iterations"]]
        for entry in report["slices"]
        if entry["status"] != "absent"
    }


def test_accepted_slices_are_the_examples_of_the_rest_and_the_report_names_them(
    hermes: Hermes, files: Path, model: tuple, tmp_path: Path
):
    out = tmp_path / "out"
    assert hermes("refine", files / "image.nii.gz", "-o", out, *model, *QUICK).code == 0
    prompts = prompts_of(report_of(out))
    shown = sorted(prompts)
    assert len(shown) >= 3
    middle = shown[(len(shown) - 1) // 2]
    assert prompts[middle] == [{**OWN_PGT, "own_pgt": False}, OWN_PGT]
    for index in set(shown) - {middle}:
        assert middle in prompts[index][0]["slices"]
    assert "research only" in " ".join(hermes("weights", "list").out)


def test_given_cases_are_examples_and_the_run_can_be_repeated(
    hermes: Hermes, files: Path, model: tuple, cases: Path, tmp_path: Path
):
    out, again = tmp_path / "out", tmp_path / "again"
    image, given = files / "image.nii.gz", ("--examples", cases, "--most-examples", 3)
    result = hermes("refine", image, "-o", out, *model, *QUICK, *given)
    assert result.code == 0
    assert "for research only" in " ".join(result.out + result.err)
    report = report_of(out)
    first = [steps[0] for steps in prompts_of(report).values()]
    assert all(len(prompt["given"]) >= 1 for prompt in first)
    assert all(len(prompt["given"]) + len(prompt["slices"]) <= 3 for prompt in first)
    assert len(report["provenance"]["inputs"]["examples"]) == 64
    assert report["provenance"]["settings"]["examples"] == "file"
    assert "cases" not in json.dumps(report)
    words = ("rerun", out / "report.json", image, "-o", again, *model[2:])
    assert "the run used a file for its examples" in hermes(*words).err[-1]
    repeated = hermes(*words, "--examples", cases)
    assert repeated.code == 0 and "are the same as in the report" in repeated.out[-1]
    (cases / "images" / "p3_0000.nii.gz").unlink()
    assert "not the one of the report: the examples" in hermes(*words, "--examples", cases).err[-1]


def test_a_case_that_is_the_image_itself_is_left_out(
    hermes: Hermes, files: Path, model: tuple, cases: Path, tmp_path: Path
):
    for folder, name in (("images", "image"), ("masks", "label")):
        target = cases / folder / "own.nii.gz"
        target.write_bytes((files / f"{name}.nii.gz").read_bytes())
    options = ("--examples", cases, "--slices", 3)
    words = ("refine", files / "image.nii.gz", "-o", tmp_path / "out", *model, *QUICK, *options)
    result = hermes(*words)
    assert result.code == 0 and "one of the examples is the image itself" in str(result.err)


def test_a_user_s_own_prompt_is_joined_by_examples(
    hermes: Hermes, files: Path, cases: Path, tmp_path: Path
):
    torch.manual_seed(0)
    network = InContextNetwork(5, (4, 4), norm=True)
    path = tmp_path / "multiverseg.safetensors"
    save_checkpoint(path, network.state_dict(), "multiverseg", {"image_size": 32})
    first = tmp_path / "first.json"
    first.write_text('{"kind": "clicks", "positive": [[30, 30]]}')
    words = ("refine", files / "image.nii.gz", "--model", "multiverseg", "--weights", path)
    words += ("--slices", 3, "--examples", cases, *QUICK)
    assert hermes(*words, "--first-prompt", first, "-o", tmp_path / "out").code == 0
    ((prompt, *_),) = prompts_of(report_of(tmp_path / "out")).values()
    assert prompt["kind"] == "clicks+examples"
    clicks, examples = prompt["parts"]
    assert clicks["positive"] == [[30, 30]] and sorted(examples["given"]) == list(range(6))
    refused = hermes(*words, "--prompt", "clicks", "-o", tmp_path / "not")
    assert refused.code == 2 and "choose clicks+examples" in refused.err[-1]


def remove_masks(cases: Path) -> None:
    for path in (cases / "masks").iterdir():
        path.unlink()


def empty_masks(cases: Path) -> None:
    for path in (cases / "masks").iterdir():
        SimpleITK.WriteImage(SimpleITK.ReadImage(str(path)) * 0, str(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cases: cases.rename(cases.parent / "moved"), "no folder cases with examples"),
        (lambda cases: (cases / "masks").rename(cases / "m"), "no folders 'images' and 'masks'"),
        (remove_masks, "no mask named p2_0000 in masks"),
        (empty_masks, "no mask of the examples in cases shows anything"),
    ],
)
def test_a_folder_that_holds_no_examples_is_refused_in_one_line(
    hermes: Hermes, files: Path, model: tuple, cases: Path, tmp_path: Path, change, message
):
    change(cases)
    words = ("refine", files / "image.nii.gz", "-o", tmp_path / "out", *model, *QUICK)
    result = hermes(*words, "--examples", cases)
    assert result.code == 2 and message in result.err[-1]
    assert not (tmp_path / "out").exists()


def test_models_that_take_no_examples_refuse_a_folder_of_them(
    hermes: Hermes, files: Path, cases: Path, tmp_path: Path
):
    words = ("refine", files / "image.nii.gz", "-o", tmp_path / "out", "--examples", cases)
    result = hermes(*words)
    assert result.code == 2
    assert "no use for examples; leave out --examples" in result.err[-1]
    assert "--model universeg or multiverseg" in result.err[-1]


def test_the_options_reach_the_request():
    words = ["refine", "a.nii.gz", "-o", "o", "--examples", "cases", "--example-labels", "1+2"]
    fields = loop_fields(build_parser().parse_args([*words, "--most-examples", "5"]))
    assert fields["examples"] == Path("cases") and fields["example_labels"] == (1, 2)
    assert fields["prompting"].most_examples == 5


def test_masks_are_judged_by_what_they_teach_the_model_and_nothing_is_accepted_by_it(
    hermes: Hermes, files: Path, model: tuple, tmp_path: Path
):
    (tmp_path / "references").mkdir()
    make_decathlon(tmp_path / "references", "MRI", "prostate", patients=3)
    words = ("assess", files / "one.nii.gz", files / "one_label.nii.gz", "-o", tmp_path / "out")
    words += ("--judge", "in-context", "--references", tmp_path / "references")
    result = hermes(*words, "--judge-weights", model[-1], "--samples", 1, "--steps", 1)
    assert result.code == 0, result.err
    report = report_of(tmp_path / "out")
    assert report["provenance"]["judge"]["name"] == "in-context"
    assert report["provenance"]["score"] == "judged"
    assert report["provenance"]["interval"] == {"nominal": 0.9, "guaranteed": 0.5, "patients": 1}
    (entry,) = report["slices"]
    assert entry["status"] == "stopped"
    assert 0 <= entry["pdsc_low"] <= entry["pdsc"] <= entry["pdsc_high"] <= 1
