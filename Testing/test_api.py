"""The front door: images in memory or in files go in, masks and their estimated Dice come out."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch

import HermesLib
from HermesLib import Box, RefinementSettings, assess, refine
from HermesLib.errors import HermesError
from HermesLib.models.scribbleprompt import ScribblePromptUNet
from HermesLib.quality.network.core import QualityCore
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run
from HermesLib.samples.prostate_phantom import Phantom, prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.quality.small import SMALL

SPACING = (14.0, 3.0, 3.0)
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))


@pytest.fixture(scope="module")
def array(phantom: Phantom) -> np.ndarray:
    return SimpleITK.GetArrayFromImage(phantom.image)


@pytest.fixture(scope="module")
def label(phantom: Phantom) -> np.ndarray:
    return SimpleITK.GetArrayFromImage(phantom.label)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Options for small untrained networks that find the organ on every slice."""
    folder = tmp_path_factory.mktemp("networks")
    torch.manual_seed(0)
    model = ScribblePromptUNet((4, 4)).state_dict()
    save_checkpoint(folder / "model.safetensors", model, "scribbleprompt", {"image_size": 64})
    core = QualityCore(SMALL)
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    core.presence.layers[-1].bias.data.fill_(20.0)
    save_checkpoint(folder / "quality.safetensors", core.state_dict(), "quality", SMALL.to_dict())
    return {
        "model": "scribbleprompt",
        "weights": str(folder / "model.safetensors"),
        "quality": str(folder / "quality.safetensors"),
        "settings": RefinementSettings(max_iterations=2, threshold=1.0),
        "device": "cpu",
    }


def same_slices(a: dict, b: dict) -> bool:
    """Whether two reports agree on all slices, but for the time they took."""
    texts = []
    for report in (a, b):
        slices = json.loads(json.dumps(report["slices"]))
        for entry in slices:
            for iteration in entry["iterations"]:
                del iteration["seconds"]
        texts.append(slices)
    return texts[0] == texts[1]


def test_path_image_and_array_give_the_same_result_as_a_run_on_the_file(
    phantom, array, networks, tmp_path
):
    path = tmp_path / "image.nii.gz"
    SimpleITK.WriteImage(phantom.image, str(path))
    (tmp_path / "run").mkdir()
    Run(RefineRequest(image=path, **networks)).execute(output=tmp_path / "run")
    written = SimpleITK.ReadImage(str(tmp_path / "run" / "segmentation.nii.gz"))
    results = [
        refine(path, **networks),
        refine(str(path), **networks),
        refine(phantom.image, **networks),
        refine(array, spacing=SPACING, **networks),
    ]
    for result in results:
        assert result.mask.dtype == bool and result.mask.any()
        assert np.array_equal(result.mask, SimpleITK.GetArrayFromImage(written) > 0)
        assert np.array_equal(result.pgt, results[0].pgt)
        assert same_slices(result.report, results[0].report)
    assert results[0].mask_image().GetOrigin() == pytest.approx(phantom.image.GetOrigin())


def test_the_bundled_networks_give_an_array_the_mask_of_its_file(tmp_path):
    image = prostate_phantom(seed=3, slices=5).image
    SimpleITK.WriteImage(image, str(tmp_path / "image.nii.gz"))
    settings = RefinementSettings(max_iterations=1)
    from_file = refine(tmp_path / "image.nii.gz", slices=(2, 4), settings=settings, device="cpu")
    array = SimpleITK.GetArrayFromImage(image)
    from_array = refine(array, slices=(2, 4), settings=settings, device="cpu")
    assert from_file.mask.any()
    assert np.array_equal(from_array.mask, from_file.mask)
    assert np.array_equal(from_array.pdsc, from_file.pdsc, equal_nan=True)


def test_one_slice_gives_scalars_and_a_volume_gives_an_entry_per_slice(phantom, array, networks):
    single = refine(array[2], **networks)
    assert single.mask.shape == single.pgt.shape == array[2].shape
    assert isinstance(single.pdsc, float) and single.interval.shape == (2,)
    assert single.status == "stopped" and single.borderline is False
    image = refine(phantom.image[:, :, 2], **networks)
    assert np.array_equal(image.mask, single.mask) and image.pdsc == single.pdsc
    volume = refine(array, slices=(1, 3), **networks)
    assert volume.mask.shape == volume.pgt.shape == array.shape
    assert np.isnan(volume.pdsc).tolist() == [True, False, False, True, True]
    assert volume.interval.shape == (5, 2)
    assert volume.status.tolist() == ["", "stopped", "stopped", "", ""]
    assert volume.slice_indices == (1, 2)
    assert not volume.mask[[0, 3, 4]].any()
    assert len(volume.marks) == 5 and volume.marks[0] == () and single.marks == ()
    assert volume.out_of_distribution is None, "this quality control does not know"
    for entry in volume.report["slices"]:
        assert volume.pdsc[entry["index"]] == entry["pdsc"]


