"""Slices that are refined together: who enters when, and that results do not depend on it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from HermesLib.io.image_writing import write_image
from HermesLib.models.medsam.adapter import MedSam
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run, RunOutcome
from HermesLib.samples.prostate_phantom import prostate_phantom
from Testing.refinement.analytic import BoxThreshold, OrganQuality, scene
from Testing.refinement.test_refiner import same

#: The documented tolerance of scores between numbers of slices at once (docs/speed.md).
TOLERANCE = 1e-4


def test_a_slice_that_waits_enters_where_one_has_finished():
    easy, hard = scene(), scene()
    easy[:, 40:, 40:] = 0  # Without the distractor, the first mask is accepted.
    model = BoxThreshold()
    images = torch.stack([hard, easy, easy, easy])
    events = list(Refiner(model, OrganQuality()).refine(images, at_once=2))
    assert [(event.slice_index, event.index) for event in events] == [
        (0, 0),
        (1, 0),
        (0, 1),
        (2, 0),
        (3, 0),
    ]
    # Of two slices at once, both are in one call; first masks are never with others.
    assert model.calls == [[0, 0], [1], [0], [0]]
    assert model.embedded == 4


@pytest.mark.parametrize("at_once", [1, 2, 3, 9])
def test_events_of_a_slice_do_not_depend_on_how_many_are_refined_at_once(at_once):
    images = torch.stack([scene(24 + 3 * k, 34 - 4 * k, 5 + k) for k in range(5)])

    def events(**options) -> list[Iteration]:
        settings = RefinementSettings(threshold=0.8, patience=4, seed=7)
        refiner = Refiner(BoxThreshold(), OrganQuality(jitter=5), settings=settings)
        found = refiner.refine(images, **options)
        return sorted(found, key=lambda event: (event.slice_index, event.index))

    expected, found = events(), events(at_once=at_once)
    assert len(found) == len(expected) and all(map(same, found, expected))


@pytest.mark.parametrize(
    ("start", "order"), [(None, [2, 1, 3, 0, 4]), (0, [0, 1, 2, 3, 4]), (3, [3, 2, 4, 1, 0])]
)
def test_the_slice_in_view_is_refined_first_then_those_next_to_it(start, order):
    images = torch.stack([scene()] * 5)
    indices = range(10, 15)
    start = None if start is None else indices[start]
    events = list(
        refine_volume(Refiner(BoxThreshold(), OrganQuality()), images, indices, start=start)
    )
    finished = [event.slice_index for event in events if event.final]
    assert finished == [indices[row] for row in order]


def test_the_first_result_is_there_before_a_second_slice_is_embedded_on_a_cpu():
    model = BoxThreshold()
    events = refine_volume(Refiner(model, OrganQuality()), torch.stack([scene()] * 5))
    while not next(events).final:
        pass
    assert model.embedded == 1


@pytest.fixture
def run(tmp_path) -> Callable[[int | None], RunOutcome]:
    """Runs the bundled networks with so many slices at once."""
    image = prostate_phantom(1, side=64, slices=5, spacing=(3.0, 3.0, 14.0)).image
    write_image(image, tmp_path / "image.nii.gz")
    cache = ModelCache()

    def execute(at_once: int | None) -> RunOutcome:
        request = RefineRequest(
            image=tmp_path / "image.nii.gz",
            settings=RefinementSettings(threshold=0.99, max_iterations=1),
            model="medsam",
            slices_at_once=at_once,
            device="cpu",
        )
        cache.embeddings.clear()
        return Run(request, cache).execute()

    return execute


def test_out_of_memory_halves_the_batch_and_results_are_those_of_one_slice_at_a_time(
    run, monkeypatch
):
    expected = run(None)
    predict, sizes = MedSam.predict, []

    def limited(self, embedding, prompts, previous=None):
        sizes.append(len(prompts))
        if len(prompts) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return predict(self, embedding, prompts, previous)

    monkeypatch.setattr(MedSam, "predict", limited)
    outcome = run(4)
    assert sizes[:2] == [4, 2] and max(sizes[1:]) == 2
    assert outcome.report["provenance"]["fallbacks"] == [
        "memory ran out; the run starts again with 2 slices at a time"
    ]
    used = [one.report["provenance"]["settings"]["slices_at_once"] for one in (expected, outcome)]
    assert used == [1, 2]
    assert outcome.report["results"] == expected.report["results"]
    assert sum(len(result.records) for result in outcome.results) > 5
    for found, other in zip(outcome.results, expected.results, strict=True):
        assert found.status == other.status and len(found.records) == len(other.records)
        for a, b in zip(found.records, other.records, strict=True):
            assert np.array_equal(a.mask.unpack(), b.mask.unpack())
            assert a.numbers.pdsc == pytest.approx(b.numbers.pdsc, abs=TOLERANCE)
