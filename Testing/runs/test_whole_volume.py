"""A run with a model for whole volumes: what it writes, what it refuses, what it leaves behind."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import jsonschema
import numpy as np
import pytest
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.image_files import read_image
from HermesLib.metrics.overlap import dice
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.serialization import write_prompt
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.iterations_file import read_iterations
from HermesLib.runs.repeat import Inputs, differences, request_from_report
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run, RunOutcome
from HermesLib.samples.prostate_phantom import prostate_phantom
from Testing.cli.results import SCHEMA
from Testing.models.nninteractive.conftest import remote  # noqa: F401  (the stand-in)

Execute = Callable[..., RunOutcome]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image whose gland is bright, and a guide that misses a part of it."""
    folder = tmp_path_factory.mktemp("files")
    phantom = prostate_phantom(seed=1, side=64, slices=6, spacing=(3.0, 3.0, 8.0))
    label = SimpleITK.GetArrayFromImage(phantom.label) > 0
    image = SimpleITK.GetImageFromArray(np.where(label, 900.0, 100.0).astype(np.float32))
    image = image + SimpleITK.GetImageFromArray(
        np.random.default_rng(0).normal(0, 10, label.shape).astype(np.float32)
    )
    image.CopyInformation(phantom.image)
    guide = label.copy()
    columns = np.flatnonzero(label.any((0, 1)))
    guide[:, :, columns[: len(columns) // 3]] = False
    written = SimpleITK.GetImageFromArray(guide.astype(np.uint8))
    written.CopyInformation(phantom.image)
    SimpleITK.WriteImage(image, str(folder / "image.nii.gz"))
    SimpleITK.WriteImage(phantom.label, str(folder / "label.nii.gz"))
    SimpleITK.WriteImage(written, str(folder / "guide.nii.gz"))
    return folder


@pytest.fixture
def request_of(files: Path) -> Callable[..., RefineRequest]:
    def make(**fields) -> RefineRequest:
        given = {
            "image": files / "image.nii.gz",
            "guide": str(files / "guide.nii.gz"),
            "truth": files / "label.nii.gz",
            "model": "nninteractive",
            "device": "cpu",
            "settings": RefinementSettings(max_iterations=2, threshold=0.999),
        }
        return RefineRequest(**{**given, **fields})

    return make


def test_a_run_is_reported_as_any_other_with_licence_and_without_the_servers_address(
    remote: ModuleType,  # noqa: F811
    request_of,
    files: Path,
    tmp_path: Path,
):
    request = request_of(
        write_iterations=True,
        server="http://localhost:1999",
        keep_names=True,
        command=("hermes", "refine", "image.nii.gz", "--server", "http://localhost:1999"),
    )
    outcome = Run(request).execute(output=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert {"model-licence", "agreement"} <= {notice["kind"] for notice in report["notices"]}
    assert "localhost" not in json.dumps(report) and "1999" not in json.dumps(report)
    assert report["provenance"]["model"]["name"] == "nninteractive"
    summary = report["summary"]
    assert summary["whole_pdsc_low"] <= summary["whole_pdsc"] <= summary["whole_pdsc_high"]
    shown = [entry for entry in report["slices"] if entry["status"] != "absent"]
    assert shown and {len(entry["iterations"]) for entry in shown} == {3}
    kinds = {item["prompt"]["kind"] for entry in shown for item in entry["iterations"]}
    assert kinds == {"volume"} and shown[0]["iterations"][0]["prompt"]["initial_mask"]
    points = [item["prompt"]["negative_points"] for e in shown for item in e["iterations"]]
    assert any(points), "what the model has beyond the guide is corrected"
    # The guide accepts nothing, whatever it agrees with.
    assert {entry["status"] for entry in shown} == {"stopped"}
    masks = SimpleITK.GetArrayFromImage(read_image(tmp_path / "segmentation.nii.gz")[0]) > 0
    whole = 2 * sum(
        (event.mask & event.pgt).sum()
        for event in (result.best_record.unpack() for result in outcome.results)
    )
    pixels = sum(r.best_record.unpack().pgt.sum() for r in outcome.results) + masks.sum()
    assert summary["whole_pdsc"] == pytest.approx(whole / pixels, abs=1e-5)
    again = {(i.slice_index, i.index): i for i in read_iterations(tmp_path)}
    for result in outcome.results:
        for record in result.records:
            kept, had = again[result.index, record.numbers.index], record.unpack()
            assert (kept.mask == had.mask).all()
            assert (kept.prompt and kept.prompt.to_plain()) == (
                had.prompt and had.prompt.to_plain()
            )


def test_the_model_may_mend_what_the_guide_missed(remote, request_of, files):  # noqa: F811
    outcome = Run(request_of(settings=RefinementSettings(max_iterations=0))).execute()
    first = [result.records[0].unpack() for result in outcome.results]
    guide = SimpleITK.GetArrayFromImage(read_image(files / "guide.nii.gz")[0]) > 0
    truth = SimpleITK.GetArrayFromImage(read_image(files / "label.nii.gz")[0]) > 0
    axes = outcome.opened.inputs.volume.axes
    guide, truth = axes.to_slices(guide), axes.to_slices(truth)
    found = np.stack([event.mask for event in first])
    assert dice(found, truth) > dice(guide, truth) + 0.02


def test_a_run_repeats_from_its_report_on_whatever_server(
    remote,  # noqa: F811
    request_of,
    files: Path,
    tmp_path: Path,
):
    folder = tmp_path / "first"
    folder.mkdir()
    before = Run(request_of(prompt="scribbles")).execute(output=folder).report
    inputs = Inputs(
        image=files / "image.nii.gz",
        truth=files / "label.nii.gz",
        guide=str(files / "guide.nii.gz"),
        server="http://[::1]:4",
    )
    repeated = request_from_report(before, inputs)
    assert repeated.server == "http://[::1]:4" and repeated.prompt == "scribbles"
    assert differences(before, Run(repeated).execute().report) == []
    remote.SERVER.version = "2.7.0"
    with pytest.raises(HermesError, match="not the one of the report: the weights of the model"):
        Run(repeated).execute()


def test_a_cancelled_run_gives_its_session_back(remote, request_of):  # noqa: F811
    events: list = []
    run = Run(request_of())
    outcome = run.execute(on_event=events.append, is_cancelled=lambda: len(events) > 3)
    assert outcome.cancelled and remote.SERVER.taken == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weights": "mine.pth"}, "are where its server runs; leave out --weights"),
        ({"prompt": "box"}, "nninteractive takes no 'box' prompts; choose clicks or scribbles"),
        ({"model": "medsam", "server": "http://a"}, "medsam runs on this computer"),
        ({"server": "http://me:word@a"}, "NN_INTERACTIVE_API_KEY"),
        ({"server": "nonsense"}, "takes the address of a server"),
        ({"judge": "reprompt"}, "asks a model of slices"),
    ],
)
def test_what_does_not_go_with_a_volume_model_is_refused_in_one_line(
    remote,  # noqa: F811
    request_of,
    fields,
    message,
):
    with pytest.raises(HermesError, match=message) as refused:
        Run(request_of(**fields)).execute()
    assert "\n" not in str(refused.value) and "word@" not in str(refused.value)


def test_a_users_first_prompt_is_refused(remote, request_of, tmp_path):  # noqa: F811
    write_prompt(tmp_path / "box.json", Box(1, 1, 9, 9))
    request = replace(request_of(), first_prompt=tmp_path / "box.json")
    with pytest.raises(HermesError, match="leave out --first-prompt"):
        Run(request).execute()
