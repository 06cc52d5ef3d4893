"""UniverSeg and MultiverSeg: parity with the official networks, and how examples reach them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.incontext.adapter import MultiverSeg, UniverSeg, model_image, model_label
from HermesLib.models.registry import MODELS, load_model, prompt_kind
from HermesLib.models.scribbleprompt import LastLogits
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.examples import Example, Examples
from HermesLib.prompts.mixed import mix
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.weights.checkpoint import Checkpoint
from Testing.models import seeded
from Testing.models.make_parity import FOLDER
from Testing.models.small import write_checkpoint
from Testing.models.test_parity import answers, relative_error, seeded_checkpoint

SHAPE = (128, 128)


def shifted(path: Path, shift: float) -> Checkpoint:
    """Seeded weights whose logits lie around 0."""
    checkpoint = seeded_checkpoint(path)
    checkpoint.tensors["out_conv.conv.bias"] += shift
    return checkpoint


def unit(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels / np.float32(255))


def support_of(stored: dict[str, np.ndarray], count: int) -> torch.Tensor:
    labels = torch.from_numpy(stored["labels"][:count].astype(np.float32))
    return torch.stack([unit(stored["images"][:count]), labels], 1)


@pytest.mark.parametrize("count", [1, 4])
def test_universeg_gives_the_official_logits(count):
    stored = answers(FOLDER / "universeg.npz")
    network = UniverSeg.from_checkpoint(shifted(FOLDER / "universeg.json", -3.3)).network
    with torch.inference_mode():
        ours = network(unit(stored["target"])[None, None], support_of(stored, count))
    assert relative_error(ours[0, 0, ::4, ::4], stored[f"logits_{count}"]) <= 1e-4


def test_multiverseg_gives_the_official_logits_of_a_box():
    stored = answers(FOLDER / "multiverseg.npz")
    model = MultiverSeg.from_checkpoint(shifted(FOLDER / "multiverseg.json", -0.9))
    box = Box(*(float(edge) for edge in stored["box"]))
    with torch.inference_mode():
        target, _ = model.target(box, unit(stored["target"])[None], SHAPE, None)
        ours = model.network(target[None], support_of(stored, 1))
    assert relative_error(ours[0, 0, ::4, ::4], stored["box_of_1"]) <= 1e-4


def test_multiverseg_reads_prompts_in_the_official_order_of_channels(tmp_path, image):
    model = load_model("multiverseg", str(write_checkpoint(tmp_path, "multiverseg")))
    positive, negative = np.zeros((2, 64, 64), bool)
    positive[20, 10:30], negative[50, 5:40] = True, True
    clicks = Clicks(np.array([[33, 12]]), np.array([[8, 60]]))
    prompt = mix(Box(10.0, 8.0, 40.0, 30.0), clicks, Scribbles(positive, negative))
    memory = LastLogits(torch.full((1, 64, 64), 2.5), torch.zeros(2, 64, 64))
    own = model_image(image, 64)[0]
    channels, strokes = model.target(prompt, own, (64, 64), memory)
    box = torch.zeros(64, 64)
    box[8:30, 10:40] = 1
    positive[12, 33], negative[60, 8] = True, True
    drawn = torch.from_numpy(np.stack([positive, negative])).float()
    assert torch.equal(channels, torch.cat([own, box[None], drawn, memory.logits]))
    assert torch.equal(strokes, drawn)


def example(number: int, side: int = 90) -> Example:
    image = seeded.grey_image((side, side)).astype(np.float32) / 255
    rows, columns = np.mgrid[:side, :side]
    return Example(number, image, (rows - 40) ** 2 + (columns - 50) ** 2 < (20 + number) ** 2)


@pytest.fixture(params=["universeg", "multiverseg"])
def model(request, tmp_path):
    return load_model(request.param, str(write_checkpoint(tmp_path, request.param)))


@pytest.fixture
def image():
    return unit(seeded.grey_image((100, 80)))[None, None]


def probability(model, image, prompt) -> torch.Tensor:
    return model.predict(model.embed(image), [prompt]).probability


def test_a_slice_without_examples_gets_an_empty_mask(model, image):
    assert not probability(model, image, Examples()).any()


def test_the_order_of_the_examples_changes_nothing_but_rounding(model, image):
    pairs = (example(1), example(4), example(9, 130))
    first, second = (
        probability(model, image, Examples(order)) for order in (pairs, pairs[2:] + pairs[:2])
    )
    assert torch.allclose(first, second, atol=1e-5)
    assert not torch.allclose(first, probability(model, image, Examples(pairs[:1])), atol=1e-5)


def test_the_slice_with_its_own_pgt_is_an_example_like_others(model, image):
    pgt = example(1, 100).mask[:, :80]
    own = probability(model, image, Examples((), pgt))
    as_other = probability(model, image, Examples((Example(3, image[0, 0].numpy(), pgt),)))
    assert own.any() and torch.equal(own, as_other)


def test_the_networks_read_every_image_from_0_to_1(model, image):
    dark = (image - 0.1) / 4
    pairs = (example(2),)
    assert torch.allclose(
        probability(model, image, Examples(pairs)),
        probability(model, dark, Examples(pairs)),
        atol=1e-4,
    )


def test_prepared_images_and_labels_are_on_the_networks_grid():
    prepared = model_image(torch.rand(2, 1, 50, 70) * 0.2 + 0.4, 64)
    assert prepared.shape == (2, 1, 64, 64)
    assert prepared.amin((1, 2, 3)).tolist() == [0, 0]
    assert prepared.amax((1, 2, 3)).tolist() == pytest.approx([1, 1])
    flat = model_image(torch.full((1, 1, 50, 70), 0.3), 64)
    assert torch.isfinite(flat).all()
    mask = np.zeros((32, 16), bool)
    mask[8:16, 4:12] = True
    label = model_label(mask, 64)[0, 0]
    assert label[16:32, 16:48].all() and label.sum() == 16 * 32


def test_multiverseg_uses_what_is_drawn_beside_the_examples(tmp_path, image):
    model = load_model("multiverseg", str(write_checkpoint(tmp_path, "multiverseg")))
    examples = Examples((example(1),))
    plain = probability(model, image, examples)
    with_box = mix(examples, Box(10.0, 10.0, 50.0, 60.0))
    assert not torch.equal(plain, probability(model, image, with_box))
    first = model.predict(model.embed(image), [with_box])
    again = model.predict(model.embed(image), [with_box], first.memory)
    assert not torch.equal(first.probability, again.probability)


@pytest.mark.parametrize("kind", ["scribbles", "clicks+box"])
def test_multiverseg_takes_other_prompts_only_beside_examples(kind, tmp_path, image):
    with pytest.raises(HermesError, match=r"only together with examples; choose [a-z+]*examples"):
        prompt_kind(MODELS["multiverseg"], kind)
    model = load_model("multiverseg", str(write_checkpoint(tmp_path, "multiverseg")))
    with pytest.raises(HermesError, match="only together with examples"):
        probability(model, image, Box(1.0, 1.0, 9.0, 9.0))


def test_a_stored_prompt_that_only_names_its_examples_prompts_no_model(model, image):
    named = Examples.from_plain(Examples((example(1),)).to_plain(), (100, 80))
    with pytest.raises(HermesError, match="only names its examples"):
        probability(model, image, named)


def test_weights_of_the_other_network_are_refused(tmp_path):
    path = write_checkpoint(tmp_path, "multiverseg")
    official = tmp_path / "official.pt"
    from HermesLib.weights.checkpoint import load_checkpoint

    torch.save({"model": load_checkpoint(path).tensors}, official)
    assert load_model("multiverseg", str(official)).name == "multiverseg"
    with pytest.raises(HermesError, match="does not fit universeg"):
        load_model("universeg", str(official))


def test_models_without_bundled_weights_ask_for_a_file():
    with pytest.raises(HermesError, match="universeg has no bundled weights; name a file"):
        load_model("universeg")
