"""Adapters of the SAM family answer as the official predictors do, here with tiny networks.

``make_sam_parity.py`` makes the stored answers.
"""

import json
import warnings

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.registry import load_model
from HermesLib.models.sam import Sam
from HermesLib.models.sam2.adapter import MedSam2, Sam2, is_stable
from HermesLib.models.sam2.config import BASE, LARGE, SMALL, Sam2Config, official_config
from HermesLib.models.sam2.config import TINY as TINY_SIZE
from HermesLib.models.sam2.network import Sam2Network
from HermesLib.models.sam_family.network import config_of
from HermesLib.models.sam_family.prompting import sam_prompt, spread
from HermesLib.models.sam_med2d.adapter import SamMed2d
from HermesLib.models.scribbleprompt_sam import ScribblePromptSam
from HermesLib.notices import heard_by
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.mixed import mix
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.weights import official
from HermesLib.weights.checkpoint import Checkpoint, save_checkpoint
from HermesLib.weights.official import OfficialFile
from Testing.models import seeded
from Testing.models.make_sam_parity import FOLDER, shapes_of, tiny_sam

SHAPE = seeded.TINY_SHAPE
IMAGE = torch.from_numpy(seeded.grey_image(SHAPE) / np.float32(255))[None, None]
BOX = Box(*map(float, seeded.TINY_BOX))


def prompt_of(ask: str):
    clicks, box = seeded.tiny_prompt("box_clicks" if ask == "box_scribbles_clicks" else ask)
    parts = []
    if box is not None:
        parts.append(BOX)
    if "scribbles" in ask:
        parts.append(Scribbles(*seeded.tiny_strokes()))
    if clicks is not None:
        signs = clicks[:, 2] == 1
        parts.append(Clicks(clicks[signs, :2], clicks[~signs, :2]))
    return mix(*parts) if len(parts) > 1 else parts[0]


def checkpoint(shapes: dict) -> Checkpoint:
    return Checkpoint(seeded.tensors_by_name(shapes), None, {})


def stored(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}-tiny.npz") as arrays:
        return dict(arrays)


@torch.inference_mode()
def answer(model, features: torch.Tensor, ask: str, mask: torch.Tensor | None):
    return model.answer(features, sam_prompt(prompt_of(ask), model.most_pixels), SHAPE, mask)


def error(ours: torch.Tensor, theirs: np.ndarray) -> float:
    assert ours.shape == theirs.shape
    return float(np.abs(ours.numpy() - theirs).max() / np.abs(theirs).max())


@pytest.fixture(scope="module")
def official_sam():
    return tiny_sam()


@pytest.fixture(scope="module")
def sam(official_sam) -> Sam:
    return Sam.from_checkpoint(checkpoint(shapes_of(official_sam)))


@pytest.mark.parametrize("ask", seeded.TINY_ASKS)
def test_sam_answers_as_its_own_predictor(official_sam, sam, ask):
    from segment_anything import SamPredictor

    predictor = SamPredictor(official_sam)
    predictor.set_image(np.repeat(seeded.grey_image(SHAPE)[..., None], 3, 2))
    features = sam.embed(IMAGE).features
    assert torch.equal(features, predictor.features)
    clicks, box = seeded.tiny_prompt(ask)
    mask = np.sin(np.arange(32.0))[:, None] * np.cos(np.arange(32.0)) if "second" in ask else None
    final, quality, low = predictor.predict(
        point_coords=None if clicks is None else clicks[:, :2],
        point_labels=None if clicks is None else clicks[:, 2],
        box=box,
        mask_input=None if mask is None else mask[None],
        multimask_output=ask == "click",
        return_logits=True,
    )
    best = int(quality.argmax())
    given = None if mask is None else torch.from_numpy(mask[None]).float()
    ours = answer(sam, features, ask, given)
    assert error(ours.low[0], low[best]) <= 1e-5
    assert error(ours.final, final[best]) <= 1e-5
    assert float(ours.overlap) == pytest.approx(float(quality[best]), abs=1e-5)


