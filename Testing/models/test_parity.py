"""With the same weights, HERMES' networks give the answers of the official ones.

``make_parity.py`` makes the answers from the official code.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.models.medsam.adapter import MedSam, model_boxes
from HermesLib.models.mideepseg.adapter import Mideepseg
from HermesLib.models.scribbleprompt import LastLogits, ScribblePrompt
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.mixed import mix
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.weights.checkpoint import Checkpoint
from Testing.models import seeded
from Testing.models.make_parity import FOLDER

#: Answers that are not in the repository may lie beside the checkout.
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "parity"


def seeded_checkpoint(path: Path) -> Checkpoint:
    """The seeded weights of a network with the tensors that a file lists."""
    shapes = json.loads(path.read_text(encoding="utf-8"))
    return Checkpoint(seeded.seeded_tensors(shapes), None, {})


def answers(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return dict(stored)


def relative_error(ours: torch.Tensor, official: np.ndarray) -> float:
    assert ours.shape == official.shape
    return float(np.abs(ours.numpy() - official).max() / np.abs(official).max())


@pytest.mark.parametrize("kind", ["box", "scribbles", "clicks", "all_with_previous"])
def test_scribbleprompt_gives_the_official_logits(kind):
    official = answers(FOLDER / "scribbleprompt.npz")
    model = ScribblePrompt.from_checkpoint(seeded_checkpoint(FOLDER / "scribbleprompt.json"))
    image = torch.from_numpy(seeded.grey_image(seeded.SCRIBBLE_SHAPE) / np.float32(255))
    points, labels = seeded.SCRIBBLE_POINTS, seeded.SCRIBBLE_LABELS
    prompts = {
        "box": Box(*(float(edge) for edge in seeded.SCRIBBLE_BOX)),
        "scribbles": Scribbles(*seeded.scribbles()),
        "clicks": Clicks(points[labels == 1], points[labels == 0]),
    }
    prompts["all_with_previous"] = mix(*prompts.values())
    previous = None
    if kind == "all_with_previous":
        logits = torch.from_numpy(seeded.previous_logits())[None]
        previous = [LastLogits(logits, torch.zeros(2, *seeded.SCRIBBLE_SHAPE))]
    prediction = model.predict(model.embed(image[None, None]), [prompts[kind]], previous)
    assert relative_error(prediction.memory[0].logits[0, ::4, ::4], official[kind]) <= 1e-4


@pytest.mark.long
def test_medsam_gives_the_official_embedding_logits_probability_and_predicted_iou():
    official = answers(FOLDER / "medsam.npz")
    model = MedSam.from_checkpoint(seeded_checkpoint(FOLDER / "medsam.json"))
    image = torch.from_numpy(seeded.grey_image(seeded.MEDSAM_SHAPE) / np.float32(255))
    box = Box(*(float(edge) for edge in seeded.MEDSAM_BOX))
    embedding = model.embed(image[None, None])
    assert relative_error(embedding.features[0, ::16, ::4, ::4], official["embedding"]) <= 1e-3
    with torch.inference_mode():
        scaled = model_boxes([box], seeded.MEDSAM_SHAPE, 1024)
        logits, overlap = model.network.decode(embedding.features, scaled)
    # With seeded weights the decoder amplifies the embedding's rounding errors (6e-5) fifty-fold.
    assert relative_error(logits[0, 0, ::6, ::6], official["logits"]) <= 1e-2
    assert relative_error(overlap, official["predicted_iou"]) <= 1e-3
    probability = model.predict(embedding, [box]).probability[0, ::4, ::4]
    assert relative_error(probability, official["probability"]) <= 1e-2


def test_mideepseg_gives_the_official_logits():
    if (FOLDER / "mideepseg.npz").is_file():
        shapes = FOLDER / "mideepseg.json"
        image = seeded.mideepseg_input()
        logits = answers(FOLDER / "mideepseg.npz")["logits"]
    elif (BESIDE / "mideepseg_unet.npz").is_file():
        shapes = BESIDE / "mideepseg_unet.state_dict.json"
        stored = answers(BESIDE / "mideepseg_unet.npz")
        image = stored["input"]
        logits = stored["logits"][:, ::4, ::4]
    else:
        pytest.skip("MIDeepSeg's answers are not kept here; make them with make_parity.py")
    network = Mideepseg.from_checkpoint(seeded_checkpoint(shapes)).network
    with torch.inference_mode():
        ours = network(torch.from_numpy(image)[None])[0, :, ::4, ::4]
    assert relative_error(ours, logits) <= 1e-4
