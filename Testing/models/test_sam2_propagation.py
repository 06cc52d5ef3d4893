"""SAM 2.1 and MedSAM2 propagate a prompt through slices as the official video predictor does.

``make_sam2_propagation_parity.py`` makes the stored answers.
"""

import json

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.protocol import Embedding
from HermesLib.models.sam2.adapter import MedSam2, Sam2
from HermesLib.models.sam2.config import Sam2Config
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.examples import Examples
from HermesLib.prompts.mixed import mix
from HermesLib.weights.checkpoint import Checkpoint
from Testing.models import seeded
from Testing.models.make_sam_parity import FOLDER

#: Memories are rounded to bfloat16, where a last digit may fall otherwise; a mistake in any part of
#: the memory makes a difference of 0.0015 and more.
TOLERANCE = 5e-4
BOX = Box(*map(float, seeded.TINY_BOX))


def clicks(count: int) -> Clicks:
    given = seeded.TINY_CLICKS[:count]
    return Clicks(given[given[:, 2] == 1, :2], given[given[:, 2] == 0, :2])


PROMPTS = {"box": BOX, "click": clicks(1), "clicks": clicks(3), "box_clicks": mix(BOX, clicks(3))}


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    with np.load(FOLDER / "sam2-tiny.npz") as arrays:
        return seeded.tensors_by_name(json.loads(arrays["shapes"].tobytes()))


def model_for(tensors: dict[str, torch.Tensor], stack: str, model_class=Sam2) -> Sam2:
    changed = seeded.propagation_tensors(tensors, stack)
    config = Sam2Config(**seeded.TINY_SAM2).to_dict()
    return model_class.from_checkpoint(Checkpoint(changed, model_class.kind, config))


@pytest.fixture(scope="module")
def model(tensors) -> Sam2:
    return model_for(tensors, "few")


@pytest.fixture(scope="module")
def embedding(model) -> Embedding:
    slices = seeded.tiny_slices(20) / np.float32(255)
    return model.embed(torch.from_numpy(slices)[:, None])


def error(ours: torch.Tensor, theirs: np.ndarray) -> float:
    assert ours.shape == theirs.shape
    return float(np.abs(ours.numpy() - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("stack", seeded.TINY_STACKS)
def test_every_slice_has_the_official_answer(tensors, embedding, stack, together, monkeypatch):
    count, prompted, ask, _ = seeded.TINY_STACKS[stack]
    with np.load(FOLDER / "sam2-propagation-tiny.npz") as arrays:
        start = f"{stack}_{'together' if together else 'apart'}_"
        theirs = {name.removeprefix(start): arrays[name] for name in arrays if start in name}
    model = model_for(tensors, stack)
    monkeypatch.setattr(model, "together", together)
    slices = embedding.select(range(count))
    with torch.inference_mode():
        answers = model.propagated(slices, prompted, PROMPTS[ask])
    found = model.propagate(slices, prompted, PROMPTS[ask]).probability
    shown = theirs["present"] > 0
    assert shown.all() == (stack != "absent") and shown.any()
    assert (
        error(torch.stack([answer.present for answer in answers]), theirs["present"]) <= TOLERANCE
    )
    for index in range(count):
        low, final = theirs["low"][index], theirs["final"][index]
        assert error(answers[index].low[0, ::2, ::2], low) <= TOLERANCE, index
        probability = 1 / (1 + np.exp(-final.astype(np.float64).clip(-50)))
        assert np.abs(found[index, ::7, ::7].numpy() - probability).max() <= TOLERANCE
        assert found[index].any() == shown[index]


def test_sam2_reads_both_ways_together_and_medsam2_each_alone(model, tensors, embedding):
    assert (Sam2.together, MedSam2.together) == (True, False)
    slices = embedding.select(range(5))
    both = model.propagate(slices, 2, BOX).probability
    alone = model_for(tensors, "few", MedSam2).propagate(slices, 2, BOX).probability
    assert torch.equal(both[2:], alone[2:])
    assert not torch.allclose(both[:2], alone[:2], atol=1e-3)


def test_a_single_slice_is_answered_as_without_propagation(model, embedding):
    slices = embedding.select([4])
    alone = model.predict(slices, [BOX])
    propagated = model.propagate(slices, 0, BOX)
    assert torch.equal(propagated.probability, alone.probability)
    assert torch.equal(propagated.score, alone.score)


def test_a_prompt_elsewhere_or_of_another_kind_is_refused(model, embedding):
    slices = embedding.select(range(3))
    for prompted in (-1, 3):
        with pytest.raises(IndexError, match="among 3"):
            model.propagate(slices, prompted, BOX)
    with pytest.raises(HermesError, match="takes no 'examples'"):
        model.propagate(slices, 1, Examples())