@pytest.mark.parametrize("variant", ["adapter", "plain"])
def test_sam_med2d_answers_as_its_own_predictor_with_and_without_adapters(variant):
    theirs = stored("sam-med2d")
    shapes = json.loads(theirs[f"{variant}_shapes"].tobytes())
    model = SamMed2d.from_checkpoint(checkpoint(shapes))
    features = model.embed(IMAGE).features
    last = None
    for ask in seeded.TINY_ASKS:
        ours = answer(model, features, ask, last if ask.endswith("second") else None)
        if ask == "click":
            last = model.fed_back(ours.low)
        assert error(ours.low, theirs[f"{variant}_{ask}_low"]) <= 1e-4
        assert error(ours.final[::3, ::3], theirs[f"{variant}_{ask}_final"]) <= 1e-4
        assert error(ours.overlap[None], theirs[f"{variant}_{ask}_iou"]) <= 1e-4


def test_scribbleprompt_sam_answers_as_its_own_predictor_and_takes_strokes_as_clicks():
    theirs = stored("scribbleprompt-sam")
    model = ScribblePromptSam.from_checkpoint(checkpoint(json.loads(theirs["shapes"].tobytes())))
    features = model.embed(IMAGE).features
    last = None
    for ask in (*seeded.TINY_ASKS, "scribbles", "box_scribbles_clicks"):
        ours = answer(model, features, ask, last if ask.endswith("second") else None)
        if ask == "click":
            last = ours.low
        assert error(ours.low, theirs[f"{ask}_low"]) <= 1e-4, ask
        assert error(ours.final[::3, ::3], theirs[f"{ask}_final"]) <= 1e-4, ask


def tiny_sam2(model_class=Sam2):
    theirs = stored("sam2")
    tensors = seeded.tensors_by_name(json.loads(theirs["shapes"].tobytes()))
    config = Sam2Config(**seeded.TINY_SAM2).to_dict()
    return model_class.from_checkpoint(Checkpoint(tensors, model_class.kind, config)), theirs


def test_sam2_loads_every_official_tensor_and_answers_as_its_own_predictor():
    model, theirs = tiny_sam2()
    embedding = model.embed(IMAGE)
    last = None
    for ask in seeded.TINY_ASKS:
        ours = answer(model, embedding.features, ask, last if ask.endswith("second") else None)
        if ask == "click":
            last = model.fed_back(ours.low)
        assert error(ours.low[0], theirs[f"{ask}_low"]) <= 1e-4, ask
        assert error(ours.final[::3, ::3], theirs[f"{ask}_final"]) <= 1e-4, ask
        assert float(ours.overlap) == pytest.approx(float(theirs[f"{ask}_iou"]), abs=1e-5)


def test_sam2_keeps_a_single_mask_only_if_it_hardly_depends_on_the_threshold():
    assert is_stable(torch.tensor([[3.0, -3.0], [2.0, -9.0]]))
    assert not is_stable(torch.tensor([[3.0, -0.01], [0.02, -9.0]]))
    assert is_stable(torch.full((2, 2), -5.0))


def test_medsam2_is_the_same_network_with_other_images():
    (sam2, _), (medsam2, _) = tiny_sam2(), tiny_sam2(MedSam2)
    images = [model.model_image(IMAGE) for model in (sam2, medsam2)]
    assert images[0].shape == images[1].shape == (1, 3, 128, 128)
    assert 0 < float((images[0] - images[1]).abs().mean()) < 0.1
    whole = torch.rand(1, 1, 128, 128)
    grey = (whole * 255).to(torch.uint8) / 255
    assert torch.allclose(medsam2.model_image(whole)[0, 0] * 0.229 + 0.485, grey[0, 0], atol=1e-6)
    assert (Sam2.side, MedSam2.side) == (1024, 512)


@pytest.mark.parametrize("size", [TINY_SIZE, SMALL, BASE, LARGE])
def test_the_size_of_an_official_sam2_is_read_from_its_tensors(size):
    with torch.device("meta"):
        network = Sam2Network(size)
    assert official_config(network.state_dict()) == size


