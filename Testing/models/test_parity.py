"""A user's official checkpoint answers as the official code does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from HermesLib.models.medsam.adapter import MedSam
from HermesLib.models.mideepseg.adapter import Mideepseg
from HermesLib.models.scribbleprompt import ScribblePrompt
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.weights.checkpoint import Checkpoint

PARITY = Path(__file__).resolve().parents[3] / "shared" / "parity"
pytestmark = pytest.mark.skipif(
    not PARITY.is_dir(), reason="the official networks' answers (../shared/parity) are not here"
)


def seeded_tensors(name: str) -> dict[str, torch.Tensor]:
    """The weights the official answers were made with."""
    shapes = json.loads((PARITY / f"{name}.state_dict.json").read_text())
    tensors = {}
    for number, (tensor, shape) in enumerate(shapes.items()):
        scale = float(np.sqrt(2 / np.prod(shape[1:]))) if len(shape) >= 2 else 0.1
        drawn = np.random.RandomState(number).standard_normal(int(np.prod(shape)))
        tensors[tensor] = torch.from_numpy((scale * drawn).astype(np.float32).reshape(shape))
    return tensors


def answers(name: str) -> dict[str, np.ndarray]:
    with np.load(PARITY / f"{name}.npz") as stored:
        return dict(stored)


def build(name: str, model: Callable[[Checkpoint], Any]) -> Any:
    return model(Checkpoint(seeded_tensors(name), None, {}))


def relative_error(ours: np.ndarray, official: np.ndarray) -> float:
    return float(np.abs(ours - official).max() / np.abs(official).max())


def test_mideepseg_network_gives_the_official_logits():
    official = answers("mideepseg_unet")
    network = build("mideepseg_unet", Mideepseg.from_checkpoint).network
    with torch.inference_mode():
        logits = network(torch.from_numpy(official["input"])[None])[0].numpy()
    assert relative_error(logits, official["logits"]) <= 1e-4


@pytest.mark.parametrize("asked", ["box", "scribbles", "points", "all_with_previous"])
def test_scribbleprompt_gives_the_official_logits(asked):
    official = answers("scribbleprompt_unet_v1")
    model = build("scribbleprompt_unet_v1", ScribblePrompt.from_checkpoint)
    embedding = model.embed(torch.from_numpy(official["image"])[None, None])
    box = Box(*(float(value) for value in official["box_xyxy"]))
    scribbles = Scribbles(official["scribble_positive"] > 0, official["scribble_negative"] > 0)
    points, labels = official["points_xy"], official["point_labels"]
    clicks = Clicks(points[labels == 1], points[labels == 0])
    if asked == "all_with_previous":
        # One prompt of each kind at once is beyond the protocol; the network's input is put together from the same parts.
        from HermesLib.models.scribbleprompt import stroke_channels

        parts = [stroke_channels(prompt, (128, 128), 128) for prompt in (box, scribbles, clicks)]
        filled, strokes = (
            sum(part[0] for part in parts),
            sum(part[1] for part in parts).clamp(max=1),
        )
        previous = torch.from_numpy(official["previous_logits"])[None]
        with torch.inference_mode():
            logits = model.network(
                torch.cat([embedding.features[0], filled, strokes, previous])[None]
            )[0, 0].numpy()
    else:
        prompt = {"box": box, "scribbles": scribbles, "points": clicks}[asked]
        logits = model.predict(embedding, [prompt]).memory[0].logits[0].numpy()
    assert relative_error(logits, official[f"logits_{asked}"]) <= 1e-4


def test_medsam_gives_the_official_embedding_logits_and_probability():
    official = answers("medsam_vit_b")
    model = build("medsam_vit_b", MedSam.from_checkpoint)
    image = torch.from_numpy(official["image_uint8"].astype(np.float32) / 255)[None, None]
    embedding = model.embed(image)
    assert (
        relative_error(embedding.features[0, :4].numpy(), official["embedding_channels_0_4"])
        <= 1e-3
    )
    box = Box(*(float(value) for value in official["box_xyxy"]))
    with torch.inference_mode():
        from HermesLib.models.medsam.adapter import model_boxes

        logits = model.network.decode(embedding.features, model_boxes([box], (180, 150), 1024))[0][
            0, 0
        ].numpy()
    assert relative_error(logits, official["low_res_logits"]) <= 1e-4
    assert (
        np.abs(
            model.predict(embedding, [box]).probability[0].numpy() - official["probability"]
        ).max()
        <= 1e-3
    )
