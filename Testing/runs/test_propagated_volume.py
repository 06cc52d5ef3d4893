"""Runs with SAM 2.1, propagated through slices, steered by a guide: prompts, report, refusals."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.image_files import read_image
from HermesLib.models.sam2.volume import Sam2Session
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.serialization import write_prompt
from HermesLib.prompts.volume import BoxOnSlice, EarlierMask, Points3D
from HermesLib.refinement.events import Status
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.repeat import Inputs, differences, request_from_report
from HermesLib.runs.request import AssessRequest, RefineRequest
from HermesLib.runs.run import Run
from HermesLib.samples.prostate_phantom import prostate_phantom
from Testing.cli.results import SCHEMA
from Testing.models.small import write_checkpoint

ROUNDS = 2


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    phantom = prostate_phantom(seed=1, side=64, slices=10, spacing=(3.0, 3.0, 10.0))
    SimpleITK.WriteImage(phantom.image, str(folder / "image.nii.gz"))
    SimpleITK.WriteImage(phantom.label, str(folder / "guide.nii.gz"))
    write_checkpoint(folder, "sam2")
    return folder


@pytest.fixture(scope="module")
def request_of(files: Path) -> Callable[..., RefineRequest]:
    def make(**fields) -> RefineRequest:
        given = {
            "image": files / "image.nii.gz",
            "guide": str(files / "guide.nii.gz"),
            "organ": "prostate",
            "model": "sam2-volume",
            "weights": str(files / "sam2.safetensors"),
            "device": "cpu",
            "settings": RefinementSettings(max_iterations=ROUNDS, threshold=0.999),
        }
        return RefineRequest(**{**given, **fields})

    return make


class Watched:
    """The prompts that a session gets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rounds: list[tuple] = []
        self.needed: list[range] = []
        predict, start = Sam2Session.predict, Sam2Session.__init__

        def watch(session, prompts):
            self.rounds.append(tuple(prompts))
            return predict(session, prompts)

        def opened(session, model, image, needed):
            self.needed.append(needed)
            start(session, model, image, needed)

        monkeypatch.setattr(Sam2Session, "predict", watch)
        monkeypatch.setattr(Sam2Session, "__init__", opened)


def test_a_run_starts_from_the_largest_section_corrects_in_3d_and_repeats(
    request_of, files: Path, tmp_path: Path, monkeypatch
):
    watched = Watched(monkeypatch)
    outcome = Run(request_of()).execute(output=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    axes = outcome.opened.inputs.volume.axes
    guide = axes.to_slices(SimpleITK.GetArrayFromImage(read_image(files / "guide.nii.gz")[0])) > 0
    areas = guide.sum((1, 2))
    with_organ = np.flatnonzero(areas)
    assert watched.needed == [range(with_organ[0], with_organ[-1] + 1)]

    (first,), *corrections = watched.rounds
    assert isinstance(first, BoxOnSlice) and (first.axis, first.index) == (0, areas.argmax())
    rows, columns = np.nonzero(guide[first.index])
    # The padding of ten pixels is that of slices of 320.
    assert first.first == (rows.min() - 2, rows.max() + 1 + 2)
    assert first.second == (columns.min() - 2, columns.max() + 1 + 2)
    assert len(corrections) == ROUNDS
    points = [prompt for prompt in corrections[0] if isinstance(prompt, Points3D)]
    assert points
    masks = {
        result.index: result.records[0].unpack()
        for result in outcome.results
        if result.index in with_organ
    }
    for point in points:
        for voxels, inside in ((point.positive, True), (point.negative, False)):
            for index, row, column in voxels.tolist():
                assert guide[index, row, column] == inside
                assert masks[index].mask[row, column] != inside

    shown = [entry for entry in report["slices"] if entry["status"] != "absent"]
    assert {entry["index"] for entry in shown} == set(with_organ.tolist())
    assert {len(entry["iterations"]) for entry in shown} == {ROUNDS + 1}
    # The box is reported where it was drawn, and nowhere else.
    boxes = {e["index"]: e["iterations"][0]["prompt"]["boxes"] for e in shown}
    assert [index for index, found in boxes.items() if found] == [first.index]
    summary = report["summary"]
    assert summary["whole_pdsc_low"] <= summary["whole_pdsc"] <= summary["whole_pdsc_high"]
    # Agreement with a guide accepts nothing.
    assert {entry["status"] for entry in shown} == {"stopped"}
    assert report["provenance"]["model"]["name"] == "sam2-volume"

    again = request_from_report(
        report,
        Inputs(
            image=files / "image.nii.gz",
            guide=str(files / "guide.nii.gz"),
            weights=str(files / "sam2.safetensors"),
        ),
    )
    assert differences(report, Run(again).execute().report) == []


def test_a_round_that_is_taken_back_goes_on_from_the_round_before(request_of, monkeypatch):
    watched = Watched(monkeypatch)
    monkeypatch.setattr(
        "HermesLib.refinement.volume_refiner._Loop._takes_back", lambda self, current, best: True
    )
    Run(request_of()).execute()
    assert isinstance(watched.rounds[2][0], EarlierMask)
    assert all(isinstance(prompt, Points3D) for prompt in watched.rounds[2][1:])


def test_a_run_says_how_far_a_round_is_and_is_cancelled_within_it(request_of):
    heard: list[str] = []
    shown: list = []
    outcome = Run(request_of()).execute(
        on_event=shown.append, on_progress=heard.append, is_cancelled=lambda: len(heard) == 2
    )
    assert outcome.cancelled
    assert heard == ["2 of 5 slices propagated", "3 of 5 slices propagated"]
    # Only slices without the organ have ended.
    assert {event.status for event in shown} == {Status.ABSENT}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weights": "bundled"}, "sam2-volume has no bundled weights; name a file with --weights"),
        ({"weights": "nowhere.pt"}, "nowhere.pt"),
        ({"model": "medsam2-volume"}, "holds weights of sam2, not of medsam2-volume"),
        ({"server": "http://a"}, "runs on this computer without a server; leave out --server"),
        ({"prompt": "scribbles"}, "sam2-volume takes no 'scribbles' prompts; choose clicks"),
        ({"judge": "predicted-iou"}, "asks a model of slices; sam2-volume segments whole volumes"),
        ({"first_prompt": "box.json"}, "sam2-volume starts from the pGT of the whole volume"),
    ],
)
def test_what_does_not_go_with_the_model_is_refused_in_one_line(
    request_of, fields, message, tmp_path
):
    if "first_prompt" in fields:
        write_prompt(tmp_path / "box.json", Box(1, 1, 9, 9))
        fields = {"prompt": None, "first_prompt": tmp_path / "box.json"}
    with pytest.raises(HermesError, match=message) as refused:
        Run(request_of(**fields)).execute()
    assert "\n" not in str(refused.value)


def test_masks_are_not_judged_by_a_model_for_whole_volumes(files):
    request = AssessRequest(
        image=files / "image.nii.gz",
        mask=files / "guide.nii.gz",
        organ="prostate",
        judge="predicted-iou",
        model="sam2-volume",
        weights=str(files / "sam2.safetensors"),
    )
    with pytest.raises(HermesError, match="segments whole volumes; here choose medsam"):
        Run(request).execute()