def test_the_last_mask_is_fed_back_while_marks_are_added_and_the_box_stays(sam):
    embedding = sam.embed(IMAGE)
    first = sam.predict(embedding, [prompt_of("box")])

    def changes(prompt) -> bool:
        alone = sam.predict(embedding, [prompt]).probability
        return not torch.equal(sam.predict(embedding, [prompt], first.memory).probability, alone)

    assert changes(prompt_of("box_clicks"))
    assert changes(Box(24.0, 18.0, 55.0, 64.0))
    assert not changes(Box(0.0, 0.0, 70.0, 90.0))
    assert not changes(prompt_of("clicks"))
    clicked = sam.predict(embedding, [prompt_of("clicks")])
    taken_back = sam.predict(embedding, [prompt_of("click")], clicked.memory).probability
    assert torch.equal(taken_back, sam.predict(embedding, [prompt_of("click")]).probability)


def test_the_score_is_the_predicted_iou_within_0_and_1(sam):
    embedding = sam.embed(IMAGE)
    raw = answer(sam, embedding.features, "box", None).overlap
    score = sam.predict(embedding, [prompt_of("box")]).score
    assert score.tolist() == [float(raw.clamp(0, 1))]


def test_long_strokes_become_a_limited_number_of_clicks_far_from_each_other(sam):
    strokes = np.zeros((2, 200, 200), bool)
    strokes[0, 20:60, 20:180] = True
    prompt = sam_prompt(Scribbles(*strokes), sam.most_pixels)
    assert len(prompt.points) == sam.most_pixels == 16 and prompt.labels.all()
    taken = prompt.points.numpy()
    assert strokes[0][taken[:, 1], taken[:, 0]].all()
    distances = np.hypot(*(taken[:, None] - taken[None]).transpose(2, 0, 1)) + 99 * np.eye(16)
    assert distances.min() >= 15
    assert spread(taken, 16) is taken


def test_the_sizes_of_vit_b_l_and_h_are_read_from_the_shapes():
    tables = {layer: 127 if layer in (5, 11, 17, 23) else 27 for layer in range(24)}
    shapes = {
        "image_encoder.patch_embed.proj.weight": (1024, 3, 16, 16),
        "image_encoder.pos_embed": (1, 64, 64, 1024),
        "image_encoder.neck.1.bias": (256,),
        "mask_decoder.transformer.layers.0.mlp.lin1.bias": (2048,),
        "mask_decoder.transformer.layers.1.mlp.lin1.bias": (2048,),
        "prompt_encoder.mask_downscaling.3.bias": (16,),
        "mask_decoder.iou_prediction_head.layers.0.bias": (256,),
        **{f"image_encoder.blocks.{layer}.attn.rel_pos_h": (n, 64) for layer, n in tables.items()},
    }
    config = config_of({name: torch.empty(shape) for name, shape in shapes.items()})
    assert (config.image_size, config.depth, config.width, config.heads) == (1024, 24, 1024, 16)
    assert (config.window, config.global_layers) == (14, (5, 11, 17, 23))


def test_the_known_file_of_another_model_is_refused_and_an_unknown_one_gives_notice(
    official_sam, tmp_path, monkeypatch
):
    heard = []
    for name in ("medsam_vit_b.pth", "sam_vit_b.pth", "mine.pth"):
        torch.save(official_sam.state_dict(), tmp_path / name)
        with heard_by(heard.append), warnings.catch_warnings():
            model = load_model("sam", str(tmp_path / name))
    assert [notice.kind for notice in heard] == [
        "weights-named-otherwise",
        "weights-not-distinguished",
    ]
    assert "one of medsam" in heard[0].message and "of medsam or scribbleprompt" in heard[1].message
    assert not any("mine" in notice.message for notice in heard)
    known = OfficialFile("medsam", "known.pth", "its authors", sha256=model.sha256)
    monkeypatch.setattr(official, "OFFICIAL_FILES", (known,))
    with pytest.raises(HermesError, match=r"mine\.pth is the official file of medsam, not of sam"):
        load_model("sam", str(tmp_path / "mine.pth"))


def test_a_file_of_the_project_needs_no_word_of_the_user(official_sam, tmp_path):
    path = tmp_path / "tiny.safetensors"
    config = config_of(official_sam.state_dict()).to_dict()
    save_checkpoint(path, official_sam.state_dict(), "sam", config)
    heard = []
    with heard_by(heard.append):
        load_model("sam", str(path))
    assert heard == []
