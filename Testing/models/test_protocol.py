"""Embeddings of any structure, the kinds of prompts that a model takes, and its own score."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.medsam.adapter import MedSam
from HermesLib.models.medsam.network import MedSamNetwork
from HermesLib.models.protocol import Embedding
from HermesLib.models.registry import MODELS, prompt_kind
from HermesLib.prompts.boxes import Box
from Testing.models.small import TINY_SAM


class Levels(NamedTuple):
    """Features at two levels."""

    coarse: torch.Tensor
    fine: torch.Tensor


@dataclass(frozen=True)
class Features:
    """Every structure that features may have."""

    image: torch.Tensor
    levels: Levels
    keys: list[dict[str, torch.Tensor]]
    mask: torch.Tensor | None = None


def embedding(first: int, count: int) -> Embedding:
    numbers = torch.arange(first, first + count, dtype=torch.float32)
    features = Features(
        numbers[:, None], Levels(numbers * 10, numbers * 100), [{"k": numbers * 1000}]
    )
    return Embedding(numbers.reshape(-1, 1, 1, 1), features)


def test_an_embedding_of_any_structure_is_selected_slice_by_slice():
    part = embedding(0, 4).select([2, 0])
    assert part.images.flatten().tolist() == [2, 0]
    assert part.features.levels.fine.tolist() == [200, 0]
    assert part.features.keys[0]["k"].tolist() == [2000, 0]
    assert part.features.mask is None


def test_embeddings_of_single_slices_join_to_that_of_the_batch():
    joined = Embedding.join([embedding(k, 1) for k in range(3)])
    batch = embedding(0, 3)
    assert torch.equal(joined.images, batch.images)
    assert torch.equal(joined.features.image, batch.features.image)
    assert isinstance(joined.features.levels, Levels)
    assert torch.equal(joined.features.levels.coarse, batch.features.levels.coarse)
    assert torch.equal(joined.features.keys[0]["k"], batch.features.keys[0]["k"])


def test_a_model_without_features_has_an_embedding_too():
    images = torch.zeros(2, 1, 4, 4)
    assert Embedding.join([Embedding(images, None)]).select([1]).features is None


def test_features_without_a_batch_are_refused():
    with pytest.raises(TypeError, match="set"):
        Embedding(torch.zeros(1, 1, 2, 2), {1}).select([0])


def test_the_preferred_kind_is_used_unless_another_is_requested():
    entry = MODELS["scribbleprompt"]
    assert prompt_kind(entry) == "scribbles"
    assert prompt_kind(entry, "clicks") == "clicks"


def test_a_mixture_is_named_in_the_order_of_the_registry():
    assert prompt_kind(MODELS["scribbleprompt"], "clicks+box") == "box+clicks"


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        ("medsam", "box+clicks", "medsam takes no 'clicks' prompts; choose box"),
        ("mideepseg", "lasso", "mideepseg takes no 'lasso' prompts; choose clicks"),
        ("scribbleprompt", "clicks+clicks", "twice"),
    ],
)
def test_a_kind_that_the_model_does_not_take_is_refused(model, kind, message):
    with pytest.raises(HermesError, match=message):
        prompt_kind(MODELS[model], kind)


def test_kinds_that_a_model_takes_only_one_at_a_time_are_refused_together():
    entry = replace(MODELS["scribbleprompt"], mixed_kinds=("box", "clicks"))
    assert prompt_kind(entry, "box+clicks") == "box+clicks"
    with pytest.raises(HermesError, match=r"takes no mixed prompts such as 'box\+scribbles'"):
        prompt_kind(entry, "box+scribbles")


@pytest.mark.parametrize("trained", [True, False])
def test_medsam_gives_its_predicted_iou_only_if_training_included_it(trained):
    torch.manual_seed(0)
    model = MedSam(MedSamNetwork(replace(TINY_SAM, trained_iou=trained)))
    prediction = model.predict(model.embed(torch.rand(2, 1, 40, 50)), [Box(5, 5, 30, 30)] * 2)
    if trained:
        assert prediction.score is not None
        assert prediction.score.shape == (2,)
        assert prediction.score.min() >= 0 and prediction.score.max() <= 1
    else:
        assert prediction.score is None