def test_assess_scores_a_mask_without_changing_it(array, label, networks):
    options = {name: networks[name] for name in ("quality", "device")}
    result = assess(array, label, truth=label, **options)
    assert np.array_equal(result.mask, label > 0)
    assert all(entry["dsc"] == 1.0 for entry in result.report["slices"])
    single = assess(array[2], label[2], **options)
    assert single.mask.shape == label[2].shape and 0 <= single.pdsc <= 1


def test_every_iteration_is_reported_as_it_happens_and_kept(array, networks):
    events: list[Iteration] = []
    result = refine(array, slices=(2, 3), on_iteration=events.append, **networks)
    stored_events = result.iterations(2)
    assert [event.index for event in events] == [0, 1, 2]
    for event, stored in zip(events, stored_events, strict=True):
        assert np.array_equal(event.mask, stored.mask) and event.pdsc == stored.pdsc
    with pytest.raises(HermesError, match="not in the run"):
        result.iterations(4)


def test_a_first_prompt_and_an_initial_mask_start_the_loop(array, label, networks):
    box = Box(10.0, 12.0, 40.0, 50.0)
    prompted = refine(array[2], first_prompt=box, **networks).iterations(0)[0]
    assert prompted.prompt.to_plain() == box.to_plain()
    started = refine(array[2], initial_mask=label[2], **networks).iterations(0)[0]
    assert started.prompt is None and np.array_equal(started.mask, label[2] > 0)
    with pytest.raises(HermesError, match="kind"):
        refine(array[2], first_prompt=box, prompt="clicks", **networks)


def test_threshold_and_seed_are_shortcuts_for_the_settings(array, networks):
    result = refine(array[2], threshold=0.01, seed=5, **networks)
    assert result.report["provenance"]["seed"] == 5
    assert result.status == "accepted"


def test_write_leaves_the_five_files_of_a_run(array, networks, tmp_path):
    folder = refine(array, slices=(1, 3), **networks).write(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "overview.png",
        "pgt.nii.gz",
        "report.csv",
        "report.json",
        "segmentation.nii.gz",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros((2, 3, 4, 5))}, "shape"),
        ({"image": np.full((64, 64), 7.0)}, "constant"),
        ({"image": np.full((64, 64), np.nan)}, "NaN"),
        ({"image": "nowhere.nii.gz"}, "no file"),
        ({"preset": "liver"}, "unknown preset"),
        ({"model": "telepathy"}, "telepathy"),
        ({"prompt": "telepathy"}, "telepathy"),
        ({"truth": np.zeros((9, 9))}, "shape"),
        ({"initial_mask": np.zeros((9, 9))}, "shape"),
        ({"slices": (7, 9)}, "slices 7:9"),
        ({"threshold": 2.0}, "threshold"),
        ({"spacing": (1.0, -1.0)}, "spacing"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str) else None,
)
def test_bad_input_ends_in_one_line_that_says_what_is_wrong(array, networks, change, message):
    options = {"image": array[2], **networks, **change}
    with pytest.raises(HermesError, match=message) as raised:
        refine(options.pop("image"), **options)
    assert "\n" not in str(raised.value)


def test_importing_the_package_loads_no_heavy_library():
    program = (
        "import sys, HermesLib; names = dir(HermesLib); "
        "heavy = ('torch', 'numpy', 'scipy', 'SimpleITK', 'skimage', 'matplotlib', 'monai'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=ROOT, check=True, encoding="utf-8"
    )
    assert ended.stdout.strip() == "[]"


def test_every_public_name_can_be_imported_and_no_other():
    for name in HermesLib.__all__:
        assert getattr(HermesLib, name) is not None
        assert name in dir(HermesLib)
    with pytest.raises(AttributeError, match="no attribute 'segment'"):
        HermesLib.segment  # noqa: B018
