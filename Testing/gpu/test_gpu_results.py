"""A GPU changes how long a run takes, not what it finds."""

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.metrics.overlap import dice
from HermesLib.models.half_precision import in_precision
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import bundled_models
from HermesLib.prompts.registry import strategy_for
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.run import RunOutcome
from HermesLib.samples.prostate_phantom import prostate_phantom
from Testing.gpu.conftest import SLICES, Refine

MODELS = list(bundled_models())
#: Rounding differs between a GPU and a processor, and a prompt may move by a pixel.
SAME_DICE = 0.99
SAME_SCORE = 0.01


def first_masks(outcome: RunOutcome) -> list[np.ndarray]:
    return [result.records[0].mask.unpack() for result in outcome.results]


def masks(outcome: RunOutcome) -> list[np.ndarray]:
    return [result.best_record.mask.unpack() for result in outcome.results]


def scores(outcome: RunOutcome) -> list[float]:
    return [result.best_record.numbers.pdsc for result in outcome.results]


@pytest.mark.parametrize("model", MODELS)
def test_a_gpu_finds_what_a_processor_finds(refine: Refine, model: str):
    here, there = refine(model, device="cpu"), refine(model)
    assert [result.status for result in here.results] == [result.status for result in there.results]
    assert any(mask.any() for mask in masks(here))
    for found in (first_masks, masks):
        same = [dice(a, b) for a, b in zip(found(here), found(there), strict=True)]
        assert min(same) >= SAME_DICE, same
    assert scores(there) == pytest.approx(scores(here), abs=SAME_SCORE)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_run_has_the_same_results_bit_for_bit(refine: Refine, model: str):
    first, second = refine(model), refine(model)
    assert first.report["results"] == second.report["results"]
    for a, b in zip(masks(first), masks(second), strict=True):
        assert np.array_equal(a, b)
    assert scores(first) == scores(second)


@pytest.mark.parametrize("model", MODELS)
def test_slices_at_once_are_refined_as_alone(refine: Refine, model: str):
    alone, together = refine(model, slices_at_once=1), refine(model, slices_at_once=4)
    same = [dice(a, b) for a, b in zip(masks(alone), masks(together), strict=True)]
    assert min(same) >= SAME_DICE, same
    assert scores(together) == pytest.approx(scores(alone), abs=SAME_SCORE)


@pytest.mark.parametrize("name", MODELS)
def test_half_precision_gives_masks_within_two_thousandths(name: str):
    """With the same prompts in both precisions, drawn from the true masks."""
    device = torch.device("cuda")
    phantom = prostate_phantom(1, slices=SLICES)
    pixels = SimpleITK.GetArrayFromImage(phantom.image).astype(np.float32)
    truth = SimpleITK.GetArrayFromImage(phantom.label) > 0
    shown = [k for k in range(SLICES) if truth[k].any()]
    images = torch.from_numpy(pixels[shown] / pixels.max())[:, None].to(device)
    full = ModelCache().model(name, "bundled", device)
    strategy = strategy_for(full.prompt_kinds[0])
    prompts = [
        strategy.refine(None, np.zeros_like(truth[k]), truth[k], True, np.random.default_rng(k))
        for k in shown
    ]

    def masks_of(model: PromptableModel) -> np.ndarray:
        prediction = model.predict(model.embed(images), prompts)
        return (prediction.probability > 0.5).cpu().numpy()

    expected = masks_of(full)
    assert dice(expected, truth[shown]) > 0.7
    assert dice(masks_of(in_precision(full, "half", device)), expected) >= 0.998


def test_half_precision_is_among_the_settings_of_the_report(refine: Refine):
    report = refine(precision="half").report
    assert report["provenance"]["settings"]["precision"] == "half"


def test_free_memory_decides_how_many_slices_are_refined_at_once(refine: Refine):
    used = refine().report["provenance"]["settings"]["slices_at_once"]
    assert used > SLICES  # Small networks: the memory of any GPU holds more than these slices.


def test_the_report_names_the_gpu(refine: Refine):
    versions = refine().report["provenance"]["versions"]
    assert versions["gpu"] == torch.cuda.get_device_name() and versions["cuda"]
