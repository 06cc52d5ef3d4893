"""Half precision: only where the processor has it, and with the same masks."""

import numpy as np
import pytest
import torch

from HermesLib import devices
from HermesLib.errors import HermesError
from HermesLib.metrics.overlap import dice
from HermesLib.models.half_precision import HalfPrecision, in_precision
from HermesLib.models.registry import MODELS, load_model
from HermesLib.prompts.registry import strategy_for
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.runs.request import AssessRequest, RefineRequest
from HermesLib.runs.smaller import smaller_request
from Testing.models.encoder_speed import box_of, phantom_slices
from Testing.models.small import write_checkpoint

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return load_model(
        "medsam", str(write_checkpoint(tmp_path_factory.mktemp("half"), "medsam")), CPU
    )


def test_a_processor_that_only_emulates_it_refuses_in_one_line(tiny, monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    assert devices.half_precision(CPU) is None
    with pytest.raises(HermesError, match="does not compute in half precision by itself"):
        in_precision(tiny, "half", CPU)
    assert in_precision(tiny, "full", CPU) is tiny
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    assert isinstance(in_precision(tiny, "half", CPU), HalfPrecision)


def test_masks_of_the_bundled_medsam_stay_within_the_promised_dice():
    images, truth = phantom_slices(1)
    boxes = [box_of(mask) for mask in truth]
    model = load_model("medsam", "bundled", CPU)
    half = HalfPrecision(model, CPU, torch.bfloat16)
    full, halved = model.embed(images), half.embed(images)
    assert halved.features.dtype == torch.float32
    assert not torch.equal(halved.features, full.features)
    answers = model.predict(full, boxes), half.predict(halved, boxes)
    assert dice(*((answer.probability[0] > 0.5).numpy() for answer in answers)) >= 0.998


@pytest.mark.parametrize("name", [name for name, entry in MODELS.items() if entry.dimensions == 2])
def test_every_model_of_slices_computes_in_half_precision(name, tmp_path):
    model = load_model(name, str(write_checkpoint(tmp_path, name)), CPU)
    half = HalfPrecision(model, CPU, torch.bfloat16)
    strategy = strategy_for(model.prompt_kinds[0])
    image, truth = torch.rand(1, 1, 48, 48), np.zeros((48, 48), bool)
    truth[16:32, 16:32] = True
    rng = np.random.default_rng(0)
    first = strategy.first(truth.shape, rng)
    prompt = strategy.refine(first, np.zeros_like(truth), truth, True, rng)
    embedding = half.embed(image)
    answer = half.predict(embedding, [prompt])
    again = half.predict(embedding, [prompt], answer.memory)
    for probability in (answer.probability, again.probability):
        assert probability.dtype == torch.float32 and probability.shape == (1, 48, 48)


def test_embeddings_of_both_precisions_are_kept_apart(tiny):
    kept, images = Embeddings(), torch.rand(1, 1, 32, 32)
    full = kept.embed(tiny, images)
    half = kept.embed(HalfPrecision(tiny, CPU, torch.bfloat16), images)
    assert not torch.equal(full.features, half.features)
    assert torch.equal(kept.embed(tiny, images).features, full.features)


def test_a_run_that_leaves_the_gpu_for_want_of_memory_takes_full_precision():
    request = RefineRequest(image=None, slices_at_once=1, precision="half")
    smaller, words = smaller_request(request, on_gpu=True)
    assert (smaller.device, smaller.precision) == ("cpu", "full")
    assert words.endswith("on the CPU in full precision")
    judged = smaller_request(AssessRequest(image=None, mask=None, slices_at_once=1), on_gpu=True)
    assert judged[0].device == "cpu" and judged[1].endswith("on the CPU")
