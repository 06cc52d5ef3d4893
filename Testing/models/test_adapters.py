"""All models behave as the protocol says."""

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.registry import MODELS, load_model, slice_models
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.examples import Example, Examples
from HermesLib.prompts.mixed import mix
from HermesLib.prompts.registry import split_kind
from HermesLib.prompts.scribbles import Scribbles
from Testing.models.small import write_checkpoint

SHAPE = (90, 110)
NO_POINTS = np.zeros((0, 2), np.int64)


def scene(count: int = 3) -> torch.Tensor:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    rng = np.random.default_rng(0)
    slices = [
        ((rows - 40 - 4 * k) ** 2 + (columns - 50) ** 2 < 18**2) * 0.5
        + 0.2
        + rng.normal(0, 0.03, SHAPE)
        for k in range(count)
    ]
    return torch.from_numpy(np.stack(slices).clip(0, 1).astype(np.float32))[:, None]


def prompt_of(kind: str, shift: int = 0):
    if "+" in kind:
        return mix(*(prompt_of(part, shift) for part in split_kind(kind)))
    if kind == "box":
        return Box(30.0 + shift, 20.0, 72.0, 62.0)
    if kind == "clicks":
        angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        ring = np.column_stack([50 + shift + 15 * np.cos(angle), 40 + 15 * np.sin(angle)])
        return Clicks(ring.astype(np.int64), NO_POINTS)
    if kind == "examples":
        mask = np.zeros(SHAPE, bool)
        mask[22 + shift : 58, 32:68] = True
        return Examples((Example(0, scene(1)[0, 0].numpy(), mask),))
    positive, negative = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    positive[40, 42 + shift : 60], negative[75, 20:60] = True, True
    return Scribbles(positive, negative)


@pytest.fixture(params=sorted(slice_models()))
def model(request, tmp_path):
    return load_model(request.param, str(write_checkpoint(tmp_path, request.param)))


def test_a_saved_network_predicts_the_same_on_the_slices_own_grid(model, tmp_path):
    prompts = [prompt_of(model.prompt_kinds[0])] * 3
    first = model.predict(model.embed(scene()), prompts).probability
    reloaded = load_model(model.kind, str(tmp_path / f"{model.kind}.safetensors"))
    assert first.shape == (3, *SHAPE)
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, reloaded.predict(reloaded.embed(scene()), prompts).probability)
    assert len(reloaded.sha256) == 64


def test_registry_and_network_agree_on_the_prompt_kinds(model):
    assert model.prompt_kinds == MODELS[model.name].prompt_kinds
    assert model.mixed_kinds == MODELS[model.name].mixed_kinds


def test_a_model_without_bundled_weights_says_what_to_name():
    with pytest.raises(HermesError, match="sam has no bundled weights; name a file with --weights"):
        load_model("sam")


def test_one_embedding_serves_many_prompts(model):
    embedding = model.embed(scene(1))
    first, second = (
        model.predict(embedding, [prompt_of(model.prompt_kinds[0], shift)]).probability
        for shift in (0, 12)
    )
    assert not torch.equal(first, second)
    assert torch.equal(
        first, model.predict(embedding, [prompt_of(model.prompt_kinds[0])]).probability
    )


def test_a_slice_gets_the_same_mask_alone_and_in_a_batch(model):
    embedding = model.embed(scene())
    prompts = [prompt_of(model.prompt_kinds[0], shift) for shift in (0, 4, 8)]
    together = model.predict(embedding, prompts).probability
    alone = model.predict(embedding.select([1]), prompts[1:2]).probability
    assert torch.allclose(together[1], alone[0], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("medsam", "clicks"),
        ("medsam", "scribbles"),
        ("mideepseg", "box"),
        ("mideepseg", "scribbles"),
    ],
)
def test_a_prompt_of_another_kind_is_refused_and_the_right_ones_named(name, kind, tmp_path):
    model = load_model(name, str(write_checkpoint(tmp_path, name)))
    with pytest.raises(HermesError, match=f"{name} takes no '{kind}' prompts; choose"):
        model.predict(model.embed(scene(1)), [prompt_of(kind)])


def test_scribbleprompt_remembers_its_logits_until_strokes_are_taken_back(tmp_path):
    model = load_model("scribbleprompt", str(write_checkpoint(tmp_path, "scribbleprompt")))
    embedding = model.embed(scene(1))
    first = model.predict(embedding, [prompt_of("scribbles")])
    longer = prompt_of("scribbles")
    longer.positive[30, 45:55] = True
    without_memory = model.predict(embedding, [longer]).probability
    with_memory = model.predict(embedding, [longer], first.memory).probability
    assert not torch.equal(without_memory, with_memory)
    other = prompt_of("scribbles", 5)
    assert torch.equal(
        model.predict(embedding, [other]).probability,
        model.predict(embedding, [other], first.memory).probability,
    )


def test_mideepseg_corrections_win_where_they_are_clicked(tmp_path):
    model = load_model("mideepseg", str(write_checkpoint(tmp_path, "mideepseg")))
    embedding = model.embed(scene(1))
    start = prompt_of("clicks")
    first = model.predict(embedding, [start])
    added = np.array([[50, 40]])
    removed = np.array([[38, 40]])
    corrected = model.predict(
        embedding, [Clicks(np.vstack([start.positive, added]), removed)], first.memory
    ).probability[0]
    assert corrected[40, 50] == 1
    assert corrected[40, 38] == 0
    restarted = model.predict(embedding, [prompt_of("clicks", 6)], first.memory).probability
    assert torch.equal(restarted, model.predict(embedding, [prompt_of("clicks", 6)]).probability)
