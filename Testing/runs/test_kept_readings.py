"""What networks have read of an image serves the next run on it, with the same results."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.io.kept_bytes import tensor_bytes
from HermesLib.models.protocol import Embedding
from HermesLib.notices import heard_by, notice
from HermesLib.prompts.settings import PromptSettings
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.observations import Observations
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint
from Testing.models.small import write_checkpoint
from Testing.quality.small import SMALL

SLICES = 3
SETTINGS = RefinementSettings(max_iterations=1, threshold=1.0)


@pytest.fixture(scope="module")
def request_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RefineRequest]:
    """Requests for small untrained networks that find the organ on every slice."""
    folder = tmp_path_factory.mktemp("kept")
    for name, seed in (("first", 1), ("second", 2)):
        image = prostate_phantom(seed, side=64, slices=SLICES, spacing=(3.0, 3.0, 14.0)).image
        SimpleITK.WriteImage(image, str(folder / f"{name}.nii.gz"))
    mask = SimpleITK.GetImageFromArray(
        np.pad(np.ones((SLICES, 9, 9), np.uint8), ((0, 0), (20, 35), (20, 35)))
    )
    mask.CopyInformation(image)
    SimpleITK.WriteImage(mask, str(folder / "mask.nii.gz"))
    core = QualityCore(SMALL)
    core.presence.layers[-1].bias.data.fill_(20.0)
    save_checkpoint(folder / "quality.safetensors", core.state_dict(), "quality", SMALL.to_dict())
    weights = write_checkpoint(folder, "medsam")

    def make(image: str = "first", **changes: object) -> RefineRequest:
        fields = {
            "image": folder / f"{image}.nii.gz",
            "model": "medsam",
            "weights": str(weights),
            "quality": str(folder / "quality.safetensors"),
            "settings": SETTINGS,
            "samples": 1,
            "steps": 1,
            "device": "cpu",
        }
        if changes.pop("from_mask", False):
            changes["init"] = folder / "mask.nii.gz"
        return RefineRequest(**{**fields, **changes})

    return make


class Watched(ModelCache):
    """Counts the slices that are embedded and the images that are observed."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def model(self, *arguments):
        return self._watched(super().model(*arguments), "embed")

    def quality(self, *arguments):
        return self._watched(super().quality(*arguments), "observe")

    def _watched(self, network, method: str):
        work = getattr(type(network), method)

        def counted(images, *others):
            self.calls[method] += len(images)
            return work(network, images, *others)

        setattr(network, method, counted)
        return network


@pytest.fixture(scope="module")
def after_a_run(request_of) -> Watched:
    """A process that has had a run."""
    cache = Watched()
    events_of(request_of(), cache)
    assert cache.calls == {"embed": SLICES, "observe": SLICES}
    return cache


def events_of(request: RefineRequest, cache: ModelCache) -> list[Iteration]:
    events: list[Iteration] = []
    Run(request, cache).execute(on_event=events.append)
    return events


CHANGES = {
    "threshold": {"settings": replace(SETTINGS, threshold=0.2)},
    "prompt": {"prompting": PromptSettings(padding=2.0)},
    "starting mask": {"from_mask": True},
    "selection": {"slices": (1, 2)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_with_another_choice_reads_nothing_again_and_gives_what_a_new_one_gives(
    request_of, after_a_run: Watched, change: str
):
    again = events_of(request_of(**CHANGES[change]), after_a_run)
    assert after_a_run.calls == {"embed": SLICES, "observe": SLICES}
    fresh = events_of(request_of(**CHANGES[change]), ModelCache())
    assert len(again) == len(fresh) > 0
    for one, other in zip(again, fresh, strict=True):
        assert np.array_equal(one.mask, other.mask) and np.array_equal(one.pgt, other.pgt)
        assert (one.slice_index, one.pdsc, one.status) == (
            other.slice_index,
            other.pdsc,
            other.status,
        )


def test_another_image_is_read_and_so_is_the_same_one_after_memory_was_released(request_of):
    cache = Watched()
    events_of(request_of(), cache)
    events_of(request_of("second"), cache)
    assert cache.calls == {"embed": 2 * SLICES, "observe": 2 * SLICES}
    cache.clear()
    events_of(request_of("second"), cache)
    assert cache.calls == {"embed": 3 * SLICES, "observe": 3 * SLICES}


def counting_model(calls: list[int]) -> SimpleNamespace:
    def embed(images: torch.Tensor) -> Embedding:
        calls.append(len(images))
        return Embedding(images, images.repeat(1, 4, 1, 1))

    return SimpleNamespace(name="toy", sha256="0", embed=embed)


def test_kept_embeddings_never_take_more_than_they_may_and_the_oldest_go_first():
    calls: list[int] = []
    model, slices = counting_model(calls), torch.rand(6, 1, 16, 16)
    one = tensor_bytes(model.embed(slices[:1].clone()))
    embeddings = Embeddings(most_bytes=3 * one)
    for row in range(6):
        embeddings.embed(model, slices[row : row + 1].clone())
        assert embeddings.kept_bytes <= 3 * one
    calls.clear()
    joined = embeddings.embed(model, slices[3:].clone())
    assert calls == [] and torch.equal(joined.images, slices[3:])
    embeddings.embed(model, slices[:1].clone())
    assert calls == [1]


def test_other_weights_embed_a_slice_again():
    calls: list[int] = []
    model, slices = counting_model(calls), torch.rand(2, 1, 8, 8)
    embeddings = Embeddings()
    embeddings.embed(model, slices)
    model.sha256 = "1"
    embeddings.embed(model, slices)
    assert calls == [1, 1, 1, 1]


def test_an_observation_that_is_kept_gives_its_notices_again():
    made: list[int] = []

    class Reader:
        def observe(self, images: torch.Tensor, thickness: float | None) -> Observation:
            made.append(len(images))
            notice("sides-exchanged", "left and right seem to be exchanged")
            return Observation(images, None, None, tuple(images))

    reader, observations, heard = Reader(), Observations(), []
    with heard_by(heard.append):
        for _ in range(2):
            observations.observe(reader, torch.ones(2, 1, 4, 4), 3.0)
    assert made == [2]
    assert [said.kind for said in heard] == ["sides-exchanged"] * 2


def test_of_many_images_the_last_two_observations_are_kept_within_their_memory():
    made: list[int] = []

    class Reader:
        def observe(self, images: torch.Tensor, thickness: float | None) -> Observation:
            made.append(len(images))
            return Observation(images, None, None, tuple(images.clone() for _ in images))

    images = [torch.full((2, 1, 4, 4), float(k)) for k in range(3)]
    reader = Reader()
    for most_bytes, computed in ((10**6, [2] * 4), (10, [2] * 6)):
        made.clear()
        observations = Observations(most_bytes)
        for image in (*images, images[2], images[1], images[0]):
            observations.observe(reader, image, None)
        assert made == computed
